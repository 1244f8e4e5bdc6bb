"""What the database keeps beside the invitations, whatever is written: counts, and the search."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

from tests import cast
from tests.support import many_invitations
from tests.support.together import at_once
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import invitations
from webapp.domain.events import OPERATOR
from webapp.domain.invitations import acceptances, table
from webapp.domain.invitations import counts as invitation_counts
from webapp.domain.invitations.table import InvitationFilters
from webapp.domain.operations import sweeps
from webapp.models import Invitation, InvitationCount

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


@pytest.fixture
def many():
    """Invitations of every kind in Acme, and as many of Evil Corp among them."""
    many_invitations.fill()


def test_a_name_that_was_edited_is_found_by_the_new_one_only():
    made = cast.invited(name="Bo Lind")
    invitations.edit(
        cast.organization(), made.id, by=cast.person(), role="contributor", name="Bo Lund"
    )
    for q, count in (("bo lund", 1), ("lind", 0), ("bo@exa", 1)):
        assert len(table.page(cast.organization(), InvitationFilters.of(q=q)).rows) == count
    assert indexed("bo@exa") == indexed("lund") == 1
    assert indexed("lind") == 0


def indexed(words):
    """How many lines of the search itself hold the words."""
    query = text("SELECT count(*) FROM invitation_search WHERE words LIKE :words")
    return db.session.scalar(query, {"words": f"%{words}%"})


def test_what_is_deleted_is_counted_and_found_no_more(many):
    @transaction()
    def remove():
        db.session.query(Invitation).filter(Invitation.state == "revoked").delete()

    remove()
    assert invitation_counts.by_status(cast.organization())["revoked"] == 0
    assert indexed("example") == db.session.query(Invitation).count()


def test_counts_are_those_of_the_table_whatever_happens(many, travel):
    def agree():
        now = clock.now()
        rows = db.session.query(Invitation).filter_by(organization_id=cast.organization().id)
        true = Counter(one.status(now) for one in rows)
        counts = invitation_counts.by_status(cast.organization())
        assert {k: n for k, n in counts.items() if n} == true

    agree()
    made = cast.invited()
    cast.invited("dana@example.org")
    agree()
    acceptances.accept(
        cast.mailed_token(made), full_name="Bo Lind", password="seven bars and a half"
    )
    agree()
    travel(days=8)
    agree()
    sweeps.expire()
    agree()
    sweeps.sum_up()
    agree()


def test_lines_are_summed_up_while_others_write_and_none_is_lost(app, monkeypatch):
    monkeypatch.setattr(invitation_counts, "LINES", 0)

    def act(number):
        for again in range(3):
            if number % 2:
                invitation_counts.sum_up()
            else:
                invitations.create(
                    cast.organization(),
                    by=OPERATOR,
                    email=f"p{number}.{again}@example.org",
                    role="contributor",
                )

    assert at_once(app, act, 6) == ["done"] * 6
    assert invitation_counts.by_status(cast.organization())["pending"] == 9
    invitation_counts.sum_up()
    assert invitation_counts.by_status(cast.organization())["pending"] == 9
    lines = db.session.query(InvitationCount).filter_by(organization_id=cast.organization().id)
    assert lines.count() <= 4


def test_the_triggers_outlive_every_migration(database):
    expected = {
        "sqlite": {
            "invitation_inserted",
            "invitation_counted_anew",
            "invitation_reworded",
            "invitation_deleted",
        },
        "postgresql": {"invitations_inserted", "invitations_updated", "invitations_deleted"},
    }[db.engine.dialect.name]
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[db.engine.dialect.name]
    assert expected <= set(db.session.scalars(text(query)))
