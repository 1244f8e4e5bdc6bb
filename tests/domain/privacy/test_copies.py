"""One table of what is kept about a person: both copies have it all, and erasing leaves none."""

from __future__ import annotations

import json

import pyotp
import pytest
from sqlalchemy import select

from tests import cast
from tests.support import program
from tests.support.rows import where_is
from webapp import clock, trace
from webapp.db import db
from webapp.domain import imports, invitations, outbox
from webapp.domain.accounts import (
    api_keys,
    kept_forms,
    password_resets,
    second_factors,
    sessions,
    sign_ins,
)
from webapp.domain.applications import visits
from webapp.domain.audit import verification
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal
from webapp.domain.imports import runs
from webapp.domain.invitations import acceptances, links
from webapp.domain.links import asks
from webapp.domain.members import reviews
from webapp.domain.privacy import copies, own_copy, person_erasures, person_records
from webapp.domain.privacy.people import Person
from webapp.domain.privacy.registry import PARTS

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BO, FRIEND = "qzxwv.bo@example.org", "friend@example.net"
NEW = {"full_name": "Jjkyyq Lind", "password": "seven bars and a half", "username": "vkjjqz"}
PERSONAL = ("qzxwv", "Jjkyyq", "vkjjqz", "gifted elsewhere", "198.51.100.77", "Netscape")


@pytest.fixture
def bo(smtp):
    """Bo, of whom there is something in every table that can hold something of a person."""
    smtp.script[f"RCPT TO:<{BO}>"] = [f"450 4.2.0 {BO} is greylisted", ""]
    acme = cast.organization()
    cast.request(BO, name="Jjkyyq Lind", reason="gifted elsewhere")
    listed = cast.listed(f"Jjkyyq Lind <{BO}>")
    imports.start(acme, listed.id, by=cast.person())
    runs.run_due()
    outbox.drain()
    token = cast.mailed_token(cast.invitation(BO))
    with pytest.raises(Refusal):
        acceptances.accept(token, **NEW | {"password": "short"})
    acceptances.decline(token, reason="gifted elsewhere", not_for_me=True)
    suppressions.lift(acme, BO)
    cast.group()
    admin = cast.invited(BO, role="admin", groups=["drivers"])
    acceptances.accept(cast.mailed_token(admin), **NEW)
    bo = cast.person(BO)
    offer = second_factors.offer(bo)
    code = pyotp.TOTP(offer.secret).at(clock.now())
    second_factors.switch_on(bo, offer.sealed, password=NEW["password"], code=code)
    invitations.create(acme, by=bo, email=FRIEND, role="manager", message="For you alone")
    api_keys.create(acme, by=bo, name="Lists", scopes=["members:read"], days=30)
    reviews.start(acme, by=cast.person())
    kept_forms.keep(bo.id, "k" * 43, endpoint="x", page="/account", fields=[("name", "Jjkyyq")])
    password_resets.request(BO)
    with pytest.raises(Refusal):
        sign_ins.sign_in(BO, "not the password")
    evil = cast.invited(BO, slug="evil", message="Hello Jjkyyq")
    acceptances.decline(cast.mailed_token(evil), not_for_me=True)
    outbox.drain()
    asks.ask(cast.code_of(cast.join_link()), email=BO)
    trace.begin("a request", "198.51.100.77", "Netscape 4")
    session = sessions.find(sessions.start(bo, acme.id))
    trace.end()
    wiki = cast.application()
    program.entered(wiki, session)
    visits.begin(wiki, by=session, state="0" * 64)
    return bo


def without_moment(copy):
    """The copy without what making it adds: the moment, and its own event."""
    kept = {name: rows for name, rows in copy.items() if name != "exported_at"}
    return kept | {"events": [one for one in kept["events"] if one["name"] != "DataExported"]}


