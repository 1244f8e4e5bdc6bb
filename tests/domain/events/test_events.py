"""Every action leaves one event; without its event there is no action, and nothing of one undone.

An action is a generator: what comes before it, `yield`, and the action itself.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests import cast
from tests.support import rows
from webapp import clock
from webapp.db import db
from webapp.domain import (
    accounts,
    applications,
    events,
    groups,
    imports,
    invitations,
    links,
    organizations,
    outbox,
)
from webapp.domain.accounts import (
    confirmations,
    password_resets,
    second_factors,
    sessions,
    sign_ins,
)
from webapp.domain.applications import record as visits
from webapp.domain.applications.entry import Barrier
from webapp.domain.applications.record import How
from webapp.domain.audit import exports
from webapp.domain.audit.filters import EventFilters
from webapp.domain.deliverability import suppressions, unsubscribes
from webapp.domain.errors import Refusal
from webapp.domain.groups import members as group_members
from webapp.domain.imports import runs
from webapp.domain.invitations import (
    acceptances,
    inviter_handover,
    link_status,
    reminders,
    renewal_requests,
    resends,
)
from webapp.domain.letters import templates
from webapp.domain.members import (
    end_notices,
    end_sweep,
    ends,
    leaving,
    organization_setup,
    review_answers,
    review_lines,
    reviews,
    roles,
    sponsors,
)
from webapp.domain.operations import restores, sweeps
from webapp.domain.organizations import settings
from webapp.domain.outbox import bounces
from webapp.domain.outbox.bounces import Reference
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.domain.requests import decisions
from webapp.domain.webhooks import deliveries
from webapp.models import Delivery, Event

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

ANOTHER = "seven bars and a half"
ACTIONS = {}
# What else an action does that is on record for itself.
ALSO = {
    "OrganizationCreated": {"InvitationCreated": 1},
    "InvitationReported": {"InvitationDeclined": 1},
    "InvitationTakenOver": {"RoleChanged": 1},
    "InvitationHandedOver": {"MembershipEnded": 1},
    "SponsorshipsHandedOver": {"MemberLeft": 1},
    "AccessWithdrawn": {"MembershipEnded": 1},
    "RequestApproved": {"InvitationCreated": 1},
    "AccessReviewFinished": {"AccessConfirmed": 1},
    "ImportFinished": {"InvitationCreated": 1},
    "EmailVerified": {"PasswordChanged": 1},
    "RecoveryCodeUsed": {"SignedIn": 1},
    "SystemRestored": {"SystemRestored": 3},  # in each organization, and in nobody's trail
}
# Sweeps and runs go on without what fails, and try it again.
RUNS = {"InvitationSent", "InvitationSendFailed", "InvitationReminded", "ImportFinished"}
# The page of a link is shown all the same; that it was opened is then written by a later look.
RUNS |= {"InvitationOpened"}
# Those whose actions are tried in tests of their own.
ELSEWHERE = {
    *("ImportStopped", "ApiKeyCreated", "ApiKeyRevoked", "InvitationsErased", "PersonErased"),
    *("WebhookCreated", "WebhookDeleted", "WebhookChanged", "WebhookStopped", "WebhookTested"),
}


def leaves(name):
    """The one event that the action leaves."""

    def note(action):
        ACTIONS[name] = action
        return action

    return note


def acme():
    return cast.organization()


def by():
    return {"by": cast.person()}


def token():
    return cast.mailed_token(cast.invitation())


def another_admin():
    """Marco, an admin with an open invitation in his name."""
    member = roles.change_role(acme(), cast.member(cast.MARCO).id, role="admin", **by())
    marco = cast.person(cast.MARCO)
    invitations.create(acme(), by=marco, email="bo@example.org", role="contributor")
    return member.id


def with_factor():
    """Priya's second factor, and its codes."""
    offer = second_factors.offer(cast.person())
    code = pyotp.TOTP(offer.secret).at(clock.now())
    second_factors.switch_on(cast.person(), offer.sealed, password=cast.PASSWORD, code=code)
    return offer


@leaves("OrganizationCreated")
def _(**_):
    yield
    organization_setup.found("globex", "Globex", "hank@globex.example")


@leaves("OrganizationSuspended")
def _(**_):
    yield
    organizations.suspend(acme())


@leaves("SystemRestored")
def _(**_):
    yield
    restores.finish(None, keep_keys=False)


@leaves("OrganizationResumed")
def _(**_):
    organizations.suspend(acme())
    yield
    organizations.resume(acme())


@leaves("SettingsChanged")
def _(**_):
    yield
    settings.change_invitations(
        acme(), expiry_days=3, retention_days=None, allowed_domains="acme.example", **by()
    )


@leaves("TemplateChanged")
def _(**_):
    yield
    templates.save(
        acme(), "invitation", subject="Come in", body="Here: {{ link }}", begun_from=0, **by()
    )


