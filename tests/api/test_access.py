"""Every call, by everybody who may not make it: from the table of routes."""

from __future__ import annotations

import ast
import re
from datetime import timedelta

import pytest
from flask import Blueprint, Flask

from tests import cast
from webapp import clock, create_app
from webapp.config import ROOT, Settings
from webapp.db import db
from webapp.domain import organizations
from webapp.domain.accounts import api_keys, confirmations, password_resets, sessions
from webapp.domain.invitations import acceptances, links
from webapp.domain.members import ends, leaving, roles
from webapp.domain.organizations import permissions
from webapp.models import Event
from webapp.web import access
from webapp.web.access import ACCESS, ANYONE, USER
from webapp.web.api import bodies, guard

BO = "bo@example.org"
LINK = {"label": "Course", "role": "contributor", "most_uses": 20, "expiry_days": 30}
WIKI = {"name": "Wiki", "home_url": "https://new.example.org/"}
INVITE = {"email": "new@example.org", "role": "contributor"}
# How each call is made, and what its rightful caller hears.
CALLS = {
    "api_invitations.index": ("GET", "/invitations", None, 200),
    "api_invitations.create": ("POST", "/invitations", INVITE, 201),
    "api_invitations.create_many": ("POST", "/invitations/bulk", {"invitations": [INVITE]}, 207),
    "api_invitations.show": ("GET", "/invitations/{id}", None, 200),
    "api_invitations.edit": ("PATCH", "/invitations/{id}", {"role": "manager"}, 200),
    "api_invitations.resend": ("POST", "/invitations/{id}/resend", None, 200),
    "api_invitations.revoke": ("POST", "/invitations/{id}/revoke", None, 200),
    "api_acceptances.validate": ("GET", "/invitations/validate?token=x", None, 404),
    "api_acceptances.accept": (
        *("POST", "/invitations/accept"),
        {"token": "x", "full_name": "Bo", "password": cast.PASSWORD},
        404,
    ),
    "api_members.index": ("GET", "/members", None, 200),
    "api_members.show": ("GET", "/members/{member}", None, 200),
    "api_members.edit": ("PATCH", "/members/{member}", {"role": "manager"}, 200),
    "api_members.deactivate": ("POST", "/members/{member}/deactivate", None, 200),
    "api_members.reactivate": ("POST", "/members/{member}/reactivate", None, 200),
    "api_links.index": ("GET", "/links", None, 200),
    "api_links.create": ("POST", "/links", LINK, 201),
    "api_links.pause": ("POST", "/links/{link}/pause", None, 200),
    "api_links.resume": ("POST", "/links/{link}/resume", None, 200),
    "api_links.revoke": ("POST", "/links/{link}/revoke", None, 200),
    "api_applications.index": ("GET", "/applications", None, 200),
    "api_applications.create": ("POST", "/applications", WIKI, 201),
    "api_applications.show": ("GET", "/applications/{application}", None, 200),
    "api_applications.edit": ("PATCH", "/applications/{application}", {"name": "Other"}, 200),
    "api_applications.delete": ("DELETE", "/applications/{application}", None, 204),
    "api_groups.index": ("GET", "/groups", None, 200),
    "api_groups.create": ("POST", "/groups", {"slug": "more", "name": "More"}, 201),
    "api_groups.show": ("GET", "/groups/{group}", None, 200),
    "api_groups.edit": ("PATCH", "/groups/{group}", {"name": "Other"}, 200),
    "api_groups.add": ("PUT", "/groups/{group}/members/{member}", None, 200),
    "api_groups.remove": ("DELETE", "/groups/{group}/members/{member}", None, 204),
    "api_groups.delete": ("DELETE", "/groups/{group}", None, 204),
    "api_events.index": ("GET", "/events", None, 200),
    "api_reports.invitations": ("GET", "/reports/invitations", None, 200),
    "api_sessions.create": ("POST", "/sessions", {"email": "x", "password": "y"}, 401),
    "api_sessions.end": ("DELETE", "/sessions/current", None, 403),
    "api_sessions.me": ("GET", "/me", None, 200),
}
KNOWN = [name for name in CALLS if ACCESS[name] != ANYONE]
INSIDE = [name for name in KNOWN if ACCESS[name] != USER]


