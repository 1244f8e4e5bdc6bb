"""Mail: nothing is lost, nothing is sent twice, and an admin sees what became of it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event

from tests import cast
from tests.support.declared import MAIL_KINDS
from tests.support.processes import wait_until
from tests.support.smtp import DROP, Hold
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, invitations, letters, organizations, outbox
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.invitations import acceptances, links, resends
from webapp.domain.mail import kinds
from webapp.domain.mail import queue as mail_queue
from webapp.domain.outbox import claims, preparation, settlements
from webapp.mailer import Outcome
from webapp.models import Delivery, Event, Membership
from webapp.smtp import Result

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app", "cleared")]


@pytest.fixture
def cleared(in_app):
    """Nothing waits: the cast's own mails are settled."""
    outbox.drain()


def delivery(email="bo@example.org"):
    db.session.rollback()
    query = db.session.query(Delivery).filter_by(recipient=email).order_by(Delivery.id.desc())
    return query.first()


def state(email="bo@example.org"):
    return delivery(email).state


def test_a_mail_says_who_invites_whom_to_what_until_when(smtp):
    made = cast.invited(name="Bo", message="We need you\non the bridge")
    outbox.drain()
    mail = smtp.messages[0].message
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert mail["Subject"] == "Priya Shah invites you to join Acme"
    assert mail["From"] == "Acme <gatehouse@acme.example>"
    for part in (text, html):
        assert "Priya Shah invites you to join" in part
        assert "Priya Shah (priya@acme.example) invited bo@example.org to join Acme as a" in part
        assert links.address(made, links.MAILED) in part.replace("&amp;", "&")
        assert clock.exact(made.expires_at) in part
    assert "> We need you\n> on the bridge" in text.replace("\r", "")
    assert "We need you<br>\non the bridge" in html.replace("\r", "")
    assert 'lang="en"' in html
    assert "<img" not in html


def test_what_people_type_stays_text_in_the_mail(smtp):
    cast.invited(name="<b>Bo</b>", message="<script>alert(1)</script> {{ 7*7 }}")
    outbox.drain()
    html = smtp.messages[0].message.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "<b>Bo" not in html
    assert "{{ 7*7 }}" in html


def test_a_sent_mail_is_on_record_and_in_the_table(smtp):
    made = cast.invited()
    assert outbox.drain()["sent"] == 1
    assert state() == "sent"
    assert cast.invitation().delivery_state == "sent"
    event = events.of_invitation(made)[-1][0]
    assert (event.name, event.data["message_id"]) == ("InvitationSent", delivery().message_id)
    assert outbox.drain() == {}
    assert len(smtp.messages) == 1


def test_a_batch_goes_over_one_connection(smtp):
    for number in range(10):
        cast.invited(f"p{number}@example.org")
    before = smtp.connections
    assert outbox.drain()["sent"] == 10
    assert smtp.connections - before == 1


def test_while_the_mail_server_is_away_mails_wait_and_then_all_go(smtp, travel):
    smtp.stop()
    for number in range(3):
        cast.invited(f"p{number}@example.org")
    assert outbox.drain() == {"deferred": 1}
    assert "Connection refused" in delivery("p0@example.org").words
    smtp.start()
    travel(minutes=2)
    assert outbox.drain()["sent"] == 3


