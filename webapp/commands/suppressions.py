"""Suppressed addresses on the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp import clock
from webapp.commands.running import command
from webapp.domain import organizations
from webapp.domain.deliverability import suppressions

group = AppGroup("suppression", help="Addresses that may not be mailed.")


@group.command("list")
@command
def list_all() -> None:
    """All suppressed addresses: organization, address, reason, since."""
    for suppression, organization in suppressions.everything():
        since = clock.exact(suppression.created_at)
        click.echo(f"{organization.slug}\t{suppression.email}\t{suppression.reason}\t{since}")


@group.command("lift")
@click.argument("slug")
@click.argument("email")
@command
def lift(slug: str, email: str) -> None:
    """Let an organization mail an address again."""
    suppressions.lift(organizations.by_slug(slug), email)
    click.echo(f"{slug} can invite {email} again.")
