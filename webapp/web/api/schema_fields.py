"""What the schemas of the API share: fields with a description, and how rows are dumped."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from webapp.domain.organizations import access_terms
from webapp.models import InvitationState, Role
from webapp.web.moments import iso

ROLES = [role.value for role in reversed(Role)]
STATES = [state.value for state in InvitationState]

ACCESS_UNTIL = (
    "When their access ends: the end of a day in the organization's time zone (2027-06-30), or a "
    "moment (RFC 3339). Null: no end. The usual term of the role if you send neither this nor "
    "`access_days`."
)
ACCESS_DAYS = "For how many days after joining they have access. Instead of `access_until`."


class StrictSchema(Schema):
    """An object with these names and no others; the document says so.

    A schema dumps a row itself: a field shows the row's attribute of the same name, or what the
    schema's method `get_<name>` returns, so each field is named once.
    """

    class Meta:
        unknown = RAISE

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """The value of a field for a row; marshmallow calls this for each field."""
        getter = getattr(self, f"get_{attr}", None)
        return getter(obj) if getter is not None else super().get_attribute(obj, attr, default)


class ShortList(fields.List[Any]):
    """A list in a request whose length is checked before its items, so that these are not read."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any | None]:
        if isinstance(value, list):
            self._validate(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Moment(fields.String):
    """A moment in an answer: RFC 3339 in UTC, to the second."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return iso(value) if value is not None else None


def text(description: str, most: int | None = None, **more: Any) -> fields.String:
    """A text in a request."""
    metadata = {"description": description} | more.pop("metadata", {})
    rule = validate.Length(max=most) if most else None
    return fields.String(metadata=metadata, validate=rule, **more)


def answer_text(
    description: str, null: bool = False, of: str | None = None, **metadata: Any
) -> fields.String:
    """A text in an answer; `of` is the attribute that it shows, if it has another name."""
    metadata = {"description": description, **metadata}
    return fields.String(required=True, allow_none=null, attribute=of, metadata=metadata)


def moment(description: str, null: bool = False, of: str | None = None) -> Moment:
    """A moment in an answer."""
    metadata = {"description": description, "format": "date-time"}
    return Moment(required=True, allow_none=null, attribute=of, metadata=metadata)


def choice(description: str, choices: list[str], **more: Any) -> fields.String:
    """One of some words."""
    return fields.String(
        metadata={"description": description}, validate=validate.OneOf(choices), **more
    )


def number(description: str = "Its id.") -> fields.Integer:
    """A number in an answer."""
    return fields.Integer(required=True, metadata={"description": description})


def access_days() -> fields.Integer:
    """A number of days of access."""
    return fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, access_terms.MOST),
        metadata={"description": ACCESS_DAYS},
    )
