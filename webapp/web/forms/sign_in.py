"""The forms of signing in."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, StringField

from webapp.languages import marked as _
from webapp.web.forms import Form, required


class SignInForm(Form):
    """Address or username, and password."""

    signs_in = True

    email = StringField(
        _("Email address or username"), [required(_("Enter your email address or username."))]
    )
    password = PasswordField(_("Password"), [required(_("Enter your password."))])
    next = HiddenField()


class CodeForm(Form):
    """The second step of signing in."""

    signs_in = True

    code = StringField(_("Code"), [required(_("Enter the code that your app is showing."))])
    next = HiddenField()
