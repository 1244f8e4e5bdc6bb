"""What is wrong with the page that is open: axe-core's every rule, and sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import CDPSession, Page, ViewportSize

# axe-core's rules that we do not hold ourselves to, each with its reason.
NOT_HELD = {
    "color-contrast-enhanced": "WCAG's AAA, 7 : 1; we promise AA and are nowhere below 5.9 : 1",
}

# The dark page differs by its colours alone. The light one comes last and stays.
SCHEMES = {"dark": ["cat.color"], "light": None}
WIDE = ViewportSize(width=1280, height=800)
NARROW = ViewportSize(width=320, height=640)

AXE = """async ([tags, notHeld]) => {
  const values = axe.getRules(tags).map(rule => rule.ruleId).filter(rule => !notHeld.includes(rule))
  const options = { resultTypes: ['violations'], runOnly: { type: 'rule', values } }
  const { violations } = await axe.run(document, options)
  return violations.flatMap(({ id, nodes }) => nodes.map(
    node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`))
}"""

OVERFLOW = """() => [document.documentElement, ...document.querySelectorAll('dialog[open]')]
  .filter(box => box.scrollWidth > box.clientWidth)
  .map(box => `${box.tagName} is ${box.scrollWidth} pixels wide in ${box.clientWidth}`)"""


class Inspector:
    """Looks a page over as it stands."""

    def __init__(self, page: Page, *, javascript: bool) -> None:
        self._page = page
        self._protocol: CDPSession | None = None
        if not javascript:
            self._protocol = page.context.new_cdp_session(page)

    def faults(self) -> list[str]:
        """Every fault at 320 and at 1280 pixels, in dark and in light."""
        page, found = self._page, []
        with self._scripts():
            if not page.evaluate("'axe' in window"):
                page.evaluate(AXE_SCRIPT)
            for size in (NARROW, WIDE):
                page.set_viewport_size(size)
                found += [f"{size['width']} px: {fault}" for fault in page.evaluate(OVERFLOW)]
                for scheme, tags in SCHEMES.items():
                    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                    faults = page.evaluate(AXE, [tags, list(NOT_HELD)])
                    found += [f"{size['width']} px, {scheme}: {fault}" for fault in faults]
        return found

    @contextmanager
    def _scripts(self) -> Iterator[None]:
        """Without JavaScript axe could not run either: switch it on for axe alone.

        The page's own scripts were never loaded, so it stays what people without JavaScript have.
        """
        if self._protocol is None:
            yield
            return
        self._disable(self._protocol, True)  # Chromium only hears a change
        self._disable(self._protocol, False)
        try:
            yield
        finally:
            self._disable(self._protocol, True)

    @staticmethod
    def _disable(protocol: CDPSession, value: bool) -> None:
        protocol.send("Emulation.setScriptExecutionDisabled", {"value": value})
