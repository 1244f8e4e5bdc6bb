"""Every address and paste of tests/corpora/addresses.toml is read as it says there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from webapp.domain import addresses
from webapp.domain.errors import Refusal
from webapp.domain.imports import columns
from webapp.domain.imports.reading import everybody, pasted

CORPUS = tomllib.loads(
    Path(__file__).parents[2].joinpath("corpora", "addresses.toml").read_text(encoding="utf-8")
)


def named(case):
    return f"{case['from']}: {ascii(case['text'])[:60]}"


def test_there_are_enough_of_them():
    texts = [(kind, case["text"]) for kind, cases in CORPUS.items() for case in cases]
    assert len(texts) >= 300
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("case", CORPUS["paste"], ids=named)
def test_a_paste_is_read_as_its_people(case):
    found = [
        [one.email, one.name or "", one.role or "", one.number] for one in pasted(case["text"])
    ]
    assert found == case["people"]


@pytest.mark.parametrize("case", CORPUS["cell"], ids=named)
def test_a_cell_is_read_as_its_people(case):
    line = columns.person(7, [case["text"], "manager"], ["email", "role"])
    found = list(everybody([line], "file"))
    assert [[one.email, one.name or ""] for one in found] == case["people"]
    assert {(one.number, one.role) for one in found} == {(7, "manager")}


@pytest.mark.parametrize("case", CORPUS["address"], ids=named)
def test_an_address_is_taken_or_refused_in_words(case):
    if "shown" in case:
        assert addresses.parse(case["text"]).shown == case["shown"]
        return
    with pytest.raises(Refusal) as refused:
        addresses.parse(case["text"])
    assert case["fault"] in refused.value.message
