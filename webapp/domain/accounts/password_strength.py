"""How hard a password is to guess: zxcvbn's estimate, in bounded time, and why when it is easy.

zxcvbn's parts are called one by one. As a whole it tries every reading of characters that stand for
letters (`1` for i or l), which takes seven seconds for some of a hundred characters, and it shares
one person's words among all threads. So the version is pinned, and tests check its results. Its
lists of words take 13 MB, so it is imported where a password is first judged: workers judge none.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from typing import Any

WINDOW = 32  # characters judged together; a longer password is as hard as its hardest piece
ENOUGH = 9.0  # powers of ten; zxcvbn calls 8 safe against guessing, and 10 very safe
PER_CHARACTER = 0.7  # of a short one; random characters have 1
BESIDE_OWN = 8.0  # of the rest, when the person's own words are taken out
OWN_PART, OWN_WHOLE = 4, 3  # letters of a word of a name, and of all of it, that count

# Each character stands for one letter here, so the readings are few.
LETTERS = {"a": ["4", "@"], "e": ["3"], "g": ["9"], "i": ["1", "!"], "o": ["0"], "s": ["$", "5"]}
LETTERS |= {"t": ["7", "+"]}
_REPEATS = re.compile(r"(.+?)\1{2,}", re.DOTALL)
_READ_AS = str.maketrans({sign: letter for letter, signs in LETTERS.items() for sign in signs})

COMMON, REPEATED, ROW, OWN, EASY = "common", "repeated", "row", "own", "easy"
_REASONS = {"repeat": REPEATED, "spatial": ROW, "sequence": ROW}


def weakness(password: str, own: Iterable[str]) -> str | None:
    """Why the password is easy to guess, or None; `own` are names that this person would use.

    Takes up to a few tenths of a second, so call it before locking.
    """
    text = password.lower()
    if len(set(text)) < 4:
        return REPEATED
    rest = _without(text, own)
    if len(rest) < len(text) and not _is_hard(rest, min(BESIDE_OWN, PER_CHARACTER * len(text))):
        return OWN
    # A hundred repetitions are hardly harder to guess than two, and as quickly judged.
    short = _REPEATS.sub(r"\1\1", password)
    hardest = max(_readings(short), key=lambda reading: reading["guesses"])
    if hardest["guesses"] >= 10 ** min(ENOUGH, PER_CHARACTER * len(password)):
        ranked = import_module("zxcvbn.matching").RANKED_DICTIONARIES["passwords"]
        return COMMON if text in ranked else None
    return REPEATED if 2 * len(short) <= len(password) else _reason(hardest)


def _is_hard(text: str, needed: float) -> bool:
    return any(reading["guesses"] >= 10**needed for reading in _readings(text)) if text else False


def _readings(password: str) -> list[dict[str, Any]]:
    """Each piece's easiest reading: how many guesses it takes, and what it is made of."""
    starts = range(0, len(password) or 1, WINDOW)
    return [_easiest_reading(password[start : start + WINDOW]) for start in starts]


def _easiest_reading(piece: str) -> dict[str, Any]:
    matching, scoring = import_module("zxcvbn.matching"), import_module("zxcvbn.scoring")
    matches = [
        *matching.dictionary_match(piece),
        *matching.reverse_dictionary_match(piece),
        *matching.l33t_match(piece, _l33t_table=LETTERS),
        *matching.spatial_match(piece),
        *matching.repeat_match(piece),
        *matching.sequence_match(piece),
        *matching.regex_match(piece),
        *matching.date_match(piece),
    ]
    matches.sort(key=lambda match: (match["i"], match["j"]))
    reading: dict[str, Any] = scoring.most_guessable_match_sequence(piece, matches)
    return reading


def _reason(reading: dict[str, Any]) -> str:
    """What most of the password is made of."""
    lengths: Counter[str] = Counter()
    for part in reading["sequence"]:
        kind = COMMON if part.get("dictionary_name") == "passwords" else EASY
        lengths[_REASONS.get(part["pattern"], kind)] += len(part["token"])
    reason, length = lengths.most_common(1)[0]
    # Many people append something to a common password.
    return COMMON if lengths[COMMON] * 2 >= length else reason


def _without(text: str, own: Iterable[str]) -> str:
    """The text without the words of the names, also where signs stand for letters."""
    read = text.translate(_READ_AS)  # as long as the text: one sign, one letter
    letters = list(text)
    for word in {word for name in own for word in _words(name)}:
        for form in (text, read):
            for match in re.finditer(re.escape(word), form):
                letters[match.start() : match.end()] = " " * len(word)
    rest = "".join(letters)
    return text if rest == text else " ".join(rest.split()).strip(f" {string.punctuation}")


def _words(name: str) -> set[str]:
    """The words of a name, all of them together, and each from back to front."""
    parts = re.findall(r"[^\W_]+", name.lower()[:320])
    joined = "".join(parts)
    words = {word for word in parts if len(word) >= OWN_PART}
    words |= {form for form in (name.lower().strip(), joined) if len(form) >= OWN_WHOLE}
    return words | {word[::-1] for word in words}
