"""The forms that switch the second factor on and off."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, StringField

from webapp.languages import marked as _
from webapp.web.forms import Form, required


class SwitchOnForm(Form):
    """A first code proves that the app has the secret, the password that it is the owner."""

    offer = HiddenField()
    password = PasswordField(_("Password"), [required(_("Enter your password."))])
    code = StringField(_("Code"), [required(_("Enter the code that your app is showing."))])


class SwitchOffForm(Form):
    """The password proves that it is the owner."""

    password = PasswordField(_("Password"), [required(_("Enter your password."))])
