"""A person at lynx, a text browser: reads pages as it shows them, and strikes its keys."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import find

LINES, COLUMNS, PATIENCE = 400, 100, 120  # a page is never longer; seconds
NAMES = {" ": "<space>"}  # lynx's names of keys that are no printed letter
SETTINGS: dict[str, object] = {
    "CHARACTER_SET": "utf-8",
    "ACCEPT_ALL_COOKIES": "TRUE",
    "PERSISTENT_COOKIES": "TRUE",
    **dict.fromkeys(("INFOSECS", "MESSAGESECS", "ALERTSECS"), 0),  # it pauses after each message
}
DOWN, ENTER, CLEAR, QUIT = "Down Arrow", "^J", "^U", "Q"


class Lynx:
    """One person's lynx, with its cookies; every visit is a process of its own."""

    def __init__(self, folder: Path, *, trusts: Path | None = None) -> None:
        """`trusts` is a file of certificates; without it those of the machine are trusted."""
        self.folder, jar = folder, folder / "cookies"
        jar.touch()
        settings = {**SETTINGS, "COOKIE_FILE": jar, "COOKIE_SAVE_FILE": jar}
        settings |= {"SSL_CERT_FILE": trusts} if trusts else {}
        lines = [f"{name}:{value}\n" for name, value in settings.items()]
        (folder / "settings").write_text("".join(lines), encoding="utf-8")

    def read(self, address: str) -> str:
        """The page as text, with each link and field numbered."""
        done = subprocess.run(
            [*self._command(), "-dump", "-nolist", "-number_fields", address],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.stdout, done.stderr  # an ended link's page makes it exit with 1
        return done.stdout

    def send(
        self,
        address: str,
        button: str,
        typed: Mapping[str, str] | None = None,
        ticked: Sequence[str] = (),
    ) -> str:
        """Type under these labels, tick boxes, press the button or link, and read what follows."""
        page, place, keys = self.read(address), 1, []
        strokes = [(self._number(page, label), [*text]) for label, text in (typed or {}).items()]
        strokes += [(self._number(page, label), [ENTER]) for label in ticked]
        for to, struck in sorted(strokes):
            keys += [*[DOWN] * (to - place), *struck]
            place = to
        keys += [*[DOWN] * (self._number(page, button) - place), ENTER]
        shown = self.folder / "shown.txt"
        shown.unlink(missing_ok=True)
        # p is for printing; the first choice is a file, whose name is asked for.
        self._strike(address, [*keys, "p", ENTER, CLEAR, *str(shown), ENTER, QUIT])
        return shown.read_text(encoding="utf-8")

    @staticmethod
    def _number(page: str, words: str) -> int:
        """The number of the link or button with these words, or of the field that follows them."""
        quoted = re.escape(words).replace(r"\ ", r"\s+")
        found = re.search(rf"\[(\d+)\](?:BUTTON\) |[\[(].[\])]\s*)?{quoted}\b", page) or re.search(
            rf"^\s*{quoted}\b.*?\[(\d+)\]", page, re.MULTILINE | re.DOTALL
        )
        assert found, f"lynx shows no {words!r}:\n{page}"
        return int(found[1])

    def _strike(self, address: str, keys: list[str]) -> None:
        script = self.folder / "keys"
        lines = [f"key {NAMES.get(key, key)}\n" for key in keys]
        script.write_text("".join(lines), encoding="utf-8")
        terminal, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        process = subprocess.Popen(
            [*self._command(), f"-cmd_script={script}", address],
            env=self._environment(),
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
        )
        os.close(inside)
        reader = threading.Thread(target=_drain, args=(terminal,), daemon=True)
        reader.start()
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()
            reader.join()
            os.close(terminal)

    def _command(self) -> list[str]:
        program = find.lynx()
        assert program, "lynx is missing: make test-tools"
        return [program, f"-cfg={self.folder / 'settings'}", "-noreferer", f"-width={COLUMNS}"]

    def _environment(self) -> dict[str, str]:
        return {"TERM": "vt100", "LANG": "C.UTF-8", "HOME": str(self.folder), "PATH": os.defpath}


def _drain(terminal: int) -> None:
    """Read what lynx draws, so that it never waits; a closed terminal is an error on Linux."""
    with contextlib.suppress(OSError):
        while os.read(terminal, 65536):
            pass
