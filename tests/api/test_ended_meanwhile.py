"""A key or session that ends while its call is under way has done nothing."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import func, select

from tests import cast
from tests.support.meanwhile import between
from webapp import clock
from webapp.db import db
from webapp.domain import links
from webapp.domain.accounts import api_keys, sessions, sign_ins
from webapp.domain.groups import members
from webapp.domain.members import ends, roles
from webapp.models import ApiKey, Event, Invitation, Membership

pytestmark = pytest.mark.both_databases

CALLS = {
    "api_invitations.create": (
        "POST",
        "/invitations",
        {"email": "jo@example.org", "role": "manager"},
    ),
    "api_invitations.create_many": (
        "POST",
        "/invitations/bulk",
        {"invitations": [{"email": "jo@example.org", "role": "manager"}]},
    ),
    "api_invitations.edit": ("PATCH", "/invitations/{id}", {"role": "admin"}),
    "api_invitations.resend": ("POST", "/invitations/{id}/resend", None),
    "api_invitations.revoke": ("POST", "/invitations/{id}/revoke", None),
    "api_members.edit": ("PATCH", "/members/{member}", {"role": "manager"}),
    "api_members.deactivate": ("POST", "/members/{member}/deactivate", {}),
    "api_members.reactivate": ("POST", "/members/{off}/reactivate", None),
    "api_applications.create": (
        *("POST", "/applications"),
        {"name": "Wiki", "home_url": "https://new.example.org/"},
    ),
    "api_applications.edit": ("PATCH", "/applications/{application}", {"name": "Others"}),
    "api_applications.new_secret": ("POST", "/applications/{application}/secret", None),
    "api_applications.delete": ("DELETE", "/applications/{application}", None),
    "api_groups.create": ("POST", "/groups", {"slug": "more", "name": "More"}),
    "api_groups.edit": ("PATCH", "/groups/{group}", {"name": "Others"}),
    "api_groups.delete": ("DELETE", "/groups/{group}", None),
    "api_groups.add": ("PUT", "/groups/{group}/members/{member}", None),
    "api_groups.remove": ("DELETE", "/groups/{group}/members/{inside}", None),
    "api_links.create": (
        "POST",
        "/links",
        {"label": "Course", "role": "contributor", "most_uses": 20, "expiry_days": 14},
    ),
    "api_links.pause": ("POST", "/links/{link}/pause", None),
    "api_links.resume": ("POST", "/links/{paused}/resume", None),
    "api_links.revoke": ("POST", "/links/{link}/revoke", {}),
}
NOT_A_PERSONS = {
    "api_acceptances.accept": "nobody is signed in",
    "api_sessions.create": "nobody is signed in",
    "api_sessions.end": "ends what it came by",
}


def test_no_call_that_changes_something_is_left_out(app):
    changing = {"POST", "PUT", "PATCH", "DELETE"}
    found = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and changing & set(rule.methods)
    }
    assert found == set(CALLS) | set(NOT_A_PERSONS)


def all_that_calls_name():
    """What the addresses name: an invitation, members, a group and join links."""
    acme = cast.organization()
    off = cast.member(cast.MARCO).id
    roles.deactivate(acme, off, by=cast.person())
    group, inside = cast.group().slug, cast.member(cast.PRIYA).id
    members.add(acme, group, inside, by=cast.person())
    paused = cast.join_link(label="Paused")
    links.pause(acme, paused.id, by=cast.person())
    return {
        "id": cast.invited().id,
        "member": cast.member().id,
        "off": off,
        "group": group,
        "application": cast.application().slug,
        "inside": inside,
        "link": cast.join_link().id,
        "paused": paused.id,
    }


BEFOREHAND = all_that_calls_name


@pytest.fixture
def facts(prepared):
    """The ids and slugs of what there is."""
    return prepared


@pytest.fixture
def meanwhile(app):
    """Have somebody else do something once the next call is let in."""
    with between(app) as then:
        yield then


def state(app):
    with app.app_context():
        counts = [
            db.session.scalar(select(func.count()).select_from(table))
            for table in (Event, Invitation)
        ]
        rows = select(Invitation.state, Invitation.role, Invitation.link_number)
        places = select(Membership.role, Membership.status).order_by(Membership.id)
        return counts, [*db.session.execute(rows)], [*db.session.execute(places)]


def end_session():
    sessions.end_others(cast.person(), 0)


def revoke_key():
    number = db.session.scalars(select(ApiKey.id)).one()
    api_keys.revoke(cast.organization(), number, by=cast.person())


@pytest.mark.parametrize(("call", "by"), [*product(CALLS, ("session", "key"))])
def test_it_changes_nothing(app, program, facts, meanwhile, call, by):
    if by == "key":
        caller, end = program(), revoke_key
    else:
        with app.app_context():
            token = sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)
        caller, end = program(token), end_session
    method, path, body = CALLS[call]
    before = state(app)
    meanwhile(end)
    answer = caller.call(method, path.format(**facts), body)
    assert (answer.status_code, answer.json["type"][-12:]) == (401, "unauthorized")
    (events, *counts), *rows = state(app)
    assert events == before[0][0] + 1  # the end itself
    assert (counts, *rows) == (before[0][1:], *before[1:])


@pytest.mark.parametrize("call", CALLS)
def test_it_is_done_when_nothing_ends(app, program, facts, call):
    method, path, body = CALLS[call]
    before = state(app)
    answer = program().call(method, path.format(**facts), body)
    assert 200 <= answer.status_code < 300
    assert state(app) != before


def calls_of_priya(app, program, by):
    """Priya, who is one of two admins, with a token or a key."""
    with app.app_context():
        chen = cast.member().id
        roles.change_role(cast.organization(), chen, by=cast.person(), role="admin")
        token = sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)
    return program(token) if by == "session" else program()


def priyas_end(**how):
    """What ends Priya's access, by the other admin."""
    member, chen = cast.member(cast.PRIYA).id, cast.person(cast.CHEN)
    if not how:
        return ends.end_now(cast.organization(), member, by=chen)
    soon = clock.now() + timedelta(**how)
    return ends.set_end(cast.organization(), member, by=chen, ends_at=soon)


@pytest.mark.parametrize("by", ["session", "key"])
def test_whose_access_is_ended_meanwhile_has_done_nothing(app, program, facts, meanwhile, by):
    caller = calls_of_priya(app, program, by)
    method, path, body = CALLS["api_invitations.create"]
    meanwhile(priyas_end)
    assert caller.call(method, path, body).status_code == 403
    with app.app_context():
        assert not db.session.query(Invitation).filter_by(email=body["email"]).count()


@pytest.mark.parametrize("by", ["session", "key"])
def test_an_end_that_comes_while_a_call_is_under_way_stops_it(
    app, program, facts, meanwhile, travel, by
):
    caller = calls_of_priya(app, program, by)
    with app.app_context():
        priyas_end(minutes=1)
    method, path, body = CALLS["api_invitations.create"]
    meanwhile(lambda: travel(minutes=2))
    assert caller.call(method, path, body).status_code == 403
    with app.app_context():
        assert not db.session.query(Invitation).filter_by(email=body["email"]).count()
