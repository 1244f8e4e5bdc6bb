"""The pages of join links for admins and managers."""

from __future__ import annotations

import pytest

from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain import groups, invitations, links, outbox
from webapp.domain.invitations import acceptances
from webapp.domain.links import answers, asks
from webapp.domain.members import roles
from webapp.models import Event, JoinLink

BO, MAY = "bo@example.org", "may@example.org"
LINKS = "/orgs/acme/links"


@pytest.fixture
def link(app, secrets):
    """A link of Acme's for twenty people: its id and its code."""
    with app.app_context():
        link = cast.join_link("Course in March")
        code = cast.code_of(link)
        secrets.learn(code)
        return link.id, code


def invite(app, code, *emails):
    with app.app_context():
        for email in emails:
            asks.ask(code, email=email)
        answers.answer_asks()


def facts(page):
    """The lines of the page's summary."""
    terms = ["".join(dt.itertext()).strip() for dt in page.root.iter("dt")]
    values = [" ".join("".join(dd.itertext()).split()) for dd in page.root.iter("dd")]
    return dict(zip(terms, values, strict=True))


def test_an_admin_makes_a_link_and_gives_it_away(browser, app, secrets):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        groups.create(acme, by=priya, slug="field", name="Field", description=None, is_default=True)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations")
    priya.open(priya.page.links()["Join links"])
    assert "No join links yet." in priya.page.words
    priya.open(priya.page.links()["Create a link"])
    priya.send(
        LINKS,
        label="Course in March",
        most_uses="20",
        expiry_days="14",
        domains="school.example",
        access_days="90",
    )
    assert priya.page.heading == "Course in March"
    assert "The link is ready" in priya.page.messages
    told = facts(priya.page)
    assert told["Used"] == "0 of 20"
    assert told["Groups"] == "Field"
    assert told["Allowed domains"] == "school.example"
    assert told["Access"] == "90 days from joining"
    assert told["Created by"] == "Priya Shah"
    with app.app_context():
        link = db.session.query(JoinLink).one()
        code = cast.code_of(link)
        secrets.learn(code)
    values = {e.get("id"): e.get("value") for e in priya.page.root.iter("input")}
    assert values["link"].endswith(f"/join/{code}")
    assert values["code"] == code
    drawings = [e for e in priya.page.root.iter() if e.get("class") == "qr"]
    assert len(drawings) == 1
    assert next(iter(drawings[0])).tag.endswith("svg")


