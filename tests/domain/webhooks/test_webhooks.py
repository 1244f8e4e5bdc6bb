"""Webhooks: what happened is told, signed, once, in order; and nobody's slowness harms others."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from tests import cast
from tests.support.processes import wait_until
from tests.support.receiver import Hold, Receiver
from tests.support.together import at_once
from webapp import clock, outbound_http
from webapp.config import SettingsError
from webapp.db import db, transaction
from webapp.domain import events, invitations, organizations, outbox, webhooks
from webapp.domain.accounts import sign_ins
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.members import roles
from webapp.domain.operations import sweeps
from webapp.domain.privacy import person_erasures
from webapp.domain.webhooks import attempts, claims, deliveries, sending, stops
from webapp.domain.webhooks import secrets as webhook_secrets
from webapp.models import Delivery, Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


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
def hook(in_app, there, secrets):
    """Acme's webhook to it, for invitations that are made and revoked."""
    return listening(there, secrets)


def listening(there, secrets, slug="acme", event_names=("InvitationCreated", "InvitationRevoked")):
    made = cast.webhook(there.url, slug=slug, event_names=event_names)
    secrets.learn(webhook_secrets.shown(made))
    return made


def fresh(hook):
    db.session.rollback()
    return db.session.get_one(WebhookEndpoint, hook.id, populate_existing=True)


def told():
    """State and tries of what was told, oldest first."""
    db.session.rollback()
    rows = db.session.query(WebhookDelivery).order_by(WebhookDelivery.id)
    return [(one.event.name, one.state, one.attempts) for one in rows]


def in_thread(app, act):
    def work():
        with app.app_context():
            act()
            db.session.remove()

    return work


def invite(*names, slug="acme"):
    for name in names:
        cast.invited(f"{name}@example.org", slug=slug, send=False)


def test_only_the_organization_that_listens_has_webhooks():
    cast.webhook()
    assert cast.organization().has_webhooks
    assert not cast.organization("evil").has_webhooks


def test_what_happened_is_told_with_what_it_was_about_and_no_secret(there, hook):
    made = cast.invited(name="Bo", message="Come in")
    assert sending.send() == {"delivered": 1}
    heard = there.heard[0]
    heard.verify(webhook_secrets.shown(hook))
    event = events.of_invitation(made)[0][0]
    assert heard.event == {
        "type": "InvitationCreated",
        "timestamp": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "email": "bo@example.org",
            "role": "contributor",
            "groups": None,
            "expires_at": event.data["expires_at"],
            "organization": "acme",
            "event_id": event.id,
            "invitation_id": made.id,
            "actor": "user",
            "actor_id": cast.person().id,
        },
    }
    assert "token" not in heard.body.decode()
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["user-agent"] == "Gatehouse (http://gatehouse.test)"
    assert sending.send() == {}


def test_only_what_was_asked_for_is_told_and_only_of_the_own_organization(there, hook, secrets):
    with Receiver() as everything, Receiver() as foreign:
        listening(everything, secrets, event_names=None)
        listening(foreign, secrets, slug="evil", event_names=None)
        made = cast.invited(send=False)
        cast.invited("eve2@example.org", slug="evil", send=False)
        invitations.edit(cast.organization(), made.id, by=cast.person(), role="manager")
        sending.send()
    assert there.types == ["InvitationCreated"]
    assert everything.types == ["WebhookCreated", "InvitationCreated", "InvitationEdited"]
    assert {one.event["data"]["organization"] for one in foreign.heard} == {"evil"}


def test_what_people_do_with_their_accounts_alone_is_told_to_nobody(there, secrets):
    hook = listening(there, secrets, event_names=None)
    sending.send()
    for _ in range(2):  # from the second time on an organization was used last
        sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)
    assert db.session.query(Event).filter_by(name="SignedIn").count() >= 2
    sending.send()
    assert there.types == ["WebhookCreated"]
    assert fresh(hook).events is None


def test_what_is_rolled_back_was_never_told(there, hook):
    @transaction()
    def fail():
        invite("bo")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert told() == []
    assert sending.send() == {}


def test_many_events_at_once_are_told_one_by_one_in_their_order(there, hook):
    lines = [events.NewEvent(cast.organization().id, None, {"email": f"p{n}"}) for n in range(30)]

    @transaction()
    def revoke_all():
        events.record_many("InvitationRevoked", lines, by="system")

    revoke_all()
    assert sending.send() == {"delivered": 30}
    assert [one.event["data"]["email"] for one in there.heard] == [f"p{n}" for n in range(30)]
    ids = [one.event["data"]["event_id"] for one in there.heard]
    names = dict(db.session.query(Event.id, Event.name))
    assert ids == sorted(ids)
    assert {names[one] for one in ids} == {"InvitationRevoked"}
    assert len({one.id for one in there.heard}) == 30