@pytest.fixture
def ask(app):
    """Make a call as some program; `where` is the organization whose ids stand in the address."""
    with app.app_context():
        facts = {
            slug: {
                "id": cast.invited(slug=slug).id,
                "member": cast.member(cast.CHEN if slug == "acme" else cast.EVE, slug).id,
                "link": cast.join_link(slug=slug).id,
                "group": cast.group(f"of-{slug}", slug=slug).slug,
                "application": cast.application(f"at-{slug}", of=slug).slug,
            }
            for slug in ("acme", "evil")
        }

    def ask(somebody, endpoint, where="acme"):
        method, path, body, _ = CALLS[endpoint]
        return somebody.call(method, path.format(**facts[where]), body)

    return ask


def kind(answer):
    return answer.json["type"].rpartition("#problem-")[2]


def changes(app):
    with app.app_context():
        return db.session.query(Event).count()


def test_every_call_has_a_row(app):
    assert set(access.CALLS) == set(CALLS) <= set(app.view_functions)


def test_its_rightful_caller_gets_an_answer(ask, program):
    with_key, without = program(), program(None)
    answers = {
        name: ask(without if ACCESS[name] == ANYONE else with_key, name).status_code
        for name in CALLS
    }
    assert answers == {name: row[3] for name, row in CALLS.items()}


@pytest.mark.parametrize("how", ["key", "session"])
def test_an_end_is_held_to_the_second_by_every_call_with_no_job_run(
    ask, program, app, secrets, how
):
    with clock.stopped():
        with app.app_context():
            acme = cast.organization()
            roles.change_role(acme, cast.member(cast.MARCO).id, by=cast.person(), role="admin")
            token = sessions.start(cast.person(), acme.id)
            secrets.learn(token)
            marco, end = cast.person(cast.MARCO), clock.now() + timedelta(minutes=1)
            ends.set_end(acme, cast.member(cast.PRIYA).id, by=marco, ends_at=end)
        somebody = program() if how == "key" else program(token)
        with clock.ahead(seconds=60):
            before = changes(app)
            answers = {name: kind(ask(somebody, name)) for name in INSIDE}
            expected = "unauthorized" if how == "key" else "access-ended"
            assert answers == dict.fromkeys(INSIDE, expected)
            assert changes(app) == before
            if how == "session":
                told = ask(somebody, "api_members.index").json["detail"]
                assert told.startswith("Your access to Acme lasted until")
                assert somebody.get("/me").json["membership"] is None
            else:
                assert somebody.get("/me").status_code == 401
        with clock.ahead(seconds=59):
            statuses = {name: ask(somebody, name).status_code for name in INSIDE}
            assert statuses == {name: CALLS[name][3] for name in INSIDE}


def test_nobody_calls_without_a_key(ask, program, app):
    somebody, before = program(None), changes(app)
    answers = {name: ask(somebody, name) for name in KNOWN}
    assert {kind(answer) for answer in answers.values()} == {"unauthorized"}
    assert {answer.headers["WWW-Authenticate"][:6] for answer in answers.values()} == {"Bearer"}
    assert changes(app) == before


def test_a_browsers_cookie_is_no_key(browser, program, app, ask):
    """At none of their addresses, the other systems' ones with and without a slash among them."""
    somebody, tried = program(None), set()
    somebody.client = browser(cast.PRIYA, check=False).client
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in KNOWN:
            continue
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            path = re.sub(r"<(?:\w+:)?\w+>", "11", rule.rule)
            body = None if method in ("GET", "DELETE") else CALLS[rule.endpoint][2] or {}
            assert (path, somebody.call(method, path, body).status_code) == (path, 401)
            tried.add(rule.endpoint)
    assert tried == set(KNOWN)


@pytest.fixture
def bare():
    """An application with a call at its place and a page at its own."""
    app = Flask("bare")
    call = bodies.Blueprint("api_members", "bare", url_prefix="/api/v1/members")
    call.add_url_rule("", "index", view)
    page = Blueprint("home", "bare")
    page.add_url_rule("/orgs", "organizations", view)
    app.register_blueprint(call)
    app.register_blueprint(page)
    guard.check(app)
    return app


