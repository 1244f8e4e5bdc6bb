"""The events about members and who answers for them."""

from __future__ import annotations

from webapp.domain.events.kind import Counted, kind
from webapp.languages import marked as _
from webapp.languages import marked_plural as ngettext

MEMBERS = {
    "RoleChanged": kind("user_id email before role", _("{actor} made {email} {role}.")),
    "MemberDeactivated": kind("user_id email", _("{actor} deactivated {email}.")),
    "MemberReactivated": kind("user_id email role", _("{actor} reactivated {email} as {role}.")),
    "SessionsRevoked": kind(
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
    "MemberLeft": kind("user_id email", _("{email} left.")),
    "MembershipEndChanged": kind(
        "user_id email before ends_at", _("{actor} set the access of {email} to end on {ends_at}.")
    ),
    "MembershipEndAnnounced": kind(
        "user_id email ends_at", _("{email} was told that their access ends on {ends_at}.")
    ),
    "MembershipEnded": kind("user_id email ends_at", _("The access of {email} ended.")),
    "MembershipEndPutOff": kind(
        "user_id email before ends_at",
        _(
            "The end of the access of {email} was put off to {ends_at}, "
            "as nobody else would have been an admin."
        ),
    ),
    "AccessReviewStarted": kind(
        "review_id members until silence",
        _("{actor} started an access review of {members}."),
        Counted(
            "members",
            *ngettext(
                "{actor} started an access review of {members} member.",
                "{actor} started an access review of {members} members.",
            ),
        ),
    ),
    "AccessConfirmed": kind(
        "user_id email review_id role invited_by",
        _("{actor} confirmed the access of {email} as {role}."),
    ),
    "AccessWithdrawn": kind(
        "user_id email review_id role invited_by",
        _("{actor} ended the access of {email} in an access review."),
    ),
    "AccessReviewFinished": kind(
        "review_id kept changed ended gone unanswered digest",
        _("An access review was finished: {kept} confirmed, {changed} changed, {ended} ended."),
    ),
    "AccessReviewSponsorsAsked": kind(
        "review_id", _("{actor} asked sponsors to review the access of the members they sponsor.")
    ),
    "AccessReviewStopped": kind(
        "review_id left",
        _("{actor} stopped an access review with {left} unanswered."),
        Counted(
            "left",
            *ngettext(
                "{actor} stopped an access review with {left} member unanswered.",
                "{actor} stopped an access review with {left} members unanswered.",
            ),
        ),
    ),
    "SponsorChanged": kind(
        "user_id email before sponsor", _("{actor} changed the sponsor of {email}.")
    ),
    # Without an address: it may be recorded while the sponsor is being erased.
    "SponsorshipsHandedOver": kind(
        "user_id count sponsor",
        _("A sponsor is no longer responsible for {count}."),
        Counted(
            "count",
            *ngettext(
                "A sponsor is no longer responsible for {count} member.",
                "A sponsor is no longer responsible for {count} members.",
            ),
        ),
    ),
}
