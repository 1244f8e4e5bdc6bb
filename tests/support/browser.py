"""Which browser the tests drive, and how it is started."""

from __future__ import annotations

from typing import Any

from tools import find

# No sandbox: tests often run as root or in a container, on pages of our own.
# No background networking: it would look for hosts that are not there.
# No optimized code: every page is a new one, and what is compiled for it is thrown away with it.
# A new page in the frame of the last one (RenderDocument; the names before it are Playwright's own,
# whose switch this one replaces): a new frame for each costs a third of the time of loading it.
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--js-flags=--no-opt --no-maglev",
    "--enable-features=CDPScreenshotNewSurface,SkipListAccountsWithoutGaiaCookies,"
    "RenderDocument:level/crashed-frame",
]


def chromium_path() -> str:
    """The Chromium to drive; `make test-tools` brings one."""
    found = find.chromium()
    assert found, "no Chromium: run make test-tools"
    return found


def launch_options() -> dict[str, Any]:
    """For playwright's chromium.launch(**launch_options())."""
    return {"executable_path": chromium_path(), "args": ARGS}
