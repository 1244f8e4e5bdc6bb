"""Commands: each calls a verb of the domain and says what came of it."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import BinaryIO

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock, config
from webapp.commands import audit, command, person, user
from webapp.domain import imports, invitations, organizations, outbox
from webapp.domain.deliverability import deliveries, health, suppressions
from webapp.domain.events import OPERATOR
from webapp.domain.imports import kinds, reading, runs, table
from webapp.domain.members import organization_setup
from webapp.domain.operations import demo, doctor, sweeps
from webapp.domain.organizations import settings as organization_settings
from webapp.domain.outbox import bounces, delivery_reports
from webapp.models import Role

TEMPORARY = 75  # EX_TEMPFAIL of sysexits.h: a mail server keeps the message and tries again

org = AppGroup("org", help="Organizations.")
invite = AppGroup("invite", help="Invitations.")
suppression = AppGroup("suppression", help="Addresses that may not be mailed.")
mail = AppGroup("mail", help="Mail that comes back.")
mails = AppGroup("outbox", help="Mails that wait to be sent.")


def mount(app: Flask) -> None:
    """Hang the commands into `flask --app wsgi`."""
    for one in (
        org,
        invite,
        mail,
        mails,
        suppression,
        audit.group,
        person.group,
        user.group,
        make_demo,
        examine,
    ):
        app.cli.add_command(one)


@org.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The organization's name.")
@click.option("--admin", required=True, help="The first admin's email address.")
@command
def org_create(slug: str, name: str, admin: str) -> None:
    """Make an organization and invite its first admin; the link is alone on the last line."""
    invitation = organization_setup.found(slug, name, admin)
    click.echo(f"{name} is made. {invitation.email} is invited as its first admin, by mail and")
    click.echo(f"with this link:\n{invitations.link(invitation)}")


@org.command("list")
@command
def org_list() -> None:
    """All organizations: slug, state, name."""
    for one in organizations.everyone():
        click.echo(f"{one.slug}\t{'active' if one.is_active else 'suspended'}\t{one.name}")


@org.command("suspend")
@click.argument("slug")
@command
def org_suspend(slug: str) -> None:
    """Stop an organization's links, sessions and queued mail at once; nothing is deleted."""
    organizations.suspend(organizations.by_slug(slug))
    click.echo(f"{slug} is suspended.")


@org.command("resume")
@click.argument("slug")
@command
def org_resume(slug: str) -> None:
    """Let a suspended organization go on."""
    organizations.resume(organizations.by_slug(slug))
    click.echo(f"{slug} goes on.")


@org.command("second-factor")
@click.argument("slug")
@click.argument("demand", type=click.Choice(["required", "optional"]))
@command
def org_second_factor(slug: str, demand: str) -> None:
    """Whether members of an organization must have a second factor to get in."""
    organization_settings.require_second_factor(organizations.by_slug(slug), demand == "required")
    click.echo(f"The second factor is {demand} in {slug}.")


@invite.command("create")
@click.argument("slug")
@click.argument("email")
@click.option("--role", default=Role.CONTRIBUTOR.value, show_default=True)
@command
def invite_create(slug: str, email: str, role: str) -> None:
    """Invite one address as the operator; the link is alone on the last line."""
    organization = organizations.by_slug(slug)
    invitation = invitations.create(organization, by=OPERATOR, email=email, role=role)
    click.echo(f"{invitation.email} is invited as {role}, by mail and with this link:")
    click.echo(invitations.link(invitation))


