"""Words in a template that are not marked for translation, found by parsing it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

# Attributes that people read or hear.
READ = {"alt", "aria-label", "aria-description", "placeholder", "title", "data-label"}
# Arguments of our macros and of `set` that are words on the page.
WORDS = {"about", "caption", "hint", "label", "title", "word", "words"}
# Names and signs that are the same in every language.
SAME = {"Gatehouse", "API", "CSV", "JSON", "UTC", "nginx", "Caddy", "Traefik"}
PLACEHOLDER = re.compile(r"%\(\w+\)s")  # in markup that is filled in later
LETTERS = re.compile(r"[^\W\d_]{2,}")
CODE = re.compile(r"[a-z-][a-z_.:-]*")  # a keyword of ours, like the kind of a button
FROM_CATALOGUE = {"_", "gettext", "ngettext", "marked", "url_for", "asset"}


class _Reader(HTMLParser):
    """Collects what a reader meets: text, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("code", "script", "style")
        self.found += [value or "" for name, value in attrs if name in READ]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("code", "script", "style")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def environment() -> Environment:
    """Jinja with the i18n extension, which turns {% trans %} into calls."""
    made = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return made


def bare_words(source: str) -> list[str]:
    """Words that would stay English in every language."""
    tree = environment().parse(source)
    reader = _Reader()
    # Placeholders keep the tags whole while the pieces around expressions are joined.
    reader.feed("".join(_markup(tree)))
    reader.close()
    return [words for words in [*reader.found, *_arguments(tree)] if _is_language(words)]


def _is_language(text: str) -> bool:
    return any(word not in SAME for word in LETTERS.findall(PLACEHOLDER.sub("", text)))


def _markup(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Block) and node.name == "width":
        return  # a class, not words
    if isinstance(node, nodes.Output):
        for part in node.nodes:
            yield part.data if isinstance(part, nodes.TemplateData) else "·"
    for child in node.iter_child_nodes():
        yield from _markup(child)


def _arguments(tree: nodes.Node) -> Iterator[str]:
    """Plain text given to macros, printed by conditions, or kept in variables that are words."""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.Call):
                if isinstance(node.node, nodes.Name) and node.node.name in FROM_CATALOGUE:
                    continue
                yield from _plain(node.args)
                yield from _plain([one.value for one in node.kwargs if one.key in WORDS])
            elif not isinstance(node, nodes.TemplateData):
                yield from _plain([node])
    for one in tree.find_all(nodes.Assign):
        if isinstance(one.target, nodes.Name) and one.target.name in WORDS:
            yield from _plain([one.node])


def _plain(some: list[nodes.Expr]) -> Iterator[str]:
    for node in some:
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            if not CODE.fullmatch(node.value.strip()):
                yield node.value
        elif isinstance(node, nodes.CondExpr):
            yield from _plain([one for one in (node.expr1, node.expr2) if one])
        elif isinstance(node, (nodes.Concat, nodes.Add)):
            yield from _plain(list(node.iter_child_nodes()))  # type: ignore[arg-type]
