"""Pages in the reader's language: which one that is, and what is said in it."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import select

from tests import cast
from tests.support.outages import connecting, only_to_read
from webapp import formats, languages
from webapp.db import db, transaction
from webapp.domain import outbox, user_agents
from webapp.models import Invitation

GERMAN, ARABIC = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9"}, {"HTTP_ACCEPT_LANGUAGE": "ar"}


@transaction()
def _invited_in(tag, organizations):
    invited = cast.invited()
    invited.language, invited.organization.language = tag, organizations
    return invited


@pytest.fixture
def arrives(app, browser):
    """Somebody opens the link of an invitation; its language and its organization's are chosen."""

    def arrive(invitation=None, organization=None, **environ):
        with app.app_context():
            token = cast.mailed_token(_invited_in(invitation, organization))
        somebody = browser()
        somebody.environ.update(environ)
        somebody.open(f"/register?token={token}")
        return somebody

    return arrive


def written_in(somebody):
    root = somebody.page.root
    return root.get("lang"), root.get("dir")


@pytest.mark.parametrize(
    ("chosen", "organizations", "browsers", "tag"),
    [
        (None, None, {}, "en"),
        (None, None, GERMAN, "de"),
        (None, None, {"HTTP_ACCEPT_LANGUAGE": "tlh"}, "en"),
        (None, None, {"HTTP_ACCEPT_LANGUAGE": "\x01;q=x,,,"}, "en"),
        (None, "ar", GERMAN, "ar"),
        ("de", "ar", {}, "de"),
        ("de", None, ARABIC, "de"),
        ("xx", None, {}, "en"),
    ],
)
def test_the_invitations_language_comes_before_the_organizations_and_the_browsers(
    arrives, chosen, organizations, browsers, tag
):
    assert written_in(arrives(chosen, organizations, **browsers))[0] == tag


def test_a_page_in_arabic_runs_from_right_to_left(arrives):
    somebody = arrives("ar")
    assert written_in(somebody) == ("ar", "rtl")
    assert "الانضمام إلى" in somebody.page.heading


def test_a_reader_chooses_another_language_and_it_is_remembered(arrives):
    somebody = arrives("de")
    somebody.send("/language", language="ar")
    assert written_in(somebody)[0] == "ar"
    somebody.open("/login")
    assert written_in(somebody)[0] == "ar"


def test_a_reader_chooses_a_language_on_a_form_that_was_refused(arrives):
    somebody = arrives("de")
    somebody.send("/register", full_name="", password="kurz")
    somebody.send("/language", language="ar")
    assert somebody.status == 200
    assert somebody.page.form("/register").fields["token"]
    assert written_in(somebody)[0] == "ar"


def test_a_language_that_there_is_not_changes_nothing(arrives):
    somebody = arrives("de")
    somebody.send("/language", language="xx")
    assert written_in(somebody)[0] == "de"


def test_what_is_wrong_with_a_form_is_said_in_the_invitations_language(arrives):
    somebody = arrives("de")
    answer = somebody.send("/register", full_name="", password="kurz")
    assert answer.status == 422
    assert any("Geben Sie Ihren Namen so ein" in problem for problem in somebody.page.problems)
    assert any("mindestens 12 Zeichen" in problem for problem in somebody.page.problems)


def test_an_ended_links_page_is_in_the_invitations_language(arrives):
    somebody = arrives("de")
    token = somebody.page.form("/register").fields["token"]
    somebody.open(f"/register/decline?token={token}")
    somebody.send("/register/decline")
    assert written_in(somebody)[0] == "de"
    assert somebody.page.heading == "Diese Einladung wurde abgelehnt"


def test_two_tokens_that_differ_are_refused_in_any_language(arrives):
    somebody = arrives("de")
    form = somebody.page.form("/register")
    answer = somebody.post("/register?token=another", form.fields)
    assert answer.status == 400


def test_who_joins_in_a_language_is_written_to_in_it_from_then_on(arrives, smtp, app):
    somebody = arrives("de")
    somebody.send("/language", language="ar")
    somebody.send("/register", full_name="Bo Lind", password="seven bars and a half")
    with app.app_context():
        outbox.drain()
        assert cast.person("bo@example.org").language == "ar"
    assert smtp.messages[-1].message["Subject"] == "مرحبًا بك في Acme"


def test_an_admin_chooses_the_language_of_invitations(browser, app, arrives):
    priya = browser(cast.PRIYA)
    email = "/orgs/acme/settings/email"
    priya.open(email)
    priya.send(email, language="xx")
    assert priya.status == 422
    priya.send(email, language="de")
    assert priya.page.form(email).fields["language"] == "de"
    with app.app_context():
        assert cast.organization().language == "de"


