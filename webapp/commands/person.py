"""A person's rights on the command line: a copy of their data, and erasure."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from webapp.commands.running import command
from webapp.domain.privacy import person_erasures, person_records

group = AppGroup("person", help="What is kept about one person.")


@group.command("export")
@click.argument("email")
@command
def export(email: str) -> None:
    """Write everything that is kept about an address to standard output, as JSON; recorded."""
    click.echo(json.dumps(person_records.export(email), indent=2, ensure_ascii=False))


@group.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@command
def erase(email: str, yes: bool) -> None:
    """Erase a person from every organization, for good."""
    if not yes:
        click.confirm(f"Erase {email} everywhere? This cannot be undone.", abort=True)
    erased = person_erasures.erase(email)
    click.echo("The account is deleted." if erased.had_account else "There was no account.")
    rows = f"{_count(erased.invitations, 'invitation')} and {_count(erased.events, 'event')}"
    click.echo(f"Anonymized: {rows}.")
    click.echo(f"Organizations affected: {', '.join(erased.organizations) or 'none'}.")
    if not erased.is_cleared:
        click.echo(
            "The database is in use, so its file may still hold traces of this. The scheduler "
            "clears them within the hour."
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
