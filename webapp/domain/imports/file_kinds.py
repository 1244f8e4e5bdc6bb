"""What a file is, by how it begins: text, a workbook that can be read, or something else."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO, NoReturn

from webapp.domain.errors import Refusal
from webapp.languages import gettext, marked

TEXT, XLSX = "text", "xlsx"

REFUSED = marked(
    "This file is %(kind)s, which cannot be read here. Open it in its own program, "
    "save it as CSV or .xlsx, and choose that file."
)
LOCKED = marked(
    "This workbook is protected by a password. Open it, remove the password, save it as CSV or "
    ".xlsx, and choose that file."
)
DAMAGED = marked(
    "This file is a damaged workbook, or an archive. If a spreadsheet program can open it, save "
    "it as CSV there, and choose that file."
)
_BY_START = (
    (b"%PDF", marked("a PDF document")),
    (b"\x1f\x8b", marked("an archive (gzip)")),
    (b"7z\xbc\xaf\x27\x1c", marked("an archive (7-Zip)")),
    (b"Rar!", marked("an archive (RAR)")),
    (b"{\\rtf", marked("a text document (RTF)")),
)
_ZIPPED = (
    ("xl/workbook.bin", marked("a binary Excel workbook (.xlsb)")),
    ("word/document.xml", marked("a Word document (.docx)")),
    ("ppt/presentation.xml", marked("a PowerPoint presentation (.pptx)")),
    ("Index/Document.iwa", marked("a Numbers document")),
    ("content.xml", marked("an OpenDocument file (.ods)")),
)
_OLD_EXCEL = marked("an old Excel workbook (.xls)")
_OLD_WORD = marked("an old Word document (.doc)")
_BY_TEXT = (
    (re.compile(r"begin:vcard\b", re.I), marked("an address book (vCard)")),
    (re.compile(r"begin:vcalendar\b", re.I), marked("a calendar (iCalendar)")),
    (
        re.compile(r"(<!--|<!doctype\s+html|<html|<head|<body|<table|<meta)", re.I),
        marked("a web page (HTML)"),
    ),
    (re.compile(r"<\?xml|<[a-z]+:"), marked("an XML file")),
    (re.compile(r"\{\s*[\"}]|\[\s*([\[{\"\]])"), marked("a JSON file")),
)
_OLE = b"\xd0\xcf\x11\xe0"
_HEAD = 4096
_OLE_SEEN = 1024 * 1024


def of(stream: BinaryIO) -> str:
    """TEXT or XLSX; raises Refusal that says what the file is instead. Leaves it at its start."""
    try:
        stream.seek(0)
        head = stream.read(_HEAD)
        if head.startswith(b"PK"):
            return _zipped(stream)
        if head.startswith(_OLE):
            _refuse_compound(head + stream.read(_OLE_SEEN) + _tail(stream))
        for start, kind in _BY_START:
            if head.startswith(start):
                refuse(kind)
        text = _text(head)
        for pattern, kind in _BY_TEXT:
            if pattern.match(text):
                refuse(kind)
        return TEXT
    finally:
        stream.seek(0)


def refuse(kind: str) -> NoReturn:
    """Refuse a file of this kind, with what to do."""
    raise Refusal(gettext(REFUSED, kind=gettext(kind)), "file")


def _text(head: bytes) -> str:
    """The beginning as text; of UTF-16, every other byte."""
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").decode("latin-1")


def _zipped(stream: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = {*archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refusal(gettext(DAMAGED), "file") from None
    if "xl/workbook.xml" in names:
        return XLSX
    for name, kind in _ZIPPED:
        if name in names:
            refuse(kind)
    raise Refusal(gettext(DAMAGED), "file")


def _tail(stream: BinaryIO) -> bytes:
    """The end of a file, where compound files often have their list of contents."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _OLE_SEEN))
    return stream.read()


def _refuse_compound(content: bytes) -> NoReturn:
    """Refuse what Office wrote before 2007, and what it encrypts."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Refusal(gettext(LOCKED), "file")
    refuse(_OLD_WORD if "WordDocument".encode("utf-16-le") in content else _OLD_EXCEL)
