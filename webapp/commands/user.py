"""Accounts on the command line: what only the operator may do."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp import clock
from webapp.commands.running import command
from webapp.domain import organizations, user_agents
from webapp.domain.accounts import people, second_factors, sessions
from webapp.domain.events import OPERATOR
from webapp.domain.members import roles
from webapp.domain.organizations import memberships

group = AppGroup("user", help="People's accounts.")


@group.command("second-factor-off")
@click.argument("email")
@command
def second_factor_off(email: str) -> None:
    """Remove a lost second factor; EMAIL is an address or a username. Its owner is mailed."""
    user = second_factors.take_off(email)
    click.echo(f"Removed the second factor of {user.email}: the password is enough to sign in now.")
    click.echo(
        "The owner is notified by mail."
        if user.is_verified
        else "The owner is not notified by mail: the address is not confirmed."
    )


@group.command("sessions")
@click.argument("email")
@click.option("--end", is_flag=True, help="End all of them, on every device.")
@command
def list_sessions(email: str, end: bool) -> None:
    """Where somebody is signed in: since when, last use, browser; the one used last first."""
    live = sessions.of(people.named(email))
    for session in live:
        since, used = clock.exact(session.created_at), clock.exact(session.last_used_at)
        click.echo(f"since {since}\tlast used {used}\t{user_agents.name(session.device)}")
    if end:
        count = sessions.end_of(email)
        click.echo(f"{count} ended." if count else "There was none to end.")
    elif not live:
        click.echo("Signed in nowhere.")


@group.command("deactivate")
@click.argument("email")
@click.option("--organization", "slug", required=True, help="The slug of the organization.")
@command
def deactivate(email: str, slug: str) -> None:
    """Shut a member out of an organization, and revoke the open invitations they sent."""
    organization = organizations.by_slug(slug)
    member = memberships.of_user(organization, people.named(email))
    if not member.is_active:
        click.echo(f"{member.user.email} is deactivated already.")
        return
    roles.deactivate(organization, member.id, by=OPERATOR)
    click.echo(f"{member.user.email} is deactivated in {slug} and signed out everywhere.")


@group.command("reactivate")
@click.argument("email")
@click.option("--organization", "slug", required=True, help="The slug of the organization.")
@command
def reactivate(email: str, slug: str) -> None:
    """Let a deactivated member of an organization in again, in the role they had."""
    organization = organizations.by_slug(slug)
    member = memberships.of_user(organization, people.named(email))
    is_new = not member.is_active
    member = roles.reactivate(organization, member.id, by=OPERATOR)
    state = "active again" if is_new else "active already"
    click.echo(f"{member.user.email} is {state} in {slug}, as {member.role}.")
