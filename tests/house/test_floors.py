"""The rules of the house that its imports can show."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from webapp import domain
from webapp.config import ROOT

CELLAR_ORDER = (
    *("clock", "trace", "reading", "config", "connections", "turnstile", "constraints", "db"),
    *("outages", "remains"),
    *("signing", "sealing", "queue", "smtp", "mailer", "internet", "posting"),
)
FILES = sorted(path for folder in ("webapp", "jobs") for path in (ROOT / folder).rglob("*.py"))
# Where create_app hangs the parts together.
JOINTS = {"webapp/__init__.py", "webapp/cli.py", "webapp/web/front.py"}
LONGEST = 250  # lines of one file


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module(path: Path) -> str:
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> set[str]:
    """Dotted names of our own modules that a file imports, at the top or anywhere."""
    known = {module(file) for file in FILES}
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
            found.add(node.module)
    return {one for one in found if one in known and one not in ("webapp", module(path))}


def foreign(path: Path) -> set[str]:
    """First names of other people's packages that a file imports."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def floor(dotted: str) -> int:
    """0 cellar, 1 facts, 2 rules, 3 the street side."""
    parts = dotted.split(".")
    if parts[0] == "jobs":
        return 3
    if len(parts) == 1 or parts[1] in ("web", "cli", "commands"):
        return 3
    return {"models": 1, "domain": 2}.get(parts[1], 0)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_uses_only_what_lies_below_it(path):
    if name(path) in JOINTS:
        return
    above = {one for one in imports(path) if floor(one) > floor(module(path))}
    assert not above


@pytest.mark.parametrize("path", [p for p in FILES if floor(module(p)) == 2], ids=name)
def test_rules_use_only_rules_before_them(path):
    own = module(path).removeprefix("webapp.domain.")
    if own == "webapp.domain":
        return
    used = {one.removeprefix("webapp.domain.") for one in imports(path) if floor(one) == 2}
    later = {
        one
        for one in used - {"webapp.domain"}
        if domain.ORDER.index(one) >= domain.ORDER.index(own)
    }
    assert not later


def test_every_rule_has_its_place_in_the_order():
    files = {path.stem for path in (ROOT / "webapp/domain").glob("*.py")} - {"__init__"}
    assert files == set(domain.ORDER)
    assert len(set(domain.ORDER)) == len(domain.ORDER)


def test_the_cellar_is_known_and_has_an_order_of_its_own():
    files = {path.stem for path in (ROOT / "webapp").glob("*.py")} - {"__init__", "cli"}
    assert files == set(CELLAR_ORDER)
    for own in CELLAR_ORDER:
        used = {one.split(".")[1] for one in imports(ROOT / f"webapp/{own}.py")}
        assert all(CELLAR_ORDER.index(one) < CELLAR_ORDER.index(own) for one in used), own


@pytest.mark.parametrize("path", [p for p in FILES if floor(module(p)) in (1, 2)], ids=name)
def test_facts_and_rules_know_nothing_of_flask(path):
    assert not {one for one in foreign(path) if one.startswith(("flask", "werkzeug", "wtforms"))}


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if floor(module(p)) == 3 and name(p) not in JOINTS],
    ids=name,
)
def test_only_rules_write(path):
    """The street side and the jobs touch neither session nor mailer nor queue's Redis."""
    allowed = {"jobs/worker.py", "jobs/schedule.py"}
    used = imports(path)
    assert "webapp.db" not in used
    assert "webapp.mailer" not in used
    assert "sqlalchemy" not in foreign(path)
    if name(path) not in allowed:
        assert "webapp.queue" not in used


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nothing_is_imported_inside_a_function(path):
    inside = [
        node.lineno
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not inside


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_is_short_and_says_what_it_is(path):
    assert len(path.read_text().splitlines()) <= LONGEST
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_public_function_says_its_rule(path):
    silent = [
        node.name
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent


VIEWS = sorted((ROOT / "webapp/web").rglob("*.py"))


@pytest.mark.parametrize("path", VIEWS, ids=name)
def test_a_view_is_under_25_lines(path):
    long = [
        node.name
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
        and any("blueprint" in ast.unparse(one) for one in node.decorator_list)
        and node.end_lineno - node.lineno >= 25
    ]
    assert not long


def test_no_module_is_a_drawer_for_everything():
    refused = {"utils", "util", "helpers", "helper", "manager", "service", "handler", "misc"}
    assert not {path.stem for path in FILES} & refused


def test_nothing_goes_in_circles():
    below = {module(path): imports(path) for path in FILES}

    def visit(one: str, way: tuple[str, ...]) -> None:
        assert one not in way, " → ".join((*way, one))
        for other in below.get(one, ()):
            if other != ".".join(one.split(".")[:-1]):
                visit(other, (*way, one))

    for path in FILES:
        visit(module(path), ())


ORIGIN = ("remote_addr", "access_route", "get_remote_address", "ProxyFix", "is_secure", "url_root")
TOLD_BY_PROXIES = ("REMOTE_ADDR", "FORWARDED")


@pytest.mark.parametrize("path", [p for p in FILES if name(p) != "webapp/web/origin.py"], ids=name)
def test_one_file_reads_where_a_request_comes_from(path):
    """Whatever a proxy or a caller says of it passes through `web/origin.py`."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = node.value.upper().replace("-", "_")
            found |= {word for word in TOLD_BY_PROXIES if re.search(rf"\b\w*{word}\w*\b", said)}
    assert not found & {*ORIGIN, *TOLD_BY_PROXIES}
