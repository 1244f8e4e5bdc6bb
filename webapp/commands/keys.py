"""The keys that sign what applications are told, on the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp import clock
from webapp.commands.running import command
from webapp.domain.openid import keys

group = AppGroup("keys", help="Keys that sign what applications are told (OpenID Connect).")


@group.command("rotate")
@click.option("--now", "at_once", is_flag=True, help="The key was stolen: withdraw it at once.")
@command
def rotate(at_once: bool) -> None:
    """Publish a new key, which signs from tomorrow on; with --now at once, and the others end."""
    made = keys.rotate(at_once=at_once)
    click.echo(f"{made.kid} signs from {clock.exact(made.signs_from)} on.")
