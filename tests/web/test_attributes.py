"""The attributes of controls are those that WTForms itself would write."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from wtforms.widgets import html_params

from webapp.web.forms import attributes

NAMES = st.sampled_from(["id", "class_", "data_hx_get", "aria_label", "aria-describedby", "value"])
VALUES = st.one_of(st.text(), st.text().map(Markup), st.booleans(), st.integers(), st.none())


@given(st.dictionaries(NAMES, VALUES))
def test_attributes_are_written_as_wtforms_writes_them(values):
    assert attributes.written(**values) == html_params(**values)
