"""The notes that Gatehouse adds to every mail of a kind, whatever its text says."""

from __future__ import annotations

BUTTONS = {
    "invitation": "Accept the invitation",
    "reminder": "Accept the invitation",
    "renewal": "Accept the invitation",
    "reset": "Set a new password",
    "welcome": "Open {organization}",
    "confirmation": "Confirm this address",
    "webhook": "Open the webhooks",
    "notice": "Set a new password",
}
_INVITED = (
    "{invited_by} invited {email} to join {organization} as {role}. The link is for you alone. "
    "It works once, until {expires}.",
    "If this is not for you, you need do nothing: without the link nobody gets in, and it ends by "
    "itself. You can also decline on its page.",
)
# The notes under every text: who, what, until when, and what to do if it is not for you.
NOTES: dict[str, tuple[str, ...]] = {
    "invitation": _INVITED,
    "reminder": _INVITED,
    "renewal": _INVITED,
    "reset": (
        "This is about the account of {email} on Gatehouse at {place}. The link works once, until "
        "{expires}. Setting a new password signs you out everywhere else.",
        "If it was not you, do nothing: your password stays as it is.",
    ),
    "welcome": (
        "{email} joined {organization} as {role}. Sign in with that address and your password.",
        "If this is not for you, set a new password on the sign-in page: the account is yours.",
    ),
    "confirmation": (
        "The link works once, for seven days. If it was not you, open it all the same: the account "
        "becomes yours, and whoever made it is signed out. Or do nothing: then it works in "
        "{organization} only, and its admins see that it is unverified.",
    ),
    "webhook": ("You get this mail because you are an admin of {organization}.",),
    "notice": (
        "This is about the account of {email} on Gatehouse at {place}. Such mails cannot be "
        "switched off.",
    ),
}
UNSUBSCRIBE = "To get no more mail of this kind from {organization}:"