def test_pauses_grow_from_a_minute_to_an_hour():
    minutes = [settlements.pause(attempts) / timedelta(minutes=1) for attempts in range(1, 10)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_greylisted_mail_is_tried_again_later(smtp, travel):
    smtp.script["RCPT TO"] = ["450 4.2.0 greylisted", ""]
    cast.invited()
    outbox.drain()
    waiting = delivery()
    assert (waiting.state, waiting.words) == ("queued", "450 4.2.0 greylisted")
    first_id = waiting.message_id
    assert outbox.drain() == {}
    travel(minutes=2)
    outbox.drain()
    assert state() == "sent"
    assert smtp.messages[0].message["Message-ID"] == first_id


def test_after_a_day_of_trying_a_mail_has_failed(smtp, travel):
    smtp.script["RCPT TO"] = "450 4.2.0 greylisted"
    cast.invited(expiry_days=7)
    outbox.drain()
    travel(hours=24)
    outbox.drain()
    assert state() == "failed"
    assert events.of_invitation(cast.invitation())[-1][0].name == "InvitationSendFailed"


def test_a_refused_recipient_fails_at_once_and_can_be_tried_again(smtp):
    smtp.script["RCPT TO"] = ["550 5.1.1 No such user", ""]
    made = cast.invited()
    outbox.drain()
    failed = delivery()
    assert (failed.state, failed.words) == ("failed", "550 5.1.1 No such user")
    assert cast.invitation().delivery_state == "failed"
    with pytest.raises(NotFound):
        resends.retry_mail(cast.organization(), made.id, 2**40, by=cast.person())
    resends.retry_mail(cast.organization(), made.id, failed.id, by=cast.person())
    assert cast.invitation().delivery_state == "queued"
    outbox.drain()
    assert state() == "sent"
    with pytest.raises(Refusal, match="does not need another"):
        resends.retry_mail(cast.organization(), made.id, failed.id, by=cast.person())


def test_a_connection_that_breaks_after_the_final_dot_is_unknown_and_not_repeated(smtp, travel):
    smtp.script["."] = [DROP, ""]
    cast.invited()
    outbox.drain()
    assert state() == "unknown"
    travel(hours=3)
    assert outbox.drain() == {}
    assert len(smtp.messages) == 1


def test_refused_credentials_hold_the_queue_and_fail_nobody(make_app, smtp, travel, database):
    smtp.script["MAIL FROM"] = "530 5.7.0 Authentication required"
    for number in range(3):
        cast.invited(f"p{number}@example.org")
    outbox.drain()
    held = deliveries.hold()
    assert held is not None
    assert held.words == "530 5.7.0 Authentication required"
    assert {state(f"p{n}@example.org") for n in range(3)} == {"queued"}
    assert delivery("p0@example.org").attempts == 0
    assert outbox.drain() == {}
    del smtp.script["MAIL FROM"]
    travel(minutes=6)
    assert outbox.drain()["sent"] == 3
    assert deliveries.hold() is None


@pytest.mark.parametrize("end", ["revoke", "expire", "supersede"])
def test_a_mail_that_lost_its_point_is_not_sent(end, smtp, travel):
    made = cast.invited()
    if end == "revoke":
        invitations.revoke(cast.organization(), made.id, by=cast.person())
    elif end == "expire":
        travel(days=8)
    else:
        resends.resend(cast.organization(), made.id, by=cast.person())
    outbox.drain()
    first = db.session.query(Delivery).filter_by(recipient="bo@example.org").first()
    assert first.state == "suppressed"
    assert len(smtp.messages) == (1 if end == "supersede" else 0)


def test_an_invitation_revoked_while_its_batch_is_sent_goes_to_nobody(smtp, app):
    hold = Hold()
    smtp.script["RCPT TO:<a@example.org>"] = hold
    cast.invited("a@example.org")
    late = cast.invited("b@example.org")

    def drain():
        with app.app_context():
            outbox.drain()
            db.session.remove()

    sender = threading.Thread(target=drain)
    sender.start()
    assert hold.reached.wait(20)
    invitations.revoke(cast.organization(), late.id, by=cast.person())
    hold.release.set()
    sender.join(30)
    assert [m.rcpt_to for m in smtp.messages] == [["a@example.org"]]
    assert state("b@example.org") == "suppressed"


def test_the_mail_of_a_suspended_organization_waits_until_it_goes_on(smtp):
    cast.invited()
    organizations.suspend(cast.organization())
    assert outbox.drain() == {}
    organizations.resume(cast.organization())
    assert outbox.drain()["sent"] == 1


def test_a_worker_that_died_leaves_its_mails_to_the_next_after_the_lease(smtp, travel):
    for number in range(3):
        cast.invited(f"p{number}@example.org")
    ids = {delivery(f"p{n}@example.org").message_id for n in range(3)}
    assert len(claims.take(10)) == 3
    assert outbox.drain() == {}
    travel(seconds=claims.LEASE.total_seconds() + 1)
    assert outbox.drain()["sent"] == 3
    assert {m.message["Message-ID"] for m in smtp.messages} == ids


def test_a_living_worker_keeps_its_mails_however_long_the_server_takes(
    smtp, app, monkeypatch, travel
):
    monkeypatch.setattr(claims, "BEAT_SECONDS", 0.02)
    hold = Hold()
    smtp.script["RCPT TO:<a@example.org>"] = hold
    cast.invited("a@example.org")
    cast.invited("b@example.org")

    def drain():
        with app.app_context():
            outbox.drain()
            db.session.remove()

    sender = threading.Thread(target=drain)
    sender.start()
    assert hold.reached.wait(20)
    for _ in range(4):
        travel(seconds=claims.LEASE.total_seconds() * 0.9)
        renewed = clock.now() + claims.LEASE * 0.95
        for email in ("a@example.org", "b@example.org"):
            wait_until(lambda email=email, renewed=renewed: delivery(email).due_at > renewed)
        assert outbox.drain() == {}
    hold.release.set()
    sender.join(30)
    outbox.drain()
    assert sorted(m.rcpt_to[0] for m in smtp.messages) == ["a@example.org", "b@example.org"]
    assert [one.name for one in threading.enumerate()].count("heartbeat") == 0


def test_a_beat_renews_no_mail_that_another_worker_has_taken(travel):
    cast.invited()
    (late,) = claims.take(10)
    travel(seconds=claims.LEASE.total_seconds() + 1)
    claims.take(10)
    before = delivery().due_at
    travel(seconds=1)
    claims._renew([late])
    assert delivery().due_at == before


def test_a_sender_whose_lease_ran_out_sends_and_settles_nothing(smtp, travel):
    cast.invited()
    (late,) = claims.take(10)
    travel(seconds=claims.LEASE.total_seconds() + 1)
    assert preparation.prepare(late) is None
    (new,) = claims.take(10)
    settlements.settle(late, Outcome(Result.SENT, "250 ok"))
    assert state() == "sending"
    settlements.settle(new, Outcome(Result.SENT, "250 ok"))
    assert state() == "sent"


def test_many_drains_at_once_send_each_mail_once(smtp, app):
    for number in range(40):
        cast.invited(f"p{number}@example.org")
    start = threading.Barrier(4)

    def drain():
        with app.app_context():
            start.wait()
            outbox.drain()
            db.session.remove()

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    outbox.drain()
    recipients = [m.rcpt_to[0] for m in smtp.messages]
    assert sorted(recipients) == sorted(f"p{n}@example.org" for n in range(40))


def test_one_organizations_many_mails_do_not_delay_anothers_one(smtp):
    for number in range(60):
        cast.invited(f"p{number}@example.org")
    cast.invited("only@example.net", slug="evil")
    claimed = claims.take(10)
    recipients = [db.session.get(Delivery, claim.row_id).recipient for claim in claimed]
    assert "only@example.net" in recipients


def test_a_run_that_takes_too_long_leaves_the_rest_to_the_next(smtp, monkeypatch):
    for number in range(3):
        cast.invited(f"p{number}@example.org")
    monkeypatch.setattr(outbox, "LONGEST", timedelta(seconds=-1))
    assert outbox.drain() == {}
    assert {state(f"p{n}@example.org") for n in range(3)} == {"queued"}
    monkeypatch.undo()
    assert outbox.drain()["sent"] == 3


def test_a_mail_is_ended_and_the_next_one_begun_in_one_transaction(smtp):
    for number in range(10):
        cast.invited(f"p{number}@example.org")
    commits = []
    note = commits.append
    event.listen(db.engine, "commit", note)
    try:
        assert outbox.drain() == {"sent": 10}
    finally:
        event.remove(db.engine, "commit", note)
    # One takes them, one begins the first, ten end one each, and one finds that no more are due.
    assert len(commits) <= 10 + 3


def test_an_outcome_is_not_lost_when_the_next_mail_breaks_our_own_code(smtp, monkeypatch):
    for number in range(3):
        cast.invited(f"p{number}@example.org")
    compose = letters.invitation

    def broken(mail, *rest):
        if mail.recipient == "p1@example.org":
            raise RuntimeError("no letter for this one")
        return compose(mail, *rest)

    monkeypatch.setattr(letters, "invitation", broken)
    assert outbox.drain() == {"sent": 2, "broken": 1}
    assert [mail.rcpt_to for mail in smtp.messages] == [["p0@example.org"], ["p2@example.org"]]
    assert [state(f"p{number}@example.org") for number in range(3)] == ["sent", "queued", "sent"]
    assert [delivery(f"p{number}@example.org").attempts for number in range(3)] == [1, 1, 1]
    assert db.session.query(Event).filter_by(name="InvitationSent").count() == 2


def test_an_outcome_that_cannot_be_recorded_puts_off_its_own_mail_alone(smtp, monkeypatch):
    for number in range(3):
        cast.invited(f"p{number}@example.org")
    settle = settlements.settle

    def broken(claim, outcome):
        if db.session.get_one(Delivery, claim.row_id).recipient == "p1@example.org":
            raise RuntimeError("no room for this one")
        settle(claim, outcome)

    monkeypatch.setattr(settlements, "settle", broken)
    assert outbox.drain() == {"sent": 2, "broken": 1}
    assert [state(f"p{number}@example.org") for number in range(3)] == ["sent", "queued", "sent"]
    assert [mail.rcpt_to[0] for mail in smtp.messages].count("p2@example.org") == 1


def test_a_mail_that_breaks_our_own_code_holds_up_no_other(smtp, monkeypatch, travel, caplog):
    for number in range(4):
        cast.invited(f"p{number}@example.org")
    write = letters.invitation

    def broken(delivery, *rest):
        if delivery.recipient == "p1@example.org":
            raise RuntimeError("with the letter in it")
        return write(delivery, *rest)

    monkeypatch.setattr(letters, "invitation", broken)
    assert outbox.drain() == {"sent": 3, "broken": 1}
    assert (state("p1@example.org"), delivery("p1@example.org").attempts) == ("queued", 1)
    assert "with the letter in it" not in caplog.text
    assert outbox.drain() == {}
    monkeypatch.undo()
    travel(minutes=2)
    assert outbox.drain() == {"sent": 1}


def test_two_workers_that_are_both_refused_write_one_hold(app, smtp):
    smtp.script["MAIL FROM"] = "535 5.7.8 Authentication failed"
    cast.invited("p0@example.org")
    cast.invited("p1@example.org")
    taken = [claims.take(1)[0], claims.take(1)[0]]
    start, failures = threading.Barrier(2), []

    def settle(claim):
        with app.app_context():
            start.wait()
            try:
                settlements.settle(claim, Outcome(Result.REFUSED_SIGN_IN, "535 no"))
            except Exception as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=settle, args=(claim,)) for claim in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert deliveries.hold() is not None


