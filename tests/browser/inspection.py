"""What is wrong with the page that is open: axe-core's every rule, and sideways scrolling.

At 320 pixels it is what 1280 pixels are at a zoom of 400 % (WCAG 2.2, 1.4.10).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ViewportSize

from tests.browser.windows import Window
from tests.support.seen import Seen

# axe-core's rules that we do not hold ourselves to, each with its reason.
NOT_HELD = {
    "color-contrast-enhanced": "WCAG's AAA, 7 : 1; we promise AA and are nowhere below 5.9 : 1",
}

# The dark page differs by its colours alone. The light one comes last and stays.
SCHEMES = {"dark": ["cat.color"], "light": None}
WIDE = ViewportSize(width=1280, height=800)
NARROW = ViewportSize(width=320, height=640)

AXE = """async ([tags, notHeld, without]) => {
  const rules = axe.getRules(tags).filter(rule => !rule.tags.includes(without))
  const values = rules.map(rule => rule.ruleId).filter(rule => !notHeld.includes(rule))
  const options = { resultTypes: ['violations'], runOnly: { type: 'rule', values } }
  const { violations } = await axe.run(document, options)
  return violations.flatMap(({ id, nodes }) => nodes.map(
    node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`))
}"""

# What is folded in has a width as well.
OVERFLOW = """() => {
  const folded = [...document.querySelectorAll('details:not([open], .menu)')]
  folded.forEach(one => { one.open = true })
  const wide = [document.documentElement, ...document.querySelectorAll('dialog[open], .table')]
    .filter(box => box.scrollWidth > box.clientWidth)
    .map(box => `${box.tagName} is ${box.scrollWidth} pixels wide in ${box.clientWidth}`)
  folded.forEach(one => { one.open = false })
  return wide
}"""

# The spacing that people may set without losing content (WCAG 2.2, 1.4.12). As a sheet of the
# document's own: the policy forbids elements and attributes of style.
SPACED = """() => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-block-end: 2em !important }`)
  document.adoptedStyleSheets = [sheet]
}"""
USUAL = "() => { document.adoptedStyleSheets = [] }"

# Buttons and fields that cannot be told from the page when the reader's own colours are forced.
UNSEEN = """() => [...document.querySelectorAll(
    'button, a.button, input, select, textarea, [aria-current]')]
  .filter(one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter(one => !one.closest('.visually-hidden') && one.type !== 'hidden')
  .filter(one => {
    const { color, backgroundColor } = getComputedStyle(one)
    return color === backgroundColor
  })
  .map(one => `${one.outerHTML.slice(0, 80)} is as its ground in forced colours`)"""

# All that the verdict hangs on: the elements, what is typed and ticked, where the focus is. Left
# out is what differs from visit to visit and is no more than a number or a mark: hidden fields,
# tokens in addresses, the digits of times, what htmx notes on elements, the class that shows what
# needs scripts where nothing on the page does, and the button that scripts add to a closed menu.
STATE = """() => {
  const root = document.documentElement, copy = root.cloneNode(true)
  const unseen = 'details:not([open]) [data-show-keys]'
  copy.querySelectorAll(unseen).forEach(button => button.remove())
  if (!root.querySelector('.needs-js')) copy.classList.remove('js')
  if (!copy.classList.length) copy.removeAttribute('class')
  for (const element of copy.querySelectorAll('[data-htmx-powered]'))
    element.removeAttribute('data-htmx-powered')
  for (const field of copy.querySelectorAll('[type=hidden]')) field.setAttribute('value', '')
  const anyDigits = text => text.replace(/[0-9]/g, 0)
  for (const time of copy.querySelectorAll('time')) {
    time.removeAttribute('datetime')
    time.title = anyDigits(time.title)
    time.textContent = anyDigits(time.textContent)
  }
  const controls = [...document.querySelectorAll('input, select, textarea')]
    .map(one => one.type === 'hidden' ? '' : [one.value, one.checked])
  const all = [...document.querySelectorAll(`:not(${unseen})`)]
  const marked = all.flatMap((one, at) => one.matches(':focus, :modal, :target') ? at : [])
  const html = copy.outerHTML.replace(/\\btoken=[\\w.%-]+/g, 'token=')
  return JSON.stringify([html, controls, marked])
}"""

# What nothing was wrong with: there is no need to look again.
_clean = Seen("states of pages")


class Inspector:
    """Looks a page over as it stands."""

    def __init__(self, window: Window) -> None:
        self._page, self._protocol = window.page, window.protocol
        self._javascript = window.javascript

    def faults(self) -> list[str]:
        """Every fault at 320 and at 1280 pixels, in dark and in light."""
        page = self._page
        with self._scripts():
            # A page that has just been asked for may have no element yet.
            page.locator("body").wait_for(state="attached")
            page.wait_for_load_state()
            state = page.evaluate(STATE)
            if state in _clean:
                self._resize(WIDE)
                return []
            found = self._faults_as_it_is()
        if not found:
            _clean.add(state)
        return found

    def _faults_as_it_is(self) -> list[str]:
        page, found = self._page, []
        self._bring_axe()
        for size in (NARROW, WIDE):
            self._resize(size)
            found += [f"{size['width']} px: {fault}" for fault in page.evaluate(OVERFLOW)]
            if size is NARROW:
                found += self._as_readers_set_it()
            for scheme, tags in SCHEMES.items():
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                faults = page.evaluate(AXE, [tags, list(NOT_HELD), None])
                found += [f"{size['width']} px, {scheme}: {fault}" for fault in faults]
        return found

    def _resize(self, size: ViewportSize) -> None:
        if self._page.viewport_size != size:
            self._page.set_viewport_size(size)

    def faults_but_of_color(self) -> list[str]:
        """What axe finds on the page as wide as it is, where its colors were looked at before."""
        self._bring_axe()
        faults: list[str] = self._page.evaluate(AXE, [None, list(NOT_HELD), "cat.color"])
        return faults

    def _bring_axe(self) -> None:
        if not self._page.evaluate("'axe' in window"):
            # Not by page.evaluate(), for which Chromium reads the whole script anew each time.
            self._protocol.send("Runtime.evaluate", {"expression": AXE_SCRIPT})

    def _as_readers_set_it(self) -> list[str]:
        """Faults with wider spacing of text, and with the reader's own colours."""
        page = self._page
        page.evaluate(SPACED)
        found = [f"with spaced text: {fault}" for fault in page.evaluate(OVERFLOW)]
        page.evaluate(USUAL)
        page.emulate_media(forced_colors="active")
        found += page.evaluate(UNSEEN)
        page.emulate_media(forced_colors="none")
        return found

    @contextmanager
    def _scripts(self) -> Iterator[None]:
        """Without JavaScript axe could not run either: switch it on for axe alone.

        The page's own scripts were never loaded, so it stays what people without JavaScript have.
        """
        if self._javascript:
            yield
            return
        self._disable(True)  # Chromium only hears a change
        self._disable(False)
        try:
            yield
        finally:
            self._disable(True)

    def _disable(self, value: bool) -> None:
        self._protocol.send("Emulation.setScriptExecutionDisabled", {"value": value})
