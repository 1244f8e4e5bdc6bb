"""The frame on small screens, with large text, in forced colours and on paper."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import transaction

WIDTHS = (320, 375, 768, 1280)
NAMES = ("Christopher Montgomery", "Donaudampfschifffahrtsgesellschaftskapitän" * 2)
PAGES = ("/orgs/acme/invitations", "/account", "/nothing")
CUT_OFF = """() => [...document.querySelectorAll('main select')].filter(list => {
  const whole = list.cloneNode(true)
  Object.assign(whole.style, { width: 'max-content', maxWidth: 'none' })
  list.after(whole)
  const isCutOff = whole.offsetWidth > list.offsetWidth
  whole.remove()
  return isCutOff
}).map(list => list.name)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def name_priya(app):
    """Give Priya, and Acme, another name."""

    @transaction()
    def name(words):
        cast.person().full_name = words[:100]
        cast.organization().name = words[:100]

    def give(words):
        with app.app_context():
            name(words)

    return give


@pytest.mark.parametrize("name", NAMES)
def test_no_page_scrolls_sideways_with_a_long_name(visitor, name_priya, name):
    name_priya(name)
    priya = visitor(cast.PRIYA)
    for address in PAGES:
        priya.open(address)
        for width in WIDTHS:
            priya.page.set_viewport_size({"width": width, "height": 640})
            assert priya.page.evaluate(WIDER) <= 0, f"{address} at {width}"


def test_no_list_cuts_off_its_options(visitor):
    priya = visitor(cast.PRIYA)
    for page in ("settings/email", "settings/api-keys", "invitations/new", "invitations/bulk"):
        priya.open(f"/orgs/acme/{page}")
        assert priya.page.evaluate(CUT_OFF) == [], page


def test_the_navigation_of_a_phone_is_one_line_with_the_current_page_in_sight(visitor):
    priya = visitor(cast.PRIYA)
    priya.page.set_viewport_size({"width": 320, "height": 640})
    priya.open("/orgs/acme/settings/team")
    links = priya.page.locator(".site-nav a")
    tops = {box["y"] for box in (link.bounding_box() for link in links.all())}
    assert len(tops) == 1
    current = priya.page.locator(".site-nav [aria-current]").bounding_box()
    assert current["x"] >= 0
    assert current["x"] + current["width"] <= 320
    priya.open("/orgs/acme/invitations")
    assert priya.page.locator("h1").bounding_box()["y"] < 130


def test_text_twice_as_large_fits_a_phone(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.page.set_viewport_size({"width": 320, "height": 640})
    for address in ("invitations", "audit", "reports", "../../account/sessions", "../../account"):
        priya.open(f"/orgs/acme/{address}")
        priya.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert priya.page.evaluate(WIDER) <= 0, address


def test_paper_gets_a_table_and_nothing_to_press(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.page.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins
    priya.page.emulate_media(media="print")
    rows = priya.page.locator("tbody tr")
    assert rows.first.evaluate("row => getComputedStyle(row).display") == "table-row"
    assert priya.page.locator("thead").bounding_box()["height"] > 10
    for what in ("button", ".button", "nav", ".tabs", "[type=checkbox]", ".menu", ".filters"):
        for element in priya.page.locator(what).all():
            assert not element.is_visible(), what
    priya.page.emulate_media(media="screen")


def test_in_forced_colours_the_line_below_the_tabs_is_whole(visitor):
    priya = visitor(cast.PRIYA)
    priya.page.emulate_media(forced_colors="active")
    widths = priya.page.locator(".tabs a:not([aria-current])").evaluate_all(
        "links => links.map(link => getComputedStyle(link).borderBottomWidth)"
    )
    assert set(widths) == {"0px"}
    priya.page.emulate_media(forced_colors="none")
