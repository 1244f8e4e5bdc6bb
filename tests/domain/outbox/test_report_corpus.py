"""The reports of tests/corpora/reports, each with what becomes of the mail that it is about.

They have the structure of what real servers send; names, addresses, hosts and texts are ours.
"""

from __future__ import annotations

import csv
import itertools

import pytest

from tests import cast
from webapp.config import ROOT
from webapp.db import db
from webapp.domain import events, outbox
from webapp.domain.deliverability import bounce_reading, suppressions
from webapp.domain.deliverability.bounce_rules import RULES
from webapp.domain.deliverability.faults import BLAMES, Blame, Cause
from webapp.domain.outbox import bounces, return_paths
from webapp.models import Delivery

REPORTS = ROOT / "tests/corpora/reports"
BO = "bo@example.org"
with (REPORTS / "expected.csv").open(newline="") as file:
    EXPECTED = list(csv.DictReader(file))
EVENTS = {"bounced": "InvitationBounced", "failed": "InvitationSendFailed"}


@pytest.fixture
def settings(settings):
    return {**settings, "BOUNCE_ADDRESS": "bounces@acme.example"}


def delivery():
    db.session.rollback()
    return db.session.query(Delivery).filter_by(recipient=BO).populate_existing().one()


def report(name, of):
    raw = (REPORTS / f"{name}.eml").read_bytes()
    for mark, value in (
        ("@@MESSAGE-ID@@", of.message_id),
        ("@@RETURN-PATH@@", return_paths.of(of.id)),
    ):
        raw = raw.replace(mark.encode(), value.encode())
    return raw


@pytest.mark.parametrize("expected", EXPECTED, ids=[row["report"] for row in EXPECTED])
def test_a_report_becomes_what_the_table_says(in_app, expected):
    outbox.drain()
    invitation = cast.invited(BO)
    outbox.drain()
    said = bounces.take(report(expected["report"], delivery()))
    mail = delivery()
    state = "noted" if mail.came_back_at else mail.state
    found = (state, *(getattr(mail, name) or "" for name in ("blame", "cause", "code")))
    assert found == tuple(expected[n] for n in ("state", "blame", "cause", "code")), (
        said,
        mail.words,
    )
    is_shut = [one.email for one, _ in suppressions.everything()] == [BO]
    assert is_shut == (expected["blame"] == "address")
    last = events.of_invitation(invitation)[-1][0]
    assert last.name == EVENTS.get(state, "InvitationSent")
    if state in EVENTS:
        assert mail.words
        assert last.data["words"] == mail.words


def test_the_corpus_is_complete():
    assert sorted(row["report"] for row in EXPECTED) == sorted(
        path.stem for path in REPORTS.glob("*.eml")
    )
    assert len(EXPECTED) >= 60
    assert len({row["server"] for row in EXPECTED}) >= 25


# RFC 3463 §3 and the registry that goes on with it: what is about the address, and nothing else.
ABOUT_THE_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.1.351", "5.4.310"}


def test_no_code_shuts_an_address_but_those_about_addresses():
    shut = set()
    for class_, subject, detail in itertools.product("245", range(10), range(1000)):
        status = f"{class_}.{subject}.{detail}"
        for words in ("", f"550 {status} x"):
            if bounce_reading.classify(status, words).blame is Blame.ADDRESS:
                shut.add(status)
    assert shut == ABOUT_THE_ADDRESS


@pytest.mark.parametrize(
    "code", ["5.0.0", "5.1.0", "5.1.1", "5.1.2", "5.2.1", "5.4.1", "5.7.1", "550"]
)
@pytest.mark.parametrize(
    ("words", "blame"),
    [
        ("The IP address has no PTR record; user unknown", Blame.SENDER),
        ("rejected: SPF check failed", Blame.SENDER),
        ("DKIM signature is not valid", Blame.SENDER),
        ("blocked using bl.blocklist.example", Blame.SENDER),
        ("Relaying denied", Blame.SENDER),
        ("Too many connections from your host", Blame.SENDER),
        ("Message contains a virus", Blame.SENDER),
        ("This message looks like spam", Blame.SENDER),
        ("Too many hops", Blame.SENDER),
        ("Mailbox full", Blame.MAILBOX),
        ("Message too large", Blame.MAILBOX),
        ("This account has been disabled", Blame.MAILBOX),
    ],
)
def test_words_about_the_sender_or_the_mailbox_outweigh_every_code(code, words, blame):
    status = code if "." in code else ""
    assert bounce_reading.classify(status, f"550 {code} {words}").blame is blame


@pytest.mark.parametrize("local", ["mailbox.full", "no-such-user", "spam", "user.unknown", "relay"])
def test_the_address_itself_is_no_word_of_the_answer(local):
    fault = bounce_reading.classify("5.0.0", f"550 <{local}@example.org>: rejected")
    assert fault.cause is Cause.UNCLEAR


def test_every_rule_has_its_source_and_every_cause_somebody_to_blame():
    assert all(rule.source for rule in RULES)
    assert all(rule.codes or rule.words for rule in RULES)
    assert {rule.cause for rule in RULES} | {Cause.PROVIDER, Cause.UNCLEAR} == set(Cause)
    assert set(BLAMES.values()) | {Blame.SENDER} == set(Blame)
