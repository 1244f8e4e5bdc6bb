"""What an admin does with an invitation, by plain forms and by htmx's fragments."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event as sqlalchemy_event

from tests import cast
from webapp.db import db
from webapp.domain import events, invitations, outbox
from webapp.domain.invitations import link_status


@pytest.fixture
def bo(app):
    """The id of Bo's invitation."""
    with app.app_context():
        return cast.invited(name="Bo", message="Hello").id


def test_a_duplicate_offers_to_resend_what_is_open(browser, bo):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", email="BO@example.org")
    assert priya.status == 422
    assert "already has an open invitation" in priya.page.problems[0]
    assert "Resend the invitation to BO@example.org" in priya.page.form("/resend").buttons
    assert "email" not in priya.page.form("/resend").fields
    priya.send(f"/orgs/acme/invitations/{bo}/resend")
    assert "A new link was sent to bo@example.org" in priya.page.messages


def test_resending_from_the_table_comes_back_to_the_same_page(browser, bo):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations?status=pending")
    priya.send(f"/{bo}/resend")
    assert priya.at.response.request.full_path == "/orgs/acme/invitations?status=pending"
    assert "Earlier links no longer work" in priya.page.messages
    priya.send(f"/{bo}/resend")
    assert priya.status == 422
    assert "less than a minute ago" in priya.page.problems[0]
    assert priya.page.links()["Go back"] == "/orgs/acme/invitations?status=pending"


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_a_button_never_leads_off_the_site(browser, bo, back):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations")
    form = priya.page.form(f"/{bo}/resend")
    answer = priya.post(form.action, {**form.fields, "back": back}, follow=False)
    assert answer.location == f"/orgs/acme/invitations/{bo}"


def test_editing_keeps_what_was_there_and_says_what_changed(browser, bo):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{bo}/edit")
    fields = priya.page.form("/edit").fields
    assert (fields["role"], fields["expiry_days"]) == ("contributor", "7")
    assert (fields["name"], fields["message"]) == ("Bo", "Hello")
    priya.send("/edit", role="manager", expiry_days="14")
    assert "was changed" in priya.page.messages
    assert (
        "Priya Shah changed the role, the term of the invitation for bo@example.org."
        in priya.page.words
    )


def test_revoking_asks_first_and_then_ends_the_link(browser, bo):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{bo}/revoke")
    assert priya.page.heading == "Revoke the invitation for bo@example.org?"
    priya.send("/revoke")
    assert "Its link no longer works" in priya.page.messages
    assert not [f for f in priya.page.forms() if "/resend" in f.action]


def test_the_link_is_shown_after_a_button_and_for_a_while(browser, bo, app, travel):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{bo}/link")
    assert "register?token=" not in priya.page.html
    priya.send("/link")
    link = re.search(r'value="(http[^"]+register\?token=[^"]+)"', priya.page.html)
    assert link is not None
    priya.secrets.learn_links(link[1])
    shown = priya.at.response.request.full_path
    stranger = browser()
    stranger.open(link[1])
    assert stranger.page.heading == "Join Acme"
    with app.app_context():
        names = [e.name for e, _ in events.of_invitation(cast.invitation())]
        assert names.count("InvitationLinkCopied") == 1
    travel(minutes=4)
    assert "register?token=" in priya.open(shown).text
    travel(minutes=2)
    assert "register?token=" not in priya.open(shown).text
    other = browser(cast.PRIYA)
    other.open(shown)
    assert "register?token=" not in other.page.html
    assert browser(cast.MARCO).open(shown).status == 403


def test_the_page_of_an_invitation_tells_its_story(browser, bo, app, smtp):
    smtp.script["RCPT TO"] = "550 5.1.1 No such user"
    with app.app_context():
        outbox.drain()
        link_status.note_opened(cast.mailed_token(cast.invitation()))
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{bo}")
    words = priya.page.words
    assert "Priya Shah invited bo@example.org to join as a contributor." in words
    assert "The mail server said: 550 5.1.1 No such user" in words
    assert "The link for bo@example.org was opened for the first time." in words
    smtp.script.clear()
    priya.send("/retry")
    assert "The mail will be tried again now." in priya.page.messages
    with app.app_context():
        outbox.drain()
    priya.open(f"/orgs/acme/invitations/{bo}")
    assert "Invitation Sent" in priya.page.words


def test_a_refused_sign_in_at_the_mail_server_is_said_on_the_page(browser, bo, app, smtp):
    smtp.script["MAIL FROM"] = "535 5.7.8 Authentication failed"
    with app.app_context():
        outbox.drain()
    priya = browser(cast.PRIYA)
    for address in ("/orgs/acme/invitations", f"/orgs/acme/invitations/{bo}"):
        priya.open(address)
        assert "the mail server refuses our sign-in" in priya.page.words


def test_a_manager_sees_the_table_and_no_buttons(browser, bo):
    marco = browser(cast.MARCO)
    marco.open("/orgs/acme/invitations")
    assert marco.page.rows()[0]["Email"] == "bo@example.org"
    posting = [form.action for form in marco.page.forms() if form.method == "post"]
    assert posting == ["/logout"]
    assert "Invite people" not in marco.page.words


