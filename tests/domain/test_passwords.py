"""Rule 13: passwords."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import passwords
from webapp.domain.errors import Refusal

pytestmark = pytest.mark.usefixtures("in_app")


def check(password, email="bo@example.org", names=("Bo Anders Lind", "bolind1970xx")):
    passwords.check(password, email=email, names=names)


@pytest.mark.parametrize(
    "password",
    ["seven bars and a half", "ÅÄÖ åäö ÅÄÖ åäö", "🔑🚪🏰🌿 gate gate", "a" * 4 + "bcd" * 41 + "!"],
)
def test_any_long_enough_password_is_taken(password):
    assert len(password) <= 128
    check(password)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("elevenchars", "at least 12"),
        ("x" * 60 + "y" * 69, "at most 128"),
        ("1qaz2wsx3edc", "Many people"),
        ("1QAZ2wsx3edc", "Many people"),
        ("aaaaaaaaaaaaa", "Many people"),
        ("bo@example.org", "not your name"),
        ("Bo Anders Lind", "not your name"),
        ("bolind1970XX", "not your name"),
        ("twelve chars\udc80", "cannot be stored"),
    ],
)
def test_others_are_refused_with_the_reason(password, words):
    with pytest.raises(Refusal, match=words):
        check(password)


def test_the_list_of_common_passwords_is_long():
    assert len(passwords._common()) >= 10_000


def test_a_password_is_never_cut_short():
    known = passwords.hashed("x" * 127 + "y")
    assert passwords.matches("x" * 127 + "y", known)
    assert not passwords.matches("x" * 127 + "z", known)


def test_hashes_are_argon2id_and_differ_each_time():
    one, other = passwords.hashed("the same words"), passwords.hashed("the same words")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other


def test_nobodys_hash_matches_nothing():
    assert not passwords.matches("nobody has this password", None)
    assert not passwords.matches("x", "not a hash")


@given(st.text(max_size=200))
def test_any_text_is_taken_or_refused_in_words(in_app_text):
    try:
        check(in_app_text)
    except Refusal as refusal:
        assert refusal.message
