"""`make journey`: the moving picture in the README, from an invitation to the first page.

Each step is a still picture of the real program; the picture plays once.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.browser import launch_options
from tests.support.live import LiveServer
from tools import screenshots
from webapp.domain import outbox

PICTURE = screenshots.IMAGES / "journey.webp"
SIZE = {"width": 960, "height": 640}  # CSS pixels
LARGEST = 1_000_000  # bytes
GUEST, NAME, PASSWORD = "bo.lind@example.org", "Bo Lind", "seven bars and a half"
SHORT, LONG = 900, 2200  # milliseconds that a step is shown

Frame = tuple[bytes, int]  # a PNG, and for how many milliseconds


def main() -> int:
    """Take the pictures and put them together; 1 if the file is too large."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-")))
        server = LiveServer()
        parts.callback(server.close)
        app, facts, smtp = screenshots.start(folder, server, parts)
        playwright = parts.enter_context(sync_playwright())
        browser = playwright.chromium.launch(**launch_options())
        parts.callback(browser.close)
        state = screenshots.signed_in(browser, server.address, facts["password"])
        admin = browser.new_context(storage_state=state, viewport=SIZE).new_page()  # type: ignore[arg-type]
        frames = list(invited(admin, server.address))
        with app.app_context():
            outbox.drain()
        screenshots.keep_mails(smtp)
        guest = browser.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]
        frames += list(joined(guest, f"{server.address}/mailbox/{len(smtp.messages) - 1}.mail"))
        frames += list(seen(admin, server.address))
    write(frames)
    size, seconds = PICTURE.stat().st_size, sum(ms for _, ms in frames) / 1000
    print(
        f"{PICTURE.relative_to(ROOT)}: {len(frames)} steps, {seconds:.0f} s, {size / 1000:.0f} kB"
    )
    return int(size > LARGEST)


def invited(page: Page, address: str) -> Iterator[Frame]:
    """The admin invites somebody by a key and an address."""
    page.goto(f"{address}/orgs/acme/invitations")
    yield page.screenshot(), LONG
    page.keyboard.press("n")
    page.wait_for_selector("dialog[open] [name=email]:focus")
    yield page.screenshot(), SHORT
    for typed in ("bo.lind", "@example.org"):
        page.keyboard.type(typed)
        yield page.screenshot(), SHORT
    page.keyboard.press("Enter")
    page.wait_for_selector("#messages .message")
    yield page.screenshot(), LONG


def joined(page: Page, mail: str) -> Iterator[Frame]:
    """The invitee reads the mail, follows its link, and registers."""
    page.goto(mail)
    yield page.screenshot(), LONG
    page.locator(".letter a[href*='/register']").click()
    page.wait_for_selector("[name=full_name]")
    yield page.screenshot(), LONG
    page.fill("[name=full_name]", NAME)
    page.fill("[name=password]", PASSWORD)
    yield page.screenshot(), SHORT
    page.press("[name=password]", "Enter")
    page.wait_for_selector(".arrival")
    yield page.screenshot(), LONG


def seen(page: Page, address: str) -> Iterator[Frame]:
    """The admin sees what became of it."""
    page.goto(f"{address}/orgs/acme/invitations")
    yield page.screenshot(), LONG


def write(frames: list[Frame]) -> None:
    """All of them in one WebP file."""
    first, *others = [Image.open(io.BytesIO(png)).convert("RGB") for png, _ in frames]
    first.save(
        PICTURE,
        save_all=True,
        append_images=others,
        duration=[ms for _, ms in frames],
        loop=1,
        quality=70,
        method=6,
    )


if __name__ == "__main__":
    sys.exit(main())
