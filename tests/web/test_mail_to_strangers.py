"""Mail to somebody who never asked for it: five a day, in nobody's words, with a way to stop it."""

from __future__ import annotations

import re

import pytest

from tests import cast
from tests.support.meanwhile import Queue, Somebody, once
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.invitations import acceptances, links
from webapp.domain.mail import kinds, queue
from webapp.models import DailyCount, Delivery

pytestmark = pytest.mark.usefixtures("by_day")

VICTIM = "stranger@victim.example"
WORDS = "Pay at evil.example now"
PASSWORD = "seven bars and a half"


@pytest.fixture
def settings(settings):
    return {**settings, "RATELIMIT_ENABLED": "false", "PUBLIC_URL": "https://gatehouse.test"}


@pytest.fixture
def mails(app, smtp):
    """All mails to the victim, once everything that waits was sent."""

    def sent():
        with app.app_context():
            with clock.ahead(minutes=2):
                outbox.drain()
            db.session.remove()
        return [mail.message for mail in smtp.messages if mail.rcpt_to == [VICTIM]]

    return sent


def program(app, email=cast.EVE):
    """Calls of the API as an admin, or as nobody."""
    client = app.test_client()

    def call(method, path, *, key=None, **body):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return client.open(f"/api/v1/{path}", method=method, json=body, headers=headers)

    token = call("POST", "sessions", email=email, password=cast.PASSWORD).json["access_token"]
    return lambda method, path, **body: call(method, path, key=token, **body)


def copied(call, role="contributor"):
    """The token of a copied link to the victim, whose address is sent nothing."""
    made = call("POST", "invitations", email=VICTIM, role=role, send_email=False)
    assert made.status_code == 201, made.text
    return made.json["link"].partition("token=")[2]


def occupy(somebody, token, name=WORDS):
    """Open the victim's account in a browser by a copied link."""
    somebody.open(f"/register?token={token}")
    somebody.send("/register", full_name=name, password=PASSWORD)
    assert somebody.status == 200
    return somebody


def leave(somebody, slug="evil"):
    somebody.open(f"/account/leave/{slug}")
    somebody.send(f"/account/leave/{slug}")


def delete(somebody):
    somebody.open("/account/delete")
    somebody.send("/account/delete", password=PASSWORD)


def everything_said(mail):
    parts = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
    return "\n".join([*map(str, mail.values()), *parts])


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def test_joining_and_leaving_nine_times_mails_five_and_every_joining_works(app, browser, mails):
    call = program(app)
    for number in range(9):
        token = copied(call)
        if number == 0:
            occupy(somebody := browser(check=False), token)
        else:
            somebody.open(f"/register?token={token}")
            somebody.send("/register/join")
        assert somebody.page.heading == "Members of Evil Corp"
        leave(somebody)
    assert len(mails()) == kinds.FROM_OTHERS.most


def test_joining_and_deleting_the_account_eight_times_mails_five(app, browser, mails):
    call = program(app)
    for number in range(8):
        somebody = occupy(browser(check=False), copied(call))
        assert len(mails()) == min(number + 1, kinds.FROM_OTHERS.most)
        delete(somebody)


def test_several_organizations_and_all_kinds_have_one_counter(app, browser, mails, travel):
    evil, acme = program(app), program(app, cast.PRIYA)
    for call in (evil, acme):
        delete(occupy(browser(check=False), copied(call)))  # two confirmations
    assert acme("POST", "invitations", email=VICTIM, role="contributor").status_code == 201
    invitation = acme("GET", f"invitations?q={VICTIM}&status=pending").json["items"][0]["id"]
    with clock.ahead(minutes=2):
        assert acme("POST", f"invitations/{invitation}/resend").status_code == 200
    delete(occupy(browser(check=False), copied(evil)))
    refused = acme("POST", f"invitations/{invitation}/resend")
    assert refused.status_code in (422, 429)
    assert evil("POST", "invitations", email=VICTIM, role="contributor").status_code in (422, 429)
    occupy(browser(check=False), copied(evil))
    with app.app_context():
        counted = db.session.query(DailyCount).filter_by(kind="mail", subject=VICTIM).one()
        assert counted.count == 5
    assert len(mails()) <= 5


@pytest.fixture
def one_place_left(in_app):
    """The stranger has had four mails today; Eve has a copied link to that address."""

    @transaction()
    def use_up():
        for _ in range(4):
            assert queue.take_share("invitation", VICTIM)

    use_up()
    return links.token(cast.invited(VICTIM, slug="evil", send=False), links.COPIED)


def join(token):
    acceptances.accept(token, full_name=WORDS, password=PASSWORD)


def mailed():
    db.session.rollback()
    found = db.session.query(Delivery.kind).filter_by(recipient=VICTIM)
    return [kind for (kind,) in found]


@pytest.mark.both_databases
def test_of_a_confirmation_and_an_invitation_at_the_same_moment_one_is_the_fifth(
    app, one_place_left, monkeypatch
):
    other = Somebody(Queue(app, monkeypatch), lambda: cast.invited(VICTIM))
    came_to = []
    once(monkeypatch, queue, "write", lambda: came_to.append(other.comes_to()))
    join(one_place_left)
    assert came_to == ["waits"]
    assert other.outcome() == "UsedUp"
    assert mailed() == ["confirmation"]


