"""The forms of an application; the domain checks what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from flask import request
from wtforms import BooleanField, Field, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from webapp.domain.applications import fields
from webapp.domain.groups import table as group_table
from webapp.domain.imports import mailboxes
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import Application, Group, Organization
from webapp.web.forms import Form, Several, whole
from webapp.web.forms.editing import EditingForm

ALL, SOME = "all", "some"
WHO = {ALL: _("All members"), SOME: _("Only members of the groups ticked below")}
STATES = {
    fields.ACTIVE: _("Active: people can enter"),
    fields.PAUSED: _("Paused: nobody can enter"),
}


def _refuse_both(form: Any, field: Field) -> None:
    """Nobody should be let in by a choice that was forgotten."""
    if form.who.data == ALL and form.slugs:
        words = gettext("You ticked groups, but chose “All members”. Choose one of the two.")
        raise ValidationError(words)


def _radio(label: str, choices: dict[str, str]) -> RadioField:
    """Buttons with these words; the domain refuses what is none of them."""
    return RadioField(
        label,
        choices=lambda: {value: gettext(words) for value, words in choices.items()},
        validate_choice=False,
    )


class _Fields(Form):
    """All that an admin chooses; a new one shows the first three, the rest is as usual."""

    name = StringField(_("Name"))
    home_url = StringField(_("Home address"))
    who = _radio(_("Who may enter"), WHO)
    groups = Several(_("Groups"), [_refuse_both], choices=[])
    second_factor = BooleanField(_("Second factor needed"))
    visit_minutes = StringField(_("Length of a visit, in minutes"))
    allows_unverified = BooleanField(_("Unverified accounts may enter"))
    state = _radio(_("State"), STATES)

    all_groups: Sequence[Group] = ()

    def of(self, organization: Organization) -> Self:
        """The form with this organization's groups."""
        self.all_groups = group_table.everyone(organization)
        return self

    @property
    def slugs(self) -> list[str]:
        """The groups that are ticked."""
        return [slug for slug in self.groups.data or () if slug]

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names; what was not asked for is left out."""
        everyone = self.who.data == ALL or (self.who.data != SOME and not self.slugs)
        found = {
            "name": self.name.data,
            "home_url": self.home_url.data,
            "groups": None if everyone else self.slugs,
            "second_factor": self.second_factor.data,
            "allows_unverified": self.allows_unverified.data,
        }
        if self.visit_minutes.name in request.form:
            found["visit_minutes"] = whole((self.visit_minutes.data or "").strip(), digits=5)
        if self.state.data:
            found["state"] = self.state.data
        return found


class ApplicationForm(EditingForm, _Fields):
    """The same of an application that is there."""

    @staticmethod
    def facts_of(row: Application) -> dict[str, Any]:
        """What the form shows of an application."""
        return {
            **fields.of_application(row),
            "who": ALL if row.for_everyone else SOME,
            "groups": [] if row.for_everyone else [group.slug for group in row.groups],
        }


class NewApplicationForm(_Fields):
    """The same with the short name, which never changes; without one it is made of the name."""

    slug = StringField(_("Short name"))

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {**super().typed, "slug": (self.slug.data or "").strip()}


class OpenIdForm(EditingForm):
    """As a program: where it may send people, and if it keeps a secret; an address on each line."""

    redirect_uris = TextAreaField(_("Redirect addresses"))
    post_logout_redirect_uris = TextAreaField(_("Addresses after signing out"))
    backchannel_logout_uri = StringField(_("Back-channel logout address"))
    public = BooleanField(_("Public program, without a secret"))

    @staticmethod
    def facts_of(row: Application) -> dict[str, Any]:
        """What the form shows of an application."""
        shown = fields.of_client(row)
        lists = ("redirect_uris", "post_logout_redirect_uris")
        return {**shown, **{name: "\n".join(shown[name]) for name in lists}}

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {
            "redirect_uris": (self.redirect_uris.data or "").splitlines(),
            "post_logout_redirect_uris": (self.post_logout_redirect_uris.data or "").splitlines(),
            "backchannel_logout_uri": self.backchannel_logout_uri.data,
            "public": self.public.data,
        }


class TrialForm(Form):
    """The address of a member to try an application as."""

    email = StringField(_("Email"), filters=[lambda text: mailboxes.single(text or "")[0]])
