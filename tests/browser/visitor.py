"""A person at a real browser, whose every page is looked over."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Request, Response, expect

from tests import cast
from tests.browser.inspection import Inspector
from tests.browser.windows import Window
from tests.support.secrets import Secrets

both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])

# Milliseconds. Nothing waits that long unless it is broken; a machine at work on much else is slow.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)

# Chromium itself notes every answer above 399; that our pages give such answers is meant.
NOTED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

# What htmx notes when its request is cut off by leaving the page; then Chromium gives the reason.
CUT_OFF, LEFT = "htmx:error: Failed to fetch", "net::ERR_ABORTED"

PASTE = """text => {
  const clipboardData = new DataTransfer()
  clipboardData.setData('text/plain', text)
  const options = { clipboardData, bubbles: true, cancelable: true }
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', options))
}"""


class Visitor:
    """Reads, presses and types as a person does, and notices what goes wrong behind the page."""

    def __init__(self, window: Window, site: str, secrets: Secrets) -> None:
        self.window, self.site, self.secrets = window, site, secrets
        self.page, self.context, self.javascript = (
            window.page,
            window.page.context,
            window.javascript,
        )
        self.status = 0
        self.elsewhere = ""  # an application's address, where pages of ours may lead
        self.troubles: list[str] = []
        self.cut_off = 0  # requests, by leaving their page
        self.forgiven: list[str] = []
        self.inspector = Inspector(window)
        self.page.set_default_timeout(PATIENCE)
        self.listeners: dict[str, Callable[[Any], None]] = {
            "console": self._console,
            "pageerror": lambda error: self.troubles.append(f"script error: {error}"),
            "request": self._request,
            "requestfailed": self._request_failed,
            "response": self._response,
            "dialog": lambda box: self._note(f"a box of the browser: {box}"),
        }
        for event, listener in self.listeners.items():
            self.page.on(event, listener)  # type: ignore[call-overload]

    # What a person does.

    def open(self, address: str) -> None:
        """Follow an address, or a link as it was mailed."""
        self.secrets.learn_links(address)
        self.page.goto(address if "://" in address else self.site + address)

    def keep(self, *cookies: tuple[str, str]) -> None:
        """Have these cookies of the site already."""
        self.secrets.learn(*(value for _, value in cookies))
        for name, value in cookies:
            self.context.add_cookies([{"name": name, "value": value, "url": self.site}])

    def sign_in(self, email: str, password: str = cast.PASSWORD) -> None:
        """Sign in by the form."""
        self.open("/login")
        self.fill("Email address or username", email)
        self.fill("Password", password)
        self.press("Sign in")
        expect(self.page.locator(".account")).to_be_visible()

    def fill(self, label: str, text: str) -> None:
        """Type into the field of that label."""
        if "password" in label.lower():
            self.secrets.learn(text)
        self.field(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose one of a field's options."""
        self.field(label).select_option(option)

    def press(self, name: str) -> None:
        """Press the one button or link of that name."""
        self.button(name).click()

    def press_in_menu(self, menu: str, name: str) -> None:
        """Open a menu and press what it offers."""
        self.page.locator("summary", has_text=menu).click()
        self.press(name)

    def unfold(self, words: str) -> None:
        """Open what is folded under these words."""
        self.place.locator("summary", has_text=words).click()

    def paste(self, text: str) -> None:
        """Paste where the focus is, as after copying elsewhere."""
        self.page.evaluate(PASTE, text)

    def registers(self, full_name: str, password: str = "seven bars and a half") -> None:
        """Fill in the registration form and send it."""
        self.fill("Full name", full_name)
        self.fill("Password", password)
        made_or_joined = re.compile("^(Create account and join|Join .*)$")  # mailed, or copied
        self.place.get_by_role("button", name=made_or_joined).click()

    # What a person does without a mouse.

    def strikes(self, key: str) -> None:
        """Strike one key."""
        self.page.keyboard.press(key)

    def types(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def tabs_to(self, target: Locator) -> None:
        """Strike Tab until the target has the focus, at most once around the page."""
        expect(target).to_be_visible()
        for _ in range(60):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.strikes("Tab")
        raise AssertionError("the keyboard does not reach it")

    # What a person sees.

    @property
    def place(self) -> Locator:
        """Where things happen: the dialog when one is open, else the page's main part."""
        return self.page.locator("dialog[open], body:not(:has(dialog[open])) main")

    @property
    def dialog(self) -> Locator:
        """The dialog, if one is open."""
        return self.page.locator("dialog[open]")

    @property
    def summary(self) -> Locator:
        """What is to be put right, on top of a form."""
        return self.place.locator(".error-summary")

    @property
    def focused(self) -> Locator:
        """What the keyboard speaks to."""
        return self.page.locator(":focus")

    def field(self, label: str) -> Locator:
        """The field of that label."""
        words = re.compile(rf"^\s*{re.escape(label)}\s*(\(optional\))?\s*$")
        return self.place.get_by_label(words)

    def button(self, name: str) -> Locator:
        """The one button or link of that name, as a screen reader says it."""
        buttons = self.place.get_by_role("button", name=name, exact=True)
        return buttons.or_(self.place.get_by_role("link", name=name, exact=True))

    def row(self, name: str) -> Locator:
        """The table's row of that name."""
        return self.page.locator("tbody tr", has=self.page.locator("th", has_text=name))

    def sees_heading(self, words: str) -> None:
        """The page, or the open dialog, is headed like this."""
        expect(self.place.get_by_role("heading", name=words, exact=True)).to_be_visible()

    def reads(self, words: str) -> None:
        """The words stand in the place where things happen."""
        expect(self.place).to_contain_text(words)

    def is_told(self, words: str) -> None:
        """The words stand among the messages, where screen readers hear them."""
        expect(self.page.locator("#messages")).to_contain_text(words)

    def sees_in_row(self, name: str, *words: str) -> None:
        """The row of that name says all of these."""
        for each in words:
            expect(self.row(name)).to_contain_text(each)

    def keeps_focus(self) -> None:
        """A part of the page that went away has not dropped the keyboard to the page's top."""
        if self.javascript:  # a new page begins at its top anyway
            expect(self.focused).to_have_count(1)

    def checked(self) -> None:
        """Everybody can use what is open now: wide and narrow, in light and dark."""
        self._learn()
        self.troubles += self.inspector.faults()
        self._complain()

    def forgive(self, *noise: str) -> None:
        """Expect complaints like this: the test has caused them."""
        self.forgiven += noise

    def leave(self) -> None:
        """Stand up from the browser; fails if anything went wrong behind the pages."""
        self._learn()
        for event, listener in self.listeners.items():
            self.page.remove_listener(event, listener)
        self._complain()

    # What goes on behind the page.

    def _complain(self) -> None:
        troubles, self.troubles = self.troubles, []
        for trouble in [one for one in troubles if CUT_OFF in one][: self.cut_off]:
            troubles.remove(trouble)
        assert not troubles, "\n".join(troubles)

    def _learn(self) -> None:
        self.secrets.learn_links(self.page.url)
        self.secrets.learn(*(cookie["value"] for cookie in self.context.cookies()))

    def _note(self, trouble: str) -> None:
        if not any(noise in trouble for noise in self.forgiven):
            self.troubles.append(trouble)

    def _console(self, message: ConsoleMessage) -> None:
        static = "/static/" in message.location["url"]
        if message.type not in ("error", "warning") or (NOTED.match(message.text) and not static):
            return
        self._note(f"{message.type} in the console: {message.text}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url)[:2] not in (urlsplit(self.site)[:2], urlsplit(self.elsewhere)[:2]):
            self.troubles.append(f"a request to a foreign host: {request.url}")

    def _request_failed(self, request: Request) -> None:
        self.cut_off += request.failure == LEFT

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self._note(f"{response.status} from {urlsplit(response.url).path}")
        if response.request.is_navigation_request():
            self.status = response.status
