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
    """Make an organization and invite its first admin; the link is alone on the last line."""
    invitation = organization_setup.found(slug, name, admin)
    click.echo(f"{name} is made. {invitation.email} is invited as its first admin, by mail and")
    click.echo(f"with this link:\n{invitations.link(invitation)}")


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
    """Let a suspended organization go on."""
    organizations.resume(organizations.by_slug(slug))
    click.echo(f"{slug} goes on.")


@group.command("second-factor")
@click.argument("slug")
@click.argument("demand", type=click.Choice(["required", "optional"]))
@command
def second_factor(slug: str, demand: str) -> None:
    """Whether members of an organization must have a second factor to get in."""
    settings.require_second_factor(organizations.by_slug(slug), demand == "required")
    click.echo(f"The second factor is {demand} in {slug}.")
