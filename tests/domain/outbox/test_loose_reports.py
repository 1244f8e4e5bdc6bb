"""Messages that are no reports, read as far as they go: soon, and never with an error."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.outbox.test_delivery_reports import HOSTILE, WORST_SECONDS, broken
from webapp.config import ROOT
from webapp.domain.deliverability import bounce_reading
from webapp.domain.outbox import delivery_reports, incoming
from webapp.domain.outbox.loose_reports import LooseReport

BO = "bo@example.org"
REPORTS = sorted((ROOT / "tests/corpora/reports").glob("*.eml"))
HEAD = b"From: MAILER-DAEMON@x.example\nSubject: Undeliverable\nTo: bounces@acme.example\n"


def ask(raw):
    """Everything that is asked about a message."""
    mail = incoming.parse(raw)
    if mail is None:
        return None
    delivery_reports.of(mail)
    message = LooseReport(mail, raw[: incoming.MOST])
    return message.is_answer, message.came_to, message.message_ids, message.outcome(BO)


@given(st.binary(max_size=2000))
def test_any_bytes_give_an_answer(raw):
    ask(raw)
    ask(HEAD + b"\n" + BO.encode() + b"\n" + raw)


@settings(max_examples=200)
@given(st.sampled_from(REPORTS), st.data())
def test_a_report_with_any_part_of_it_broken_gives_an_answer(path, data):
    ask(broken(path, data))


@given(st.text(max_size=3000), st.text(max_size=12))
def test_any_words_have_a_fault(words, status):
    bounce_reading.classify(status, words)


def repeated(piece):
    return HEAD + b"\n<bo@example.org>:\n" + piece * (10_000_000 // len(piece))


WORDS = {
    "one line": b"x",
    "lines": b"x\n",
    "addresses": b"bo@example.org ",
    "at signs": b"@",
    "codes": b"550 5.",
    "tags": b"<a",
    "blanks": b" ",
    "blanks and text": b"         x",
    "words of rules": b"user mailbox account message exceeded unknown ",
    "the starts of phrases": b"your message was the original mail from sender ",
    "Message-IDs": b"Message-ID: <",
    "open Message-IDs": b"Message-ID:\n",
    "qmail": b"Hi. This is the\n\n<bo@example.org>:\n",
    "flufl's phrases": b"Delivery has failed\nThe following recipients\nMessage could not be\n",
}


@pytest.mark.parametrize("raw", [*map(repeated, WORDS.values())], ids=WORDS)
def test_hostile_words_are_read_soon(raw):
    began = time.monotonic()
    ask(raw)
    ask(raw.replace(b"\n\n", b"\nContent-Type: text/html\n\n", 1))
    assert time.monotonic() - began < WORST_SECONDS


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_structures_are_read_soon(raw):
    began = time.monotonic()
    ask(HEAD + raw)
    assert time.monotonic() - began < WORST_SECONDS
