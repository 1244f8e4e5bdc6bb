"""What all forms share: they are filled in again, run a verb, and show why it was refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import Field, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.meta import DefaultMeta
from wtforms.validators import DataRequired, StopValidation, ValidationError

from webapp import formats, languages
from webapp.domain import texts
from webapp.domain.errors import Refusal, Refusals
from webapp.languages import gettext, marked
from webapp.web.forms import attributes as attributes  # so that all forms have them
from webapp.web.forms import kept

P = ParamSpec("P")
T = TypeVar("T")

STALE = marked(
    "This page was open for a long time, or cookies are turned off. Nothing was done. "
    "Press the button again."
)


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A verb succeeded; its result may be anything, also None."""

    result: T


class Form(FlaskForm):
    """A form with a CSRF token that shows the refusals of the domain beside its fields."""

    signs_in = False  # whether sending it signs somebody in: web/forms/double_submission.py

    class Meta(FlaskForm.Meta):
        """Read form data only: Flask-WTF would also read JSON, whose values may not be text.

        And read WTForms' own words once: Flask-WTF reads its file anew in every request.
        """

        @property
        def locales(self) -> list[str]:
            return [languages.current().tag]

        def get_translations(self, form: FlaskForm) -> Any:
            return DefaultMeta.get_translations(self, form)

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            if request.method == "POST" and formdata is _Auto:
                form.kept_number = kept.number()
                return request.form
            kept_values = kept.fill_in(form._fields)
            if kept_values is not None:
                form.kept_number = kept.number()
                return kept_values
            return None if formdata is _Auto else formdata

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.label.text = gettext(field.label.text) if field.label.text else ""
            if words := getattr(field, "invalid_choice_message", None):
                field.invalid_choice_message = gettext(words)

    def attempt(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Done[T] | None:
        """Run the verb if the form is valid; None, with messages at the fields, if it is refused.

        Every view uses this: `if not done`, it shows the form again with 422. Refusals with a page
        of their own (403, 404, 410) are raised.
        """
        if self.validate():
            try:
                return Done(verb(*args, **kwargs))
            except Refusal as refusal:
                if refusal.status != 422:
                    raise
                self.refuse(refusal)
        for field in self._fields.values():
            _make_showable(field)
        return None

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the form is valid; a stale form and a repeated field get a message."""
        is_valid = bool(super().validate(extra_validators))
        if self.is_stale:
            self.csrf_token.errors = [gettext(STALE)]
        single = [
            name
            for name, field in self._fields.items()
            if not isinstance(field, SelectMultipleField)
        ]
        repeated = [name for name in single if len(request.form.getlist(name)) > 1]
        for name in repeated:
            words = gettext(
                "“%(field)s” was sent more than once. Fill it in once.", field=self[name].label.text
            )
            self._put(words, name)
        return is_valid and not repeated

    @property
    def is_stale(self) -> bool:
        """Whether its page was opened before this browser signed in or out, or too long ago."""
        return bool(self.csrf_token.errors)

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal at its field, or on top if it has none."""
        self.facts = refusal.facts
        for part in refusal.refusals if isinstance(refusal, Refusals) else [refusal]:
            self._put(part.message, part.field)

    def refusal(self) -> Refusal:
        """All messages of a form that is only a button, as one refusal."""
        messages = [*self.form_errors, *(text for field in self for text in field.errors)]
        return Refusal(" ".join(str(message) for message in messages))

    def _put(self, message: str, field: str | None) -> None:
        errors = self.form_errors if field not in self._fields else self[field].errors
        if field in self._fields:
            self[field].errors = [*errors, message]
        else:
            self.form_errors.append(message)

    facts: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed
    kept_number = 0  # of the kept form that is filled in again


def _make_showable(field: Field) -> None:
    """Drop the characters that no page may contain, so that the text can be shown again."""
    if isinstance(field, StringField) and isinstance(field.data, str):
        text = texts.showable(field.data)
        field.data = text if isinstance(field, TextAreaField) else " ".join(text.splitlines())


def ruled(rule: Callable[[Any], Any]) -> Callable[[Form, Field], None]:
    """A validator from a rule of the domain."""

    def check(_form: Form, field: Field) -> None:
        try:
            rule(field.data)
        except Refusal as refusal:
            raise ValidationError(refusal.message) from None

    return check


class Required(DataRequired):
    """Refuses an empty field, in the reader's language."""

    def __call__(self, form: Any, field: Field) -> None:
        try:
            super().__call__(form, field)
        except StopValidation:
            raise StopValidation(gettext(self.message)) from None


def required(message: str) -> Required:
    """A validator for a required field, with a message that says what to do."""
    return Required(message)


class Choice(SelectField):
    """A select whose refusal names what can be chosen."""

    def pre_validate(self, form: Any) -> None:
        if self.data not in [value for value, *_ in self.iter_choices()]:
            name = formats.inside_sentence(self.label.text)
            raise ValidationError(gettext("Choose one of the %(name)s options.", name=name))


class Several(SelectMultipleField):
    """Any number of values from a list; the domain refuses unknown ones."""

    def pre_validate(self, form: Any) -> None:
        """Accept any value here; the domain checks the names."""


def whole(typed: Any, digits: int = 3) -> int:
    """A number of so many digits that was typed or chosen; -1 for anything else."""
    text = str(typed)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else -1


class ButtonForm(Form):
    """A form of one button."""
