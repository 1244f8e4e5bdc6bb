"""Lists in the layouts of many programs, all of our own making, each with the right answer."""

from __future__ import annotations

import json

import pytest

from webapp.config import ROOT
from webapp.domain.errors import Refusal
from webapp.domain.imports import choosing, csv_files
from webapp.domain.imports.choices import Choice
from webapp.domain.imports.layouts import Unclear

CORPUS = ROOT / "tests/corpora/lists"
LISTS = json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8"))


def test_the_corpus_is_as_wide_as_it_says():
    assert len(LISTS) >= 40
    assert len({one["program"] for one in LISTS}) >= 30
    assert len({one["encoding"] for one in LISTS}) >= 8
    stored = {path.name for path in CORPUS.iterdir()} - {"manifest.json"}
    assert stored == {one["file"] for one in LISTS}


@pytest.mark.parametrize("answer", LISTS, ids=[one["file"] for one in LISTS])
def test_a_list_is_read_as_its_program_means_it(answer):
    with open(CORPUS / answer["file"], "rb") as file:
        if "refused" in answer:
            with pytest.raises(Refusal) as refused:
                list(csv_files.uploaded(file))
            assert answer["refused"] in refused.value.message
            assert "save it as CSV" in refused.value.message
            return
        layout = csv_files.look(file)
        assert layout.doubt == answer.get("doubt")
        assert layout.charset == answer.get("charset")
        assert layout.above == answer.get("above", 0)
        if layout.doubt:
            with pytest.raises(Unclear):
                list(csv_files.uploaded(file))
            return
        lines = list(csv_files.uploaded(file))
        assert not any(line.fault for line in lines)
        people = [[one.number, one.email, one.name, one.role, one.message] for one in lines]
        assert people == answer["people"]
        assert choosing._with_words(file, Choice()).words == answer.get("words", [])
        if "left_out" in answer:
            assert layout.left_out == answer["left_out"]
