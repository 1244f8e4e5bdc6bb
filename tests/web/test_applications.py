"""Applications on pages: creating and changing one, trying it, and the launcher (rule A1)."""

from __future__ import annotations

import pytest
import yaml

from tests import cast
from tests.web.test_invitation_pages import count_queries
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import applications, groups
from webapp.domain.groups import members
from webapp.domain.members import ends, roles
from webapp.models import Application, Event

LIST = "/orgs/acme/applications"
WIKI = {"name": "Staff wiki", "home_url": "https://wiki.acme.example"}


@pytest.fixture
def priya(browser):
    return browser(cast.PRIYA)


@pytest.fixture
def chen(browser):
    return browser(cast.CHEN)


@pytest.fixture
def doors(app):
    """The wiki is for all; the depot for drivers, the books need a second factor."""
    with app.app_context():
        cast.group()
        cast.application()
        cast.application("depot", groups=["drivers"])
        cast.application("books", second_factor=True)
        cast.application("secret", of="evil")


def found(app, slug="staff-wiki"):
    with app.app_context():
        row = applications.find(cast.organization(), slug)
        return row, [group.slug for group in row.groups]


def entries(page):
    """The names in the launcher."""
    return [name for name, to in page.links().items() if to.startswith("https://")]


def test_an_admin_adds_an_application_with_three_fields(priya, app):
    priya.open(LIST)
    assert "No applications yet." in priya.page.words
    priya.open(f"{LIST}/new")
    form = priya.page.form(LIST)
    assert set(form.fields) - {"csrf_token", "once"} == {"name", "home_url", "who", "slug"}
    priya.send(LIST, **WIKI)
    assert priya.page.heading == "Staff wiki"
    assert "The application “Staff wiki” was created." in priya.page.messages
    row, slugs = found(app)
    assert (row.home_url, row.for_everyone, slugs) == ("https://wiki.acme.example/", True, [])
    words = priya.page.words
    assert "All members (3 members)" in words
    assert "8 hours" in words
    for block in ("auth_request", "forward_auth", "forwardAuth", "wiki.acme.example", "Issuer"):
        assert block in priya.at.text
    for name in ("Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups"):
        assert priya.at.text.count(name) == 3
    priya.open(LIST)
    assert "wiki.acme.example" in priya.page.words


def test_traefik_is_told_to_clean_first_then_to_ask_and_then_to_go_on(priya):
    priya.open(f"{LIST}/new")
    priya.send(LIST, **WIKI)
    block = yaml.safe_load(priya.page.root.find(".//*[@id='block-3']").text)["http"]
    routers, middlewares, services = block["routers"], block["middlewares"], block["services"]
    wiki, ours = routers["acme-staff-wiki"], routers["acme-staff-wiki-gatehouse"]
    assert wiki["rule"] == "Host(`wiki.acme.example`)"
    assert wiki["middlewares"] == ["acme-staff-wiki-clean", "acme-staff-wiki-gate"]
    assert ours["rule"] == "Host(`wiki.acme.example`) && PathPrefix(`/.gatehouse/`)"
    assert ours["middlewares"] == ["acme-staff-wiki-clean"]  # asking there would end nowhere
    cleaned = middlewares["acme-staff-wiki-clean"]["headers"]["customRequestHeaders"]
    assert cleaned == {
        **dict.fromkeys(("Remote_User", "Remote_Email", "Remote_Name", "Remote_Groups"), ""),
        "X-Original-URL": "https://wiki.acme.example/",
    }
    assert middlewares["acme-staff-wiki-gate"]["forwardAuth"] == {
        "address": "http://gatehouse.test/gate/check?application=acme/staff-wiki",
        "authResponseHeaders": ["Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups"],
    }
    ours = services["acme-staff-wiki-gatehouse"]["loadBalancer"]
    assert ours["servers"] == [{"url": "http://gatehouse.test"}]
    assert ours["passHostHeader"] is False