def test_what_is_wrong_is_said_at_each_field_and_what_was_typed_stays(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/new")
    typed = {
        "label": " ",
        "most_uses": "5000",
        "expiry_days": "soon",
        "access_days": "0",
        "domains": "not a domain!",
        "role": "admin",
    }
    priya.send(LINKS, **typed)
    assert priya.status == 422
    first = priya.page.problems
    assert first == ["Choose one of the role options."]
    priya.send(LINKS, **{**typed, "role": "manager"})
    assert priya.status == 422
    assert len(priya.page.problems) == 5
    form = priya.page.form(LINKS)
    assert form.fields["most_uses"] == "5000"
    assert form.fields["expiry_days"] == "soon"
    with app.app_context():
        assert db.session.query(JoinLink).count() == 0


def test_the_list_says_how_much_each_is_used(browser, app, link):
    _, code = link
    invite(app, code, BO, MAY)
    with app.app_context():
        acceptances.accept(
            cast.mailed_token(cast.invitation(BO)), full_name="Bo", password=cast.PASSWORD
        )
        cast.join_link("Paused")
        other = db.session.query(JoinLink).filter_by(label="Paused").one()
        links.pause(cast.organization(), other.id, by=cast.person())
    marco = browser(cast.MARCO)
    marco.open(LINKS)
    rows = marco.page.rows()
    assert [row["Label"] for row in rows] == ["Paused", "Course in March"]
    assert [row["Used"] for row in rows] == ["0 of 20", "2 of 20"]
    assert [row["State"] for row in rows] == ["Paused", "Active"]
    assert rows[0]["Created by"] == "Priya Shah"


def test_many_links_are_on_several_pages(browser, app):
    with app.app_context():
        for number in range(52):
            cast.join_link(f"Link {number}")
    priya = browser(cast.PRIYA)
    priya.open(LINKS)
    assert len(priya.page.rows()) == 50
    priya.open(priya.page.links()["Older"])
    assert [row["Label"] for row in priya.page.rows()] == ["Link 1", "Link 0"]


def test_its_page_shows_who_came_by_it_and_the_invitation_shows_the_link(browser, app, link):
    link_id, code = link
    invite(app, code, BO)
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/{link_id}")
    (row,) = priya.page.rows()
    assert row["Status"] == "Pending"
    address = next(a for text, a in priya.page.links().items() if text.startswith(BO))
    priya.open(address)
    assert facts(priya.page)["Invited by"] == "Priya Shah"
    assert facts(priya.page)["Join link"] == "Course in March"
    priya.open(priya.page.links()["Course in March"])
    assert priya.page.heading == "Course in March"


def test_its_page_leads_to_the_list_and_the_report_of_its_invitations(browser, app, link):
    link_id, code = link
    invite(app, code, BO, MAY)
    with app.app_context():
        other = cast.join_link("Fair")
        outside = cast.invited("jo@example.org")
        invitations.revoke(cast.organization(), cast.invitation(MAY).id, by=cast.person())
        other_id, foreign_id = other.id, cast.join_link("Secret plans", slug="evil").id
        assert outside.join_link_id is None
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/{link_id}")
    ways = priya.page.links()
    priya.open(ways["All of them, with filters and actions"])
    assert "2 of 6 match" in priya.page.words
    assert "jo@example.org" not in priya.page.words
    for query, found in (
        ("&status=pending", {BO}),
        ("&sort=email", {BO, MAY}),
        ("&q=may", {MAY}),
        ("&q=jo", set()),
        ("&status=expired", set()),
    ):
        priya.open(f"/orgs/acme/invitations?link={link_id}{query}")
        assert {mail for mail in (BO, MAY, "jo@") if mail in priya.page.words} == found, query
    priya.open(f"/orgs/acme/invitations/selected?do=revoke&all=1&link={link_id}")
    assert BO in priya.page.words
    assert "jo@example.org" not in priya.page.words
    for number in (other_id, foreign_id, 999_999):
        assert "@example.org" not in priya.open(f"/orgs/acme/invitations?link={number}").page.words
    priya.open(ways["Report"])
    words = priya.page.words
    assert "Only invitations that came by the join link Course in March." in words
    assert "None of the 2 invitations made from" in words
    assert "By join link" in words
    rows = priya.client.get("/orgs/acme/reports/invitations.csv").text.splitlines()
    by_link = [line.split(",")[1:3] for line in rows if line.startswith("link")]
    assert by_link == [["", "Without a join link"], [str(link_id), "Course in March"]]
    priya.open(f"/orgs/acme/reports?link={foreign_id}")
    assert "Nobody was invited" in priya.page.words
    assert "Secret plans" not in priya.at.text


def test_a_manager_sees_the_link_but_neither_its_code_nor_buttons(browser, link):
    link_id, code = link
    marco = browser(cast.MARCO)
    marco.open(f"{LINKS}/{link_id}")
    assert marco.page.heading == "Course in March"
    assert code not in marco.at.text
    assert "svg_inline" not in marco.at.text
    assert not [form for form in marco.page.forms() if LINKS in form.action]
    marco.open(LINKS)
    assert "Create a link" not in marco.page.words


def test_a_foreign_link_is_as_unknown_as_none(browser, app, secrets):
    with app.app_context():
        foreign = cast.join_link("Secret plans", slug="evil")
        secrets.learn(cast.code_of(foreign))
        foreign_id = foreign.id
    priya = browser(cast.PRIYA)
    for number in (foreign_id, 999_999):
        for path in ("", "/revoke"):
            priya.open(f"{LINKS}/{number}{path}")
            assert priya.status == 404
            assert "Secret plans" not in priya.at.text


def test_a_link_is_paused_and_resumed(browser, link):
    link_id, _ = link
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/{link_id}")
    priya.send("/pause")
    assert "The link is paused" in priya.page.messages
    assert "Paused" in priya.page.words
    priya.send("/resume")
    assert "The link works again" in priya.page.messages


@pytest.mark.parametrize(("choice", "status"), [("keep", "Pending"), ("revoke", "Revoked")])
def test_revoking_asks_what_becomes_of_open_invitations(browser, app, link, choice, status):
    link_id, code = link
    invite(app, code, BO)
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/{link_id}")
    priya.open(priya.page.links()["Revoke the link"])
    assert "1 person was invited through it and has not answered yet." in priya.page.words
    priya.send("/revoke", open_invitations=choice)
    assert "is revoked" in priya.page.messages
    assert [row["Status"] for row in priya.page.rows()] == [status]
    assert code not in priya.at.text
    assert not [form for form in priya.page.forms() if LINKS in form.action]


def test_with_an_unknown_choice_the_question_comes_back(browser, app, link):
    link_id, code = link
    invite(app, code, BO)
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/{link_id}/revoke")
    priya.send("/revoke", open_invitations="burn")
    assert priya.status == 422
    assert priya.page.problems == ["Choose what happens to the open invitations."]


def test_a_link_without_open_invitations_is_revoked_without_a_question(browser, link):
    link_id, _ = link
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/{link_id}/revoke")
    assert "open_invitations" not in priya.page.form("/revoke").fields
    priya.send("/revoke")
    assert "is revoked" in priya.page.messages


def test_two_admins_press_opposite_buttons_and_the_later_is_told(browser, link):
    link_id, _ = link
    priya, other = browser(cast.PRIYA), browser(cast.PRIYA)
    for somebody in (priya, other):
        somebody.open(f"{LINKS}/{link_id}")
    form = other.page.form("/pause")
    priya.open(f"{LINKS}/{link_id}/revoke")
    priya.send("/revoke")
    other.post(form.action, form.fields)
    assert other.status == 422
    assert "This link was revoked. Make a new one." in other.page.words


def test_a_dead_link_says_whose_it_is_and_what_to_do(browser, app, link):
    link_id, _ = link
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        roles.change_role(acme, cast.member(cast.MARCO).id, by=priya, role="admin")
        marco = cast.person(cast.MARCO)
        roles.deactivate(acme, cast.member(cast.PRIYA).id, by=marco, pending="take over")
        roles.reactivate(acme, cast.member(cast.PRIYA).id, by=marco)
        links.find(acme, link_id)
    marco = browser(cast.MARCO)
    marco.open(f"{LINKS}/{link_id}")
    assert facts(marco.page)["Created by"] == "Marco Rossi"


def test_who_demotes_an_admin_is_told_of_their_links(browser, app, link):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        roles.change_role(acme, cast.member(cast.MARCO).id, by=priya, role="admin")
        priya_id = cast.member(cast.PRIYA).id
    marco = browser(cast.MARCO)
    for page in ("role", "end-now", "deactivate"):
        marco.open(f"/orgs/acme/members/{priya_id}/{page}")
        assert "The same happens to their join link." in marco.page.words
        assert "pending" in marco.page.form(page).fields
    marco.send("/deactivate", pending="take over")
    with app.app_context():
        taken = db.session.query(JoinLink).one()
        assert taken.author_id == cast.person(cast.MARCO).id
        assert taken.revoked_at is None


def test_who_steps_down_is_told_that_their_links_end(browser, app, link):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        roles.change_role(acme, cast.member(cast.MARCO).id, by=priya, role="admin")
        priya_id = cast.member(cast.PRIYA).id
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members/{priya_id}/role")
    assert "Your join link is revoked as well." in priya.page.words


def test_what_happens_to_a_link_is_on_record_in_words(browser, app, link):
    link_id, code = link
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/{link_id}")
    priya.send("/pause")
    priya.open(f"{LINKS}/{link_id}/revoke")
    priya.send("/revoke")
    priya.open("/orgs/acme/audit")
    words = priya.page.words
    assert "Priya Shah created the join link “Course in March” for up to 20 people." in words
    assert "changed the join link “Course in March”: its state to paused." in words
    assert "revoked the join link “Course in March”." in words
    with app.app_context():
        recorded = [str(event.data) for event in db.session.query(Event)]
    assert not [data for data in recorded if code in data]


def test_a_code_whose_key_is_gone_is_not_shown_but_the_link_works(browser, app, link, smtp):
    link_id, code = link
    with app.app_context(), db.engine.begin() as connection:
        table = JoinLink.__table__
        connection.execute(table.update().values(code_secret="gAAAAAB"))
    priya = browser(cast.PRIYA)
    priya.open(f"{LINKS}/{link_id}")
    assert "The code can no longer be read" in priya.page.words
    bo = browser()
    bo.open(f"/join/{code}")
    bo.send(f"/join/{code}", email=BO)
    with app.app_context():
        outbox.drain()
    assert [mail.rcpt_to for mail in smtp.messages] == [[BO]]


def test_an_expired_invitation_by_a_full_link_is_not_sent_again_and_it_is_said_why(
    browser, app, secrets
):
    with app.app_context():
        code = cast.code_of(cast.join_link(most_uses=1))
    secrets.learn(code)
    invite(app, code, BO)
    with app.app_context():
        bo_id = cast.invitation(BO).id
    with clock.ahead(days=8):
        invite(app, code, MAY)
        priya = browser(cast.PRIYA)
        priya.open(f"/orgs/acme/invitations/{bo_id}")
        priya.send("/resend")
        assert priya.status == 422
        assert "has no free place any more. Invite them without it." in priya.page.words