@leaves("InvitationCreated")
def _(**_):
    yield
    cast.invited()


@leaves("InvitationSent")
def _(**_):
    cast.invited()
    yield
    outbox.drain()


@leaves("InvitationSendFailed")
def _(smtp, **_):
    cast.invited()
    smtp.script["RCPT"] = "550 5.1.1 nobody here"
    yield
    outbox.drain()


@leaves("InvitationBounced")
def _(**_):
    cast.invited()
    outbox.drain()
    mail = db.session.query(Delivery).filter_by(recipient="bo@example.org").one()
    reference = Reference((mail.message_id,), mail.id)
    yield
    bounces.bounce(reference, [Recipient(("bo@example.org",), True, "550 nobody here")])


@leaves("InvitationUnsubscribed")
def _(**_):
    known = unsubscribes.address(cast.invited()).partition("token=")[2]
    yield
    unsubscribes.unsubscribe(known)


@leaves("SuppressionLifted")
def _(**_):
    unsubscribes.unsubscribe(unsubscribes.address(cast.invited()).partition("token=")[2])
    yield
    suppressions.lift(acme(), "bo@example.org")


@leaves("InvitationEdited")
def _(**_):
    made = cast.invited()
    yield
    invitations.edit(
        acme(), made.id, role="manager", expiry_days=7, name=None, message=None, **by()
    )


@leaves("InvitationResent")
def _(travel, **_):
    made = cast.invited()
    travel(minutes=2)
    yield
    resends.resend(acme(), made.id, **by())


@leaves("InvitationMailRetried")
def _(smtp, **_):
    made = cast.invited()
    smtp.script["RCPT"] = "550 5.1.1 nobody here"
    outbox.drain()
    mail = db.session.query(Delivery).filter_by(invitation_id=made.id).one()
    yield
    resends.retry_mail(acme(), made.id, mail.id, **by())


@leaves("WebhookReplayed")
def _(**_):
    hook = cast.webhook()
    told = deliveries.page(hook).rows[0][0]
    yield
    deliveries.replay(acme(), hook.id, told.id, **by())


@leaves("ConfirmationRequested")
def _(**_):
    copied = invitations.copy_link(acme(), cast.invited().id, **by()).partition("token=")[2]
    acceptances.accept(copied, full_name="Bo Lind", password=ANOTHER)
    yield
    confirmations.ask(cast.person("bo@example.org"))


@leaves("SignedOut")
def _(**_):
    session = sessions.find(sign_ins.sign_in(cast.CHEN, cast.PASSWORD))
    yield
    sessions.end(session.id)


@leaves("InvitationLinkCopied")
def _(**_):
    made = cast.invited()
    yield
    invitations.copy_link(acme(), made.id, **by())


@leaves("InvitationOpened")
def _(**_):
    cast.invited()
    yield
    link_status.note_opened(token())


@leaves("InvitationRenewalRequested")
def _(travel, **_):
    known = cast.mailed_token(cast.invited())
    travel(days=8)
    yield
    renewal_requests.renew(known)


@leaves("InvitationReminded")
def _(travel, **_):
    cast.invited()
    outbox.drain()
    travel(days=6, hours=2)
    yield
    reminders.send_due()


@leaves("InvitationAccepted")
def _(**_):
    cast.invited()
    yield
    acceptances.accept(token(), full_name="Bo Lind", password=ANOTHER)


@leaves("GroupCreated")
def _(**_):
    yield
    cast.group()


@leaves("GroupChanged")
def _(**_):
    cast.group()
    yield
    groups.change(acme(), "drivers", name="Truck drivers", **by())


@leaves("GroupDeleted")
def _(**_):
    cast.group()
    yield
    groups.delete(acme(), "drivers", **by())


@leaves("ApplicationCreated")
def _(**_):
    yield
    cast.application()


@leaves("ApplicationChanged")
def _(**_):
    cast.application()
    yield
    applications.change(acme(), "wiki", name="Handbook", **by())


@leaves("ApplicationDeleted")
def _(**_):
    cast.application()
    yield
    applications.delete(acme(), "wiki", **by())


@leaves("ApplicationEntered")
def _(**_):
    found = cast.application()
    yield
    visits.entered(found, cast.person(cast.CHEN), How.PROXY)


@leaves("ApplicationRefused")
def _(**_):
    found = cast.application()
    yield
    visits.refused(found, cast.person(cast.CHEN), How.PROXY, Barrier.NO_GROUP)


@leaves("GroupMemberAdded")
def _(**_):
    cast.group()
    yield
    group_members.add(acme(), "drivers", cast.member().id, **by())


@leaves("GroupMemberRemoved")
def _(**_):
    cast.group()
    group_members.add(acme(), "drivers", cast.member().id, **by())
    yield
    group_members.remove(acme(), "drivers", cast.member().id, **by())


