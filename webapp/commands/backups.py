"""Backups on the command line: making one, and restoring it safely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_migrate import upgrade

from webapp import backup_files, staging
from webapp.backup_errors import BackupError
from webapp.commands.running import command
from webapp.domain.operations import restores, schema, since_backup, support
from webapp.domain.operations.restores import Restored
from webapp.domain.operations.since_backup import Facts

BEFORE = """Restore {file}? This replaces the database. It

- ends all sessions, the links of open invitations, and links to set a password or confirm an
  address;
- marks mails that wait in the backup as unknown, so that none is sent twice;
- stops lists that are being invited.

The present database is kept under another name. Stop all processes of Gatehouse first."""


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
@command
def make_backup(file: Path) -> None:
    """Copy the database to FILE, while everything runs; keys and settings are not in it."""
    with _explained():
        staging.back_up(file)
    click.echo(f"The backup is in {file} ({file.stat().st_size:,} bytes).")
    click.echo(f"Not in it, and needed to restore it: {', '.join(support.kept_apart())}.")
    click.echo("Keep these settings in another place than the backups: together they open links.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--keep-keys", is_flag=True, help="Let all API keys of the backup go on working.")
@click.option("--lost-key", is_flag=True, help="Restore although its SECRET_KEY is lost.")
@click.option("--ignore-present", is_flag=True, help="Take nothing over from today's database.")
@with_appcontext
@command
def restore_backup(
    file: Path, yes: bool, keep_keys: bool, lost_key: bool, ignore_present: bool
) -> None:
    """Replace the database by the backup in FILE; nobody gets anything back by it."""
    with _explained(), staging.stage() as stage:
        backup_files.refuse_foreign(file, stage.url)
        stage.refuse_used()
        if not yes:
            click.confirm(BEFORE.format(file=file), abort=True)
        facts = since_backup.read() if stage.has_present() and not ignore_present else None
        stage.fill(file)
        with staging.in_use(stage.url):
            _bring_up_to_date(file)
            if not lost_key:
                restores.refuse_other_key()
            done = restores.finish(facts, keep_keys=keep_keys)
        _tell(done, facts, staging.put_in_place(stage))


def _bring_up_to_date(file: Path) -> None:
    """Migrate what was restored; refuses a backup of a later version."""
    version = schema.present()
    if not schema.is_known(version):
        raise click.ClickException(
            f"{file} was made by a newer version of Gatehouse (database {version or 'unknown'}; "
            f"this program knows {schema.newest()}). Install that version, then restore."
        )
    if version != schema.newest():
        click.echo(f"The backup is of database {version}, and is brought up to date.")
        upgrade()


def _tell(done: Restored, facts: Facts | None, kept: str | None) -> None:
    made_at = f"as it was on {done.made_at:%Y-%m-%d at %H:%M} UTC" if done.made_at else "empty"
    click.echo(f"Restored: {made_at}.")
    click.echo(
        f"Sessions ended: {done.sessions}. API keys ended: {done.keys}. Open invitations whose "
        f"links ended: {done.invitations}. Waiting mails that are now unknown: {done.mails}."
    )
    click.echo(
        "There was no database to say what happened since then: check members and suppressions."
        if facts is None
        else "Who was shut out, erased or suppressed since then stays so."
    )
    click.echo(f"The database before is kept as {kept}. Delete it when all is well." * bool(kept))
    for objection in done.objections:
        click.echo(f"Not done, do it yourself: {objection}", err=True)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from None