@pytest.mark.parametrize("email", ["bo@example.org", "bo@example.org, mi@example.org"])
def test_the_inviter_picks_the_language_of_who_is_invited(browser, app, email):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", email=email, language="ar")
    assert priya.status == 200
    with app.app_context():
        made = db.session.scalars(select(Invitation).where(Invitation.email.like("%example.org")))
        assert {invitation.language for invitation in made} == {"ar"}


def test_the_language_of_an_open_invitation_can_be_changed(browser, app):
    with app.app_context():
        edit = f"/orgs/acme/invitations/{_invited_in('ar', None).id}/edit"
    priya = browser(cast.PRIYA)
    priya.open(edit)
    assert priya.page.form(edit).fields["language"] == "ar"
    priya.send(edit, language="")
    with app.app_context():
        assert cast.invitation().language is None


@pytest.mark.parametrize("path", ["/api/v1/docs"])
def test_a_page_that_is_not_translated_is_english_as_a_whole(browser, path):
    priya = browser(cast.PRIYA)
    priya.environ.update(GERMAN)
    priya.open(path)
    assert written_in(priya) == ("en", "ltr")
    assert "/language" not in {form.action for form in priya.page.forms()}


@pytest.fixture
def german(browser):
    """A signed-in person whose browser asks for German."""

    def make(email=cast.PRIYA):
        somebody = browser(email)
        somebody.environ.update(GERMAN)
        return somebody

    return make


@pytest.mark.parametrize(
    ("chosen", "accounts", "browsers", "tag"),
    [
        (None, None, {}, "en"),
        (None, None, GERMAN, "de"),
        (None, "ar", GERMAN, "ar"),
        (None, "en", GERMAN, "en"),
        (None, "xx", GERMAN, "de"),
        ("de", "ar", {}, "de"),
        ("en", "ar", GERMAN, "en"),
    ],
)
@pytest.mark.parametrize("path", ["/account", "/orgs/acme/members", "/nothing/here"])
def test_a_signed_in_persons_choice_comes_before_the_accounts_language_and_the_browsers(
    app, browser, chosen, accounts, browsers, tag, path
):
    @transaction()
    def speak(language):
        cast.person().language = language

    with app.app_context():
        speak(accounts)
    priya = browser(cast.PRIYA)
    priya.environ.update(browsers)
    if chosen:
        priya.open("/account")
        priya.send("/language", language=chosen)
    priya.open(path)
    assert written_in(priya)[0] == tag
    with app.app_context():  # a choice is the browser's, and changes nobody's account
        assert cast.person().language == accounts


def test_an_error_page_is_in_the_readers_language_wherever_it_is(browser, german):
    somebody, marco = browser(), german(cast.MARCO)
    somebody.environ.update(GERMAN)
    for reader, method, path, status, heading in (
        (somebody, "open", "/nothing/here", 404, "Hier ist nichts"),
        (somebody, "open", "/login%zz", 404, "Hier ist nichts"),
        (somebody, "open", "/orgs/acme/members/1/reactivate", 405, "So funktioniert diese"),
        (marco, "open", "/orgs/acme/members/1/role", 403, "Sie haben keine Berechtigung"),
        (marco, "open", "/orgs/nowhere/members", 404, "Hier ist nichts"),
    ):
        getattr(reader, method)(path)
        assert reader.status == status, path
        assert written_in(reader)[0] == "de"
        assert reader.page.heading.startswith(heading)


def test_an_error_is_english_for_who_names_no_language_and_for_programs(browser):
    somebody = browser()
    assert somebody.open("/nothing/here").page.heading == "There is nothing here"
    for path in ("/api/nothing", "/api/v1/members", "/users/nothing"):
        answer = somebody.open(path, headers={"Accept-Language": "de", "Accept": "text/html"})
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert "ist" not in answer.text.split()


def test_too_many_attempts_are_told_in_german(german):
    priya = german()
    priya.open("/account/delete")
    while priya.status != 429:
        priya.open("/account/delete")
        priya.send("/account/delete", password="wrong")
    assert priya.page.heading == "Zu viele Versuche"
    assert "Diesmal ist nichts geschehen. Warten Sie" in priya.page.words


def test_a_database_that_cannot_be_written_is_told_of_in_german(app, german):
    priya = german()
    priya.open("/account")
    form = priya.page.form("/account")
    with connecting(app, only_to_read):
        answer = priya.client.post(
            form.action,
            data={**form.fields, "full_name": "Priya S."},
            environ_overrides=priya.environ,
        )
    assert answer.status_code == 503
    assert "Im Moment lässt sich nichts speichern" in answer.text
    assert "laden Sie diese Seite dann neu" in answer.text


