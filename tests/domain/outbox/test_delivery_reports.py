"""Reports come from anybody: any bytes give an answer, soon, and never an error."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.outbox import delivery_reports

REPORTS = sorted((Path(__file__).parent / "reports").glob("*.eml"))
WORST_SECONDS = 10  # on a busy machine; what is not bounded takes hours


@given(st.binary(max_size=2000))
def test_any_bytes_give_an_answer(raw):
    delivery_reports.read(raw)


@settings(max_examples=300)
@given(st.sampled_from(REPORTS), st.data())
def test_a_report_with_any_part_of_it_broken_gives_an_answer(path, data):
    delivery_reports.read(broken(path, data))


def broken(path, data):
    """A report with up to five of its parts replaced by other bytes."""
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 60))
        raw[place : place + length] = data.draw(st.binary(max_size=60))
    return bytes(raw)


def nested(levels):
    head = b"".join(
        b"Content-Type: multipart/report; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels)
    )
    return head + b"\n" * delivery_reports.MOST


HOSTILE = {
    "nothing": b"",
    "NULs": b"\0" * 100_000,
    "lines alone": b"\n" * 10_000_000,
    "one line": b"x" * 10_000_000,
    "nested a little": nested(delivery_reports.BOUNDARIES),
    "nested too deep": nested(5000),
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 300_000,
    "parameters": b"Content-Type: multipart/report;" + b' ;a="' * 200_000 + b"\n\n",
    "folded parameters": b"Content-Type: multipart/report" + b'\n ;a="' * 150_000 + b"\n\n",
    "parameters in pieces": b"Content-Type: multipart/report; "
    + b"".join(b"boundary*%d*=%%41; " % n for n in range(20_000))
    + b"\n\n",
    "boundaries": b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\n" * 250_000,
    "groups": b"Content-Type: multipart/report; boundary=x\n\n--x\n"
    b"Content-Type: message/delivery-status\n\n" + b"Status: 5.1.1\n\n" * 70_000 + b"--x--",
    "headers": b"X: y\n" * 200_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_is_nothing_and_soon(raw):
    began = time.monotonic()
    assert delivery_reports.read(raw) is None
    assert time.monotonic() - began < WORST_SECONDS


def test_wrong_charsets_and_bytes_outside_ascii_become_readable_words():
    raw = (Path(__file__).parent / "reports/postfix.eml").read_bytes()
    for bad in (b"\xff\xfe\x00 kaputt", b"=?no-such?q?=FF?= x", "kein Postfach für bö".encode()):
        found = delivery_reports.read(raw.replace(b"550 5.1.1 <bo@", b"550 " + bad + b" <bo@"))
        assert found is not None
        words = found.recipients[0].words
        assert words.startswith("550 ")
        assert words.isprintable()