def test_the_form_takes_all_fields_and_groups_without_being_asked_who(priya, app):
    with app.app_context():
        cast.group()
    priya.open(f"{LIST}/new")
    more = {"visit_minutes": "60", "state": "paused"}
    priya.send(LIST, **WIKI, who="", groups="drivers", slug="wiki", **more)
    row, slugs = found(app, "wiki")
    assert (row.for_everyone, slugs, row.visit_minutes, row.state) == (
        *(False, ["drivers"], 60, "paused"),
    )


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(priya, app):
    with app.app_context():
        cast.group()
        cast.application("secret", of="evil")
    priya.open(f"{LIST}/new")
    priya.send(LIST, name="", home_url="wiki", groups="drivers")
    assert priya.status == 422
    assert priya.page.problems == [
        "You ticked groups, but chose “All members”. Choose one of the two."
    ]
    priya.send(LIST, name="", home_url="wiki", who="some", groups="", slug="A B")
    assert priya.page.problems == [
        "Enter the application’s name.",
        "Enter an address that starts with https://.",
    ]
    assert priya.page.form(LIST).fields["home_url"] == "wiki"
    priya.send(LIST, name="W", home_url="https://secret.evil.example/", who="all", slug="")
    assert priya.page.problems == [
        "There is already an application at this host. Each application needs its own."
    ]
    assert "Evil" not in priya.at.text
    for slug in ("new", "A B", "x" * 41, "\x00"):
        priya.send(LIST, **WIKI, who="all", slug=slug)
        assert priya.status == 422
    priya.send(LIST, **WIKI, who="some", slug="")
    assert priya.page.problems == ["Choose at least one group, or let all members in."]
    with app.app_context():
        assert db.session.query(Application).filter_by(name="W").count() == 0


def test_an_admin_changes_pauses_resumes_and_deletes_it(priya, doors, app):
    priya.open(f"{LIST}/depot/edit")
    form = priya.page.form(f"{LIST}/depot/edit")
    assert form.fields["who"] == "some"
    priya.send(f"{LIST}/depot/edit", who="all", groups="")
    assert found(app, "depot")[0].for_everyone
    priya.open(f"{LIST}/depot/edit")
    priya.send(f"{LIST}/depot/edit", visit_minutes="soon", state="asleep", home_url="ftp://x")
    assert priya.status == 422
    assert len(priya.page.problems) == 3
    priya.open(f"{LIST}/depot")
    priya.send(f"{LIST}/depot/pause")
    assert "Paused" in priya.page.words
    assert "Nobody can enter until it is resumed." in priya.page.messages
    priya.send(f"{LIST}/depot/resume")
    assert found(app, "depot")[0].state == "active"
    priya.open(f"{LIST}/depot/delete")
    assert "nobody can enter depot.acme.example through Gatehouse" in priya.page.words
    priya.send(f"{LIST}/depot/delete")
    assert "The application “Depot” was deleted." in priya.page.messages
    assert priya.open(f"{LIST}/depot").status == 404


def test_outsiders_find_nothing_and_members_only_what_they_may_enter(browser, doors):
    eve = browser(cast.EVE)
    for path in ("", "/new", "/wiki", "/wiki/edit", "/wiki/delete", "/wiki/try"):
        assert eve.open(LIST + path).status == 404
        assert browser(cast.CHEN).open(LIST + path).status == (403 if path else 200)
        assert browser(cast.MARCO).open(LIST + path).status == (403 if path else 200)
        assert browser().open(LIST + path).page.heading == "Sign in"
    assert eve.open("/orgs/evil/applications/wiki").status == 404
    assert "Wiki" not in eve.open("/orgs/evil/applications").page.words


def test_the_first_page_is_what_a_member_may_enter(chen, doors, app):
    chen.open("/")
    assert chen.status == 200
    assert chen.page.heading == "Applications"
    assert entries(chen.page) == ["Wiki"]
    assert "Books" in chen.page.words
    assert "Turn it on under “Your account”" in chen.page.words
    assert "Depot" not in chen.page.words
    assert "Secret" not in chen.page.words
    with app.app_context():
        members.add(cast.organization(), "drivers", cast.member().id, by=cast.person())
    assert entries(chen.open("/").page) == ["Depot", "Wiki"]
    assert entries(chen.open(LIST).page) == ["Depot", "Wiki"]
    with app.app_context():
        groups.delete(cast.organization(), "drivers", by=cast.person())
        applications.pause(cast.organization(), "wiki", by=cast.person())
    assert entries(chen.open("/").page) == []
    assert "There is no application yet that you may enter." in chen.page.words


