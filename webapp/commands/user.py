"""Accounts on the command line: what only the operator may do."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp.commands.running import command
from webapp.domain.accounts import second_factors

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
