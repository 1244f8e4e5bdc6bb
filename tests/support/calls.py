"""Which of our functions uses which, read from the code: for tests that walk all verbs."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from webapp.config import ROOT

Function = tuple[str, str]  # module, name


@functools.cache
def functions() -> dict[Function, ast.stmt]:
    """Every function at the top of one of our files, and every table, which may hold some."""
    found: dict[Function, ast.stmt] = {}
    for path in (ROOT / "webapp").rglob("*.py"):
        for node in _tree(path).body:
            if isinstance(node, ast.FunctionDef):
                found[_module(path), node.name] = node
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", 0)]
            for target in targets:
                if isinstance(target, ast.Name):
                    found[_module(path), target.id] = node
    return found


def verbs() -> list[Function]:
    """The functions that are transactions of their own."""
    return [one for one in functions() if "transaction" in decorators(one)]


def posts() -> list[Function]:
    """The views that answer POST, PATCH, PUT and DELETE."""
    methods = {"post", "patch", "put", "delete", "route"}
    views = [one for one in functions() if one[0].startswith("webapp.web.")]
    return [one for one in views if decorators(one) & methods]


def decorators(one: Function) -> set[str]:
    """The last names of what decorates a function."""
    nodes = getattr(functions()[one], "decorator_list", [])
    calls = [node.func if isinstance(node, ast.Call) else node for node in nodes]
    return {ast.unparse(node).split(".")[-1] for node in calls}


@functools.cache
def uses(one: Function) -> frozenset[Function]:
    """Our functions that a function names, whether it calls them or hands them on."""
    known, found = _names(one[0]), set()
    for node in ast.walk(functions()[one]):
        if isinstance(node, ast.Name):
            found.add(known.get(node.id, (one[0], node.id)))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module, name = known.get(node.value.id, ("", ""))
            found.add((f"{module}.{name}", node.attr))
    return frozenset(found & set(functions())) - {one}


def reaches(one: Function, wanted: set[Function]) -> bool:
    """Whether a function leads to one of those, over however many others."""
    seen, left = {one}, [one]
    while left:
        for other in uses(left.pop()) - seen:
            if other in wanted:
                return True
            seen.add(other)
            left.append(other)
    return False


@functools.cache
def _names(module: str) -> dict[str, Function]:
    """What a module's imported names mean: (module, name)."""
    path = ROOT / (module.replace(".", "/") + ".py")
    path = path if path.exists() else path.with_suffix("") / "__init__.py"
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in _tree(path).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _module(path: Path) -> str:
    dotted = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    return dotted.removesuffix(".__init__")
