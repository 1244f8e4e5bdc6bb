"""Two who have the same page open: neither undoes unknowingly what the other has saved."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain.accounts import sessions
from webapp.models import Event
from webapp.web.forms import editing

SETTINGS = "/orgs/acme/settings"


class Page(NamedTuple):
    """A form about what is there: what one tab saves, another one, and both of them."""

    at: str
    first: dict[str, str]
    second: dict[str, str]
    both: tuple[str, str, str]


PAGES = {
    "team": Page(
        f"{SETTINGS}/team",
        {"name": "Acme & Daughters"},
        {"requires_second_factor": "y"},
        ("name", "Acme One", "Acme Two"),
    ),
    "invitations": Page(
        f"{SETTINGS}/invitations",
        {"expiry_days": "20"},
        {"retention_days": "180"},
        ("allowed_domains", "acme.example", "acme.example\nexample.org"),
    ),
    "access": Page(
        f"{SETTINGS}/access",
        {"time_zone": "Europe/Berlin"},
        {"longest_manager": "90"},
        ("default_admin", "10", "20"),
    ),
    "requests": Page(
        f"{SETTINGS}/requests",
        {"proposals_per_month": "4"},
        {"takes_asks": "y"},
        ("proposers", "managers", "nobody"),
    ),
    "email": Page(
        f"{SETTINGS}/email",
        {"reminder_hours": "48"},
        {"reply_to_inviter": "y"},
        ("reminder_hours", "12", "72"),
    ),
    "invitation": Page(
        "/orgs/acme/invitations/{invitation}/edit",
        {"message": "Come in.\nWe wait."},
        {"expiry_days": "30"},
        ("role", "manager", "admin"),
    ),
    "group": Page(
        "/orgs/acme/groups/{group}/edit",
        {"description": "Who drive.\nAt night."},
        {"is_default": "y"},
        ("name", "Truck drivers", "Night drivers"),
    ),
    "application": Page(
        "/orgs/acme/applications/{application}/edit",
        {"visit_minutes": "60"},
        {"second_factor": "y"},
        ("name", "Handbook", "Manual"),
    ),
    "openid": Page(
        "/orgs/acme/applications/{application}/openid",
        {"redirect_uris": "https://wiki.acme.example/one\nhttps://wiki.acme.example/two"},
        {"public": "y"},
        ("backchannel_logout_uri", "https://8.8.8.8/one", "https://8.8.8.8/two"),
    ),
    "webhook": Page(
        f"{SETTINGS}/webhooks/{{webhook}}/edit",
        {"name": "Ours"},
        {"which": "some", "events": "InvitationAccepted"},
        ("url", "https://8.8.4.4/one", "https://8.8.4.4/two"),
    ),
    "account": Page(
        "/account",
        {"full_name": "Priya S."},
        {"username": "priya"},
        ("username", "priya1", "priya2"),
    ),
}


@pytest.fixture
def tabs(browser):
    """Two windows of one admin, and what opens the same page in both."""
    one, other = browser(cast.PRIYA), browser(cast.PRIYA)
    assert (one.status, other.status) == (200, 200)

    def open_both(at):
        one.open(at)
        other.open(at)
        return one, other

    return open_both


@pytest.fixture
def place(app, tabs):
    """Where a page is; Priya's windows are signed in before she has a second factor."""
    with app.app_context():
        have_second_factor()
        numbers = {
            "invitation": cast.invited().id,
            "webhook": cast.webhook().id,
            "group": cast.group().slug,
            "application": cast.application().slug,
        }
    return lambda name: PAGES[name].at.format(**numbers)


@transaction()
def have_second_factor():
    """Whoever demands one has to have one."""
    cast.person().totp_since = clock.now()


def save(tab, at, **typed):
    """Press Save with these changes; browsers send lines as their old friends did."""
    return tab.send(at, **{name: text.replace("\n", "\r\n") for name, text in typed.items()})


def shown(tab, at):
    """What the form shows."""
    hidden = ("csrf_token", "seen", "once")
    return {name: text for name, text in tab.page.form(at).fields.items() if name not in hidden}


def events(app):
    with app.app_context():
        return db.session.query(Event).count()


@pytest.mark.parametrize("name", PAGES)
def test_what_the_first_saved_is_not_undone_by_the_second_who_left_it_alone(tabs, place, app, name):
    page, at = PAGES[name], place(name)
    one, other = tabs(at)
    before = shown(one, at)
    save(one, at, **page.first)
    assert one.status == 200
    saved = events(app)
    save(other, at, **page.second)
    assert (other.status, events(app)) == (422, saved)
    assert "You had not seen that yet, so nothing of yours was saved." in other.page.problems[0]
    both = {**before, **page.first, **page.second}
    assert shown(other, at) == both
    save(other, at)
    assert (other.status, events(app)) == (200, saved + 1)
    other.open(at)
    assert shown(other, at) == both


