"""What events recorded in English words, in another language.

The trail keeps what was recorded as it was, so the words are found again in the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence

from webapp import formats, stored_english
from webapp.languages import gettext
from webapp.languages import marked as _

KEYS = ("changed", "how", "kind", "reason", "what", "words")
JOINTS = (" and ", ", ")  # between several phrases
PHRASES = (
    # of settings
    _("the name to “%(name)s”"),
    _("the color to green"),
    _("the color to blue"),
    _("the color to violet"),
    _("the color to plum"),
    _("the color to red"),
    _("the color to copper"),
    _("the color to slate"),
    _("the second factor to required"),
    _("the second factor to optional"),
    _("the term of links to the default"),
    _("the term of links to %(days)s days"),
    _("who can be invited to anyone"),
    _("who can be invited to %(domains)s"),
    _("when ended invitations are erased to never"),
    _("when ended invitations are erased to %(days)s days after they end"),
    _("reminders to on"),
    _("reminders to off"),
    _("the time of reminders to %(hours)s hours"),
    _("the address for replies to the inviter’s"),
    _("the address for replies to Gatehouse’s"),
    _("the language of invitations to the reader’s"),
    _("the language of invitations to %(language)s"),
    _("the time zone to %(zone)s"),
    _("the usual access of admins to no end"),
    _("the usual access of admins to %(days)s days"),
    _("the longest access of admins to no limit"),
    _("the longest access of admins to %(days)s days"),
    _("the usual access of managers to no end"),
    _("the usual access of managers to %(days)s days"),
    _("the longest access of managers to no limit"),
    _("the longest access of managers to %(days)s days"),
    _("the usual access of contributors to no end"),
    _("the usual access of contributors to %(days)s days"),
    _("the longest access of contributors to no limit"),
    _("the longest access of contributors to %(days)s days"),
    _("access reviews to every %(days)s days"),
    _("access reviews to when an admin starts one"),
    _("what silence means in a review to “access stays”"),
    _("what silence means in a review to “access ends”"),
    _("who can suggest people to nobody"),
    _("who can suggest people to managers"),
    _("who can suggest people to everybody"),
    _("how many people a member can suggest to %(number)s a month"),
    _("the page where strangers ask to join to on"),
    _("the page where strangers ask to join to off"),
    _("second admins to required"),
    _("second admins to not required"),
    # of an invitation
    _("the access"),
    _("the role"),
    _("the term"),
    _("the name"),
    _("the message"),
    _("the language"),
    _("the groups"),
    # of a group
    _("its description"),
    _("its default to on"),
    _("its default to off"),
    # of a join link
    _("its state to paused"),
    _("its state to active"),
    _("its author"),
    # of an application
    _("its home address to %(address)s"),
    _("who may enter to all members"),
    _("who may enter to the groups %(groups)s"),
    _("the length of a visit to %(minutes)s minutes"),
    _("unverified accounts to allowed"),
    _("unverified accounts to refused"),
    # how somebody entered one, and why somebody did not
    _("through the proxy"),
    _("through OpenID Connect"),
    _("the organization is suspended"),
    _("the application is paused"),
    _("the member is deactivated"),
    _("access has ended"),
    _("not in a group that may enter"),
    _("the address is unverified"),
    _("no second factor"),
    # of a webhook
    _("its address"),
    _("its name"),
    _("its events"),
    _("its secret"),
    _("its state to on"),
    _("its state to off"),
    # of an account
    _("mails about the people they invited"),
    # how somebody unsubscribed
    _("with the unsubscribe link in the mail"),
    _("by marking the mail as unwanted"),
    # what was downloaded
    _("a copy of the audit trail"),
    _("a copy of all that is kept about a person"),
    _("a copy of their own data"),
    _("the result of an access review"),
    # how a request ended without being approved
    _("declined by an admin"),
    _("withdrawn"),
    _("lapsed after 14 days"),
    _("ended by a restore"),
    # why a list or a webhook was stopped
    _("as asked"),
    _("it answered 410 Gone"),
    _("%(failures)s attempts in a row failed over at least %(days)s days"),
)
# Words that mean something else in other places of the catalogue.
NAMES = {
    "name": _("their name"),
    "username": _("their username"),
    "invitation": _("Invitation"),
    "reminder": _("Reminder"),
    "renewal": _("New link, asked for by the invitee"),
    "reset": _("New password"),
    "welcome": _("Welcome"),
    "proposal": _("suggested by a member"),
    "ask": _("asked to join"),
    "stay": _("asked to stay"),
}


def told(text: str) -> str:
    """The words in the reader's language; as they were recorded if they are not known here."""
    for joint in JOINTS:
        if phrases := _phrases(text.split(joint), joint):
            return formats.listed(phrases)
    return gettext(text) if text else ""


def _phrases(parts: Sequence[str], joint: str) -> list[str]:
    """The phrases that were joined; none if a part is of none. Values may hold the joint, too."""
    found, open_parts = [], []
    for part in parts:
        open_parts.append(part)
        phrase = _phrase(joint.join(open_parts))
        if phrase is not None:
            found.append(phrase)
            open_parts = []
    return [] if open_parts else found


def _phrase(text: str) -> str | None:
    return gettext(NAMES[text]) if text in NAMES else stored_english.match(text, PHRASES)
