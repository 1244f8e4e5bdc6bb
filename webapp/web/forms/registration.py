"""The forms on the pages of an invitation's link."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, PasswordField, StringField, TextAreaField

from webapp.languages import marked as _
from webapp.web.forms import Form


class RegisterForm(Form):
    """A new account, or for a copied link an existing one; the domain checks the values."""

    signs_in = True

    token = HiddenField()
    full_name = StringField(_("Full name"))
    username = StringField(_("Username"))
    password = PasswordField(_("Password"))
    code = StringField(_("Code from your app"))


class JoinForm(Form):
    """An account's password, and its second factor, to join one more organization."""

    signs_in = True

    token = HiddenField()
    password = PasswordField(_("Password"))
    code = StringField(_("Code from your app"))


class TokenForm(Form):
    """A button on a link's page."""

    token = HiddenField()


class DeclineForm(Form):
    """An optional reason."""

    token = HiddenField()
    reason = TextAreaField(_("Reason"))
    not_for_me = BooleanField(_("This isn’t for me: nobody from here should write to me again"))
