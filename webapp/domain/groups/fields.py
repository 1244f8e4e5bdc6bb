"""What a group is called: its short name, its name, its description."""

from __future__ import annotations

from webapp.domain import organizations, texts
from webapp.domain.errors import Objections, Refusal
from webapp.domain.groups import choices
from webapp.languages import gettext
from webapp.models import Organization

DESCRIPTION_MOST = 1000


def taken() -> Refusal:
    """The refusal of a slug that another group of the organization has."""
    words = gettext("Another group already uses this short name. Choose a different one.")
    return Refusal(words, "slug")


def slug(organization: Organization, text: str) -> str:
    """The slug of a new group; raises Refusal when it is none, or taken."""
    if not organizations.SLUG.fullmatch(text):
        words = gettext("Use 2 to 40 lower-case letters, digits and hyphens, like field-staff.")
        raise Refusal(words, "slug")
    if choices.filtered(organization, text):
        raise taken()
    return text


def named(name: str | None) -> str:
    """A group's name; raises Refusal when it is empty or unusable."""
    text = texts.one_line(name, field="name", label=gettext("The name"), most=100)
    if text is None:
        raise Refusal(gettext("Enter the group’s name."), "name")
    return text


def described(description: str | None) -> str | None:
    """A group's description; None when it is empty."""
    label = gettext("The description")
    return texts.several_lines(description, field="description", label=label, most=DESCRIPTION_MOST)


def checked(
    organization: Organization, text: str | None, name: str | None, description: str | None
) -> dict[str, str | None]:
    """The columns of a new group; raises Refusals for all that is wrong."""
    objections = Objections()
    columns: dict[str, str | None] = {}
    with objections:
        columns["slug"] = slug(organization, text or "")
    with objections:
        columns["name"] = named(name)
    with objections:
        columns["description"] = described(description)
    objections.settle()
    return columns
