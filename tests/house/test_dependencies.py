"""What is installed: chosen with a reason, pinned, and locked with the hash of each file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import audit
from webapp.config import ROOT

CHOSEN = (
    *("requirements.in", "requirements-tracing.in", "requirements-dev.in"),
    "tests/openid/jupyterhub.in",
)


def chosen(name: str) -> list[tuple[Requirement, str]]:
    """What a file asks for, each with its reason: after it, or on the lines before it."""
    found, above = [], ""
    for line in (ROOT / name).read_text().splitlines():
        asked, _, reason = (part.strip() for part in line.partition("#"))
        if asked and not asked.startswith("-r "):
            found.append((Requirement(asked), reason or above))
        above = "" if asked else reason
    return found


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Each package of a lock file: its version, and how many hashes it has."""
    text = (ROOT / name).read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    found = [re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", line) for line in lines]
    assert all(found), "every line is a pinned package"
    return {
        match[1]: (match[2], line.count("--hash=sha256:"))
        for match, line in zip(found, lines, strict=True)
        if match
    }


def locked_extras(name: str) -> dict[str, set[str]]:
    """Each package of a lock file that is locked with extras: which ones."""
    found = re.findall(r"^([\w.-]+)\[([\w,-]+)\]==", (ROOT / name).read_text(), re.MULTILINE)
    return {package: set(extras.split(",")) for package, extras in found}


def asked_extras(package: str, own: set[str]) -> Iterator[tuple[str, set[str]]]:
    """What an installed package, with its `own` extras, asks of others: whom, and which extras."""
    for text in requires(package) or []:
        asked = Requirement(text)
        if asked.extras and (
            asked.marker is None
            or any(asked.marker.evaluate({"extra": extra}) for extra in {"", *own})
        ):
            yield canonicalize_name(asked.name), asked.extras


@pytest.mark.parametrize("name", CHOSEN)
def test_what_was_chosen_is_pinned_and_has_its_reason(name):
    assert chosen(name)
    for requirement, reason in chosen(name):
        assert [one.operator for one in requirement.specifier] == ["=="], requirement
        assert reason, f"{name}: why {requirement.name}?"


@pytest.mark.parametrize("name", CHOSEN)
def test_what_was_chosen_is_what_is_locked(name):
    """Otherwise somebody edited the one and forgot `make lock`."""
    lock = locked(name.replace(".in", ".txt"))
    for requirement, _ in chosen(name):
        version = str(requirement.specifier).removeprefix("==")
        assert lock[canonicalize_name(requirement.name)][0] == version


@pytest.mark.parametrize("name", [name.replace(".in", ".txt") for name in CHOSEN])
def test_everything_locked_has_its_hashes_and_no_registry_of_its_own(name):
    assert [package for package, (_, hashes) in locked(name).items() if not hashes] == []
    assert "://" not in (ROOT / name).read_text()


def test_tests_run_with_the_packages_that_production_runs_with():
    tested = locked("requirements-dev.txt")
    assert locked("requirements.txt").items() <= locked("requirements-tracing.txt").items()
    assert locked("requirements-tracing.txt").items() <= tested.items()


def test_an_extra_that_a_package_asks_for_is_locked_with_it():
    """Else pip 23 takes a newer release for the extra, which has no hash, and stops."""
    extras = locked_extras("requirements-dev.txt")
    assert locked_extras("requirements.txt").items() <= extras.items()
    for package in locked("requirements-dev.txt"):
        try:
            asked = list(asked_extras(package, extras.get(package, set())))
        except PackageNotFoundError:  # for another system or Python than this one
            continue
        for other, needed in asked:
            assert needed <= extras.get(other, set()), f"{package} asks for {other}{needed}"


def test_a_package_with_a_known_hole_fails_the_audit_and_a_silent_service_does_not(capsys):
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}
    assert audit.report([{"name": "sound", "version": "1", "vulns": []}]) == 0
    assert audit.report([{"name": "leaky", "version": "1.0", "vulns": [hole]}]) == 1
    assert "leaky 1.0: PYSEC-2026-1, mended in 1.1" in capsys.readouterr().out
    assert audit.report([{"name": "unknown", "skip_reason": "not found"}]) == 0
    assert audit.report([]) == 0
    assert capsys.readouterr().out.count("nothing was checked") == 2
