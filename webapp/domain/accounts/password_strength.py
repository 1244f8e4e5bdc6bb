"""How hard a password is to guess: zxcvbn's estimate, in bounded time, and why when it is easy.

Its parts are called one by one. As a whole it tries every reading of characters that stand for
letters (`1` for i or l): seven seconds for some of a hundred characters; and it keeps what belongs
to one person where all threads read it. So the version is pinned, and tests hold what it says.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable
from typing import Any

from zxcvbn import matching, scoring

WINDOW = 32  # characters judged together; a longer password is as hard as its hardest piece
ENOUGH = 9.0  # powers of ten; zxcvbn calls 8 safe against guessing, and 10 very safe
PER_CHARACTER = 0.7  # of a short one; random characters have 1
BESIDE_OWN = 8.0  # what has to be left when one's own words are taken out
OWN_PART, OWN_WHOLE = 4, 3  # letters of a word of a name, and of all of it, that count

# Each character stands for one letter here, so the readings are few.
LETTERS = {"a": ["4", "@"], "e": ["3"], "g": ["9"], "i": ["1", "!"], "o": ["0"], "s": ["$", "5"]}
LETTERS |= {"t": ["7", "+"]}
_REPEATS = re.compile(r"(.+?)\1{2,}", re.DOTALL)
_READ_AS = str.maketrans({sign: letter for letter, signs in LETTERS.items() for sign in signs})

COMMON, REPEATED, ROW, OWN, EASY = "common", "repeated", "row", "own", "easy"
_REASONS = {"repeat": REPEATED, "spatial": ROW, "sequence": ROW}


def weakness(password: str, own: Iterable[str]) -> str | None:
    """Why the password is easy to guess, or None; `own` are names that are near at hand.

    Takes up to a few tenths of a second, so call it before locking.
    """
    text = password.lower()
    if len(set(text)) < 4:
        return REPEATED
    rest = _without(text, own)
    if len(rest) < len(text) and not _is_hard(rest, min(BESIDE_OWN, PER_CHARACTER * len(text))):
        return OWN
    # A hundred times the same is hardly harder than twice, and as quickly judged.
    short = _REPEATS.sub(r"\1\1", password)
    best = max(_judged(short), key=lambda one: one["guesses"])
    if best["guesses"] >= 10 ** min(ENOUGH, PER_CHARACTER * len(password)):
        return COMMON if text in matching.RANKED_DICTIONARIES["passwords"] else None
    return REPEATED if 2 * len(short) <= len(password) else _reason(best)


def _is_hard(text: str, needed: float) -> bool:
    return any(one["guesses"] >= 10**needed for one in _judged(text)) if text else False


def _judged(password: str) -> list[dict[str, Any]]:
    """Each piece's most likely reading: how many guesses it takes, and of what it is made."""
    starts = range(0, len(password) or 1, WINDOW)
    return [_judge(password[start : start + WINDOW]) for start in starts]


def _judge(piece: str) -> dict[str, Any]:
    found = [
        *matching.dictionary_match(piece),
        *matching.reverse_dictionary_match(piece),
        *matching.l33t_match(piece, _l33t_table=LETTERS),
        *matching.spatial_match(piece),
        *matching.repeat_match(piece),
        *matching.sequence_match(piece),
        *matching.regex_match(piece),
        *matching.date_match(piece),
    ]
    found.sort(key=lambda one: (one["i"], one["j"]))
    judged: dict[str, Any] = scoring.most_guessable_match_sequence(piece, found)
    return judged


def _reason(judged: dict[str, Any]) -> str:
    """What most of the password is made of."""
    lengths: Counter[str] = Counter()
    for part in judged["sequence"]:
        kind = COMMON if part.get("dictionary_name") == "passwords" else EASY
        lengths[_REASONS.get(part["pattern"], kind)] += len(part["token"])
    reason, length = lengths.most_common(1)[0]
    # A common password with something behind it is one of many who did the same.
    return COMMON if lengths[COMMON] * 2 >= length else reason


def _without(text: str, own: Iterable[str]) -> str:
    """The text without the words of the names, also where signs stand for letters."""
    read = text.translate(_READ_AS)  # as long as the text: one sign, one letter
    kept = list(text)
    for word in {word for name in own for word in _words(name)}:
        for form in (text, read):
            for found in re.finditer(re.escape(word), form):
                kept[found.start() : found.end()] = " " * len(word)
    rest = "".join(kept)
    return text if rest == text else " ".join(rest.split()).strip(f" {string.punctuation}")


def _words(name: str) -> set[str]:
    """The words of a name, all of them together, and each from back to front."""
    parts = re.findall(r"[^\W_]+", name.lower()[:320])
    whole = "".join(parts)
    words = {word for word in parts if len(word) >= OWN_PART}
    words |= {one for one in (name.lower().strip(), whole) if len(one) >= OWN_WHOLE}
    return words | {word[::-1] for word in words}
