"""Every event's name, its exact keys and its sentence: one table for each noun."""

from __future__ import annotations

from typing import NamedTuple

from webapp.languages import marked as _
from webapp.languages import marked_plural as ngettext


class Counted(NamedTuple):
    """A number among the keys, and the sentence for one and for many."""

    key: str
    one: str
    many: str


class EventKind(NamedTuple):
    """What an event of one name carries, and how a person reads it.

    `sentence` is for an event without its number, too, if there is one to count.
    """

    keys: frozenset[str]
    sentence: str
    counted: Counted | None = None


def _kind(keys: str, sentence: str, counted: Counted | None = None) -> EventKind:
    return EventKind(frozenset(keys.split()), sentence, counted)


ORGANIZATIONS = {
    "OrganizationCreated": _kind("slug name", _("{actor} created the organization.")),
    "OrganizationSuspended": _kind("", _("{actor} suspended the organization.")),
    "OrganizationResumed": _kind("", _("{actor} resumed the organization.")),
    "SystemRestored": _kind(
        "made_at",
        _("{actor} restored a backup of {made_at}. All sessions and open links were ended."),
    ),
    "SettingsChanged": _kind("changed", _("{actor} changed {changed}.")),
    "TemplateChanged": _kind(
        "kind number", _("{actor} changed the text of the {kind} mail (version {number}).")
    ),
}
INVITATIONS = {
    "InvitationCreated": _kind(
        "email role expires_at", _("{actor} invited {email} to join as {role}.")
    ),
    "InvitationSent": _kind("email message_id", _("The mail to {email} was sent.")),
    "InvitationSendFailed": _kind(
        "email message_id words", _("The mail to {email} did not arrive: {words}")
    ),
    "InvitationBounced": _kind(
        "email message_id words", _("The mail to {email} came back: {words}")
    ),
    "InvitationUnsubscribed": _kind(
        "email how", _("{email} asked not to be mailed again, {how}. The invitation stays open.")
    ),
    "InvitationEdited": _kind(
        "changed", _("{actor} changed {changed} of the invitation for {whom}.")
    ),
    "InvitationResent": _kind(
        "expires_at", _("{actor} sent {whom} a new link. Earlier links no longer work.")
    ),
    "InvitationMailRetried": _kind("email", _("{actor} sent the mail to {email} again.")),
    "InvitationLinkCopied": _kind("", _("{actor} opened the link of {whom} to copy it.")),
    "InvitationOpened": _kind("", _("The link for {whom} was opened for the first time.")),
    "InvitationRenewalRequested": _kind(
        "expires_at", _("A new link was requested on the page of an old one and mailed to {whom}.")
    ),
    "InvitationReminded": _kind(
        "email expires_at", _("{email} was reminded that the link expires soon.")
    ),
    "InvitationAccepted": _kind(
        "email role user_id skipped", _("{email} accepted and joined as {role}.")
    ),
    "InvitationDeclined": _kind("email reason", _("{email} declined.")),
    "InvitationReported": _kind(
        "email",
        _("{email} said that the invitation is not for them. They will not be mailed again."),
    ),
    "SuppressionLifted": _kind("email reason", _("{actor} allowed mail to {email} again.")),
    "InvitationRevoked": _kind("email", _("{actor} revoked the invitation for {email}.")),
    "InvitationExpired": _kind("email", _("The invitation for {email} expired.")),
    "InvitationTakenOver": _kind(
        "email before", _("{actor} took over the invitation for {email}. It is now in their name.")
    ),
    "InvitationsErased": _kind(
        "erased",
        _("{actor} removed the addresses from {erased} that ended long ago."),
        Counted(
            "erased",
            *ngettext(
                "{actor} removed the addresses from {erased} invitation that ended long ago.",
                "{actor} removed the addresses from {erased} invitations that ended long ago.",
            ),
        ),
    ),
}
IMPORTS = {
    "ImportStarted": _kind(
        "import_id rows",
        _("{actor} started inviting {rows} from a list."),
        Counted(
            "rows",
            *ngettext(
                "{actor} started inviting {rows} person from a list.",
                "{actor} started inviting {rows} people from a list.",
            ),
        ),
    ),
    "ImportStopped": _kind(
        "import_id sent left reason",
        _("Inviting from a list was stopped ({reason}): {sent}, {left} left."),
        Counted(
            "sent",
            *ngettext(
                "Inviting from a list was stopped ({reason}): {sent} was invited, {left} left.",
                "Inviting from a list was stopped ({reason}): {sent} were invited, {left} left.",
            ),
        ),
    ),
    "ImportFinished": _kind(
        "import_id sent refused",
        _("A list was finished: {sent}, {refused} refused."),
        Counted(
            "sent",
            *ngettext(
                "A list was finished: {sent} was invited, {refused} refused.",
                "A list was finished: {sent} were invited, {refused} refused.",
            ),
        ),
    ),
}
MEMBERS = {
    "RoleChanged": _kind("user_id email before role", _("{actor} made {email} {role}.")),
    "MemberDeactivated": _kind("user_id email", _("{actor} deactivated {email}.")),
    "MemberReactivated": _kind("user_id email role", _("{actor} reactivated {email} as {role}.")),
    "SessionsRevoked": _kind(
        "user_id email count",
        _("{actor} ended {count} of {email}."),
        Counted(
            "count",
            *ngettext(
                "{actor} ended {count} session of {email}.",
                "{actor} ended {count} sessions of {email}.",
            ),
        ),
    ),
    "MemberLeft": _kind("user_id email", _("{email} left.")),
}
GROUPS = {
    "GroupCreated": _kind("group name", _("{actor} created the group “{name}”.")),
    "GroupChanged": _kind(
        "group name changed", _("{actor} changed the group “{name}”: {changed}.")
    ),
    "GroupDeleted": _kind(
        "group name members",
        _("{actor} deleted the group “{name}”."),
        Counted(
            "members",
            *ngettext(
                "{actor} deleted the group “{name}”, which had {members} member.",
                "{actor} deleted the group “{name}”, which had {members} members.",
            ),
        ),
    ),
    "GroupMemberAdded": _kind(
        "group name user_id email", _("{actor} added {email} to the group “{name}”.")
    ),
    "GroupMemberRemoved": _kind(
        "group name user_id email", _("{actor} took {email} out of the group “{name}”.")
    ),
}
LINKS = {
    "JoinLinkCreated": _kind(
        "link_id label role most_uses expires_at",
        _("{actor} created the join link “{label}”."),
        Counted(
            "most_uses",
            *ngettext(
                "{actor} created the join link “{label}” for {most_uses} person.",
                "{actor} created the join link “{label}” for up to {most_uses} people.",
            ),
        ),
    ),
    "JoinLinkChanged": _kind(
        "link_id label changed", _("{actor} changed the join link “{label}”: {changed}.")
    ),
    "JoinLinkRevoked": _kind("link_id label", _("{actor} revoked the join link “{label}”.")),
}
API_KEYS = {
    "ApiKeyCreated": _kind("key scopes", _("{actor} created the API key “{key}” for {scopes}.")),
    "ApiKeyRevoked": _kind("key", _("{actor} revoked the API key “{key}”.")),
}
ACCOUNTS = {
    "AccountDeleted": _kind("user_id", _("A member deleted their account.")),
    "PersonErased": _kind(
        "user_id", _("{actor} erased a person’s data. The figures in reports stay.")
    ),
    "SignedIn": _kind("user_id", _("{actor} signed in.")),
    "SignedOut": _kind("user_id", _("{actor} signed out.")),
    "SignInFailed": _kind("user_id", _("A sign-in failed.")),
    "SecondFactorOn": _kind("user_id", _("{actor} turned on the second factor.")),
    "SecondFactorOff": _kind("user_id", _("{actor} turned off the second factor.")),
    "RecoveryCodeUsed": _kind("user_id", _("{actor} used a recovery code.")),
    "DataExported": _kind("user_id what", _("{actor} downloaded {what}.")),
    "ConfirmationRequested": _kind(
        "user_id", _("{actor} asked for another mail to confirm their address.")
    ),
    "EmailVerified": _kind("email", _("{email} was confirmed.")),
    "PasswordResetRequested": _kind("user_id", _("A link to set a new password was requested.")),
    "PasswordChanged": _kind("user_id", _("{actor} set a new password.")),
    "ProfileChanged": _kind("user_id changed", _("{actor} changed their {changed}.")),
}
WEBHOOKS = {
    "WebhookCreated": _kind("webhook_id host", _("{actor} added a webhook to {host}.")),
    "WebhookChanged": _kind(
        "webhook_id host changed", _("{actor} changed the webhook to {host}: {changed}.")
    ),
    "WebhookStopped": _kind(
        "webhook_id host reason", _("The webhook to {host} was turned off: {reason}.")
    ),
    "WebhookTested": _kind("webhook_id host", _("{actor} sent a test to the webhook to {host}.")),
    "WebhookReplayed": _kind(
        "webhook_id host name", _("{actor} sent {name} to the webhook to {host} again.")
    ),
    "WebhookDeleted": _kind("webhook_id host", _("{actor} deleted the webhook to {host}.")),
}
EVENTS: dict[str, EventKind] = {
    **ORGANIZATIONS,
    **INVITATIONS,
    **IMPORTS,
    **LINKS,
    **MEMBERS,
    **GROUPS,
    **API_KEYS,
    **ACCOUNTS,
    **WEBHOOKS,
}
