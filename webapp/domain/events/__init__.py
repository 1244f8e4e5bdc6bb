"""The audit trail: every event's name, its exact keys and its sentence, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select

from webapp import clock, trace
from webapp.db import after_commit, db
from webapp.domain import addresses
from webapp.domain.events import callers, owner_notices, seals
from webapp.domain.events import listeners as event_listeners
from webapp.models import Event, Invitation, Organization, User


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
    "InvitationMailRetried": _kind("email", "{actor} had the mail to {email} tried again."),
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
    "InvitationsErased": _kind(
        "erased", "{actor} took the addresses out of {erased} that ended long ago."
    ),
    "ImportStarted": _kind("import_id rows", "{actor} began to invite {rows} from a list."),
    "ImportStopped": _kind(
        "import_id sent left reason",
        "Inviting from a list was stopped ({reason}): {sent}, {left} wait.",
    ),
    "ImportFinished": _kind(
        "import_id sent refused", "A list was worked through: {sent}, {refused} not."
    ),
    "RoleChanged": _kind("user_id email before role", "{actor} made {email} {role}."),
    "MemberDeactivated": _kind("user_id email", "{actor} deactivated {email}."),
    "MemberReactivated": _kind("user_id email role", "{actor} reactivated {email} as {role}."),
    "SessionsRevoked": _kind("user_id email count", "{actor} ended {count} of {email}."),
    "ApiKeyCreated": _kind("key scopes", "{actor} made the API key “{key}”, for {scopes}."),
    "ApiKeyRevoked": _kind("key", "{actor} revoked the API key “{key}”."),
    "MemberLeft": _kind("user_id email", "{email} left."),
    "AccountDeleted": _kind("user_id", "A member deleted their account."),
    "PersonErased": _kind("user_id", "{actor} erased who a person was. Figures stay."),
    "SignedIn": _kind("user_id", "{actor} signed in."),
    "SignedOut": _kind("user_id", "{actor} signed out."),
    "SignInFailed": _kind("user_id", "A sign-in failed."),
    "SecondFactorOn": _kind("user_id", "{actor} switched the second factor on."),
    "SecondFactorOff": _kind("user_id", "{actor} switched the second factor off."),
    "RecoveryCodeUsed": _kind("user_id", "{actor} used a recovery code."),
    "DataExported": _kind("user_id what", "{actor} took {what}."),
    "ConfirmationRequested": _kind(
        "user_id", "{actor} asked for another mail to confirm their address."
    ),
    "EmailVerified": _kind("email", "{email} was confirmed."),
    "PasswordResetRequested": _kind("user_id", "A link to set a new password was asked for."),
    "PasswordChanged": _kind("user_id", "{actor} set a new password."),
    "WebhookCreated": _kind("webhook_id host", "{actor} added a webhook to {host}."),
    "WebhookChanged": _kind(
        "webhook_id host changed", "{actor} changed the webhook to {host}: {changed}."
    ),
    "WebhookStopped": _kind(
        "webhook_id host reason", "The webhook to {host} was switched off: {reason}."
    ),
    "WebhookTested": _kind("webhook_id host", "{actor} sent a test to the webhook to {host}."),
    "WebhookReplayed": _kind(
        "webhook_id host name", "{actor} had {name} sent to the webhook to {host} once more."
    ),
    "WebhookDeleted": _kind("webhook_id host", "{actor} deleted the webhook to {host}."),
    "ProfileChanged": _kind("user_id changed", "{actor} changed their {changed}."),
}


class Operator:
    """Whoever runs commands on the server: not a user of any organization."""

    id = None


_INSERT = Event.__table__.insert()  # type: ignore[attr-defined]
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
) -> Event:
    """Add an event to the present transaction; `by` is an Actor, 'invitee' or 'system'.

    It is sealed with the transaction; webhooks are told of it, and whoever must hear of it by mail.
    """
    row = _row(organization, name, by, invitation, data)
    event = Event(**row)
    db.session.add(event)
    seals.add(event, row)
    event_listeners.tell(event)
    owner_notices.tell(event)
    after_commit(partial(trace.record, name))
    return event


@dataclass(frozen=True, slots=True)
class Line:
    """An event to be written with many others."""

    organization_id: int
    invitation_id: int
    data: dict[str, Any]
    email_key: str | None = None


def record_many(name: str, lines: Sequence[Line], *, by: Actor | str) -> None:
    """Add one event of this name per line, all at once; each is sealed and told of."""
    rows = [
        _row(line.organization_id, name, by, line.invitation_id, line.data, line.email_key)
        for line in lines
    ]
    if not rows:
        return
    ids = _write(rows)
    for number, row in zip(ids, rows, strict=True):
        seals.add(number, row)
    after_commit(partial(trace.record, f"{name} x {len(rows)}"))
    listeners = event_listeners.of({line.organization_id for line in lines}, name)
    if listeners:
        told = [(id_, line.organization_id) for id_, line in zip(ids, lines, strict=True)]
        event_listeners.tell_many(listeners, told)


def _write(rows: list[dict[str, Any]]) -> Sequence[int]:
    if db.engine.dialect.name != "sqlite":
        in_order = insert(Event).returning(Event.id, sort_by_parameter_order=True)
        return db.session.scalars(in_order, rows).all()
    # SQLite tells ids in order only row by row. It has one writer, who may count on by itself.
    last = db.session.scalar(select(func.max(Event.id))) or 0
    numbered = [{"id": number, **row} for number, row in enumerate(rows, last + 1)]
    db.session.connection().execute(_INSERT, numbered)
    return [row["id"] for row in numbered]


def of_invitation(invitation: Invitation) -> list[tuple[Event, User | None]]:
    """The invitation's events with their actors, oldest first."""
    owner = Event.organization_id == invitation.organization_id
    joined = select(Event, User).outerjoin(User, User.id == Event.actor_id)
    theirs = joined.where(owner, Event.invitation_id == invitation.id).order_by(Event.id)
    return [(event, user) for event, user in db.session.execute(theirs)]


def _row(
    organization: Organization | int | None,
    name: str,
    by: Actor | str,
    invitation: Invitation | int | None,
    data: dict[str, Any],
    email_key: str | None = None,
) -> dict[str, Any]:
    if set(data) != EVENTS[name].keys:
        raise ValueError(f"{name} takes {sorted(EVENTS[name].keys)}, not {sorted(data)}")
    if isinstance(by, User):
        callers.confirm()
    actor = by if isinstance(by, str) else "operator" if isinstance(by, Operator) else "user"
    return {
        "organization_id": getattr(organization, "id", organization),
        "name": name,
        "at": clock.now(),
        "actor": actor,
        "actor_id": getattr(by, "id", None),
        "invitation_id": getattr(invitation, "id", invitation),
        "request_id": trace.current().request_id,
        "data": data,
        "person_id": data.get("user_id"),
        "email_key": email_key or _concerned(by, invitation, data.get("email")),
    }


def _concerned(
    by: Actor | str, invitation: Invitation | int | None, email: str | None
) -> str | None:
    """The key of the address that an event is about; reading an address takes time."""
    for known in (invitation, by):
        if isinstance(known, Invitation | User) and email in (None, known.email):
            return known.email_key
    return addresses.key_of(email) if email else None
