"""The inviter hears what became of those whom they invited."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests import cast
from tests.support.meanwhile import once
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import groups, imports, invitations, organizations, outbox
from webapp.domain.accounts import notice_choices
from webapp.domain.deliverability import suppressions
from webapp.domain.imports import list_summaries, runs
from webapp.domain.invitations import acceptances, links, notice_rounds
from webapp.domain.members import roles
from webapp.domain.operations import sweeps
from webapp.domain.outbox import restored as outbox_restored
from webapp.models import Delivery, Event, InviterNotice

pytestmark = pytest.mark.both_databases

BO = "bo@example.org"
OWN = "seven bars and a half"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
GONE = "550 5.1.1 No such user"


@pytest.fixture
def settings(settings):
    return {**settings, "PUBLIC_URL": "https://gatehouse.test"}


@pytest.fixture(autouse=True)
def cleared(app, smtp):
    """The mails of the cast itself are sent."""
    with app.app_context():
        outbox.drain()
    smtp.messages.clear()


@pytest.fixture
def heard(app, smtp, secrets):
    """What Priya has been mailed since: subjects and texts, once the jobs have run."""

    def sent(to=cast.PRIYA):
        with app.app_context():
            outbox.drain()
            notice_rounds.send_due()
            list_summaries.send_due()
            outbox.drain()
        mails = [mail.message for mail in smtp.messages if mail.rcpt_to == [to]]
        for mail in mails:
            secrets.learn_links(mail.get_body(("plain",)).get_content())
        return [(mail["Subject"], text_of(mail)) for mail in mails]

    return sent


def text_of(mail):
    return " ".join(mail.get_body(("plain",)).get_content().split())


def invited(app, secrets, email=BO, **options):
    """The path of the link that the person gets by mail."""
    with app.app_context():
        path = f"/register?token={cast.mailed_token(cast.invited(email, **options))}"
    secrets.learn_links(path)
    return path


def join(visitor, link, name="Bo Lind"):
    visitor.open(link)
    visitor.send("/register", full_name=name, password=OWN)


def decline(visitor, link, reason):
    visitor.open(link.replace("/register", "/register/decline"))
    visitor.send("/decline", reason=reason)


def choose(priya, choice):
    priya.open("/account")
    priya.send("/notices", inviter_notices=choice)


def test_the_mail_names_groups_that_were_deleted_before_the_person_joined(
    app, browser, secrets, heard
):
    with app.app_context():
        drivers = cast.group()
    link = invited(app, secrets, groups=[drivers.slug])
    with app.app_context():
        groups.delete(cast.organization(), drivers.slug, by=cast.person())
    join(browser(), link)
    _, text = heard()[-1]
    assert f"so they did not join them: {drivers.name}." in text


def test_the_inviter_hears_that_somebody_joined(app, browser, heard, secrets):
    join(browser(), invited(app, secrets))
    ((subject, text),) = heard()
    assert subject == "Bo Lind has joined Acme"
    assert "Hello Priya Shah, Bo Lind (bo@example.org) has accepted your invitation" in text
    assert "joined Acme as a contributor." in text
    with app.app_context():
        page = f"https://gatehouse.test/orgs/acme/invitations/{cast.invitation().id}"
    assert page in text
    assert heard() == [(subject, text)]


def test_the_inviter_hears_why_somebody_declined_as_plain_text(app, browser, heard, secrets, smtp):
    reason = "<b>No</b> time, {{ link }}\nsorry"
    decline(browser(), invited(app, secrets), reason)
    ((subject, text),) = heard()
    assert subject == "bo@example.org has declined your invitation to Acme"
    assert "> <b>No</b> time, {{ link }} > sorry" in text
    html = smtp.messages[-1].message.get_body(("html",)).get_content()
    assert "&lt;b&gt;No&lt;/b&gt; time" in html


def test_the_inviter_hears_once_that_an_address_cannot_be_reached(app, heard, smtp):
    smtp.script[f"RCPT TO:<{BO}>"] = [GONE, GONE]
    with app.app_context():
        made = cast.invited()
        outbox.drain()
        invitations.resends.retry_mail(
            cast.organization(), made.id, cast_mail(made.id), by=cast.person()
        )
    ((subject, text),) = heard()
    assert subject == "bo@example.org could not be reached"
    assert "could not be delivered to bo@example.org. The invitation is still open." in text
    with app.app_context():
        assert db.session.query(InviterNotice).count() == 1


def cast_mail(invitation_id):
    query = db.session.query(Delivery).filter_by(invitation_id=invitation_id)
    return query.order_by(Delivery.id.desc()).first().id


def test_the_inviter_hears_of_a_mail_that_was_not_tried_because_the_address_is_not_mailed(
    app, heard
):
    with app.app_context():
        made = cast.invited()
        _suppress(made.id)
    assert [subject for subject, _ in heard()] == ["bo@example.org could not be reached"]


@transaction()
def _suppress(invitation_id):
    suppressions.add(db.session.get(type(cast.invitation()), invitation_id), suppressions.BOUNCED)


def test_nobody_hears_of_a_mail_that_ended_because_the_invitation_did(app, heard):
    with app.app_context():
        invitations.revoke(cast.organization(), cast.invited().id, by=cast.person())
    assert heard() == []


def test_what_is_no_longer_so_is_not_told(app, browser, heard, secrets, smtp):
    smtp.script[f"RCPT TO:<{BO}>"] = GONE
    link = invited(app, secrets)
    with app.app_context():
        outbox.drain()
        notice_rounds.send_due()
    join(browser(), link)
    assert [subject for subject, _ in heard()] == ["Bo Lind has joined Acme"]


def test_an_account_of_a_copied_link_puts_no_name_into_the_mail(app, browser, heard, secrets):
    with app.app_context():
        path = f"/register?token={links.token(cast.invited(), links.COPIED)}"
    secrets.learn_links(path)
    join(browser(), path, "Your bank, call 555")
    ((subject, text),) = heard()
    assert subject == "bo@example.org has joined Acme"
    assert "Your bank" not in text


def test_who_acts_on_their_own_invitation_hears_nothing(app, browser, heard, secrets):
    priya = browser(cast.PRIYA)
    decline(priya, invited(app, secrets), "done by me")
    assert heard() == []


def test_the_operators_invitations_are_told_to_nobody(app, heard):
    with app.app_context():
        made = invitations.create(
            cast.organization(), by=organizations.OPERATOR, email=BO, role="contributor"
        )
        acceptances.decline(cast.mailed_token(made))
        assert db.session.query(InviterNotice).count() == 0


def test_who_turned_them_off_hears_nothing_and_who_wants_one_a_day_gets_one(
    app, browser, heard, secrets, travel
):
    priya = browser(cast.PRIYA)
    choose(priya, "off")
    join(browser(), invited(app, secrets))
    assert heard() == []
    choose(priya, "daily")
    join(browser(), invited(app, secrets, "lea@example.org", name="Lea"), "Lea Kern")
    decline(browser(), invited(app, secrets, "mo@example.org", name="Mo"), "no")
    assert heard() == []
    travel(days=1)
    ((subject, text),) = heard()
    assert subject == "Acme: news of people you invited"
    assert "Joined: 1 Lea Kern (lea@example.org)" in text
    assert "Declined: 1 Mo (mo@example.org)" in text
    assert "Bo" not in text
    assert "Could not be reached" not in text
    travel(days=1)
    assert len(heard()) == 1


def test_an_unknown_choice_is_refused_at_its_field(browser):
    priya = browser(cast.PRIYA)
    priya.open("/account")
    priya.send("/notices", inviter_notices="hourly")
    assert priya.status == 422
    assert "Choose one of these." in priya.page.words


def test_a_thousand_who_join_in_an_hour_are_told_in_twenty_mails_and_a_summary(app, heard, travel):
    with app.app_context():
        for number in range(23):
            acceptances.decline(cast.mailed_token(cast.invited(f"p{number}@example.org")))
    assert len(heard()) == 20
    travel(days=1)
    subject, text = heard()[-1]
    assert len(heard()) == 21
    assert subject == "Acme: news of people you invited"
    assert "Declined: 3 p20@example.org p21@example.org p22@example.org" in text


def test_a_summary_names_fifty_and_counts_the_others(app, heard, travel, browser):
    choose(browser(cast.PRIYA), "daily")
    with app.app_context():
        for number in range(52):
            acceptances.decline(cast.mailed_token(cast.invited(f"p{number}@example.org")))
    assert heard() == []
    travel(days=1)
    ((_, text),) = heard()
    assert "Declined: 52 p0@example.org" in text
    assert "p49@example.org and 2 more" in text


@pytest.mark.parametrize("loss", ["role", "status"])
def test_who_may_not_see_invitations_any_more_hears_nothing(loss, app, browser, heard, secrets):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        roles.change_role(acme, cast.member(cast.CHEN).id, by=priya, role="admin")
        link = f"/register?token={cast.mailed_token(cast.invited())}"
        secrets.learn_links(link)
    decline(browser(), link, "no")
    with app.app_context():
        acme, chen = cast.organization(), cast.person(cast.CHEN)
        priya = cast.member(cast.PRIYA).id
        if loss == "role":
            roles.change_role(
                acme, priya, by=chen, role="contributor", pending=roles.inviter_handover.REVOKE
            )
        else:
            roles.deactivate(acme, priya, by=chen, pending=roles.inviter_handover.REVOKE)
    assert heard() == []
    with app.app_context():
        assert db.session.query(InviterNotice).count() == 0


def test_what_was_queued_is_not_sent_once_the_right_is_lost(app, heard):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        roles.change_role(acme, cast.member(cast.CHEN).id, by=priya, role="admin")
        acceptances.decline(cast.mailed_token(cast.invited()))
        notice_rounds.send_due()
        roles.deactivate(
            acme,
            cast.member(cast.PRIYA).id,
            by=cast.person(cast.CHEN),
            pending=roles.inviter_handover.REVOKE,
        )
    assert heard() == []


def test_a_suspended_organization_tells_nothing_until_it_is_resumed(app, heard):
    with app.app_context():
        acceptances.decline(cast.mailed_token(cast.invited()))
        organizations.suspend(cast.organization())
    assert heard() == []
    with app.app_context():
        organizations.resume(cast.organization())
    assert len(heard()) == 1


def test_a_long_list_gets_one_mail_once_nobody_can_answer_any_more(app, heard, smtp, travel):
    smtp.script["RCPT TO:<p2@example.org>"] = GONE
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        listed = cast.listed(", ".join(f"p{number}@example.org" for number in range(21)))
        imports.start(acme, listed.id, by=priya)
        runs.finish(acme, listed.id)
        acceptances.decline(cast.mailed_token(cast.invitation("p0@example.org")))
        acceptances.accept(
            cast.mailed_token(cast.invitation("p1@example.org")), full_name="P", password=OWN
        )
    assert heard() == []
    travel(days=2)
    assert heard() == []
    travel(days=6)
    ((subject, text),) = heard()
    assert subject == "Acme: what became of your list"
    assert "You invited 21 people to Acme" in text
    assert "Joined: 1 Declined: 1 Could not be reached: 1 Did not answer: 18" in text
    travel(days=1)
    assert len(heard()) == 1


def test_people_on_a_short_list_are_told_like_any_others(app, heard):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        listed = cast.listed(", ".join(f"p{number}@example.org" for number in range(20)))
        imports.start(acme, listed.id, by=priya)
        runs.finish(acme, listed.id)
        acceptances.decline(cast.mailed_token(cast.invitation("p0@example.org")))
    assert [subject for subject, _ in heard()] == [
        "p0@example.org has declined your invitation to Acme"
    ]


def test_a_mail_has_a_link_that_turns_them_all_off_and_opening_it_changes_nothing(
    app, browser, heard, secrets, smtp
):
    decline(browser(), invited(app, secrets), "no")
    heard()
    mail = smtp.messages[-1].message
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(
        r"<https://gatehouse\.test(/unsubscribe/notices\?token=[\w.-]+)>", mail["List-Unsubscribe"]
    )[1]
    secrets.learn_links(link)
    assert f"To stop all mails about people you invited: https://gatehouse.test{link}" in text_of(
        mail
    )
    somebody = browser()
    for _ in range(2):
        somebody.open(link)
        assert somebody.page.heading == "Stop mails about people you invited?"
    somebody.client.head(link)
    assert choice(app) == "each"
    somebody.send("/unsubscribe/notices")
    assert somebody.page.heading == "These mails are off"
    assert choice(app) == "off"
    decline(browser(), invited(app, secrets, "lea@example.org"), "no")
    assert len(heard()) == 1
    priya = browser(cast.PRIYA)
    priya.open("/account")
    assert priya.client.get("/account").text.count("checked") == 1
    assert re.search(r'checked[^>]*value="off"', priya.client.get("/account").text)


def test_one_click_of_a_mail_program_needs_no_cookie_and_twice_is_no_error(app, browser, secrets):
    with app.app_context():
        link = notice_choices.address(cast.person()).removeprefix("https://gatehouse.test")
    secrets.learn_links(link)
    program = browser()
    for _ in range(2):
        assert program.client.post(link, data=ONE_CLICK).status_code == 200
    assert choice(app) == "off"
    with app.app_context():
        assert db.session.query(Event).filter_by(name="ProfileChanged").count() == 1


def test_the_link_opens_nothing_else_and_nothing_else_opens_it(app, browser, secrets):
    with app.app_context():
        made = cast.invited()
        foreign = cast.mailed_token(made)
        token = notice_choices.address(cast.person()).partition("token=")[2]
    secrets.learn_links(f"/x?token={token} /x?token={foreign}")
    somebody = browser(check=False)
    for path in (
        f"/unsubscribe/notices?token={foreign}",
        f"/unsubscribe/notices?token={token[:-2]}",
        "/unsubscribe/notices",
        f"/unsubscribe?token={token}",
        f"/register?token={token}",
    ):
        assert somebody.open(path).status == 404, path


def choice(app):
    with app.app_context():
        db.session.rollback()
        return cast.person().inviter_notices


def test_mails_of_a_week_ago_are_forgotten(app, heard, travel):
    with app.app_context():
        acceptances.decline(cast.mailed_token(cast.invited()))
    heard()
    with app.app_context():
        sweeps.tidy()
        assert db.session.query(InviterNotice).count() == 1
        travel(days=8)
        sweeps.tidy()
        assert db.session.query(InviterNotice).count() == 0


def test_two_workers_at_once_tell_everything_once(app, smtp):
    with app.app_context():
        for number in range(5):
            acceptances.decline(cast.mailed_token(cast.invited(f"p{number}@example.org")))
    barrier = threading.Barrier(2)

    def work():
        with app.app_context():
            barrier.wait()
            notice_rounds.send_due()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with app.app_context():
        assert db.session.query(Delivery).filter_by(kind="declined").count() == 5


def test_summaries_come_at_eight_in_the_organizations_own_time(app):
    with app.app_context():
        acme = cast.organization()
        _set_zone("Asia/Tokyo")
        due = notice_rounds.next_summary(acme)
        assert due.astimezone(ZoneInfo("Asia/Tokyo")).hour == 8
        assert timedelta(0) < due - clock.now() <= timedelta(days=1)
        assert isinstance(due, datetime)


@transaction()
def _set_zone(name):
    cast.organization().time_zone = name


def test_a_restore_tells_nothing_that_may_have_been_told_since_the_backup(app, heard):
    with app.app_context():
        acceptances.decline(cast.mailed_token(cast.invited()))
        outbox_restored.doubt_waiting()
    assert heard() == []


@pytest.mark.parametrize(
    ("tag", "subject", "stop"),
    [
        ("de", "bo@example.org hat Ihre Einladung zu Acme abgelehnt", "Alle E-Mails über Personen"),
        ("ar", "رُفضت دعوتك إلى Acme من bo@example.org", "لإيقاف كل الرسائل"),
    ],
)
def test_inviters_read_it_in_their_own_language(tag, subject, stop, app, heard):
    with app.app_context():
        _speak(tag)
        acceptances.decline(cast.mailed_token(cast.invited()), reason="no")
    ((told, text),) = heard()
    assert told == subject
    assert stop in text


@transaction()
def _speak(tag):
    cast.person().language = tag


def test_a_mail_that_breaks_holds_up_no_other_inviters(app, monkeypatch, smtp):
    def breaks():
        raise RuntimeError("broken")

    with app.app_context():
        for slug in ("acme", "evil"):
            acceptances.decline(cast.mailed_token(cast.invited(slug=slug)))
        once(monkeypatch, notice_rounds, "_tell_each", breaks)
        with pytest.raises(RuntimeError, match="broken"):
            notice_rounds.send_due()
        outbox.drain()
    assert [mail.rcpt_to for mail in smtp.messages if mail.rcpt_to != [BO]] == [[cast.EVE]]
