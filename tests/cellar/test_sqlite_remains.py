"""What was erased stands nowhere in SQLite's file: no page, no log, no entry of an index."""

from __future__ import annotations

import sqlite3

import pytest
from flask_migrate import downgrade, upgrade

from tests import cast
from tests.support import raw
from webapp import sqlite_remains
from webapp.db import db, transaction
from webapp.domain import accounts, outbox
from webapp.domain.invitations import acceptances
from webapp.domain.members import leaving
from webapp.domain.operations import sweeps
from webapp.domain.organizations import settings
from webapp.domain.privacy import person_erasures, retention

pytestmark = pytest.mark.usefixtures("in_app")

LOCAL, NAME = "qzxwvkjjq", "Vvuxq Zzkwj"
ADDRESS = f"{LOCAL}@example.org"
GRAMS = {LOCAL[at : at + 3] for at in range(len(LOCAL) - 2)}
OTHERS = [f"person{number}@example.net" for number in range(30)]
USERNAME = "wqqzvx"


def invited():
    made = cast.invited(ADDRESS, name=NAME, message=f"Hello {NAME}")
    outbox.drain()
    return made


def ended(travel):
    settings.change_invitations(
        cast.organization(),
        by=cast.person(),
        expiry_days=None,
        allowed_domains=None,
        retention_days=30,
    )
    invited()
    travel(days=40)
    sweeps.expire()
    sweeps.tidy()  # the counter of that day's mails
    outbox.drain()


def joined():
    token = cast.mailed_token(invited())
    acceptances.accept(token, full_name=NAME, password=cast.PASSWORD)
    accounts.change_profile(cast.person(ADDRESS), full_name=NAME, username=USERNAME)


def erased_by_retention(travel):
    ended(travel)
    return lambda: retention.erase_due()


def erased_as_a_member(travel):
    joined()
    return lambda: person_erasures.erase(ADDRESS)


def erased_when_only_invited(travel):
    invited()
    return lambda: person_erasures.erase(ADDRESS)


def erased_from_a_list(travel):
    cast.listed(f"{NAME} <{ADDRESS}>, <<{ADDRESS}>>x")
    return lambda: person_erasures.erase(ADDRESS)


def forgotten_with_a_list(travel):
    cast.listed(f"{NAME} <{ADDRESS}>")

    def forget():
        travel(days=2)
        sweeps.tidy()

    return forget


@pytest.mark.parametrize("small", [0, sqlite_remains.SMALL], ids=["large file", "small file"])
@pytest.mark.parametrize(
    "way",
    [
        erased_by_retention,
        erased_as_a_member,
        erased_when_only_invited,
        erased_from_a_list,
        forgotten_with_a_list,
    ],
)
def test_whatever_erased_it_the_file_holds_it_no_more(way, small, travel, monkeypatch):
    monkeypatch.setattr(sqlite_remains, "SMALL", small)
    monkeypatch.setattr(sqlite_remains, "PIECE", 1)  # so that merging takes several
    erase = way(travel)
    for address in OTHERS[:10]:
        cast.invited(address, send=False)
    assert LOCAL in raw.text()
    if "list" not in way.__name__:
        assert raw.grams() >= GRAMS
    erase()
    assert LOCAL not in raw.text()
    assert NAME.lower() not in raw.text()
    assert not raw.grams() & GRAMS
    assert "person7@example.net" in raw.text()  # and what was not erased is where it was
    assert {"per", "ers"} <= raw.grams()


def test_a_deleted_account_is_gone_from_the_file_after_the_next_job(travel):
    joined()
    assert USERNAME in raw.text()
    leaving.delete_account(cast.person(ADDRESS), password=cast.PASSWORD)
    retention.erase_due()
    assert USERNAME not in raw.text()


def test_what_is_in_the_way_puts_it_off_and_no_erasure_is_forgotten(monkeypatch):
    monkeypatch.setattr(sqlite_remains, "CHECKPOINT_MS", 1)
    invited()
    reader = sqlite3.connect(db.engine.url.database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM users").fetchone()
    assert not person_erasures.erase(ADDRESS).is_cleared
    assert LOCAL in raw.text()
    reader.close()
    retention.erase_due()
    assert LOCAL not in raw.text()


def test_an_erasure_during_the_clearing_is_cleared_the_next_time(monkeypatch):
    @transaction()
    def erase():
        sqlite_remains.note()

    erase()
    merge = sqlite_remains._merge

    def meanwhile(*args):
        merge(*args)
        erase()

    monkeypatch.setattr(sqlite_remains, "_merge", meanwhile)
    assert sqlite_remains.clear()
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar() != 0
    monkeypatch.setattr(sqlite_remains, "_merge", merge)
    assert sqlite_remains.clear()
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar() == 0


def test_what_earlier_versions_left_is_cleared_after_the_upgrade(monkeypatch):
    retention.erase_due()  # nothing is left to clear
    invited()
    for name in ("note", "clear"):
        monkeypatch.setattr(sqlite_remains, name, lambda: True)
    person_erasures.erase(ADDRESS)
    monkeypatch.undo()
    retention.erase_due()
    assert raw.grams() & GRAMS
    db.session.rollback()
    downgrade(revision="0015")
    assert raw.grams() & GRAMS
    upgrade()
    retention.erase_due()
    assert not raw.grams() & GRAMS
    assert LOCAL not in raw.text()


def test_the_search_finds_the_others_after_everything_was_merged():
    for address in OTHERS:
        cast.invited(address, send=False)
    invited()
    person_erasures.erase(ADDRESS)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO invitation_search (invitation_search, rank) VALUES ('integrity-check', 1)"
        )
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM invitation_search WHERE invitation_search MATCH 'person'"
        ).scalar()
    assert found == len(OTHERS)
