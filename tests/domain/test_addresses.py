"""Rule 2: what is an address, and when two are the same."""

from __future__ import annotations

import dataclasses

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
    "text", ["\ufeffbo@example.org", "\u202abo@example.org\u202c", "bo\u00ad@example.org"]
)
def test_invisible_characters_that_copying_brings_along_are_dropped(text):
    assert addresses.parse(text).shown == "bo@example.org"


ENDS = [0x200B, 0xFEFF, 0x2060, *range(0x202A, 0x202D), *range(0x2066, 0x206A), 0x200C, 0x200D]
ENDS += [0x200E, 0x200F, 0x00AD, 0x00A0]


@pytest.mark.parametrize("character", [*map(chr, ENDS)], ids=ascii)
def test_what_is_unseen_is_dropped_around_an_address_and_refused_inside(character):
    around = f"{character} {character}bo@example.org{character}"
    assert addresses.parse(around).shown == "bo@example.org"
    if character in "\u00ad\u00a0\u200c\u200d":
        return  # a hyphen's place, a blank, and joiners, which words in some scripts need
    with pytest.raises(Refusal, match="cannot be shown, after “bo@exa”"):
        addresses.parse(f"bo@exa{character}mple.org")


@pytest.mark.parametrize("override", ["\u202d", "\u202e"], ids=ascii)
def test_what_turns_words_round_is_refused_wherever_it_is(override):
    for text in (
        f"{override}bo@example.org",
        f"bo@{override}example.org",
        f"bo@example.org{override}",
    ):
        with pytest.raises(Refusal, match="cannot be shown"):
            addresses.parse(text)


FAULTS = {
    "bo": "not a complete email address",
    "bo@": "nothing after the @",
    "@example.org": "nothing before the @",
    "bo＠example.org": "only looks like an @",
    "bo@intranet": "“intranet” is not a complete domain",
    "bo@192.0.2.1": "“192.0.2.1” is not a complete domain",
    "bo@[192.0.2.1]": "an IP address",
    "b..o@example.org": "two dots in a row",
    "bo@example..org": "two dots in a row",
    ".bo@example.org": "begins with a dot",
    "bo.@example.org": "right before the @",
    "bo@.example.org": "right after the @",
    "bo@example.org.": "ends with a dot",
    "bo@-example.org": "hyphen",
    "bo@example-.org": "hyphen",
    "bo@aa--example.org": "hyphen",
    "bo@corp.local": "“corp.local” is not a domain on the internet",
    "bo@host.test": "operator of this installation",
    '"bo lind"@example.org': "quotation marks",
    '"bo"lind@example.org': "quotation marks",
    "bo@my_host.example.org": "underscore",
    "bo@lea@example.org": "more than one @",
    "bo lind@example.org": "a space in",
    "bo@example. org": "a space in",
    "bo\u00a0lind@example.org": "a space in",
    "bo,lind@example.org": "“,” before the @",
    "bo@example,org": "comma after the @",
    "bo@example.org/": "“/” after the @",
    "Bo <bo@example.org>": "without a name",
    "<bo@example.org": "without a name",
    "b" * 65 + "@example.org": "more than 64 characters",
    "bo@" + "a" * 64 + ".org": "domain after the @ is too long",
    "bo@" + "a." * 126 + "org": "at most 254",
    "\0bo@example.org": "begins with a character",
}


@pytest.mark.parametrize("text", FAULTS, ids=ascii)
def test_a_refusal_says_what_is_wrong(text):
    with pytest.raises(Refusal, match=FAULTS[text]):
        addresses.parse(text)


@pytest.mark.parametrize("domain", ["corp.local", "host.internal", "intranet", "mail.lan", "10.1"])
def test_internal_domains_are_taken_where_the_operator_says_so(app, domain):
    with app.app_context():
        own = dataclasses.replace(app.extensions["settings"], allow_internal_email_domains=True)
        app.extensions["settings"] = own
        found = addresses.parse(f"Bo@{domain.upper()}")
        assert (found.key, found.domain) == (f"bo@{domain}", domain)
        for wrong in ("bo@", f"bo@.{domain}", f"bo@{domain}.", f"b o@{domain}", "bo@in_side", "bo"):
            with pytest.raises(Refusal):
                addresses.parse(wrong)


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