def test_pages_go_on_where_the_last_ended(browser, app):
    with app.app_context():
        for number in range(60):
            cast.invited(f"p{number:02}@example.org", send=False)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations?status=pending")
    first = [row["Email"] for row in priya.page.rows()]
    assert (len(first), first[0]) == (50, "p59@example.org")
    priya.open(priya.page.links()["Next"])
    second = [row["Email"] for row in priya.page.rows()]
    assert second == [f"p{number:02}@example.org" for number in range(9, -1, -1)]
    priya.open(priya.page.links()["First"])
    assert [row["Email"] for row in priya.page.rows()] == first


def test_an_organization_without_invitations_is_told_what_to_do(browser, app):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations?status=revoked")
    assert "No revoked invitations." in priya.page.words


def test_the_table_takes_as_many_queries_with_fifty_rows_as_with_four(browser, app):
    priya = browser(cast.PRIYA)
    few = count_queries(app, lambda: priya.open("/orgs/acme/invitations"))
    with app.app_context():
        for number in range(60):
            cast.invited(f"p{number}@example.org", send=False)
    assert count_queries(app, lambda: priya.open("/orgs/acme/invitations")) == few


def test_past_its_end_an_invitation_is_expired_before_the_job_has_run(browser, bo, travel):
    travel(days=8)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations?status=expired")
    assert [row["Email"] for row in priya.page.rows()] == ["bo@example.org"]
    priya.open("/orgs/acme/invitations?status=pending")
    assert priya.page.rows() == []


# ---- htmx: fragments of the same templates ----


def test_htmx_gets_the_table_alone_with_its_place(browser, bo):
    priya = browser(cast.PRIYA)
    answer = priya.htmx("/orgs/acme/invitations?status=pending")
    assert answer.headers["HX-Retarget"] == "#invitations"
    assert answer.headers["HX-Reswap"] == "outerMorph"
    assert "<html" not in answer.text
    assert [row["Email"] for row in answer.page.rows()] == ["bo@example.org"]


def test_the_whole_page_holds_the_very_same_fragment(browser, bo):
    priya = browser(cast.PRIYA)
    fragment = priya.htmx("/orgs/acme/invitations").text
    whole = priya.open("/orgs/acme/invitations").text
    assert strip_tokens(fragment).strip() in strip_tokens(whole)


def test_htmx_posts_the_form_and_gets_table_and_message(browser):
    priya = browser(cast.PRIYA)
    form = priya.htmx("/orgs/acme/invitations/new", "dialog#dialog").page.form("/invitations")
    assert 'id="dialog-title"' in priya.at.text
    answer = priya.htmx(form.action, "dialog#dialog", **{**form.fields, "email": "bo@example.org"})
    assert answer.headers["HX-Retarget"] == "#invitations"
    assert "Invitation sent to bo@example.org" in answer.page.messages
    assert answer.page.rows()[0]["Email"] == "bo@example.org"


def test_htmx_gets_the_form_back_with_its_faults(browser):
    priya = browser(cast.PRIYA)
    form = priya.htmx("/orgs/acme/invitations/new", "dialog#dialog").page.form("/invitations")
    answer = priya.htmx(form.action, "dialog#dialog", **{**form.fields, "email": "nonsense"})
    assert (answer.status, answer.headers["HX-Retarget"]) == (422, "#dialog")
    assert len(answer.page.problems) == 1
    assert "autofocus" in answer.text


def test_htmx_hears_a_refusal_where_it_can_be_seen(browser, bo, app):
    priya = browser(cast.PRIYA)
    fields = priya.open("/orgs/acme/invitations").page.form(f"/{bo}/resend").fields
    with app.app_context():
        invitations.revoke(cast.organization(), bo, by=cast.person())
    table = priya.htmx(f"/orgs/acme/invitations/{bo}/resend", **fields)
    assert (table.status, table.headers["HX-Retarget"]) == (422, "#messages")
    dialog = priya.htmx(f"/orgs/acme/invitations/{bo}/resend", "dialog#dialog", **fields)
    assert (dialog.status, dialog.headers["HX-Retarget"]) == (422, "#dialog")
    for answer in (table, dialog):
        assert "This invitation was revoked, so it cannot be changed any more." in answer.text


def test_htmx_goes_to_sign_in_when_the_session_has_ended(browser):
    answer = browser().htmx("/orgs/acme/invitations")
    assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/login")


@pytest.mark.parametrize("dialog", ["new", "{bo}/address", "{bo}/edit", "{bo}/revoke", "{bo}/link"])
def test_each_dialog_is_a_page_of_its_own_as_well(browser, bo, dialog):
    priya = browser(cast.PRIYA)
    address = f"/orgs/acme/invitations/{dialog.format(bo=bo)}"
    fragment = priya.htmx(address, "dialog#dialog")
    assert fragment.headers["HX-Retarget"] == "#dialog"
    assert 'id="dialog-title"' in fragment.text
    whole = priya.open(address)
    assert whole.page.heading
    assert "data-hx-post" not in whole.text


def count_queries(app, act):
    counted = []
    with app.app_context():
        engine = db.engine

    def count(*args):
        counted.append(args[2])

    sqlalchemy_event.listen(engine, "before_cursor_execute", count)
    act()
    sqlalchemy_event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def strip_tokens(html):
    return re.sub(r'name="(csrf_token|once)" value="[^"]+"', "", html)