def view():
    return ""


@pytest.mark.parametrize(
    ("at", "endpoint"),
    [
        ("/api/v1/organizations", "home.organizations"),  # no bearer token would be asked for
        ("/users/organizations", "home.organizations"),
        ("/members", "api_members.index"),  # no cookie would be
        ("/orgs/<slug>/api/", "api_members.index"),
    ],
)
def test_a_route_that_would_be_guarded_in_another_way_stops_the_start(bare, at, endpoint):
    bare.add_url_rule(at, endpoint, bare.view_functions[endpoint])
    with pytest.raises(RuntimeError, match=endpoint):
        guard.check(bare)


@pytest.mark.parametrize(
    ("name", "kind", "at"),
    [("members", bodies.Blueprint, "/members"), ("api_events", Blueprint, "/api/v1/events")],
)
def test_a_part_of_the_wrong_kind_stops_the_start(bare, name, kind, at):
    """A page made as a call, and a call made as a page, which would not read strictly."""
    part = kind(name, "bare")
    part.add_url_rule(at, "index", view)
    bare.register_blueprint(part)
    with pytest.raises(RuntimeError, match=f"{name}.index is made as a call"):
        guard.check(bare)


def test_the_start_looks_at_every_route(settings, monkeypatch):
    monkeypatch.setitem(access.CALLS, "home.organizations", USER)
    with pytest.raises(RuntimeError, match=r"home\.organizations"):
        create_app(Settings.from_mapping(settings))


def test_a_foreign_organizations_key_finds_nothing(ask, program, app):
    eve = program(email=cast.EVE, slug="evil")
    before = changes(app)
    assert {kind(ask(eve, n)) for n in INSIDE if "{" in CALLS[n][1]} == {"not-found"}
    assert {row["email"] for row in ask(eve, "api_members.index").json["items"]} == {cast.EVE}
    assert len(ask(eve, "api_invitations.index").json["items"]) == 2  # her own, and theirs of Bo
    assert changes(app) == before


@pytest.mark.parametrize("scope", [s for s in api_keys.SCOPES if s in set(ACCESS.values())])
def test_the_scope_that_is_missing_is_named(ask, program, app, scope):
    somebody = program(scopes=[one for one in api_keys.SCOPES if one != scope])
    before = changes(app)
    for name in INSIDE:
        if ACCESS[name] == scope:
            answer = ask(somebody, name)
            assert (name, kind(answer)) == (name, "missing-scope")
            assert scope in answer.json["detail"]
    assert changes(app) == before


def allowed(role):
    return {name for name in INSIDE if permissions.allows(role, ACCESS[name])}


@pytest.mark.parametrize(("email", "role"), [(cast.CHEN, "contributor"), (cast.MARCO, "manager")])
def test_a_lesser_roles_session_does_what_its_pages_do(ask, program, app, email, role):
    with app.app_context():
        token = sessions.start(cast.person(email), cast.organization().id)
    theirs = program(token)
    assert {name for name in INSIDE if ask(theirs, name).status_code != 403} == allowed(role)


def test_a_revoked_key_is_nobodys(ask, program, app):
    somebody = program()
    with app.app_context():
        api_keys.revoke(cast.organization(), 1, by=cast.person())
    assert {ask(somebody, name).status_code for name in KNOWN} == {401}


@pytest.fixture
def second_admin(app):
    """Ana, whose keys can outlive her being an admin."""
    with app.app_context():
        made = cast.invited("ana@acme.example", role="admin")
        acceptances.accept(cast.mailed_token(made), full_name="Ana", password=cast.PASSWORD)
    return "ana@acme.example"


def test_a_demoted_makers_key_is_worth_no_more_than_they_are(ask, program, app, second_admin):
    theirs = program(email=second_admin)
    with app.app_context():
        member = cast.member(second_admin)
        roles.change_role(cast.organization(), member.id, by=cast.person(), role="manager")
    assert {name for name in INSIDE if ask(theirs, name).status_code != 403} == allowed("manager")