def values(part, person):
    """Each row of a part as it stands in the table, by its key."""
    db.session.rollback()
    keys = [key.name for key in part.model.__mapper__.primary_key]
    rows = db.session.execute(select(part.model.__table__).where(part.of(person))).mappings()
    return {tuple(row[name] for name in keys): dict(row) for row in rows}


def test_there_is_something_of_every_kind_and_both_copies_have_all_of_it(bo, secrets):
    own, operators = own_copy.export(bo), person_records.export(BO)
    assert [part.name for part in PARTS if not own[part.name]] == []
    assert without_moment(own) == without_moment(operators)
    for part in PARTS:
        rows = [own["account"]] if part.name == "account" else own[part.name]
        for row in rows:
            assert set(part.shown.split()) - {"organization_id"} <= row.keys()
    assert not secrets.found_in(json.dumps(own))
    assert {one["organization"] for one in own["invitations"]} == {"acme", "evil"}
    assert [one["group_id"] for one in own["groups"] + own["groups_of_invitations"]] == [
        "drivers"
    ] * 2


def test_what_belongs_to_others_is_in_neither_copy(bo):
    said = json.dumps(own_copy.export(bo)) + json.dumps(person_records.export(BO))
    assert FRIEND not in said
    assert cast.PRIYA not in said
    made = [one for one in own_copy.export(bo)["events"] if one["name"] == "InvitationCreated"]
    assert {one["data"]["email"] for one in made} == {BO, copies.SOMEBODY_ELSE}


def test_who_has_not_confirmed_their_address_sees_one_organization(bo):
    strangers = "stranger@example.net"
    token = links.token(cast.invited(strangers, slug="evil"), links.COPIED)
    acceptances.accept(token, full_name="Not them", password=cast.PASSWORD)
    listed = cast.listed(f"{strangers}, other@example.net")
    imports.start(cast.organization(), listed.id, by=cast.person())
    runs.run_due()
    password_resets.request(strangers)
    outbox.drain()
    own = own_copy.export(cast.person(strangers))
    assert "acme" not in json.dumps(own)
    for part in PARTS:
        if part.place is not None:
            assert {one["organization"] for one in own[part.name]} <= {"evil"}, part.name
    assert not own["mails_counted"]
    assert not [one for one in own["events"] if one["name"] == "PasswordResetRequested"]
    assert {one["kind"] for one in own["mails"]} <= {"invitation", "confirmation"}
    everybodys = person_records.export(strangers)
    assert {one["organization"] for one in everybodys["invitations"]} == {"acme", "evil"}


def test_a_long_trail_is_cut_to_the_newest(bo, monkeypatch):
    monkeypatch.setattr(own_copy, "EVENTS_MOST", 3)
    assert len(own_copy.export(bo)["events"]) == 3
    assert own_copy.export(bo)["events"][-1]["name"] == "DataExported"


def test_erasing_does_what_the_table_says_to_each_column(bo):
    person = Person(bo.email_key, bo)
    before = {part.name: values(part, person) for part in PARTS}
    person_erasures.erase(BO)
    db.session.rollback()
    for part in PARTS:
        table = part.model.__table__
        keys = [key.name for key in part.model.__mapper__.primary_key]
        now = {
            tuple(row[name] for name in keys): dict(row)
            for row in db.session.execute(select(table)).mappings()
        }
        for key, row in before[part.name].items():
            if part.is_deleted:
                assert key not in now, part.name
                continue
            for name in part.erased.split():
                said = str(now[key][name])
                assert not any(word in said for word in PERSONAL), f"{part.name} {name}"
                if part.name == "account" and row[name] is not None:
                    assert now[key][name] != row[name], name


def test_of_an_erased_person_nothing_is_left_in_any_text_of_any_table(bo):
    for word in PERSONAL:
        assert where_is(word), word
    person_erasures.erase(BO)
    assert [word for word in PERSONAL if where_is(word)] == []
    assert where_is(FRIEND)
    assert all(one.is_whole for one in verification.everything())
