"""Every event's name, its exact keys and its sentence: one table for each noun."""

from __future__ import annotations

from webapp.domain.events.application_kinds import APPLICATIONS
from webapp.domain.events.group_kinds import GROUPS
from webapp.domain.events.kind import Counted, EventKind, kind
from webapp.domain.events.link_kinds import LINKS
from webapp.domain.events.member_kinds import MEMBERS
from webapp.domain.events.request_kinds import REQUESTS
from webapp.languages import marked as _
from webapp.languages import marked_plural as ngettext

ORGANIZATIONS = {
    "OrganizationCreated": kind("slug name", _("{actor} created the organization.")),
    "OrganizationSuspended": kind("", _("{actor} suspended the organization.")),
    "OrganizationResumed": kind("", _("{actor} resumed the organization.")),
    "SystemRestored": kind(
        "made_at",
        _("{actor} restored a backup of {made_at}. All sessions and open links were ended."),
    ),
    "SettingsChanged": kind("changed", _("{actor} changed {changed}.")),
    "TemplateChanged": kind(
        "kind number", _("{actor} changed the text of the {kind} mail (version {number}).")
    ),
}
INVITATIONS = {
    "InvitationCreated": kind(
        "email role expires_at groups", _("{actor} invited {email} to join as {role}.")
    ),
    "InvitationSent": kind("email message_id", _("The mail to {email} was sent.")),
    "InvitationSendFailed": kind(
        "email message_id words", _("The mail to {email} did not arrive: {words}")
    ),
    "InvitationBounced": kind(
        "email message_id words", _("The mail to {email} came back: {words}")
    ),
    "InvitationUnsubscribed": kind(
        "email how", _("{email} asked not to be mailed again, {how}. The invitation stays open.")
    ),
    "InvitationEdited": kind(
        "changed", _("{actor} changed {changed} of the invitation for {whom}.")
    ),
    "InvitationResent": kind(
        "expires_at", _("{actor} sent {whom} a new link. Earlier links no longer work.")
    ),
    "InvitationMailRetried": kind("email", _("{actor} sent the mail to {email} again.")),
    "InvitationLinkCopied": kind("", _("{actor} opened the link of {whom} to copy it.")),
    "InvitationOpened": kind("", _("The link for {whom} was opened for the first time.")),
    "InvitationRenewalRequested": kind(
        "expires_at", _("A new link was requested on the page of an old one and mailed to {whom}.")
    ),
    "InvitationReminded": kind(
        "email expires_at", _("{email} was reminded that the link expires soon.")
    ),
    "InvitationAccepted": kind(
        "email role user_id skipped", _("{email} accepted and joined as {role}.")
    ),
    "InvitationDeclined": kind("email reason", _("{email} declined.")),
    "InvitationReported": kind(
        "email",
        _("{email} said that the invitation is not for them. They will not be mailed again."),
    ),
    "SuppressionLifted": kind("email reason", _("{actor} allowed mail to {email} again.")),
    "InvitationRevoked": kind("email", _("{actor} revoked the invitation for {email}.")),
    "InvitationExpired": kind("email", _("The invitation for {email} expired.")),
    "InvitationTakenOver": kind(
        "email before", _("{actor} took over the invitation for {email}. It is now in their name.")
    ),
    "InvitationHandedOver": kind(
        "email before inviter",
        _(
            "The access of the person who invited {email} ended, "
            "so the invitation is now in another name."
        ),
    ),
    "InvitationsErased": kind(
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
    "ImportStarted": kind(
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
    "ImportStopped": kind(
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
    "ImportFinished": kind(
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
API_KEYS = {
    "ApiKeyCreated": kind("key scopes", _("{actor} created the API key “{key}” for {scopes}.")),
    "ApiKeyRevoked": kind("key", _("{actor} revoked the API key “{key}”.")),
}
ACCOUNTS = {
    "AccountDeleted": kind("user_id", _("A member deleted their account.")),
    "PersonErased": kind(
        "user_id", _("{actor} erased a person’s data. The figures in reports stay.")
    ),
    "SignedIn": kind("user_id", _("{actor} signed in.")),
    "SignedOut": kind("user_id", _("{actor} signed out.")),
    "SignInFailed": kind("user_id", _("A sign-in failed.")),
    "SecondFactorOn": kind("user_id", _("{actor} turned on the second factor.")),
    "SecondFactorOff": kind("user_id", _("{actor} turned off the second factor.")),
    "RecoveryCodeUsed": kind("user_id", _("{actor} used a recovery code.")),
    "DataExported": kind("user_id what", _("{actor} downloaded {what}.")),
    "ConfirmationRequested": kind(
        "user_id", _("{actor} asked for another mail to confirm their address.")
    ),
    "EmailVerified": kind("email", _("{email} was confirmed.")),
    "PasswordResetRequested": kind("user_id", _("A link to set a new password was requested.")),
    "PasswordChanged": kind("user_id", _("{actor} set a new password.")),
    "ProfileChanged": kind("user_id changed", _("{actor} changed their {changed}.")),
}
WEBHOOKS = {
    "WebhookCreated": kind("webhook_id host", _("{actor} added a webhook to {host}.")),
    "WebhookChanged": kind(
        "webhook_id host changed", _("{actor} changed the webhook to {host}: {changed}.")
    ),
    "WebhookStopped": kind(
        "webhook_id host reason", _("The webhook to {host} was turned off: {reason}.")
    ),
    "WebhookTested": kind("webhook_id host", _("{actor} sent a test to the webhook to {host}.")),
    "WebhookReplayed": kind(
        "webhook_id host name", _("{actor} sent {name} to the webhook to {host} again.")
    ),
    "WebhookDeleted": kind("webhook_id host", _("{actor} deleted the webhook to {host}.")),
}
EVENTS: dict[str, EventKind] = {
    **ORGANIZATIONS,
    **INVITATIONS,
    **IMPORTS,
    **LINKS,
    **REQUESTS,
    **MEMBERS,
    **GROUPS,
    **APPLICATIONS,
    **API_KEYS,
    **ACCOUNTS,
    **WEBHOOKS,
}
