"""The form that makes an API key."""

from __future__ import annotations

from typing import Any

from wtforms import SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from webapp.domain.accounts import api_keys
from webapp.web.forms import Choice, Form, whole


class KeyForm(Form):
    """What the key is for, what it may do, and for how long."""

    name = StringField("Name")
    scopes = SelectMultipleField(
        "What it may do",
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    days = Choice("Key is good for", coerce=whole, default=90)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes.choices = list(api_keys.SCOPES.items())
        terms = [(days, f"{days} days") for days in api_keys.TERMS]
        self.days.choices = [*terms, (0, "as long as it is not revoked")]
