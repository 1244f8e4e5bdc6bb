"""Mails leave in turn and at a pace, however many wait and however many workers there are."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert, text

from tests import cast
from tests.support.plans import cost, plan
from tests.support.smtp import ScriptedSMTP
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import organizations, outbox
from webapp.domain.accounts import password_resets
from webapp.domain.outbox import claims, fair_queue
from webapp.models import Delivery, DeliveryState, Invitation, Organization

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app", "cleared")]


@pytest.fixture
def cleared(in_app):
    """Nothing waits: the cast's own mails are settled."""

    @transaction()
    def clear():
        db.session.query(Delivery).update({"state": DeliveryState.SENT})

    clear()


@transaction()
def queue(count, slug="acme", name="p"):
    """So many invitations of the organization, each with its mail waiting."""
    organization, now = cast.organization(slug), clock.now()
    people = [
        {
            "organization_id": organization.id, "email": f"{name}{n}@example.org",
            "email_key": f"{name}{n}@example.org", "role": "contributor", "expiry_days": 7,
            "created_at": now, "expires_at": now.replace(year=now.year + 1), "secret": bytes(32),
        }
        for n in range(count)
    ]  # fmt: skip
    made = db.session.execute(insert(Invitation).returning(Invitation.id, Invitation.email), people)
    rows = [
        {
            "organization_id": organization.id, "invitation_id": number, "kind": "invitation",
            "recipient": email, "link_number": 1, "message_id": f"<{number}@gatehouse.test>",
            "state": "queued", "attempts": 0, "created_at": now, "tried_since": now, "due_at": now,
        }
        for number, email in sorted(made.all())
    ]  # fmt: skip
    db.session.execute(Delivery.__table__.insert(), rows)


def recipients(taken):
    return [db.session.get(Delivery, claim.row_id).recipient for claim in taken]


class TestAPaceOfFiveAMinute:
    """MAIL_RATE_PER_MINUTE holds over all workers together."""

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "MAIL_RATE_PER_MINUTE": "5"}

    def test_lets_five_leave_and_the_rest_wait_in_the_queue(self, smtp, travel):
        queue(12)
        assert outbox.drain()["sent"] == 5
        assert outbox.drain() == {}
        assert db.session.query(Delivery).filter_by(state="queued").count() == 7
        travel(seconds=61)
        assert outbox.drain()["sent"] == 5
        travel(seconds=61)
        assert outbox.drain()["sent"] == 2

    def test_counts_over_any_minute_and_not_by_the_clocks_minutes(self, smtp, travel):
        queue(3)
        assert outbox.drain()["sent"] == 3
        queue(9, name="q")
        travel(seconds=30)
        assert outbox.drain()["sent"] == 2
        travel(seconds=31)
        assert outbox.drain()["sent"] == 3
        travel(seconds=30)
        assert outbox.drain()["sent"] == 2

    def test_counts_what_is_being_sent_now(self, smtp):
        queue(12)
        assert len(claims.take(3)) == 3
        assert len(claims.take(50)) == 2
        assert claims.take(50) == []

    def test_what_was_given_back_untried_does_not_count(self, smtp):
        queue(12)
        claims.release(claims.take(5))
        assert len(claims.take(50)) == 5

    def test_counts_tries_that_failed_as_well(self, smtp):
        smtp.script["RCPT TO"] = "550 5.1.1 no"
        queue(12)
        assert outbox.drain()["refused"] == 5
        assert outbox.drain() == {}

    def test_is_kept_by_many_workers_at_once(self, app, smtp):
        queue(40)
        start, claimed = threading.Barrier(4), []

        def work():
            with app.app_context():
                start.wait()
                claimed.extend(claims.take(4))
                claimed.extend(claims.take(4))
                db.session.remove()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(claimed) == len({claim.row_id for claim in claimed}) == 5

    def test_is_shared_fairly_between_organizations(self, smtp):
        queue(100)
        queue(1, "evil", "only")
        assert "only0@example.org" in recipients(claims.take(50))

    def test_a_worker_that_died_holds_the_pace_no_longer_than_its_lease(self, smtp, travel):
        queue(12)
        claims.take(50)
        travel(seconds=claims.LEASE.total_seconds() + 1)
        assert outbox.drain()["sent"] == 5


def test_without_a_pace_all_leave_at_once(smtp):
    queue(60)
    assert outbox.drain()["sent"] == 60


