"""A form that arrives after its session has ended comes back, filled, once its sender is back."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import inspect, text
from werkzeug.datastructures import MultiDict

import jobs
from jobs import sweeps
from tests import cast
from tests.support.page import CONTROLS
from tests.web.test_access import ROUTES
from tests.web.test_second_factor import secret_of
from webapp import clock, encryption
from webapp.db import db
from webapp.domain import invitations, organizations, webhooks
from webapp.domain.accounts import kept_forms, password_resets, second_factors, sessions
from webapp.domain.letters import templates
from webapp.domain.links import answers, asks
from webapp.domain.members import ends, leaving, reviews, roles
from webapp.domain.organizations import settings as organization_settings
from webapp.domain.webhooks import deliveries
from webapp.models import KeptForm
from webapp.web.access import ACCESS, ANYONE, CALLS
from webapp.web.forms import kept_words
from webapp.web.forms.pages import FORM_PAGES

WORDS = "Grüße, 你好 & <b>Ça va?</b> 👋🏽"
NEVER = "never keep this password"
# What a form sends beside what is typed or chosen in it.
UNTYPED = {"csrf_token", "back", "offer", "kept", "once"}
INVITE = "/orgs/acme/invitations"
TYPED = {"email": "bo@example.org", "role": "manager", "name": "Bo Lind", "message": WORDS}
SIGNING = "name IN ('SignedIn', 'SignInFailed', 'SessionsRevoked')"


def all_that_forms_name():
    """What the addresses of ROUTES name."""
    hook, made = cast.webhook(), cast.invited()
    acme, priya = cast.organization(), cast.person()
    for number in range(2):
        templates.save(
            acme,
            "invitation",
            by=priya,
            begun_from=number,
            subject=f"Come in {number}",
            body="{{ link }}",
        )
    # An admin with a pending invitation, so that all is asked that can be.
    marco = cast.member(cast.MARCO)
    roles.change_role(acme, marco.id, by=priya, role="admin")
    invitations.create(acme, by=cast.person(cast.MARCO), email="di@example.org", role="contributor")
    until = clock.now() + timedelta(days=200)
    mine, by = cast.member(cast.PRIYA).id, cast.person(cast.MARCO)
    ends.set_end(acme, mine, by=by, ends_at=until)  # so that she may ask to stay
    return {
        "id": made.id,
        "hook": hook.id,
        "told": deliveries.page(hook).rows[0][0].id,
        "list": cast.listed("bo@example.org, cy@gmial.com").id,
        "key": cast.key().id,
        "member": marco.id,
        "group": cast.group().slug,
        "application": cast.application().slug,
        "request": cast.request().id,
        "link": _used_link(),
        "suppressed": cast.suppressed(),
        "review": reviews.start(acme, by=priya).id,
    }


def _used_link():
    """A link with an open invitation, so that revoking it asks what becomes of that."""
    link = cast.join_link()
    asks.ask(cast.code_of(link), email="asked@example.org")
    answers.answer_asks()
    return link.id


BEFOREHAND = all_that_forms_name


@pytest.fixture
def facts(prepared):
    """What the addresses of ROUTES name."""
    return prepared


@pytest.fixture
def end(app):
    """End every session of somebody, as from another browser of theirs."""

    def end(email=cast.PRIYA):
        with app.app_context():
            sessions.end_others(cast.person(email), 0)

    return end


# What signing in, and asking whether a form was sent before, write by the way.
HOW = {"sessions", "kept_forms", "idempotent_requests"}


@pytest.fixture
def rows(app):
    """How many rows there are in each table but those that signing in and out write."""

    def rows():
        with app.app_context():
            names = set(inspect(db.engine).get_table_names()) - HOW
            query = "SELECT '{0}', count(*) FROM {0} WHERE ({1}) IS NOT TRUE"
            others = {
                "events": SIGNING,
                "webhook_deliveries": f"event_id IN (SELECT id FROM events WHERE {SIGNING})",
                "event_seals": "1=1",
                "trail_heads": "1=1",
            }
            counts = (query.format(name, others.get(name, "1=0")) for name in names)
            return dict(db.session.execute(text(" UNION ALL ".join(counts))).all())

    return rows


@pytest.fixture
def kept(app):
    """How many forms are kept."""

    def kept():
        with app.app_context():
            return db.session.query(KeptForm).count()

    return kept


def lose(somebody, end, address=INVITE, data=TYPED, **options):
    """Send a form after the session has ended; where its sender is sent."""
    end()
    answer = somebody.post(address, data, follow=False, **options)
    assert answer.status == 303
    return somebody.open(answer.location)


def back(somebody, email=cast.PRIYA):
    """Sign in on the page that is open."""
    return somebody.send("/login", email=email, password=cast.PASSWORD)


def controls(page, action):
    """All controls of the form to the action, several of one name as well."""
    forms = [form for form in page.root.iter("form") if form.get("action") == action]
    for button in page.root.iter("button"):
        if button.get("formaction") == action:
            forms += [f for f in page.root.iter("form") if button in list(f.iter("button"))]
    assert forms, f"no form to {action}"
    return [c for c in forms[0].iter() if c.tag in CONTROLS and c.get("name")]


def filled(page, action):
    """The form as somebody fills it in: each field, each box ticked, the last choice."""
    data = MultiDict()
    for control in controls(page, action):
        name, kind, value = control.get("name"), control.get("type"), control.get("value", "")
        if control.tag == "select":
            data[name] = [o.get("value") for o in control.iter("option")][-1]
        elif control.tag == "textarea":
            data[name] = f"{WORDS}\n\n{name}"
        elif kind == "password":
            data[name] = NEVER
        elif kind == "radio":
            data[name] = value
        elif kind in ("hidden", "checkbox"):
            data.add(name, value)
        elif kind == "url":
            data[name] = "https://example.org/hooks?a=b&c=%C3%BC"
        elif kind != "file":
            data[name] = f"{name} {WORDS}"
    return data


def shown(page, action):
    """The form as it is filled in on a page."""
    data = MultiDict()
    for control in controls(page, action):
        name, kind = control.get("name"), control.get("type")
        if control.tag == "select":
            chosen = [o.get("value") for o in control.iter("option") if "selected" in o.attrib]
            data[name] = chosen[0]
        elif control.tag == "textarea":
            data[name] = (control.text or "").removeprefix("\n")
        elif kind not in ("radio", "checkbox") or "checked" in control.attrib:
            data.add(name, control.get("value", ""))
    return data


def addresses(endpoint, facts):
    page = ROUTES[FORM_PAGES[endpoint].page][1].format(**facts)
    return page, ROUTES[endpoint][1].format(**facts)


def test_every_form_that_needs_a_session_has_a_page_that_it_stands_on(app):
    posts = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and ACCESS[rule.endpoint] != ANYONE
    }
    assert set(FORM_PAGES) == posts - set(CALLS)


@pytest.mark.parametrize("way", ["plain", "htmx"])
@pytest.mark.parametrize("endpoint", [n for n, form_page in FORM_PAGES.items() if form_page.keeps])
def test_a_form_comes_back_as_it_was_filled_in(browser, facts, end, rows, kept, endpoint, way):
    page, action = addresses(endpoint, facts)
    priya = browser(cast.PRIYA)
    sent = filled(priya.open(page).page, action)
    kinds = {c.get("name"): c.get("type") for c in controls(priya.page, action)}
    areas = {c.get("name") for c in controls(priya.page, action) if c.tag == "textarea"}
    before = rows()
    end()
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{INVITE}"}
    answer = priya.post(action, sent, follow=False, headers=headers if way == "htmx" else {})
    assert answer.status == (401 if way == "htmx" else 303)
    sign_in = priya.open(answer.headers.get("HX-Redirect") or answer.location)
    assert sign_in.page.heading == "Sign in"
    assert "What you typed is kept for an hour" in sign_in.page.words
    assert WORDS not in sign_in.text
    priya.send("/login", email=cast.PRIYA, password="not my password")
    assert priya.status == 422
    assert "What you typed is kept for an hour" in priya.page.words
    again = back(priya)
    assert again.status == 200
    assert rows() == before
    has_secret = {name for name, kind in kinds.items() if kind in ("password", "file")}
    given = shown(again.page, action)
    for name in set(sent) - UNTYPED - has_secret:
        assert given.getlist(name) == sent.getlist(name), name
    assert NEVER not in again.text
    assert "nothing was done yet" in again.page.words
    typed = {name for name, kind in kinds.items() if kind in ("text", "url", "email")}
    assert typed | areas <= set(kept_words.LABELS)
    button = FORM_PAGES[endpoint].button
    if button is not None:
        assert f"press “{button}”" in again.page.words
        assert button in [word for form in again.page.forms() for word in form.buttons]
    assert kept() == 1


@pytest.mark.parametrize("way", ["plain", "htmx"])
@pytest.mark.parametrize(
    "endpoint", [n for n, form_page in FORM_PAGES.items() if not form_page.keeps]
)
def test_a_button_leads_back_to_its_page_and_says_that_nothing_was_done(
    browser, facts, end, rows, kept, endpoint, way
):
    page, action = addresses(endpoint, facts)
    priya = browser(cast.PRIYA)
    priya.open(page)
    before = rows()
    end()
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{page}#main"}
    data = {"password": NEVER, "present_password": NEVER, "code": "123456"}
    answer = priya.post(action, data, follow=False, headers=headers if way == "htmx" else {})
    sign_in = priya.open(answer.headers.get("HX-Redirect") or answer.location)
    assert "Nothing was done" in sign_in.page.words
    again = back(priya)
    assert again.status == 200
    assert again.response.request.full_path.rstrip("?") == page
    assert "nothing was done" in again.page.messages
    assert NEVER not in again.text
    assert rows() == before
    assert kept() == 0
    assert "nothing was done" not in priya.open(page).page.words


def test_the_button_for_several_people_is_not_called_that_for_one(browser, end):
    priya = browser(cast.PRIYA)
    lose(priya, end, data={**TYPED, "email": "bo@example.org\ncy@example.org", "name": ""})
    assert "Check what you typed, then press the button again." in back(priya).page.words


def test_a_button_in_a_table_leads_back_to_the_table_as_it_was(browser, facts, end):
    priya = browser(cast.PRIYA)
    table = f"{INVITE}?status=pending&sort=email"
    lose(priya, end, f"{INVITE}/{facts['id']}/resend", {"back": table})
    again = back(priya)
    assert again.response.request.full_path == table


@pytest.mark.parametrize("hostile", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_button_leads_to_another_host(browser, facts, end, hostile):
    priya = browser(cast.PRIYA)
    lose(priya, end, f"{INVITE}/{facts['id']}/resend", {"back": hostile})
    again = priya.send("/login", follow=False, email=cast.PRIYA, password=cast.PASSWORD)
    assert again.location == "/" or again.location.startswith("/orgs/acme/")
    assert "evil" not in again.location


@pytest.mark.both_databases
def test_a_session_that_ends_while_the_form_is_under_way_loses_nothing(
    browser, end, rows, app, monkeypatch
):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    create = app.view_functions["invitations.create"]

    def meanwhile(**address):
        end()
        return create(**address)

    token = priya.page.form("/logout").fields["csrf_token"]
    before = rows()
    with monkeypatch.context() as patched:
        patched.setitem(app.view_functions, "invitations.create", meanwhile)
        priya.post(INVITE, {**TYPED, "csrf_token": token})
    assert "What you typed is kept for an hour" in priya.page.words
    assert back(priya).page.form(INVITE).fields["message"] == WORDS
    assert rows() == before
    priya.send(INVITE)
    assert "Invitation sent to bo@example.org" in priya.page.messages


def test_the_job_of_each_minute_forgets_what_was_kept_for_an_hour(
    browser, end, kept, travel, settings, monkeypatch
):
    priya = browser(cast.PRIYA)
    lose(priya, end)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    jobs.application.cache_clear()
    sweeps.expire()
    assert kept() == 1
    travel(minutes=61)
    sweeps.expire()
    jobs.application.cache_clear()
    assert kept() == 0


@pytest.mark.both_databases
def test_a_form_that_was_given_back_is_sent_and_then_forgotten(browser, end, kept, app):
    priya = browser(cast.PRIYA)
    lose(priya, end)
    back(priya)
    assert kept() == 1
    priya.open(priya.at.response.request.full_path)  # reloading loses nothing
    refused = priya.send(INVITE, email="no address")
    assert refused.status == 422
    assert refused.page.form(INVITE).fields["message"] == WORDS
    priya.send(INVITE, email="bo@example.org")
    assert "Invitation sent to bo@example.org" in priya.page.messages
    assert kept() == 0
    with app.app_context():
        assert cast.invitation().message == WORDS


def test_each_tab_gets_its_own_form_back(browser, end, kept):
    priya = browser(cast.PRIYA)
    end()
    one = priya.post(INVITE, TYPED, follow=False).location
    two = priya.post(INVITE, {**TYPED, "email": "cy@example.org"}, follow=False).location
    priya.open(one)
    back(priya)
    priya.send(INVITE)
    assert "Invitation sent to bo@example.org" in priya.page.messages
    assert priya.open(two).page.form(INVITE).fields["email"] == "cy@example.org"
    assert kept() == 1


def test_somebody_else_in_the_same_browser_sees_nothing_and_it_is_gone(browser, end, kept):
    priya = browser(cast.PRIYA)
    asked = lose(priya, end).response.request.full_path
    marco = back(priya, cast.MARCO)
    assert WORDS not in marco.text
    assert marco.page.heading == "Invitations"
    assert kept() == 0
    priya.send("/logout")
    priya.open(asked)
    again = back(priya)
    assert WORDS not in again.text
    assert "No form is kept for you here." in again.page.messages


def test_another_browser_of_the_same_person_gets_nothing(browser, end):
    priya, elsewhere = browser(cast.PRIYA), browser()
    asked = lose(priya, end).response.request.full_path
    elsewhere.open(asked)
    assert "What you typed is kept" not in elsewhere.page.words
    assert WORDS not in back(elsewhere).text
    assert back(priya).page.form(INVITE).fields["message"] == WORDS


def test_another_page_shows_nothing_of_a_form_and_does_not_lose_it(browser, end):
    priya = browser(cast.PRIYA)
    lose(priya, end)
    back(priya)
    page = priya.at.response.request.full_path
    other = priya.open(page.replace("/invitations/new", "/members"))
    assert WORDS not in other.text
    assert priya.open(page).page.form(INVITE).fields["message"] == WORDS


def test_an_hour_later_nothing_is_left(browser, end, kept, travel, app):
    priya = browser(cast.PRIYA)
    lose(priya, end)
    travel(minutes=61)
    again = back(priya)
    assert WORDS not in again.text
    assert again.page.form(INVITE).fields["email"] == ""
    assert "No form is kept for you here." in again.page.messages
    assert kept() == 1
    with app.app_context():
        assert kept_forms.forget() == 1
    assert kept() == 0


def test_neither_the_database_alone_nor_secret_key_with_it_opens_what_is_kept(browser, end, app):
    priya = browser(cast.PRIYA)
    lose(priya, end)
    with app.app_context():
        row = db.session.query(KeptForm).one()
        for guess in (row.browser, "", str(row.user_id)):
            with pytest.raises(encryption.DecryptionError):
                encryption.decrypt(f"kept form {guess}", row.sealed)
        for name in inspect(db.engine).get_table_names():
            for each in db.session.execute(text(f"SELECT * FROM {name}")):
                assert "Bo Lind" not in repr(tuple(each))


@pytest.mark.parametrize("cookie", [None, "a" * 43])
def test_a_stranger_makes_no_row_and_is_told_that_nothing_is_kept(browser, kept, cookie):
    stranger = browser()
    if cookie:
        stranger.client.set_cookie("gatehouse", cookie)
    stranger.post(INVITE, TYPED)
    assert kept() == 0
    assert "what you typed is not kept" in stranger.page.words
    assert "You were signed out" not in stranger.page.words
    again = back(stranger)
    assert again.page.form(INVITE).fields["email"] == ""
    assert "You were not signed in when you sent this" in again.page.messages


@pytest.mark.parametrize("why", ["never here", "too long"])
def test_htmx_stays_on_the_page_whose_words_are_not_kept(browser, end, kept, why):
    somebody = browser() if why == "never here" else browser(cast.PRIYA)
    somebody.open("/login")
    end()
    sent = (INVITE, TYPED)
    if why == "too long":
        sent = (f"{INVITE}/bulk", {"emails": "somebody@example.org\n" * 20_000})
    answer = somebody.htmx(sent[0], "dialog#dialog", **sent[1])
    assert answer.status == 401
    assert not {"HX-Redirect", "HX-Retarget"} & set(answer.headers.keys())
    assert answer.page.heading == "You are signed out"
    assert "Sign in in another tab, then press the button again here." in answer.page.words
    assert "go back in your browser" not in answer.page.words
    assert kept() == 0


def test_another_site_under_the_same_domain_leaves_no_words_here(browser, end, kept):
    priya = browser(cast.PRIYA)
    lose(priya, end, headers={"Sec-Fetch-Site": "same-site"})
    assert kept() == 0
    assert back(priya).page.form(INVITE).fields["email"] == ""


def test_signing_out_in_another_tab_loses_no_form(browser, app):
    priya = browser(cast.PRIYA)
    priya.send("/logout")
    assert priya.client.get_cookie("gatehouse") is None
    priya.post(INVITE, TYPED)
    assert "You were signed out on" in priya.page.words
    assert back(priya).page.form(INVITE).fields["message"] == WORDS


def test_a_session_that_became_too_old_is_named_although_its_cookie_is_gone(browser, travel):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    travel(days=31)
    priya.client.delete_cookie("gatehouse")
    priya.post(INVITE, TYPED)
    assert "you signed in more than 30 days ago" in priya.page.words
    assert back(priya).page.form(INVITE).fields["message"] == WORDS


def test_a_session_that_was_not_used_is_named(browser, travel):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    travel(days=15)
    priya.post(INVITE, TYPED)
    assert "you did not use this browser here for 14 days" in priya.page.words
    assert back(priya).page.form(INVITE).fields["message"] == WORDS


def test_the_second_step_and_its_wrong_codes_lose_nothing(browser, end, app, secrets):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    with app.app_context():
        offer = second_factors.offer(cast.person())
        code = pyotp.TOTP(offer.secret).at(clock.now())
        second_factors.switch_on(cast.person(), offer.sealed, code=code, password=cast.PASSWORD)
    lose(priya, end)
    back(priya)
    assert priya.page.heading == "Enter your code"
    priya.send("/login/code", code="000000")
    assert priya.status == 422
    again = priya.send("/login/code", code=offer.codes[0])
    assert again.page.form(INVITE).fields["message"] == WORDS


def test_who_has_to_switch_a_second_factor_on_first_loses_nothing(browser, app):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    with app.app_context():
        organization_settings.require_second_factor(cast.organization(), True)
    priya.post(INVITE, TYPED)
    assert priya.page.heading == "Second factor"
    assert "Acme requires a second factor." in priya.page.messages
    assert "Nothing was done yet" in priya.page.messages
    code = pyotp.TOTP(secret_of(priya.page)).at(clock.now())
    again = priya.send("/account/second-factor", code=code, password=cast.PASSWORD)
    assert "You had no second factor yet when you sent this" in again.page.words
    assert again.page.form(INVITE).fields["message"] == WORDS


def test_who_sets_a_new_password_by_mail_gets_the_form_back(browser, end, app):
    priya = browser(cast.PRIYA)
    lose(priya, end)
    with app.app_context():
        link = password_resets.address(cast.person())
    priya.open(link)
    again = priya.send("/password/reset", password="another gate of seven bars")
    assert again.page.form(INVITE).fields["message"] == WORDS


def test_beginning_the_sign_in_again_loses_nothing(browser, end, app):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    with app.app_context():
        offer = second_factors.offer(cast.person())
        code = pyotp.TOTP(offer.secret).at(clock.now())
        second_factors.switch_on(cast.person(), offer.sealed, code=code, password=cast.PASSWORD)
    lose(priya, end)
    back(priya)
    priya.open(priya.page.links()["Start over"])
    assert "What you typed is kept for an hour" in priya.page.words
    back(priya)
    assert WORDS in priya.send("/login/code", code=offer.codes[0]).page.words


def test_who_signs_in_without_the_way_back_gets_the_form_all_the_same(browser, end):
    priya = browser(cast.PRIYA)
    lose(priya, end)
    priya.open("/login")
    assert back(priya).page.form(INVITE).fields["message"] == WORDS


@pytest.mark.parametrize(
    ("address", "name", "long"),
    [
        ("/orgs/acme/settings/email/templates/invitation", "body", "👋🏽" * 5000),
        (INVITE, "message", "ß" * 1000),
        (f"{INVITE}/bulk", "emails", "somebody.new@example.org\n" * 9000),
    ],
)
def test_what_is_long_comes_back_whole(browser, end, address, name, long):
    priya = browser(cast.PRIYA)
    page = f"{INVITE}/new" if address == INVITE else address
    fields = dict(priya.open(page).page.form(address).fields)
    lose(priya, end, address, {**fields, name: long})
    assert shown(back(priya).page, address)[name] == long


@pytest.mark.parametrize("lines", [20_000, 600_000])
def test_what_is_too_long_is_not_kept_and_that_is_said(browser, end, kept, app, lines):
    priya = browser(cast.PRIYA)
    answer = lose(priya, end, f"{INVITE}/bulk", {"emails": "somebody@example.org\n" * lines})
    assert "too long to keep" in answer.page.words
    with app.app_context():
        assert len(db.session.query(KeptForm).one().sealed) < 1000
    again = back(priya)
    assert "What you typed was too long to keep." in again.page.messages
    assert again.page.heading == "Import a list"
    assert kept() == 0


@pytest.mark.both_databases
def test_of_one_person_five_forms_are_kept(browser, end, kept):
    priya = browser(cast.PRIYA)
    end()
    for number in range(8):
        priya.post(INVITE, {**TYPED, "email": f"bo{number}@example.org"}, follow=False)
    assert kept() == kept_forms.FORMS_MOST == 5
    priya.open("/login")
    assert back(priya).page.form(INVITE).fields["email"] == "bo7@example.org"


def test_who_lost_the_right_meanwhile_can_still_read_what_they_typed(browser, end, app):
    priya = browser(cast.MARCO)
    with app.app_context():
        roles.change_role(
            cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="admin"
        )
    priya = browser(cast.MARCO)
    assert priya.page.heading == "Invitations"
    with app.app_context():
        roles.change_role(
            cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="manager"
        )
    priya.post(INVITE, TYPED)
    again = back(priya, cast.MARCO)
    assert again.status == 403
    assert WORDS in again.page.words
    assert "Copy what you typed if you need it" in again.page.words


def test_of_what_is_gone_meanwhile_the_words_can_still_be_read(browser, facts, end, app):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Applications"
    with app.app_context():
        webhooks.delete(cast.organization(), facts["hook"], by=cast.person())
    typed = {"url": "https://example.org/a/long/address", "name": WORDS, "which": "all"}
    lose(priya, end, f"/orgs/acme/settings/webhooks/{facts['hook']}/edit", typed)
    again = back(priya)
    assert again.status == 404
    assert WORDS in again.page.words


def test_in_a_suspended_organization_the_words_can_still_be_read(browser, end, app):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    with app.app_context():
        organizations.suspend(cast.organization())
    lose(priya, end)
    again = back(priya)
    assert again.status == 403
    assert "suspended" in again.page.words
    assert WORDS in again.page.words


def test_a_refusal_without_a_form_shows_what_was_typed(browser, app):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    with app.app_context():
        organizations.suspend(cast.organization())
    answer = priya.post(INVITE, {**TYPED, "password": NEVER})
    assert answer.status == 403
    assert WORDS in answer.page.words
    assert NEVER not in answer.text


def test_with_the_account_goes_what_was_kept_for_it(browser, end, kept, app):
    chen = browser(cast.CHEN)
    assert chen.status == 200
    end(cast.CHEN)
    chen.post("/account", {"full_name": WORDS, "username": "chen"})
    assert kept() == 1
    with app.app_context():
        leaving.delete_account(cast.person(cast.CHEN), password=cast.PASSWORD)
    assert kept() == 0
    chen.post("/account", {"full_name": WORDS, "username": "chen"})
    assert kept() == 0


def test_a_selection_comes_back(browser, facts, end):
    priya = browser(cast.PRIYA)
    data = MultiDict([("do", "revoke"), ("id", facts["id"]), ("id", 999)])
    lose(priya, end, f"{INVITE}/selected", data)
    again = back(priya)
    assert again.page.heading == "Revoke 1 invitation?"
    assert "bo@example.org" in again.page.words
    priya.send(f"{INVITE}/selected")
    assert "1 invitation was revoked" in priya.page.messages


def test_a_page_that_was_only_opened_is_come_back_to_with_its_query(browser, end):
    priya = browser(cast.PRIYA)
    end()
    priya.open(f"{INVITE}?status=pending&q=bo")
    assert "You were signed out on" in priya.page.words
    assert "Nothing was done" not in priya.page.words
    assert back(priya).response.request.full_path == f"{INVITE}?status=pending&q=bo"


@pytest.mark.parametrize("lost", ["token", "cookie"])
def test_a_stale_sign_in_page_gives_the_address_back(browser, lost):
    priya = browser()
    priya.open(f"/login?next={INVITE}?q=bo")
    if lost == "cookie":
        priya.client.delete_cookie("gatehouse_form")
    token = {"csrf_token": "stale"} if lost == "token" else {}
    priya.send("/login", email=cast.PRIYA, password=cast.PASSWORD, **token)
    assert priya.status == 422
    assert priya.page.form("/login").fields["email"] == cast.PRIYA
    assert back(priya).response.request.full_path == f"{INVITE}?q=bo"
