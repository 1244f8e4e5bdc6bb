"""Rule 2: what is an address, and when two are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import addresses
from webapp.domain.errors import Refusal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bo@Example.ORG", "bo@example.org"),
        ("jo@BÜCHER.example", "jo@xn--bcher-kva.example"),
        ("JÖ@example.org", "jö@example.org"),
        ("ΟΔΟΣ@example.org", "οδος@example.org"),
        ("e\u0301va@example.org", "ÉVA@example.org"),
    ],
)
def test_addresses_are_compared_without_regard_to_case_and_spelling(one, other):
    assert addresses.parse(one).key == addresses.parse(other).key


@pytest.mark.parametrize("other", ["straße@example.org", "strasze@example.org"])
def test_what_may_be_two_peoples_mailboxes_is_not_one_address(other):
    assert addresses.parse("strasse@example.org").key != addresses.parse(other).key


@pytest.mark.parametrize("local", ["ｂｏ", "ſam", "ﬁn", "\ufdfa" * 21])
def test_letters_that_look_like_others_are_refused(local):
    with pytest.raises(Refusal, match=r"ordinary letters|not a complete"):
        addresses.parse(f"{local}@example.org")


def test_an_address_is_shown_as_it_was_typed():
    assert addresses.parse("  Bo.Lind@Example.ORG ").shown == "Bo.Lind@Example.ORG"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bo",
        "bo@",
        "@example.org",
        "bo@localhost",
        "bo@example..org",
        "bo example@example.org",
        "Bo <bo@example.org>",
        "bo@example.org, jo@example.org",
        "bo@example.org\nBcc: jo@example.org",
        "bo\r\n@example.org",
        "bo\0@example.org",
        "bo\u202e@example.org",
        "\udc80@example.org",
        "bo@[127.0.0.1]",
        "a" * 65 + "@example.org",
        "bo@" + "a" * 64 + ".org",
        "bo@" + ".".join(["a" * 60] * 5),
        None,
    ],
)
def test_what_is_no_address_is_refused_in_words(text):
    with pytest.raises(Refusal) as refused:
        addresses.parse(text)
    assert refused.value.field == "email"
    assert refused.value.message.endswith(".")


@given(st.text(max_size=400))
def test_any_text_is_an_address_or_a_refusal(text):
    try:
        found = addresses.parse(text)
    except Refusal:
        return
    assert addresses.parse(found.shown).key == found.key
    assert found.key.count("@") == 1
    assert found.domain.isascii()