def test_trying_again_and_settling_at_once_never_wait_for_each_other(app):
    made = cast.invited()
    (claim,) = claims.take(10)
    acme, priya = cast.organization(), cast.person()
    held, go_on = threading.Event(), threading.Event()

    @transaction()
    def settle_slowly():
        claims.mine(claim)
        held.set()
        assert go_on.wait(30)
        settlements.settle(claim, Outcome(Result.REFUSED, "550 no"))

    def sender():
        with app.app_context():
            settle_slowly()
            db.session.remove()

    thread = threading.Thread(target=sender)
    if db.engine.dialect.name == "sqlite":
        go_on.set()  # one writer at a time: there is nothing to wait for
    thread.start()
    assert held.wait(30)
    if db.engine.dialect.name == "sqlite":
        thread.join(30)
    else:
        with pytest.raises(Refusal, match="being sent right now"):
            resends.retry_mail(acme, made.id, claim.row_id, by=priya)
        go_on.set()
        thread.join(30)
    assert state() == "failed"


def test_a_link_that_the_mail_server_quotes_is_not_kept(smtp):
    made = cast.invited()
    token = cast.mailed_token(made)
    smtp.script["."] = f"554 5.7.1 spam: http://gatehouse.test/register?token={token}"
    outbox.drain()
    assert state() == "failed"
    assert delivery().words.endswith("register?token=…")
    assert token not in str(events.of_invitation(made)[-1][0].data)


