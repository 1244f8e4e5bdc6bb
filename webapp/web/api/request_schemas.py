"""What programs send: one schema for each call, with descriptions for the document."""

from __future__ import annotations

from datetime import UTC

from marshmallow import Schema, fields, validate

from webapp.domain.invitations import inviter_handover, lists, table
from webapp.web.api.schema_fields import ROLES, STATES, StrictSchema, choice, text

MOST = 100  # rows of one page


class Invite(StrictSchema):
    """Whom to invite, as what, for how long, with which words."""

    email = text("Whom to invite.", 254, required=True, metadata={"format": "email"})
    role = choice("What they become.", ROLES, required=True)
    expiry_days = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, 30),
        metadata={"description": "Days that the link is good: 1, 3, 7, 14 or 30."},
    )
    name = text("Greets them in the mail.", 100, allow_none=True)
    message = text("Stands in the mail.", 1000, allow_none=True)
    send_email = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=True,
        metadata={"description": "Whether to mail the link. It is in the answer either way."},
    )


class Item(StrictSchema):
    """One of many to be invited; what is wrong with it is told in its own result."""

    email = text("Whom to invite.")
    role = text("What they become: admin, manager or contributor.")
    expiry_days = fields.Integer(strict=True, allow_none=True)
    name = text("Greets them in the mail.", allow_none=True)
    message = text("Stands in the mail.", allow_none=True)
    send_email = fields.Boolean(truthy={True}, falsy={False}, load_default=True)


class InviteMany(StrictSchema):
    """Whom to invite, each with the words of inviting one."""

    invitations = fields.List(
        fields.Nested(Item),
        required=True,
        validate=validate.Length(1, lists.MOST),
    )


class Edit(StrictSchema):
    """What to change of an open invitation; what is left out stays."""

    role = choice("What they become.", ROLES)
    expiry_days = fields.Integer(
        strict=True,
        validate=validate.Range(1, 30),
        metadata={"description": "Days that the link is good, counted from when it was made."},
    )
    name = text("Greets them in the mail.", 100, allow_none=True)
    message = text("Stands in the mail.", 1000, allow_none=True)


class Paged(Schema):
    """A part of a list."""

    cursor = text("Where to go on: `next` of the page before.", 1000)
    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, MOST),
        metadata={"description": "How many at most."},
    )


class InvitationQuery(Paged):
    """Which invitations, in which order."""

    status = choice("Only those that stand so.", STATES)
    q = text("Only those whose address or name holds these words.", 254)
    sort = choice(
        "The order; with a hyphen backwards.",
        [f"{sign}{name}" for name in table.SORTS for sign in ("-", "")],
        load_default=table.NEWEST,
    )


class MemberQuery(Paged):
    """Which members."""

    status = choice("Only those.", ["active", "deactivated"], load_default="active")
    q = text("Only those whose name or address holds these words.", 254)


class EventQuery(Paged):
    """Which events."""

    name = text("Only those of this name, like InvitationAccepted.", 40)
    after = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        metadata={"description": "Only those after this moment, RFC 3339.", "format": "date-time"},
    )


class ReportPeriod(Schema):
    """Which period."""

    from_ = text("The first day of the period, like 2026-11-02.", 20, data_key="from")
    to = text("The last day, which is within it.", 20)
    zone = text("The IANA time zone of these days; UTC if left out.", 60)


class Token(Schema):
    """A link's token."""

    token = text("What stands behind `token=` in the link.", 2000, required=True)


class Accept(StrictSchema):
    """The answer to an invitation: a new account, or the password of the one there is."""

    token = text("What stands behind `token=` in the link.", 2000, required=True)
    full_name = text("The new account's name; needed unless there is an account.", 1000)
    password = text(
        "A new password, or the account's own.",
        1000,
        required=True,
        metadata={"format": "password"},
    )
    username = text("To sign in with instead of the address.", 1000, allow_none=True)
    code = text("The second factor of an account that has one.", 100, allow_none=True)


class SignIn(StrictSchema):
    """Who signs in, and where."""

    email = text("The address or username.", 1000, required=True)
    password = text("The password.", 1000, required=True, metadata={"format": "password"})
    organization = text("The slug of the one to act in; otherwise the last used.", 40)
    code = text("The second factor: a code of now, or a recovery code.", 100)


class ChangeRole(StrictSchema):
    """Another role, and what becomes of an admin's open invitations."""

    role = choice("The new role.", ROLES, required=True)
    pending = choice(
        "The open invitations of an admin who is demoted.",
        list(inviter_handover.CHOICES),
        load_default=inviter_handover.REVOKE,
    )


class Deactivate(StrictSchema):
    """What becomes of an admin's open invitations."""

    pending = choice(
        "The open invitations of an admin who is deactivated.",
        list(inviter_handover.CHOICES),
        load_default=inviter_handover.REVOKE,
    )
