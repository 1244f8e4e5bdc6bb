"""How join links are shown."""

from __future__ import annotations

from marshmallow import fields

from webapp.domain.links import codes
from webapp.domain.links.fields import ROLES
from webapp.domain.links.states import LinkState
from webapp.domain.links.table import LinkLine
from webapp.web.api.schema_fields import StrictSchema, answer_text, choice, moment, number


class LinkSchema(StrictSchema):
    """A join link."""

    id = fields.Integer(required=True, attribute="link.id", metadata={"description": "Its id."})
    label = answer_text("What it is for.", of="link.label")
    link = answer_text("The address to give to people. Null if its key is gone.", null=True)
    code = answer_text("The code, to be typed at `/join`. Null if its key is gone.", null=True)
    state = choice(
        "Its state. A `closed` link does not work because its author may not invite any more.",
        [state.value for state in LinkState],
        required=True,
    )
    role = choice("The role people get.", list(ROLES), required=True, attribute="link.role")
    groups = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Slugs of the groups that people will be in."},
    )
    domains = fields.List(
        fields.String(),
        required=True,
        attribute="link.domains",
        metadata={"description": "Only addresses at these domains may ask. Empty: any."},
    )
    most_uses = fields.Integer(
        required=True,
        attribute="link.most_uses",
        metadata={"description": "How many people can join through it."},
    )
    used = number("How many of these places are taken: accepted and open invitations.")
    accepted = number("How many have joined through it.")
    ended = number("How many of its invitations expired, or were declined or revoked.")
    access_days = fields.Integer(
        required=True,
        allow_none=True,
        attribute="link.access_days",
        metadata={"description": "How many days people have access, counted from joining."},
    )
    approval = fields.Boolean(
        required=True,
        attribute="link.approval",
        metadata={"description": "Whether an admin approves each person before inviting them."},
    )
    created_by = answer_text("Who made it. Its invitations are in their name.")
    created_at = moment("When it was created.", of="link.created_at")
    expires_at = moment("When it stops working.", of="link.expires_at")

    def get_link(self, row: LinkLine) -> str | None:
        """The whole address."""
        code = codes.shown(row.link)
        return codes.address(code) if code else None

    def get_code(self, row: LinkLine) -> str | None:
        """The code, as it is typed."""
        return codes.shown(row.link)

    def get_groups(self, row: LinkLine) -> list[str]:
        """The slugs of its groups."""
        return [group.slug for group in row.link.groups]

    def get_used(self, row: LinkLine) -> int:
        """Places taken, with the addresses that are about to be invited."""
        return row.uses.total

    def get_accepted(self, row: LinkLine) -> int:
        """Who joined."""
        return row.uses.accepted

    def get_ended(self, row: LinkLine) -> int:
        """Whose place came free again."""
        return row.uses.ended

    def get_created_by(self, row: LinkLine) -> str:
        """The author's name."""
        return row.link.author.full_name


class LinksSchema(StrictSchema):
    """A page of join links."""

    items = fields.List(fields.Nested(LinkSchema), required=True)
    next = answer_text("The cursor of the next page.", null=True)
