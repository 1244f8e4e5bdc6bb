"""Inviting and the table of invitations in the language of the reader."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.page import text
from webapp.domain import invitations, outbox
from webapp.models import Delivery

LIST = "/orgs/acme/invitations"


@pytest.fixture
def reader(browser):
    """Priya with a browser in German, or in another language."""

    def make(tag="de"):
        priya = browser(cast.PRIYA)
        priya.environ["HTTP_ACCEPT_LANGUAGE"] = tag
        return priya

    return make


@pytest.fixture
def bo(app):
    with app.app_context():
        return cast.invited(role="manager").id


@pytest.mark.parametrize("tags", [("de", "en", "ar"), ("en", "ar", "de")])
def test_each_reader_has_the_rows_in_their_own_language(reader, bo, tags):
    words = {"en": ("Role", "Manager"), "de": ("Rolle", "Manager"), "ar": ("الدور", "مدير")}
    for tag in tags:
        priya = reader(tag)
        priya.open(LIST)
        row = priya.page.root.find(f".//*[@id='row-{bo}']")
        cells = {cell.get("data-label"): text(cell) for cell in row.iter("td")}
        label, role = words[tag]
        assert cells[label] == role
        assert "bo@example.org" in text(row)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "4 Einladungen, die neuesten zuerst"),
        ("?status=pending", "1 Einladung (ausstehend), die neuesten zuerst"),
        ("?q=bo%40", "1 von 4 passt, die neuesten zuerst"),
        ("?status=pending&q=bo%40", "1 von 1 (ausstehend) passt, die neuesten zuerst"),
        ("?status=declined", "Keine Einladungen (abgelehnt)."),
        ("?status=declined&q=bo", "Keine Einladung (abgelehnt) passt zu „bo“."),
        ("?q=bo&delivery=failed", "Keine Einladung passt zu „bo“ und diesen Filtern."),
    ],
)
def test_how_many_there_are_is_said_in_whole_sentences(reader, bo, query, words):
    priya = reader()
    priya.open(LIST + query)
    assert text(priya.page.root.find(".//*[@id='count']")) == words


def test_who_was_invited_and_until_when_is_told(reader):
    priya = reader()
    priya.open(f"{LIST}/new")
    priya.send(LIST, email="bo@example.org")
    assert "Einladung an bo@example.org gesendet. Sie gilt bis " in priya.page.messages
    priya.open(f"{LIST}/new")
    priya.send(LIST, email="ada@example.org cy@example.org bo@example.org", others="1")
    told = priya.page.messages
    assert "2 Personen eingeladen. Ihre Links gelten bis " in told
    assert (
        "bo@example.org wurde nicht eingeladen: bo@example.org hat schon eine offene Einladung. "
        "Sie können sie stattdessen erneut senden."
    ) in told


def test_what_is_wrong_with_the_form_is_said(reader, bo):
    priya = reader()
    priya.open(f"{LIST}/new")
    priya.send(LIST, email="bo@example.org ada@example.org")
    assert priya.status == 422
    assert priya.page.problems == [
        "Bei 1 dieser 2 Adressen gibt es ein Problem. Korrigieren Sie sie, oder senden Sie an die "
        "anderen."
    ]
    assert "Nur an die andere Adresse senden" in priya.page.form(LIST).buttons


def test_an_address_that_the_reason_names_is_not_named_twice(reader, bo):
    priya = reader("ar")
    priya.open(f"{LIST}/new")
    priya.send(LIST, email=f"bo@example.org {cast.CHEN} ada@example.org", others="1")
    assert priya.page.messages.count("bo@example.org") == 1
    assert "لدى \u2068bo@example.org\u2069 دعوة مفتوحة بالفعل." in priya.page.messages


def test_a_button_that_is_refused_says_why(reader, bo, app):
    priya = reader()
    priya.open(f"{LIST}/{bo}")
    priya.send(f"{LIST}/{bo}/resend")
    assert "Ein neuer Link wurde an bo@example.org gesendet. Er gilt bis " in priya.page.messages
    priya.send(f"{LIST}/{bo}/resend")
    assert priya.status == 422
    assert priya.page.problems == [
        "Vor weniger als einer Minute wurde ein neuer Link gesendet. Warten Sie eine Minute, und "
        "versuchen Sie es dann noch einmal."
    ]
    priya.open(f"{LIST}/{bo}/edit")
    with app.app_context():
        invitations.revoke(cast.organization(), bo, by=cast.person(cast.PRIYA))
    priya.send(f"{LIST}/{bo}/edit", role="admin")
    assert priya.page.problems == [
        "Sie können nur eine Einladung bearbeiten, die noch offen ist. Diese ist beendet."
    ]


def test_correcting_an_address_is_told_and_refused(reader, bo):
    priya = reader()
    priya.open(f"{LIST}/{bo}/address")
    priya.send("/address", email="bo@example.org")
    assert priya.page.problems == [
        "Die Einladung ging schon an bo@example.org. Geben Sie die richtige Adresse ein, oder "
        "senden Sie die Einladung erneut, wenn diese Adresse stimmt."
    ]
    priya.send("/address", email="beau@example.org")
    assert "Die an bo@example.org ist widerrufen." in priya.page.messages


def test_a_revocation_is_undone(reader, bo):
    priya = reader()
    priya.open(f"{LIST}/{bo}/revoke")
    priya.send("/revoke")
    assert "Die Einladung an bo@example.org ist widerrufen." in priya.page.messages
    priya.send(f"{LIST}/{bo}/again")
    assert "bo@example.org ist wieder eingeladen, mit einem neuen Link" in priya.page.messages


def test_why_a_mail_is_not_sent_is_kept_in_english(reader, bo, app):
    priya = reader()
    priya.open(f"{LIST}/{bo}/revoke")
    priya.send("/revoke")
    with app.app_context():
        outbox.drain()
        (mail,) = Delivery.query.filter_by(invitation_id=bo)
        assert mail.words == "The invitation was revoked before it was sent."
