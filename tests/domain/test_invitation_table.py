"""The table of invitations: every filter in every order, page by page, and what is counted."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from tests import cast
from tests.support.together import at_once
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import (
    acceptances,
    cursors,
    invitation_counts,
    invitation_rows,
    invitation_table,
    invitations,
    sweeps,
)
from webapp.domain.events import OPERATOR
from webapp.domain.invitation_table import Wish
from webapp.models import Invitation, InvitationCount

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

STATES = ["pending", "accepted", "expired", "revoked", "declined"]
DELIVERIES = [None, "queued", "sent", "failed", "bounced"]
NAMES = ["anna", "Bo", "chén", "MÜLLER", "o'neil", "100%_sure", 'say "hi"', "straße", "Ἀθηνᾶ"]


@transaction()
def put(rows):
    db.session.execute(insert(Invitation), rows)


def row(number, **facts):
    name = NAMES[number % len(NAMES)]
    email = f"p{number}.{number % 7}@example{number % 3}.org"
    now = clock.now()
    return {
        "organization_id": cast.organization().id,
        "email": email,
        "email_key": email,
        "name": f"{name} {number}",
        "role": "contributor",
        "inviter_id": cast.person().id if number % 4 else None,
        "expiry_days": 7,
        "created_at": now,
        "expires_at": now + timedelta(minutes=(number * 37) % 50 - 10),
        "secret": bytes(32),
        "link_number": 1,
        "earlier_links": "",
        "state": STATES[number * 3 % len(STATES)],
        "delivery_state": DELIVERIES[number // 2 % len(DELIVERIES)],
        **facts,
    }


@pytest.fixture
def many():
    """Invitations of every kind in Acme, and as many of Evil Corp among them."""
    evil = {"organization_id": cast.organization("evil").id, "inviter_id": None}
    both = [[row(n), row(n, **evil)] for n in range(60)]
    put(list(itertools.chain.from_iterable(both)))
    db.session.rollback()


def by_hand(wish):
    """The same table by looking at every row."""
    now = clock.now()
    rows = db.session.query(Invitation).filter_by(organization_id=cast.organization().id).all()
    found = [
        one
        for one in rows
        if wish.status in (None, one.status(now))
        and wish.delivery in (None, one.delivery_state)
        and wish.inviter_id in (None, one.inviter_id)
        and wish.words in f"{one.email} {one.name or ''}".casefold()
    ]
    down, column = wish.sort.startswith("-"), wish.columns[0]
    return sorted(found, key=lambda one: (getattr(one, column), one.id), reverse=down)


def forwards(wish, size):
    """All rows from the first page to the last."""
    rows, after = [], None
    while True:
        page = invitation_table.page(cast.organization(), wish, after=after, size=size)
        rows += page.rows
        assert (page.before is None) == (after is None)
        after = page.after
        if after is None:
            return rows
        assert len(page.rows) == size


def backwards(wish, size):
    """All rows from the last page to the first, in the table's order."""
    page = invitation_table.page(cast.organization(), wish, last=True, size=size)
    assert page.after is None
    rows = list(page.rows)
    while page.before:
        page = invitation_table.page(cast.organization(), wish, before=page.before, size=size)
        assert page.after
        rows = [*page.rows, *rows]
    return rows


WISHES = [
    {"status": status, "delivery": delivery, "q": q, "inviter_id": inviter}
    for status, delivery, q, inviter in itertools.product(
        [None, *STATES], [None, "sent", "failed"], ["", "example1", "2"], [None, True]
    )
]


@pytest.mark.parametrize("window", [5, 2000])
@pytest.mark.parametrize("sort", ["created", "-created", "email", "-email", "expires", "-expires"])
def test_every_filter_in_every_order_has_every_row_once(many, sort, window, monkeypatch):
    monkeypatch.setattr(invitation_rows, "WINDOW", window)
    wishes = WISHES[::5] if window == 5 else WISHES[::23]
    for one in wishes:
        facts = {**one, "inviter_id": cast.person().id if one["inviter_id"] else None}
        wish = Wish.of(sort=sort, **facts)
        expected = [one.id for one in by_hand(wish)]
        assert [one.id for one in forwards(wish, 17)] == expected, wish
        assert [one.id for one in backwards(wish, 17)] == expected, wish


