"""The color that an organization chooses: of the gate over its pages, and of the button in mail."""

from __future__ import annotations

import re

import pytest

from tests import cast
from webapp.config import ROOT
from webapp.domain import outbox
from webapp.domain.events import sentences
from webapp.domain.organizations.colors import COLORS, USUAL
from webapp.models import Event

TEAM = "/orgs/acme/settings/team"
CSS = (ROOT / "webapp/static/app.css").read_text()
TOKEN = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")


def colors_of(answer):
    return re.findall(r"color-(\w+)", answer.page.root.find("body").get("class"))


def tokens(*, dark):
    """The custom properties of the style sheet, as the first or the second block sets them."""
    light, _, rest = CSS.partition("@media screen and (prefers-color-scheme: dark) {")
    return dict(TOKEN.findall(rest.partition("\n}")[0] if dark else light))


def luminance(color):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(part * share for part, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def priya(browser):
    somebody = browser(cast.PRIYA)
    somebody.open(TEAM)
    return somebody


def test_the_color_is_on_all_pages_of_the_organization_and_on_nobody_elses(priya, browser, app):
    assert colors_of(priya.at) == [USUAL]
    priya.send(TEAM, color="plum")
    assert "saved" in priya.page.messages
    assert priya.page.form(TEAM).fields["color"] == "plum"
    assert colors_of(priya.open("/orgs/acme/members")) == ["plum"]
    assert colors_of(priya.open("/account")) == ["plum"]
    assert colors_of(browser(cast.EVE).open("/orgs/evil/members")) == [USUAL]
    assert colors_of(browser().open("/login")) == []
    with app.app_context():
        event = Event.query.filter_by(name="SettingsChanged").one()
        assert sentences.sentence(event, cast.person()) == "Priya Shah changed the color to plum."


def test_invitees_see_it_in_their_mail_and_on_the_page_that_the_mail_leads_to(
    priya, browser, app, smtp
):
    priya.send(TEAM, color="blue")
    with app.app_context():
        cast.invited()
        outbox.drain()
    html = smtp.messages[-1].message.get_body(("html",)).get_content()
    assert f"background:{COLORS['blue'].light}" in html
    assert f"background: {COLORS['blue'].dark} !important" in html
    assert COLORS[USUAL].dark not in re.findall(r"a\.button {([^}]*)}", html)[0]
    link = re.findall(r'class="button" href="([^"]+)"', html)[0]
    assert colors_of(browser().open(link)) == ["blue"]


@pytest.mark.parametrize("color", ["chartreuse", "Green", "#ff0000", 'green" onclick="'])
def test_another_color_is_refused_in_words(priya, app, color):
    priya.send(TEAM, name="Acme & Sons", color=color)
    assert priya.status == 422
    assert priya.page.problems == ["Choose one of the colors."]
    assert priya.page.form(TEAM).fields["name"] == "Acme & Sons"
    with app.app_context():
        assert cast.organization().color == USUAL


def test_a_form_without_the_field_leaves_the_color_as_it_is(priya, app):
    priya.send(TEAM, color="red")
    kept = priya.page.form(TEAM).fields
    priya.post(TEAM, {"csrf_token": kept["csrf_token"], "name": "Acme & Sons"})
    with app.app_context():
        assert (cast.organization().name, cast.organization().color) == ("Acme & Sons", "red")


@pytest.mark.parametrize("name", COLORS)
def test_the_style_sheet_has_the_same_shades_as_the_mail(name):
    _, light, dark = COLORS[name]
    if name == USUAL:
        assert tokens(dark=False)["accent"] == light
        assert tokens(dark=True)["accent"] == dark
        light = dark = "var(--accent)"
    assert set(re.findall(rf"\.color-{name} {{ --door: ([^;]+); }}", CSS)) == {light, dark}


@pytest.mark.parametrize("name", COLORS)
def test_every_shade_stands_out_and_its_words_can_be_read(name):
    """Words on it: 4.5 to 1 (WCAG 2.2, 1.4.3); the shade on the page: 3 to 1 (1.4.11)."""
    for shade, is_dark in ((COLORS[name].light, False), (COLORS[name].dark, True)):
        page = tokens(dark=is_dark)
        assert contrast(shade, page["on-accent"]) >= 4.5
        for ground in ("bg", "surface"):
            assert contrast(shade, page[ground]) >= 3
