"""Suppressed addresses on the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp import clock
from webapp.commands.running import command
from webapp.domain import organizations
from webapp.domain.deliverability import suppressions

group = AppGroup("suppression", help="Addresses that are not mailed.")


@group.command("list")
@command
def list_all() -> None:
    """All suppressed addresses: organization, address, reason, since."""
    for suppression, organization in suppressions.everything():
        since = clock.exact(suppression.created_at)
        click.echo(f"{organization.slug}\t{suppression.email}\t{suppression.reason}\t{since}")


@group.command("lift")
@click.argument("slug")
@click.argument("emails", metavar="EMAIL…", nargs=-1, required=True)
@click.option("--reason", help="Why, for the audit trail.")
@command
def lift(slug: str, emails: tuple[str, ...], reason: str | None) -> None:
    """Let an organization mail addresses again: all of them, or none if one is not blocked."""
    suppressions.lift(organizations.by_slug(slug), *emails, reason=reason)
    for email in emails:
        click.echo(f"{slug} can mail {email} again.")
