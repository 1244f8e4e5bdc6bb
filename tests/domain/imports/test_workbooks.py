"""Workbooks: what is in their cells, and what is refused before it is unpacked."""

from __future__ import annotations

import datetime
import io
import time
import tracemalloc
import zipfile

import openpyxl
import pytest

from webapp.domain.errors import Refusal
from webapp.domain.imports import workbooks
from webapp.domain.imports.csv_files import uploaded


def saved(*sheets, **hidden):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    for title in hidden.values():
        book[title].sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    return content


def changed(content, sheet1):
    """The workbook with another text of its first sheet."""
    copy = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            is_sheet = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, sheet1 if is_sheet else old.read(name))
    return copy


def cells(*values):
    names = [f"h{number}" for number in range(len(values))]
    content = saved([["email", *names], ["bo@example.org", *values]])
    rows = list(workbooks.rows(content))
    return rows[1][1][1:]


def test_dates_and_numbers_are_text():
    day = datetime.date(2026, 6, 30)
    morning = datetime.datetime.combine(day, datetime.time(9))
    assert cells(4915112345678, 1.5, 2.0, True, day, morning) == [
        "4915112345678",
        "1.5",
        "2",
        "True",
        "2026-06-30",
        "2026-06-30 09:00:00",
    ]


def test_the_first_sheet_that_can_be_seen_and_has_addresses_is_read():
    people = [["E-Mail", "Name"], ["bo@example.org", "Bo"]]
    other = [["E-Mail"], ["lea@example.org"]]
    (line,) = uploaded(saved([["Read me"], ["first"]], [], people, other))
    assert (line.number, line.email, line.name) == (2, "bo@example.org", "Bo")
    (line,) = uploaded(saved(other, people, hide="Sheet 0"))
    assert line.email == "bo@example.org"


def test_a_link_is_read_as_its_text():
    book = openpyxl.Workbook()
    book.active.append(["email"])
    book.active.append(["bo@example.org"])
    book.active["A2"].hyperlink = "mailto:somebody@example.org"
    content = io.BytesIO()
    book.save(content)
    assert [line.email for line in uploaded(content)] == ["bo@example.org"]
    formula = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row><row r="2"><c r="A2" '
        b't="str"><f>HYPERLINK("mailto:x@y.example","bo@example.org")</f><v>bo@example.org</v></c>'
        b"</row></sheetData></worksheet>"
    )
    (line,) = uploaded(changed(content, sheet1=formula))
    assert line.email == "bo@example.org"


def test_a_wrong_size_in_the_sheet_hides_nobody():
    content = saved([["email"], ["bo@example.org"], ["lea@example.org"]])
    with zipfile.ZipFile(content) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").replace(b'ref="A1:A3"', b'ref="A1"')
    assert len(list(uploaded(changed(content, sheet1=sheet)))) == 2


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    + SHEET
    + b'<row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (SHEET + b"<row>" + b"<c/>" * 5_000_000, "too large for a"),
        (SHEET + b"<row r='1'><c t='inlineStr'><is><t>" + b"x" * 20_000_000, "too large for a"),
        (ENTITIES, "damaged workbook"),
        (SHEET + b"<row>", "damaged workbook"),
        (b"nothing", "damaged workbook"),
    ],
    ids=["cells", "text", "entities", "cut", "nothing"],
)
def test_what_would_fill_the_memory_is_refused_before_it_does(part, words):
    content = changed(saved([["email"], ["bo@example.org"]]), sheet1=part)
    del part
    tracemalloc.start()
    try:
        with pytest.raises(Refusal, match=words) as refused:
            list(uploaded(content))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused.value.field == "file"
    assert "as CSV" in refused.value.message
    assert peak < 20 * 1024 * 1024


def test_rows_of_many_cells_are_refused_even_if_they_pack_badly():
    row = b"<row>" + b"".join(b"<c r='%d'/>" % (n * 7919 % 100_003) for n in range(60_000))
    content = changed(saved([["email"]]), sheet1=SHEET + row)
    with pytest.raises(Refusal, match="too large for a"):
        list(uploaded(content))


def test_sheets_whose_names_have_prefixes_are_read_and_measured():
    sheet = (
        b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<x:sheetData>%s</x:sheetData></x:worksheet>"
    )
    row = b'<x:row><x:c t="inlineStr"><x:is><x:t>%s</x:t></x:is></x:c></x:row>'
    people = [b"p%d@example.org" % number for number in range(8000)]
    rows = b"".join(row % cell for cell in [b"email", *people])
    assert len(rows) > 2 * workbooks.ROW_BYTES
    assert len(list(uploaded(changed(saved([["email"]]), sheet1=sheet % rows)))) == 8000


def test_a_sheet_of_more_cells_than_any_list_is_refused():
    rows = b"".join(b"<row>" + b"<c r='%d'/>" % n * 5000 + b"</row>" for n in range(400))
    with pytest.raises(Refusal, match="too large for a"):
        list(uploaded(changed(saved([["email"]]), sheet1=SHEET + rows)))


def test_a_workbook_with_too_many_rows_or_columns_is_refused():
    with pytest.raises(Refusal, match="200,000 lines"):
        far = SHEET + b"<row r='900000'><c r='A900000'><v>1</v></c></row></sheetData></worksheet>"
        list(uploaded(changed(saved([["email"]]), sheet1=far)))
    with pytest.raises(Refusal, match="columns, more than 100"):
        list(uploaded(saved([["email", *range(200)], ["bo@example.org"]])))


def test_a_cell_that_is_too_long_is_refused():
    with pytest.raises(Refusal, match="131,072"):
        workbooks._text("x" * 131_073)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "Workbook".encode("utf-16-le"), "(.xls)"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"\xd0\xcf\x11\xe0" + "WordDocument".encode("utf-16-le"), "(.doc)"),
        ("mimetype content.xml", "(.ods)"),
        ("xl/workbook.bin", "(.xlsb)"),
        ("word/document.xml", "(.docx)"),
        ("Index/Document.iwa", "Numbers"),
        ("guests.csv", "an archive"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        ('{"people": []}'.encode("utf-16"), "JSON"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "XML"),
        (b"BEGIN:VCALENDAR\r\n", "iCalendar"),
    ],
)
def test_other_files_are_called_by_their_name_with_what_to_do(content, words):
    if isinstance(content, str):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in content.split():
                archive.writestr(name, "x")
        content = buffer.getvalue()
    with pytest.raises(Refusal) as refused:
        list(uploaded(io.BytesIO(content)))
    assert words in refused.value.message
    assert "as CSV" in refused.value.message


@pytest.mark.parametrize("text", ["[ada] <a@b.example>\n", "{a@b.example}\n", "<a@b.example>\n"])
def test_addresses_in_brackets_are_no_other_file(text):
    assert [line.email for line in uploaded(io.BytesIO(text.encode()))][-1:] == ["a@b.example"]


def test_a_long_workbook_takes_time_in_proportion():
    def seconds(people):
        content = saved([["email", "name"], *([f"q{n}@x.example", "N"] for n in range(people))])
        began = time.thread_time()
        assert len(list(uploaded(content))) == people
        return time.thread_time() - began

    assert seconds(4000) < 25 * max(seconds(500), 0.02)
