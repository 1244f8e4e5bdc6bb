"""Retention of ended invitations, and erasing one person: who it was goes, what happened stays."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests import cast
from tests.support.plans import plan
from tests.support.rows import where_is
from tests.support.together import at_once
from webapp import clock
from webapp.db import db
from webapp.domain import imports, invitations, outbox, reports
from webapp.domain.accounts import password_resets, sign_ins
from webapp.domain.audit import verification
from webapp.domain.deliverability import suppressions, unsubscribes
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.imports import runs
from webapp.domain.invitations import acceptances, link_status, renewal_requests, resends
from webapp.domain.invitations import counts as invitation_counts
from webapp.domain.invitations import table as invitation_table
from webapp.domain.invitations.link_status import LinkStatus
from webapp.domain.members import roles
from webapp.domain.operations import sweeps
from webapp.domain.organizations import settings as organization_settings
from webapp.domain.privacy import person_erasures, person_records, retention
from webapp.domain.reports import periods
from webapp.models import Event, Invitation, Membership, Suppression, User

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BO, LOCAL = "Bo.Lind@Example.org", "bo.lind"
NEW = {"full_name": "Bo Lind", "password": "seven bars and a half"}


def retain(days=30):
    organization_settings.change_invitations(
        cast.organization(),
        by=cast.person(),
        expiry_days=None,
        allowed_domains=None,
        retention_days=days,
    )


def figures(slug="acme"):
    db.session.expire_all()
    here, now = cast.organization(slug), clock.now()
    days = {"from_": f"{now - timedelta(days=90):%Y-%m-%d}", "to": f"{now:%Y-%m-%d}"}
    return +invitation_counts.by_status(here), reports.invitations(here, periods.read(**days))


def happened():
    query = select(Event.name, func.count()).group_by(Event.name)
    return dict(map(tuple, db.session.execute(query)))


def is_whole():
    return all(one.is_whole for one in verification.everything())


def shown(words=""):
    filters = invitation_table.InvitationFilters.of(q=words)
    return [line.email for line in invitation_table.lines(cast.organization(), filters).rows]


@pytest.fixture
def declined(smtp):
    """Bo stood in a list, was mailed, and declined for good in words that name the address."""
    smtp.script[f"RCPT TO:<{BO}>"] = [f"450 4.2.0 {BO} is greylisted", ""]
    listed = cast.listed(f"Bo Lind <{BO}>")
    imports.start(cast.organization(), listed.id, by=cast.person())
    runs.run_due()
    outbox.drain()
    token = cast.mailed_token(cast.invitation(BO))
    return acceptances.decline(token, reason=f"I am not {BO}", not_for_me=True)


def test_ended_invitations_forget_whom_they_were_for_and_nothing_else(declined, travel):
    cast.invited("open@example.net", expiry_days=30)
    retain()
    travel(minutes=2)
    outbox.drain()  # what waited for the next try is held back
    travel(days=29)
    assert retention.erase_due() == 0
    assert where_is(LOCAL)
    travel(days=1)
    before, names = figures(), happened()
    assert shown(LOCAL) == [BO]
    assert retention.erase_due() > 0
    sweeps.tidy()  # the day's counter of mails to one address
    assert where_is(LOCAL) == where_is("Bo Lind") == []
    assert figures() == before
    assert happened() == names | {"InvitationsErased": 1}
    assert is_whole()
    assert shown(LOCAL) == []
    assert [one for one in shown() if "@" in one] == ["open@example.net"]
    assert retention.erase_due() == 0


def test_who_said_never_again_is_still_known_by_the_pseudonym(declined, travel, make_app, settings):
    retain()
    travel(days=31)
    sweeps.expire()
    outbox.drain()
    retention.erase_due()
    with pytest.raises(Refusal, match="not for them"):
        cast.invited(BO)
    cast.invited(BO, slug="evil")
    old, new = settings["SECRET_KEY"], "another-key-0123456789abcdefghijklmn"
    with make_app(SECRET_KEY=new, SECRET_KEY_FALLBACKS=old).app_context():
        sweeps.tidy()
    with make_app(SECRET_KEY=new).app_context():
        with pytest.raises(Refusal, match="not for them"):
            cast.invited(BO)
        suppressions.lift(cast.organization(), BO)
        assert cast.invited(BO).email == BO
        assert is_whole()


def test_an_expired_one_is_not_sent_anew_after_it_was_erased(travel):
    made = cast.invited(BO)
    token, out = cast.mailed_token(made), unsubscribes.address(made).partition("token=")[2]
    retain()
    travel(days=40)
    sweeps.expire()
    outbox.drain()
    assert retention.erase_due() > 0
    assert link_status.look(token).status is LinkStatus.CLOSED
    with pytest.raises(Refusal, match="cannot be sent"):
        renewal_requests.renew(token)
    for act in (resends.resend, invitations.revoke):
        with pytest.raises(Refusal, match="data has been erased"):
            act(cast.organization(), made.id, by=cast.person())
    # The mail's unsubscribe link still does what it says.
    unsubscribes.unsubscribe(out)
    with pytest.raises(Refusal, match="unsubscribed"):
        cast.invited(BO)


def test_what_others_still_need_of_an_address_stays(travel):
    acceptances.accept(cast.mailed_token(cast.invited(BO)), **NEW)
    retain()
    travel(days=31)
    outbox.drain()
    retention.erase_due()
    assert sign_ins.sign_in(BO, NEW["password"])
    accepted = db.session.query(Event).filter_by(name="InvitationAccepted")
    joined = accepted.order_by(Event.id).all()[-1]
    assert joined.data["email"].startswith("erased-")
    assert joined.person_id == cast.person(BO).id
    assert is_whole()


def test_a_long_backlog_goes_in_pieces_and_rings_for_the_rest(travel, monkeypatch):
    for name, value in (("BATCH", 2), ("SECONDS", 0)):
        monkeypatch.setattr(retention, name, value)
    enqueued = []
    monkeypatch.setattr(retention.queue, "enqueue", enqueued.append)
    for number in range(3):
        cast.invited(f"p{number}@example.org", send=False)
    retain()
    travel(days=40)
    sweeps.expire()
    assert [retention.erase_due() for _ in range(4)] == [2, 2, 1, 0]  # two of the cast's own
    assert enqueued == [retention.ERASE] * 3
    query = retention.due(cast.organization().id, clock.now())
    if db.engine.dialect.name == "sqlite":
        assert "ix_user_invitations_named" in plan(query)


def test_resending_and_erasing_at_once_do_one_or_the_other(app, travel):
    retain()
    made = [cast.invited(f"p{number}@example.org") for number in range(4)]
    tokens = [cast.mailed_token(one) for one in made]
    travel(days=40)
    sweeps.expire()
    outbox.drain()

    def act(number):
        if number < 2:
            retention.erase_due()
        elif number < 4:
            resends.resend(cast.organization(), made[number - 2].id, by=cast.person())
        else:
            renewal_requests.renew(tokens[number - 2])

    outcomes = at_once(app, act, 6)
    assert set(outcomes) <= {"done", "Refusal", "Gone"}, outcomes
    db.session.expire_all()
    for number, outcome in enumerate(outcomes[2:]):
        now = db.session.get_one(Invitation, made[number].id)
        if outcome == "done":
            assert (now.state, now.email) == ("pending", f"p{number}@example.org")
        else:
            assert (now.state, now.is_erased) == ("expired", True)
    assert is_whole()


@pytest.fixture
def everywhere(declined):
    """Bo was invited by several, has an account, and left traces wherever one can."""
    suppressions.lift(cast.organization(), BO)
    acceptances.accept(cast.mailed_token(cast.invited(BO, role="admin")), **NEW)
    bo = cast.person(BO)
    invitations.create(cast.organization(), by=bo, email="friend@example.net", role="manager")
    organization_settings.change_email(
        cast.organization(), by=bo, reminders=False, reminder_hours=24, reply_to_inviter=True
    )
    password_resets.request(BO)
    with pytest.raises(Refusal):
        sign_ins.sign_in(BO, "not the password")
    cast.listed(f"{BO}, <<{BO}>>x, third@example.net")
    cast.invited(BO, slug="evil", message="Hello Bo Lind")
    outbox.drain()
    return bo.id


def test_of_an_erased_person_nothing_is_left_in_any_table(everywhere):
    before, events = figures(), happened()
    erased = person_erasures.erase(BO.upper())
    assert (erased.organizations, erased.had_account) == (["acme", "evil"], True)
    assert erased.invitations == 3
    assert where_is(LOCAL) == where_is("Bo Lind") == []
    assert is_whole()
    counts, report = figures()
    assert counts.total() == before[0].total()
    assert report.total.accepted == before[1].total.accepted
    assert [line.name for line in report.domains] == [line.name for line in before[1].domains]
    # Open ones ended: to them at Evil Corp, and in their name at Acme.
    assert happened()["InvitationRevoked"] == events.get("InvitationRevoked", 0) + 2
    assert happened()["PersonErased"] == 2
    assert db.session.query(Membership).filter_by(user_id=everywhere).count() == 0
    outbox.drain()
    assert where_is(LOCAL) == []
    with pytest.raises(NotFound):
        person_erasures.erase(BO)
    assert cast.invited(BO).email == BO  # like anybody


def test_the_last_admin_is_not_erased(travel):
    with pytest.raises(Refusal, match="last active admin of Acme"):
        person_erasures.erase(cast.PRIYA)
    assert where_is(cast.PRIYA)
    roles.change_role(
        cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="admin"
    )
    assert person_erasures.erase(cast.PRIYA).had_account
    assert where_is(cast.PRIYA) == where_is(cast.NAMES[cast.PRIYA]) == []
    assert is_whole()


def test_accepting_and_being_erased_at_once_leaves_all_or_nothing(app):
    token = cast.mailed_token(cast.invited(BO))

    def act(number):
        if number == 0:
            acceptances.accept(token, **NEW)
        else:
            person_erasures.erase(BO)

    outcomes = at_once(app, act, 2)
    assert set(outcomes) <= {"done", "Refusal", "Gone"}, outcomes
    if outcomes[1] == "done":
        assert where_is(LOCAL) == []
        assert db.session.query(User).filter_by(email=BO).count() == 0
    else:
        assert cast.member(BO).is_active
    assert is_whole()


def test_a_copy_of_all_that_is_kept_holds_no_secret_and_is_on_record(everywhere, secrets):
    kept = person_records.export(BO)
    said = json.dumps(kept)
    assert not secrets.found_in(said)
    assert {name for name, rows in kept.items() if not rows} <= {
        "suppressions",
        "application_numbers",
        "application_visits",
        "reviews_of_access",
        "requests",
        "addresses_typed_at_join_links",
        "sessions",
        "api_keys_made",
        "changes_told_by_mail",
        "forms_kept",
        "groups",
        "groups_of_invitations",
        "tries_at_forms",
        "recovery_codes",
        "visits",
    }
    assert {one["organization"] for one in kept["invitations"]} == {"acme", "evil"}
    assert happened()["DataExported"] == 2
    assert db.session.query(Suppression).count() == 0
    with pytest.raises(NotFound):
        person_records.export("nobody@example.org")
