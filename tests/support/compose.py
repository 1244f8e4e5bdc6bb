"""compose.yaml as Docker reads it, for tests that start the same processes without Docker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

from webapp.config import ROOT

FILE = ROOT / "compose.yaml"
SETUP = ROOT / "compose.setup.yaml"
_NAME = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?P<sign>:?[-?])?)")


class Unset(Exception):
    """A variable that the file needs has no value; Docker would stop with the same words."""


@dataclass(frozen=True)
class Service:
    """One service with all variables filled in."""

    name: str
    said: Mapping[str, Any]
    environment: Mapping[str, str]

    @property
    def command(self) -> list[str]:
        """What is run, word by word."""
        return list(self.said["command"])

    @property
    def replicas(self) -> int:
        """How many of it run."""
        return int(self.said.get("deploy", {}).get("replicas", 1))

    @property
    def grace(self) -> int:
        """The seconds that it has for stopping; Docker gives 10 where nothing is said."""
        return int(str(self.said.get("stop_grace_period", "10s")).removesuffix("s"))


def read(path: Path = FILE) -> dict[str, Any]:
    """The file, with its variables as they are written."""
    found = yaml.safe_load(path.read_text())
    assert isinstance(found, dict)
    return found


def services(env_file: Path) -> dict[str, Service]:
    """The services as they would run beside this .env; raises Unset."""
    values = {name: text or "" for name, text in dotenv_values(env_file).items()}
    found = {}
    for name, said in _filled(read()["services"], values).items():
        given = values if said.get("env_file") == [".env"] else {}
        found[name] = Service(name, said, {**given, **said.get("environment", {})})
    return found


def names_in(text: str) -> set[str]:
    """The variables that a text of the file asks for."""
    return {match["name"] for match in _NAME.finditer(text) if match["name"]}


def _filled(said: Any, values: Mapping[str, str]) -> Any:
    if isinstance(said, dict):
        return {key: _filled(value, values) for key, value in said.items()}
    if isinstance(said, list):
        return [_filled(value, values) for value in said]
    return fill(said, values) if isinstance(said, str) else said


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text as Docker fills `${NAME}`, `${NAME:-default}`, `${NAME:?words}` and `$$` in."""
    done, at = "", 0
    while match := _NAME.search(text, at):
        done += text[at : match.start()]
        if match["escaped"]:
            done, at = done + "$", match.end()
            continue
        end = _closing(text, match.end())
        rest = text[match.end() : end]
        assert match["sign"] or not rest, f"Docker knows no {text[match.start() : end + 1]}"
        done += _value(match["name"], match["sign"] or "", rest, values)
        at = end + 1
    return done + text[at:]


def _closing(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return place
    raise AssertionError(f"a brace is open: {text}")


def _value(name: str, sign: str, rest: str, values: Mapping[str, str]) -> str:
    value = values.get(name)
    missing = value is None or (sign.startswith(":") and not value)
    if missing and sign.endswith("?"):
        raise Unset(f"{name} {rest}")
    if missing and sign.endswith("-"):
        return fill(rest, values)
    return value or ""
