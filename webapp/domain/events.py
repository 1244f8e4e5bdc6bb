"""The audit trail: every event's name, its exact keys and its sentence, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import select

from webapp import clock, trace
from webapp.db import after_commit, db
from webapp.models import Event, Invitation, Organization, User

A_ROLE = {"admin": "an admin", "manager": "a manager", "contributor": "a contributor"}


class Kind(NamedTuple):
    """What an event of one name carries, and how a person reads it."""

    keys: frozenset[str]
    sentence: str


def _kind(keys: str, sentence: str) -> Kind:
    return Kind(frozenset(keys.split()), sentence)


EVENTS: dict[str, Kind] = {
    "OrganizationCreated": _kind("slug name", "{actor} created the organization."),
    "OrganizationSuspended": _kind("", "{actor} suspended the organization."),
    "OrganizationResumed": _kind("", "{actor} resumed the organization."),
    "SettingsChanged": _kind("changed", "{actor} changed {changed}."),
    "TemplateChanged": _kind(
        "kind number", "{actor} changed the text of the {kind} mail (version {number})."
    ),
    "InvitationCreated": _kind(
        "email role expires_at", "{actor} invited {email} to join as {role}."
    ),
    "InvitationSent": _kind("email message_id", "The mail server accepted the mail to {email}."),
    "InvitationSendFailed": _kind(
        "email message_id words", "The mail to {email} was not sent: {words}"
    ),
    "InvitationBounced": _kind("email message_id words", "The mail to {email} came back: {words}"),
    "InvitationUnsubscribed": _kind(
        "email how", "{email} asked not to be mailed again, {how}. The invitation stays open."
    ),
    "InvitationEdited": _kind("changed", "{actor} changed {changed}."),
    "InvitationResent": _kind("expires_at", "{actor} sent a new link. Earlier links ended."),
    "InvitationLinkCopied": _kind("", "{actor} looked at the link to copy it."),
    "InvitationOpened": _kind("", "The link was opened for the first time."),
    "InvitationRenewalRequested": _kind(
        "expires_at", "A new link was asked for on an old link's page, and mailed."
    ),
    "InvitationReminded": _kind("email expires_at", "{email} was reminded, as the link ends soon."),
    "InvitationAccepted": _kind("email role user_id", "{email} accepted and joined as {role}."),
    "InvitationDeclined": _kind("email reason", "{email} declined."),
    "InvitationReported": _kind(
        "email", "{email} said that this is not for them. They are not mailed again."
    ),
    "SuppressionLifted": _kind("email", "{actor} let {email} be mailed again."),
    "InvitationRevoked": _kind("email", "{actor} revoked the invitation."),
    "InvitationExpired": _kind("email", "The link ran out."),
    "InvitationTakenOver": _kind(
        "email before", "{actor} took the invitation over; it stands in their name now."
    ),
    "ImportStarted": _kind("import_id rows", "{actor} began to invite {rows} people from a list."),
    "ImportStopped": _kind(
        "import_id sent left reason",
        "Inviting from a list was stopped ({reason}): {sent} were invited, {left} wait.",
    ),
    "ImportFinished": _kind(
        "import_id sent refused", "A list was worked through: {sent} were invited, {refused} not."
    ),
    "RoleChanged": _kind("user_id email before role", "{actor} made {email} {role}."),
    "MemberDeactivated": _kind("user_id email", "{actor} deactivated {email}."),
    "MemberReactivated": _kind("user_id email role", "{actor} reactivated {email} as {role}."),
    "SessionsRevoked": _kind("user_id email count", "{actor} ended {count} sessions of {email}."),
    "MemberLeft": _kind("user_id email", "{email} left."),
    "AccountDeleted": _kind("user_id", "A member deleted their account."),
    "SignedIn": _kind("user_id", "{actor} signed in."),
    "SignInFailed": _kind("user_id", "A sign-in failed."),
    "SecondFactorOn": _kind("user_id", "{actor} switched the second factor on."),
    "SecondFactorOff": _kind("user_id", "{actor} switched the second factor off."),
    "RecoveryCodeUsed": _kind("user_id", "{actor} used a recovery code."),
    "DataExported": _kind("user_id", "{actor} took a copy of their data."),
    "EmailVerified": _kind("email", "{email} was confirmed."),
    "PasswordResetRequested": _kind("user_id", "A link to set a new password was asked for."),
    "PasswordChanged": _kind("user_id", "{actor} set a new password."),
    "ProfileChanged": _kind("user_id changed", "{actor} changed their {changed}."),
}


class Operator:
    """Whoever runs commands on the server: not a user of any organization."""

    id = None


OPERATOR = Operator()
Actor = User | Operator


def record(
    organization: Organization | int | None,
    name: str,
    /,
    *,
    by: Actor | str,
    invitation: Invitation | int | None = None,
    **data: Any,
) -> None:
    """Add an event to the present transaction; `by` is an Actor, 'invitee' or 'system'."""
    db.session.add(Event(**_row(organization, name, by, invitation, data)))
    after_commit(partial(trace.record, name))


@dataclass(frozen=True, slots=True)
class Line:
    """An event to be written with many others."""

    organization_id: int
    invitation_id: int
    data: dict[str, Any]


def record_many(name: str, lines: Sequence[Line], *, by: Actor | str) -> None:
    """Add one event of this name per line, in one statement."""
    rows = [_row(line.organization_id, name, by, line.invitation_id, line.data) for line in lines]
    if rows:
        db.session.execute(Event.__table__.insert(), rows)  # type: ignore[attr-defined]
        after_commit(partial(trace.record, f"{name} x {len(rows)}"))


def of_invitation(invitation: Invitation) -> list[tuple[Event, User | None]]:
    """The invitation's events with their actors, oldest first."""
    rows = db.session.execute(
        select(Event, User)
        .outerjoin(User, User.id == Event.actor_id)
        .where(
            Event.invitation_id == invitation.id,
            Event.organization_id == invitation.organization_id,
        )
        .order_by(Event.id)
    )
    return [(event, user) for event, user in rows]


def sentence(event: Event, actor: User | None) -> str:
    """The event as one plain sentence."""
    who = actor.full_name if actor else {"operator": "The operator"}.get(event.actor, "Gatehouse")
    text = EVENTS[event.name].sentence
    role = A_ROLE.get(event.data.get("role", ""))
    return text.format_map({"actor": who, **event.data, "role": role})


def _row(
    organization: Organization | int | None,
    name: str,
    by: Actor | str,
    invitation: Invitation | int | None,
    data: dict[str, Any],
) -> dict[str, Any]:
    if set(data) != EVENTS[name].keys:
        raise ValueError(f"{name} takes {sorted(EVENTS[name].keys)}, not {sorted(data)}")
    if isinstance(by, str):
        actor, actor_id = by, None
    else:
        actor, actor_id = ("operator", None) if isinstance(by, Operator) else ("user", by.id)
    return {
        "organization_id": organization.id
        if isinstance(organization, Organization)
        else organization,
        "name": name,
        "at": clock.now(),
        "actor": actor,
        "actor_id": actor_id,
        "invitation_id": invitation.id if isinstance(invitation, Invitation) else invitation,
        "request_id": trace.current().request_id,
        "data": data,
    }
