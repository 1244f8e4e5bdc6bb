"""Files that spreadsheets open: read here as Excel and LibreOffice read them, wherever they are.

A program of that size is not at hand everywhere that tests run; these are its rules. The
separator is a comma, a semicolon or a tab, as the locale or the dialog has it. A quotation mark is
one only at the beginning of a cell; what follows the closing one belongs to the cell, too. Spaces
and what has no width are trimmed, wide forms are folded (NFKC), and what then begins like a formula
is one.
"""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.domain import spreadsheets

TRIMMED = " \t\r\n\u00a0\u3000\u200b\u200d\ufeff\u2060\u00ad"


def opened(text, separator):
    """The cells of a file, row by row."""
    rows, row, cell, begins, quoted = [], [], "", True, False
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    place = 0
    while place < len(text):
        char = text[place]
        place += 1
        if quoted:
            if char != '"':
                cell += char
            elif text[place : place + 1] == '"':
                cell, place = cell + char, place + 1
            else:
                quoted = False
        elif char == '"' and begins:
            quoted, begins = True, False
        elif char in (separator, "\n", "\r"):
            row.append(cell)
            cell, begins = "", True
            if char != separator:
                rows.append(row)
                row = []
        else:
            cell, begins = cell + char, False
    return [*rows, [*row, cell]] if row or cell else rows


def is_calculated(cell):
    """Whether the cell is more than text."""
    shown = cell.lstrip(TRIMMED + '"')
    return unicodedata.normalize("NFKC", shown).startswith(tuple("=+-@"))


def calculated(cells):
    """The cells of a file made of these that any program would calculate."""
    text = "".join(spreadsheets.lines([cells, cells]))
    rows = [row for separator in ",;\t" for row in opened(text, separator)]
    return [cell for row in rows for cell in row if is_calculated(cell)]


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\tx",
    "＝1",
    "＋1",
    "－1",
    "＠A",
    "﹦1",
]
BEFORE = ["", " ", "\u00a0", "\u3000", "\u200b", "\ufeff", '"', ' "', "\u2060 "]
BETWEEN = ["", "a;", "a\t", "a\n", "a\r\n", 'a";', 'a;"', 'a"\n"', "a,b; "]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("before", BEFORE)
def test_no_program_calculates_a_cell_whatever_hides_the_formula(formula, before):
    for between in BETWEEN:
        cell = between + before + formula
        assert calculated([cell]) == [], repr(cell)
        assert calculated(["x", cell, "y"]) == [], repr(cell)


@given(
    st.lists(
        st.text(st.sampled_from("=+-@＝－ \t\r\n\u200b\u00a0,;\"'ab1"), max_size=9), max_size=4
    )
)
@example(['"', "=1"])
@example(["a", '";=1'])
def test_no_text_at_all_is_calculated(cells):
    assert calculated(cells) == []


@given(st.lists(st.text("=+@ab,;\"' ü1.", max_size=9), min_size=1, max_size=4))
def test_a_file_opened_as_it_was_written_has_the_same_cells(cells):
    shown = [spreadsheets.cell(cell) for cell in cells]
    text = "".join(spreadsheets.lines([["x", *cells]]))
    assert opened(text, ",") == [["x", *shown]]
    assert [cell.replace("'", "") for cell in shown] == [cell.replace("'", "") for cell in cells]


@pytest.mark.parametrize(
    "cell", ["bo@example.org", "Bo - Lind", "a+b@example.org", "3", "'quoted'", "1-2", "Größe = 3"]
)
def test_what_is_no_formula_stays_as_it_is(cell):
    assert spreadsheets.cell(cell) == cell
