"""When access ends, on the pages: who sees it, sets it, extends it and ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain.members import ends, roles
from webapp.domain.organizations import days
from webapp.models import AccessTerm, Event

MEMBERS = "/orgs/acme/members"


def at(what, email=cast.CHEN):
    return f"{MEMBERS}/{cast.member(email).id}/{what}"


@pytest.fixture
def chen(app):
    """Chen's access ends in ten days; Marco, a manager, is the sponsor."""
    with app.app_context():
        sponsored()
        acme = cast.organization()
        ends.set_end(acme, cast.member().id, by=cast.person(), ends_at=days.after(acme, 10))


@transaction()
def sponsored(email=cast.CHEN, by=cast.MARCO):
    cast.member(email).sponsor_id = cast.person(by).id


@transaction()
def zone(name):
    cast.organization().time_zone = name


def end(email=cast.CHEN):
    return cast.member(email).ends_at


def trail(app):
    with app.app_context():
        return [event.name for event in db.session.query(Event).order_by(Event.id)]


def row(browser, name="Chen Wei"):
    return next(one for one in browser.page.rows() if one["Name"].startswith(name))


def test_an_admin_sets_and_removes_an_end_and_reads_it_with_its_zone(browser, app):
    with app.app_context():
        zone("Europe/Berlin")
        address = at("end")
        day = days.today(cast.organization()) + timedelta(days=5)
    priya = browser(cast.PRIYA)
    priya.open(address)
    assert "(Europe/Berlin)" in priya.page.words
    priya.send(address, access_until=day.isoformat())
    assert "The access of Chen Wei lasts until" in priya.page.messages
    with app.app_context():
        assert end() == days.end_of(cast.organization(), day)
    priya.open(MEMBERS)
    assert row(priya)["Ends"].endswith("(Europe/Berlin)")
    assert row(priya, "Priya")["Ends"] == "No end"
    priya.open(address)
    assert priya.page.form(address).fields["access_until"] == day.isoformat()
    priya.send(address, access_until="")
    assert "has no end now" in priya.page.messages
    with app.app_context():
        assert end() is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("soon", "Enter a day like 2027-06-30."),
        ("2027-02-30", "Enter a day like 2027-06-30."),
        ("2020-01-01", "Choose a day that is not over yet."),
        ("9999-12-31", "Enter a day like 2027-06-30."),
        ("\0", "Enter a day like 2027-06-30."),
    ],
)
def test_a_day_that_cannot_be_is_refused_at_its_field_with_what_was_typed(
    browser, app, typed, words
):
    with app.app_context():
        address = at("end")
    priya = browser(cast.PRIYA)
    priya.open(address)
    priya.send(address, access_until=typed)
    assert priya.status == 422
    assert words in priya.page.problems[0]
    with app.app_context():
        assert end() is None


def test_a_longest_term_is_told_in_the_form_and_held(browser, app):
    with app.app_context():
        address = at("end")
        allow(30)
        late = days.today(cast.organization()) + timedelta(days=31)
    priya = browser(cast.PRIYA)
    priya.open(address)
    assert "at most 30 days" in priya.page.words
    priya.send(address, access_until=late.isoformat())
    assert priya.status == 422
    assert "at most 30 days" in priya.page.problems[0]


@transaction()
def allow(longest):
    organization_id = cast.organization().id
    row = AccessTerm(organization_id=organization_id, role="contributor", longest_days=longest)
    db.session.merge(row)


def test_nobody_sets_their_own_end_and_the_last_admin_has_none(browser, app):
    with app.app_context():
        address, now = at("end", cast.PRIYA), at("end-now", cast.PRIYA)
        soon = days.today(cast.organization()) + timedelta(days=5)
    priya = browser(cast.PRIYA)
    priya.open(address)
    priya.send(address, access_until=soon.isoformat())
    assert priya.status == 422
    priya.open(now)
    assert "cannot end your own access" in priya.page.words


def test_the_sponsor_extends_theirs_by_one_button_and_nobody_elses(browser, app, chen):
    with app.app_context():
        before = end()
        other = at("extend", cast.PRIYA)
        extend = at("extend")
    marco = browser(cast.MARCO)
    marco.open(f"{MEMBERS}?status=ending")
    assert [one["Name"] for one in marco.page.rows()] == ["Chen Wei"]
    assert [form.action for form in marco.page.forms() if form.action.endswith("extend")] == [
        extend
    ]
    marco.send(extend)
    assert marco.status == 200
    with app.app_context():
        assert end() == days.after(cast.organization(), 100)
        assert end() > before
    form = marco.page.forms()[0]
    sent = {"csrf_token": form.fields.get("csrf_token", "")}
    assert marco.post(other, sent, follow=False).status == 403


