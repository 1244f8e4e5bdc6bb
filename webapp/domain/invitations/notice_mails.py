"""The mails that tell inviters what became of the people they invited."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from webapp import clock, languages
from webapp.db import db
from webapp.domain.accounts import notice_choices
from webapp.domain.invitations import notice_rounds
from webapp.domain.letters import inviter_notices as letters
from webapp.domain.mail import composing, kinds
from webapp.domain.mail.composing import Composed, Drop, Wait
from webapp.domain.mail.kinds import Share
from webapp.languages import marked
from webapp.models import (
    Delivery,
    Event,
    Invitation,
    InvitationState,
    InviterNotice,
    NoticeOutcome,
    User,
)

# A thousand people may answer in an hour: twenty mails, and the rest in the day's summary.
EACH = Share("inviter notice", 20)
SUMMARIES = Share("inviter summary", 20)
FORGOTTEN = marked("Its details were deleted before it was sent.")
NOT_FOR_THEM = marked("They turned these mails off, or may not see invitations any more.")
OUTDATED = marked("It was no longer true when it was due.")

Line = tuple[InviterNotice, Invitation, User | None]


@kinds.composes("joined", cause="an invited person joins", share=EACH)
@kinds.composes("declined", cause="an invited person declines", share=EACH)
@kinds.composes("unreachable", cause="an invitation cannot be delivered", share=EACH)
def _compose(delivery: Delivery) -> Composed:
    organization, reader = composing.organization(delivery), composing.account(delivery)
    if not notice_rounds.may_hear(organization.id, reader):
        return Drop(NOT_FOR_THEM)
    line = next(iter(_lines(delivery)), None)
    if line is None:
        return Drop(FORGOTTEN)
    _, invitation, member = line
    if not invitation.is_understood:
        return Wait()  # a later version wrote it, and will know what it means
    if not _still_holds(line):
        return Drop(OUTDATED)
    with languages.written_in(reader.language, organization.language):
        return letters.outcome(
            delivery,
            organization,
            reader,
            invitation,
            who=letters.person(invitation, member),
            skipped_groups=_skipped_groups(invitation),
            stop=notice_choices.address(reader),
        )


@kinds.composes(notice_rounds.SUMMARY, cause="invited people answer", share=SUMMARIES)
def _compose_summary(delivery: Delivery) -> Composed:
    organization, reader = composing.organization(delivery), composing.account(delivery)
    if not notice_rounds.may_hear(organization.id, reader):
        return Drop(NOT_FOR_THEM)
    people: dict[str, list[letters.Person]] = {outcome: [] for outcome in notice_rounds.ONE_PERSONS}
    for line in filter(_still_holds, _lines(delivery)):
        notice, invitation, member = line
        people.setdefault(notice.outcome, []).append(letters.person(invitation, member))
    if not any(people.values()):
        return Drop(OUTDATED)
    with languages.written_in(reader.language, organization.language):
        stop = notice_choices.address(reader)
        return letters.summary(delivery, organization, reader, people, stop=stop)


def _lines(delivery: Delivery) -> Sequence[Line]:
    """What the mail is to tell, in order, with the invitation and the account that came of it."""
    query = (
        select(InviterNotice, Invitation, User)
        .join(Invitation, Invitation.id == InviterNotice.invitation_id)
        .outerjoin(User, User.id == Invitation.user_id)
        .where(InviterNotice.delivery_id == delivery.id)
        .order_by(InviterNotice.id)
        .execution_options(populate_existing=True)
    )
    return [(notice, invitation, user) for notice, invitation, user in db.session.execute(query)]


def _still_holds(line: Line) -> bool:
    """Whether it is still so: nobody was erased, and whom no mail reached has not answered."""
    notice, invitation, _ = line
    if invitation.is_erased:
        return False
    if notice.outcome != NoticeOutcome.UNREACHABLE:
        return True
    return (
        invitation.status(clock.now()) == InvitationState.PENDING
        and invitation.link_number == notice.link_number
    )


def _skipped_groups(invitation: Invitation) -> str:
    """The groups that were gone when the person joined, as the event names them."""
    event = db.session.scalar(
        select(Event)
        .where(
            Event.organization_id == invitation.organization_id,
            Event.invitation_id == invitation.id,
            Event.name == "InvitationAccepted",
        )
        .limit(1)
    )
    return (event.told.get("skipped") if event else None) or ""
