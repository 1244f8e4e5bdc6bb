"""Organizations on the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp.commands.running import command
from webapp.domain import invitations, organizations
from webapp.domain.members import organization_setup
from webapp.domain.organizations import settings

group = AppGroup("org", help="Organizations.")


@group.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The organization's name.")
@click.option("--admin", required=True, help="The first admin's email address.")
@command
def create(slug: str, name: str, admin: str) -> None:
    """Create an organization and invite its first admin; the last line is the link alone."""
    invitation = organization_setup.found(slug, name, admin)
    click.echo(f"Created {name}. Invited {invitation.email} as its first admin, by mail and with")
    click.echo(f"this link:\n{invitations.link(invitation)}")


@group.command("list")
@command
def list_all() -> None:
    """All organizations: slug, state, name."""
    for organization in organizations.everyone():
        state = "active" if organization.is_active else "suspended"
        click.echo(f"{organization.slug}\t{state}\t{organization.name}")


@group.command("suspend")
@click.argument("slug")
@command
def suspend(slug: str) -> None:
    """Stop an organization's links, sessions and queued mail at once; nothing is deleted."""
    organizations.suspend(organizations.by_slug(slug))
    click.echo(f"{slug} is suspended.")


@group.command("resume")
@click.argument("slug")
@command
def resume(slug: str) -> None:
    """Let a suspended organization work again."""
    organizations.resume(organizations.by_slug(slug))
    click.echo(f"{slug} is active again.")


@group.command("second-factor")
@click.argument("slug")
@click.argument("demand", type=click.Choice(["required", "optional"]))
@command
def second_factor(slug: str, demand: str) -> None:
    """Set whether members of an organization need a second factor."""
    settings.require_second_factor(organizations.by_slug(slug), demand == "required")
    click.echo(f"A second factor is now {demand} in {slug}.")
