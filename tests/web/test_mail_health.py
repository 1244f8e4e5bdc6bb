"""The organization's mail health, its e-mail settings, and fixing an address by forms."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.smtp import DROP
from tests.web.test_invitation_pages import count_queries
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.accounts import password_resets
from webapp.domain.events import sentences
from webapp.domain.invitations import acceptances
from webapp.domain.mail import queue
from webapp.domain.outbox import claims, preparation
from webapp.models import Delivery, Event, Organization, User

HEALTH, EMAIL = "/orgs/acme/settings/email/health", "/orgs/acme/settings/email"


@pytest.fixture
def drain(app):
    def drain():
        with app.app_context():
            return outbox.drain()

    drain()
    return drain


def invite(app, email="bo@example.org", **wishes):
    with app.app_context():
        return cast.invited(email, **wishes)


@pytest.fixture
def troubled(app, smtp, drain):
    """One mail in each kind of trouble, and one that waits."""
    smtp.script["RCPT TO:<failed@example.org>"] = "550 5.1.1 no such user"
    smtp.script["RCPT TO:<failing@example.org>"] = "450 4.2.0 greylisted"
    for email in ("failed@example.org", "failing@example.org", "bounced@example.org"):
        invite(app, email)
    drain()
    smtp.script["."] = [DROP]
    invite(app, "unknown@example.org")
    drain()
    reported = invite(app, "reported@example.org", send=False)
    invite(app, "waiting@example.org")
    with app.app_context():
        acceptances.decline(cast.mailed_token(reported), not_for_me=True)
        bounce()


@transaction()
def bounce():
    mail = db.session.query(Delivery).filter_by(recipient="bounced@example.org").one()
    mail.state, mail.words = "bounced", "550 5.1.1 mailbox is gone"


@pytest.mark.both_databases
def test_each_kind_of_trouble_is_counted_and_leads_to_its_invitation(troubled, browser):
    priya = browser(cast.PRIYA)
    priya.open(HEALTH)
    assert [row["Email"] for row in priya.page.rows()] == ["bounced@example.org"]
    for tab, email, words in (
        ("Bounced (1)", "bounced@example.org", "550 5.1.1 mailbox is gone"),
        ("Failed (1)", "failed@example.org", "The mail server said: 550 5.1.1 no such user"),
        ("Unknown (1)", "unknown@example.org", "Connection closed by"),
        ("Retrying (1)", "failing@example.org", "450 4.2.0 greylisted"),
    ):
        priya.open(priya.page.links()[tab])
        (row,) = priya.page.rows()
        assert (row["Email"], row["Attempts"]) == (email, "1")
        assert words in row["Response"]
        assert priya.open(priya.page.links()[email]).page.heading == email
        priya.open(HEALTH)
    priya.open(priya.page.links()["Waiting (2)"])
    emails = [row["Email"] for row in priya.page.rows()]
    assert emails == ["waiting@example.org", "failing@example.org"]
    assert "The first of these was due" in priya.page.words
    assert "Not sent yet, including those that are being retried." in priya.page.words
    priya.open(priya.page.links()["Not mailed (1)"])
    assert [row["Email"] for row in priya.page.rows()] == ["reported@example.org"]


def test_how_many_mails_are_in_doubt_is_said_and_since_when(app, smtp, drain, browser, travel):
    priya = browser(cast.PRIYA)
    priya.open(HEALTH)
    assert "in doubt" not in priya.page.words
    smtp.script["."] = [DROP]
    invite(app, "unknown@example.org")
    drain()
    first = clock.exact(clock.now())
    for email in ("lost-1@example.org", "lost-2@example.org"):
        invite(app, email)
    with app.app_context():
        for claim in claims.take(10):
            preparation.prepare(claim)  # and then the worker is killed
    priya.open(HEALTH)
    assert f"1 mail has been in doubt since {first}: it may have arrived." in priya.page.words
    assert "1 is under Unknown" in priya.page.words
    assert "when its worker stopped" not in priya.page.words
    travel(seconds=claims.LEASE.total_seconds() + 1)
    priya.open(HEALTH)
    assert f"3 mails have been in doubt since {first}: they may have arrived." in priya.page.words
    assert "2 were being sent when their worker stopped" in priya.page.words
    drain()
    assert "1 mail has been in doubt" in priya.open(HEALTH).page.words


def test_nothing_to_see_is_said(browser, drain):
    priya = browser(cast.PRIYA)
    priya.open(HEALTH)
    assert "No mail is waiting." in priya.page.words
    for kind in ("bounced", "failed", "unknown", "failing", "suppressed", "nonsense", "%00"):
        assert priya.open(f"{HEALTH}?kind={kind}").status == 200


def test_it_is_found_from_the_email_settings_and_from_the_banner(app, browser, smtp, drain):
    smtp.script["MAIL FROM"] = "535 5.7.8 Authentication failed"
    invite(app)
    drain()
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations")
    assert priya.page.links()["Mail health"] == HEALTH
    priya.open(EMAIL)
    assert priya.page.links()["Mail health"] == HEALTH
    priya.open(HEALTH)
    assert "the mail server refuses our sign-in" in priya.page.words
    marco = browser(cast.MARCO)
    marco.open("/orgs/acme/invitations")
    assert "refuses our sign-in" in marco.page.words
    assert "Mail health" not in marco.page.links()


def test_confirmations_are_the_organizations_and_new_passwords_nobodys(
    app, smtp, drain, browser, travel
):
    smtp.script["RCPT TO"] = "550 5.1.1 no such user"
    with app.app_context():
        user_id = cast.person(cast.CHEN).id
        make_unverified(user_id)
        password_resets.request(cast.MARCO)
    travel(seconds=11)
    drain()
    priya = browser(cast.PRIYA)
    priya.open(f"{HEALTH}?kind=failed")
    (row,) = priya.page.rows()
    assert (row["Email"], row["Mail"]) == (cast.CHEN, "Confirmation of an address")
    assert cast.MARCO not in priya.page.words


@transaction()
def make_unverified(user_id):
    acme = db.session.query(Organization).filter_by(slug="acme").one()
    user = db.session.get(User, user_id)
    user.confined_to_id, user.verified_at = acme.id, None
    queue.queue_mail("confirmation", organization_id=acme.id, user=user)


def test_other_organizations_mail_is_not_there(app, drain, smtp, browser):
    smtp.script["RCPT TO"] = "550 5.1.1 no such user"
    with app.app_context():
        cast.invited("other@example.net", slug="evil")
    drain()
    priya = browser(cast.PRIYA)
    priya.open(f"{HEALTH}?kind=failed")
    assert priya.page.rows() == []
    eve = browser(cast.EVE)
    eve.open("/orgs/evil/settings/email/health?kind=failed")
    assert [row["Email"] for row in eve.page.rows()] == ["other@example.net"]


def test_long_lists_have_pages_and_the_same_number_of_queries(app, drain, smtp, browser):
    smtp.script["RCPT TO"] = "550 5.1.1 no such user"
    invite(app, "first@example.org")
    drain()
    priya = browser(cast.PRIYA)
    few = count_queries(app, lambda: priya.open(f"{HEALTH}?kind=failed"))
    with app.app_context():
        for number in range(60):
            cast.invited(f"p{number:02}@example.org")
    drain()
    assert count_queries(app, lambda: priya.open(f"{HEALTH}?kind=failed")) == few
    first = [row["Email"] for row in priya.page.rows()]
    assert (len(first), first[0]) == (50, "p59@example.org")
    priya.open(priya.page.links()["Older"])
    assert priya.page.rows()[-1]["Email"] == "first@example.org"
    priya.open(priya.page.links()["Newest"])
    assert [row["Email"] for row in priya.page.rows()] == first


def test_htmx_gets_the_list_alone(app, drain, browser):
    answer = browser(cast.PRIYA).htmx(f"{HEALTH}?kind=failed", "div#mail-health")
    assert answer.headers["HX-Retarget"] == "#mail-health"
    assert "<html" not in answer.text


# ---- The settings ----


def changes(app):
    with app.app_context():
        rows = Event.query.filter_by(name="SettingsChanged").order_by(Event.id)
        return [sentences.sentence(row, cast.person()) for row in rows]


def test_reminders_and_answers_are_settings(browser, app):
    priya = browser(cast.PRIYA)
    priya.open(EMAIL)
    fields = priya.page.form(EMAIL).fields
    assert (fields["reminders"], fields["reminder_hours"]) == ("y", "24")
    assert "reply_to_inviter" not in fields
    priya.send(EMAIL)
    assert changes(app) == []
    priya.send(EMAIL, reminder_hours="48", reply_to_inviter="y")
    assert "saved" in priya.page.messages
    assert changes(app) == [
        "Priya Shah changed the time of reminders to 48 hours "
        "and the address for replies to the inviter’s."
    ]
    kept = priya.page.form(EMAIL).fields
    priya.post(EMAIL, {name: kept[name] for name in ("csrf_token", "reminder_hours")})
    fields = priya.page.form(EMAIL).fields
    assert "reminders" not in fields
    assert "reply_to_inviter" not in fields


@pytest.mark.parametrize("hours", ["0", "23", "-1", "many", "9" * 400, "24\0"])
def test_other_hours_are_refused(browser, app, hours):
    priya = browser(cast.PRIYA)
    priya.open(EMAIL)
    priya.send(EMAIL, reminder_hours=hours)
    assert (priya.status, len(priya.page.problems)) == (422, 1)
    assert changes(app) == []


@pytest.mark.parametrize("on", [True, False])
def test_answers_go_to_the_inviter_where_the_organization_wants_it(browser, app, smtp, drain, on):
    priya = browser(cast.PRIYA)
    priya.open(EMAIL)
    if on:
        priya.send(EMAIL, reply_to_inviter="y")
    invite(app)
    drain()
    assert smtp.messages[-1].message["Reply-To"] == (cast.PRIYA if on else None)


def test_an_inviter_whose_address_nobody_has_proved_gets_no_answers(browser, app, smtp, drain):
    priya = browser(cast.PRIYA)
    priya.open(EMAIL)
    priya.send(EMAIL, reply_to_inviter="y")

    @transaction()
    def unprove():
        acme = db.session.query(Organization).filter_by(slug="acme").one()
        user = db.session.query(User).filter_by(email=cast.PRIYA).one()
        user.confined_to_id, user.verified_at = acme.id, None

    invite(app)
    with app.app_context():
        unprove()
    drain()
    assert smtp.messages[-1].message["Reply-To"] is None


# ---- Fixing an address ----


@pytest.fixture
def wrong(app, smtp, drain):
    """The address of the page of an invitation whose mail was refused."""
    smtp.script["RCPT TO:<bo@exmaple.org>"] = "550 5.1.1 no such user"
    made = invite(app, "bo@exmaple.org", role="manager", name="Bo", message="Hello")
    drain()
    return f"/orgs/acme/invitations/{made.id}"


def test_a_failure_leads_to_fixing_the_address(wrong, browser, app):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations")
    assert priya.page.links()["Fix the address for bo@exmaple.org"] == f"{wrong}/address"
    priya.open(wrong)
    priya.open(priya.page.links()["Fix the address"])
    assert priya.page.form("/address").fields["email"] == "bo@exmaple.org"
    assert "is invited as a manager with the same term, name and message" in priya.page.words
    priya.send("/address", email="bo@example.org")
    assert priya.page.heading == "bo@example.org"
    assert "Invitation sent to bo@example.org" in priya.page.messages
    assert "The one for bo@exmaple.org is revoked." in priya.page.messages
    priya.open(wrong)
    assert "Fix the address" not in priya.page.words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("bo@exmaple.org", "Enter the right address"),
        ("nonsense", "address"),
        (cast.CHEN, "already a member"),
        ("", "address"),
    ],
)
def test_a_fix_that_is_none_is_refused_and_kept(wrong, browser, typed, words):
    priya = browser(cast.PRIYA)
    priya.open(f"{wrong}/address")
    priya.send("/address", email=typed)
    assert priya.status == 422
    assert words in priya.page.problems[0]
    assert priya.page.form("/address").fields["email"] == typed
    priya.open(wrong)
    assert "Invitation Failed" in priya.page.words


def test_a_fix_to_somebody_who_is_invited_leads_to_that_invitation(wrong, browser, app):
    other = invite(app, "bo@example.org", send=False)
    priya = browser(cast.PRIYA)
    priya.open(f"{wrong}/address")
    priya.send("/address", email="bo@example.org")
    assert priya.page.links()["Open that invitation"].endswith(f"/{other.id}")


def test_a_dialog_fixes_the_address_and_comes_back_to_the_table(wrong, browser):
    priya = browser(cast.PRIYA)
    form = priya.htmx(f"{wrong}/address", "dialog#dialog").page.form("/address")
    answer = priya.htmx(form.action, "dialog#dialog", **{**form.fields, "email": "bo@example.org"})
    assert answer.headers["HX-Retarget"] == "#invitations"
    assert [row["Status"] for row in answer.page.rows()][:2] == ["Pending", "Revoked"]


def test_an_ended_invitation_offers_to_invite_anew(wrong, browser):
    priya = browser(cast.PRIYA)
    priya.open(f"{wrong}/revoke")
    priya.send("/revoke")
    priya.open(f"{wrong}/address")
    assert "This invitation was revoked, so it cannot be changed any more." in priya.page.words
    assert priya.page.links()["Invite people"] == "/orgs/acme/invitations/new"
