"""What CONTRIBUTING.md says is where it says, and calls what is there by its name."""

from __future__ import annotations

import ast
import functools
import re

import pytest

from webapp.config import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
PLACES = sorted(set(re.findall(r"`([\w/.-]+\.py)::(\w+)`", TEXT)))
WHERE = re.search(r"## Where is.*?\n\|---.*?\n(.+)", TEXT, re.DOTALL)
# What somebody new has to find; the issue that asked for the list named these.
ASKED = (
    "pause between resends",
    "24 hours",
    "domains",
    "longest message",
    "demoted admin's invitations",
    "last activity",
    "bounce",
    "trail is sealed",
    "second factor",
)


@functools.cache
def defined(path: str) -> set[str]:
    """The names that a file gives to something: functions, classes, variables and fields."""
    tree = ast.parse((ROOT / path).read_text())
    named = ast.FunctionDef | ast.ClassDef
    found = {node.name for node in ast.walk(tree) if isinstance(node, named)}
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return found | {node.id for node in stored if isinstance(node.ctx, ast.Store)}


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_what_is_named_is_there(path, name):
    assert name in defined(path)


@pytest.mark.parametrize("words", ASKED)
def test_where_something_is_has_an_answer(words):
    assert WHERE
    rows = [row.split("|")[1:3] for row in WHERE[1].splitlines() if row.startswith("|")]
    places = [where for what, where in rows if words in what]
    assert len(places) == 1
    assert re.search(r"`[\w/]+\.py::\w+`", places[0])


@pytest.mark.parametrize("key", re.findall(r"`(\w+:\w+)` in", TEXT))
def test_a_permission_that_is_named_is_one(key):
    assert f'"{key}"' in (ROOT / "webapp/domain/organizations/permissions.py").read_text()


def test_the_recipes_have_five_steps_each():
    recipes = re.search(r"## How to add …\n(.+?)\n## ", TEXT, re.DOTALL)
    assert recipes
    for name in ("An event", "A route", "A setting", "A job", "A mail kind"):
        recipe = recipes[1].split(f"**{name}**")[1].split("**")[0]
        assert re.findall(r"^(\d)\. ", recipe, re.MULTILINE) == ["1", "2", "3", "4", "5"], name
