"""The pages on which an organization writes its mails."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.members import roles
from webapp.models import Event, MailDraft, MailTemplate

LIST = "/orgs/acme/settings/email/templates"
MAIL = f"{LIST}/invitation"
BODY = "Come in, {{ invitee }}\n\n{{ link }}"


@pytest.fixture
def priya(browser):
    return browser(cast.PRIYA)


def write(somebody, subject="Join us", body=BODY, action=MAIL, **more):
    """Fill in the open editor and press one of its buttons."""
    form = somebody.page.form(MAIL)
    return somebody.post(action, {**form.fields, "subject": subject, "body": body, **more})


def versions(app):
    with app.app_context():
        query = db.session.query(MailTemplate).order_by(MailTemplate.id)
        return [(v.organization_id, v.kind, v.number, v.subject) for v in query]


@pytest.mark.parametrize(
    "where", ["", "/invitation", "/invitation/versions", "/invitation/default"]
)
@pytest.mark.parametrize(
    ("email", "status"), [(cast.EVE, 404), (cast.MARCO, 403), (cast.CHEN, 403)]
)
def test_nobody_else_sees_or_changes_them(browser, app, where, email, status):
    somebody = browser(email)
    assert somebody.open(LIST + where).status == status
    for action in ("", "/preview", "/test", "/default", "/versions/1/use"):
        answer = somebody.post(MAIL + action, {"subject": "x", "body": BODY}, follow=False)
        assert answer.status == status
    assert versions(app) == []


@pytest.mark.parametrize("address", ["/confirmation", "/nothing", "/invitation/versions/1"])
def test_what_is_not_there_is_not_found(priya, address):
    assert priya.open(LIST + address).status == 404


@pytest.mark.parametrize("action", ["", "/preview", "/test", "/default", "/versions/1/use"])
def test_a_mail_that_is_not_there_takes_no_text(priya, action, app):
    priya.open(MAIL)
    fields = {**priya.page.form(MAIL).fields, "subject": "x", "body": BODY}
    assert priya.post(f"{LIST}/confirmation{action}", fields).status == 404
    assert versions(app) == []


def test_the_list_says_whose_text_it_is_and_since_when(priya):
    priya.open("/orgs/acme/settings/email")
    priya.open(priya.page.links()["Mail templates"])
    assert [row["Text"] for row in priya.page.rows()] == ["Built-in"] * 5
    priya.open(priya.page.links()["Invitation"])
    write(priya)
    assert priya.page.messages == "Saved. Every invitation mail uses this text from now on."
    priya.open(LIST)
    first, *others = priya.page.rows()
    assert (first["Text"], first["Last changed"]) == ("Your own", "just now by Priya Shah")
    assert {row["Last changed"] for row in others} == {"Never"}


def test_the_next_mail_says_the_new_text(priya, app, smtp):
    priya.open(MAIL)
    write(priya)
    with app.app_context():
        outbox.drain()
        cast.invited(name="Bo")
        outbox.drain()
    mail = smtp.messages[-1].message
    assert mail["Subject"] == "Join us"
    assert mail.get_body(("plain",)).get_content().startswith("Come in, Bo")


def test_what_is_refused_stays_in_the_form_with_its_line(priya, app):
    priya.open(MAIL)
    typed = "Hello\n\n{{7*7}} <b>\n\n[x](javascript:alert(1))"
    assert write(priya, subject="A\nB", body=typed).status == 422
    assert priya.page.title.startswith("Error: ")
    assert priya.page.problems[0] == "The subject must be one line. Remove the line breaks."
    assert priya.page.problems[1].startswith("Line 3: “{{7*7}}” is not a placeholder")
    assert priya.page.problems[2].startswith("Line 5: A link must begin with")
    assert priya.page.problems[3].startswith("{{ link }} is missing")
    fields = priya.page.form(MAIL).fields
    assert fields["body"].replace("\r", "") == typed
    assert fields["subject"] == "A B"
    assert versions(app) == []


def test_a_form_without_fields_is_refused_kindly(priya):
    priya.open(MAIL)
    token = priya.page.form(MAIL).fields["csrf_token"]
    for action in ("", "/preview", "/test"):
        answer = priya.post(MAIL + action, {"csrf_token": token})
        assert answer.status == 422
        assert "Enter a subject." in priya.page.problems


class TestPreview:
    """Shows what was typed as a mail, and writes nothing."""

    def test_comes_back_with_the_form_as_typed(self, priya, app):
        priya.open(MAIL)
        answer = write(priya, body="# Dear {{ invitee }}\n\n{{ link }}", action=f"{MAIL}/preview")
        assert answer.status == 200
        assert "Dear Bo Lind" in priya.page.words
        assert "Priya Shah (priya@acme.example) invited bo@example.org" in priya.page.words
        assert priya.page.form(MAIL).fields["body"].replace("\r", "").startswith("# Dear {{ inv")
        assert versions(app) == []
        assert "token=" not in answer.text

    def test_of_a_text_that_is_not_in_order_says_why(self, priya):
        priya.open(MAIL)
        assert write(priya, body="{{ x }}", action=f"{MAIL}/preview").status == 422
        assert priya.page.problems[0].startswith("Line 1: “{{ x }}”")

    def test_takes_the_focus_and_says_that_nothing_is_saved_yet(self, priya):
        priya.open(MAIL)
        assert "This is the built-in text." in priya.page.words
        write(priya, action=f"{MAIL}/preview")
        assert '<h2 id="preview-heading" tabindex="-1" autofocus>' in priya.page.html
        assert "still sends the built-in text." in priya.page.words
        assert "This is the built-in text." not in priya.page.words
        write(priya)
        assert "This is your own text" in priya.page.words
        assert 'tabindex="-1" autofocus>' not in priya.page.html

    def test_of_an_unchanged_text_still_says_that_it_is_the_built_in_one(self, priya):
        priya.open(MAIL)
        fields = priya.page.form(MAIL).fields
        same = {"subject": fields["subject"], "body": fields["body"].replace("\n", "\r\n")}
        write(priya, action=f"{MAIL}/preview", **same)
        assert "This is the built-in text." in priya.page.words

    def test_while_typing_is_the_fragment_alone(self, priya):
        priya.open(MAIL)
        fields = priya.page.form(MAIL).fields
        good = priya.htmx(f"{MAIL}/preview", "section#preview", **{**fields, "subject": "Hi"})
        assert (good.status, good.headers["HX-Retarget"]) == (200, "#preview")
        assert "<html" not in good.text
        assert "not saved yet" in good.page.words
        bad = priya.htmx(f"{MAIL}/preview", "section#preview", **{**fields, "body": "{{ x }}"})
        assert bad.status == 422
        assert "Line 1: “{{ x }}”" in bad.page.words

    def test_writes_no_event(self, priya, app):
        priya.open(MAIL)
        with app.app_context():
            before = db.session.query(Event).count()
        write(priya, action=f"{MAIL}/preview")
        with app.app_context():
            assert db.session.query(Event).count() == before

    def test_holds_the_pages_own_policy(self, priya):
        answer = priya.open(MAIL)
        policy = answer.headers["Content-Security-Policy"]
        assert "'unsafe-inline'" not in policy
        assert "style=" not in answer.text


def test_a_test_goes_to_oneself_and_keeps_what_was_typed(priya, app, smtp):
    priya.open(MAIL)
    write(priya, subject="Come", body="Mine\n\n{{ link }}", action=f"{MAIL}/test")
    assert "A test mail is on its way to priya@acme.example." in priya.page.messages
    fields = priya.page.form(MAIL).fields
    assert (fields["subject"], fields["body"].replace("\r", "")) == ("Come", "Mine\n\n{{ link }}")
    with app.app_context():
        outbox.drain()
    assert smtp.messages[-1].rcpt_to == [cast.PRIYA]
    assert smtp.messages[-1].message["Subject"] == "Test: Come"
    assert versions(app) == []


def test_a_text_that_was_tried_is_nobody_elses(priya, browser, app):
    priya.open(MAIL)
    answer = write(priya, action=f"{MAIL}/test", subject="Secret plans")
    with app.app_context():
        marco = cast.member(cast.MARCO).id
        roles.change_role(cast.organization(), marco, by=cast.person(), role="admin")
        sent = db.session.query(MailDraft).one().delivery_id
    assert "Secret plans" in answer.text
    other = browser(cast.MARCO)
    assert other.open(f"{MAIL}?draft={sent}").status == 404
    assert other.open(f"{MAIL}?draft=nothing").status == 200


def test_two_admins_at_once_the_second_sees_both_texts_and_decides(priya, browser, app):
    with app.app_context():
        marco = cast.member(cast.MARCO).id
        roles.change_role(cast.organization(), marco, by=cast.person(), role="admin")
    other = browser(cast.MARCO)
    priya.open(MAIL)
    other.open(MAIL)
    write(priya, subject="Priya’s subject")
    assert write(other, subject="Marco’s subject", body="Marco\n\n{{ link }}").status == 422
    assert other.page.problems[0].startswith("Someone changed this template while you")
    assert "Version 1, just now by Priya Shah." in other.page.words
    assert "Priya’s subject" in other.page.words
    assert other.page.form(MAIL).fields["subject"] == "Marco’s subject"
    assert write(other, subject="Marco’s subject", body="Marco\n\n{{ link }}").status == 200
    assert [number for *_, number, _ in versions(app)] == [1, 2]


def test_versions_are_looked_at_and_used_again(priya, app):
    priya.open(MAIL)
    write(priya, subject="One")
    write(priya, subject="Two")
    priya.open(priya.page.links()["Earlier versions"])
    assert [row["Subject"] for row in priya.page.rows()] == ["Two", "One"]
    assert priya.page.rows()[0]["Version"] == "Version 2 (in use)"
    priya.open(priya.page.links()["Version 2"])
    assert "Your organization sends this text now." in priya.page.words
    priya.open(f"{MAIL}/versions/1")
    priya.send("/versions/1/use")
    assert priya.page.messages == "The invitation mail uses version 1 again."
    assert [subject for *_, subject in versions(app)] == ["One", "Two", "One"]
    priya.open(f"{MAIL}/versions/3")
    fields = priya.page.form("logout").fields  # this page has no form of its own any more
    priya.post(f"{MAIL}/versions/3/use", {**fields, "version": "3"})
    assert priya.page.messages == "Nothing was changed: this text is in use already."


def test_a_button_on_an_old_page_is_told(priya):
    priya.open(MAIL)
    write(priya, subject="One")
    write(priya, subject="Two")
    priya.open(f"{MAIL}/versions/1")
    form = priya.page.form("/versions/1/use")
    for number in ("1", "", "x", "9" * 30):
        answer = priya.post(form.action, {**form.fields, "version": number})
        assert answer.status == 422
        assert "Someone changed this template" in priya.page.words


def test_back_to_the_built_in_text_asks_first(priya, app):
    priya.open(MAIL)
    assert "Back to the built-in text" not in priya.page.links()
    write(priya)
    priya.open(priya.page.links()["Back to the built-in text"])
    assert priya.page.heading == "Go back to the built-in text?"
    priya.send("/default")
    assert priya.page.messages == "The invitation mail uses the built-in text again."
    assert "This is the built-in text." in priya.page.words
    assert versions(app)[-1][2:] == (2, None)
    priya.open(f"{MAIL}/versions")
    assert priya.page.rows()[0]["Subject"] == "The built-in text"
    priya.open(f"{MAIL}/versions/2")
    assert "Hello Bo Lind" in priya.page.words


def test_previews_are_limited(make_app, priya):
    priya.open(MAIL)
    fields = priya.page.form(MAIL).fields
    answers = {priya.client.post(f"{MAIL}/preview", data=fields).status_code for _ in range(181)}
    assert answers == {200, 429}
