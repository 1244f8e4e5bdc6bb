"""Every event's name, its exact keys and its sentence: one table for each noun."""

from __future__ import annotations

from typing import NamedTuple


class EventKind(NamedTuple):
    """What an event of one name carries, and how a person reads it."""

    keys: frozenset[str]
    sentence: str


def _kind(keys: str, sentence: str) -> EventKind:
    return EventKind(frozenset(keys.split()), sentence)


ORGANIZATIONS = {
    "OrganizationCreated": _kind("slug name", "{actor} created the organization."),
    "OrganizationSuspended": _kind("", "{actor} suspended the organization."),
    "OrganizationResumed": _kind("", "{actor} resumed the organization."),
    "SettingsChanged": _kind("changed", "{actor} changed {changed}."),
    "TemplateChanged": _kind(
        "kind number", "{actor} changed the text of the {kind} mail (version {number})."
    ),
}
INVITATIONS = {
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
}
IMPORTS = {
    "ImportStarted": _kind("import_id rows", "{actor} began to invite {rows} from a list."),
    "ImportStopped": _kind(
        "import_id sent left reason",
        "Inviting from a list was stopped ({reason}): {sent}, {left} wait.",
    ),
    "ImportFinished": _kind(
        "import_id sent refused", "A list was worked through: {sent}, {refused} not."
    ),
}
MEMBERS = {
    "RoleChanged": _kind("user_id email before role", "{actor} made {email} {role}."),
    "MemberDeactivated": _kind("user_id email", "{actor} deactivated {email}."),
    "MemberReactivated": _kind("user_id email role", "{actor} reactivated {email} as {role}."),
    "SessionsRevoked": _kind("user_id email count", "{actor} ended {count} of {email}."),
    "MemberLeft": _kind("user_id email", "{email} left."),
}
API_KEYS = {
    "ApiKeyCreated": _kind("key scopes", "{actor} made the API key “{key}”, for {scopes}."),
    "ApiKeyRevoked": _kind("key", "{actor} revoked the API key “{key}”."),
}
ACCOUNTS = {
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
    "ProfileChanged": _kind("user_id changed", "{actor} changed their {changed}."),
}
WEBHOOKS = {
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
}
EVENTS: dict[str, EventKind] = {
    **ORGANIZATIONS,
    **INVITATIONS,
    **IMPORTS,
    **MEMBERS,
    **API_KEYS,
    **ACCOUNTS,
    **WEBHOOKS,
}
