"""What admins are told on the pages of the settings is in their language."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.webhooks import sending
from webapp.models import Organization, WebhookEndpoint

SETTINGS = "/orgs/acme/settings"
HOOKS, KEYS, MAIL = f"{SETTINGS}/webhooks", f"{SETTINGS}/api-keys", f"{SETTINGS}/email/templates"


@pytest.fixture
def priya(browser):
    somebody = browser(cast.PRIYA)
    somebody.environ["HTTP_ACCEPT_LANGUAGE"] = "de"
    return somebody


@pytest.fixture
def names(app):
    """Only this name leads somewhere."""
    app.extensions["resolver"] = lambda host, seconds: (
        ["8.8.8.8"] if host == "hooks.example" else []
    )


def test_settings_are_refused_and_saved(priya):
    priya.open(f"{SETTINGS}/team")
    priya.send(f"{SETTINGS}/team", name="")
    assert priya.page.problems == ["Geben Sie den Namen der Organisation ein."]
    priya.send(f"{SETTINGS}/team", name="Acme GmbH")
    assert "Ihre Einstellungen wurden gespeichert." in priya.page.messages


def test_what_changed_meanwhile_is_named(priya, app):
    priya.open(f"{SETTINGS}/team")
    with app.app_context():
        rename("Acme AG")
    priya.send(f"{SETTINGS}/team", name="Acme GmbH")
    assert priya.page.problems == [
        "Das hatten Sie noch nicht gesehen, daher wurde von Ihnen nichts gespeichert.",
        "Was Sie nicht geändert hatten, wird gezeigt, wie es jetzt ist. Sehen Sie es durch und "
        "speichern Sie noch einmal.",
        "Das ist jetzt „Acme AG“. Speichern Sie noch einmal, um es durch Ihres zu ersetzen.",
    ]


@transaction()
def rename(name):
    db.session.query(Organization).filter_by(slug="acme").one().name = name


def test_keys_are_refused_and_revoked(priya, app):
    priya.open(KEYS)
    priya.send(KEYS, name="Personalliste", scopes=[])
    assert priya.page.problems == ["Wählen Sie mindestens eine Berechtigung."]
    with app.app_context():
        key = cast.key("Personalliste").id
    priya.open(f"{KEYS}/{key}/revoke")
    priya.send(f"{KEYS}/{key}/revoke")
    assert "Der Schlüssel „Personalliste“ wurde widerrufen." in priya.page.messages


def test_webhooks_are_refused_and_switched_off(priya, names):
    priya.open(f"{HOOKS}/new")
    priya.send(HOOKS, url="https://unknown.example/", which="all")
    assert priya.page.problems == [
        "Zu unknown.example gibt es keine Adresse. Gatehouse sendet nur an öffentliche Adressen."
    ]
    priya.send(HOOKS, url="https://hooks.example/", which="all")
    priya.send(f"{HOOKS}/1/off")
    assert "Der Webhook ist aus." in priya.page.messages
    assert priya.open(f"{HOOKS}/2").status == 404
    assert "In dieser Organisation gibt es keinen solchen Webhook." in priya.page.words


def test_why_an_attempt_failed_is_told(priya, app, names):
    priya.open(f"{HOOKS}/new")
    priya.send(HOOKS, url="https://hooks.example/", which="all")
    priya.send(f"{HOOKS}/1/test")
    app.extensions["resolver"] = lambda host, seconds: []
    with app.app_context():
        sending.send()
        assert db.session.get_one(WebhookEndpoint, 1).failures == 1
    priya.open(f"{HOOKS}/1")
    assert "Zu hooks.example gibt es keine Adresse." in priya.page.words
    priya.open(f"{HOOKS}/1/deliveries/1")
    assert "Versuch 1: Zu hooks.example gibt es keine Adresse." in priya.page.words


def test_why_a_mail_was_not_sent_is_told(priya, app, smtp):
    smtp.script["RCPT TO:<bo@example.org>"] = "550 5.1.1 no such user"
    with app.app_context():
        cast.invited("bo@example.org")
        outbox.drain()
    priya.open(f"{SETTINGS}/email/health?kind=failed")
    assert "Der Mailserver antwortete: 550 5.1.1 no such user" in priya.page.words


def test_a_text_is_refused_and_tried(priya):
    priya.open(f"{MAIL}/invitation")
    priya.send(f"{MAIL}/invitation", subject="", body="[hier]({{ link }})")
    assert priya.page.problems == [
        "Geben Sie einen Betreff ein.",
        "Zeile 1: Ein Platzhalter kann nicht Teil der Adresse eines Links sein. {{ link }} wird zu "
        "einem Knopf: Schreiben Sie ihn in eine eigene Zeile.",
    ]
    priya.send(f"{MAIL}/invitation", subject="Hallo", body="{{ link }}")
    assert "Jede E-Mail „Einladung“ hat ab jetzt diesen Text." in priya.page.messages


@pytest.mark.parametrize(
    ("tag", "subject", "spoken"),
    [
        (None, "invites you to join", {"lang": "en", "dir": "ltr"}),
        ("de", "lädt Sie ein", {}),
        ("ar", "يدعوك", {"lang": "ar", "dir": "rtl"}),
    ],
)
@pytest.mark.parametrize("page", ["", "/default"])
def test_built_in_texts_are_in_the_language_of_the_mail(priya, app, tag, subject, spoken, page):
    with app.app_context():
        speak(tag)
    priya.open(f"{MAIL}/invitation{page}")
    text = priya.page.root.find(".//pre")
    assert subject in priya.page.html
    assert {name: text.get(name) for name in ("lang", "dir") if text.get(name)} == spoken


@transaction()
def speak(tag):
    db.session.query(Organization).filter_by(slug="acme").one().language = tag