def test_a_table_of_exactly_one_page_has_no_other(many):
    wish = Wish.of(status="declined")
    count = len(by_hand(wish))
    page = invitation_table.page(cast.organization(), wish, size=count)
    assert (len(page.rows), page.before, page.after) == (count, None, None)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ANNA 0", "anna 0"),
        ("müller 3", "MÜLLER 3"),
        ("Müller 3", "MÜLLER 3"),
        ("CHÉN 2", "chén 2"),
        ("o'neil 4", "o'neil 4"),
        ("100%_s", "100%_sure 5"),
        ('y "hi" 6', 'say "hi" 6'),
        ("strasse 7", "straße 7"),
        ("ἀθηνᾶ 8", "Ἀθηνᾶ 8"),
        ("  p8.1@EXAMPLE2.org ", "Ἀθηνᾶ 8"),
        ("p8.1@example2.org Ἀθη", "Ἀθηνᾶ 8"),
    ],
)
@pytest.mark.parametrize("window", [1, 2000])
def test_any_part_of_an_address_or_name_is_found_in_any_case(many, q, found, window, monkeypatch):
    monkeypatch.setattr(invitation_rows, "WINDOW", window)
    page = invitation_table.page(cast.organization(), Wish.of(q=q))
    assert found in [one.name for one in page.rows]


@pytest.mark.parametrize(
    "q",
    [
        *(
            "zzqx",
            "%%%",
            "___",
            "o1;",
            "o2;",
            '"',
            "' OR 1=1 --",
            "p1.1@example1.orgg",
            "NEAR(a b)",
        ),
        *("words : p1", "a AND b", "* *", "\0\0\0", "{organization}", "\\%", "🦊🦊🦊", "x" * 300),
    ],
)
@pytest.mark.parametrize("window", [1, 2000])
def test_what_is_not_there_is_not_found_however_it_is_written(many, q, window, monkeypatch):
    monkeypatch.setattr(invitation_rows, "WINDOW", window)
    wish = Wish.of(q=q)
    page = invitation_table.page(cast.organization(), wish)
    assert [one.id for one in page.rows] == [one.id for one in by_hand(wish)][:50]
    assert len(page.rows) == (50 if not wish.words else len(by_hand(wish)))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(q=st.text(max_size=12), after=st.text(max_size=40), sort=st.text(max_size=9))
def test_no_text_breaks_the_table(many, q, after, sort):
    for wish in (Wish.of(q=q, sort=sort), Wish.of(q=f"{q}abc", status="pending", sort="email")):
        page = invitation_table.page(cast.organization(), wish, after=after, before=q)
        assert {one.organization_id for one in page.rows} <= {cast.organization().id}


@pytest.mark.parametrize(
    "place",
    [(), (0,), (-1,), (2**63,), (1.5,), (True,), ("1",), (None,), (1, 2), ({},), ("a", 1)],
)
def test_a_cursor_of_another_order_is_none(many, place):
    page = invitation_table.page(cast.organization(), Wish.of(), after=cursors.write(place))
    assert page.before is None
    assert len(page.rows) == 50


@pytest.mark.parametrize("value", ["2026-11-21", "soon", 5, None, "9999-12-31T23:59:59-23:59"])
def test_a_cursor_that_is_no_moment_is_none(many, value):
    place = cursors.write((value, 1))
    page = invitation_table.page(cast.organization(), Wish.of(sort="expires"), after=place)
    assert page.before is None


def test_a_name_that_was_edited_is_found_by_the_new_one_only():
    made = cast.invited(name="Bo Lind")
    invitations.edit(
        cast.organization(), made.id, by=cast.person(), role="contributor", name="Bo Lund"
    )
    for q, count in (("bo lund", 1), ("lind", 0), ("bo@exa", 1)):
        assert len(invitation_table.page(cast.organization(), Wish.of(q=q)).rows) == count
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
