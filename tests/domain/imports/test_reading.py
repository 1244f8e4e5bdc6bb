"""Lists as people have them: pasted, and as every spreadsheet saves them."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain import spreadsheets
from webapp.domain.errors import Refusal
from webapp.domain.imports import reading, typos
from webapp.domain.imports.csv_files import uploaded
from webapp.domain.imports.reading import ImportLine, pasted

BO = ("bo@example.org", "manager", "Bo Lind", "Grüß dich")
# As the programs save them: names of columns, separators, line ends, character sets.
SAMPLES = {
    "Excel, CSV (Windows, German)": ";".join(("Email", "Role", "Name", "Message"))
    + "\r\n"
    + ";".join(BO)
    + "\r\n",
    "Google Sheets": "email,role,name,message\r\n" + ",".join(BO),
    "LibreOffice": '"email","role","name","message"\n"' + '","'.join(BO) + '"\n',
    "Excel, Unicode text": "EMAIL\tROLE\tNAME\tMESSAGE\r\n" + "\t".join(BO) + "\r\n",
    "old Macintosh": "email,role,name,message\r" + ",".join(BO) + "\r",
    "Excel with its own mark": "sep=;\r\nemail;role;name;message\r\n" + ";".join(BO),
}
CHARSETS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]


def read(content: bytes) -> list[ImportLine]:
    return list(uploaded(io.BytesIO(content)))


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_what_spreadsheets_save_is_read_in_every_character_set(sample, charset):
    (line,) = read(SAMPLES[sample].encode(charset))
    assert (line.email, line.role, line.name, line.message) == BO
    assert line.number == 2
    assert line.fault is None


def test_a_second_reading_begins_anew_and_the_file_stays_open():
    file = io.BytesIO(SAMPLES["Google Sheets"].encode())
    assert list(uploaded(file)) == list(uploaded(file))
    assert not file.closed


def test_columns_stand_in_any_order_and_others_are_passed_over():
    (line,) = read(b"Name,Shoe size,E-Mail\nBo,43,bo@example.org\n")
    assert (line.email, line.name, line.role) == ("bo@example.org", "Bo", None)


def test_a_first_line_that_is_a_person_is_no_header():
    lines = read(b"bo@example.org;manager\nlea@example.org;;Lea\n")
    assert [(one.number, one.email, one.role, one.name) for one in lines] == [
        (1, "bo@example.org", "manager", None),
        (2, "lea@example.org", None, "Lea"),
    ]


def test_empty_lines_are_passed_over_and_the_lines_keep_their_numbers():
    lines = read(b"email\n\n  \nbo@example.org\n,,\nlea@example.org\n")
    assert [one.number for one in lines] == [4, 6]


def test_a_cell_in_quotes_may_hold_everything():
    (line,) = read(b'email,message\nbo@example.org,"Hello, ""Bo""\nsee you"\n')
    assert line.message == 'Hello, "Bo"\nsee you'


def test_a_line_with_more_cells_than_columns_is_not_guessed_at():
    (line,) = read(b"email,name\nbo@example.org,Lind, Bo\n")
    assert "more cells" in line.fault
    (line,) = read(b"email,name\nbo@example.org,Bo,,,\n")
    assert line.fault is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest of an xlsx", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0 an old xls", "save it as CSV"),
        (b"%PDF-1.7", "save it as CSV"),
        (b"name,role\nBo,manager\n", "No column of this file is called"),
        (b"email,email\na@b.example,c@d.example\n", "Two columns"),
        (b"a," * 1000 + b"email\n", "1,001 columns"),
        (b'email,name\nbo@example.org,"' + b"x" * 200_000 + b'"\n', "131,072"),
        (b'email,name\nbo@example.org,"never closed\n' + b"a@b.example,c\n" * 20_000, "131,072"),
        (b"email\n" + b"a@b.example\n" * 50_001, "50,000 people"),
        (b"email\n" + b"\n" * 200_001, "200,000 lines"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(content, words):
    with pytest.raises(Refusal, match=words) as refused:
        read(content)
    assert refused.value.field == "file"


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_give_lines_or_a_refusal(content):
    with contextlib.suppress(Refusal):
        numbers = [one.number for one in read(content)]
        assert numbers == sorted(set(numbers))


@settings(max_examples=300)
@given(st.text(max_size=300))
def test_any_text_can_be_pasted(text):
    for line in pasted(text):
        assert line.email
        assert reading.shown(line.email, 254).isprintable() or line.email


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("a@b.example, c@d.example;e@f.example g@h.example", ["a@b", "c@d", "e@f", "g@h"]),
        ("a@b.example\r\nc@d.example\n\n", ["a@b", "c@d"]),
        ("Bo Lind <a@b.example>, <c@d.example>", ["a@b Bo Lind", "c@d"]),
        ('"Lind, Bo" <a@b.example>; Lea <c@d.example>', ["a@b Lind, Bo", "c@d Lea"]),
        ("a@b.example <a@b.example>", ["a@b"]),
        ('"a@b.example" <a@b.example>', ["a@b"]),
        ("c@d.example Bo <a@b.example>", ["c@d", "a@b Bo"]),
        ("Bo Lind\na@b.example", ["Bo Lind", "a@b"]),
        ("", []),
        (" ,;\n", []),
    ],
)
def test_pasting_takes_addresses_as_mail_programs_write_them(text, people):
    found = [" ".join(filter(None, (one.email, one.name))) for one in pasted(text)]
    assert [one.replace(".example", "") for one in found] == people


def test_too_many_cannot_be_pasted():
    with pytest.raises(Refusal, match="50,000"):
        list(pasted("a@b.example," * 50_001))


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("hotnail.com", "hotmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("outlok.com", "outlook.com"),
        ("gmail.com", None),
        ("mail.com", None),
        ("ymail.com", None),
        ("gmx.ch", None),
        ("example.org", None),
        ("acme.example", None),
    ],
)
def test_one_slip_of_the_finger_is_seen(domain, meant):
    assert typos.meant(domain) == meant


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_a_slip_is_a_distance_of_one(one, other):
    assert typos.is_slip(one, other) == (distance(one, other) == 1)


def distance(one: str, other: str) -> int:
    """Optimal string alignment, as the textbook has it."""
    table = [[max(i, j) for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost = one[i - 1] != other[j - 1]
            best = [table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost]
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                best.append(table[i - 2][j - 2] + 1)
            table[i][j] = min(best)
    return table[-1][-1]


@pytest.mark.parametrize("first", "=+-@\t\r＝＋－＠")
def test_no_cell_of_an_exported_file_is_calculated(first):
    assert spreadsheets.cell(f"{first}1+1") == f"'{first}1+1"
    assert spreadsheets.cell(f" {first}1+1") == f"' {first}1+1"


def test_an_exported_file_is_utf8_for_excel():
    whole = "".join(
        spreadsheets.lines([["email", "why"], ["bö@example.org", 'a "b", c'], [None, 3]])
    )
    assert whole == '\ufeffemail,why\r\nbö@example.org,"a ""b"", c"\r\n,3\r\n'