def test_a_failure_is_tried_again_with_the_same_id_after_growing_pauses(there, hook, travel):
    there.answers = [500, 302, b"nothing of HTTP", 204]
    invite("bo")
    assert sending.send() == {"failed": 1}
    assert sending.send() == {}
    for _ in range(3):
        waits = db.session.query(WebhookDelivery).one().due_at - clock.now()
        travel(seconds=waits.total_seconds() + 1)
        sending.send()
    assert told() == [("InvitationCreated", "delivered", 4)]
    assert len({one.id for one in there.heard}) == 1
    assert len({one.body for one in there.heard}) == 1
    stamps = [int(one.headers["webhook-timestamp"]) for one in there.heard]
    assert stamps == sorted(set(stamps))
    for heard in there.heard[-1:]:
        heard.verify(webhook_secrets.shown(hook))
    delivery = deliveries.page(fresh(hook)).rows[0][0]
    assert [one.status for one in deliveries.tries(delivery)] == [204, None, 302, 500]


def test_pauses_grow_to_a_day_and_three_days_in_all():
    longest = sum(attempts.PAUSES, timedelta(0))
    assert list(attempts.PAUSES) == sorted(attempts.PAUSES)
    assert timedelta(days=3) <= longest < timedelta(days=3.5)
    some = {attempts.pause(3) for _ in range(20)}
    assert len(some) > 1
    assert all(abs(one / attempts.PAUSES[2] - 1) <= attempts.JITTER for one in some)


def test_after_its_last_try_a_delivery_has_failed_and_can_be_replayed(there, hook, travel):
    invite("bo")
    there.answers = [500] * 10
    for _ in range(10):
        sending.send()
        travel(hours=30)
    assert told() == [("InvitationCreated", "failed", 10)]
    assert sending.send() == {}
    found = db.session.query(WebhookDelivery).one()
    deliveries.replay(cast.organization(), hook.id, found.id, by=cast.person())
    sending.send()
    assert told() == [("InvitationCreated", "delivered", 1)]
    deliveries.replay(cast.organization(), hook.id, found.id, by=cast.person())
    sending.send()
    assert len({one.id for one in there.heard}) == 1
    assert [one.number for one in deliveries.tries(found)] == [*range(12, 0, -1)]