def test_a_second_click_does_not_extend_twice(browser, app, chen):
    with app.app_context():
        extend = at("extend")
    one, other = browser(cast.MARCO), browser(cast.PRIYA)
    for somebody in (one, other):
        somebody.open(f"{MEMBERS}?status=ending")
    one.send(extend)
    with app.app_context():
        after = end()
    other.send(extend)
    assert other.status == 422
    assert "You had not seen that yet" in other.page.words
    with app.app_context():
        assert end() == after


def test_following_a_mails_link_changes_nothing(browser, app, chen):
    with app.app_context():
        before, extend = end(), at("extend")
    marco = browser(cast.MARCO)
    marco.open(f"{MEMBERS}?status=ending")
    assert marco.open(extend).status == 405
    with app.app_context():
        assert end() == before


def test_a_contributor_sees_their_own_end_and_those_they_sponsor_only(browser, app, chen):
    chens = browser(cast.CHEN)
    chens.open(MEMBERS)
    assert row(chens)["Ends"].endswith("(UTC)")
    assert row(chens, "Priya")["Ends"] == "–"
    assert not [form for form in chens.page.forms() if form.action.endswith("extend")]
    with app.app_context():
        roles.change_role(
            cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="contributor"
        )
        sponsored(cast.PRIYA, cast.CHEN)
    marco = browser(cast.MARCO)
    marco.open(MEMBERS)
    assert row(marco)["Ends"].endswith("(UTC)")
    chens = browser(cast.CHEN)
    chens.open(f"{MEMBERS}?status=ended")
    assert len(chens.page.rows()) == 3  # there is no such filter for them


def test_the_filters_find_whose_access_ends_soon_and_whose_has_ended(browser, app, chen, travel):
    priya = browser(cast.PRIYA)
    priya.open(f"{MEMBERS}?status=ending")
    assert [one["Name"] for one in priya.page.rows()] == ["Chen Wei"]
    assert "The access of 1 member ends within 30 days." in priya.page.words
    travel(days=11)
    priya = browser(cast.PRIYA)
    priya.open(f"{MEMBERS}?status=ending")
    assert "Nobody’s access ends within 30 days." in priya.page.words
    priya.open(MEMBERS)
    assert "2 active members." in priya.page.words
    assert len(priya.page.rows()) == 2
    priya.open(f"{MEMBERS}?status=ended")
    assert row(priya)["Name"].endswith("Ended")
    with app.app_context():
        address = at("end")
        day = days.today(cast.organization()) + timedelta(days=5)
    assert address in priya.page.links().values()
    priya.open(address)
    priya.send(address, access_until=day.isoformat())
    with app.app_context():
        assert cast.member().has_access


def test_ending_now_is_confirmed_and_told(browser, app, chen):
    with app.app_context():
        now = at("end-now")
    priya = browser(cast.PRIYA)
    priya.open(now)
    assert "can no longer enter Acme" in priya.page.words
    priya.send(now)
    assert "The access of Chen Wei has ended." in priya.page.messages
    assert trail(app)[-1] == "MembershipEnded"
    priya.open(now)
    assert "has ended already" in priya.page.words


def send_all(browser, ids):
    """Press the button of the question; our browsers know one field of a name."""
    fields = browser.page.form(f"{MEMBERS}/selected").fields
    browser.post(f"{MEMBERS}/selected", {**fields, "id": ids})


def test_several_are_extended_or_ended_after_a_question_that_names_them(browser, app, chen):
    with app.app_context():
        ids = [cast.member(email).id for email in (cast.CHEN, cast.MARCO)]
    priya = browser(cast.PRIYA)
    question = f"{MEMBERS}/selected?do={{}}&id={ids[0]}&id={ids[1]}&id=99999"
    priya.open(question.format("extend"))
    assert priya.page.heading == "Extend the access of 2 members?"
    assert "Chen Wei" in priya.page.words
    send_all(priya, ids)
    assert "The access of 1 member was extended." in priya.page.messages
    assert "marco@acme.example was not extended" in priya.page.words
    priya.open(question.format("end"))
    send_all(priya, ids)
    assert "The access of 2 members has ended." in priya.page.messages
    with app.app_context():
        assert not cast.member().has_access and not cast.member(cast.MARCO).has_access


