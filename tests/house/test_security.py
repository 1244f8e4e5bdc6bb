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


# How many requirements of levels 1 and 2 each section has, chapter by chapter.
SECTIONS = {
    "1": (2, 9, 11, 3, 2),
    "2": (3, 3, 4, 1),
    "3": (0, 2, 4, 6, 5, 0, 2),
    "4": (3, 1, 2, 4),
    "5": (1, 3, 2, 3),
    "6": (3, 12, 4, 4, 5, 3, 0, 4),
    "7": (3, 4, 2, 5, 2, 2),
    "8": (2, 3, 1, 1),
    "9": (3, 4),
    "10": (2, 2, 4, 11, 5, 2, 3),
    "11": (2, 3, 3, 4, 1, 1),
    "12": (3, 2, 4),
    "13": (1, 5, 2, 5),
    "14": (2, 4, 3),
    "15": (3, 3, 7),
    "16": (1, 5, 4, 3, 3),
    "17": (1, 4, 2),
}


def test_every_requirement_of_levels_1_and_2_is_answered_once():
    wanted = {
        f"{chapter}.{section}.{number}"
        for chapter, counts in SECTIONS.items()
        for section, count in enumerate(counts, 1)
        for number in range(1, count + 1)
    }
    found = []
    for line in (ROOT / "docs/asvs.md").read_text().splitlines():
        row = re.match(r"\| ([\d., to]+) \| (yes|no|part|–) \| .{4,} \|$", line)
        for part in row[1].split(", ") if row else []:
            first, _, last = part.partition(" to ")
            stem, _, low = first.rpartition(".")
            high = int(last.rpartition(".")[2]) if last else int(low)
            found += [f"{stem}.{number}" for number in range(int(low), high + 1)]
    assert len(found) == len(set(found))
    assert set(found) == wanted
