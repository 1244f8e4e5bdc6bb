"""The form of an application as a program that signs people in."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, StringField, TextAreaField

from webapp.domain.applications import fields
from webapp.languages import marked as _
from webapp.models import Application
from webapp.web.forms.editing import EditingForm


class OpenIdForm(EditingForm):
    """Where it may send people, and whether it keeps a secret; one address on each line."""

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
