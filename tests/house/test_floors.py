"""The rules of the house that its imports can show."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
import statistics
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from webapp.config import ROOT

FILES = sorted(path for folder in ("webapp", "jobs") for path in (ROOT / folder).rglob("*.py"))
LONGEST = 200  # lines of one file


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module(path: Path) -> str:
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {module(path) for path in FILES}


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def faults(find: Callable[[Path], object], files: Sequence[Path] = FILES) -> dict[str, object]:
    """What is found in which file; one test for all of them costs a hundredth of one for each."""
    return {name(path): found for path in files if (found := find(path))}


def imports(path: Path) -> set[str]:
    """Dotted names of our own modules whose names a file imports, at the top or anywhere."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found & MODULES


def test_what_may_use_what_is_as_the_contracts_say():
    """Floors, rooms and the order inside each: [tool.importlinter] in pyproject.toml."""
    linter = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run(
        [linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout


def test_every_room_has_a_contract_about_the_order_inside():
    rooms = {path.parent.name for path in (ROOT / "webapp/domain").glob("*/__init__.py")}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    inside = {
        container.removeprefix("webapp.domain.")
        for contract in contracts["contracts"]
        for container in contract.get("containers", [])
        if contract.get("exhaustive")
    }
    assert inside == {*rooms, "webapp.domain"}


def test_nothing_is_imported_inside_a_function():
    def inside(path):
        return [
            node.lineno
            for function in ast.walk(tree(path))
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]

    assert faults(inside) == {}


def test_a_file_is_short():
    assert faults(lambda path: path.read_text().splitlines()[LONGEST:]) == {}


def test_a_file_says_what_it_is():
    assert faults(lambda path: not ast.get_docstring(tree(path))) == {}


def test_the_rules_functions_are_short():
    """Half of them at most 7 lines from `def` to the end, one in fifty above 25, none above 40."""
    lengths = {
        f"{name(path)} {node.name}": node.end_lineno - node.lineno + 1
        for path in FILES
        if module(path).startswith("webapp.domain")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
    }
    assert statistics.median(lengths.values()) <= 7
    assert not {one for one, lines in lengths.items() if lines > 40}
    long = {one for one, lines in lengths.items() if lines > 25}
    assert len(long) <= 0.02 * len(lengths), long


def test_no_room_is_above_a_fifth_of_the_rules():
    rooms = Counter()
    for path in (ROOT / "webapp/domain").rglob("*.py"):
        rooms[path.relative_to(ROOT / "webapp/domain").parts[0]] += len(
            path.read_text().split("\n")
        )
    largest, lines = rooms.most_common(1)[0]
    assert lines <= rooms.total() / 5, largest


def test_every_public_function_says_its_rule():
    def silent(path):
        return [
            node.name
            for node in tree(path).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]

    assert faults(silent) == {}


VIEWS = sorted((ROOT / "webapp/web").rglob("*.py"))


def test_a_view_is_under_25_lines():
    def long(path):
        return [
            node.name
            for node in tree(path).body
            if isinstance(node, ast.FunctionDef)
            and any("blueprint" in ast.unparse(one) for one in node.decorator_list)
            and node.end_lineno - node.lineno >= 25
        ]

    assert faults(long, VIEWS) == {}


def test_every_form_is_asked_in_one_way():
    """`done = form.attempt(verb, …)`, then `if not done`."""

    def otherwise(path):
        asked, in_one_way = set(), set()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".attempt"):
                asked.add(node)
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "done":
                in_one_way.add(node.value)
            elif isinstance(node, ast.Return) and path.name == "registration.py":
                in_one_way.add(node.value)  # its own `_attempt`, which is asked the same way
        return [node.lineno for node in asked - in_one_way]

    assert faults(otherwise, VIEWS) == {}


def test_no_module_is_a_drawer_for_everything():
    refused = {"utils", "util", "helpers", "helper", "manager", "service", "handler", "misc"}
    assert not {path.stem for path in FILES} & refused


def test_nothing_goes_in_circles():
    """Also not between a room's own file and those in it, which contracts cannot name."""
    below = {module(path): imports(path) for path in FILES}
    graphlib.TopologicalSorter(below).prepare()  # raises CycleError with the way round


def test_one_file_inserts_what_may_be_there_already():
    def inserts(path):
        return re.findall(r"on_conflict_|(?:sqlite|postgresql)\.insert", path.read_text())

    assert set(faults(inserts)) == {"webapp/upserts.py"}


ORIGIN = ("remote_addr", "access_route", "get_remote_address", "ProxyFix", "is_secure", "url_root")
TOLD_BY_PROXIES = ("REMOTE_ADDR", "FORWARDED")


# What was asked for, at the host of an application: who may enter does not depend on it.
ASKED_FOR = {"webapp/web/forwarded.py": {"FORWARDED"}}


def test_one_file_reads_where_a_request_comes_from():
    """Whatever a proxy or a caller says of it passes through `web/origin.py`."""

    def read(path):
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
        return found & {*ORIGIN, *TOLD_BY_PROXIES} - ASKED_FOR.get(name(path), set())

    assert set(faults(read)) == {"webapp/web/origin.py"}
