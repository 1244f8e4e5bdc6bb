"""The form that makes an API key."""

from __future__ import annotations

from typing import Any

from wtforms import SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from webapp.domain.accounts import api_keys
from webapp.languages import gettext, ngettext
from webapp.languages import marked as _
from webapp.web.forms import Choice, Form, whole


class KeyForm(Form):
    """What the key is for, what it may do, and when it expires."""

    name = StringField(_("Name"))
    scopes = SelectMultipleField(
        _("Permissions"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    days = Choice(_("Expires"), coerce=whole, default=90)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes.choices = [(scope, gettext(words)) for scope, words in api_keys.SCOPES.items()]
        terms = [
            (days, ngettext("After %(num)s day", "After %(num)s days", days))
            for days in api_keys.TERMS
        ]
        self.days.choices = [*terms, (0, gettext("Never"))]