def test_the_first_page_is_as_before_where_there_are_no_applications(chen, priya):
    assert chen.open("/").page.heading == "Members of Acme"
    assert priya.open("/").page.heading == "Invitations"


def test_admins_get_to_applications_from_the_first_page(priya, chen, doors):
    assert priya.open("/").page.links()["Manage applications"] == LIST
    assert "Manage applications" not in chen.open("/").page.words


def test_a_member_whose_access_ended_is_shown_nothing(chen, doors, app):
    with app.app_context():
        ends.end_now(cast.organization(), cast.member().id, by=cast.person())
    assert "Wiki" not in chen.open("/").page.words


def test_an_admin_tries_it_as_themselves_and_as_others(priya, doors, app):
    at = f"{LIST}/depot/try"
    priya.open(at)
    assert "Priya Shah would not get in." in priya.page.words
    assert "Ask an admin to add you to one of them." in priya.page.words
    assert "Add them to a group that may enter, or change who may enter." in priya.page.words
    with app.app_context():
        members.add(cast.organization(), "drivers", cast.member().id, by=cast.person())
        before = db.session.query(Event).count()
    priya.open(f"{at}?email={cast.CHEN.upper()}")
    assert "Chen Wei would get in." in priya.page.words
    for told in (cast.CHEN, "Chen Wei", "drivers"):
        assert told in priya.page.words
    for stranger in (cast.EVE, "nobody@example.org"):
        priya.open(f"{at}?email={stranger}")
        assert priya.status == 422
        assert f"{stranger} is not a member. Invite them first." in priya.page.words
    for odd in ("%00", "a" * 400, "%ED%A0%80", "x@y@z"):
        assert priya.open(f"{at}?email={odd}").status == 422
    with app.app_context():
        assert db.session.query(Event).count() == before


def test_trying_it_says_the_user_that_the_application_is_told_and_never_the_username(
    priya, doors, app
):
    with app.app_context():
        name_chen()
    priya.open(f"{LIST}/wiki/try?email={cast.CHEN}")
    assert f"User {cast.CHEN}" in priya.page.words
    assert "root" not in priya.page.words


@transaction()
def name_chen():
    cast.person(cast.CHEN).username = "root"


def test_trying_it_says_what_keeps_a_deactivated_member_out(priya, doors, app):
    with app.app_context():
        roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    priya.open(f"{LIST}/wiki/try?email={cast.CHEN}")
    assert "Your membership is deactivated." in priya.page.words
    assert "Reactivate them on the members page." in priya.page.words


def test_a_groups_pages_name_its_applications(priya, chen, doors):
    priya.open("/orgs/acme/groups/drivers")
    assert f"{LIST}/depot" in priya.page.links().values()
    assert "Depot" in chen.open("/orgs/acme/groups/drivers").page.words
    priya.open("/orgs/acme/groups/drivers/delete")
    assert "The group will no longer open these applications: Depot." in priya.page.words


def test_an_application_whose_groups_are_gone_is_closed_until_somebody_decides(priya, doors, app):
    with app.app_context():
        groups.delete(cast.organization(), "drivers", by=cast.person())
    priya.open(f"{LIST}/depot")
    assert "Nobody: its groups were deleted (0 members)" in priya.page.words
    priya.open(f"{LIST}/depot/edit")
    priya.send(f"{LIST}/depot/edit", name="Garage")
    row, slugs = found(app, "depot")
    assert (row.name, row.for_everyone, slugs) == ("Garage", False, [])


def test_the_launcher_takes_as_many_queries_for_forty_as_for_twelve(chen, app):
    with app.app_context():
        for n in range(12):
            cast.application(f"app-{n}")
    few = count_queries(app, lambda: chen.open("/"))
    with app.app_context():
        for n in range(12, 40):
            cast.application(f"app-{n}")
    assert count_queries(app, lambda: chen.open("/")) == few
    assert len(entries(chen.page)) == 40


@transaction()
def have_second_factor(email):
    cast.person(email).totp_since = clock.now()


def test_one_more_step_opens_it(chen, doors, app):
    chen.open("/")
    with app.app_context():
        have_second_factor(cast.CHEN)
    assert entries(chen.open("/").page) == ["Books", "Wiki"]
