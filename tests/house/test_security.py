"""What docs/security.md names exists."""

from __future__ import annotations

import re

import pytest

from webapp.config import ROOT

NAMED = sorted(
    set(re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", (ROOT / "docs/security.md").read_text()))
)


def test_promises_name_their_tests():
    assert len(NAMED) > 20


@pytest.mark.parametrize(("path", "test"), NAMED)
def test_a_test_that_holds_a_promise_exists(path, test):
    text = (ROOT / path).read_text()
    assert (
        f"def {test}(" in text if test else "def test_" in text or path.startswith("tests/support")
    )
