"""What all schemas of the API are made of: described fields, and rows read by them."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from webapp.models import InvitationState, Role
from webapp.web.moments import iso

ROLES = [role.value for role in reversed(Role)]
STATES = [state.value for state in InvitationState]


class Shape(Schema):
    """An object with these names and no others; the document says so.

    A schema dumps a row itself: a field shows the row's attribute of its name, or what the
    schema's method `get_<name>` says, so that each field is named once.
    """

    class Meta:
        unknown = RAISE

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What a field shows of a row; marshmallow calls this for each."""
        getter = getattr(self, f"get_{attr}", None)
        return getter(obj) if getter is not None else super().get_attribute(obj, attr, default)


class Moment(fields.String):
    """A moment in an answer: RFC 3339 in UTC, to the second."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return iso(value) if value is not None else None


def text(say: str, most: int | None = None, **more: Any) -> fields.String:
    """A text that is sent."""
    described = {"description": say} | more.pop("metadata", {})
    rule = validate.Length(max=most) if most else None
    return fields.String(metadata=described, validate=rule, **more)


def said(say: str, null: bool = False, of: str | None = None, **metadata: Any) -> fields.String:
    """A text in an answer; `of` is the attribute that it shows, if that is not of its name."""
    described = {"description": say, **metadata}
    return fields.String(required=True, allow_none=null, attribute=of, metadata=described)


def moment(say: str, null: bool = False, of: str | None = None) -> Moment:
    """A moment in an answer."""
    described = {"description": say, "format": "date-time"}
    return Moment(required=True, allow_none=null, attribute=of, metadata=described)


def chosen(say: str, choices: list[str], **more: Any) -> fields.String:
    """One of some words."""
    return fields.String(metadata={"description": say}, validate=validate.OneOf(choices), **more)


def number(say: str = "Its id.") -> fields.Integer:
    """A number in an answer."""
    return fields.Integer(required=True, metadata={"description": say})
