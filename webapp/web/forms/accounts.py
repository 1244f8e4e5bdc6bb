"""The forms of an account: profile, password, deletion."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, PasswordField, RadioField, StringField

from webapp import config
from webapp.domain import addresses
from webapp.domain.accounts import notice_choices
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import User
from webapp.web.forms import Form, required, ruled
from webapp.web.forms.editing import EditingForm

NOTICES = {
    notice_choices.EACH: _("A mail each time"),
    notice_choices.DAILY: _("One mail a day"),
    notice_choices.OFF: _("No mail"),
}


class ForgotForm(Form):
    """The address to mail a link to."""

    email = StringField(_("Email address"), [ruled(addresses.parse)])


class ResetForm(Form):
    """A new password for a mailed link."""

    signs_in = True

    token = HiddenField()
    password = PasswordField(_("New password"), [required(_("Choose a password."))])


class ConfirmForm(Form):
    """A new password, set by the holder of the mailbox."""

    signs_in = True

    token = HiddenField()
    password = PasswordField(_("New password"), [required(_("Choose a password."))])


class ProfileForm(EditingForm):
    """Name and username; the domain checks what is typed."""

    full_name = StringField(_("Full name"))
    username = StringField(_("Username"))

    @staticmethod
    def facts_of(row: User) -> dict[str, Any]:
        """What the form shows of an account."""
        return {"full_name": row.full_name, "username": row.username or ""}


class NoticesForm(EditingForm):
    """How to hear of people they invited."""

    inviter_notices = RadioField(
        _("When somebody you invited joins, declines, or cannot be reached"),
        choices=lambda: [(choice, gettext(label)) for choice, label in NOTICES.items()],
        validate_choice=False,  # the domain refuses
    )

    @staticmethod
    def facts_of(row: User) -> dict[str, Any]:
        """What the form shows of an account."""
        return {"inviter_notices": row.inviter_notices}


class DeleteForm(Form):
    """The password of the account that is to be deleted."""

    password = PasswordField(_("Password"), [required(_("Enter your password."))])


class PasswordForm(Form):
    """The present password and a new one."""

    present_password = PasswordField(
        _("Current password"), [required(_("Enter your current password."))]
    )
    password = PasswordField(_("New password"), [required(_("Choose a new password."))])

    @classmethod
    def empty(cls) -> PasswordForm:
        """The empty form, whatever was sent."""
        return cls(formdata=None)


def password_hint() -> str:
    """What a password needs, shown before it is typed."""
    return gettext(
        "At least %(number)s characters. Several words work well.",
        number=config.current().password_min_length,
    )