@pytest.mark.both_databases
def test_whoever_joins_while_the_fifth_mail_is_queued_joins_without_a_confirmation(
    app, one_place_left, monkeypatch
):
    other = Somebody(Queue(app, monkeypatch), lambda: join(one_place_left))
    came_to = []
    once(monkeypatch, queue, "write", lambda: came_to.append(other.comes_to()))
    cast.invited(VICTIM)
    assert came_to == ["waits"]
    assert other.outcome() == "done"
    assert mailed() == ["invitation"]
    assert not cast.person(VICTIM).is_verified


def test_an_unverified_accounts_name_stands_in_no_mail(app, browser, mails, smtp):
    call = program(app)
    somebody = occupy(browser(check=False), copied(call, role="admin"))
    somebody.open("/password/forgot")
    somebody.send("/password/forgot", email=VICTIM)
    somebody.open("/orgs/evil/settings/email")
    form = somebody.page.form("/orgs/evil/settings/email")
    somebody.post(form.action, {**form.fields, "reply_to_inviter": "y"})
    somebody.open("/orgs/evil/invitations/new")
    somebody.send("/orgs/evil/invitations", email="bo@example.org")
    assert len(mails()) == 2
    invitation = next(m.message for m in smtp.messages if m.rcpt_to == ["bo@example.org"])
    for mail in (*mails(), invitation):
        assert WORDS not in everything_said(mail)
    assert VICTIM not in everything_said(invitation)
    assert "An admin of Evil Corp invited bo@example.org" in text_of(invitation)


def test_an_unverified_admin_cannot_have_texts_of_their_own_mailed_there(app, browser, mails):
    somebody = occupy(browser(check=False), copied(program(app), role="admin"))
    page = "/orgs/evil/settings/email/templates/invitation"
    somebody.open(page)
    form = somebody.page.form(page)
    somebody.post(f"{page}/test", {**form.fields, "subject": WORDS, "body": "{{ link }}"})
    assert somebody.status == 422
    assert "Confirm your address on your account page first" in " ".join(somebody.page.problems)
    assert len(mails()) == 1


def test_what_an_occupier_does_with_the_account_mails_its_owner_nothing_more(app, browser, mails):
    somebody = occupy(browser(check=False), copied(program(app)))
    for number in range(7):
        somebody.open("/account")
        before = PASSWORD if number == 0 else f"{PASSWORD} {number - 1}"
        somebody.send("/account/password", present_password=before, password=f"{PASSWORD} {number}")
        assert "new password is set" in somebody.page.messages
    assert len(mails()) == 1


def test_a_confirmation_can_be_asked_for_again_within_the_share(app, browser, mails, travel):
    somebody = occupy(browser(check=False), copied(program(app)))
    assert "Nobody has confirmed yet" in somebody.page.words
    for sent in range(2, 6):
        travel(minutes=6)
        somebody.open("/account")
        somebody.send("/account/confirmation")
        assert f"A link is on its way to {VICTIM}" in somebody.page.messages
        assert len(mails()) == sent
    travel(minutes=6)
    somebody.send("/account/confirmation")
    assert somebody.status == 422
    assert "5 mails today, the most allowed" in " ".join(somebody.page.problems)
    assert len(mails()) == 5
    link = re.search(r"https://gatehouse\.test(/confirm\?token=\S+)", text_of(mails()[-1]))
    owner = browser()
    owner.open(link[1])
    owner.send("/confirm", password="only the owner knows")
    assert "Your address is confirmed" in owner.page.messages
    owner.open("/account")
    assert "Nobody has confirmed yet" not in owner.page.words


def test_asking_twice_in_a_row_is_told_to_look_first(app, browser, mails):
    somebody = occupy(browser(), copied(program(app)))
    for _ in range(2):
        somebody.open("/account")
        somebody.send("/account/confirmation")
    assert somebody.status == 422
    assert "a few minutes ago" in " ".join(somebody.page.problems)


@pytest.mark.parametrize("asks", ["joins", "reset", "invitation"])
def test_a_stranger_says_stop_with_one_click_and_hears_no_more(app, browser, mails, asks):
    call = program(app)
    somebody = browser(check=False)
    if asks == "invitation":
        assert call("POST", "invitations", email=VICTIM, role="contributor").status_code == 201
    else:
        occupy(somebody, copied(call))
    if asks == "reset":
        somebody.open("/password/forgot")
        somebody.send("/password/forgot", email=VICTIM)
    mail = mails()[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    assert f"To stop this kind of mail from Evil Corp:\n{link}" in text_of(mail).replace("\r", "")
    assert f'href="{link}"' in mail.get_body(("html",)).get_content()
    before = len(mails())
    owner = browser()
    assert (
        owner.post(link[len("https://gatehouse.test") :], {"List-Unsubscribe": "One-Click"}).status
        == 200
    )
    if asks != "invitation":
        somebody.open("/account")
        somebody.send("/account/confirmation")
        assert "gets no more mail from here" in " ".join(somebody.page.problems)
        leave(somebody)
    refused = call("POST", "invitations", email=VICTIM, role="contributor", send_email=False)
    assert refused.status_code in (409, 422)
    assert len(mails()) == before


def test_every_kind_that_may_reach_a_stranger_counts():
    strangers = {name for name, kind in kinds.KINDS.items() if kind.unproved}
    own_share = {"reset"}
    for name in strangers - own_share:
        assert kinds.KINDS[name].share == kinds.FROM_OTHERS, name
    assert kinds.KINDS["reset"].share.most <= 5
