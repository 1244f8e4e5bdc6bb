"""The configurations that docs/applications.md has to copy, with a test's own addresses."""

from __future__ import annotations

import re

from webapp.config import ROOT

DOCUMENT = ROOT / "docs/applications.md"


def of(title: str) -> str:
    """The block below the heading."""
    _, _, rest = DOCUMENT.read_text().partition(f"### {title}\n")
    found = re.search(r"```\w+\n(.+?)```", rest.partition("\n### ")[0], re.DOTALL)
    assert found, f"{title} has no block"
    return found[1]


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The text with each pattern replaced, none of them in vain."""
    for there, here in changes:
        text, count = re.subn(there, lambda _, here=here: here, text)  # type: ignore[misc]
        assert count, f"the block has no {there}"
    return text
