"""The words of a mail's Markdown: read into runs of one look, placeholders still open."""

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

NESTING = 12  # quotes and lists inside each other; deeper ones are plain words
_ALLOWED = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
# What a letter needs. Code, tables and references are left out; HTML stays the words it is.
_LEFT_OUT = ("code", "fence", "backticks", "html_block", "html_inline", "reference", "lheading")


# Where an address ends; and addresses that are no links here, with marks in place of placeholders.
_APART = ("link_open", "link_close", "softbreak", "hardbreak")
_BARE = (
    re.compile(r"(?:\w://|mailto:|tel:|www\.)\S+", re.IGNORECASE),
    re.compile(r"<[a-z][^<>]*=[^<>]*", re.IGNORECASE),  # what stands in a tag of HTML
    re.compile(r"<\s*\w+zl\s*>"),  # {{ link }} in angle brackets is an address already
)


class Run(NamedTuple):
    """Words of one look; `href` is where they lead, `name` the placeholder that they were."""

    words: str
    href: str = ""
    strong: bool = False
    em: bool = False
    name: str = ""


@functools.lru_cache(maxsize=128)
def parse(markdown: str) -> tuple[Token, ...]:
    """The Markdown's tokens; placeholders and pictures among them. Bounded by the text's length."""
    return tuple(_reader().parse(markdown))


def lines(inline: Token) -> list[list[Run]]:
    """The words of a paragraph line by line, placeholders still open (as runs with a name)."""
    found: list[list[Run]] = [[]]
    href, strong, em = "", 0, 0
    for token in inline.children or ():
        match token.type:
            case "softbreak" | "hardbreak":
                found.append([])
            case "strong_open" | "strong_close":
                strong += token.nesting
            case "em_open" | "em_close":
                em += token.nesting
            case "link_open":
                href = str(token.attrs.get("href", ""))
            case "link_close":
                href = ""
            case "placeholder":
                found[-1].append(Run("", href, strong > 0, em > 0, token.content))
            case _:  # words; of a picture its description
                found[-1].append(Run(token.content, href, strong > 0, em > 0))
    return found


def in_addresses(markdown: str) -> set[int]:
    """Which placeholders stand inside an address, by their numbers from 0, however it is written.

    Also in addresses that are no links here, since a mail program may make links of them: bare
    ones, those of references and of HTML. The spaces inside a placeholder do not hide it.
    """
    mark = next(f"zq{n}x" for n in range(len(markdown) + 1) if f"zq{n}x" not in markdown)
    numbers = itertools.count()
    text = PLACEHOLDER.sub(
        lambda found: f"{mark}{next(numbers)}{'zl' if found[1] == LINK else 'zw'}", markdown
    )
    env: dict[str, Any] = {}
    found: list[str] = []
    for token in _address_reader().parse(text, env):
        inside = token.children or ()
        words = "".join(" " if one.type in _APART else one.content for one in inside)
        found += [match[0] for pattern in _BARE for match in pattern.finditer(words)]
        found += [str(one.attrs.get(name, "")) for one in inside for name in ("href", "src")]
    references = [*env.get("references", {}).values(), *env.get("duplicate_refs", ())]
    found += [str(one["href"]) for one in references]
    return {int(number) for number in re.findall(rf"{mark}(\d+)z[wl]", "\n".join(found))}


def is_allowed(href: str) -> bool:
    """Whether a mail's link may lead there: http, https and mailto, nothing else."""
    return _ALLOWED.match(href) is not None


def merged(line: list[Run]) -> Iterator[Run]:
    """Neighbours of one look as one run."""
    waiting: list[Run] = []
    for run in line:
        if waiting and (waiting[0][1:4] != run[1:4] or LINK in (run.name, waiting[0].name)):
            yield waiting[0]._replace(words="".join(one.words for one in waiting))
            waiting = []
        waiting.append(run)
    if waiting:
        yield waiting[0]._replace(words="".join(one.words for one in waiting))


def _placeholder(state: StateInline, silent: bool) -> bool:
    found = PLACEHOLDER.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("placeholder", "", 0).content = found[1]
    state.pos = found.end()
    return True


@functools.cache
def _address_reader() -> MarkdownIt:
    """Reads links of all kinds, those of references among them."""
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING})
    reader.disable([one for one in _LEFT_OUT if one != "reference"])
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    return reader


@functools.cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING}).disable(_LEFT_OUT)
    # Every address is read as a link here: one that may not stand is refused by name on saving.
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    reader.inline.ruler.before("escape", "placeholder", _placeholder)
    return reader
