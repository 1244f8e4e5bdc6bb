"""The trail as one reads it: every filter, page by page, and quick at any size."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from tests import cast
from tests.support.plans import cost, plan
from webapp import clock
from webapp.db import db
from webapp.domain import cursors, events
from webapp.domain.audit import event_table, exports
from webapp.domain.audit.filters import EventFilters
from webapp.domain.errors import Forbidden
from webapp.domain.events import OPERATOR, sentences
from webapp.models import Event, User

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

NAMES = ["SignedIn", "InvitationSent", "RoleChanged", "SettingsChanged"]
ADDRESSES = [cast.CHEN, "bo@example.org", None]


def rows(count, slug="acme", name=lambda n: NAMES[n % 4], each=timedelta(seconds=37)):
    """Events as they come in the life of an organization, several of them in one moment."""
    people = [cast.person(one).id for one in (cast.PRIYA, cast.MARCO)]
    chen, acme, now = cast.person(cast.CHEN).id, cast.organization(slug).id, clock.now()
    return [
        {
            "organization_id": acme,
            "name": name(n),
            "at": now - each * (n // 3),
            "actor": "user" if n % 5 else "system",
            "actor_id": people[n % 2] if n % 5 else None,
            "person_id": chen if n % 7 == 0 else None,
            "email_key": ADDRESSES[n % 3],
            "request_id": "-",
            "data": {},
        }
        for n in range(count)
    ]


def put(made):
    db.session.execute(insert(Event), made)
    db.session.commit()


def all_filters():
    now = clock.now()
    periods = [(None, None), (now - timedelta(minutes=4), now - timedelta(minutes=1))]
    for name, person, address, (since, until) in itertools.product(
        (None, "RoleChanged"), (None, cast.CHEN), (None, *ADDRESSES[:2]), periods
    ):
        person_id = cast.person(person).id if person else None
        yield EventFilters(
            name, person_id, address, since, until, {"address": address} if address else {}
        )


def by_hand(filters):
    """The same by looking at every row."""
    account = db.session.query(User).filter_by(email_key=filters.email_key or "-").first()

    def fits(event):
        concerned = {event.actor_id, event.person_id}
        return (
            event.organization_id == cast.organization().id
            and filters.name in (None, event.name)
            and (filters.person_id is None or filters.person_id in concerned)
            and (
                filters.email_key in (None, event.email_key)
                or (account is not None and account.id in concerned)
            )
            and (filters.since is None or event.at >= filters.since)
            and (filters.until is None or event.at < filters.until)
        )

    found = [event for event in db.session.query(Event).all() if fits(event)]
    return [e.id for e in sorted(found, key=lambda e: (e.at, e.id), reverse=True)]


def paged(filters, size, way):
    """All rows, page after page; `way` is after, or before from the last page on."""
    page = event_table.page(cast.organization(), filters, size=size, last=way == "before")
    found = [event.id for event, _ in page.rows]
    while cursor := page.next if way == "after" else page.previous:
        page = event_table.page(cast.organization(), filters, size=size, **{way: cursor})
        more = [event.id for event, _ in page.rows]
        found = found + more if way == "after" else more + found
    return found


def test_every_wish_is_met_page_by_page_in_both_directions():
    put(rows(30) + rows(9, "evil"))
    for filters in all_filters():
        expected = by_hand(filters)
        assert paged(filters, 7, "after") == expected
        assert paged(filters, 7, "before") == expected
    assert len({len(by_hand(filters)) for filters in all_filters()}) > 7


def test_what_is_typed_is_read_or_objected_to():
    filters = EventFilters.of(
        since="2026-11-27", until="2026-11-27T14:05", address=" BO@Example.org "
    )
    assert not filters.wrong
    assert (filters.email_key, filters.until.minute) == ("bo@example.org", 6)
    day = EventFilters.of(since="2026-11-27", until="2026-11-27")
    assert (day.until - day.since) == timedelta(days=1)
    for typed in (
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"address": "bo"},
        {"since": "2026-11-28", "until": "2026-11-27"},
    ):
        filters = EventFilters.of(**typed)
        assert filters.wrong
        assert not event_table.page(cast.organization(), filters).rows
    name = event_table.named(cast.organization(), "Nonsense")
    assert not EventFilters.of(name=name, person_id=0).is_narrow


@pytest.mark.parametrize("cursor", ["x", "%", cursors.write(("a", 1)), cursors.write((1, 2, 3))])
def test_a_broken_cursor_is_none(cursor):
    page = event_table.page(cast.organization(), EventFilters(), after=cursor)
    assert page.rows
    assert page.previous is None


WAYS = {
    "all": ({}, "trail"),
    "by name": ({"name": "RoleChanged"}, "name"),
    "by actor": ({"person_id": "priya"}, "actor_id"),
    "by actor and name": ({"person_id": "priya", "name": "RoleChanged"}, "actor_name"),
    "by address": ({"email_key": "bo@example.org"}, "email_key"),
}


def test_each_filter_reads_a_few_entries_of_its_index_and_sorts_nothing(monkeypatch):
    put(rows(6000, name=lambda n: "RoleChanged" if n % 50 == 0 else "InvitationSent"))
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    asked = []
    scalars = db.session.scalars
    monkeypatch.setattr(db.session, "scalars", lambda query: asked.append(query) or scalars(query))
    for label, (given, index) in WAYS.items():
        given = {**given}
        if "person_id" in given:
            given["person_id"] = cast.person().id
        for since in (None, clock.now() - timedelta(days=3)):
            del asked[:]
            filters = EventFilters(**given, since=since)
            event_table.page(cast.organization(), filters, last=True)
            page = event_table.page(cast.organization(), filters)
            event_table.page(cast.organization(), filters, after=page.next)
            for query in [q for q in asked if " FROM events" in str(q)]:
                words = plan(query)
                assert "TEMP B-TREE" not in words, label
                assert "Sort" not in words, label
                assert "Seq Scan" not in words, label
                assert "SCAN events" not in words, label
                if db.engine.dialect.name == "sqlite":
                    assert f"ix_events_{index} " in words, (label, words)
                else:
                    assert cost(query) < 400, (label, words)


def test_every_event_name_has_a_sentence_that_reads_well():
    role = {"role": "admin", "before": "manager"}
    values = {"email": "bo@example.org", "left": 0, "refused": 2}
    values |= dict.fromkeys(("count", "rows", "sent", "erased"), 1)
    said = {}
    for name, kind in events.EVENTS.items():
        data = {key: {**values, **role}.get(key, f"<{key}>") for key in kind.keys}
        event = Event(name=name, actor="user", data=data)
        said[name] = sentences.sentence(event, cast.person())
        assert said[name][0].isupper() or said[name].startswith("bo@"), name
        assert "None" not in said[name]
        assert said[name].endswith((".", "words>", "reason>")), name
    assert said["RoleChanged"] == "Priya Shah made bo@example.org an admin."
    assert said["SessionsRevoked"] == "Priya Shah ended 1 session of bo@example.org."
    assert said["ImportStarted"] == "Priya Shah started inviting 1 person from a list."
    many = Event(name="ImportStarted", actor="operator", data={"rows": 2000, "import_id": 1})
    assert (
        sentences.sentence(many, None) == "The operator started inviting 2,000 people from a list."
    )


def test_a_file_holds_everything_of_the_wish_and_is_itself_on_record(monkeypatch):
    monkeypatch.setattr(event_table, "BATCH", 10)
    for number in range(12):
        cast.invited(f"p{number}@example.org", name="=1+1")
    acme = cast.organization()
    acme_id = acme.id
    whole = [
        json.loads(line) for line in exports.take(acme, "jsonl", EventFilters(), by=cast.person())
    ]
    assert [one["id"] for one in whole] == sorted(one["id"] for one in whole)
    assert whole[-1]["name"] == "DataExported"
    assert whole[-1]["sentence"] == "Priya Shah downloaded a copy of the audit trail."
    assert len(whole) == db.session.query(Event).filter_by(organization_id=acme_id).count()
    one = EventFilters.of(address="p3@example.org")
    body = "".join(exports.take(cast.organization(), "csv", one, by=OPERATOR))
    head, row = body.removeprefix("\ufeff").split("\r\n")[:2]
    assert head.split(",") == list(exports.COLUMNS)
    assert "Priya Shah invited p3@example.org to join as a contributor." in row
    with pytest.raises(Forbidden):
        exports.take(cast.organization(), "csv", one, by=cast.person(cast.MARCO))


def test_an_invitations_events_are_found_by_its_address_though_they_do_not_name_it(browser, app):
    made = cast.invited("bo@example.org")
    browser().open(f"/register?token={cast.mailed_token(made)}")
    page = event_table.page(cast.organization(), EventFilters.of(address="bo@example.org"))
    assert [event.name for event, _ in page.rows] == ["InvitationOpened", "InvitationCreated"]
