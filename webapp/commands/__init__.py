"""Commands by noun: each calls the domain and prints the result."""

from __future__ import annotations

from flask import Flask

from webapp.commands import (
    audit,
    backups,
    bounces,
    invitations,
    keys,
    operations,
    organizations,
    outbox,
    person,
    suppressions,
    user,
)

GROUPS = (audit, bounces, invitations, keys, organizations, outbox, person, suppressions, user)


def mount(app: Flask) -> None:
    """Add the commands to `flask --app wsgi`."""
    for module in GROUPS:
        app.cli.add_command(module.group)
    app.cli.add_command(backups.make_backup)
    app.cli.add_command(backups.restore_backup)
    app.cli.add_command(operations.examine)
    app.cli.add_command(operations.make_demo)
