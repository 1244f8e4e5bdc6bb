"""The outbox on the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp import clock
from webapp.commands.running import command
from webapp.domain import outbox
from webapp.domain.deliverability import deliveries, health

group = AppGroup("outbox", help="Mail that is waiting to be sent.")


@group.command("drain")
@command
def drain() -> None:
    """Send the mail that is due, without a worker."""
    tally = outbox.drain()
    click.echo(", ".join(f"{n} {word}" for word, n in sorted(tally.items())) or "Nothing is due.")


@group.command("show")
@command
def show() -> None:
    """Show mail by state, the oldest waiting, and why account mail fails; without addresses."""
    hold, totals = deliveries.hold(), health.totals()
    if hold is not None:
        click.echo(f"Held since {clock.exact(hold.since)}: {hold.words}")
    for whose, state, number in totals.counts:
        click.echo(f"{whose}\t{state}\t{number}")
    for whose, since in totals.due_since.items():
        click.echo(f"{whose}\tdue since\t{clock.exact(since)}")
    for kind, at, words in totals.troubles:
        click.echo(f"{kind}\t{clock.exact(at)}\t{words}")
