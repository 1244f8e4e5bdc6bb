"""The forms of a group: what it is called, and who is in it."""

from __future__ import annotations

from typing import Any

from flask import request
from wtforms import BooleanField, StringField, TextAreaField

from webapp.domain.imports import mailboxes
from webapp.languages import marked as _
from webapp.models import Group
from webapp.web.forms import Form, Several
from webapp.web.forms.editing import EditingForm


class _Fields(Form):
    """A group's name and description, and whether new invitations carry it by default."""

    name = StringField(_("Name"))
    description = TextAreaField(_("Description"))
    is_default = BooleanField(_("Default group"))

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {name: self[name].data for name in ("name", "description", "is_default")}


class GroupForm(EditingForm, _Fields):
    """The same of a group that is there."""

    @staticmethod
    def facts_of(row: Group) -> dict[str, Any]:
        """What the form shows of a group."""
        names = ("name", "description", "is_default")
        return {name: getattr(row, name) for name in names}


class NewGroupForm(_Fields):
    """The same with the short name, which never changes."""

    slug = StringField(_("Short name"))

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {**super().typed, "slug": (self.slug.data or "").strip()}


class AddForm(Form):
    """The address of a member who is put into a group."""

    email = StringField(_("Email"), filters=[lambda text: mailboxes.single(text or "")[0]])


class GiveForm(Form):
    """The groups that a member is put into."""

    groups = Several(_("Groups"), choices=[])


def sent() -> list[str] | None:
    """The groups that were ticked, by slug; None when the form did not ask for any."""
    if "groups" not in request.form:
        return None
    return [slug for slug in request.form.getlist("groups") if slug]
