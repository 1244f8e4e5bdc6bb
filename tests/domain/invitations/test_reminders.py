"""Whoever has not answered is reminded once, before the link ends, and nobody else."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests import cast
from tests.support.plans import plan
from tests.support.smtp import DROP
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, invitations, organizations, outbox, quotas
from webapp.domain.deliverability import suppressions
from webapp.domain.events import sentences
from webapp.domain.invitations import acceptances, expiry, reminders, renewal_requests, resends
from webapp.domain.mail import kinds as mail_kinds
from webapp.domain.organizations import settings
from webapp.models import Delivery, Invitation, Membership

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def settle(**wishes):
    """Choose how the organization reminds."""
    settings.change_email(
        cast.organization(),
        by=cast.person(),
        **{"reminders": True, "reminder_hours": 24, "reply_to_inviter": False, **wishes},
    )


def mailed(email="bo@example.org", **wishes):
    """An invitation whose mail has left."""
    made = cast.invited(email, **wishes)
    outbox.drain()
    return made


def kinds(email="bo@example.org"):
    db.session.rollback()
    query = db.session.query(Delivery.kind).filter_by(recipient=email).order_by(Delivery.id)
    return [kind for (kind,) in query]


def test_a_day_before_the_end_the_present_link_is_mailed_once_more(smtp, travel):
    made = mailed()
    token = cast.mailed_token(made)
    travel(days=5, hours=23)
    assert reminders.send_due() == 0
    travel(hours=2)
    assert reminders.send_due() == 1
    assert reminders.send_due() == 0
    assert kinds() == ["invitation", "reminder"]
    outbox.drain()
    body = smtp.messages[-1].message.get_body(("plain",)).get_content()
    assert token in body
    assert (cast.invitation().delivery_state, cast.invitation().link_number) == ("sent", 1)
    travel(hours=20)
    assert reminders.send_due() == 0


def test_it_is_on_record(travel):
    made = mailed()
    travel(days=6, hours=1)
    reminders.send_due()
    (event,) = [e for e, _ in events.of_invitation(made) if e.name == "InvitationReminded"]
    assert (event.actor, event.data["email"]) == ("system", "bo@example.org")
    assert sentences.sentence(event, None).startswith("bo@example.org was reminded")


@pytest.mark.parametrize("hours", [12, 24, 48, 72])
def test_an_organization_chooses_how_long_before_the_end(travel, hours):
    settle(reminder_hours=hours)
    mailed()
    travel(days=7, hours=-hours, minutes=-1)
    assert reminders.send_due() == 0
    travel(minutes=2)
    assert reminders.send_due() == 1


@pytest.mark.parametrize(("days", "hours"), [(1, 24), (1, 72), (3, 72), (3, 48)])
def test_half_of_the_term_is_over_before_anybody_is_reminded(travel, days, hours):
    settle(reminder_hours=hours)
    mailed(expiry_days=days)
    before_the_end = min(hours, days * 12)
    travel(days=days, hours=-before_the_end, minutes=-1)
    assert reminders.send_due() == 0
    travel(minutes=2)
    assert reminders.send_due() == 1


@pytest.mark.parametrize(
    "end", ["accepted", "declined", "not for me", "revoked", "expired", "swept"]
)
def test_who_has_answered_or_cannot_any_more_is_not_reminded(travel, end):
    made = mailed()
    token = cast.mailed_token(made)
    if end == "accepted":
        acceptances.accept(token, full_name="Bo", password="seven bars and a half")
    elif end == "declined":
        acceptances.decline(token)
    elif end == "not for me":
        acceptances.decline(token, not_for_me=True)
    elif end == "revoked":
        invitations.revoke(cast.organization(), made.id, by=cast.person())
    travel(days=7 if end in ("expired", "swept") else 6, hours=1)
    if end == "swept":
        expiry.expire([])
    assert reminders.send_due() == 0
    assert "reminder" not in kinds()


def test_who_is_suppressed_by_another_way_is_not_reminded(travel):
    made = mailed()

    @transaction()
    def suppress():
        suppressions.add(db.session.get(Invitation, made.id), "reported")

    suppress()
    travel(days=6, hours=1)
    assert reminders.send_due() == 0


def test_off_means_off(travel):
    settle(reminders=False)
    mailed()
    travel(days=6, hours=1)
    assert reminders.send_due() == 0


def test_a_suspended_organization_reminds_nobody_until_it_goes_on(travel):
    mailed()
    organizations.suspend(cast.organization())
    travel(days=6, hours=1)
    assert reminders.send_due() == 0
    organizations.resume(cast.organization())
    assert reminders.send_due() == 1


def test_a_link_that_is_dead_because_its_inviter_is_no_admin_is_not_reminded_of(travel):
    mailed()

    @transaction()
    def demote():
        person = cast.person()
        db.session.query(Membership).filter_by(user_id=person.id).one().role = "manager"

    demote()
    travel(days=6, hours=1)
    assert reminders.send_due() == 0


def test_an_invitation_of_the_operator_is_reminded_of(travel):
    invitations.create(
        cast.organization(), by=events.OPERATOR, email="bo@example.org", role="manager"
    )
    outbox.drain()
    travel(days=6, hours=1)
    assert reminders.send_due() == 1


@pytest.mark.parametrize(
    ("answer", "state", "reminded"),
    [("550 5.1.1 no", "failed", 0), (DROP, "unknown", 1), ("450 4.2.0 later", "queued", 0)],
)
def test_only_where_the_first_mail_may_have_arrived(smtp, travel, answer, state, reminded):
    smtp.script["."] = [answer]
    mailed()
    assert cast.invitation().delivery_state == state
    travel(days=6, hours=1)
    assert reminders.send_due() == reminded


def test_who_bounced_is_not_reminded(travel):
    made = mailed()

    @transaction()
    def bounce():
        db.session.get(Invitation, made.id).delivery_state = "bounced"

    bounce()
    travel(days=6, hours=1)
    assert reminders.send_due() == 0


def test_where_no_mail_was_wanted_none_is_sent(travel):
    cast.invited(send=False)
    travel(days=6, hours=1)
    assert reminders.send_due() == 0


def test_a_new_link_may_be_reminded_of_once_more(travel):
    made = mailed()
    travel(days=6, hours=1)
    assert reminders.send_due() == 1
    outbox.drain()
    resends.resend(cast.organization(), made.id, by=cast.person())
    outbox.drain()
    assert reminders.send_due() == 0
    travel(days=6, hours=1)
    assert reminders.send_due() == 1
    token = cast.mailed_token(cast.invitation())
    outbox.drain()
    travel(days=1)
    renewal_requests.renew(token)
    outbox.drain()
    travel(days=6, hours=1)
    assert reminders.send_due() == 1
    assert kinds() == ["invitation", "reminder", "resend", "reminder", "renewal", "reminder"]


def test_an_edited_invitation_is_not_reminded_of_twice(travel):
    made = mailed()
    travel(days=6, hours=1)
    assert reminders.send_due() == 1
    outbox.drain()
    edit = {"role": "manager", "expiry_days": 14}
    invitations.edit(cast.organization(), made.id, by=cast.person(), **edit)
    travel(days=7)
    assert reminders.send_due() == 0


def test_it_counts_among_the_mails_of_the_day_and_is_left_for_later_when_they_are_used_up(travel):
    made = mailed(expiry_days=7)
    travel(days=6, hours=1)

    @transaction()
    def use_up():
        while quotas.take("mail", "bo@example.org", mail_kinds.FROM_OTHERS.most):
            pass

    use_up()
    assert reminders.send_due() == 0
    assert cast.invitation().reminded_at is None
    midnight = clock.next_day() - clock.now()
    assert midnight < made.expires_at - clock.now() or midnight > timedelta(0)
    travel(seconds=midnight.total_seconds() + 1)
    assert reminders.send_due() == (1 if clock.now() < made.expires_at else 0)


def test_many_are_reminded_batch_by_batch_and_who_is_left_out_holds_up_nobody(travel, monkeypatch):
    monkeypatch.setattr(reminders, "BATCH", 3)
    for number in range(8):
        cast.invited(f"p{number}@example.org")
    cast.invited("q@example.net", slug="evil")
    outbox.drain()
    travel(days=6, hours=1)

    @transaction()
    def use_up():
        for number in range(3):
            while quotas.take("mail", f"p{number}@example.org", 5):
                pass

    use_up()
    assert reminders.send_due() == 6
    assert reminders.send_due() == 0


def test_two_sweeps_at_once_remind_once(app, travel):
    for number in range(12):
        cast.invited(f"p{number}@example.org")
    outbox.drain()
    travel(days=6, hours=1)
    start, counts = threading.Barrier(3), []

    def sweep():
        with app.app_context():
            start.wait()
            counts.append(reminders.send_due())
            db.session.remove()

    threads = [threading.Thread(target=sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    reminders.send_due()
    db.session.rollback()
    assert db.session.query(Delivery).filter_by(kind="reminder").count() == 12


def test_accepting_while_reminding_leaves_nothing_to_send(app, smtp, travel):
    made = mailed()
    travel(days=6, hours=1)
    reminders.send_due()
    acceptances.accept(cast.mailed_token(made), full_name="Bo", password="seven bars and a half")
    before = len(smtp.messages)
    outbox.drain()
    assert [mail.message["Subject"] for mail in smtp.messages[before:]] == ["Welcome to Acme"]


def test_the_sweep_looks_into_its_index_and_at_nothing_else(in_app):
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL enable_seqscan = off"))  # a small table is read whole
    steps = plan(reminders._organizations(clock.now()))
    # SQLite takes either; both begin with the organization and hold the ends in order.
    indexes = ("ix_user_invitations_remindable", "ix_user_invitations_state_expires")
    assert any(index in steps for index in indexes)
    assert "SCAN user_invitations" not in steps
    assert "Seq Scan on user_invitations" not in steps
