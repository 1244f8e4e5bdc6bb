"""The doctor and the demo on the command line."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp import config
from webapp.commands.running import command
from webapp.domain.operations import demo, doctor, support


@click.command("doctor")
@click.option("--support", "for_report", is_flag=True, help="One text for a report instead.")
@with_appcontext
@command
def examine(for_report: bool) -> None:
    """Check every part, one line each; exit code 1 if something is wrong.

    With --support: versions, counts and which settings are set, without secrets and addresses.
    """
    if for_report:
        program = current_app.extensions["version"]
        click.echo("\n".join(support.lines(program)))
        return
    parts = doctor.examine()
    click.echo("\n".join(doctor.lines(parts)))
    if any(doctor.is_wrong(part) for part in parts):
        raise SystemExit(1)


@click.command("demo")
@with_appcontext
@command
def make_demo() -> None:
    """Create the demo organization on the first run; say how to sign in. Development only."""
    settings = config.current()
    if settings.gatehouse_env != "development":
        raise click.ClickException("The demo organization is for GATEHOUSE_ENV=development only.")
    email, password = demo.ensure()
    click.echo(f"Gatehouse is at   {settings.public_url}")
    click.echo(f"Sign in as        {email}")
    click.echo(f"Password          {password}")
    click.echo(f"Mail is read at   {settings.public_url}/mailbox")
