"""`make screenshots`: pictures of all pages, wide and narrow, light and dark, in screenshots/.

    python tools/screenshots.py [--readme] [--language TAG] [WORD …]

WORDs choose pages whose name contains one of them. --readme makes those of docs/images instead.
The pages are in English, or in the language.
The program runs in this process, with a database, a Redis and a mail server of its own.
"""

from __future__ import annotations

import base64
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.browser import launch_options
from tests.support.live import LiveServer
from tests.support.redis import RedisProcess
from tests.support.settings import environment
from tests.support.smtp import ScriptedSMTP
from tools import shown
from webapp import create_app
from webapp.config import Settings
from webapp.domain.operations import demo
from webapp.web import mailbox
from webapp.web.access import ANYONE, CALLS
from webapp.web.gate_access import GATE

FOLDER = ROOT / "screenshots"
IMAGES = ROOT / "docs/images"
WIDTHS = (1280, 768, 320)
SCHEMES = ("light", "dark")
# Asking for them would be recorded, or count.
NOT_PAGES = {"static", "metrics.show", "account_data.export", "audit.export", *CALLS, *GATE}
HEIGHTS = {1280: 800, 768: 1024, 320: 640}
# For the README: name, page, width, scheme, what to press first.
README = (
    ("invitations", "invitations.index", 1280, "light", None),
    ("invite", "invitations.index", 1280, "light", "a[href$='/invitations/new']"),
    ("registration", "registration.show", 1280, "light", None),
    ("reports", "reports.index", 1280, "light", None),
    ("template", "mail_templates.edit", 1280, "dark", None),
    ("phone", "invitations.index", 320, "dark", None),
)


class Shot(NamedTuple):
    """A page to take pictures of: its name, its address, and whether somebody is signed in."""

    name: str
    path: str
    is_signed_in: bool


def main(words: list[str], language: str = "en") -> int:
    """Start everything, take the pictures, stop everything; 1 if a page scrolls sideways."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-")))
        server = LiveServer()
        parts.callback(server.close)
        app, facts, _ = start(folder, server, parts)
        playwright = parts.enter_context(sync_playwright())
        browser = playwright.chromium.launch(**launch_options())
        parts.callback(browser.close)
        state = signed_in(browser, server.address, facts["password"])
        shots = list(pages(app, facts))
        if words == ["--readme"]:
            for_readme(browser, server.address, state, shots)
            return 0
        wanted = [shot for shot in shots if not words or any(w in shot.name for w in words)]
        return take_all(browser, server.address, state, wanted, language)


def start(
    folder: Path, server: LiveServer, parts: ExitStack
) -> tuple[Flask, dict[str, str | int], ScriptedSMTP]:
    """The running program with the demo organization, what its addresses are made of, its mail."""
    redis = RedisProcess(folder / "redis")
    parts.callback(redis.stop)
    smtp = parts.enter_context(ScriptedSMTP())
    settings = environment(f"sqlite:///{folder / 'gatehouse.db'}", redis.url, smtp.port)
    changed = {"GATEHOUSE_ENV": "development", "PUBLIC_URL": server.address}
    app = create_app(Settings.from_mapping({**settings, **changed}))
    logging.getLogger("gatehouse").setLevel(logging.WARNING)
    demo.PASSWORD_FILE = folder / "demo-password"
    mailbox.FOLDER = folder / "mailbox"
    mailbox.FOLDER.mkdir()
    with app.app_context():
        upgrade(str(ROOT / "migrations"))
        _, password = demo.ensure()
        facts = shown.fill()
    keep_mails(smtp)
    server.serve(app)
    return app, {**facts, "password": password, "key": "0.mail"}, smtp


def keep_mails(smtp: ScriptedSMTP) -> None:
    """Put the mails that were sent where the mailbox page finds them, numbered."""
    for number, mail in enumerate(smtp.messages):
        (mailbox.FOLDER / f"{number}.mail").write_bytes(mail.data)


def pages(app: Flask, facts: dict[str, str | int]) -> Iterator[Shot]:
    """Every page of the address map, and the states that look different."""
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in NOT_PAGES:
            continue
        who = shown.access(rule.endpoint)
        adapter = app.url_map.bind("localhost")
        values = {name: facts[name] for name in rule.arguments if name in facts}
        if values.keys() == rule.arguments:
            path = adapter.build(rule.endpoint, values)
            yield Shot(rule.endpoint, path + shown.query(rule.endpoint, facts), who != ANYONE)
    for name, path, is_signed_in in shown.states(facts):
        yield Shot(name, path, is_signed_in)


def signed_in(browser: Browser, address: str, password: str | int) -> StorageState:
    """The cookies of the demo's admin."""
    page = browser.new_page()
    page.goto(f"{address}/login")
    page.fill("[name=email]", demo.ADMIN)
    page.fill("[name=password]", str(password))
    page.press("[name=password]", "Enter")
    page.wait_for_selector(".account")
    state = page.context.storage_state()
    page.context.close()
    return state


def take_all(
    browser: Browser, address: str, state: StorageState, shots: list[Shot], language: str
) -> int:
    """Each page in each width and scheme; says which scroll sideways."""
    FOLDER.mkdir(exist_ok=True)
    faults = 0
    for width in WIDTHS:
        for scheme in SCHEMES:
            windows = {
                who: window(browser, state if who else None, width, scheme, language)
                for who in (0, 1)
            }
            for shot in shots:
                page = windows[shot.is_signed_in].pages[0]
                if not opened(page, address + shot.path):
                    continue
                page.screenshot(path=FOLDER / f"{shot.name}-{width}-{scheme}.png", full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    print(f"{shot.name} scrolls sideways: {wide} px at {width}")
                    faults += 1
            for context in windows.values():
                context.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")
    return int(faults > 0)


def window(
    browser: Browser, state: StorageState | None, width: int, scheme: str, language: str = "en"
) -> BrowserContext:
    """A browser window with one page."""
    size = {"width": width, "height": HEIGHTS[width]}
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        storage_state=state,
        locale=language,
    )
    context.new_page()
    return context


def opened(page: Page, address: str) -> bool:
    """Whether the address is a page: no file, no other address, nothing for programs."""
    answer = page.request.get(address, max_redirects=0)
    kind = answer.headers.get("content-type", "")
    is_file = "content-disposition" in answer.headers
    if not kind.startswith("text/html") or is_file or 300 <= answer.status < 400:
        return False
    page.goto(address)
    return True


def for_readme(browser: Browser, address: str, state: StorageState, shots: list[Shot]) -> None:
    """What the README shows, small: WebP of what fits on the screen."""
    IMAGES.mkdir(exist_ok=True)
    by_name = {shot.name: shot for shot in shots}
    for name, of, width, scheme, pressed in README:
        shot = by_name[of]
        context = window(browser, state if shot.is_signed_in else None, width, scheme)
        page = context.pages[0]
        page.goto(address + shot.path)
        if pressed:
            page.locator(pressed).first.click()
            page.wait_for_selector("dialog[open]")
        protocol = context.new_cdp_session(page)
        answer = protocol.send("Page.captureScreenshot", {"format": "webp", "quality": 80})
        (IMAGES / f"{name}.webp").write_bytes(base64.b64decode(answer["data"]))
        context.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    chosen = {}
    if "--language" in arguments:
        place = arguments.index("--language")
        chosen = {"language": arguments[place + 1]}
        del arguments[place : place + 2]
    sys.exit(main(arguments, **chosen))
