"""Applications in a browser: added, tried, found on the first page; with scripts and without."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from tests.support.lynx import Lynx
from webapp.domain import applications


@both_ways
def test_priya_adds_an_application_for_a_group_and_tries_it(visitor, app, site, javascript):
    with app.app_context():
        cast.group()
    priya = visitor(cast.PRIYA, at="/orgs/acme/applications")
    priya.reads("No applications yet.")
    priya.checked()
    priya.page.get_by_role("link", name="Add an application").click()
    priya.sees_heading("Add an application")
    priya.fill("Name", "Planning")
    priya.fill("Home address", "planning.acme.example")
    priya.press("Create application")
    expect(priya.summary).to_contain_text("Enter an address that starts with https://.")
    priya.checked()
    priya.fill("Home address", "https://planning.acme.example")
    priya.page.get_by_label("Only members of the groups ticked below").check()
    priya.page.get_by_label("Drivers").check()
    priya.press("Create application")
    priya.sees_heading("Planning")
    priya.reads("Drivers (0 members)")
    priya.page.get_by_text("Caddy", exact=True).click()
    expect(priya.page.get_by_label("Block for Caddy")).to_be_visible()
    priya.checked()
    priya.page.get_by_role("link", name="Try it as me").click()
    priya.reads("Priya Shah would not get in.")
    priya.checked()
    priya.page.get_by_role("link", name="Planning").click()
    priya.press("Pause")
    priya.reads("Nobody can enter until it is resumed.")
    priya.page.get_by_role("link", name="Delete").click()
    priya.sees_heading("Delete the application “Planning”?")
    priya.checked()
    priya.press("Delete application")
    priya.reads("The application “Planning” was deleted.")


@both_ways
def test_chen_finds_on_the_first_page_what_he_may_enter(visitor, app, site, javascript):
    with app.app_context():
        cast.group()
        cast.application()
        cast.application("depot", groups=["drivers"])
        cast.application("books", second_factor=True)
    chen = visitor(cast.CHEN)
    chen.sees_heading("Applications")
    chen.checked()
    main = chen.page.get_by_role("main")
    expect(main.get_by_role("link", name="Wiki")).to_have_attribute(
        "href", "https://wiki.acme.example/"
    )
    expect(main.get_by_role("link", name="Depot")).to_have_count(0)
    chen.reads("After one more step")
    with app.app_context():
        applications.pause(cast.organization(), "wiki", by=cast.person())
    chen.open("/")
    chen.reads("There is no application yet that you may enter.")
    chen.checked()


def test_an_application_is_added_and_tried_by_the_keyboard_alone(visitor, app):
    with app.app_context():
        cast.group()
    priya = visitor(cast.PRIYA, at="/orgs/acme/applications/new")
    priya.tabs_to(priya.field("Name"))
    priya.types("Planning")
    priya.tabs_to(priya.field("Home address"))
    priya.types("https://planning.acme.example")
    priya.tabs_to(priya.page.get_by_label("All members"))
    priya.strikes("ArrowDown")
    priya.tabs_to(priya.page.get_by_label("Drivers"))
    priya.strikes("Space")
    priya.strikes("Enter")
    priya.sees_heading("Planning")
    priya.reads("Drivers (0 members)")
    priya.tabs_to(priya.page.get_by_role("link", name="Try it as me"))
    priya.strikes("Enter")
    priya.reads("Priya Shah would not get in.")
    priya.tabs_to(priya.field("Email"))
    priya.strikes("ControlOrMeta+a")
    priya.types(cast.CHEN)
    priya.strikes("Enter")
    priya.reads("Chen Wei would not get in.")


def test_an_application_is_added_in_a_text_browser(tmp_path, site, app):
    with app.app_context():
        cast.group()
    priya = Lynx(tmp_path)
    typed = {"Email address or username": cast.PRIYA, "Password": cast.PASSWORD}
    assert "Members" in priya.send(f"{site}/login", "Sign in", typed)
    new = f"{site}/orgs/acme/applications/new"
    typed = {"Name": "Planning", "Home address": "https://planning.acme.example"}
    ticked = ["Only members of the groups", "Drivers"]
    page = priya.send(new, "Create application", typed, ticked=ticked)
    assert "Planning" in page
    assert "Drivers (0 members)" in page
    page = priya.read(f"{site}/orgs/acme/applications/planning/try?email={cast.CHEN}")
    assert "Chen Wei would not get in." in page