@invite.command("import")
@click.argument("slug")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--role", default=Role.CONTRIBUTOR.value, show_default=True, help="Of whom it is not said."
)
@click.option("--typos", is_flag=True, help="Also invite addresses that look mistyped.")
@command
def invite_import(slug: str, file: BinaryIO, role: str, typos: bool) -> None:
    """Invite everybody in a CSV file as the operator; exit code 1 when some were not invited."""
    organization = organizations.by_slug(slug)
    lines, name = functools.partial(reading.uploaded, file), Path(file.name).name
    made = imports.read(organization, lines, by=OPERATOR, role=role, file_name=name)
    counts = table.counts(made)
    if counts.sendable or (typos and counts.by_kind.get(kinds.TYPO)):
        imports.start(organization, made.id, by=OPERATOR, typos=typos)
        made = runs.finish(organization, made.id)
        counts = table.counts(made)
    for kind, number in counts.by_kind.items():
        click.echo(f"{kinds.called(kind)}\t{number}")
    for row in table.not_sent(made.id):
        click.echo(f"line {row.number}\t{row.email}\t{table.why(row)}", err=True)
    if made.words:
        raise click.ClickException(made.words)
    if counts.sent < counts.total:
        raise SystemExit(1)


@invite.command("expire")
@command
def invite_expire() -> None:
    """End invitations whose links ran out."""
    click.echo(f"{sweeps.expire()} expired.")


@suppression.command("list")
@command
def suppression_list() -> None:
    """All suppressed addresses: organization, address, reason, since."""
    for one, organization in suppressions.everything():
        click.echo(f"{organization.slug}\t{one.email}\t{one.reason}\t{clock.exact(one.created_at)}")


@suppression.command("lift")
@click.argument("slug")
@click.argument("email")
@command
def suppression_lift(slug: str, email: str) -> None:
    """Let an organization mail an address again."""
    suppressions.lift(organizations.by_slug(slug), email)
    click.echo(f"{slug} can invite {email} again.")


@mail.command("bounce")
@command
def mail_bounce() -> None:
    """Take one message on standard input; a mail server's report of a failure marks its mail.

    For a pipe: exit code 0 is "taken", also for what is none of ours, so that nothing is answered
    to a report; 75 (EX_TEMPFAIL) is "try again later".
    """
    raw = sys.stdin.buffer.read(delivery_reports.MOST)
    while sys.stdin.buffer.read(delivery_reports.MOST):
        pass  # to the end, or the mail server's pipe would break
    try:
        click.echo(bounces.take(raw))
    except SQLAlchemyError as error:
        # Its words would be the database's; its kind is enough to find it.
        click.echo(f"later: {type(error).__name__}", err=True)
        raise SystemExit(TEMPORARY) from None


@mails.command("drain")
@command
def outbox_drain() -> None:
    """Send the mails that are due, without a worker."""
    tally = outbox.drain()
    click.echo(", ".join(f"{n} {word}" for word, n in sorted(tally.items())) or "Nothing is due.")


@mails.command("show")
@command
def outbox_show() -> None:
    """All mails by state, the oldest that wait, why account mails fail; nobody's address."""
    held, seen = deliveries.hold(), health.tally()
    if held is not None:
        click.echo(f"Held since {clock.exact(held.since)}: {held.words}")
    for whose, state, number in seen.counts:
        click.echo(f"{whose}\t{state}\t{number}")
    for whose, since in seen.due_since.items():
        click.echo(f"{whose}\tdue since\t{clock.exact(since)}")
    for kind, at, words in seen.troubles:
        click.echo(f"{kind}\t{clock.exact(at)}\t{words}")


@click.command("doctor")
@with_appcontext
@command
def examine() -> None:
    """Check every part, one line each; exit code 1 when something is wrong."""
    found = doctor.examine()
    click.echo("\n".join(doctor.lines(found)))
    if any(doctor.is_wrong(part) for part in found):
        raise SystemExit(1)


@click.command("demo")
@with_appcontext
@command
def make_demo() -> None:
    """Make the demo organization on the first run; say how to sign in. Development only."""
    settings = config.current()
    if settings.gatehouse_env != "development":
        raise click.ClickException("The demo organization is for GATEHOUSE_ENV=development only.")
    email, password = demo.ensure()
    click.echo(f"Gatehouse is at   {settings.public_url}")
    click.echo(f"Sign in as        {email}")
    click.echo(f"Password          {password}")
    click.echo(f"Mail is read at   {settings.public_url}/mailbox")
