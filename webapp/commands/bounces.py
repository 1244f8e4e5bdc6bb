"""Mail that bounces, on the command line."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from webapp.commands.running import command
from webapp.domain.outbox import bounces, delivery_reports

TEMPORARY = 75  # EX_TEMPFAIL of sysexits.h: a mail server keeps the message and tries again

group = AppGroup("mail", help="Mail that bounces.")


@group.command("bounce")
@command
def bounce() -> None:
    """Read one message from standard input; a failure report marks the mail that it is about.

    For a pipe: exit code 0 means accepted, even when it is not about our mail, since a report must
    never be answered; 75 (EX_TEMPFAIL) means try again later.
    """
    raw = sys.stdin.buffer.read(delivery_reports.MOST)
    while sys.stdin.buffer.read(delivery_reports.MOST):
        pass  # read to the end, or the mail server gets a broken pipe
    try:
        click.echo(bounces.take(raw))
    except SQLAlchemyError as error:
        # Its text may quote the message; its type is enough.
        click.echo(f"later: {type(error).__name__}", err=True)
        raise SystemExit(TEMPORARY) from None
