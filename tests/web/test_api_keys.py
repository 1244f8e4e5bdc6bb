"""The page of the API keys: made, shown once, revoked."""

from __future__ import annotations

import html
import re
import shlex

from tests import cast
from webapp.domain.accounts import api_keys
from webapp.domain.events import sentences
from webapp.domain.members import roles
from webapp.models import ApiKey, Event
from webapp.web.api.problem_kinds import KINDS

KEYS = "/orgs/acme/settings/api-keys"


def make(somebody, **typed):
    somebody.open(KEYS)
    somebody.send(KEYS, **{"name": "Staff list", "scopes": ["invitations:write"], **typed})


def shown(somebody):
    found = re.search(r'value="(ghk_[\w-]{43})"', somebody.page.html)
    return found and found[1]


def changes(app):
    with app.app_context():
        rows = Event.query.filter(Event.name.startswith("ApiKey")).order_by(Event.id)
        return [sentences.sentence(row, cast.person()) for row in rows]


def test_a_key_is_shown_once_and_works(browser, app, secrets):
    priya = browser(cast.PRIYA)
    make(priya)
    key = shown(priya)
    secrets.learn(key)
    assert "shown only this once" in priya.page.words
    priya.open(f"{KEYS}/1")
    assert shown(priya) is None
    asked = app.test_client(use_cookies=False).get(
        "/api/v1/me", headers={"Authorization": f"Bearer {key}"}
    )
    assert asked.json["scopes"] == ["invitations:write"]
    priya.open(KEYS)
    row = " ".join(priya.page.words.split())
    assert key[:10] in row
    assert key not in row
    assert changes(app) == ["Priya Shah created the API key “Staff list” for invitations:write."]


def test_it_is_shown_to_nobody_else_and_not_for_long(browser, travel, app):
    priya = browser(cast.PRIYA)
    priya.open(KEYS)
    priya.send(KEYS, follow=False, name="Staff list", scopes=["members:read"])
    with app.app_context():
        roles.change_role(cast.organization(), cast.member().id, by=cast.person(), role="admin")
    other = browser(cast.CHEN)
    other.open(f"{KEYS}/1")
    assert (other.status, shown(other)) == (200, None)
    travel(minutes=6)
    priya.open(f"{KEYS}/1")
    assert shown(priya) is None


def test_what_is_missing_is_said_beside_its_field(browser, app):
    priya = browser(cast.PRIYA)
    make(priya, name="", scopes=[])
    assert (priya.status, len(priya.page.problems)) == (422, 2)
    assert 'id="name-error"' in priya.page.html
    assert 'id="scopes-error"' in priya.page.html
    for typed in ({"scopes": ["everything"]}, {"days": "12"}, {"days": "x"}, {"name": "a\0b"}):
        make(priya, **typed)
        assert priya.status == 422, typed
    assert changes(app) == []


def test_a_revoked_key_says_so_and_stays_in_the_list(browser, app):
    priya = browser(cast.PRIYA)
    make(priya, days="0")
    priya.open(f"{KEYS}/1/revoke")
    priya.send(f"{KEYS}/1/revoke")
    assert "was revoked" in priya.page.messages
    assert "Revoked" in priya.page.words
    priya.post(f"{KEYS}/1/revoke", {"csrf_token": priya.page.form(KEYS).fields["csrf_token"]})
    assert len(changes(app)) == 2  # a second click ends nothing twice
    with app.app_context():
        assert ApiKey.query.one().expires_at is None


def test_a_foreign_key_is_as_unknown_as_none(browser, app):
    with app.app_context():
        number = cast.key().id
    eve = browser(cast.EVE)
    for path in ("", "/revoke"):
        eve.open(f"/orgs/evil/settings/api-keys/{number}{path}")
        assert eve.status == 404


def test_the_list_says_that_a_makers_role_is_all_a_key_is_worth(browser, app):
    def becomes(role):
        with app.app_context():
            acme, chen = cast.organization(), cast.member()
            roles.change_role(acme, chen.id, by=cast.person(), role=role)

    becomes("admin")
    make(browser(cast.CHEN))
    becomes("manager")
    priya = browser(cast.PRIYA)
    priya.open(KEYS)
    assert "Now a manager" in priya.page.words


class TestTheDocumentation:
    """A page for people, made from the document for programs."""

    def test_has_a_section_for_every_problem_and_every_call(self, browser, app):
        somebody = browser()
        somebody.open("/api/v1/docs")
        ids = set(re.findall(r'id="([\w-]+)"', somebody.page.html))
        document = app.test_client().get("/api/v1/openapi.json").json
        assert document["openapi"] == "3.1.0"
        calls = [one for path in document["paths"].values() for one in path.values()]
        assert {one["operationId"].replace(".", "-") for one in calls} <= ids
        assert {f"problem-{name}" for name in KINDS} <= ids
        assert set(re.findall(r'href="#([\w-]+)"', somebody.page.html)) <= ids

    def test_has_commands_that_work_when_they_are_pasted(self, browser, app):
        somebody = browser()
        somebody.open("/api/v1/docs")
        with app.app_context():
            key = api_keys.create(
                cast.organization(),
                by=cast.person(),
                name="Docs",
                scopes=list(api_keys.SCOPES),
                days=30,
            )[1]
            number = cast.invited("a@example.org").id
        commands = [
            html.unescape(c)
            for c in re.findall(r"<code>(curl.*?)</code>", somebody.page.html, re.S)
        ]
        assert len(commands) == len(list(re.findall('<h3 id="(?!problem)', somebody.page.html)))
        program = app.test_client(use_cookies=False)
        answers = {}
        for command in commands:
            words = shlex.split(command.replace("$GATEHOUSE_KEY", key).replace("\\\n", " "))[1:]
            method, headers, body, path = "GET", {}, None, ""
            while words:
                word = words.pop(0)
                if word == "-X":
                    method = words.pop(0)
                elif word == "-H":
                    name, _, value = words.pop(0).partition(": ")
                    headers[name] = value
                elif word == "-d":
                    body = words.pop(0)
                else:
                    path = word.removeprefix("http://gatehouse.test").replace("/1", f"/{number}")
            answer = program.open(path, method=method, headers=headers, data=body)
            answers[f"{method} {path}"] = answer.status_code
        assert answers["POST /api/v1/invitations"] == 201
        assert answers["POST /api/v1/invitations/bulk"] == 207
        # The tokens, passwords and ids of examples are nobody's.
        assert set(answers.values()) <= {200, 201, 207, 401, 403, 404}


def test_a_key_lasts_for_30_90_or_365_days_or_for_ever(browser):
    priya = browser(cast.PRIYA)
    priya.open(KEYS)
    options = [option.get("value") for option in priya.page.root.iter("option")]
    assert options == ["30", "90", "365", "0"]


def test_an_organization_has_a_hundred_keys_at_most(app, browser):
    with app.app_context():
        for number in range(99):
            cast.key(f"Key {number}")
    priya = browser(cast.PRIYA)
    make(priya, name="The hundredth")
    assert priya.status == 200
    make(priya, name="One more")
    assert priya.status == 422
    assert "100" in " ".join(priya.page.problems)