def test_mails_are_taken_one_of_each_and_then_a_second_of_each():
    queue(5, name="a")
    queue(3, "evil", "e")
    took = recipients(claims.take(6))
    assert [one[0] for one in took] in (list("aeaeae"), list("eaeaea"))
    assert [one for one in took if one[0] == "a"] == [f"a{n}@example.org" for n in range(3)]


def test_one_that_wants_a_new_password_does_not_wait_for_ten_thousand_invitations(smtp, travel):
    queue(200)
    password_resets.request(cast.CHEN)
    travel(seconds=password_resets.LONGEST_PAUSE.total_seconds())
    assert cast.CHEN in recipients(claims.take(50))


def test_the_mail_of_a_suspended_organization_takes_nobodys_turn():
    queue(30)
    queue(2, "evil", "e")
    organizations.suspend(cast.organization())
    assert recipients(claims.take(50)) == ["e0@example.org", "e1@example.org"]


def test_more_organizations_than_a_batch_holds_all_have_their_turn():
    @transaction()
    def found():
        for number in range(8):
            db.session.add(
                Organization(slug=f"o{number}", name="O", created_at=clock.now(), expiry_days=7)
            )

    found()
    for number in range(8):
        queue(10, f"o{number}", f"o{number}-")
    seen = set()
    for _ in range(40):
        taken = claims.take(4)
        took = [one.split("-")[0] for one in recipients(taken)]
        assert len(set(took)) == 4
        seen |= set(took)
        claims.release(taken)
    assert len(seen) == 8


def test_what_is_given_back_keeps_its_place_before_what_came_later(travel):
    queue(2, name="first")
    taken = claims.take(2)
    travel(seconds=5)
    queue(2, name="later")
    claims.release(taken)
    took = [one.partition("@")[0] for one in recipients(claims.take(4))]
    assert took == ["first0", "first1", "later0", "later1"]


def test_ten_thousand_waiting_cost_a_claim_no_more_than_a_hundred():
    def choosing():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ANALYZE deliveries"))
            db.session.commit()
        now = clock.now()
        whose = fair_queue._organizations(now)
        whats = fair_queue._first_due(cast.organization().id, 0, 50, now)
        assert len(fair_queue.choose(50)) == 50
        return [(plan(query), cost(query)) for query in (whose, whats)]

    queue(100)
    queue(1, "evil", "only")
    few = choosing()
    queue(9_900, name="more")
    many = choosing()
    for (_, before), (steps, after) in zip(few, many, strict=True):
        print(f"choosing 50 of 100 costs {before}, of 10,000 {after}")
        assert after <= 3 * before
        assert "ix_deliveries_waiting" in steps
        assert "SCAN deliveries" not in steps
        assert "Seq Scan on deliveries" not in steps


class Slow(ScriptedSMTP):
    """A server that takes three seconds of the test's clock for each mail."""

    travel = None

    def next_answer(self, line):
        if line == "." and self.travel:
            self.travel(seconds=3)
        return super().next_answer(line)


class TestAServerThatTakesThreeSecondsForEachMail:
    """Nobody's one mail waits for another's ten thousand."""

    @pytest.fixture
    def smtp(self):
        with Slow() as server:
            yield server

    def test_one_mail_leaves_within_a_minute_of_ten_thousand_that_came_before(self, smtp, travel):
        queue(10_000)
        queue(1, "evil", "only")
        smtp.travel, began = travel, clock.now()
        outbox.drain()
        order = [mail.rcpt_to[0] for mail in smtp.messages]
        assert "only0@example.org" in order[:2]
        assert clock.now() - began >= outbox.LONGEST  # and the others go on meanwhile

    def test_a_mail_that_comes_in_the_middle_of_a_batch_leaves_within_a_minute(
        self, smtp, travel, app
    ):
        queue(500)
        asked: list[float] = []

        def slowly(**by):
            travel(**by)
            if len(smtp.messages) == 1 and not asked:
                asked.append(clock.now().timestamp())
                with app.app_context():
                    queue(1, "evil", "only")
                    db.session.remove()

        smtp.travel = slowly
        outbox.drain()
        order = [mail.rcpt_to[0] for mail in smtp.messages]
        waited = (order.index("only0@example.org") - 1) * 3
        print(f"waited {waited} s at 3 s a mail, behind 500")
        assert waited <= 60
