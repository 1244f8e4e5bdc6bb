"""The operator's commands, run as the operator does."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.config import ROOT
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.accounts import password_resets
from webapp.domain.invitations import acceptances, link_status
from webapp.models import Delivery, Event

pytestmark = pytest.mark.both_databases


def test_making_an_organization_prints_the_first_admins_link_alone_on_the_last_line(
    flask, app, browser
):
    done = flask("org", "create", "globex", "--name", "Globex", "--admin", "hank@globex.example")
    assert done.returncode == 0, done.stderr
    link = done.stdout.splitlines()[-1]
    assert link.startswith("http://gatehouse.test/register?token=")
    hank = browser()
    hank.open(link)
    assert hank.page.heading == "Join Globex"
    hank.send("/register", full_name="Hank Scorpio", password="seven bars and a half")
    assert hank.page.heading == "Invitations"
    assert "globex" in flask("org", "list").stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("acme", "--name", "A", "--admin", "x@y.example"), "already uses this slug"),
        (("A!", "--name", "A", "--admin", "x@y.example"), "2 to 40 lower-case"),
        (("good", "--name", " ", "--admin", "x@y.example"), "Enter the organization’s name"),
        (("good", "--name", "A", "--admin", "nonsense"), "not a complete email address"),
    ],
)
def test_what_a_rule_refuses_is_said_with_exit_code_1_and_nothing_is_made(flask, words, reason):
    done = flask("org", "create", *words)
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert "good" not in flask("org", "list").stdout


def test_the_operator_invites_anybody(flask, app):
    done = flask("invite", "create", "acme", "bo@example.org", "--role", "manager")
    assert done.returncode == 0, done.stderr
    token = done.stdout.splitlines()[-1].partition("token=")[2]
    with app.app_context():
        assert link_status.look(token).invitation.role == "manager"
    refused = flask("invite", "create", "nope", "bo@example.org")
    assert (refused.returncode, "no organization" in refused.stderr) == (1, True)


def test_suspending_closes_links_and_resuming_opens_them(flask, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
    assert flask("org", "suspend", "acme").returncode == 0
    with app.app_context():
        assert link_status.look(token).status == "closed"
    assert "suspended" in flask("org", "list").stdout
    assert flask("org", "resume", "acme").returncode == 0
    with app.app_context():
        assert link_status.look(token).status == "open"


def test_the_outbox_can_be_drained_by_hand(flask, app, smtp):
    with app.app_context():
        cast.invited()
    assert "1 sent" in flask("outbox", "drain").stdout
    assert "Nothing is due" in flask("outbox", "drain").stdout
    assert len(smtp.messages) == 1


def test_expiring_says_how_many(flask, app):
    assert flask("invite", "expire").stdout == "0 expired.\n"


def test_wrong_settings_stop_the_start_with_their_names(flask):
    done = flask("org", "list", SECRET_KEY="short", MAIL_PORT="x")
    assert done.returncode == 1
    assert "MAIL_PORT: should be a whole number" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_is_for_development_only(flask):
    assert flask("demo").returncode == 1


def test_the_database_is_as_the_models_say(flask):
    done = flask("db", "check")
    assert done.returncode == 0, done.stderr


def test_a_suppressed_address_is_listed_and_lifted(flask, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
        acceptances.decline(token, not_for_me=True)
    listed = flask("suppression", "list").stdout
    assert listed.startswith("acme\tbo@example.org\treported\t")
    assert flask("suppression", "lift", "acme", "BO@example.org").returncode == 0
    assert flask("suppression", "list").stdout == ""
    again = flask("suppression", "lift", "acme", "bo@example.org")
    assert (again.returncode, "is not blocked for acme" in again.stderr) == (1, True)


def test_several_addresses_are_lifted_with_a_reason_or_none_of_them(flask, app):
    people = ("ann@example.org", "bo@example.org")
    with app.app_context():
        for email in people:
            cast.suppressed(email)
    lift = ("suppression", "lift", "acme")
    wrong = flask(*lift, *people, "cy@example.org", "--reason", "They exist now")
    assert (wrong.returncode, "cy@example.org is not blocked" in wrong.stderr) == (1, True)
    assert flask("suppression", "list").stdout.count("acme\t") == 2
    done = flask(*lift, *people, "--reason", "They exist now")
    assert done.stdout.splitlines() == [f"acme can mail {email} again." for email in people]
    assert flask("suppression", "list").stdout == ""
    with app.app_context():
        rows = db.session.query(Event).filter_by(name="SuppressionLifted").order_by(Event.id)
        assert [row.told["reason"] for row in rows] == ["They exist now"] * 2
    assert flask(*lift).returncode == 2


def test_the_second_factor_can_be_required(flask, app):
    assert flask("org", "second-factor", "acme", "required").returncode == 0
    with app.app_context():
        assert cast.organization().requires_second_factor
    assert flask("org", "second-factor", "acme", "optional").returncode == 0
    with app.app_context():
        assert not cast.organization().requires_second_factor


@pytest.mark.parametrize(
    "message", [b"", b"\0\xff" * 100, b"x\n" * 5_000_000, b"Subject: hi\n\nyo"]
)
def test_what_is_no_report_is_taken_without_a_word_to_its_sender(flask, message):
    done = flask("mail", "bounce", input=message)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "nothing: this is not a report from a mail server\n"


def test_while_the_database_is_away_the_mail_server_keeps_a_report(flask, app):
    with app.app_context():
        cast.invited()
        outbox.drain()
        sent = db.session.query(Delivery).filter_by(recipient="bo@example.org").one().message_id
    report = (ROOT / "tests/domain/outbox/reports/postfix.eml").read_bytes()
    report = report.replace(b"@@MESSAGE-ID@@", sent.encode())
    for away in ("sqlite:////nowhere/gatehouse.db", "postgresql://u@127.0.0.1:1/gatehouse"):
        done = flask("mail", "bounce", input=report, DATABASE_URL=away)
        assert (done.returncode, done.stdout) == (75, "")
        assert "Traceback" not in done.stderr
    assert flask("mail", "bounce", input=report).stdout.startswith("bounced: ")
    listed = flask("suppression", "list").stdout
    assert listed.startswith("acme\tbo@example.org\tbounced\t")
    assert flask("suppression", "lift", "acme", "bo@example.org").returncode == 0
    assert flask("mail", "bounce", input=report).stdout.startswith("nothing: ")
    assert flask("suppression", "list").stdout == ""


@transaction()
def let_come_due():
    """The random pause of mails about accounts is over."""
    db.session.execute(db.text("UPDATE deliveries SET due_at = tried_since"))


def test_the_operator_sees_mails_by_state_and_why_account_mails_fail_and_nobodys_address(
    flask, app, smtp
):
    smtp.script["RCPT TO"] = "550 5.1.1 <marco@acme.example>: no such user"
    with app.app_context():
        outbox.drain()
        password_resets.request(cast.MARCO)
        cast.invited()
        let_come_due()
    seen = flask("outbox", "show").stdout
    assert "account mails\tqueued\t1" in seen
    assert "invitation mails\tqueued\t1" in seen
    assert "account mails\tdue since\t" in seen
    assert flask("outbox", "drain").returncode == 0
    seen = flask("outbox", "show").stdout
    assert "account mails\tfailed\t1" in seen
    assert "550 5.1.1 <…>: no such user" in seen
    assert "@" not in seen
