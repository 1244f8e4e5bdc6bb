"""Markdown to both parts of a mail. Values are filled in after parsing, so they stay plain text.

Text and HTML are written from the same runs of words, so they always agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

import nh3
from markdown_it.token import Token

from webapp.domain.letters.markdown import Run, is_allowed, lines, merged, parse
from webapp.domain.letters.placeholders import LINK
from webapp.domain.letters.styles import ATTRIBUTES, PROPERTIES, STYLES, TAGS, Styles
from webapp.languages import gettext


class Body(NamedTuple):
    """One text in both parts: plain text, and clean HTML with few tags."""

    text: str
    html: str


@dataclass(slots=True)
class _Box:
    """An open quote, list or list item, with what has been written inside it so far."""

    token: Token
    text: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    number: int = 0
    tight: bool = False


def render(markdown: str, values: Mapping[str, str], button: str, styles: Styles = STYLES) -> Body:
    """Both parts with the values filled in; `{{ link }}` becomes a button with that label.

    Mail programs need styles in each tag; pages have a style sheet, and none of these.
    """
    writer = _Writer(values, button, styles)
    for token in parse(markdown):
        writer.write(token)
    html = nh3.clean(
        "\n".join(writer.root.html),
        tags=TAGS,
        attributes={tag: ATTRIBUTES.get(tag, {"class", "style"}) for tag in TAGS},
        url_schemes={"http", "https", "mailto"},
        filter_style_properties=PROPERTIES,
        link_rel="noreferrer",
    )
    return Body("\n\n".join(writer.root.text) + "\n", html)


class _Writer:
    """Writes token after token into the innermost box; empty boxes are left out."""

    def __init__(self, values: Mapping[str, str], button: str, styles: Styles) -> None:
        self.values, self.button, self.styles = values, button, styles
        self.boxes = [_Box(Token("root", "", 0))]
        self.block = Token("paragraph_open", "p", 1)

    @property
    def root(self) -> _Box:
        return self.boxes[0]

    def write(self, token: Token) -> None:
        if token.type in ("paragraph_open", "heading_open"):
            self.block = token
        elif token.type == "inline":
            self._paragraph(token)
        elif token.type == "hr":
            self._put("---", f"<hr{self._style('hr')}>")
        elif token.type in ("paragraph_close", "heading_close"):
            pass
        elif token.nesting == 1:
            number = int(token.attrs.get("start", 1)) if token.tag == "ol" else 0
            self.boxes.append(_Box(token, number=number))
        elif token.nesting == -1:
            self._close(self.boxes.pop())

    def _paragraph(self, inline: Token) -> None:
        pending: list[list[Run]] = []
        for line in lines(inline):
            names = {run.name for run in line} - {""}
            has_own_words = bool("".join(run.words for run in line).strip())
            filled = self._closed_up([self._filled(run) for run in line])
            if names == {LINK} and not has_own_words:
                self._words(pending)
                pending = []
                self._link(with_address=True)
            elif names and not "".join(run.words for run in filled).strip():
                continue  # all placeholders of this line are empty
            else:
                pending.append(filled)
                if LINK in names:
                    self._words(pending)
                    pending = []
                    self._link(with_address=False)
        self._words(pending)

    def _filled(self, run: Run) -> Run:
        if not run.name:
            return run
        value = self.values.get(run.name, "")
        return run._replace(words=value, href=value if run.name == LINK else run.href)

    @staticmethod
    def _closed_up(line: list[Run]) -> list[Run]:
        """Without the space before a value that is empty: “Hello,” and not “Hello ,”."""
        for place, run in enumerate(line[1:], 1):
            if run.name and not run.words:
                before = line[place - 1]
                line[place - 1] = before._replace(words=before.words.rstrip(" "))
        return line

    def _words(self, filled: list[list[Run]]) -> None:
        if not any(run.words.strip() for line in filled for run in line):
            return
        tag = self.block.tag if self.block.tag == "p" else f"h{min(int(self.block.tag[1]) + 1, 4)}"
        raw = "\n".join("".join(_plain(line)) for line in filled)
        text = "\n".join(line.strip() for line in raw.strip().split("\n"))
        html = "<br>\n".join("".join(self._html(line)) for line in filled)
        if self.block.hidden:
            self.boxes[-1].tight = True
            self._put(text, html)
        else:
            self._put(text, f"<{tag}{self._style(tag)}>{html}</{tag}>")

    def _html(self, line: list[Run]) -> Iterator[str]:
        for run in merged(line):
            words = "<br>\n".join(escape(part) for part in run.words.split("\n"))
            words = f"<em>{words}</em>" if run.em else words
            words = f"<strong>{words}</strong>" if run.strong else words
            if run.href and (run.name == LINK or is_allowed(run.href)):
                kind = "a.plain" if run.name == LINK else "a"
                words = f'<a href="{escape(run.href)}"{self._style(kind)}>{words}</a>'
            yield words

    def _link(self, *, with_address: bool) -> None:
        address, label = self.values.get(LINK, ""), escape(self.button)
        href = f'href="{escape(address)}"'
        html = (
            f'<p class="act"{self._style("p.act")}>'
            f'<a class="button" {href}{self._style("a.button")}>{label}</a></p>'
        )
        if with_address:
            html += (
                f'\n<p class="plain"{self._style("p.plain")}>{gettext("Or open this link:")}<br>\n'
                f"<a {href}{self._style('a.plain')}>{escape(address)}</a></p>"
            )
        self._put(f"{self.button}:\n{address}" if with_address else "", html)

    def _close(self, box: _Box) -> None:
        if not box.html:
            return
        between = "\n" if box.tight else "\n\n"
        text = between.join(part for part in box.text if part)
        tag, attributes = box.token.tag, self._style(box.token.tag)
        outer = self.boxes[-1]
        if tag == "li":
            mark = "- "
            if outer.token.tag == "ol":
                mark = f"{outer.number}. "
                outer.number += 1
            outer.tight = outer.tight or box.tight
            rest = [" " * len(mark) + line if line else "" for line in text.split("\n")]
            text = mark + "\n".join(rest).lstrip()
        elif tag == "blockquote":
            text = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        elif tag == "ol" and "start" in box.token.attrs:
            attributes += f' start="{int(box.token.attrs["start"])}"'
        inside = "\n".join(box.html)
        self._put(text, f"<{tag}{attributes}>{inside}</{tag}>")

    def _put(self, text: str, html: str) -> None:
        if text:
            self.boxes[-1].text.append(text)
        self.boxes[-1].html.append(html)

    def _style(self, kind: str) -> str:
        style = self.styles.get(kind)
        return f' style="{style}"' if style else ""


def _plain(line: list[Run]) -> Iterator[str]:
    for run in merged([run._replace(strong=False, em=False) for run in line]):
        if run.name == LINK:
            yield f"\n{run.words}\n"
            continue
        yield run.words
        where = run.href.removeprefix("mailto:")
        if run.href and is_allowed(run.href) and where != run.words.removeprefix("mailto:"):
            yield f" ({where})"
