"""Resend's signed events: believed once, when they name a mail of ours by what only its way knows.

The payloads have the shapes of Resend's documentation, and of what it really sends: custom headers
come back in data.headers, Message-IDs may be those of its own relay.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from tests import cast
from webapp.db import db
from webapp.domain import events, outbox
from webapp.domain.deliverability import suppressions
from webapp.domain.operations import doctor as doctors
from webapp.domain.outbox import provider_events
from webapp.models import Delivery, Event, ProviderEvent

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BO = "bo@example.org"
SES_ID = "<0100019abcdef011-99999999-8888-7777-6666-555555555555-000000@email.amazonses.com>"

pytestmark = pytest.mark.both_databases


@pytest.fixture
def settings(settings, secrets):
    secrets.learn(SECRET)
    return {**settings, "RESEND_WEBHOOK_SECRET": SECRET, "METRICS_TOKEN": "m"}


@pytest.fixture
def mail(app):
    """Bo's mail, which the mail server has taken."""
    with app.app_context():
        cast.invited()
        outbox.drain()
        return delivery()


def delivery():
    db.session.rollback()
    return db.session.query(Delivery).filter_by(recipient=BO).populate_existing().one()


def event(kind, mail, **more):
    return {
        "type": kind,
        "created_at": "2026-11-22T23:41:12.126Z",
        "data": {
            "created_at": "2026-11-22T23:41:11.894719+00:00",
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
            "message_id": SES_ID,
            "from": "Acme <gatehouse@acme.example>",
            "to": [BO],
            "subject": "Priya Shah invites you to join Acme",
            "headers": [
                {"name": "Auto-Submitted", "value": "auto-generated"},
                {"name": "X-Entity-Ref-ID", "value": mail.message_id},
            ],
            **more,
        },
    }


def bounce(mail, kind="Permanent", **more):
    return event(
        "email.bounced",
        mail,
        bounce={
            "diagnosticCode": ["smtp; 550 5.1.1 user unknown"],
            "message": "The recipient's email provider sent a hard bounce message.",
            "subType": "General",
            "type": kind,
        },
        **more,
    )


@pytest.fixture
def send(browser):
    """Post an event as Resend does; the answer's status."""
    server = browser()

    def send(payload, *, event_id="msg_1", secret=SECRET, ago=0, altered=b"", **headers):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        at = datetime.now(UTC) - timedelta(seconds=ago)
        try:
            signed = Webhook(secret).sign(event_id, at, body.decode())
        except UnicodeDecodeError:
            signed = "v1,AAAA"
        answer = server.post(
            "/webhooks/resend",
            body + altered,
            content_type="application/json",
            headers={
                "svix-id": event_id,
                "svix-timestamp": str(int(at.timestamp())),
                "svix-signature": signed,
                **headers,
            },
        )
        assert answer.text == ""
        return answer.status

    return send


def told(app):
    with app.app_context():
        names = [event.name for event, _ in events.of_invitation(cast.invitation())]
        return delivery().state, names[2:], [one.reason for one, _ in suppressions.everything()]


BOUNCED = ("bounced", ["InvitationBounced"], ["bounced"])
SENT = ("sent", [], [])


def test_a_permanent_bounce_is_told_with_the_servers_words(send, app, mail, browser):
    assert send(bounce(mail)) == 204
    assert told(app) == BOUNCED
    with app.app_context():
        assert delivery().words == "550 5.1.1 user unknown"
        number = cast.invitation().id
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "The mail server said: 550 5.1.1 user unknown" in priya.page.words


def test_a_mail_is_found_by_its_message_id_where_that_is_kept(send, app, mail):
    bare = mail.message_id.strip("<>")
    for number, named in enumerate((bare, mail.message_id)):
        payload = bounce(mail, message_id=named, headers=None)
        assert send(payload, event_id=f"msg_{number}") == 204
    assert told(app) == BOUNCED


def as_published(mail, **more):
    """A bounce with the keys that the types of Resend's npm package have, and with no others."""
    payload = bounce(mail, **more)
    del payload["data"]["headers"], payload["data"]["bounce"]["diagnosticCode"]
    keys = {"created_at", "email_id", "message_id", "from", "to", "subject", "bounce"}
    assert payload["data"].keys() == keys | more.keys()
    return payload