@pytest.mark.parametrize("query", ["", "?do=end", "?do=nonsense&id=1", "?do=end&id=x&id=-1"])
def test_a_question_about_nobody_or_nonsense_is_answered_all_the_same(browser, query):
    priya = browser(cast.PRIYA)
    assert priya.open(f"{MEMBERS}/selected{query}").status == 200


def test_an_admin_names_another_sponsor(browser, app):
    with app.app_context():
        address, marco = at("sponsor"), cast.person(cast.MARCO).id
    priya = browser(cast.PRIYA)
    priya.open(address)
    priya.send(address, sponsor=str(marco))
    assert "The sponsor of Chen Wei was saved." in priya.page.messages
    with app.app_context():
        assert cast.member().sponsor_id == marco
    priya.open(address)
    priya.send(address, sponsor="99999999999999999999999")
    assert priya.status == 422


def test_who_takes_a_sponsors_place_away_is_told_that_they_answer_then(browser, app, chen):
    with app.app_context():
        deactivate = at("deactivate", cast.MARCO)
    priya = browser(cast.PRIYA)
    priya.open(deactivate)
    assert "You become the sponsor of the 1 member they sponsor." in priya.page.words


@pytest.mark.parametrize(
    ("what", "field", "first", "second"),
    [("end", "access_until", "2099-06-30", "2098-06-30"), ("sponsor", "sponsor", "", "marco")],
)
def test_what_one_tab_saved_is_not_undone_by_another_that_had_not_seen_it(
    browser, app, what, field, first, second
):
    with app.app_context():
        address, marco = at(what), str(cast.person(cast.MARCO).id)
    one, other = browser(cast.PRIYA), browser(cast.PRIYA)
    for tab in (one, other):
        tab.open(address)
    one.send(address, **{field: first})
    assert one.status == 200
    other.send(address, **{field: marco if second == "marco" else second})
    assert other.status == 422
    assert "You had not seen that yet" in other.page.problems[0]
    other.send(address)
    assert other.status == 200


def test_an_organization_whose_admins_all_end_soon_is_warned(browser, app):
    with app.app_context():
        marco = cast.member(cast.MARCO)
        roles.change_role(cast.organization(), marco.id, by=cast.person(), role="admin")
        soon = clock.now() + timedelta(days=5)
        ends.set_end(cast.organization(), marco.id, by=cast.person(), ends_at=soon)
        one = cast.member(cast.PRIYA).id
        roles.deactivate(cast.organization(), one, by=cast.person(cast.MARCO))
    admin = browser(cast.MARCO)
    admin.open(MEMBERS)
    assert "The access of every admin here has an end." in admin.page.words
    chens = browser(cast.CHEN)
    chens.open(MEMBERS)
    assert "The access of every admin here has an end." not in chens.page.words


# --- settings


SETTINGS = "/orgs/acme/settings/access"


