"""Parsing a mail's Markdown into runs of one style, with placeholders not yet filled in."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from webapp.domain.letters.placeholders import LINK, PLACEHOLDER

NESTING = 12  # levels of quotes and lists; deeper ones are plain text
_ALLOWED = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
# What a letter does not need: code, tables and references. HTML stays plain text.
_LEFT_OUT = ("code", "fence", "backticks", "html_block", "html_inline", "reference", "lheading")


# Tokens that end an address; and addresses outside links, with marks in place of placeholders.
_SEPARATORS = ("link_open", "link_close", "softbreak", "hardbreak")
_BARE = (
    re.compile(r"(?:\w://|mailto:|tel:|www\.)\S+", re.IGNORECASE),
    re.compile(r"<[a-z][^<>]*=[^<>]*", re.IGNORECASE),  # the attributes of an HTML tag
    re.compile(r"<\s*\w+zl\s*>"),  # {{ link }} in angle brackets is an address
)


class Run(NamedTuple):
    """Words of one style; `href` is their link, `name` the placeholder that they come from."""

    words: str
    href: str = ""
    strong: bool = False
    em: bool = False
    name: str = ""


@functools.lru_cache(maxsize=128)
def parse(markdown: str) -> tuple[Token, ...]:
    """The Markdown's tokens, including placeholders and pictures."""
    return tuple(_reader().parse(markdown))


def lines(inline: Token) -> list[list[Run]]:
    """The runs of a paragraph line by line; placeholders are empty runs with a name."""
    result: list[list[Run]] = [[]]
    href, strong, em = "", 0, 0
    for token in inline.children or ():
        match token.type:
            case "softbreak" | "hardbreak":
                result.append([])
            case "strong_open" | "strong_close":
                strong += token.nesting
            case "em_open" | "em_close":
                em += token.nesting
            case "link_open":
                href = str(token.attrs.get("href", ""))
            case "link_close":
                href = ""
            case "placeholder":
                result[-1].append(Run("", href, strong > 0, em > 0, token.content))
            case _:  # text, or the description of a picture
                result[-1].append(Run(token.content, href, strong > 0, em > 0))
    return result


def in_addresses(markdown: str) -> set[int]:
    """Which placeholders are inside an address, by their numbers from 0.

    Bare addresses and those in references and in HTML count as well, since a mail program may turn
    them into links. Spaces inside a placeholder make no difference.
    """
    mark = next(f"zq{n}x" for n in range(len(markdown) + 1) if f"zq{n}x" not in markdown)
    numbers = itertools.count()
    text = PLACEHOLDER.sub(
        lambda match: f"{mark}{next(numbers)}{'zl' if match[1] == LINK else 'zw'}", markdown
    )
    env: dict[str, Any] = {}
    addresses: list[str] = []
    for token in _address_reader().parse(text, env):
        children = token.children or ()
        words = "".join(" " if c.type in _SEPARATORS else c.content for c in children)
        addresses += [match[0] for pattern in _BARE for match in pattern.finditer(words)]
        addresses += [str(c.attrs.get(name, "")) for c in children for name in ("href", "src")]
    references = [*env.get("references", {}).values(), *env.get("duplicate_refs", ())]
    addresses += [str(reference["href"]) for reference in references]
    return {int(number) for number in re.findall(rf"{mark}(\d+)z[wl]", "\n".join(addresses))}


def is_allowed(href: str) -> bool:
    """Whether a mail may link to the address: http, https and mailto only."""
    return _ALLOWED.match(href) is not None


def merged(line: list[Run]) -> Iterator[Run]:
    """The line with neighbouring runs of the same style joined; links stay on their own."""
    previous: Run | None = None
    for run in line:
        if previous is None:
            previous = run
        elif previous[1:4] != run[1:4] or LINK in (run.name, previous.name):
            yield previous
            previous = run
        else:
            previous = previous._replace(words=previous.words + run.words)
    if previous is not None:
        yield previous


def _placeholder(state: StateInline, silent: bool) -> bool:
    match = PLACEHOLDER.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("placeholder", "", 0).content = match[1]
    state.pos = match.end()
    return True


@functools.cache
def _address_reader() -> MarkdownIt:
    """A parser that reads links of all kinds, references included."""
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING})
    reader.disable([rule for rule in _LEFT_OUT if rule != "reference"])
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    return reader


@functools.cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING}).disable(_LEFT_OUT)
    # Every address is parsed as a link here; saving refuses those that are not allowed.
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    reader.inline.ruler.before("escape", "placeholder", _placeholder)
    return reader
