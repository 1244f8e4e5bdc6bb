"""The audit trail on the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp.commands.running import command
from webapp.domain import organizations
from webapp.domain.audit import event_table, exports, verification
from webapp.domain.audit.filters import EventFilters
from webapp.domain.errors import Refusal
from webapp.domain.events import OPERATOR

group = AppGroup("audit", help="The audit trail.")


@group.command("export")
@click.argument("slug")
@click.option("--format", "form", type=click.Choice(sorted(exports.FORMS)), default="jsonl")
@click.option("--name", help="Only events of this name, like InvitationCreated.")
@click.option("--address", help="Only events about this address.")
@click.option("--since", metavar="WHEN", help="From this day, or day and time (2026-11-27T14:05).")
@click.option("--until", metavar="WHEN", help="To this day, or day and time; UTC.")
@command
def export(slug: str, form: str, **typed: str | None) -> None:
    """Write an organization's events to standard output, oldest first; this is recorded."""
    organization = organizations.by_slug(slug)
    filters = EventFilters.of(**typed)  # type: ignore[arg-type]
    for problem in filters.wrong.values():
        raise Refusal(problem)
    if filters.name and not event_table.named(organization, filters.name):
        raise Refusal(f"There is no event {filters.name}. docs/auditing.md lists them.")
    for piece in exports.take(organization, form, filters, by=OPERATOR):
        click.echo(piece, nl=False)


@group.command("verify")
@click.argument("slug", required=False)
@command
def verify(slug: str | None) -> None:
    """Check every line of the trail against its seal; name each that fails, with exit code 1.

    Without a slug: all organizations, and events that belong to none.
    """
    reports = [verification.of(organizations.by_slug(slug))] if slug else verification.everything()
    is_whole = True
    for report in reports:
        is_whole &= report.is_whole
        for finding in report.findings:
            click.echo(f"{report.slug}: {finding}")
        if report.more:
            click.echo(f"{report.slug}: and {report.more:,} more like these.")
        if report.is_whole:
            click.echo(
                f"{report.slug}: {report.lines} lines, whole. Last seal: {report.end or '-'}"
            )
        if report.older:
            click.echo(f"{report.slug}: {report.older} events are older than the seals.")
    if not is_whole:
        raise SystemExit(1)
