"""Several invitations of the table at once, through the pages."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain import invitations, outbox
from webapp.domain.invitations import acceptances
from webapp.models import Event, Invitation

LIST = "/orgs/acme/invitations"
SELECTED = f"{LIST}/selected"


@pytest.fixture
def three(app):
    """The ids of three open invitations."""
    with app.app_context():
        return [cast.invited(f"{name}@example.org").id for name in ("ann", "bo", "cy")]


def states(app):
    with app.app_context():
        rows = Invitation.query.filter(Invitation.email.like("%@example.org"))
        return {one.email.partition("@")[0]: (one.state, one.link_number) for one in rows}


def ask(browser, do, ids):
    browser.open(f"{SELECTED}?do={do}" + "".join(f"&id={number}" for number in ids))


def test_the_table_leads_to_the_question_and_only_the_chosen_are_named(browser, three):
    priya = browser(cast.PRIYA)
    priya.open(LIST)
    form = priya.page.form(SELECTED)
    assert form.buttons == (
        "Resend the selected invitations",
        "Revoke the selected invitations",
        "Clear the selection",
    )
    ask(priya, "revoke", three[:2])
    assert priya.page.heading == "Revoke 2 invitations?"
    assert "ann@example.org" in priya.page.words
    assert "cy@example.org" not in priya.page.words


def test_the_chosen_are_revoked_and_the_others_stay(browser, three, app):
    priya = browser(cast.PRIYA)
    ask(priya, "revoke", three[:2])
    fields = priya.page.form(SELECTED).fields
    priya.post(SELECTED, {**fields, "id": three[:2]})
    assert "2 invitations were revoked." in priya.page.messages
    assert {name: state for name, (state, _) in states(app).items()} == {
        "ann": "revoked",
        "bo": "revoked",
        "cy": "pending",
    }
    with app.app_context():
        assert Event.query.filter_by(name="InvitationRevoked").count() == 2


def test_who_cannot_be_resent_is_named_with_the_reason_and_harms_no_other(
    browser, three, app, travel
):
    travel(minutes=2)
    priya = browser(cast.PRIYA)
    priya.open(LIST)
    priya.send(f"{LIST}/{three[1]}/resend")
    ask(priya, "resend", three)
    fields = priya.page.form(SELECTED).fields
    priya.post(SELECTED, {**fields, "id": three})
    assert "2 invitations were resent." in priya.page.messages
    assert "bo@example.org was not resent: A new link was sent less" in priya.page.messages
    assert {number for _, number in states(app).values()} == {2}


def test_what_has_ended_meanwhile_stays_as_it_is(browser, three, app):
    with app.app_context():
        acceptances.accept(
            cast.mailed_token(cast.invitation("ann@example.org")),
            full_name="Ann",
            password="seven bars and a half",
        )
        invitations.revoke(cast.organization(), three[1], by=cast.person())
    priya = browser(cast.PRIYA)
    ask(priya, "revoke", three)
    assert priya.page.form(SELECTED).buttons == ("Revoke 1 invitation",)
    ask(priya, "revoke", three[:2])
    assert "You have not selected an invitation that can be revoked." in priya.page.words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"do": "revoke"}, "Select at least one invitation"),
        ({"do": "revoke", "id": ["0", "-1", "x", "9" * 30, "1e3"]}, "Select at least one"),
        ({"do": "delete", "id": ["1"]}, "Choose whether to resend or revoke"),
        ({"id": ["1"]}, "Choose whether to resend or revoke"),
    ],
)
def test_nothing_to_do_is_said(browser, three, app, given, words):
    priya = browser(cast.PRIYA)
    ask(priya, "revoke", three)
    token = priya.page.form(SELECTED).fields["csrf_token"]
    priya.post(SELECTED, {"csrf_token": token, **given})
    assert priya.status == 422
    assert words in priya.page.problems[0]
    assert {state for state, _ in states(app).values()} == {"pending"}


def test_another_organizations_invitations_are_not_there(browser, three, app):
    eve = browser(cast.EVE)
    eve.open(f"/orgs/evil/invitations/selected?do=revoke&id={three[0]}")
    assert "ann@example.org" not in eve.page.words
    eve.open("/orgs/evil/invitations/new")
    token = eve.page.form("/orgs/evil/invitations").fields["csrf_token"]
    eve.post(
        "/orgs/evil/invitations/selected",
        {"csrf_token": token, "do": "revoke", "id": [str(number) for number in three]},
    )
    assert eve.status == 422
    assert {state for state, _ in states(app).values()} == {"pending"}


def test_each_resent_invitation_is_mailed(browser, three, app, smtp, travel):
    travel(minutes=2)
    priya = browser(cast.PRIYA)
    ask(priya, "resend", three)
    priya.post(SELECTED, {**priya.page.form(SELECTED).fields, "id": three})
    with app.app_context():
        outbox.drain()
    assert {mail.rcpt_to[0] for mail in smtp.messages} >= {
        "ann@example.org",
        "bo@example.org",
        "cy@example.org",
    }


def test_filters_and_orders_stay_in_every_address_of_the_table(browser, app):
    with app.app_context():
        for number in range(55):
            cast.invited(f"p{number:02}@example.org", send=False)
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?status=pending&q=EXAMPLE.org&sort=email")
    assert priya.page.rows()[0]["Email"] == "p00@example.org"
    links = priya.page.links()
    for name in ("Next", "Last", "Created", "Expires", "All 55", "Revoked 0"):
        assert "q=example.org" in links[name]
    assert "status=pending" in links["Next"]
    priya.open(links["Next"])
    assert [row["Email"] for row in priya.page.rows()] == [
        f"p{number}@example.org" for number in range(50, 55)
    ]
    priya.open(priya.page.links()["Previous"])
    assert priya.page.rows()[0]["Email"] == "p00@example.org"
    assert priya.page.links()["Previous"] == ""


def test_what_is_looked_for_and_not_there_is_told_with_a_way_back(browser):
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?q=nobody-of-this-name&delivery=failed")
    assert "No invitation matches “nobody-of-this-name” with these filters." in priya.page.words
    assert priya.page.links()["Show all"] == LIST


def test_the_table_asks_for_who_invited(browser, app):
    with app.app_context():
        cast.invited()
        who = cast.person().id
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?inviter={who}")
    assert {row["Invited by"] for row in priya.page.rows()} == {"Priya Shah"}
    priya.open(f"{LIST}?inviter=999999")
    assert priya.page.rows() == []


@pytest.mark.parametrize(
    "query",
    ["status=nope", "sort=secret", "delivery=x", "inviter=-1", "after=%00", "before=AAAA", "q=%00"],
)
def test_an_address_with_nonsense_in_it_is_the_table_without_it(browser, query):
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?{query}")
    assert priya.status == 200
    assert len(priya.page.rows()) == 3


def test_what_was_done_and_what_was_not_is_said_in_the_readers_language(browser, three, app):
    priya = browser(cast.PRIYA)
    priya.environ["HTTP_ACCEPT_LANGUAGE"] = "de"
    ask(priya, "revoke", three[:2])
    assert priya.page.heading == "2 Einladungen widerrufen?"
    priya.post(SELECTED, {**priya.page.form(SELECTED).fields, "id": three[:2]})
    assert "2 Einladungen wurden widerrufen." in priya.page.messages
    ask(priya, "resend", three)
    with app.app_context():
        invitations.revoke(cast.organization(), three[2], by=cast.person())
    priya.send(SELECTED)
    assert priya.status == 422
    assert "Wählen Sie mindestens eine Einladung aus, die aussteht" in " ".join(priya.page.problems)
