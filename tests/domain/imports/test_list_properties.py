"""Whatever a file looks like: nobody is made up, nobody is lost, and no file takes long."""

from __future__ import annotations

import contextlib
import csv
import io
import time

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from webapp.domain.errors import Refusal
from webapp.domain.imports import csv_files, headers
from webapp.domain.imports.choices import Choice
from webapp.domain.imports.layouts import Unclear

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
NAMED = st.sampled_from(["Email", "Name", "First Name", "Nachname", "Role", "Work Email", "Team"])
ADDRESSES = st.from_regex(r"[a-z]{1,6}\.[a-z]{1,6}@[a-z]{2,6}\.example", fullmatch=True)
ROWS = st.lists(st.lists(WORDS | ADDRESSES, min_size=1, max_size=5), max_size=12)


def written(rows, separator=","):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


def read(content, choice=Choice()):  # noqa: B008
    return list(csv_files.uploaded(io.BytesIO(content), choice))


@settings(max_examples=100)
@given(rows=ROWS, header=st.lists(NAMED | WORDS, max_size=5), separator=st.sampled_from(",;\t|"))
def test_no_file_makes_an_address_that_is_not_in_it(rows, header, separator):
    content = written([header, *rows], separator)
    with contextlib.suppress(Refusal):
        for line in read(content):
            assert line.email in content.decode().replace('""', '"')


@settings(max_examples=100)
@example([["|"]], [("a.a@aa.example", ""), ("a.a@aa.example", "0")], ["Kontakt", "Wer"], ",")
@given(
    above=st.lists(st.lists(WORDS.filter(lambda word: "@" not in word), max_size=3), max_size=5),
    people=st.lists(st.tuples(ADDRESSES, WORDS.filter(lambda word: "@" not in word)), min_size=1),
    header=st.sampled_from([["E-mail", "Name"], ["Kontakt", "Wer"], None]),
    separator=st.sampled_from(",;\t"),
)
def test_no_address_that_stands_alone_in_a_cell_is_lost(above, people, header, separator):
    rows = [*above, *([header] if header else []), *map(list, people)]
    try:
        found = [line.email for line in read(written(rows, separator))]
    except Unclear:
        reject()  # the page asks; if that were not seldom, Hypothesis would say so
    assert [email for email in found if email.endswith(".example")] == [one for one, _ in people]


@settings(max_examples=100)
@given(rows=ROWS, columns=st.dictionaries(st.sampled_from(headers.FIELDS), st.integers(0, 9)))
def test_any_choice_gives_lines_or_a_refusal(rows, columns):
    choice = Choice(columns, "cp1250", {"x": "admin"}, "manager")
    with contextlib.suppress(Refusal):
        assert all(line.number > 0 for line in read(written(rows), choice))


def seconds(content):
    times = []
    for _ in range(3):
        began = time.thread_time()
        with contextlib.suppress(Refusal):
            read(content)
        times.append(time.thread_time() - began)
    return min(times)


@pytest.mark.parametrize(
    "unit",
    [
        b"@",
        b"[",
        b"[[",
        b"(",
        b",",
        b'"',
        b'",',
        b";\n",
        b"\n",
        b"\xe9",
        b"\xe9,",
        b"\x81@",
        b"a@b.",
    ],
)
def test_no_file_takes_much_longer_than_a_list_of_the_same_length(unit):
    size = 40_000
    plain = b"email,name\n" + b"ann@example.org,Ann\n" * (size // 20)
    for start in (b"", b"email\n", b"\xe9@"):
        assert seconds(start + unit * (size // len(unit))) < 25 * seconds(plain), start
