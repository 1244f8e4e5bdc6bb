"""What an organization's admins decide for it."""

from __future__ import annotations

import pyotp
import pytest

from tests import cast
from webapp import clock
from webapp.domain.accounts import second_factors
from webapp.domain.events import sentences
from webapp.models import Event

TEAM, INVITATIONS = "/orgs/acme/settings/team", "/orgs/acme/settings/invitations"


def changes(app):
    with app.app_context():
        rows = Event.query.filter_by(name="SettingsChanged").order_by(Event.id)
        return [sentences.sentence(row, cast.person()) for row in rows]


def has_second_factor(app):
    with app.app_context():
        offer = second_factors.offer(cast.person())
        code = pyotp.TOTP(offer.secret).at(clock.now())
        second_factors.switch_on(cast.person(), offer.sealed, password=cast.PASSWORD, code=code)


def test_settings_lead_to_those_of_the_present_organization(browser):
    priya = browser(cast.PRIYA)
    priya.open("/settings")
    assert priya.page.heading == "Team"
    assert priya.page.links()["Go to the invitations"] == "/orgs/acme/invitations"


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("team", "Team"),
        ("invitations", "Invitations"),
        ("email", "Email"),
        ("email/templates", "Mail templates"),
        ("email/health", "Mail health"),
        ("api-keys", "API keys"),
        ("webhooks", "Webhooks"),
    ],
)
def test_each_page_is_headed_by_its_own_name(browser, path, heading):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/settings/{path}")
    assert priya.page.heading == heading
    assert priya.page.title == f"{heading} – Settings – Acme – Gatehouse"


def test_only_admins_are_shown_the_way_to_the_settings(browser):
    assert "Settings" in browser(cast.PRIYA).page.links()
    assert "Settings" not in browser(cast.MARCO).page.links()


