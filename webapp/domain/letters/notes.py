"""The notes that Gatehouse adds to every mail of a kind, whatever its text says."""

from __future__ import annotations

from webapp.languages import marked

BUTTONS = {
    "invitation": marked("Accept the invitation"),
    "reminder": marked("Accept the invitation"),
    "renewal": marked("Accept the invitation"),
    "reset": marked("Set a new password"),
    "welcome": marked("Open {organization}"),
    "confirmation": marked("Confirm this address"),
    "webhook": marked("Open the webhooks"),
    "notice": marked("Set a new password"),
    "joined": marked("Open the invitation"),
    "declined": marked("Open the invitation"),
    "unreachable": marked("Open the invitation"),
    "answers": marked("Open the invitations"),
    "list": marked("Open the invitations"),
    "ending": marked("Ask to stay"),
    "review": marked("Answer now"),
    "review_admin": marked("Open the review"),
    "sponsored": marked("Open the members"),
    "requests": marked("Open the requests"),
}
# To inviters, about the people they invited.
INVITER_KINDS = ("joined", "declined", "unreachable", "answers", "list")
_INVITER = (
    marked(
        "You get this mail because you invited people to {organization}. In your account you "
        "choose whether you hear each time, once a day, or never."
    ),
)
_INVITED = (
    marked(
        "{invited_by} invited {email} to join {organization} as {role}. The link is for you alone. "
        "It works once, until {expires}. {access}"
    ),
    marked(
        "Not for you? You can ignore this mail. The link stops working on its own, and nobody can "
        "join without it. You can also open it to decline."
    ),
)
# The notes under every text: who, what, until when, and what to do if it is not for you.
NOTES: dict[str, tuple[str, ...]] = {
    "invitation": _INVITED,
    "reminder": _INVITED,
    "renewal": _INVITED,
    "reset": (
        marked(
            "This is about the account of {email} on Gatehouse at {place}. The link works once, "
            "until {expires}. Setting a new password signs you out everywhere else."
        ),
        marked("If this was not you, ignore this mail: your password stays the same."),
    ),
    "welcome": (
        marked(
            "{email} joined {organization} as {role}. Sign in with that address and your password."
        ),
        marked(
            "If you did not join, set a new password from the sign-in page. That makes the account "
            "yours."
        ),
    ),
    "confirmation": (
        marked(
            "The link works once, for seven days. If this was not you, you can still open it: the "
            "account becomes yours, and whoever created it is signed out. If you do nothing, the "
            "account works in {organization} only, and its admins see that it is unverified."
        ),
    ),
    "webhook": (marked("You get this mail because you are an admin of {organization}."),),
    "ending": (marked("You get this mail because you are a member of {organization}."),),
    "sponsored": (
        marked("You get this mail because you are the sponsor of members of {organization}."),
    ),
    "review": (
        marked("You get this mail because you are the sponsor of members of {organization}."),
    ),
    "requests": (
        marked(
            "You get this mail, at most once an hour, because you decide on requests at "
            "{organization}."
        ),
    ),
    "review_admin": (marked("You get this mail because you are an admin of {organization}."),),
    "notice": (
        marked(
            "This is about the account of {email} on Gatehouse at {place}. You cannot turn off "
            "this kind of mail."
        ),
    ),
    **dict.fromkeys(INVITER_KINDS, _INVITER),
}
UNSUBSCRIBE = marked("To stop this kind of mail from {organization}:")
UNSUBSCRIBE_INVITER = marked("To stop all mails about people you invited:")
TEST = marked(
    "This is a test that only you received. It uses example data, and its link leads nowhere."
)
FOOTER = marked("Sent by Gatehouse at {place}.")