@pytest.mark.parametrize("how", ["deactivated", "left"])
def test_a_key_ends_with_its_makers_membership_and_does_not_come_back(
    program, app, second_admin, how
):
    theirs = program(email=second_admin)
    assert theirs.get("/me").status_code == 200
    with app.app_context():
        acme, member = cast.organization(), cast.member(second_admin)
        if how == "deactivated":
            roles.deactivate(acme, member.id, by=cast.person())
            roles.reactivate(acme, member.id, by=cast.person())
        else:
            leaving.leave(acme, member.id, by=cast.person(second_admin))
            again = cast.invited(second_admin, role="admin")
            acceptances.join(cast.mailed_token(again), by=cast.person(second_admin))
        assert db.session.query(Event).filter_by(name="ApiKeyRevoked").count() == 1
    assert theirs.get("/me").status_code == 401


@pytest.mark.parametrize("how", ["invitation", "confirmation", "reset"])
def test_an_occupiers_key_ends_when_the_mailboxs_holder_takes_the_account_over(program, app, how):
    with app.app_context():
        token = links.token(cast.invited(BO, role="admin", slug="evil"), links.COPIED)
        acceptances.accept(token, full_name="Bo", password=cast.PASSWORD)
    occupiers = program(email=BO, slug="evil")
    assert occupiers.get("/me").status_code == 200
    with app.app_context():
        if how == "invitation":
            token = cast.mailed_token(cast.invited(BO))
            acceptances.accept(token, full_name="Bo", password="a sentence of my own")
        else:
            mailed = {"confirmation": confirmations, "reset": password_resets}[how]
            token = mailed.address(cast.person(BO)).partition("token=")[2]
            take = confirmations.confirm if how == "confirmation" else password_resets.reset
            take(token, password="a sentence of my own")
        assert db.session.query(Event).filter_by(name="ApiKeyRevoked").count() == 1
    assert occupiers.get("/me").status_code == 401


def test_a_suspended_organizations_keys_and_sessions_stop_at_once(program, app):
    with app.app_context():
        session = sessions.start(cast.person(), cast.organization().id)
    callers = [program(), program(session)]
    with app.app_context():
        organizations.suspend(cast.organization())
    for caller in callers:
        answer = caller.get("/invitations")
        assert (answer.status_code, kind(answer)) == (403, "suspended")
    # A key is the organization's own; who has a session may be in others, too.
    assert [caller.get("/me").status_code for caller in callers] == [403, 200]


def test_a_key_runs_out(program, travel):
    here = program()
    travel(days=30, seconds=-5)
    assert here.get("/me").status_code == 200
    travel(seconds=10)
    assert here.get("/me").status_code == 401


def test_the_use_of_a_key_is_noted_and_is_not_its_makers_activity(program, app, travel):
    with app.app_context():
        before = cast.member(cast.PRIYA).last_seen_at
    travel(hours=1)
    program().post("/invitations", INVITE)
    with app.app_context():
        assert api_keys.of(cast.organization())[0][0].last_used_at is not None
        assert cast.member(cast.PRIYA).last_seen_at == before


def test_what_is_no_key_is_nobodys(program):
    for header in ("", "Bearer", "Basic eDp5", "Bearer é", "Bearer ghk_x", "Bearer " + "x" * 5000):
        assert program(None).get("/me", Authorization=header).status_code == 401


def test_the_views_of_the_api_use_only_verbs_that_pages_use():
    """No rule stands twice: what writes for programs writes for people, too."""

    def used(paths):
        found = set()
        for path in paths:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    found.add(f"{node.value.id}.{node.attr}")
        return found

    verbs = {
        f"{(path.parent if path.stem == '__init__' else path).stem}.{node.name}"
        for path in (ROOT / "webapp/domain").rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and any("transaction" in ast.unparse(one) for one in node.decorator_list)
    }
    own = {"idempotency.settle", "idempotency.let_go", "lists.invite"}
    by_programs = used((ROOT / "webapp/web/api").glob("*.py")) & verbs
    assert by_programs - own <= used((ROOT / "webapp/web").glob("*.py"))
    # And these stand on the same verbs: what a list does is done by the batches of imports.
    below = used(
        [ROOT / "webapp/domain/invitations/lists.py", ROOT / "webapp/domain/accounts/bearers.py"]
    )
    assert {"batches.create_many", "sign_ins.sign_in", "sign_ins.finish"} <= below
