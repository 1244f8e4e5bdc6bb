"""Secrets in files, as Docker, Kubernetes and systemd hand them over: NAME_FILE instead of NAME."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

ENDING = "_FILE"
MOST = 64 * 1024  # bytes


def read(given: Mapping[str, str], names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What is given, with the secrets that are in files; and what is wrong, by the setting's name.

    No message shows anything of a file's content.
    """
    texts, wrong = dict(given), {}
    for name in names:
        path = given.get(name + ENDING)
        if path is None:
            continue
        try:
            texts[name] = _text(Path(path))
        except ValueError as error:
            wrong[name + ENDING] = f"{error}: {path}"
        if name in given:
            wrong[name] = f"should be unset beside {name}{ENDING}, or the other way round"
    return texts, wrong


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(MOST + 1).decode().strip()
    except OSError as error:
        raise ValueError(f"should name a file that can be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError("should name a file in UTF-8") from None
    if not text or len(text) > MOST:
        raise ValueError("should name a file with the value and nothing else in it")
    return text