def test_an_answer_is_kept_in_part_and_a_secret_in_it_is_not(there, hook):
    secret = webhook_secrets.shown(hook)
    body = f"we know {secret}\0".encode() + b"\xff" + b"x" * 20_000
    there.answers = [b"HTTP/1.1 400 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)]
    invite("bo")
    sending.send()
    attempt = db.session.query(WebhookAttempt).one()
    assert attempt.answer.startswith("we know whsec_…x")
    assert len(attempt.answer) <= outbound_http.ANSWER_BYTES


def test_somebody_slow_delays_nobody_else(app, there, secrets):
    hold = Hold()
    with Receiver(hold) as slow, Receiver() as other, Receiver() as foreign:
        for receiver in (slow, there, other):
            listening(receiver, secrets)
        listening(foreign, secrets, slug="evil")
        invite("a", "b", "c", "d")
        invite("e", "f", slug="evil")
        worker = threading.Thread(target=in_thread(app, sending.send))
        worker.start()
        wait_until(lambda: len(there.heard) == len(other.heard) == 4 and len(foreign.heard) == 2)
        assert len(slow.heard) == 1
        hold.release.set()
        worker.join(30)
        assert len(slow.heard) == 4


def test_whoever_fails_rests_longer_and_longer_however_much_waits(hook, there, travel):
    there.answers = [500] * 12
    invite("a", "b", "c", "d")
    rests = []
    for _ in range(10):
        assert sending.send() == {"failed": 1}
        rest = (fresh(hook).due_at - clock.now()).total_seconds()
        rests.append(round(rest))
        travel(minutes=5)
    assert rests == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_whoever_fails_for_days_is_switched_off_and_all_admins_are_told(there, hook, travel, smtp):
    outbox.drain()
    roles.change_role(
        cast.organization(),
        cast.member(cast.MARCO).id,
        by=cast.person(),
        role="admin",
        pending="revoke",
    )
    invite("a", "b", "c")
    there.answers = [500] * 100
    smtp.messages.clear()
    rounds = 0
    while fresh(hook).is_on:
        sending.send()
        travel(hours=6)
        rounds += 1
        assert rounds < 60, f"{len(there.heard)} heard"
    stopped = fresh(hook)
    assert (stopped.state, stopped.failures >= stops.FAILURES) == ("stopped", True)
    assert clock.now() - stopped.failing_since >= stops.DAYS
    assert db.session.query(Event).filter_by(name="WebhookStopped").count() == 1
    outbox.drain()
    mails = {one.rcpt_to[0]: one.message for one in smtp.messages}
    assert set(mails) == {cast.PRIYA, cast.MARCO}
    text = mails[cast.PRIYA].get_body(("plain",)).get_content()
    assert f"http://127.0.0.1:{there.port}" in text
    assert "/hooks" not in text.replace("/settings/webhooks", "")
    assert "/orgs/acme/settings/webhooks" in text
    heard = len(there.heard)
    invite("d")
    assert sending.send() == {}
    there.answers = []
    webhooks.switch_on(cast.organization(), hook.id, by=cast.person())
    sending.send()
    assert len(there.heard) > heard
    assert fresh(hook).failing_since is None


def test_a_few_failures_or_a_success_between_them_switch_nothing_off(there, hook, travel):
    there.answers = [500, 500, 204, *[500] * 17]
    invite("a", "b", "c")
    for _ in range(20):
        sending.send()
        travel(hours=9)
    assert fresh(hook).is_on


def test_who_says_that_it_is_gone_is_believed_and_what_was_put_right_is_not_mailed(
    there, hook, smtp
):
    outbox.drain()
    smtp.messages.clear()
    there.answers = [410]
    invite("bo")
    sending.send()
    assert fresh(hook).state == "stopped"
    webhooks.switch_on(cast.organization(), hook.id, by=cast.person())
    outbox.drain()
    assert smtp.messages == []
    states = db.session.query(Delivery.state).filter_by(kind="webhook")
    assert {state for (state,) in states} == {"suppressed"}


def test_for_a_day_after_a_new_secret_both_sign(there, hook, secrets, travel):
    before = webhook_secrets.shown(hook)
    webhooks.rotate_secret(cast.organization(), hook.id, by=cast.person())
    after = webhook_secrets.shown(fresh(hook))
    secrets.learn(after)
    assert before != after
    invite("a")
    sending.send()
    for secret in (before, after):
        there.heard[0].verify(secret)
    travel(hours=24, seconds=1)
    invite("b")
    sending.send()
    there.heard[1].verify(after)
    with pytest.raises(Exception, match="No matching signature"):
        there.heard[1].verify(before)


def test_a_secret_whose_key_is_gone_fails_in_words_and_a_new_one_helps(there, hook, travel):
    @transaction()
    def lose():
        fresh(hook)
        db.session.get_one(WebhookEndpoint, hook.id).secret = "gAAAAsealed-with-another-key"

    lose()
    invite("bo")
    sending.send()
    assert "Create a new secret" in db.session.query(WebhookAttempt).one().words
    assert there.heard == []
    webhooks.rotate_secret(cast.organization(), hook.id, by=cast.person())
    travel(seconds=10)
    sending.send()
    there.heard[0].verify(webhook_secrets.shown(fresh(hook)))


def test_two_workers_tell_nothing_twice(app, there, hook):
    invite(*"abcdefgh")
    assert at_once(app, lambda n: sending.send(), 3) == ["done"] * 3
    assert len(there.heard) == 8
    assert len({one.id for one in there.heard}) == 8
    assert {state for _, state, _ in told()} == {"delivered"}


def test_a_worker_that_died_in_the_middle_loses_nothing_and_the_id_stays(there, hook, travel):
    invite("a", "b")
    claim = claims.take(8)[0]
    request = attempts.prepare(claim, "-")
    dead = outbound_http.post(request.url, request.headers, request.body, way=way(), tls=None)
    assert sending.send() == {}  # held
    travel(seconds=claims.LEASE.total_seconds() + 1)
    assert sending.send() == {"delivered": 2}
    assert [one.id for one in there.heard][:2] == [request.headers["webhook-id"]] * 2
    assert not attempts.settle(claim, request, dead)  # it was not dead, only slow
    assert {attempts for _, _, attempts in told()} == {1}


def way():
    return sending.egress.way()


def test_what_is_switched_off_hears_nothing_new_and_what_waits_goes_later(there, hook):
    invite("a")
    webhooks.switch_off(cast.organization(), hook.id, by=cast.person())
    invite("b")
    assert sending.send() == {}
    with pytest.raises(Refusal, match="Turn it on first"):
        webhooks.send_test(cast.organization(), hook.id, by=cast.person())
    webhooks.switch_on(cast.organization(), hook.id, by=cast.person())
    sending.send()
    assert [one.event["data"]["email"] for one in there.heard] == ["a@example.org"]


def test_a_suspended_organization_sends_nothing_until_it_is_resumed(there, hook):
    invite("a")
    organizations.suspend(cast.organization())
    assert sending.send() == {}
    assert there.connections == 0
    organizations.resume(cast.organization())
    assert sending.send() == {"delivered": 1}


def test_suspended_between_the_claim_and_the_sending_is_in_time(there, hook):
    invite("a")
    claim = claims.take(8)[0]
    organizations.suspend(cast.organization())
    assert attempts.prepare(claim, "-") is None
    organizations.resume(cast.organization())
    assert sending.send() == {"delivered": 1}


def test_what_is_deleted_while_it_is_told_is_forgotten_and_nothing_breaks(app, hook, there):
    hold = Hold()
    there.answers = [hold]
    invite("a")
    outcomes = []
    worker = threading.Thread(target=in_thread(app, lambda: outcomes.append(sending.send())))
    worker.start()
    assert hold.reached.wait(30)
    webhooks.delete(cast.organization(), hook.id, by=cast.person())
    hold.release.set()
    worker.join(30)
    assert outcomes == [{"delivered": 1}]
    assert told() == []
    invite("b")
    assert sending.send() == {}


def test_deleting_and_inviting_at_the_same_moment_breaks_neither(app, hook):
    def act(number):
        if number == 0:
            webhooks.delete(cast.organization(), hook.id, by=cast.person())
        else:
            invite(f"p{number}")

    assert at_once(app, act, 4) == ["done"] * 4
    assert told() == []


def test_a_test_reaches_the_one_address_whatever_it_listens_for(there, hook, secrets):
    with Receiver() as other:
        listening(other, secrets, event_names=None)
        sending.send()
        webhooks.send_test(cast.organization(), hook.id, by=cast.person())
        sending.send()
    assert there.types == ["WebhookTested"]
    assert other.types == ["WebhookCreated"]


def test_redis_away_fails_nobody_and_the_scheduler_finds_what_waits(redis, there, hook):
    redis.kill()
    invite("a")
    assert sending.send() == {"delivered": 1}


def test_after_thirty_days_all_is_forgotten(there, hook, travel):
    invite("a")
    sending.send()
    webhooks.switch_off(cast.organization(), hook.id, by=cast.person())
    travel(days=29)
    sweeps.tidy()
    assert len(told()) == 1
    travel(days=2)
    sweeps.tidy()
    assert told() == []
    assert db.session.query(WebhookAttempt).count() == 0


def test_there_are_ten_at_most_and_two_at_once_do_not_make_eleven(app, hook):
    for number in range(webhooks.MOST - 2):
        cast.webhook(name=f"number {number}")

    outcomes = at_once(app, lambda n: cast.webhook(name=f"last {n}"), 3)
    assert sorted(outcomes) == ["Refusal", "Refusal", "done"]
    assert len(webhooks.everyone(cast.organization())) == webhooks.MOST


@pytest.mark.parametrize(
    "verb", ["switch_off", "switch_on", "rotate_secret", "delete", "send_test"]
)
def test_the_outsider_and_the_lesser_role_change_nothing(hook, verb):
    act = getattr(webhooks, verb)
    with pytest.raises(NotFound):
        act(cast.organization("evil"), hook.id, by=cast.person(cast.EVE))
    for email in (cast.EVE, cast.MARCO, cast.CHEN):
        with pytest.raises(Forbidden):
            act(cast.organization(), hook.id, by=cast.person(email))
    assert (fresh(hook).is_on, fresh(hook).secret) == (True, hook.secret)


def test_a_foreign_delivery_cannot_be_replayed(hook, there):
    invite("a")
    delivery = db.session.query(WebhookDelivery).one()
    with pytest.raises(NotFound):
        deliveries.replay(cast.organization("evil"), hook.id, delivery.id, by=cast.person(cast.EVE))
    with pytest.raises(Forbidden):
        deliveries.replay(cast.organization(), hook.id, delivery.id, by=cast.person(cast.MARCO))


def test_what_a_receiver_repeated_of_an_erased_person_goes_and_nothing_else(hook, there):
    said = [f"HTTP/1.1 200 Yes\r\nContent-Length: 2\r\n\r\n{who}".encode() for who in ("bo", "jo")]
    there.answers = [*said]
    invite("bo", "jo")
    assert sending.send() == {"delivered": 2}
    assert [one.answer for one in tries()] == ["bo", "jo"]
    person_erasures.erase("bo@example.org")
    assert [(one.answer, one.status) for one in tries()] == [("", 200), ("jo", 200)]


def tries():
    db.session.rollback()
    return db.session.query(WebhookAttempt).order_by(WebhookAttempt.id).all()


def test_production_has_no_way_to_this_machine(make_app):
    with pytest.raises(SettingsError, match="WEBHOOK_LOOPBACK: should be off in production"):
        make_app(GATEHOUSE_ENV="production", PUBLIC_URL="https://gate.example.org")
    app = make_app(WEBHOOK_LOOPBACK="off")
    with app.app_context(), pytest.raises(Refusal, match="public"):
        cast.webhook("https://127.0.0.1:9000/")