@leaves("InvitationDeclined")
def _(**_):
    cast.invited()
    yield
    acceptances.decline(token(), reason="No time")


@leaves("InvitationReported")
def _(**_):
    cast.invited()
    yield
    acceptances.decline(token(), not_for_me=True)


@leaves("InvitationRevoked")
def _(**_):
    made = cast.invited()
    yield
    invitations.revoke(acme(), made.id, **by())


@leaves("InvitationExpired")
def _(travel, **_):
    cast.invited()
    travel(days=8)
    yield
    sweeps.expire()


@leaves("InvitationTakenOver")
def _(**_):
    marco = another_admin()
    yield
    roles.change_role(acme(), marco, role="manager", pending=inviter_handover.TAKE_OVER, **by())


@leaves("ImportStarted")
def _(**_):
    made = cast.listed("bo@example.org")
    yield
    imports.start(acme(), made.id, **by())


@leaves("ImportFinished")
def _(**_):
    made = cast.listed("bo@example.org")
    imports.start(acme(), made.id, **by())
    yield
    runs.finish(acme(), made.id)


@leaves("RoleChanged")
def _(**_):
    yield
    roles.change_role(acme(), cast.member().id, role="manager", **by())


@leaves("MemberDeactivated")
def _(**_):
    yield
    roles.deactivate(acme(), cast.member().id, **by())


@leaves("MemberReactivated")
def _(**_):
    roles.deactivate(acme(), cast.member().id, **by())
    yield
    roles.reactivate(acme(), cast.member().id, **by())


@leaves("MemberLeft")
def _(**_):
    yield
    leaving.leave(acme(), cast.member().id, by=cast.person(cast.CHEN))


def another_with_an_end(**end):
    """Marco, an admin with an end, and with what `another_admin` gives him."""
    marco = another_admin()
    ends.set_end(acme(), marco, ends_at=clock.now() + timedelta(**end), **by())
    return marco


@leaves("MembershipEndChanged")
def _(**_):
    yield
    soon = clock.now() + timedelta(days=10)
    ends.set_end(acme(), cast.member().id, ends_at=soon, **by())


@leaves("MembershipEnded")
def _(**_):
    yield
    ends.end_now(acme(), cast.member().id, **by())


@leaves("MembershipEndAnnounced")
def _(travel, **_):
    soon = clock.now() + timedelta(days=10)
    ends.set_end(acme(), cast.member().id, ends_at=soon, **by())
    travel(days=4)
    yield
    end_notices.send_due()


@leaves("MembershipEndPutOff")
def _(travel, **_):
    marco = cast.person(cast.MARCO)
    another_with_an_end(days=10)
    roles.deactivate(acme(), cast.member(cast.PRIYA).id, by=marco)
    travel(days=9, hours=1)
    yield
    end_sweep.sweep()


@leaves("InvitationHandedOver")
def _(travel, **_):
    another_with_an_end(days=2)
    travel(days=3)
    yield
    end_sweep.sweep()


@leaves("SponsorChanged")
def _(**_):
    yield
    sponsors.change(acme(), cast.member().id, sponsor_id=cast.person(cast.MARCO).id, **by())


@leaves("SponsorshipsHandedOver")
def _(**_):
    marco = cast.person(cast.MARCO)
    sponsors.change(acme(), cast.member().id, sponsor_id=marco.id, **by())
    yield
    leaving.leave(acme(), cast.member(cast.MARCO).id, by=marco)


def reviewed():
    """A review, and the numbers of its lines."""
    review = reviews.start(acme(), **by())
    return review.id, review_lines.ids(review, review_lines.LineFilters(), 10)


@leaves("AccessReviewStarted")
def _(**_):
    yield
    reviews.start(acme(), **by())


@leaves("AccessReviewSponsorsAsked")
def _(**_):
    sponsors.change(acme(), cast.member().id, sponsor_id=cast.person(cast.MARCO).id, **by())
    review, _lines = reviewed()
    yield
    reviews.ask_sponsors(acme(), review, **by())


@leaves("AccessConfirmed")
def _(**_):
    review, lines = reviewed()
    yield
    review_answers.keep(acme(), review, lines[-1:], **by())


@leaves("AccessWithdrawn")
def _(**_):
    review, lines = reviewed()
    yield
    review_answers.answer(acme(), review, "end", lines[-1:], **by())


@leaves("AccessReviewStopped")
def _(**_):
    review, _lines = reviewed()
    yield
    reviews.stop(acme(), review, **by())


@leaves("AccessReviewFinished")
def _(**_):
    review, lines = reviewed()
    review_answers.keep(acme(), review, lines[:-1], **by())
    yield
    review_answers.keep(acme(), review, lines[-1:], **by())