def test_the_name_stands_over_every_page_from_then_on(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(TEAM)
    priya.send(TEAM, name="  Acme & Daughters ")
    assert "saved" in priya.page.messages
    assert priya.page.form(TEAM).fields["name"] == "Acme & Daughters"
    assert "Acme & Daughters" in priya.page.title
    assert changes(app) == ["Priya Shah changed the name to “Acme & Daughters”."]


@pytest.mark.parametrize("name", ["", "x" * 101, "Ac\u202eme", "a\0b"])
def test_what_cannot_be_a_name_changes_nothing(browser, app, name):
    priya = browser(cast.PRIYA)
    priya.open(TEAM)
    priya.send(TEAM, name=name)
    assert (priya.status, len(priya.page.problems)) == (422, 1)
    assert changes(app) == []


def test_saving_what_is_so_already_is_no_change(browser, app):
    priya = browser(cast.PRIYA)
    for address in (TEAM, INVITATIONS):
        priya.open(address)
        priya.send(address)
        assert "saved" in priya.page.messages
    assert changes(app) == []


def test_nobody_shuts_themselves_out_by_demanding_a_second_factor(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(TEAM)
    priya.send(TEAM, requires_second_factor="y")
    assert priya.status == 422
    assert "Turn on your own second factor first" in priya.page.problems[0]
    assert changes(app) == []


def test_a_demanded_second_factor_holds_for_the_others_at_once(browser, app):
    priya, marco = browser(cast.PRIYA), browser(cast.MARCO)
    has_second_factor(app)
    priya.open(TEAM)
    priya.send(TEAM, requires_second_factor="y")
    assert changes(app) == ["Priya Shah changed the second factor to required."]
    marco.open("/orgs/acme/members")
    assert marco.page.heading == "Second factor"
    priya.open("/orgs/acme/members")
    assert priya.status == 200
    priya.open(TEAM)
    kept = priya.page.form(TEAM).fields
    priya.post(TEAM, {name: kept[name] for name in ("csrf_token", "name")})
    marco.open("/orgs/acme/members")
    assert marco.page.heading == "Members of Acme"


def test_the_term_is_the_one_that_inviting_begins_with(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(INVITATIONS)
    priya.send(INVITATIONS, expiry_days="21")
    assert changes(app) == ["Priya Shah changed the term of links to 21 days."]
    priya.open("/orgs/acme/invitations/new")
    assert priya.page.form("/orgs/acme/invitations").fields["expiry_days"] == "21"
    priya.open(INVITATIONS)
    priya.send(INVITATIONS, expiry_days="")
    priya.open("/orgs/acme/invitations/new")
    assert priya.page.form("/orgs/acme/invitations").fields["expiry_days"] == "7"


@pytest.mark.parametrize("days", ["0", "31", "-1", "7.5", "a week", "٧", "9" * 400, "7\0"])
def test_other_terms_are_refused_and_kept(browser, app, days):
    priya = browser(cast.PRIYA)
    priya.open(INVITATIONS)
    priya.send(INVITATIONS, expiry_days=days)
    assert priya.status == 422
    assert priya.page.problems == ["Enter a number of days from 1 to 30."]
    assert priya.page.form(INVITATIONS).fields["expiry_days"] == days.replace("\0", "")
    assert changes(app) == []


def test_only_the_named_domains_are_invited_from_then_on(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(INVITATIONS)
    priya.send(INVITATIONS, allowed_domains="@Acme.example, bücher.example\n acme.example")
    assert priya.page.form(INVITATIONS).fields["allowed_domains"].split() == [
        "acme.example",
        "xn--bcher-kva.example",
    ]
    for email, status in (("bo@example.org", 422), ("bo@bücher.example", 200)):
        priya.open("/orgs/acme/invitations/new")
        priya.send("/orgs/acme/invitations", email=email)
        assert priya.status == status


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("not a domain", "“not” is not a domain"),
        ("acme.example <script>", "is not a domain"),
        ("a\0b.example", "is not a domain"),
        ("elsewhere.example", "Add your own domain, acme.example"),
        ("acme.example\n" + "\n".join(f"{n}{'x' * 50}.example" for n in range(60)), "too many"),
    ],
)
def test_domains_that_cannot_stand_are_refused_and_kept(browser, app, typed, words):
    priya = browser(cast.PRIYA)
    priya.open(INVITATIONS)
    priya.send(INVITATIONS, allowed_domains=typed)
    assert priya.status == 422
    assert words in priya.page.problems[0]
    kept = priya.page.form(INVITATIONS).fields["allowed_domains"]
    assert kept.split() == typed.replace("\0", "").split()
    assert changes(app) == []


class TestAnInstallationWithAListOfItsOwn:
    """An organization narrows it, and never widens it (rule 11)."""

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "ALLOWED_INVITE_DOMAINS": "acme.example,example.org"}

    def test_is_narrowed_by_an_organization(self, browser):
        priya = browser(cast.PRIYA)
        priya.open(INVITATIONS)
        assert "acme.example, example.org" in priya.page.words
        priya.send(INVITATIONS, allowed_domains="acme.example")
        assert "saved" in priya.page.messages

    def test_is_never_widened(self, browser):
        priya = browser(cast.PRIYA)
        priya.open(INVITATIONS)
        priya.send(INVITATIONS, allowed_domains="acme.example other.example")
        assert priya.page.problems == [
            "This installation allows only acme.example, example.org. Remove other.example."
        ]


def test_when_addresses_are_erased_is_chosen_and_on_record(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(INVITATIONS)
    assert priya.page.form(INVITATIONS).fields["retention_days"] == "0"
    priya.send(INVITATIONS, retention_days="90")
    assert priya.page.form(INVITATIONS).fields["retention_days"] == "90"
    said = "Priya Shah changed when ended invitations are erased to 90 days after they end."
    assert changes(app) == [said]
    for wrong in ("7", "x", ""):
        priya.send(INVITATIONS, retention_days=wrong)
        assert (priya.status, len(priya.page.problems)) == (422, 1)
    assert changes(app) == [said]
