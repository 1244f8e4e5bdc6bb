"""Mutation testing of the rules: change one thing at a time, and see whether a test says so.

    make mutants                          all of them
    make mutants ARGS="links sign_ins"    those of some files
    make mutants ARGS="links --every 5"   every fifth, for a first look

Cosmic Ray knows how to change code. Its own runner starts Python and all libraries anew for each
change, which takes longer than the tests; here they are loaded once and each change has a fork.
SQLite only: what needs two connections at once is held by tests that say so.
"""

from __future__ import annotations

import argparse
import atexit
import difflib
import importlib
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from typing import Any, NamedTuple

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 600  # for one change; what takes longer hangs, which a test would notice, too
# Loaded once. Nothing of ours: each fork loads that itself, with the change in it.
LIBRARIES = (
    *("pytest", "flask", "flask_wtf", "flask_limiter", "flask_migrate", "flask_smorest"),
    *("flask_sqlalchemy", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql"),
    *("alembic.command", "playwright.sync_api", "html5lib", "rq", "redis", "psycopg", "argon2"),
    *("markdown_it", "zxcvbn", "email_validator", "prometheus_client", "segno", "pyotp"),
)
DOMAIN, WEB, API = "tests/domain/{}/test_", "tests/web/test_", "tests/api/test_"
ACCOUNTS, INVITATIONS = DOMAIN.format("accounts"), DOMAIN.format("invitations")
EVENTS = "tests/domain/events/test_events.py"
ENDED = f"{API}ended_meanwhile.py"
ROLES = f"{DOMAIN.format('members')}roles.py"
# Which tests concern which file, those that are quick to object first.
TESTS: dict[str, tuple[str, ...]] = {
    "domain/invitations/links": (f"{INVITATIONS}links.py", f"{INVITATIONS}acceptances.py"),
    "domain/invitations/acceptances": (
        *(f"{INVITATIONS}acceptances.py", f"{ACCOUNTS}second_factors.py"),
        *(f"{ACCOUNTS}take_overs.py", f"{WEB}registration.py", f"{WEB}copied_links.py"),
        *(f"{API}signing_in.py", f"{WEB}occupiers.py", EVENTS),
    ),
    "domain/accounts/mailed_links": (
        *(f"{ACCOUNTS}password_resets.py", f"{ACCOUNTS}second_factors.py"),
        *(f"{ACCOUNTS}take_overs.py", f"{INVITATIONS}acceptances.py", f"{WEB}passwords.py"),
    ),
    "domain/accounts/sign_ins": (
        *(f"{ACCOUNTS}second_factors.py", f"{WEB}sign_in.py", f"{API}signing_in.py"),
        *(f"{WEB}guesses.py", f"{ACCOUNTS}password_resets.py", EVENTS),
    ),
    "domain/accounts/guesses": (
        *(f"{WEB}guesses.py", f"{WEB}sign_in.py", f"{ACCOUNTS}second_factors.py"),
    ),
    "domain/organizations/permissions": (
        *(ROLES, f"{WEB}access.py", f"{INVITATIONS}invitations.py", ENDED),
    ),
    "domain/accounts/second_factors": (
        *(f"{ACCOUNTS}second_factors.py", f"{WEB}second_factor.py", f"{WEB}occupiers.py"),
        *("tests/cli/test_user.py", EVENTS, ENDED),
    ),
    "domain/accounts/api_keys": (
        *(f"{ACCOUNTS}api_keys.py", f"{WEB}api_keys.py", f"{API}access.py"),
        f"{ACCOUNTS}take_overs.py",
        *(f"{WEB}occupiers.py", EVENTS, ENDED),
    ),
    "web/limits/__init__": (
        *(f"{WEB}limits.py", f"{API}signing_in.py", f"{WEB}guesses.py"),
        *(f"{WEB}sign_in.py", f"{API}access.py"),
    ),
}
# Words, names, types and looks: changes there are no other rule.
KINDS = (
    *("AddNot", "NumberReplacer", "RemoveDecorator"),
    *("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    *("ReplaceUnaryOperator_Delete_Not", "ReplaceBinaryOperator_Add_Sub"),
    *("ReplaceBinaryOperator_Sub_Add", "ReplaceComparisonOperator_Eq_NotEq"),
    *("ReplaceComparisonOperator_NotEq_Eq", "ReplaceComparisonOperator_Is_IsNot"),
    *("ReplaceComparisonOperator_IsNot_Is", "ReplaceComparisonOperator_Lt_LtE"),
    *("ReplaceComparisonOperator_LtE_Lt", "ReplaceComparisonOperator_Gt_GtE"),
    *("ReplaceComparisonOperator_GtE_Gt", "ReplaceComparisonOperator_Lt_GtE"),
    *("ReplaceComparisonOperator_Gt_LtE", "ZeroIterationForLoop"),
)


class LeaveOut(Operator):
    """Leave a statement out: a call whose answer nobody uses, or a refusal."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Where one stands."""
        if self._is_one(node):
            yield (node.start_pos, node.end_pos)

    def mutate(self, node: Any, index: int) -> Any:
        """Nothing in its place."""
        nothing = get_ast("pass\n").get_first_leaf()
        nothing.prefix = node.get_first_leaf().prefix
        return nothing

    @classmethod
    def examples(cls) -> tuple[()]:
        """None here."""
        return ()

    @staticmethod
    def _is_one(node: Any) -> bool:
        if node.parent is None or node.parent.type != "simple_stmt":
            return False
        calls = node.type in ("atom_expr", "power") and node.children[-1].type == "trailer"
        return bool(calls or node.type == "raise_stmt")


class Mutant(NamedTuple):
    """One change to one file."""

    module: str
    name: str
    line: int
    code: str
    change: str


class Changed(MetaPathFinder, Loader):
    """Loads one module from other text than its file's."""

    def __init__(self, name: str, path: Path, code: str) -> None:
        self.name, self.path, self.code = name, path, code

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """Ours, if it is the one."""
        if name != self.name:
            return None
        is_package = self.path.stem == "__init__"
        spec = spec_from_loader(name, self, origin=str(self.path), is_package=is_package)
        if spec and is_package:
            spec.submodule_search_locations = [str(self.path.parent)]
        return spec

    def exec_module(self, module: Any) -> None:
        """Run the changed text as the module."""
        module.__file__ = str(self.path)
        exec(compile(self.code, str(self.path), "exec"), module.__dict__)  # noqa: S102


def mutants(module: str) -> Iterator[Mutant]:
    """All changes to a file, line by line."""
    path = ROOT / "webapp" / f"{module}.py"
    source = path.read_text()
    found = []
    operators = [(kind, plugins.get_operator(f"core/{kind}")()) for kind in KINDS]
    for name, operator in [*operators, ("LeaveOut", LeaveOut())]:
        nodes = ast_nodes(get_ast(source))
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, ((line, _), _) in enumerate(places):
            code = mutate_code(source, operator, occurrence)
            if code and code != source and not skipped(source, line):
                found.append(Mutant(module, name, line, code, _change(source, code)))
    yield from sorted(found, key=lambda one: one.line)


def skipped(source: str, line: int) -> bool:
    """Whether a line only says how a class is made: frozen ones are for readers and mypy."""
    return source.splitlines()[line - 1].startswith("@dataclass")


def _change(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def survives(mutant: Mutant | None, tests: tuple[str, ...]) -> bool:
    """Whether all tests pass with the change; without one, whether they pass at all."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os._exit(_test(mutant, tests))
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _test(mutant: Mutant | None, tests: tuple[str, ...]) -> int:
    import pytest

    with tempfile.TemporaryFile() as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        if mutant:
            path = ROOT / "webapp" / f"{mutant.module}.py"
            name = f"webapp.{mutant.module.replace('/', '.').removesuffix('.__init__')}"
            sys.meta_path.insert(0, Changed(name, path, mutant.code))
        quiet = ["-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql"]
        try:
            return int(pytest.main([*quiet, *tests]))
        except BaseException:
            return 1
        finally:
            atexit._run_exitfuncs()


def main() -> None:
    """Try them, and say which survived."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("names", nargs="*", help="parts of the files' names; all if left out")
    parser.add_argument("--every", type=int, default=1, help="try only every so many")
    asked = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    for library in LIBRARIES:
        importlib.import_module(library)
    score: Counter[str] = Counter()
    for module, tests in TESTS.items():
        if asked.names and not any(name in module for name in asked.names):
            continue
        if not survives(None, tests):
            sys.exit(f"The tests of {module} fail without any change.")
        for mutant in list(mutants(module))[:: asked.every]:
            lives = survives(mutant, tests)
            score[module, "left" if lives else "killed"] += 1  # type: ignore[index]
            if lives:
                print(f"{module}.py:{mutant.line} {mutant.name}\n{mutant.change}", flush=True)
            elif sys.stdout.isatty():
                print(".", end="", flush=True)
        killed, left = (score[module, what] for what in ("killed", "left"))  # type: ignore[index]
        print(f"{module}: {killed} killed, {left} left", flush=True)


if __name__ == "__main__":
    main()
