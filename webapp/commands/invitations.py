"""Invitations on the command line."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask.cli import AppGroup

from webapp.commands import list_columns
from webapp.commands.running import command
from webapp.domain import imports, invitations, organizations
from webapp.domain.events import OPERATOR
from webapp.domain.imports import csv_files, kinds, runs, table
from webapp.domain.operations import sweeps
from webapp.models import Role

group = AppGroup("invite", help="Invitations.")


@group.command("create")
@click.argument("slug")
@click.argument("email")
@click.option("--role", default=Role.CONTRIBUTOR.value, show_default=True)
@command
def create(slug: str, email: str, role: str) -> None:
    """Invite one address as the operator; the last line is the link alone."""
    organization = organizations.by_slug(slug)
    invitation = invitations.create(organization, by=OPERATOR, email=email, role=role)
    click.echo(f"Invited {invitation.email} as {role}, by mail and with this link:")
    click.echo(invitations.link(invitation))


@group.command("import")
@click.argument("slug")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--role", default=Role.CONTRIBUTOR.value, show_default=True, help="For rows without a role."
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="SLUG",
    help="For rows without groups; may be repeated. Without it, the default groups.",
)
@click.option("--typos", is_flag=True, help="Also invite addresses that look misspelled.")
@click.option(
    "--columns",
    metavar='email="Work Email",name=…',
    help="Which column holds email, name, first, last, role, message, groups and access_until, by "
    "name or number.",
)
@click.option(
    "--charset", help="The character set of a text file that does not name one, like windows-1250."
)
@command
def import_file(
    slug: str,
    file: BinaryIO,
    role: str,
    groups: tuple[str, ...],
    typos: bool,
    columns: str | None,
    charset: str | None,
) -> None:
    """Invite everyone in a CSV or .xlsx file as the operator; exit code 1 if anyone was not."""
    organization = organizations.by_slug(slug)
    stream = click.get_current_context().with_resource(csv_files.plain(file))
    choice = list_columns.choice(stream, columns, charset)
    lines, name = functools.partial(csv_files.uploaded, stream, choice), Path(file.name).name
    defaults: Any = {"role": role, "groups": list(groups) or None, "file_name": name}
    bulk_import = imports.read(organization, lines, by=OPERATOR, **defaults)
    list_columns.tell_charset(stream, choice)
    counts = table.counts(bulk_import)
    if counts.sendable or (typos and counts.by_kind.get(kinds.TYPO)):
        imports.start(organization, bulk_import.id, by=OPERATOR, typos=typos)
        bulk_import = runs.finish(organization, bulk_import.id)
        counts = table.counts(bulk_import)
    for kind, number in counts.by_kind.items():
        click.echo(f"{kinds.called(kind)}\t{number}")
    for row in table.not_sent(bulk_import.id):
        click.echo(f"line {row.line or row.number}\t{row.email}\t{table.why(row)}", err=True)
    if bulk_import.words:
        raise click.ClickException(bulk_import.words)
    if counts.sent < counts.total:
        raise SystemExit(1)


@group.command("expire")
@command
def expire() -> None:
    """Mark invitations whose time has run out as expired."""
    click.echo(f"{sweeps.expire()} expired.")
