"""The Dockerfile's instructions, and what is wrong with them by the rules that hadolint has too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.config import ROOT

FILE = ROOT / "Dockerfile"


@dataclass(frozen=True)
class Instruction:
    """One instruction; `words` is what follows its name, on one line."""

    name: str
    words: str

    @property
    def exec_form(self) -> list[str] | None:
        """The words of `["a", "b"]` at the end; None for a line that a shell would read."""
        found = re.search(r"\[.*\]$", self.words)
        try:
            return list(json.loads(found[0])) if found else None
        except ValueError:
            return None


def parse(text: str) -> list[Instruction]:
    """All instructions in their order, comments left out."""
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    lines = re.sub(r"\\\n\s*", "", plain).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def faults(instructions: list[Instruction]) -> Iterator[str]:
    """What should not be; each in a few words."""
    defaults = dict(one.words.split("=", 1) for one in instructions if one.name == "ARG")
    stages: set[str] = set()
    for one in instructions:
        if one.name == "FROM":
            image, _, stage = re.sub(
                r"\$\{?(\w+)\}?", lambda m: defaults[m[1]], one.words
            ).partition(" AS ")
            if image not in stages and not re.search(r":(?!latest$)[\w.-]+(@sha256:\w+)?$", image):
                yield f"{image} is not pinned to a tag"
            stages.add(stage)
        elif one.name == "ADD":
            yield "ADD fetches and unpacks: COPY"
        elif one.words == "NONE":
            continue
        elif one.name in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and one.exec_form is None:
            yield f"{one.name} starts a shell, which passes no signals on"
        elif one.name == "RUN":
            yield from _faults_of_run(one.words)
        elif one.name == "ENV" and re.search(r"(?i)(secret|password|token|key)\w*=", one.words):
            yield "a secret stays in the image"
    yield from _faults_of_last_stage(instructions)


def _faults_of_run(words: str) -> Iterator[str]:
    if "apt-get install" in words and "rm -rf /var/lib/apt/lists" not in words:
        yield "apt-get leaves its lists"
    if "apt-get install" in words and "--no-install-recommends" not in words:
        yield "apt-get installs more than was asked for"
    if re.search(r"\b(sudo|curl|wget|ssh)\b", words):
        yield "RUN fetches something without a hash"
    if "pip" in words and " install " in words:
        for option in ("--require-hashes", "--only-binary :all:", "--no-cache-dir"):
            if option not in words:
                yield f"pip without {option}"
    if re.search(r"(^|&& *|; *)cd ", words):
        yield "cd: WORKDIR"


def image(instructions: list[Instruction], target: str | None = None) -> list[Instruction]:
    """The instructions of one target, or of the last stage, after those of the stage it is of."""
    starts = [n for n, one in enumerate(instructions) if one.name == "FROM"]
    named = [n for n in starts if instructions[n].words.endswith(f" AS {target}")]
    start = named[0] if named else starts[-1]
    end = min((n for n in starts if n > start), default=len(instructions))
    base = instructions[start].words.partition(" AS ")[0]
    stages = {instructions[n].words.partition(" AS ")[2] for n in starts if n < start}
    return [
        *(image(instructions[:start], base) if base in stages else ()),
        *instructions[start + 1 : end],
    ]


def _faults_of_last_stage(instructions: list[Instruction]) -> Iterator[str]:
    final = image(instructions)
    users = [one.words for one in final if one.name == "USER"]
    if not users or re.match(r"(0|root)(:|$)", users[-1]):
        yield "it runs as root"
    elif not re.fullmatch(r"\d+:\d+", users[-1]):
        yield "USER is no number, so nobody can tell that it is not root"
    for name in ("HEALTHCHECK", "CMD", "LABEL"):
        if sum(one.name == name for one in final) != 1:
            yield f"not one {name}"
    if any(one.name == "WORKDIR" and not one.words.startswith("/") for one in instructions):
        yield "WORKDIR is relative"
