"""The Nu HTML checker as a server on loopback, one for all test processes of a checkout.

Whoever needs it first starts a keeper, which starts the checker. Every user holds a shared lock
on one file for as long as it lives, however it ends; the keeper waits for the exclusive lock,
and when it gets it nobody is left and both end.
"""

from __future__ import annotations

import atexit
import fcntl
import http.client
import json
import os
import re
import subprocess
import sys
import time
from typing import IO, Any

from tests.support.ports import free_port
from tools import find

FOLDER = find.CACHE / "nu"
USERS = FOLDER / "users.lock"
STARTING = FOLDER / "starting.lock"
PORT = FOLDER / "port"
READY_WITHIN = 60
EMPTY = "<!doctype html><html lang='en'><head><title>-</title></head><body></body></html>"

# What the checker does not know and we mean: htmx's attributes.
IGNORED = (re.compile(r"^Attribute “hx-[^”]+” not allowed on element "),)
# What differs from page to page and is no more than a mark or a number to the checker.
SAME = (
    (re.compile(r'(name="(?:csrf_token|once)"[^>]* value=")[^"]*'), r"\1token"),
    (re.compile(r"([?&;]token=)[\w.~-]+"), r"\1token"),
    (re.compile(r'datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"'), 'datetime="2026-01-01T00:00:00Z"'),
    (re.compile(r"(?<=>)[^<>]+(?=</time>)"), "then"),
)

# What a fragment must stand in to be valid, by its first tag.
AROUND = {
    "tr": ("<table><tbody>", "</tbody></table>"),
    "td": ("<table><tbody><tr>", "</tr></tbody></table>"),
    "th": ("<table><tbody><tr>", "</tr></tbody></table>"),
    "tbody": ("<table>", "</table>"),
    "li": ("<ul>", "</ul>"),
    "option": ("<label>-<select>", "</select></label>"),
    "dt": ("<dl>", "</dl>"),
    "main": ("", ""),
}


class NuChecker:
    """Checks documents and fragments; remembers what it has seen."""

    def __init__(self) -> None:
        self._seen: dict[str, list[dict[str, Any]]] = {}
        self._users: IO[str] | None = None
        self._connection: http.client.HTTPConnection | None = None

    def errors(self, html: str, *, warnings: bool = False) -> list[str]:
        """What is wrong with a whole document; with `warnings` also what is doubtful."""
        return [
            f"{message['message']} (line {message.get('lastLine', '?')}: "
            f"{' '.join(message.get('extract', '').split())})"
            for message in self._messages(html)
            if _counts(message, warnings)
        ]

    def fragment_errors(self, html: str, *, warnings: bool = False) -> list[str]:
        """The same for a piece of a page, put where its first tag may stand."""
        first = re.search(r"<([a-zA-Z][a-zA-Z0-9-]*)", html)
        before, after = AROUND.get(first[1].lower() if first else "", ("<main>", "</main>"))
        head = '<!doctype html><html lang="en"><head><title>-</title></head><body>'
        return self.errors(f"{head}{before}{html}{after}</body></html>", warnings=warnings)

    def close(self) -> None:
        """Let go of the server; the last one to do so ends it."""
        if self._connection:
            self._connection.close()
        if self._users:
            self._users.close()
        self._connection = self._users = None
        atexit.unregister(self.close)

    def _messages(self, html: str) -> list[dict[str, Any]]:
        html = without_marks(html)
        if html not in self._seen:
            if self._connection is None:
                self._connection = self._connect()
            answer = _post(self._connection, html)
            assert answer is not None, "the Nu HTML checker is gone"
            self._seen[html] = answer["messages"]
        return self._seen[html]

    def _connect(self) -> http.client.HTTPConnection:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._users = USERS.open("w")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.close)
        with STARTING.open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            connection = _connect_to_running()
            if connection is None:
                _start_keeper()
                connection = _connect_to_running()
        assert connection is not None, "the Nu HTML checker did not start"
        return connection


def without_marks(html: str) -> str:
    """The page without what makes each visit's different; else no page would be known again."""
    for pattern, same in SAME:
        html = pattern.sub(same, html)
    return html


def _counts(message: dict[str, Any], warnings: bool) -> bool:
    if any(pattern.search(message["message"]) for pattern in IGNORED):
        return False
    return message["type"] != "info" or (warnings and message.get("subType") == "warning")


def _post(connection: http.client.HTTPConnection, html: str) -> dict[str, Any] | None:
    """The checker's answer; None when it does not answer, or is something else."""
    # Without a User-Agent it refuses.
    headers = {"Content-Type": "text/html; charset=utf-8", "User-Agent": "gatehouse-tests"}
    for _ in range(2):  # the second time for a kept connection that the server has closed
        try:
            connection.request("POST", "/?out=json", html.encode(), headers)
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            continue
        return answer if isinstance(answer, dict) and "messages" in answer else None
    return None


def _connect_to_running() -> http.client.HTTPConnection | None:
    try:
        port = int(PORT.read_text())
    except (OSError, ValueError):
        return None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    return connection if _post(connection, EMPTY) else None


def _start_keeper() -> None:
    PORT.unlink(missing_ok=True)
    with (FOLDER / "log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nu"],
            cwd=find.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    until = time.monotonic() + READY_WITHIN
    while not PORT.exists():
        if keeper.poll() is not None or time.monotonic() > until:
            raise RuntimeError((FOLDER / "log").read_text()[-2000:])
        time.sleep(0.05)
    keeper.returncode = 0  # it outlives this process on purpose; subprocess need not warn


def keep() -> None:
    """The keeper: the checker runs from here until nobody holds the users' lock."""
    java, jar = find.java(), find.vnu_jar()
    if not java or not jar:
        sys.exit("no Java or no Nu HTML checker: run make test-tools")
    port = free_port()
    checker = subprocess.Popen(
        [
            *(java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss4m", "-Xmx768m"),
            "-Dnu.validator.servlet.bind-address=127.0.0.1",
            *("-cp", str(jar), "nu.validator.servlet.Main", str(port)),
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + READY_WITHIN
        while not _post(http.client.HTTPConnection("127.0.0.1", port, timeout=30), EMPTY):
            if checker.poll() is not None or time.monotonic() > until:
                sys.exit("the Nu HTML checker did not start")
            time.sleep(0.05)
        new = PORT.with_suffix(f".{os.getpid()}")
        new.write_text(str(port))
        new.rename(PORT)
        with USERS.open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            PORT.unlink(missing_ok=True)
    finally:
        checker.kill()
        checker.wait()


if __name__ == "__main__":
    keep()