def test_an_error_page_is_in_the_browsers_language_where_nobody_can_be_looked_up(app, german):
    def unreadable(connection, _record):
        connection.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)

    priya = german()
    with connecting(app, unreadable):
        answer = priya.client.get("/nothing/here", environ_overrides=priya.environ)
    assert answer.status_code == 404
    assert "Hier ist nichts" in answer.text
    assert '<html lang="de"' in answer.text


@pytest.mark.parametrize(
    ("page", "form", "typed", "words"),
    [
        ("/account", "/account", {"full_name": ""}, "Geben Sie Ihren Namen so ein"),
        ("/account", "/account", {"full_name": "Priya S."}, "Ihr Profil ist gespeichert."),
        ("/account", "/account/password", {}, "Geben Sie Ihr aktuelles Passwort ein."),
        ("/account/sessions", "/account/sessions/end-others", {}, "1 anderer Browser ist"),
        ("/account/leave/acme", "/account/leave/acme", {}, "der letzte aktive Admin von Acme."),
        ("/account/delete", "/account/delete", {}, "Geben Sie Ihr Passwort ein."),
        ("/account/second-factor", "/account/second-factor", {}, "Geben Sie den Code ein"),
        ("{chen}/role", "{chen}/role", {"role": "manager"}, "Chen Wei ist jetzt Manager und muss"),
        ("{chen}/role", "{chen}/role", {"role": "boss"}, "Wählen Sie unter „Rolle“ eine der"),
        ("{chen}/sign-out", "{chen}/sign-out", {}, "Chen Wei ist überall abgemeldet."),
        ("{chen}/deactivate", "{chen}/deactivate", {}, "Chen Wei ist deaktiviert und überall"),
    ],
)
def test_what_came_of_a_form_is_said_in_german(app, browser, german, page, form, typed, words):
    with app.app_context():
        chen = f"/orgs/acme/members/{cast.member().id}"
    priya, _other = german(), browser(cast.PRIYA)
    priya.open(page.format(chen=chen))
    priya.send(form.format(chen=chen), **typed)
    said = " ".join([priya.page.messages, *priya.page.problems])
    assert words in said
    assert written_in(priya)[0] == "de"


def test_the_page_of_a_refused_form_can_be_read_in_another_language(german):
    priya = german()
    priya.open("/account")
    priya.send("/account/password", present_password="wrong", password="wrong")
    assert priya.status == 422
    priya.send("/language", language="ar")
    assert priya.status == 200
    assert priya.page.form("/account/password")
    assert written_in(priya) == ("ar", "rtl")


@pytest.mark.parametrize("path", ["/nothing%00/here", "/stra%C3%9Fe?q=%C3%9F", "/a%25b%20c"])
def test_the_page_of_an_error_can_be_read_in_another_language(browser, path):
    somebody = browser()
    somebody.open(path)
    assert somebody.page.form("/language").fields["back"] == path
    somebody.send("/language", language="ar")
    assert (somebody.status, written_in(somebody)) == (404, ("ar", "rtl"))


def test_what_became_of_a_form_is_told_in_german_on_the_sign_in_page_and_afterwards(german):
    priya = german()
    priya.open("/account")
    form = priya.page.form("/account")
    thief = german()
    thief.open("/account/sessions")
    thief.send("/account/sessions/end-others")
    priya.post(form.action, {**form.fields, "full_name": "Priya S."})
    assert "Sie wurden am" in priya.page.words
    assert "Ihre Eingaben sind eine Stunde lang aufbewahrt" in priya.page.words
    priya.send("/login", email=cast.PRIYA, password=cast.PASSWORD)
    assert "daher ist noch nichts geschehen" in priya.page.words
    assert "drücken Sie dann „Speichern“." in priya.page.words


def test_a_form_of_another_sites_page_is_refused_in_german(german):
    priya = german()
    answer = priya.post("/account", {}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert priya.page.heading == "Das kam von einer anderen Website"


def test_a_browser_is_named_in_the_language(in_app):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0"
    assert user_agents.name(agent) == "Firefox on Linux"
    with languages.written_in("de"):
        assert user_agents.name(agent) == "Firefox auf Linux"
        assert user_agents.name("") == "Ein unbekanntes Gerät"


def test_names_in_a_row_are_joined_as_the_language_does_it(in_app):
    names = ["Acme", "Evil", "Initech"]
    assert formats.listed(names) == "Acme, Evil, Initech"
    assert formats.listed(names, " and of ") == "Acme and of Evil and of Initech"
    with languages.written_in("de"):
        assert formats.listed(names, " and of ") == "Acme, Evil und Initech"
    with languages.written_in("ar"):
        assert formats.listed(names[:2]) == "\u2068Acme\u2069 و\u2068Evil\u2069"