def metrics(app):
    text = app.test_client().get("/metrics", headers={"Authorization": "Bearer m"}).text
    lines = [line.rpartition(" ") for line in text.splitlines() if "provider_events_total{" in line]
    return {name.partition('"')[2].rstrip('"}'): float(number) for name, _, number in lines}


def test_an_event_as_resend_publishes_it_is_matched_by_its_message_id(send, app, mail):
    assert send(as_published(mail, message_id=mail.message_id, tags={"kind": "x"})) == 204
    assert told(app) == BOUNCED
    assert metrics(app) == {"matched": 1, "unmatched": 0}


@pytest.mark.parametrize("name", ["email_id", "message_id"])
def test_an_event_is_matched_by_the_number_with_which_the_relay_took_the_mail(
    send, app, smtp, name
):
    numbers = {"email_id": "4ef9a417-02e9-4d39-ad75-9611e0fcc33c", "message_id": SES_ID}
    smtp.script["."] = [f"250 Ok {numbers[name].strip('<>').partition('@')[0]}", "250 Ok another"]
    with app.app_context():
        cast.invited()
        cast.invited("lea@example.org")
        outbox.drain()
        mail = delivery()
        at = mail.settled_at.isoformat()
    assert send(as_published(mail, **numbers, created_at=at)) == 204
    assert told(app) == BOUNCED


def test_events_that_name_no_mail_of_ours_are_counted_for_the_operator(send, app, mail):
    def doctor():
        with app.app_context():
            return {part.name: part.sentence for part in doctors.examine()}["mail"]

    assert "Resend" not in doctor()
    for number in range(3):
        assert send(as_published(mail), event_id=f"msg_{number}") == 204
    assert send(event("email.opened", mail), event_id="msg_4") == 204
    assert send(bounce(mail), event_id="msg_5") == 204
    assert metrics(app) == {"matched": 1, "unmatched": 3}
    assert "3 of 4 bounces and complaints from Resend named no mail of ours" in doctor()


def test_resends_own_suppression_list_counts_as_a_bounce(send, app, mail):
    why = "The address is on the suppression list."
    told_by = event("email.suppressed", mail, suppressed={"message": why, "type": "OnAccount"})
    assert send(told_by) == 204
    assert told(app) == BOUNCED
    with app.app_context():
        assert delivery().words == why


def test_a_mail_that_resend_could_not_send_has_failed_and_shuts_nobody_out(
    send, app, mail, browser
):
    assert send(event("email.failed", mail, failed={"reason": "reached_daily_quota"})) == 204
    assert told(app) == ("failed", ["InvitationSendFailed"], [])
    with app.app_context():
        failed = delivery()
        assert (failed.words, failed.blame) == ("reached_daily_quota", "sender")
        number = cast.invitation().id
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "too much mail at once" in priya.page.words
    priya.send("/retry")
    with app.app_context():
        assert delivery().state == "queued"


def test_a_failure_without_a_reason_we_know_is_the_providers(send, app, mail):
    assert send(event("email.failed", mail, failed={"reason": "something new"})) == 204
    assert told(app) == ("failed", ["InvitationSendFailed"], [])
    with app.app_context():
        assert (delivery().blame, delivery().cause) == ("gave_up", "provider")


@pytest.mark.parametrize(
    ("diagnosis", "blame"),
    [
        ("smtp; 550 5.7.26 This mail is unauthenticated", "sender"),
        ("smtp; 552 5.2.2 mailbox full", "mailbox"),
        ("smtp; 550 5.0.0 refused", "unclear"),
    ],
)
def test_a_bounce_that_is_not_the_addresss_fault_shuts_nobody_out(
    send, app, mail, diagnosis, blame
):
    payload = bounce(mail)
    payload["data"]["bounce"]["diagnosticCode"] = [diagnosis]
    assert send(payload) == 204
    assert told(app) == ("bounced", ["InvitationBounced"], [])
    with app.app_context():
        assert delivery().blame == blame


def test_a_complaint_ends_this_organizations_mail_and_nothing_else(send, app, mail):
    assert send(event("email.complained", mail)) == 204
    assert send(event("email.complained", mail), event_id="msg_2") == 204
    assert told(app) == ("sent", ["InvitationUnsubscribed"], ["complained"])
    with app.app_context():
        assert cast.invitation().state == "pending"


