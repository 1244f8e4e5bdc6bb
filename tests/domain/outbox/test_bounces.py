"""Mail that came back: believed when it is surely ours, and told where an admin looks."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests import cast
from tests.support.together import together
from webapp import signing
from webapp.config import Settings
from webapp.db import db
from webapp.domain import events, outbox
from webapp.domain.deliverability import deliveries, suppressions
from webapp.domain.errors import Refusal
from webapp.domain.invitations import acceptances, links, resends
from webapp.domain.operations import tallies
from webapp.domain.outbox import bounces, claims, preparation, return_paths, settlements
from webapp.domain.outbox.bounces import BounceOutcome, Reference
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.mailer import Outcome
from webapp.models import Delivery, Event, Suppression
from webapp.smtp import Result

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app", "cleared")]

REPORTS = Path(__file__).parent / "reports"
GIVEN_UP = "gave_up_waiting"
FAILURES = sorted(
    p.stem for p in REPORTS.glob("*.eml") if not p.stem.startswith(("nothing", GIVEN_UP))
)
NOTHINGS = {
    "nothing_delayed": BounceOutcome.NOT_FAILED,
    "nothing_delivered": BounceOutcome.NOT_FAILED,
    "nothing_relayed": BounceOutcome.NOT_FAILED,
    "nothing_expanded": BounceOutcome.NOT_FAILED,
    "nothing_about_another_address": BounceOutcome.ANOTHERS,
    "nothing_forged_with_the_address_alone": BounceOutcome.NOT_OURS,
    "nothing_forged_return_path": BounceOutcome.NOT_OURS,
    "nothing_out_of_office": BounceOutcome.NO_REPORT,
    "nothing_advertisement": BounceOutcome.NO_REPORT,
    "nothing_report_inside_a_returned_mail": BounceOutcome.NO_REPORT,
}
BO = "bo@example.org"


@pytest.fixture
def settings(settings):
    return {**settings, "BOUNCE_ADDRESS": "bounces@acme.example"}


@pytest.fixture
def cleared(in_app):
    outbox.drain()


def delivery(email=BO):
    db.session.rollback()
    query = db.session.query(Delivery).filter_by(recipient=email).order_by(Delivery.id.desc())
    return query.populate_existing().first()


def report(name, of):
    """A report as it comes in, about this mail."""
    headers = base64.encodebytes(f"Subject: x\nMessage-ID: {of.message_id}\n".encode())
    text = (REPORTS / f"{name}.eml").read_bytes()
    for mark, value in {
        b"@@MESSAGE-ID@@": of.message_id.encode(),
        b"@@RETURN-PATH@@": (return_paths.of(of.id) or "").upper().encode(),
        b"@@BASE64-HEADERS@@": headers.strip(),
        b"bo@example.org": of.recipient.encode(),
    }.items():
        text = text.replace(mark, value)
    return text


def mailed(email=BO, **wishes):
    """An invitation whose mail a server has taken."""
    made = cast.invited(email, **wishes)
    outbox.drain()
    return made


def told(invitation):
    return [event.name for event, _ in events.of_invitation(invitation)]


def suppressed():
    return [(one.email, one.reason) for one, _ in suppressions.everything()]


def everything():
    db.session.rollback()
    rows = [db.session.query(kind).count() for kind in (Event, Suppression)]
    return rows, [(d.id, d.state, d.words) for d in db.session.query(Delivery)]


@pytest.mark.parametrize("name", FAILURES)
def test_a_mail_servers_report_of_a_failure_is_told_and_ends_the_mail_to_its_address(name):
    bo = "bö@example.org" if name == "internationalized" else BO
    made = mailed(bo)
    assert bounces.take(report(name, delivery(bo))) is BounceOutcome.BOUNCED
    came_back = delivery(bo)
    assert came_back.state == "bounced"
    assert "5.1.1" in came_back.words
    assert cast.invitation(bo).delivery_state == "bounced"
    assert told(made)[-1] == "InvitationBounced"
    data = events.of_invitation(made)[-1][0].data
    assert data == {"email": bo, "message_id": came_back.message_id, "words": came_back.words}
    assert suppressed() == [(bo, "bounced")]
    with pytest.raises(Refusal, match="came back"):
        resends.resend(cast.organization(), made.id, by=cast.person())


@pytest.mark.parametrize(("name", "answer"), NOTHINGS.items())
def test_everything_else_changes_nothing(name, answer):
    mailed()
    before = everything()
    assert bounces.take(report(name, delivery())) is answer
    assert everything() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\n", b"\r\n"),
        (b"Return-Path: <>\n", b"From MAILER-DAEMON Sat Nov 21 09:12:04 2026\nReturn-Path: <>\n"),
        (b"Message-ID: ", b"Message-ID:\n "),
        (b"Final-Recipient: rfc822; bo@", b"Final-Recipient: RFC822;BO@"),
        (b"Action: failed", b"ACTION:FAILED"),
        (b"--4Xw1kC6LwLz9rv7.1795252324/mx.example.net--", b""),
    ],
)
def test_a_report_is_read_however_it_comes_in(before, after):
    mailed()
    raw = report("postfix", delivery()).replace(before, after)
    assert bounces.take(raw) is BounceOutcome.BOUNCED


def test_every_report_is_in_one_of_the_tables():
    assert {path.stem for path in REPORTS.glob("*.eml")} == set(FAILURES) | set(NOTHINGS) | {
        GIVEN_UP
    }


def test_the_servers_own_words_are_kept_and_a_link_that_they_quote_is_not():
    made = mailed()
    raw = report("postfix", delivery())
    assert bounces.take(raw) is BounceOutcome.BOUNCED
    assert delivery().words == (
        "550 5.1.1 <bo@example.org>: Recipient address rejected: "
        "User unknown in virtual mailbox table"
    )
    carl = mailed("carl@example.org")
    quoted = links.address(carl, links.MAILED)
    raw = report("postfix", delivery("carl@example.org")).replace(
        b"Recipient address rejected:", f"spam: {quoted}".encode()
    )
    assert bounces.take(raw) is BounceOutcome.RETURNED
    assert "register?token=…" in delivery("carl@example.org").words
    assert made.id != carl.id


def test_the_same_report_twice_is_one_event():
    made = mailed()
    raw = report("postfix", delivery())
    assert bounces.take(raw) is BounceOutcome.BOUNCED
    after = everything()
    assert bounces.take(raw) is BounceOutcome.KNOWN
    assert bounces.take(report("exim", delivery())) is BounceOutcome.KNOWN
    assert everything() == after
    assert told(made).count("InvitationBounced") == 1


def test_a_report_that_comes_again_after_the_operator_lifted_it_closes_nothing():
    mailed()
    raw = report("postfix", delivery())
    bounces.take(raw)
    suppressions.lift(cast.organization(), BO)
    assert bounces.take(raw) is BounceOutcome.KNOWN
    assert suppressed() == []


@pytest.mark.parametrize("known", ["sending", "unknown", "queued", "failed"])
def test_a_report_settles_a_mail_whatever_was_known_of_it(known):
    cast.invited()
    (claim,) = claims.take(10)
    assert preparation.prepare(claim) is not None
    results = {"unknown": Result.UNKNOWN, "queued": Result.DEFERRED, "failed": Result.REFUSED}
    if known in results:
        settlements.settle(claim, Outcome(results[known], "what was known"))
    assert delivery().state == known
    assert bounces.take(report("postfix", delivery())) is BounceOutcome.BOUNCED
    settlements.settle(claim, Outcome(Result.SENT, "250 ok"))
    assert delivery().state == "bounced"
    assert outbox.drain() == {}


def test_a_report_about_a_mail_before_a_resend_stops_the_later_mail_and_not_the_link(smtp):
    made = mailed()
    first = delivery()
    resends.resend(cast.organization(), made.id, by=cast.person())
    assert bounces.take(report("postfix", first)) is BounceOutcome.BOUNCED
    assert cast.invitation().delivery_state == "queued"
    outbox.drain()
    assert delivery().state == "suppressed"
    assert delivery().words == "This address can no longer be mailed."
    assert cast.invitation().delivery_state == "suppressed"
    assert cast.invitation().state == "pending"
    assert len(smtp.messages) == 1


def test_a_report_about_an_accounts_mail_marks_it_and_nothing_else():
    made = cast.invited()
    token = links.token(made, links.COPIED)
    acceptances.accept(token, full_name="Bo", password="seven bars and a half")
    outbox.drain()
    assert (delivery().kind, delivery().state) == ("confirmation", "sent")
    before = everything()[0]
    assert bounces.take(report("postfix", delivery())) is BounceOutcome.BOUNCED
    assert delivery().state == "bounced"
    assert everything()[0] == before


def test_an_address_that_came_back_for_one_organization_is_open_to_another():
    mailed()
    bounces.take(report("postfix", delivery()))
    mailed(slug="evil")
    assert delivery().state == "sent"


def test_what_an_addresss_owner_wants_overrules_that_mail_came_back():
    made = mailed()
    bounces.take(report("postfix", delivery()))
    reference = Reference(message_ids=(delivery().message_id,))
    said = [Recipient((BO,), False, "")]
    assert bounces.complain(reference, said) is BounceOutcome.SUPPRESSED
    assert bounces.complain(reference, said) is BounceOutcome.SUPPRESSED
    assert suppressed() == [(BO, "complained")]
    assert told(made).count("InvitationUnsubscribed") == 1
    other = [Recipient(("else@example.org",), False, "")]
    assert bounces.complain(reference, other) is BounceOutcome.ANOTHERS


def test_in_a_report_about_several_recipients_ours_alone_counts():
    mailed()
    reference = Reference(message_ids=(delivery().message_id,))
    both = [Recipient(("x@example.net",), True, "550 x"), Recipient((BO,), False, "450 wait")]
    assert bounces.bounce(reference, both) is BounceOutcome.NOT_FAILED
    assert delivery().state == "sent"


def test_the_envelope_sender_is_the_mails_own_and_the_letters_sender_stays(smtp):
    mailed()
    envelope = smtp.messages[0].mail_from
    assert envelope == return_paths.of(delivery().id)
    assert envelope == envelope.lower()
    assert len(envelope.partition("@")[0]) <= 64
    assert smtp.messages[0].message["From"] == "Acme <gatehouse@acme.example>"


def test_a_return_path_is_read_however_a_server_writes_it_and_no_other_is():
    mailed()
    number = delivery().id
    ours = return_paths.of(number)
    assert return_paths.read(ours.upper()) == number
    local, _, domain = ours.partition("@")
    for wrong in (
        "",
        "@",
        f"{local}@else.example",
        f"x{ours}",
        ours.replace(f"+{number}-", f"+{number + 1}-"),
        ours.replace(f"+{number}-", f"+0{number}-"),
        f"{local[:-1]}@{domain}",
        f"{local}é@{domain}",
        ours.replace("bounces", "other"),
    ):
        assert return_paths.read(wrong) is None


def test_return_paths_live_through_a_change_of_keys(make_app, settings):
    old = return_paths.of(7)
    changed = {"SECRET_KEY": "another-key-0123456789-0123456789", "SECRET_KEY_FALLBACKS": ""}
    with make_app(**{**changed, "SECRET_KEY_FALLBACKS": settings["SECRET_KEY"]}).app_context():
        assert return_paths.read(old) == 7
        assert return_paths.of(7) != old
    with make_app(**changed).app_context():
        assert return_paths.read(old) is None
        assert not signing.is_marked("another purpose", "7", signing.mark("a purpose", "7"))


def test_a_local_part_never_outgrows_what_servers_take():
    longest = "b" * 27 + "@acme.example"
    assert Settings.from_mapping(
        {"GATEHOUSE_ENV": "test", "BOUNCE_ADDRESS": longest.upper()}
    ).bounce_address.startswith("b" * 27)


def test_reports_settling_and_resending_at_the_same_moment_wait_for_each_other(app):
    for round in range(8):
        email = f"p{round}@example.org"
        made = cast.invited(email)
        (claim,) = claims.take(10)
        assert preparation.prepare(claim) is not None
        raw = report("postfix", delivery(email))
        outcomes = together(
            app,
            lambda raw=raw: bounces.take(raw),
            lambda raw=raw: bounces.take(raw),
            lambda claim=claim: settlements.settle(claim, Outcome(Result.SENT, "250 ok")),
            lambda made=made: resends.resend(cast.organization(), made.id, by=cast.person()),
        )
        assert not any(one.startswith("broken") for one in outcomes), outcomes
        first = db.session.query(Delivery).filter_by(recipient=email).order_by(Delivery.id).first()
        db.session.refresh(first)
        assert first.state == "bounced"
        assert told(made).count("InvitationBounced") == 1
        assert (email, "bounced") in suppressed()
        outbox.drain()
        assert cast.invitation(email).delivery_state in ("bounced", "suppressed")


def test_a_report_and_trying_again_at_the_same_moment(app):
    for round in range(5):
        email = f"q{round}@example.org"
        made = cast.invited(email)
        (claim,) = claims.take(10)
        preparation.prepare(claim)
        settlements.settle(claim, Outcome(Result.UNKNOWN, "broke"))
        number = delivery(email).id
        raw = report("postfix", delivery(email))
        outcomes = together(
            app,
            lambda raw=raw: bounces.take(raw),
            lambda made=made, n=number: resends.retry_mail(
                cast.organization(), made.id, n, by=cast.person()
            ),
        )
        assert not any(one.startswith("broken") for one in outcomes), outcomes
        assert delivery(email).state == "bounced"
        assert outbox.drain() == {}


def test_trying_a_failed_mail_again_is_refused_once_its_address_is_suppressed(smtp):
    smtp.script["RCPT TO"] = ["550 5.1.1 No such user", ""]
    made = mailed()
    failed = delivery()
    bounces.complain(Reference((failed.message_id,)), [Recipient((BO,), False, "")])
    with pytest.raises(Refusal, match="marked"):
        resends.retry_mail(cast.organization(), made.id, failed.id, by=cast.person())
    assert deliveries.of_invitation(made).rows[0].state == "failed"


def test_a_server_that_gave_up_fails_the_mail_and_shuts_nobody_out(smtp):
    made = mailed()
    raw = report(GIVEN_UP, delivery())
    assert bounces.take(raw) is BounceOutcome.GIVEN_UP
    failed = delivery()
    assert (failed.state, failed.blame, failed.settled_at is None) == ("failed", "gave_up", False)
    assert cast.invitation().delivery_state == "failed"
    assert told(made)[-1] == "InvitationSendFailed"
    assert bounces.take(raw) is BounceOutcome.KNOWN
    assert suppressed() == []
    resends.retry_mail(cast.organization(), made.id, failed.id, by=cast.person())
    assert (delivery().state, delivery().blame, delivery().code) == ("queued", None, None)
    outbox.drain()
    assert delivery().state == "sent"
    assert len(smtp.messages) == 2


OUR_FAULT = b"550 5.7.25 [192.0.2.7] The IP address has no PTR record"
FULL = b"552 5.2.2 The mailbox is full"


def returned(words, of):
    raw = report("postfix", of)
    status = words.split()[1]
    return raw.replace(b"Status: 5.1.1", b"Status: " + status).replace(
        b"550 5.1.1 <bo@example.org>: Recipient address rejected:\n    User unknown in virtual "
        b"mailbox table\n\n--4X",
        words + b"\n\n--4X",
    )


@pytest.mark.parametrize(("words", "blame"), [(OUR_FAULT, "sender"), (FULL, "mailbox")])
def test_what_is_not_the_addresss_fault_shuts_nobody_out_and_can_be_tried_again(words, blame):
    made = mailed()
    assert bounces.take(returned(words, delivery())) is BounceOutcome.RETURNED
    mail = delivery()
    assert (mail.state, mail.blame, mail.words) == ("bounced", blame, words.decode())
    assert told(made)[-1] == "InvitationBounced"
    assert suppressed() == []
    assert deliveries.of_invitation(made).rows[0].state == "bounced"
    resends.retry_mail(cast.organization(), made.id, mail.id, by=cast.person())
    outbox.drain()
    assert delivery().state == "sent"
    assert bounces.take(report("postfix", delivery())) is BounceOutcome.BOUNCED
    assert suppressed() == [(BO, "bounced")]
    with pytest.raises(Refusal, match="came back"):
        resends.retry_mail(cast.organization(), made.id, mail.id, by=cast.person())


def test_a_mail_that_came_back_counts_as_another_when_it_is_tried_again():
    made = mailed()
    for _ in range(4):
        bounces.take(returned(FULL, delivery()))
        resends.retry_mail(cast.organization(), made.id, delivery().id, by=cast.person())
        outbox.drain()
    bounces.take(returned(FULL, delivery()))
    with pytest.raises(Refusal, match="already been sent 5 mails"):
        resends.retry_mail(cast.organization(), made.id, delivery().id, by=cast.person())


def test_what_nobody_understands_is_noted_once_it_came_to_the_mails_own_return_path():
    mailed()
    letter = b"From: x@odd.example\nSubject: ?\nTo: %s\n\nWhat is this?\n"
    ours = letter % return_paths.of(delivery().id).encode()
    assert bounces.take(letter % b"gatehouse@acme.example") is BounceOutcome.NO_REPORT
    assert delivery().came_back_at is None
    before = everything()
    assert bounces.take(ours) is BounceOutcome.UNREAD
    assert everything() == before
    assert delivery().came_back_at is not None
    bounces.take(report("postfix", delivery()))
    assert bounces.take(ours) is BounceOutcome.KNOWN


def test_what_was_done_about_messages_is_counted_for_the_operator():
    before = tallies.counted("report")
    mailed()
    bounces.take(b"Subject: hello\n\nHello.\n")
    bounces.take(report("postfix", delivery()))
    bounces.take(report("exim", delivery()))
    after = tallies.counted("report")
    more = {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name)}
    assert more == {"no_report": 1, "bounced": 1, "known": 1}
