"""The forms on the pages of an invitation's link."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, PasswordField, StringField, TextAreaField

from webapp.web.forms import Form


class RegisterForm(Form):
    """A new account, or for a copied link an existing one; the domain checks the values."""

    signs_in = True

    token = HiddenField()
    full_name = StringField("Full name")
    username = StringField("Username")
    password = PasswordField("Password")
    code = StringField("Code from your app")


class JoinForm(Form):
    """An account's password, and its second factor, to join one more organization."""

    signs_in = True

    token = HiddenField()
    password = PasswordField("Password")
    code = StringField("Code from your app")


class TokenForm(Form):
    """A button on a link's page."""

    token = HiddenField()


class DeclineForm(Form):
    """An optional reason."""

    token = HiddenField()
    reason = TextAreaField("Reason")
    not_for_me = BooleanField("This isn’t for me: nobody from here should write to me again")
