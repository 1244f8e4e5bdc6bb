"""The shapes of the API's answers."""

from __future__ import annotations

from marshmallow import fields, validate

from webapp.domain.accounts import api_keys
from webapp.web.api.schemas import ROLES, STATES, Problem, Shape, chosen, moment, number, said

LINK_STATES = ["pending", *(s for s in STATES if s != "pending"), "superseded", "closed"]


class Organization(Shape):
    """An organization."""

    slug = said("Its name in addresses.")
    name = said("Its name.")


class Invitation(Shape):
    """An invitation."""

    id = number()
    email = said("Whom it invites, as typed.")
    role = chosen("What they become.", ROLES, required=True)
    state = chosen("How it stands.", STATES, required=True)
    status = chosen("The same, by the name of the filter.", STATES, required=True)
    delivery = said("The newest mail: queued, sending, sent, failed …; null: none.", null=True)
    name = said("Their name, as the inviter wrote it.", null=True)
    message = said("The inviter's words.", null=True)
    expiry_days = number("Days that its link is good.")
    invited_by = said("Who invited; null for the operator.", null=True)
    created_at = moment("When it was made.")
    expires_at = moment("When its link ends.")
    opened_at = moment("When its link was first opened.", null=True)
    ended_at = moment("When it ended.", null=True)
    decline_reason = said("Why they declined, if they said so.", null=True)


class InvitationMade(Invitation):
    """A new invitation with its link, to be handed over by other means."""

    link = said("Its link. It proves nobody's mailbox: an account made by it is unverified.")


class Invitations(Shape):
    """A page of invitations."""

    items = fields.List(fields.Nested(Invitation), required=True)
    next = said("The cursor of the next page.", null=True)


class Result(Shape):
    """What became of one of many: an invitation, or a problem."""

    status = number("201, or the problem's status.")
    email = said("As it was sent.", null=True)
    invitation = fields.Nested(InvitationMade)
    problem = fields.Nested(Problem)


class Results(Shape):
    """What became of each, in the order in which they were sent."""

    results = fields.List(fields.Nested(Result), required=True)
    invited = number("How many were invited.")
    refused = number("How many were not.")


class Opening(Shape):
    """An invitation as the holder of its link sees it."""

    valid = fields.Boolean(required=True, metadata={"description": "Whether it can be accepted."})
    state = chosen("How the link stands.", LINK_STATES, required=True)
    email = said("Whom it invites.")
    role = chosen("What they become.", ROLES, required=True)
    name = said("Their name, as the inviter wrote it.", null=True)
    organization = fields.Nested(Organization, required=True)
    organization_name = said("The organization's name again.")
    expires_at = moment("When it ends.")
    has_account = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether an account's password is asked for; a copied link never says."
        },
    )


class User(Shape):
    """An account."""

    id = number()
    email = said("Its address.")
    username = said("Its other name to sign in with.", null=True)
    full_name = said("The person's name.")
    verified = fields.Boolean(
        required=True, metadata={"description": "Whether somebody proved to hold the mailbox."}
    )


class Membership(Shape):
    """A place in an organization."""

    id = number("Its id, as in the list of members.")
    role = chosen("What they may do.", ROLES, required=True)
    status = chosen("Whether they may enter.", ["active", "deactivated"], required=True)
    joined_at = moment("When they joined.")
    organization = fields.Nested(Organization, required=True)


class SignedIn(Shape):
    """A new session."""

    access_token = said("The token: Authorization: Bearer …")
    token_type = chosen("How to send it.", ["bearer"], required=True)
    expires_at = moment("When it ends at the latest.")
    user = fields.Nested(User, required=True)
    membership = fields.Nested(Membership, required=True, allow_none=True)


class Joined(SignedIn):
    """A new member, signed in."""

    membership = fields.Nested(Membership, required=True)


class Me(Shape):
    """Who is calling, and what they may do."""

    user = fields.Nested(User, required=True)
    membership = fields.Nested(Membership, required=True, allow_none=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(list(api_keys.SCOPES))), required=True
    )
    by = chosen("How they are known.", ["key", "session"], required=True)


class Member(Shape):
    """A member."""

    id = number()
    user_id = number("The account's id.")
    email = said("Their address.")
    full_name = said("Their name.")
    role = chosen("What they may do.", ROLES, required=True)
    status = chosen("Whether they may enter.", ["active", "deactivated"], required=True)
    joined_at = moment("When they joined.")
    last_seen_at = moment("Their last activity; null for contributors who ask.", null=True)


class Members(Shape):
    """A page of members."""

    items = fields.List(fields.Nested(Member), required=True)
    next = said("The cursor of the next page.", null=True)


class Actor(Shape):
    """Who did it."""

    kind = chosen("What they are.", ["user", "operator", "invitee", "system"], required=True)
    id = fields.Integer(required=True, allow_none=True)
    name = said("The user's name.", null=True)


class Event(Shape):
    """A line of the audit trail."""

    id = number()
    name = said("Its name, like InvitationAccepted.")
    at = moment("When it happened.")
    actor = fields.Nested(Actor, required=True)
    invitation_id = fields.Integer(required=True, allow_none=True)
    sentence = said("The same for people.")
    data = fields.Dict(required=True, metadata={"description": "What belongs to its name."})


class Events(Shape):
    """A page of events."""

    items = fields.List(fields.Nested(Event), required=True)
    next = said("The cursor of the next page.", null=True)


def share(say: str) -> fields.Float:
    """A figure that is unknown while nobody has accepted."""
    return fields.Float(required=True, allow_none=True, metadata={"description": say})


class Figures(Shape):
    """Counts of invitations, and how long it took until they were accepted."""

    invited = number("All of them, by mail or with a link alone.")
    sent = number("A mail server took a mail.")
    delivered = number("And not each of those mails came back.")
    opened = number("The link was opened.")
    accepted = number("They joined.")
    declined = number("They declined.")
    expired = number("The link ran out.")
    revoked = number("An admin ended it.")
    pending = number("Still open.")
    acceptance_rate = share("Accepted of all that were invited, from 0 to 1.")
    median_seconds = share("From invitation to acceptance, half of them were quicker.")
    mean_seconds = share("From invitation to acceptance, on average.")
    p90_seconds = share("From invitation to acceptance, nine of ten were quicker.")


class Line(Shape):
    """The figures of one week, inviter, role or domain."""

    key = said("Which one: 2026-W47, the inviter's id, the role, the domain.")
    name = said("The same for people.")
    figures = fields.Nested(Figures, required=True)


class Report(Shape):
    """The figures of a period, all together and line by line."""

    first = fields.String(
        required=True, data_key="from", metadata={"description": "Its first day.", "format": "date"}
    )
    last = fields.String(
        required=True, data_key="to", metadata={"description": "Its last day.", "format": "date"}
    )
    zone = said("The time zone of these days.")
    total = fields.Nested(Figures, required=True)
    weeks = fields.List(fields.Nested(Line), required=True)
    inviters = fields.List(fields.Nested(Line), required=True)
    roles = fields.List(fields.Nested(Line), required=True)
    domains = fields.List(fields.Nested(Line), required=True)
