"""Sentences in Python code that are not marked for translation, found by parsing it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

CATALOGUE = {"_", "gettext", "ngettext", "marked", "marked_plural"}
# What these say is for programmers and operators.
INTERNAL = {
    *("ValueError", "RuntimeError", "TypeError", "LookupError", "KeyError", "AssertionError"),
    *("debug", "info", "warning", "error", "exception", "ConfigError", "compile", "text"),
}
SENTENCE = re.compile(r"[A-Z“·].* .*[.?]”?\s*", re.DOTALL)


def bare_sentences(source: str) -> list[str]:
    """Sentences that a reader would meet in English in every language."""
    tree = ast.parse(source)
    docstrings = {id(node) for node in _docstrings(tree)}
    texts = [_text(node) for node in _constants(tree) if id(node) not in docstrings]
    return [text for text in texts if SENTENCE.fullmatch(text)]


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one) if isinstance(one, ast.Constant) else "·" for one in node.values)
    return str(node.value)


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def _constants(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    if isinstance(node, ast.Call) and _name(node.func) in CATALOGUE | INTERNAL:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    if isinstance(node, ast.JoinedStr):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _constants(child)


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
