"""What programs send: one schema for each call, with descriptions for the document."""

from __future__ import annotations

from datetime import UTC

from marshmallow import Schema, fields, validate

from webapp.domain.invitations import lists, table
from webapp.domain.organizations import member_table
from webapp.languages import LANGUAGES
from webapp.web.api.schema_fields import (
    ACCESS_DAYS,
    ACCESS_UNTIL,
    ROLES,
    STATES,
    ShortList,
    StrictSchema,
    access_days,
    choice,
    chosen_groups,
    text,
)

MOST = 100  # rows of one page
*_SOME, _LAST = LANGUAGES
IN_WHICH = (
    f"The language they read (BCP 47): {', '.join(_SOME)} or {_LAST}; null: the organization's."
)


GIVEN = "The slugs of the groups they will be in once they join; the default ones if left out."
ONE_GROUP = "Only those with this group, by its slug."
ONE_LINK = "Only invitations that came by this join link, by its id."


def one_link() -> fields.Integer:
    """A join link to filter by."""
    ids = validate.Range(1, 10**18)
    return fields.Integer(validate=ids, metadata={"description": ONE_LINK})


class Invite(StrictSchema):
    """An invitation to create."""

    email = text("The address to invite.", 254, required=True, metadata={"format": "email"})
    role = choice("The role they get.", ROLES, required=True)
    expiry_days = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, 30),
        metadata={"description": "How many days the link works: 1, 3, 7, 14 or 30."},
    )
    name = text("Used to greet them.", 100, allow_none=True)
    message = text("Shown in the mail.", 1000, allow_none=True)
    language = choice(IN_WHICH, list(LANGUAGES), allow_none=True)
    groups = chosen_groups(GIVEN)
    access_until = text(ACCESS_UNTIL, 40, allow_none=True)
    access_days = access_days()
    send_email = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=True,
        metadata={"description": "Whether to mail the link. It is in the response either way."},
    )


class Item(StrictSchema):
    """One of many to invite. Its result says what is wrong with it, if anything."""

    email = text("The address to invite.")
    role = text("The role they get: admin, manager or contributor.")
    expiry_days = fields.Integer(strict=True, allow_none=True)
    name = text("Used to greet them.", allow_none=True)
    message = text("Shown in the mail.", allow_none=True)
    language = text(IN_WHICH, allow_none=True)
    groups = ShortList(
        fields.String(), validate=validate.Length(max=100), metadata={"description": GIVEN}
    )
    access_until = text(ACCESS_UNTIL, allow_none=True)
    access_days = fields.Integer(
        strict=True, allow_none=True, metadata={"description": ACCESS_DAYS}
    )
    send_email = fields.Boolean(truthy={True}, falsy={False}, load_default=True)


class InviteMany(StrictSchema):
    """The people to invite, each with the fields of a single invitation."""

    invitations = ShortList(
        fields.Nested(Item),
        required=True,
        validate=validate.Length(1, lists.MOST),
    )


class Edit(StrictSchema):
    """Changes to an open invitation. Fields you leave out stay the same."""

    role = choice("The role they get.", ROLES)
    expiry_days = fields.Integer(
        strict=True,
        validate=validate.Range(1, 30),
        metadata={"description": "How many days the link works, counted from when it was created."},
    )
    name = text("Used to greet them.", 100, allow_none=True)
    message = text("Shown in the mail.", 1000, allow_none=True)
    language = choice(IN_WHICH, list(LANGUAGES), allow_none=True)
    groups = chosen_groups("The slugs of all groups they will be in once they join.")
    access_until = text(ACCESS_UNTIL, 40, allow_none=True)
    access_days = access_days()


class Paged(Schema):
    """One page of a list."""

    cursor = text("Where to continue: `next` from the previous page.", 1000)
    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, MOST),
        metadata={"description": "The largest number of items to return."},
    )


class InvitationQuery(Paged):
    """Which invitations to list, and in which order."""

    status = choice("Only invitations in this state.", STATES)
    q = text("Only invitations whose address or name contains these words.", 254)
    group = text(ONE_GROUP, 40)
    link = one_link()
    sort = choice(
        "The order. A leading hyphen reverses it.",
        [f"{sign}{name}" for name in table.SORTS for sign in ("-", "")],
        load_default=table.NEWEST,
    )


class MemberQuery(Paged):
    """Which members to list."""

    status = choice(
        "Only members with this status; `ending` is active, with an end within 30 days.",
        list(member_table.STATUSES),
        load_default="active",
    )
    q = text("Only members whose name or address contains these words.", 254)
    group = text(ONE_GROUP, 40)


class EventQuery(Paged):
    """Which events to list."""

    name = text("Only events with this name, like InvitationAccepted.", 40)
    after = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        metadata={"description": "Only events after this time (RFC 3339).", "format": "date-time"},
    )


class ReportPeriod(Schema):
    """The period to report on."""

    from_ = text("The first day of the period, like 2026-11-02.", 20, data_key="from")
    to = text("The last day of the period.", 20)
    zone = text("The IANA time zone of these days. UTC if you leave it out.", 60)
    group = text(ONE_GROUP, 40)
    link = one_link()


class Token(Schema):
    """A link's token."""

    token = text("What follows `token=` in the link.", 2000, required=True)


class Accept(StrictSchema):
    """Accepting an invitation: with a new account, or with the password of an existing one."""

    token = text("What follows `token=` in the link.", 2000, required=True)
    full_name = text("The new account's name. Required unless the address has an account.", 1000)
    password = text(
        "A new password, or that of the existing account.",
        1000,
        required=True,
        metadata={"format": "password"},
    )
    username = text("Can be used instead of the address to sign in.", 1000, allow_none=True)
    code = text("The second-factor code, for an account that has one.", 100, allow_none=True)


class SignIn(StrictSchema):
    """Who signs in, and to which organization."""

    email = text("The address or username.", 1000, required=True)
    password = text("The password.", 1000, required=True, metadata={"format": "password"})
    organization = text("The slug of the organization. The last one used if you leave it out.", 40)
    code = text("The current second-factor code, or a recovery code.", 100)