@pytest.mark.parametrize(
    "kind",
    ["sent", "delivered", "delivery_delayed", "opened", "clicked", "scheduled", "new"],
)
def test_other_events_change_nothing(send, app, mail, kind):
    assert send(event(f"email.{kind}", mail)) == 204
    assert told(app) == SENT


@pytest.mark.parametrize("kind", ["Transient", "Undetermined", "permanent", None, 5, ["Permanent"]])
def test_a_bounce_that_is_not_permanent_changes_nothing(send, app, mail, kind):
    assert send(bounce(mail, kind)) == 204
    assert told(app) == SENT


@pytest.mark.parametrize(
    "more",
    [
        {"headers": []},
        {"headers": "X-Entity-Ref-ID"},
        {"headers": [None, {}, {"name": "x-entity-ref-id", "value": 5}]},
        {"headers": [{"name": "X-Entity-Ref-ID", "value": "<\0@gatehouse.test>"}]},
        {"headers": [{"name": "References", "value": "{own}"}]},
        {"to": ["carl@example.org"]},
        {"to": BO},
        {"to": None},
    ],
)
def test_an_event_that_does_not_name_the_mail_and_its_address_changes_nothing(
    send, app, mail, more
):
    payload = json.dumps(bounce(mail, **more)).replace("{own}", mail.message_id).encode()
    assert send(payload) == 204
    assert told(app) == SENT


@pytest.mark.parametrize("payload", [b"[]", b"5", b"null", b'{"data": 5}', b'{"type": []}', b"{}"])
def test_signed_nonsense_is_taken_and_does_nothing(send, app, mail, payload):
    assert send(payload) == 204
    assert told(app) == SENT


def test_an_event_is_taken_once_however_often_it_comes(send, app, mail):
    assert send(bounce(mail)) == 204
    with app.app_context():
        suppressions.lift(cast.organization(), BO)
        before = db.session.query(Event).count()
    assert send(bounce(mail)) == 204
    assert send(event("email.complained", mail)) == 204  # the id of another event
    with app.app_context():
        assert db.session.query(Event).count() == before
        assert db.session.query(ProviderEvent).count() == 1
        assert suppressions.everything() == []


def test_ids_are_forgotten_after_a_week(app, send, mail, travel):
    send(bounce(mail))
    with app.app_context():
        travel(days=6)
        assert provider_events.forget() == 0
        travel(days=2)
        assert provider_events.forget() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_" + "A" * 32},
        {"altered": b" "},
        {"ago": 400},
        {"ago": -400},
        {"svix-signature": ""},
        {"svix-signature": "v1"},
        {"svix-signature": "v1,é"},
        {"svix-signature": "v2,AAAA v1a,AAAA"},
        {"svix-timestamp": "soon"},
        {"svix-timestamp": "nan"},
        {"svix-timestamp": "9" * 400},
        {"svix-id": "msg_2"},
    ],
)
def test_what_is_not_signed_by_resend_now_is_refused_without_a_word(send, app, mail, wrong):
    assert send(bounce(mail), **wrong) == 401
    assert told(app) == SENT
    with app.app_context():
        assert db.session.query(ProviderEvent).count() == 0


def test_bytes_that_are_no_text_are_refused(send, mail):
    assert send(b"\xff\xfe") == 401


def test_a_body_that_is_too_large_is_refused_before_it_is_read(browser):
    answer = browser().post("/webhooks/resend", b"x" * 300_000, content_type="application/json")
    assert answer.status == 413


def test_fetch_metadata_of_another_site_is_not_asked(send, app, mail):
    assert send(bounce(mail), **{"Sec-Fetch-Site": "cross-site"}) == 204
    assert told(app) == BOUNCED


def test_guessing_signatures_is_limited_and_signed_events_are_not(send, mail):
    statuses = [send(b"{}", event_id=f"msg_{n}") for n in range(70)]
    assert set(statuses) == {204}


class TestWithoutASecret:
    """The address is switched off."""

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "RESEND_WEBHOOK_SECRET": ""}

    def test_there_is_nothing(self, browser):
        assert browser().post("/webhooks/resend", b"{}").status == 404


def test_guesses_are_limited(browser):
    guesser = browser()
    statuses = [guesser.post("/webhooks/resend", b"{}").status for _ in range(61)]
    assert statuses[:60] == [401] * 60
    assert statuses[60] == 429