def test_the_time_zone_and_the_terms_of_roles_are_settings_on_record(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(SETTINGS)
    priya.send(
        SETTINGS, time_zone="europe/berlin", default_contributor="90", longest_contributor="180"
    )
    assert "Your settings were saved." in priya.page.messages
    with app.app_context():
        event = db.session.query(Event).order_by(Event.id.desc()).first()
        assert event.data["changed"] == (
            "the time zone to Europe/Berlin and the usual access of contributors to 90 days and "
            "the longest access of contributors to 180 days"
        )
    assert priya.page.form(SETTINGS).fields["time_zone"] == "Europe/Berlin"
    assert priya.page.form(SETTINGS).fields["default_contributor"] == "90"
    before = trail(app)
    priya.send(SETTINGS)
    assert trail(app) == before
    priya.send(SETTINGS, default_contributor="", longest_contributor="")
    with app.app_context():
        event = db.session.query(Event).order_by(Event.id.desc()).first()
        assert event.data["changed"].endswith("the longest access of contributors to no limit")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"time_zone": "Europe/Nowhere"}, "Choose a time zone from the list"),
        ({"time_zone": ""}, "Choose a time zone from the list"),
        ({"default_manager": "0"}, "Enter a number of days"),
        ({"default_manager": "many"}, "Enter a number of days"),
        ({"longest_admin": "4000"}, "Enter a number of days"),
        ({"longest_admin": "²"}, "Enter a number of days"),
        ({"default_admin": "9", "longest_admin": "8"}, "longer than the longest one"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_their_field(browser, app, typed, words):
    priya, before = browser(cast.PRIYA), trail(app)
    priya.open(SETTINGS)
    priya.send(SETTINGS, **typed)
    assert priya.status == 422
    assert words in priya.page.problems[0]
    assert trail(app) == before


# --- inviting


NEW = "/orgs/acme/invitations/new"
CREATE = "/orgs/acme/invitations"


def invite(browser, **typed):
    browser.open(NEW)
    browser.send(CREATE, email="bo@example.org", **typed)


def test_an_invitation_says_until_when_access_lasts_or_for_how_long(browser, app):
    priya = browser(cast.PRIYA)
    with app.app_context():
        day = days.today(cast.organization()) + timedelta(days=2)
    invite(priya, access_until=day.isoformat())
    with app.app_context():
        made = cast.invitation()
        assert made.access_until == days.end_of(cast.organization(), day)
        assert made.expires_at == made.access_until  # the link never outlives it
        address = f"{CREATE}/{made.id}"
    priya.open(address)
    assert "Access lasts until" in priya.page.words
    priya.open(f"{address}/edit")
    fields = priya.page.form(f"{address}/edit").fields
    assert (fields["access"], fields["access_until"]) == ("until", day.isoformat())
    priya.send(f"{address}/edit", access="days", access_until="", access_days="30")
    with app.app_context():
        made = cast.invitation()
        assert (made.access_until, made.access_days) == (None, 30)
        assert made.expires_at - made.created_at == timedelta(days=7)
    priya.open(address)
    assert "Access lasts 30 days from joining." in priya.page.words
    priya.open(f"{NEW}?again={made.id}")
    assert priya.page.form(CREATE).fields["access_days"] == "30"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"access": "until"}, "Enter a day like 2027-06-30."),
        ({"access_until": "30.6.2027"}, "Enter a day like 2027-06-30."),
        ({"access_until": "2020-01-01"}, "Choose a day that is not over yet."),
        ({"access": "days"}, "Enter a number of days"),
        ({"access_days": "0"}, "Enter a number of days"),
        ({"access_days": "9999"}, "Enter a number of days"),
        ({"access": "none", "access_days": "9"}, "fill in only what belongs to it"),
        ({"access_until": "2090-01-01", "access_days": "9"}, "fill in only what belongs to it"),
        ({"access": "for ever"}, "Choose one of the"),
    ],
)
def test_access_that_cannot_be_is_refused_at_its_field_and_nobody_is_invited(
    browser, app, typed, words
):
    priya = browser(cast.PRIYA)
    invite(priya, **typed)
    assert priya.status == 422
    assert any(words in problem for problem in priya.page.problems)
    assert priya.page.form(CREATE).fields["email"] == "bo@example.org"
    with app.app_context():
        assert cast.invitation() is None


def test_the_usual_term_of_the_role_is_offered_and_the_longest_one_held(browser, app):
    with app.app_context():
        allow(20)
    priya = browser(cast.PRIYA)
    for typed in ({"access": "none"}, {"access_days": "21"}, {"access_until": "2090-01-01"}):
        invite(priya, **typed)
        assert priya.status == 422
        assert any("at most 20 days" in problem for problem in priya.page.problems)
    invite(priya)
    with app.app_context():
        assert cast.invitation().access_days == 20


def test_somebody_whose_access_ended_is_invited_again_as_usual(browser, app):
    with app.app_context():
        ends.end_now(cast.organization(), cast.member().id, by=cast.person())
    priya = browser(cast.PRIYA)
    priya.open(NEW)
    priya.send(CREATE, email=cast.CHEN, access_days="10")
    assert priya.status == 200
    with app.app_context():
        token = cast.mailed_token(cast.invitation(cast.CHEN))
    chens = browser(cast.CHEN)
    chens.open(f"/register?token={token}")
    assert "Access lasts 10 days from joining." in chens.page.words
    chens.send("/register/join")
    with app.app_context():
        assert cast.member().has_access
        assert end() == days.after(cast.organization(), 10)
