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
    """Take a lost second factor off; EMAIL is an address or a username. Its owner is mailed."""
    user = second_factors.take_off(email)
    click.echo(f"The second factor of {user.email} is off: the password alone signs in.")
    click.echo(
        "A mail tells the owner."
        if user.is_verified
        else "No mail tells the owner: nobody has confirmed that address."
    )
