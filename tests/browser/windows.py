"""Browser windows that one person after another sits down at.

To open one takes Chromium longer than most pages take: it makes a profile and a process for it.
Whoever leaves takes everything along but what the cache holds of files whose address is their
content.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession, Page, ViewportSize

# Where a window waits: the lightest page of the site, and an icon, for which Chromium would look
# otherwise, maybe while the next person reads. Not about:blank: pages that let no other site reach
# their window (Cross-Origin-Opener-Policy) get a new process when they come from there.
NOTHING = "/static/favicon.svg"
SIZE = ViewportSize(width=1280, height=800)
WATCH = """addEventListener('securitypolicyviolation', event => console.error(
  `against the Content-Security-Policy: ${event.violatedDirective}`))"""


@dataclass(frozen=True)
class Window:
    """A page in a profile of its own, with or without scripts, and Chromium's protocol for it."""

    page: Page
    protocol: CDPSession
    javascript: bool


class Windows:
    """The windows of one Chromium."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._free: list[Window] = []

    def open(self, *, javascript: bool) -> Window:
        """A window in which nothing has happened."""
        for window in self._free:
            if window.javascript == javascript:
                self._free.remove(window)
                return window
        context = self._chromium.new_context(java_script_enabled=javascript, viewport=SIZE)
        context.add_init_script(WATCH)
        page = context.new_page()
        return Window(page, context.new_cdp_session(page), javascript)

    def leave(self, window: Window, site: str) -> None:
        """Put a window in order for the next person; what was not closed in it is closed."""
        page, context = window.page, window.page.context
        for other in context.pages:
            if other is not page:
                other.close()
        page.unroute_all(behavior="ignoreErrors")
        page.goto(f"{site}{NOTHING}")
        window.protocol.send("Storage.clearDataForOrigin", {"origin": site, "storageTypes": "all"})
        window.protocol.send("Page.resetNavigationHistory")
        context.clear_cookies()
        context.clear_permissions()
        page.set_viewport_size(SIZE)
        page.emulate_media(color_scheme="light")
        self._free.append(window)
