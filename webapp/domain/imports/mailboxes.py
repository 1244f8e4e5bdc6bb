"""Addresses with their names, as mail programs, documents and people write them in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from webapp.domain import texts
from webapp.domain.imports import wrappings

# One writing for what keyboards and word processors vary.
_ALIKE = str.maketrans({**dict.fromkeys("“”„‟«»", '"'), "，": ",", "、": ",", "；": ";", "|": ";"})
# What is in brackets ends at the next one of the same kind, and its first @ is the only place to
# split it: any text takes time in proportion to its length.
_PIECE = re.compile(
    r'"[^"]*"|<[^<>]*>|\[mailto:[^\[\]\s]*\]|\([^()\s,;<>@]*@[^()\s,;<>]*\)|\([^()<>@]*\)'
    r'|[^\s,;<>"]+|[,;]'
)
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_AROUND = "\"'‘’`()[]{}‹›「」『』〔〕 \u00a0\u202f" + texts.UNSEEN
_AFTER = _AROUND + ".:!?…。"  # none of these can end a domain
_QUOTES = "'‘’‹›「」『』 " + texts.UNSEEN
_NOT_A_NAME = re.compile(r"[\d@]|\w\.\w")
_PLAIN_NAME = re.compile(r"[^\W\d](?:[\w\s.'’-]*[\w.])?")


def in_line(line: str) -> Iterator[tuple[str, str]]:
    """The addresses in a line, each with its name or "": `a@b, Bo Lind <c@d>; Lind, Bo <e@f>`.

    Other words are returned as addresses, so that their reader sees that nobody was left out.
    """
    pieces = _PIECE.findall(wrappings.removed(line.translate(_ALIKE)))
    pending: list[str] = []  # words, and commas that may belong to a name
    has_address = False  # among them
    was_bracketed = False
    for piece, after in zip([*pieces, ";"], [*pieces, ";", ";"][1:], strict=True):
        is_comment, was_bracketed = was_bracketed and _is_comment(piece), False
        if piece == ";" or (piece == "," and has_address):
            yield from _plain(pending)
        elif piece[0] == "<" or (piece[0] in "[(" and "@" in piece):
            yield from _bracketed(pending, piece, after)
            was_bracketed = True
        elif is_comment:  # Bo Lind <c@d> (Sales)
            continue
        else:
            pending.append(piece)
            has_address = has_address or _is_address(piece)
            continue
        pending, has_address = [], False


def single(text: str) -> tuple[str, str]:
    """The one address in a cell, and its name; the text itself if it holds none, or several."""
    found = list(in_line(text)) if "@" in text else []
    return found[0] if len(found) == 1 else (text, "")


def several(text: str) -> list[tuple[str, str]]:
    """The addresses in a cell with nothing else in it; an empty list unless they are several."""
    found = list(in_line(text)) if text.count("@") > 1 else []
    return found if len(found) > 1 and all(_is_address(email) for email, _ in found) else []


def written(email: str, name: str) -> str:
    """An address and its name as `in_line` reads them; quotes in a name become apostrophes."""
    name = wrappings.kept(" ".join(name.translate(_ALIKE).replace('"', "'").split()))
    if not name:
        return email
    if _PLAIN_NAME.fullmatch(name):
        return f"{name} <{email}>"
    end = " " if name.endswith("\\") else ""  # or the quotation mark would be a part of the name
    return f'"{name}{end}" <{email}>'


def _bracketed(before: Sequence[str], brackets: str, after: str) -> Iterator[tuple[str, str]]:
    """The address in brackets with the name before or after it, after others before it."""
    email = _address(brackets[1:-1].strip()) or brackets
    others = [word for word in before if _is_other(word, email)]
    words = [word for word in before if word[0] == '"' or "@" not in word]
    *unread, name = _parts(words)
    if len(unread) == 1 and not others and not any(map(_NOT_A_NAME.search, (unread[0], name))):
        unread, name = [], f"{name} {unread[0]}"  # Lind, Bo
    yield from _plain([*others, ","])
    yield from ((part, "") for part in unread if _says_something(part))
    if not name and _is_comment(after):
        name = after[1:-1]
    yield email, "" if name == email else _name(name)


def _parts(words: Sequence[str]) -> list[str]:
    """The words between commas, joined and without quotes; one "" if there is none."""
    if any(word[0] == '"' for word in words):
        return [" ".join(word.strip('"') for word in words if word != ",")]
    bare = [word for word in words if not _is_comment(word)]  # Lind, Bo (Sales)
    joined = " ".join(bare if any(map(_says_something, bare)) else words).strip(_QUOTES)
    return [part for text in joined.split(",") if (part := text.strip(_QUOTES))] or [""]


def _plain(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Words with no address in brackets after them: addresses, and other words between them."""
    other: list[str] = []
    was_address = False
    for word, after in zip([*words, ","], [*words, ",", ","][1:], strict=True):
        is_name, was_address = was_address and _is_comment(word), False
        if word != "," and not _is_address(word) and not is_name:
            other.append(word)
            continue
        if any(map(_says_something, other)):
            yield " ".join(other), ""
        other = []
        if _is_address(word):
            yield _address(word), _name(after[1:-1]) if _is_comment(after) else ""  # a@b (Ada)
            was_address = True


def _address(word: str) -> str:
    """The word without what surrounds an address; any other word as it is."""
    bare = word.strip(_AROUND)
    for mark in "*_":  # of bold and slanted text; one alone may belong to the address
        if bare.startswith(mark) and bare.endswith(mark):
            bare = bare.strip(mark)
    link = _MAILTO.match(bare)
    if link:
        bare = unquote(bare[link.end() :].partition("?")[0]).strip(_AROUND)
    return bare.rstrip(_AFTER) if "@" in bare else word


def _name(text: str) -> str:
    """A name as it is read: decoded, and without what is unseen in it."""
    return texts.without_invisible(wrappings.decoded(text.strip())).strip()


def _is_address(word: str) -> bool:
    return "@" in word


def _is_comment(word: str) -> bool:
    return word.startswith("(") and word.endswith(")") and "@" not in word


def _says_something(word: str) -> bool:
    """Whether it may be anybody: a lone dash or ampersand is not."""
    return any(map(str.isalnum, word))


def _is_other(word: str, email: str) -> bool:
    """Whether a word before `<email>` is another address; mail programs often repeat the same."""
    return "@" in word and word[0] != '"' and _address(word).casefold() != email.casefold()
