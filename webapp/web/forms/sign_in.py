"""The forms of signing in."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, StringField

from webapp.web.forms import Form, required


class SignInForm(Form):
    """Address or username, and password."""

    signs_in = True

    email = StringField(
        "Email address or username", [required("Enter your email address or username.")]
    )
    password = PasswordField("Password", [required("Enter your password.")])
    next = HiddenField()


class CodeForm(Form):
    """The second step of signing in."""

    signs_in = True

    code = StringField("Code", [required("Enter the code that your app is showing.")])
    next = HiddenField()