def test_an_organization_suspended_between_claim_and_sending_sends_nothing(smtp):
    cast.invited()
    (claim,) = claims.take(10)
    organizations.suspend(cast.organization())
    assert preparation.prepare(claim) is None
    assert state() == "queued"
    assert smtp.messages == []


def test_a_link_that_is_dead_already_is_not_mailed(smtp):
    cast.invited()

    @transaction()
    def demote():
        person = cast.person()
        db.session.query(Membership).filter_by(user_id=person.id).one().role = "manager"

    demote()
    outbox.drain()
    assert state() == "suppressed"
    assert smtp.messages == []


class TestUnknownKinds:
    """During an upgrade the web may queue mails that an older worker has never heard of."""

    @transaction()
    def queue(self, count=1):
        for number in range(count):
            made = mail_queue.write(
                "welcome",
                organization_id=cast.organization().id,
                to=f"p{number}@example.org",
                user=cast.person(),
            )
            made.kind = "carrier pigeon"

    def test_wait_untried_and_are_logged_once(self, smtp, travel, caplog):
        self.queue(3)
        preparation._logged.clear()
        cast.invited()
        assert outbox.drain() == {"skipped": 3, "sent": 1}
        for _ in range(3):
            travel(minutes=6)
            assert outbox.drain() == {"skipped": 3}
        assert [m.rcpt_to for m in smtp.messages] == [["bo@example.org"]]
        waiting = delivery("p0@example.org")
        assert (waiting.state, waiting.attempts) == ("queued", 0)
        said = [one.message for one in caplog.records if "carrier pigeon" in one.message]
        assert len(said) == 1

    def test_go_once_the_worker_knows_them_however_long_that_took(self, smtp, travel, monkeypatch):
        self.queue()
        for _ in range(2):
            outbox.drain()
            travel(hours=20)
        monkeypatch.setitem(kinds.KINDS, "carrier pigeon", kinds.KINDS["welcome"])
        smtp.script["RCPT TO"] = ["450 4.2.0 greylisted", ""]
        assert outbox.drain() == {"deferred": 1}
        travel(minutes=2)
        assert outbox.drain() == {"sent": 1}

    def test_cannot_be_queued(self):
        @transaction()
        def queue():
            mail_queue.queue_mail("carrier pigeon", organization_id=None, user=cast.person())

        with pytest.raises(KeyError):
            queue()


