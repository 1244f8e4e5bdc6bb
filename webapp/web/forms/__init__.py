"""Forms: what is asked, and where a refusal of the domain is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, ValidationError

from webapp import config
from webapp.domain import addresses, texts
from webapp.domain.errors import Refusal, Refusals
from webapp.domain.invitations import terms
from webapp.models import Organization, Role
from webapp.web.forms import kept

P = ParamSpec("P")
T = TypeVar("T")

STALE = (
    "This page was open for a long time, or cookies are switched off. Nothing was done. "
    "Press the button again."
)


class Form(FlaskForm):
    """A form that is sent as a form, guarded against forgery, and takes refusals."""

    is_door = False  # it signs somebody in: web/forms/double_submission.py

    class Meta(FlaskForm.Meta):
        """Flask-WTF would also read JSON, whose values need not be text."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            if request.method == "POST" and formdata is _Auto:
                form.kept_number = kept.number()
                return request.form
            filled = kept.fill_in(form._fields)
            if filled is not None:
                form.kept_number = kept.number()
                return filled
            return None if formdata is _Auto else formdata

    def attempt(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Do the verb if the form is right; None, with the messages in place, if anything is not.

        Refusals with a page of their own (403, 404, 410) are raised.
        """
        if self.validate():
            try:
                return verb(*args, **kwargs)
            except Refusal as refusal:
                if refusal.status != 422:
                    raise
                self.refuse(refusal)
        for field in self._fields.values():
            _make_showable(field)
        return None

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the form is right; a stale or doubled one is told what to do."""
        right = bool(super().validate(extra_validators))
        if self.csrf_token.errors:
            self.csrf_token.errors = [STALE]
        single = [n for n, f in self._fields.items() if not isinstance(f, SelectMultipleField)]
        doubled = [name for name in single if len(request.form.getlist(name)) > 1]
        for name in doubled:
            self._put(f"“{self[name].label.text}” was sent more than once. Fill it in once.", name)
        return right and not doubled

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal beside its field, or on top when it concerns none."""
        self.facts = refusal.facts
        for one in refusal.refusals if isinstance(refusal, Refusals) else [refusal]:
            self._put(one.message, one.field)

    def refusal(self) -> Refusal:
        """What stands in the way of a form of one button, as one refusal."""
        messages = [*self.form_errors, *(m for f in self._fields.values() for m in f.errors)]
        return Refusal(" ".join(str(message) for message in messages))

    def _put(self, message: str, field: str | None) -> None:
        errors = self.form_errors if field not in self._fields else self[field].errors
        if field in self._fields:
            self[field].errors = [*errors, message]
        else:
            self.form_errors.append(message)

    facts: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed
    kept_number = 0  # of a form that was kept and is filled in again


def _make_showable(field: Field) -> None:
    """What was typed comes back as typed, but for what no page may hold."""
    if isinstance(field, StringField) and isinstance(field.data, str):
        text = texts.showable(field.data)
        field.data = text if isinstance(field, TextAreaField) else " ".join(text.splitlines())


def ruled(rule: Callable[[Any], Any]) -> Callable[[Form, Field], None]:
    """A validator from a rule of the domain that refuses."""

    def check(_form: Form, field: Field) -> None:
        try:
            rule(field.data)
        except Refusal as refusal:
            raise ValidationError(refusal.message) from None

    return check


def required(message: str) -> DataRequired:
    """A validator for what cannot be left out, saying what to do."""
    return DataRequired(message)


class Choice(SelectField):
    """A select whose refusal names what can be chosen."""

    def pre_validate(self, form: Any) -> None:
        if self.data not in [value for value, *_ in self.iter_choices()]:
            raise ValidationError(f"Choose one of the {self.label.text.lower()} options.")


def whole(text: Any) -> int:
    """A small number that was typed or chosen; -1 for anything else."""
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 4 else -1


class ButtonForm(Form):
    """A form of one button."""


class SignInForm(Form):
    """Address or username, and password."""

    is_door = True

    email = StringField(
        "Email address or username", [required("Enter your email address or username.")]
    )
    password = PasswordField("Password", [required("Enter your password.")])
    next = HiddenField()


class InviteForm(Form):
    """Whom to invite, as what, for how long, with which words."""

    email = StringField("Email address", [ruled(addresses.parse)])
    role = Choice("Role", default=Role.CONTRIBUTOR.value)
    expiry_days = Choice("Link is good for", coerce=whole)
    name = StringField("Name")
    message = TextAreaField("Personal message")

    @classmethod
    def of(cls, organization: Organization, **given: Any) -> InviteForm:
        """The form with this organization's usual term."""
        usual = given.get("expiry_days") or terms.usual_term(organization)
        form = cls(data={"expiry_days": usual, "role": Role.CONTRIBUTOR.value, **given})
        form.role.choices = [(role.value, role.value.capitalize()) for role in reversed(Role)]
        days = sorted({*terms.TERMS, usual, terms.usual_term(organization)})
        form.expiry_days.choices = [(n, "1 day" if n == 1 else f"{n} days") for n in days]
        return form

    def wishes(self) -> dict[str, Any]:
        """What was asked for, by the domain's names."""
        return {
            "role": self.role.data,
            "expiry_days": self.expiry_days.data,
            "name": self.name.data,
            "message": self.message.data,
        }


class CorrectForm(Form):
    """The right address for an invitation that went to a wrong one."""

    email = StringField("Right email address", [ruled(addresses.parse)])


class RegisterForm(Form):
    """A new account, or by a copied link the one there is; the domain checks what is typed."""

    is_door = True

    token = HiddenField()
    full_name = StringField("Full name")
    username = StringField("Username")
    password = PasswordField("Password")
    code = StringField("Code from your app")


class JoinForm(Form):
    """An account's password, and its second factor, to join one more organization."""

    is_door = True

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


class ConfirmForm(Form):
    """A mailbox's holder sets a password of their own."""

    is_door = True

    token = HiddenField()
    password = PasswordField("New password", [required("Choose a password.")])


def password_hint() -> str:
    """What a password needs, said before it is typed."""
    return f"At least {config.current().password_min_length} characters. Several words work well."