@pytest.mark.parametrize("name", PAGES)
def test_what_both_changed_is_shown_beside_what_was_typed_and_may_be_saved_over(
    tabs, place, app, name
):
    at = place(name)
    field, mine, yours = PAGES[name].both
    one, other = tabs(at)
    save(one, at, **{field: mine})
    assert one.status == 200
    save(other, at, **{field: yours})
    assert other.status == 422
    beside = [words for words in other.page.problems if "Save again to put yours" in words]
    assert len(beside) == 1
    assert other.page.form(at).fields[field] == yours
    save(other, at)
    assert other.status == 200
    other.open(at)
    assert shown(other, at)[field] == yours


@pytest.mark.parametrize("name", [name for name in PAGES if name != "account"])
def test_who_saved_what_and_when_is_said(tabs, place, name):
    page, at = PAGES[name], place(name)
    one, other = tabs(at)
    save(one, at, **page.first)
    save(other, at, **page.second)
    assert "Priya Shah changed" in other.page.problems[0]
    assert " UTC." in other.page.problems[0]


@pytest.mark.parametrize("name", PAGES)
def test_the_same_sent_twice_is_saved_once_and_no_conflict(tabs, place, app, name):
    """Two clicks on Save: the second would change nothing, and so undoes nothing."""
    page, at = PAGES[name], place(name)
    one, other = tabs(at)
    save(one, at, **page.first)
    saved = events(app)
    save(other, at, **page.first)
    assert (other.status, events(app)) == (200, saved)


@pytest.mark.parametrize("seen", ["", "x", "." * 3, "é" * 100])
def test_what_is_no_mark_of_ours_counts_as_changed(tabs, place, seen):
    at = place("team")
    _, other = tabs(at)
    save(other, at, name="Acme Two", seen=seen)
    assert other.status == 422
    save(other, at)
    other.open(at)
    assert shown(other, at)["name"] == "Acme Two"


def test_a_role_that_another_admin_changed_meanwhile_is_not_changed_back(tabs, app):
    with app.app_context():
        at = f"/orgs/acme/members/{cast.member(cast.CHEN).id}/role"
    one, other = tabs(at)
    save(one, at, role="manager")
    save(other, at, role="admin")
    assert other.status == 422
    assert "Priya Shah made chen@acme.example a manager, on" in other.page.problems[0]
    assert "“Manager” now" in " ".join(other.page.problems)
    with app.app_context():
        assert cast.member(cast.CHEN).role == "manager"
    save(other, at)
    with app.app_context():
        assert cast.member(cast.CHEN).role == "admin"


def test_a_form_that_was_kept_while_its_sender_signed_in_knows_what_it_had_shown(tabs, app):
    at = PAGES["invitations"].at
    one, other = tabs(at)
    save(one, at, expiry_days="20")
    with app.app_context():
        sessions.end_others(cast.person(), 0)
    other.send(at, retention_days="180")
    other.send("/login", email=cast.PRIYA, password=cast.PASSWORD)
    assert other.page.form(at).fields["retention_days"] == "180"
    save(other, at)
    assert other.status == 422
    assert other.page.form(at).fields["expiry_days"] == "20"


def test_the_dialogs_say_it_as_well(tabs, place):
    at = place("invitation")
    one, other = tabs(at)
    fields = dict(other.page.form(at).fields)
    save(one, at, role="manager")
    answer = other.htmx(at, "div#dialog", **{**fields, "name": "Bo"})
    assert answer.status == 422
    assert "You had not seen that yet" in answer.text
    assert answer.page.form(at).fields["role"] == "manager"


@pytest.mark.parametrize(
    ("at", "form", "field", "mine", "theirs"),
    [
        ("/orgs/acme/reviews", "/reviews/settings", "every", "90", "180"),
        ("/account", "/notices", "inviter_notices", "daily", "off"),
    ],
)
def test_a_choice_beside_other_forms_is_not_undone_unseen(tabs, at, form, field, mine, theirs):
    one, other = tabs(at)
    save(one, form, **{field: mine})
    assert one.status == 200
    save(other, form, **{field: theirs})
    assert other.status == 422
    assert "You had not seen that yet" in other.page.words
    assert one.open(at).page.form(form).fields[field] == mine


def test_every_form_about_what_is_there_is_tried_here():
    def below(kind):
        return {kind, *(one for sub in kind.__subclasses__() for one in below(sub))}

    names = {form.__name__ for form in below(editing.EditingForm)} - {"EditingForm"}
    assert names == {
        *("TeamForm", "InvitationsForm", "EmailForm", "EditForm", "WebhookForm", "GroupForm"),
        *("ProfileForm", "RoleForm", "AccessForm", "ApplicationForm", "RequestsForm"),
        "OpenIdForm",
        *("NoticesForm", "ReviewSettingsForm"),
        *("EndForm", "SponsorForm"),  # of one field: tests/web/test_member_ends.py
    }