@pytest.mark.parametrize("kind", MAIL_KINDS)
def test_no_kind_is_queued_beyond_its_share(kind):
    share = kinds.KINDS[kind].share
    most = share.most if share else 30

    @transaction()
    def queue():
        chen = cast.person(cast.CHEN)
        made = [mail_queue.queue_mail(kind, organization_id=None, user=chen) for _ in range(30)]
        return sum(one is not None for one in made)

    assert queue() == (1 if share and share.apart else most)


@pytest.mark.parametrize("kind", MAIL_KINDS)
def test_an_unproved_mailbox_gets_only_what_counts(kind):
    """And of what does not count with the others, no more than five."""
    made = cast.invited(send=False)
    acceptances.accept(
        links.token(made, links.COPIED), full_name="Not Bo", password="seven bars and a half"
    )

    @transaction()
    def queue():
        bo = cast.person("bo@example.org")
        return mail_queue.queue_mail(kind, organization_id=made.organization_id, user=bo)

    found, known = queue(), kinds.KINDS[kind]
    assert (found is not None) == known.unproved
    if found is not None:
        assert known.share is not None
        assert known.share.most <= 5


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_trying_again_counts_where_the_mail_may_arrive_a_second_time(state):
    made = cast.invited()

    @transaction()
    def end():
        db.session.query(Delivery).filter_by(invitation_id=made.id).update({"state": state})

    def again():
        end()
        resends.retry_mail(cast.organization(), made.id, delivery().id, by=cast.person())

    for _ in range(4):
        again()
    if state == "failed":
        again()
    else:
        with pytest.raises(Refusal, match="5 mails today"):
            again()
