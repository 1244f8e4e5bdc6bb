"""Rule 13: passwords."""

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from webapp.domain.accounts import password_strength, passwords
from webapp.domain.errors import Refusal

pytestmark = pytest.mark.usefixtures("in_app")


MANY, REPEATS, ROW = "Many people use", "repeats the same", "a row of keys, letters or numbers"
OWN, EASY = "not your name or address, nor the name of your organization", "easy to guess"


def check(password, email="bo@example.org", names=("Bo Anders Lind", "bolind1970xx")):
    passwords.check(password, email=email, names=names, organizations=("Acme", "acme-tools"))


@pytest.mark.parametrize(
    "password",
    [
        *("seven bars and a half", "a gate of seven bars", "correct horse battery staple"),
        *("ÅÄÖ åäö ÅÄÖ åäö", "🔑🚪🏰🌿 gate gate", "acme has a gate of seven bars"),
        *("lind grows by the river", "kQ7zPm4xTw9b" * 2, "seven bars and a half " * 5),
        "".join(chr(0x4E00 + 7 * number) for number in range(128)),
    ],
)
def test_any_long_enough_password_is_taken(password):
    assert len(password) <= 128
    check(password)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("elevenchars", "at least 12"),
        ("x" * 60 + "y" * 69, "at most 128"),
        ("twelve chars\udc80", "cannot be stored"),
        *((password, MANY) for password in ("1qaz2wsx3edc", "1QAZ2wsx3edc", "123456789012")),
        *((password, MANY) for password in ("Password1234", "P@$$w0rd2026", "qwertyuiop12")),
        *((password, MANY) for password in ("letmein12345", "mypassword123456")),
        ("\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff441234", MANY),  # as it is hashed
        *((password, REPEATS) for password in ("aaaaaaaaaaaaa", " " * 12, "🔑" * 12, "x7" * 64)),
        *(
            (password, REPEATS)
            for password in ("passwordpassword", "abcabcabcabc", "12 12 12 12 12")
        ),
        *((password, REPEATS) for password in ("qwertyuiop" * 12, "a" * 4 + "bcd" * 41 + "!")),
        *((password, ROW) for password in ("abcdefghijkl", "asdfghjkl;'a", "zyxwvutsrqpo")),
        *((password, OWN) for password in ("bo@example.org", "Bo Anders Lind", "bolind1970XX")),
        *((password, OWN) for password in ("gatehouse123", "G@tehouse-2026", "gatehouse.test")),
        *((password, OWN) for password in ("acmeacmeacme", "Acme Acme 12", "4cm3 4cm3 4cm3")),
        *((password, OWN) for password in ("acme-2026-11", "acmetools2026", "dnil1970dnil")),
        ("january20261", EASY),
    ],
)
def test_others_are_refused_with_the_reason(password, words):
    with pytest.raises(Refusal, match=words):
        check(password)


def test_the_local_part_twice_is_refused():
    with pytest.raises(Refusal, match=OWN):
        check("addr114addr114", email="addr114@example.org")


def test_every_password_of_a_list_of_ten_thousand_is_refused():
    listed = FREQUENCY_LISTS["passwords"]
    assert len(listed) >= 10_000
    long = [one for one in listed if len(one) >= 12]
    assert len(long) > 200
    assert not [one for one in long if password_strength.weakness(one, ()) is None]
    shorter = [one for one in listed if 8 <= len(one) < 12]
    assert not [one for one in shorter[::20] if password_strength.weakness(one, ()) is None]


def test_of_what_generators_make_none_is_refused():
    rule = random.Random("the same each time")
    mixed = string.ascii_letters + string.digits
    alphabets = (string.ascii_lowercase, "0123456789abcdef", mixed, mixed + string.punctuation)
    words = [one for one in FREQUENCY_LISTS["english_wikipedia"][:8000] if len(one) in range(3, 9)]
    made = [
        *(
            "".join(rule.choices(alphabet, k=n))
            for alphabet in alphabets
            for n in [12, 16, 20] * 10
        ),
        *("".join(rule.choices(mixed, k=n)) for n in [8, 9, 10] * 30),
        *(
            sep.join(rule.choices(words, k=4))
            for sep in (" ", "-", ".", "", "7")
            for _ in range(40)
        ),
        *(" ".join(rule.choices(words, k=n)) for n in (5, 6, 8, 12) for _ in range(10)),
    ]
    own = ("bo@example.org", "Bo Anders Lind", "Acme", "Gatehouse", "gate.example.org")
    assert len(made) > 400
    assert not [
        (one, password_strength.weakness(one, own))
        for one in made
        if password_strength.weakness(one, own)
    ]


@pytest.mark.parametrize(
    ("password", "words"),
    [
        *(("password", MANY), ("qwerty12", MANY), ("12345678", MANY), ("Passw0rd", MANY)),
        *(("acme2026", OWN), ("abcdefgh", ROW), ("x7x7x7x7", REPEATS), ("x7Kq9zPw", None)),
    ],
)
def test_the_least_length_of_eight_is_judged_as_well(make_app, password, words):
    with make_app(PASSWORD_MIN_LENGTH="8").app_context():
        if words is None:
            check(password)
        else:
            with pytest.raises(Refusal, match=words):
                check(password)


@pytest.mark.parametrize(
    "piece",
    ["4@8({[<369&#!1/|0$5+7%2", "4@8({[<369&#!1/|", "lI1|!", "19", "0123", "a1b2c3d4", "aab", "(a"],
)
def test_it_takes_no_time_to_speak_of_whatever_is_sent(piece):
    before = time.process_time()
    password_strength.weakness((piece * 128)[:128], ["acme" * 40, "Bo " * 100])
    password_strength.weakness((piece + "Zq" + piece[::-1] + "0Ww") * 3, ["acme"])
    # zxcvbn as a whole takes up to half a minute for the first of these.
    assert time.process_time() - before < 3


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