@leaves("JoinLinkCreated")
def _(**_):
    yield
    cast.join_link()


@leaves("JoinLinkChanged")
def _(**_):
    link = cast.join_link().id
    yield
    links.pause(acme(), link, **by())


@leaves("JoinLinkRevoked")
def _(**_):
    link = cast.join_link().id
    yield
    links.revoke(acme(), link, **by())


@leaves("RequestMade")
def _(**_):
    yield
    cast.request()


@leaves("RequestApproved")
def _(**_):
    request = cast.request().id
    yield
    decisions.approve(acme(), request, **by())


@leaves("RequestDeclined")
def _(**_):
    request = cast.request().id
    yield
    decisions.decline(acme(), request, **by())


@leaves("AccountDeleted")
def _(**_):
    yield
    leaving.delete_account(cast.person(cast.CHEN), password=cast.PASSWORD)


@leaves("SessionsRevoked")
def _(**_):
    sign_ins.sign_in(cast.CHEN, cast.PASSWORD)
    yield
    roles.sign_out_everywhere(acme(), cast.member().id, **by())


@leaves("SignedIn")
def _(**_):
    yield
    sign_ins.sign_in(cast.CHEN, cast.PASSWORD)


@leaves("SignInFailed")
def _(**_):
    yield
    with pytest.raises(Refusal):
        sign_ins.sign_in(cast.CHEN, ANOTHER)


@leaves("SecondFactorOn")
def _(**_):
    offer = second_factors.offer(cast.person())
    yield
    code = pyotp.TOTP(offer.secret).at(clock.now())
    second_factors.switch_on(cast.person(), offer.sealed, password=cast.PASSWORD, code=code)


@leaves("SecondFactorOff")
def _(**_):
    with_factor()
    yield
    second_factors.switch_off(cast.person(), password=cast.PASSWORD)


@leaves("RecoveryCodeUsed")
def _(**_):
    code = with_factor().codes[0]
    pending = sign_ins.sign_in(cast.PRIYA, cast.PASSWORD).pending
    yield
    sign_ins.finish(pending, code=code)


@leaves("EmailVerified")
def _(**_):
    copied = invitations.copy_link(acme(), cast.invited().id, **by()).partition("token=")[2]
    acceptances.accept(copied, full_name="Bo Lind", password=ANOTHER)
    known = confirmations.address(cast.person("bo@example.org")).partition("token=")[2]
    yield
    confirmations.confirm(known, password=ANOTHER)


@leaves("PasswordResetRequested")
def _(**_):
    yield
    password_resets.request(cast.CHEN)


@leaves("PasswordChanged")
def _(**_):
    session = sessions.find(sign_ins.sign_in(cast.CHEN, cast.PASSWORD))
    yield
    accounts.change_password(
        cast.person(cast.CHEN), present=cast.PASSWORD, password=ANOTHER, session_id=session.id
    )


@leaves("ProfileChanged")
def _(**_):
    yield
    accounts.change_profile(cast.person(cast.CHEN), full_name="Chen W.", username=None)


@leaves("DataExported")
def _(**_):
    yield
    list(exports.take(acme(), "jsonl", EventFilters(), **by()))


def recorded():
    db.session.rollback()
    return Counter(name for (name,) in db.session.query(Event.name))


def everything_written():
    """All rows of all tables that have any, as text."""
    db.session.rollback()
    found = {
        table: sorted(map(repr, db.session.execute(text(f"SELECT * FROM {table}"))))
        for table in rows.filled(db.session.connection())
    }
    return {table: texts for table, texts in found.items() if texts}


def refuse_events(name):
    """The database takes no event of this name any more."""
    words = f"WHEN (NEW.name = '{name}')"
    statements = [
        f"CREATE TRIGGER refused BEFORE INSERT ON events {words} "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    ]
    if db.engine.dialect.name == "postgresql":
        statements = [
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
            f"CREATE TRIGGER refused BEFORE INSERT ON events FOR EACH ROW {words} "
            "EXECUTE FUNCTION no()",
        ]
    db.session.rollback()
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_leaves_exactly_one_event(name, smtp, travel):
    action = ACTIONS[name](smtp=smtp, travel=travel)
    next(action)
    before = recorded()
    next(action, None)
    assert recorded() - before == Counter({name: 1} | ALSO.get(name, {}))


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in RUNS])
def test_an_action_whose_event_cannot_be_written_does_not_happen(name, smtp, travel):
    action = ACTIONS[name](smtp=smtp, travel=travel)
    next(action)
    refuse_events(name)
    before = everything_written()
    with pytest.raises(DBAPIError):
        next(action, None)
    assert everything_written() == before


def test_every_event_has_its_action_here():
    assert set(events.EVENTS) - set(ACTIONS) <= ELSEWHERE
