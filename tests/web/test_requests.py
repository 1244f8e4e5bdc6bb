"""Rules R1 and R2 on the pages: making requests, deciding them, the settings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import cast
from tests.domain.requests.test_requests import ask as ask_in_domain
from tests.domain.requests.test_requests import (
    ask_to_stay,
    change_settings,
    end_of_chen,
    make_admin,
    newest,
    propose,
)
from webapp import clock
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.invitations import acceptances
from webapp.domain.links import answers
from webapp.domain.links import asks as link_asks
from webapp.domain.members import end_notices, ends, roles, sponsors
from webapp.domain.requests import decisions, telling
from webapp.models import Invitation, JoinLink, Request

BO, MAY = "bo@example.org", "may@example.org"
REQUESTS = "/orgs/acme/requests"
SETTINGS = "/orgs/acme/settings/requests"
MARKUP = "<script>alert(1)</script> [x](http://evil.example) http://evil.example"


def made(app, act=propose, *args, **options):
    with app.app_context():
        return act(*args, **options).id


def state(app):
    with app.app_context():
        return newest().state


def one(request_id, verb=""):
    return f"{REQUESTS}/{request_id}{verb}"


def facts(page):
    terms = ["".join(dt.itertext()).strip() for dt in page.root.iter("dt")]
    values = [" ".join("".join(dd.itertext()).split()) for dd in page.root.iter("dd")]
    return dict(zip(terms, values, strict=True))


# Proposing


def test_a_member_suggests_somebody_from_the_members_page_and_an_admin_invites(browser, app, smtp):
    chen, priya = browser(cast.CHEN), browser(cast.PRIYA)
    chen.open("/orgs/acme/members")
    chen.open(chen.page.links()["Suggest somebody"])
    assert "You can suggest 10 more people this month." in chen.page.words
    chen.send(REQUESTS, email=BO, name="Bo Lind", role="manager", reason="Drives for us.")
    assert "The admins will decide about bo@example.org" in chen.page.messages
    (row,) = chen.page.rows()
    assert row["Email"].startswith(BO)
    assert row["State"] == "Waiting"
    priya.open("/orgs/acme/members")
    assert "Requests (1)" in priya.page.links()
    priya.open(priya.page.links()["Requests (1)"])
    (row,) = priya.page.rows()
    assert row["Requested by"] == "Chen Wei"
    priya.open(next(url for url in priya.page.links().values() if url.startswith(f"{REQUESTS}/")))
    told = facts(priya.page)
    assert told["Role requested"] == "Manager"
    assert "Drives for us." in priya.page.words
    request_id = priya.at.response.request.path.rpartition("/")[2]
    priya.send(one(request_id, "/approve"), role="contributor")
    assert "Invitation sent to bo@example.org" in priya.page.messages
    with app.app_context():
        outbox.drain()
        token = cast.mailed_token(cast.invitation(BO))
        assert acceptances.accept(token, full_name="Bo", password=cast.PASSWORD)
    assert any(mail.rcpt_to == [BO] for mail in smtp.messages)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"email": ""}, "Enter an email address"),
        ({"email": "bo"}, "@"),
        ({"email": BO, "reason": "x" * 501}, "at most 500 characters"),
        ({"email": BO, "reason": "a\x00b"}, "cannot be shown"),
        ({"email": BO, "role": "owner"}, "Choose one"),
        ({"email": cast.MARCO}, "already a member"),
    ],
    ids=str,
)
def test_what_is_refused_comes_back_with_what_was_typed(browser, app, typed, problem):
    chen = browser(cast.CHEN)
    chen.open(f"{REQUESTS}/new")
    chen.send(REQUESTS, **{"name": "Bo Lind", **typed})
    assert chen.status == 422
    assert len(chen.page.problems) == 1
    assert problem in chen.page.problems[0]
    assert chen.page.form(REQUESTS).fields["name"] == "Bo Lind"
    with app.app_context():
        assert db.session.query(Request).count() == 0


def test_members_who_may_not_suggest_have_no_button_and_are_told(browser, app):
    with app.app_context():
        change_settings(proposers="managers")
    chen, marco = browser(cast.CHEN), browser(cast.MARCO)
    chen.open("/orgs/acme/members")
    assert "Suggest somebody" not in chen.page.links()
    chen.open(f"{REQUESTS}/new")
    assert chen.status == 403
    marco.open("/orgs/acme/members")
    marco.open(marco.page.links()["Suggest somebody"])
    assert marco.status == 200


def test_the_setting_changes_while_somebody_fills_in_the_form(browser, app):
    chen = browser(cast.CHEN)
    chen.open(f"{REQUESTS}/new")
    with app.app_context():
        change_settings(proposers="nobody")
    chen.send(REQUESTS, email=BO)
    assert chen.status == 403


def test_more_than_a_months_share_is_refused_with_the_day(browser, app):
    with app.app_context():
        change_settings(proposals_per_month=1)
        propose(MAY)
    chen = browser(cast.CHEN)
    chen.open(f"{REQUESTS}/new")
    chen.send(REQUESTS, email=BO)
    assert chen.status == 422
    assert "which is the limit here" in chen.page.problems[0]


def test_members_see_their_own_and_no_others(browser, app):
    own, other = made(app), made(app, propose, MAY, by=cast.MARCO)
    chen = browser(cast.CHEN)
    chen.open(REQUESTS)
    assert [row["Email"].split()[0] for row in chen.page.rows()] == [BO]
    chen.open(one(own))
    assert chen.status == 200
    assert "somebody else has to decide" in chen.page.words
    chen.open(one(other))
    assert chen.status == 404
    eve = browser(cast.EVE)
    for address in (REQUESTS, one(own), f"{REQUESTS}/new", f"{REQUESTS}/stay"):
        eve.open(address)
        assert eve.status == 404
    eve.open(f"/orgs/evil/requests/{own}")
    assert eve.status == 404


def test_members_withdraw_their_own(browser, app):
    request_id = made(app)
    chen = browser(cast.CHEN)
    chen.open(REQUESTS)
    chen.send(one(request_id, "/withdraw"))
    assert "is withdrawn" in chen.page.messages
    assert state(app) == "withdrawn"


# Deciding


def test_what_inviting_refuses_comes_to_the_approvers_form_and_nothing_is_lost(browser, app):
    request_id = made(app)
    priya = browser(cast.PRIYA)
    priya.open(one(request_id))
    with app.app_context():
        cast.invited(BO)
    priya.send(one(request_id, "/approve"), role="manager", access_days="30", access="days")
    assert priya.status == 422
    assert "already has an open invitation" in priya.page.problems[0]
    fields = priya.page.form(one(request_id, "/approve")).fields
    assert (fields["role"], fields["access_days"]) == ("manager", "30")
    assert "Already invited" in priya.page.words
    assert state(app) == "open"


@pytest.mark.parametrize(
    "typed",
    [
        {"role": "owner"},
        {"access": "days", "access_days": "x"},
        {"access": "until", "access_until": "2020-01-01"},
        {"groups": "nowhere"},
    ],
    ids=str,
)
def test_a_wrong_choice_of_the_approver_is_said_and_kept(browser, app, typed):
    with app.app_context():
        cast.group()
    request_id = made(app)
    priya = browser(cast.PRIYA)
    priya.open(one(request_id))
    priya.send(one(request_id, "/approve"), **typed)
    assert priya.status == 422
    assert priya.page.problems
    assert state(app) == "open"


def test_an_admin_declines(browser, app):
    request_id = made(app)
    priya = browser(cast.PRIYA)
    priya.open(one(request_id))
    priya.send(one(request_id, "/decline"))
    assert "is declined" in priya.page.messages
    priya.open(f"{REQUESTS}?show=decided")
    (row,) = priya.page.rows()
    assert row["State"] == "Declined"
    with app.app_context():
        assert cast.invitation(BO) is None


def test_a_second_click_says_what_has_happened(browser, app):
    with app.app_context():
        make_admin()
    request_id = made(app)
    priya, marco = browser(cast.PRIYA), browser(cast.MARCO)
    for admin in (priya, marco):
        admin.open(one(request_id))
    priya.send(one(request_id, "/approve"))
    marco.send(one(request_id, "/approve"))
    assert marco.status == 422
    assert "already been approved" in marco.page.problems[0]
    with app.app_context():
        assert db.session.query(Invitation).filter_by(email=BO).count() == 1


def test_nobody_approves_their_own_request(browser, app):
    request_id = made(app, propose, BO, by=cast.MARCO)
    with app.app_context():
        make_admin()
    marco = browser(cast.MARCO)
    marco.open(one(request_id))
    assert "somebody else has to decide" in marco.page.words
    form = marco.page.form(one(request_id, "/withdraw"))
    for verb in ("/approve", "/decline"):
        answer = marco.post(one(request_id, verb), {**form.fields, "role": "contributor"})
        assert answer.status == 422
        assert "You made this request yourself" in answer.page.words
    assert state(app) == "open"


@pytest.mark.parametrize("verb", ["/approve", "/decline"])
@pytest.mark.parametrize("email", [cast.MARCO, cast.EVE])
def test_lesser_roles_and_outsiders_decide_nothing(browser, app, verb, email):
    request_id = made(app)
    somebody = browser(email)
    answer = somebody.post(one(request_id, verb), {})
    assert answer.status == 404
    assert state(app) == "open"


def test_several_are_approved_at_once_with_one_role(browser, app):
    ids = [made(app), made(app, propose, MAY)]
    priya = browser(cast.PRIYA)
    priya.open(REQUESTS)
    priya.open(f"{REQUESTS}/selected?do=approve&id={ids[0]}&id={ids[1]}")
    assert priya.page.heading == "Approve 2 requests?"
    with app.app_context():
        cast.invited(MAY)
    priya.send(f"{REQUESTS}/selected", role="manager", id=[str(n) for n in ids])
    assert "1 request approved." in priya.page.messages
    assert "already has an open invitation" in priya.page.messages
    with app.app_context():
        assert cast.invitation(BO).role == "manager"
    priya.open(f"{REQUESTS}/selected?do=decline&id={ids[0]}&id={ids[1]}&id=99999")
    assert priya.page.heading == "Decline 1 request?"
    priya.send(f"{REQUESTS}/selected", id=str(ids[1]))
    assert "1 request declined." in priya.page.messages
    priya.open(f"{REQUESTS}/selected?do=approve")
    assert "You have not selected any." in priya.page.words


def test_a_strangers_markup_is_shown_as_text_and_links_nowhere(browser, app, smtp):
    request_id = made(app, ask_in_domain, BO, name="<b>Bo</b>", reason=MARKUP)
    priya = browser(cast.PRIYA)
    for address in (REQUESTS, one(request_id)):
        priya.open(address)
        assert "<script>alert" not in priya.at.text
        assert "<b>Bo" not in priya.at.text
        assert not [url for url in priya.page.links().values() if "evil" in url]
    assert MARKUP in " ".join(priya.page.words.split())
    with app.app_context():
        telling.run()
        outbox.drain()
    (mail,) = [mail for mail in smtp.messages if "requests" in mail.message["Subject"]]
    assert "evil" not in mail.message.as_string()


def test_the_page_has_all_that_is_needed_to_decide(browser, app):
    first = made(app)
    with app.app_context():
        decisions.decline(cast.organization(), first, by=cast.person())
    second = made(app, propose, BO, by=cast.MARCO, reason="Again.")
    priya = browser(cast.PRIYA)
    priya.open(one(second))
    assert "Other requests about this address" in priya.page.words
    assert "Declined" in priya.page.words
    assert facts(priya.page)["Requested by"] == "Marco Rossi"


def test_a_former_members_request_says_so(browser, app):
    request_id = made(app)
    with app.app_context():
        roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    priya = browser(cast.PRIYA)
    for address in (REQUESTS, one(request_id)):
        priya.open(address)
        assert "Chen Wei (former member)" in " ".join(priya.page.words.split())


def test_a_lapsed_request_offers_nothing(browser, app):
    request_id = made(app)
    with clock.ahead(days=15):
        priya = browser(cast.PRIYA)
        priya.open(one(request_id))
        assert "Lapsed" in priya.page.words
        assert one(request_id, "/approve") not in [form.action for form in priya.page.forms()]


# Staying


def test_a_member_asks_to_stay_and_the_sponsor_agrees(browser, app):
    with app.app_context():
        end_of_chen()
        marco = cast.person(cast.MARCO)
        sponsors.change(
            cast.organization(), cast.member().id, by=cast.person(), sponsor_id=marco.id
        )
        before = cast.member().ends_at
    chen, marco = browser(cast.CHEN), browser(cast.MARCO)
    chen.open("/account")
    assert any(link.startswith("Ask to stay") for link in chen.page.links())
    chen.open("/orgs/acme/members")
    chen.open(chen.page.links()["ask to stay"])
    chen.send(f"{REQUESTS}/stay", reason="The course goes on.")
    assert "Your sponsor or an admin will decide" in chen.page.messages
    with app.app_context():
        request_id = newest().id
    marco.open("/orgs/acme/members")
    marco.open(marco.page.links()["Requests"])
    marco.open(one(request_id))
    assert "The course goes on." in marco.page.words
    marco.send(one(request_id, "/approve"))
    assert "The access of Chen Wei lasts until" in marco.page.messages
    with app.app_context():
        assert cast.member().ends_at > before


def test_an_admin_chooses_the_new_end(browser, app):
    with app.app_context():
        end_of_chen()
        request_id = ask_to_stay().id
    priya = browser(cast.PRIYA)
    priya.open(one(request_id))
    day = (clock.now() + timedelta(days=200)).date().isoformat()
    priya.send(one(request_id, "/approve"), access_until="yesterday")
    assert priya.status == 422
    priya.send(one(request_id, "/approve"), access_until=day)
    with app.app_context():
        assert cast.member().ends_at.date().isoformat() >= day


def test_a_member_whose_access_has_no_end_is_told_so(browser):
    chen = browser(cast.CHEN)
    chen.open(f"{REQUESTS}/stay")
    assert "nothing to ask for" in chen.page.words


def test_the_mail_before_the_end_leads_to_asking(browser, app, smtp):
    with app.app_context():
        ends.set_end(
            cast.organization(),
            cast.member().id,
            by=cast.person(),
            ends_at=clock.now() + timedelta(days=10),
        )
        with clock.ahead(days=4):
            end_notices.send_due()
            outbox.drain()
    (mail,) = [mail for mail in smtp.messages if mail.rcpt_to == [cast.CHEN]]
    assert "/orgs/acme/requests/stay" in mail.message.get_body(("plain",)).get_content()


# Second admins


def test_inviting_an_admin_asks_another_admin(browser, app):
    with app.app_context():
        make_admin()
    priya, marco = browser(cast.PRIYA), browser(cast.MARCO)
    priya.open(SETTINGS)
    priya.send(SETTINGS, needs_second_admin="y")
    assert "Your settings were saved." in priya.page.messages
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", email=BO, role="admin", message="Welcome")
    assert "Another admin has to agree before bo@example.org" in priya.page.messages
    with app.app_context():
        assert cast.invitation(BO) is None
        request_id = newest().id
    priya.open(one(request_id))
    assert "somebody else has to decide" in priya.page.words
    marco.open(one(request_id))
    marco.send(one(request_id, "/approve"))
    with app.app_context():
        invited = cast.invitation(BO)
        assert (invited.role, invited.message) == ("admin", "Welcome")


def test_several_admins_and_a_role_change_ask_too(browser, app):
    with app.app_context():
        make_admin()
        change_settings(needs_second_admin=True)
        member_id = cast.member().id
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", email=f"{BO}, {MAY}", role="admin")
    assert "before 2 people are invited as admins" in priya.page.messages
    priya.open(f"/orgs/acme/members/{member_id}/role")
    priya.send(f"/orgs/acme/members/{member_id}/role", role="admin")
    assert "Another admin has to agree before" in priya.page.messages
    with app.app_context():
        assert cast.member().role == "contributor"
        request_id = newest().id
    marco = browser(cast.MARCO)
    marco.open(one(request_id))
    marco.send(one(request_id, "/approve"))
    assert "Chen Wei is now an admin." in marco.page.messages
    with app.app_context():
        assert cast.member().role == "admin"


def test_the_only_admin_cannot_require_a_second(browser):
    priya = browser(cast.PRIYA)
    priya.open(SETTINGS)
    priya.send(SETTINGS, needs_second_admin="y")
    assert priya.status == 422
    assert "only admin here" in priya.page.problems[0]


# Settings


def test_the_settings_are_saved_and_on_record(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(SETTINGS)
    priya.send(SETTINGS, proposers="managers", proposals_per_month="3", takes_asks="y")
    with app.app_context():
        acme = cast.organization()
        assert (acme.proposers, acme.proposals_per_month, acme.takes_asks) == ("managers", 3, True)
    priya.open("/orgs/acme/audit")
    assert "who can suggest people to managers" in priya.page.words


@pytest.mark.parametrize("number", ["0", "101", "x", "", "-1", "9999999"])
def test_a_wrong_number_is_refused_beside_its_field(browser, number):
    priya = browser(cast.PRIYA)
    priya.open(SETTINGS)
    priya.send(SETTINGS, proposals_per_month=number)
    assert priya.status == 422
    assert priya.page.problems == ["Enter a number from 1 to 100."]


# Join links with approval


def test_a_link_with_approval_says_so_and_its_requests_are_approved(browser, app, secrets):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/links/new")
    priya.send("/orgs/acme/links", label="Course", most_uses="5", approval="y")
    assert facts(priya.page)["Approval"] == "An admin approves each person"
    with app.app_context():
        code = cast.code_of(db.session.query(JoinLink).one())
    secrets.learn(code)
    bo = browser()
    bo.open(f"/join/{code}")
    assert "Once an admin has approved it" in bo.page.words
    bo.send(f"/join/{code}", email=BO)
    assert bo.page.heading == "Thank you"
    with app.app_context():
        answers.answer_asks()
        assert cast.invitation(BO) is None
        request_id = newest().id
    priya.open("/orgs/acme/links")
    (row,) = priya.page.rows()
    assert row["Used"] == "1 of 5"
    priya.open(one(request_id))
    assert facts(priya.page)["Join link"] == "Course"
    priya.send(one(request_id, "/approve"))
    with app.app_context():
        link_asks.ask(code, email=BO)
        assert cast.invitation(BO).join_link_id is not None
