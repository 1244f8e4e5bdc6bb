"""Why an invitation has no answer, and what was refused at its form."""

from __future__ import annotations

import copy

import pytest

from tests import cast
from tests.support.smtp import DROP
from webapp import languages
from webapp.db import db
from webapp.domain import invitations, outbox
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.invitations import acceptances, diagnoses, refused_tries
from webapp.models import RefusedTry

pytestmark = pytest.mark.both_databases

GOOD = {"full_name": "Bo", "password": "seven bars and a half"}


@pytest.fixture(autouse=True)
def inside(in_app):
    outbox.drain()


def diagnosis(email="bo@example.org"):
    made = cast.invitation(email)
    return diagnoses.of(made, deliveries.of_invitation(made))


def told(found):
    return [tries.words for tries in found.tries]


def refused(made, verb=acceptances.accept, **typed):
    with pytest.raises(Refusal):
        verb(cast.mailed_token(made), **typed)


def reasons(made):
    return {one.reason: one.n for one in refused_tries.of(made)}


def test_a_mail_that_is_about_to_leave_is_waited_for(travel):
    cast.invited()
    assert diagnosis().words == "The mail is about to be sent."
    assert diagnosis().next == ("wait",)
    travel(minutes=6)
    assert "whether a worker and the scheduler are running" in diagnosis().words


def test_a_mail_server_that_asks_to_wait_or_refuses_our_sign_in_is_told(smtp):
    cast.invited()
    smtp.script["RCPT TO"] = "450 4.2.0 later"
    outbox.drain()
    assert "We keep trying for a day." in diagnosis().words
    smtp.script.clear()
    smtp.script["MAIL FROM"] = "535 5.7.8 no"
    cast.invited("ann@example.org")
    outbox.drain()
    assert "refuses our sign-in" in diagnosis("ann@example.org").words


@pytest.mark.parametrize(
    ("answer", "words", "next_"),
    [
        ({"RCPT TO": "550 5.1.1 nobody"}, "The mail could not be sent.", ("fix", "retry", "copy")),
        ({".": [DROP]}, "it may have arrived", ("ask", "retry", "copy")),
    ],
)
def test_a_mail_that_did_not_arrive_is_told_with_what_to_do(smtp, answer, words, next_):
    smtp.script.update(copy.deepcopy(answer))  # the server takes its answers out of lists
    cast.invited()
    outbox.drain()
    assert words in diagnosis().words
    assert diagnosis().next == next_


def test_an_invitation_without_a_mail_is_to_be_handed_over():
    cast.invited(send=False)
    assert diagnosis().next == ("copy", "resend")
    assert "No mail was sent with this link." in diagnosis().words


def test_a_person_who_read_nothing_and_one_who_only_looked_are_told_apart():
    made = cast.invited()
    outbox.drain()
    assert "nobody has opened the link" in diagnosis().words
    acceptances.link_status.note_opened(cast.mailed_token(made))
    assert "opened the link but have not joined" in diagnosis().words


def test_what_was_refused_at_the_form_is_counted_by_reason_and_nothing_typed_is_kept():
    made = cast.invited()
    outbox.drain()
    refused(made, full_name="", password="short")
    refused(made, full_name="Bo", password="password1234")
    assert reasons(made) == {"name": 1, "password": 2}
    assert "the password was refused" in diagnosis().words
    assert set(told(diagnosis())) == {
        "Somebody tried to join 2 times: the password or code was refused.",
        "Somebody tried to join once: the name was refused.",
    }
    kept = [value for row in db.session.query(RefusedTry) for value in vars(row).values()]
    assert "password1234" not in map(str, kept)


def test_whether_somebody_has_an_account_cannot_be_told_from_the_reasons():
    newcomer, eve = cast.invited(), cast.invited(cast.EVE)
    refused(newcomer, full_name="Bo", password="short")
    refused(eve, acceptances.join, by=None, password="not hers")
    assert reasons(newcomer) == reasons(eve) == {"password": 1}


def test_strangers_fill_no_table(app):
    made = cast.invited()
    for token in ("", "nonsense", cast.mailed_token(made)[:-3] + "abc"):
        with pytest.raises(Refusal):
            acceptances.accept(token, **GOOD)
    assert db.session.query(RefusedTry).count() == 0
    for _ in range(30):
        refused(made, full_name="", password="")
    assert db.session.query(RefusedTry).count() == 2
    assert set(reasons(made)) <= set(refused_tries.REASONS)


def test_a_link_that_had_ended_is_told_and_a_new_one_is_offered(travel):
    made = cast.invited()
    outbox.drain()
    travel(days=8)
    refused(made, **GOOD)
    found = diagnosis()
    assert found.words.startswith("The link expired before there was an answer.")
    assert found.next == ("resend",)
    assert told(found) == ["Somebody tried to join once: the link no longer worked."]


def test_an_address_that_is_not_mailed_is_told():
    reported = cast.invited("reported@example.org", send=False)
    acceptances.decline(cast.mailed_token(reported), not_for_me=True)
    assert diagnosis("reported@example.org") is None


def test_what_was_answered_or_revoked_is_not_stuck():
    made = cast.invited()
    acceptances.accept(cast.mailed_token(made), **GOOD)
    assert diagnosis() is None
    gone = cast.invited("gone@example.org")
    invitations.revoke(cast.organization(), gone.id, by=cast.person())
    assert diagnosis("gone@example.org") is None
    assert reasons(made) == {}


def test_it_is_said_in_the_readers_language():
    made = cast.invited()
    outbox.drain()
    refused(made, full_name="", password=GOOD["password"])
    refused(made, full_name="", password=GOOD["password"])
    with languages.written_in("de"):
        found = diagnosis()
        assert found.words == (
            "Ein Versuch beizutreten ist gescheitert: der Name wurde abgelehnt. "
            "Fragen Sie, was auf der Seite stand."
        )
        assert told(found) == ["Jemand hat 2-mal versucht beizutreten: der Name wurde abgelehnt."]
