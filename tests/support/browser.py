"""Which browser the tests drive, and how it is started."""

from __future__ import annotations

from typing import Any

from tools import find

# No sandbox: tests often run as root or in a container, on pages of our own.
# No background networking: it would look for hosts that are not there.
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path() -> str:
    """The Chromium to drive; `make test-tools` brings one."""
    found = find.chromium()
    assert found, "no Chromium: run make test-tools"
    return found


def launch_options() -> dict[str, Any]:
    """For playwright's chromium.launch(**launch_options())."""
    return {"executable_path": chromium_path(), "args": ARGS}
