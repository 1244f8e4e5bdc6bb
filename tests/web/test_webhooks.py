"""The webhooks' pages: adding one, its secret shown once, what was sent, and putting right."""

from __future__ import annotations

import re

import pytest
from standardwebhooks import Webhook

from tests import cast
from tests.support.receiver import Receiver
from webapp.db import db, transaction
from webapp.domain.events import sentences as event_sentences
from webapp.domain.webhooks import sending
from webapp.egress import Unreachable
from webapp.models import Event, WebhookDelivery, WebhookEndpoint

HOOKS = "/orgs/acme/settings/webhooks"
SECRET = re.compile(r"whsec_[\w+/=]+")


@pytest.fixture
def settings(settings):
    """This machine may be told."""
    return {**settings, "WEBHOOK_LOOPBACK": "on"}


@pytest.fixture
def there():
    """A program that listens."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def names(app):
    """What names lead to; all others are unknown."""
    known = {"hooks.example": ["8.8.8.8"]}
    app.extensions["resolver"] = lambda host, seconds: known.get(host, [])
    return known


def add(person, there, **typed):
    person.open(f"{HOOKS}/new")
    answer = person.send(HOOKS, **{"url": there.url, "which": "all", **typed})
    person.secrets.learn(*SECRET.findall(answer.text))
    return answer


def sentences(app):
    with app.app_context():
        rows = Event.query.filter(Event.name.like("Webhook%")).order_by(Event.id)
        return [event_sentences.sentence(row, cast.person()) for row in rows]


def send(app):
    with app.app_context():
        return sending.send()


def count(app, what):
    with app.app_context():
        return db.session.query(what).count()


def test_one_is_added_and_its_secret_is_shown_once_and_verifies(browser, app, there):
    priya = browser(cast.PRIYA)
    answer = add(priya, there, name="Payroll")
    assert "shown only this once" in priya.page.messages
    secret = SECRET.search(answer.text)[0]
    assert priya.page.heading == "Payroll"
    send(app)
    Webhook(secret).verify(there.heard[0].body, there.heard[0].headers)
    assert there.types == ["WebhookCreated"]
    shown = answer.response.request.full_path
    for address in (HOOKS, f"{HOOKS}/1", f"{HOOKS}/1?shown=made-up", f"{HOOKS}/1/edit"):
        assert secret not in priya.open(address).text
    another = browser(cast.PRIYA)
    assert secret not in another.open(shown).text
    assert sentences(app) == [f"Priya Shah added a webhook to http://127.0.0.1:{there.port}."]


def test_permission_to_see_one_secret_opens_no_other_and_ends(browser, app, there, travel):
    priya = browser(cast.PRIYA)
    shown = add(priya, there).response.request.full_path
    add(priya, there)
    assert not SECRET.search(priya.open(shown.replace("/webhooks/1?", "/webhooks/2?")).text)
    assert SECRET.search(priya.open(shown).text)
    travel(minutes=6)
    assert not SECRET.search(priya.open(shown).text)


@pytest.mark.parametrize(
    "typed",
    [
        {"url": ""},
        {"url": "http://example.org/"},
        {"url": "https://10.0.0.1/"},
        {"url": "https://unknown.example/"},
        {"url": "https://inside.example/"},
        {"url": "https://away.example/"},
        {"url": "https://hooks.example/" + "x" * 500},
        {"name": "x" * 101},
        {"name": "Pay\u202eroll"},
        {"which": "some"},
        {"which": "neither"},
        {"which": "some", "events": ["InvitationCreated", "SignedIn"]},
        {"which": "some", "events": ["' OR 1=1"]},
        {"url": ["https://hooks.example/", "https://hooks.example/2"]},
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(browser, app, names, typed):
    names["inside.example"] = ["8.8.8.8", "192.168.1.10"]
    known = app.extensions["resolver"]

    def resolver(host, seconds):
        if host == "away.example":
            raise Unreachable("The address of away.example could not be looked up.")
        return known(host, seconds)

    app.extensions["resolver"] = resolver
    priya = browser(cast.PRIYA)
    priya.open(f"{HOOKS}/new")
    form = priya.page.form(HOOKS)
    kept = {"url": "https://hooks.example/", "name": "Payroll", "which": "all", **typed}
    answer = priya.post(HOOKS, {**form.fields, **kept})
    assert answer.status == 422
    assert priya.page.problems
    assert "192.168.1.10" not in answer.text
    if isinstance(kept["url"], str):
        assert priya.page.form(HOOKS).fields["url"] == kept["url"]
    assert count(app, WebhookEndpoint) == 0


def test_several_refusals_come_at_once(browser, names):
    priya = browser(cast.PRIYA)
    priya.open(f"{HOOKS}/new")
    priya.send(HOOKS, url="", name="x" * 101, which="some")
    assert len(priya.page.problems) >= 3


def test_only_the_chosen_events_are_told_and_can_be_changed(browser, app, there, names):
    priya = browser(cast.PRIYA)
    add(priya, there, which="some", events=["InvitationRevoked", "InvitationCreated"])
    with app.app_context():
        cast.invited(send=False)
        cast.webhook("https://8.8.8.8/", event_names=["MemberLeft"])
    send(app)
    assert there.types == ["InvitationCreated"]
    priya.open(f"{HOOKS}/1/edit")
    page = priya.page
    form = page.form("/edit")
    assert form.fields["which"] == "some"
    ticked = [
        e.get("value")
        for e in page.root.iter("input")
        if e.get("name") == "events" and e.get("checked") is not None
    ]
    assert ticked == ["InvitationCreated", "InvitationRevoked"]
    priya.send("/edit", url="https://hooks.example/new", name="Payroll", events=["MemberLeft"])
    assert "saved" in priya.page.messages
    assert sentences(app)[-1] == (
        "Priya Shah changed the webhook to https://hooks.example: "
        "its address and its name and its events."
    )


def test_a_test_event_shows_its_answer_and_is_replayed(browser, app, there):
    priya = browser(cast.PRIYA)
    add(priya, there, which="some", events=["MemberLeft"])
    there.answers = [b"HTTP/1.1 500 -\r\nContent-Length: 21\r\n\r\n<b>out of cheese</b>\r\n"]
    priya.send("/test")
    assert "on its way" in priya.page.messages
    send(app)
    priya.open(f"{HOOKS}/1")
    row = priya.page.rows()[0]
    assert (row["State"], row["Response"], row["Attempts"]) == ("Waiting", "500", "1")
    assert "The last attempt failed" in priya.page.words
    priya.open(next(a for a in priya.page.links().values() if "/deliveries/" in a))
    assert "<b>out of cheese</b>" in priya.page.words
    assert '"type": "WebhookTested"' in priya.page.words
    assert there.heard[0].id in priya.page.words
    priya.send("/replay")
    with app.app_context():
        tell_at_once()
    send(app)
    priya.open(f"{HOOKS}/1/deliveries/1")
    assert "Delivered" in priya.page.html
    assert {one.id for one in there.heard} == {there.heard[0].id}


@transaction()
def tell_at_once():
    endpoint = db.session.query(WebhookEndpoint).one()
    endpoint.due_at = endpoint.created_at


def test_it_is_switched_off_on_rotated_and_deleted(browser, app, there):
    priya = browser(cast.PRIYA)
    first = SECRET.search(add(priya, there).text)[0]
    priya.send("/off")
    assert "The webhook is off." in priya.page.messages
    assert priya.open(HOOKS).page.rows()[0]["State"] == "Off"
    priya.open(f"{HOOKS}/1")
    priya.send("/on")
    assert "The webhook is on." in priya.page.messages
    priya.open(f"{HOOKS}/1/secret")
    answer = priya.send("/secret")
    second = SECRET.search(answer.text)[0]
    priya.secrets.learn(second)
    assert second != first
    assert "The previous secret is also used until" in priya.page.words
    priya.open(f"{HOOKS}/1/delete")
    priya.send("/delete")
    assert "deleted" in priya.page.messages
    assert "No webhooks yet" in priya.page.words
    assert priya.open(f"{HOOKS}/1").status == 404
    assert [line.split(" the ")[0] for line in sentences(app)][-1] == "Priya Shah deleted"
    assert count(app, WebhookDelivery) == 0


def test_pressing_twice_and_on_what_is_gone_is_answered_kindly(browser, app, there):
    priya = browser(cast.PRIYA)
    add(priya, there)
    page = priya.open(f"{HOOKS}/1").page
    off, fields = page.form("/off").action, page.form("/off").fields
    for _ in range(2):
        assert priya.post(off, fields, follow=False).status == 303
    assert len([one for one in sentences(app) if "state" in one]) == 1
    assert priya.post(f"{HOOKS}/1/test", fields, follow=False).status == 422
    assert priya.post(f"{HOOKS}/1/deliveries/1/replay", fields, follow=False).status == 422
    priya.post(f"{HOOKS}/1/delete", fields)
    del fields["once"]  # or the second click is answered as the first was
    for button in ("delete", "off", "on", "test", "secret", "edit", "deliveries/1/replay"):
        assert priya.post(f"{HOOKS}/1/{button}", fields, follow=False).status == 404


@pytest.mark.parametrize("address", ["/1", "/1/edit", "/1/secret", "/1/delete", "/1/deliveries/1"])
def test_another_organizations_webhook_is_as_unknown_as_none(browser, app, there, address):
    with app.app_context():
        cast.webhook(there.url, slug="evil")
    assert browser(cast.PRIYA).open(HOOKS + address).status == 404
    assert browser(cast.EVE).open(f"/orgs/evil/settings/webhooks{address}").status == 200


def test_many_deliveries_are_read_page_by_page(browser, app, there):
    with app.app_context():
        hook = cast.webhook(there.url, event_names=["InvitationCreated"])
        assert hook.id == 1
        for number in range(30):
            cast.invited(f"p{number}@example.org", send=False)
    priya = browser(cast.PRIYA)
    priya.open(f"{HOOKS}/1")
    assert len(priya.page.rows()) == 25
    priya.open(priya.page.links()["Older"])
    assert len(priya.page.rows()) == 5
    assert priya.page.links()["Newest"] == f"{HOOKS}/1"
    assert priya.open(f"{HOOKS}/1?before=9e9").status == 200
