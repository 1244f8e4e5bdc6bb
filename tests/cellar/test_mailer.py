"""Every answer of a mail server, and none, becomes the one Outcome it stands for."""

from __future__ import annotations

import smtplib
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app

from tests.support.smtp import DROP, SILENCE, Hold, ScriptedSMTP, self_signed
from webapp.mail_message import Letter
from webapp.mailer import Mailer, Outcome
from webapp.smtp import Result

SENT, DEFERRED, REFUSED = Result.SENT, Result.DEFERRED, Result.REFUSED
UNKNOWN, REFUSED_SIGN_IN = Result.UNKNOWN, Result.REFUSED_SIGN_IN
PASSWORD = "correct horse battery"


def letter(to: str = "marco@acme.test", **changes: Any) -> Letter:
    facts: dict[str, Any] = {
        "subject": "Priya invites you to Acme",
        "text": "Come in:\nhttps://gate.test/i/1\n",
        "html": "<p>Come in</p>",
        "message_id": "<1@gate.test>",
    }
    return Letter(to=to, **(facts | changes))


def mailer(server: ScriptedSMTP, **changes: Any) -> Mailer:
    settings: dict[str, Any] = {"from_email": "invitations@gate.test", "timeout": 10.0} | changes
    return Mailer(server=server.host, port=server.port, **settings)


def send(server: ScriptedSMTP, *letters: Letter, **settings: Any) -> list[Outcome]:
    with mailer(server, **settings).batch() as batch:
        return [batch.send(each) for each in letters or (letter(),)]


def results(outcomes: Sequence[Outcome]) -> list[Result]:
    return [outcome.result for outcome in outcomes]


def one(script: dict[str, Any], *letters: Letter, **settings: Any) -> Outcome:
    with ScriptedSMTP(script) as server:
        (outcome,) = send(server, *letters, **settings)
    return outcome


@pytest.fixture
def server() -> Iterator[ScriptedSMTP]:
    with ScriptedSMTP() as server:
        yield server


# What is sent


def test_a_letter_arrives_as_text_and_html_with_its_headers(server: ScriptedSMTP) -> None:
    (outcome,) = send(
        server, letter(sender_name="Acme", reply_to="priya@acme.test", language="de-CH")
    )

    assert outcome == Outcome(SENT, "250 2.0.0 queued as 1")
    (received,) = server.messages
    assert (received.mail_from, received.rcpt_to) == ("invitations@gate.test", ["marco@acme.test"])
    message = received.message
    headers = {name: str(value) for name, value in message.items()}
    assert headers.pop("Date").endswith("0000")
    assert headers.pop("Content-Type").startswith("multipart/alternative")
    assert headers == {
        "MIME-Version": "1.0",
        "Subject": "Priya invites you to Acme",
        "From": "Acme <invitations@gate.test>",
        "To": "marco@acme.test",
        "Message-ID": "<1@gate.test>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": "de-CH",
        "Reply-To": "priya@acme.test",
    }
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    bodies = {part.get_content_type(): part for part in message.walk()}
    text = bodies["text/plain"].get_content()
    assert text.splitlines() == ["Come in:", "https://gate.test/i/1"]
    assert bodies["text/html"].get_content().strip() == "<p>Come in</p>"


def test_without_a_name_the_sender_is_the_bare_address(server: ScriptedSMTP) -> None:
    send(server, letter())
    assert server.messages[0].message["From"] == "invitations@gate.test"


def test_every_try_has_the_same_message_id(server: ScriptedSMTP) -> None:
    for _ in range(2):
        send(server, letter(message_id=f"<{'long' * 40}@gate.test>"))
    ids = {received.message["Message-ID"] for received in server.messages}
    assert ids == {f"<{'long' * 40}@gate.test>"}


@pytest.mark.parametrize(
    "name", ["Acme, Inc.", 'Bob "the" <b@evil.test>', "Žižek & Söhne", "=?utf-8?q?x?="]
)
def test_a_senders_name_is_shown_as_it_is_and_stays_a_name(server: ScriptedSMTP, name: str) -> None:
    send(server, letter(sender_name=name))
    (address,) = server.messages[0].message["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "invitations@gate.test")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Acme", "Acme <invitations@gate.test>"),
        ("Acme, Inc.", '"Acme, Inc." <invitations@gate.test>'),
        ('The "Gate"', '"The \\"Gate\\"" <invitations@gate.test>'),
        ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <invitations@gate.test>"),
    ],
)
def test_a_plain_name_is_written_without_code(
    server: ScriptedSMTP, name: str, written: str
) -> None:
    send(server, letter(sender_name=name))
    assert message_from_bytes(server.messages[0].data)["From"] == written


def test_a_long_senders_name_goes_over_several_lines(server: ScriptedSMTP) -> None:
    send(server, letter(sender_name="名前 " * 40))
    raw = message_from_bytes(server.messages[0].data)["From"]
    assert raw.count("\n") > 2
    # Not the parser of EmailMessage: it puts spaces between the words of a folded name.
    assert str(make_header(decode_header(raw))) == "名前 " * 40 + "<invitations@gate.test>"


INJECTIONS = [
    "x\r\nBcc: eve@evil.test",
    "x\nBcc: eve@evil.test",
    "x\rBcc: eve@evil.test",
    "x\u2028Bcc: eve@evil.test\u0085Bcc: eve@evil.test\x0bBcc: eve@evil.test",
    "x\r\n\r\nBcc: eve@evil.test",
    "=?utf-8?q?x=0D=0ABcc=3A_eve@evil.test?=",
    f"{'long enough to be folded ' * 4}=?utf-8?q?x=0D=0ABcc=3A_eve@evil.test?= and so on",
    "\ud800\udc80 lone surrogates",
    "\u202eright to left",
]


@pytest.mark.parametrize("field", ["subject", "sender_name", "reply_to", "language", "message_id"])
@pytest.mark.parametrize("evil", INJECTIONS)
def test_no_field_can_add_a_header(server: ScriptedSMTP, field: str, evil: str) -> None:
    (outcome,) = send(server, letter(**{field: evil}))
    assert outcome.result is SENT
    (received,) = server.messages
    head = received.data.partition(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert len(names) == len(set(names))
    assert b"Bcc" not in names
    assert b"\r" not in head.replace(b"\r\n", b"") and b"\n" not in head.replace(b"\r\n", b"")
    assert "Bcc" not in received.message and "\u202e" not in str(received.message[field])
    assert received.rcpt_to == ["marco@acme.test"]


def test_an_encoded_word_in_a_subject_is_shown_as_typed(server: ScriptedSMTP) -> None:
    send(server, letter(subject="=?utf-8?q?free?= money"))
    assert server.messages[0].message["Subject"] == "=?utf-8?q?free?= money"


def test_any_text_survives_and_the_wire_stays_seven_bit_in_short_lines(
    server: ScriptedSMTP,
) -> None:
    text = ".\n..dots\r\n.\r\nFrom me\n" + "Grüße 🎉 " * 500 + "\x00\rend\n"
    send(server, letter(text=text, html="<p>" + "ü" * 5000 + "</p>", subject="Grüße " * 30))
    (received,) = server.messages
    assert received.data.isascii()
    assert max(map(len, received.data.split(b"\r\n"))) <= 998
    assert b"\n" not in received.data.replace(b"\r\n", b"")
    text_part, html_part = list(received.message.walk())[1:]
    assert text_part.get_content().splitlines() == text.splitlines()
    assert html_part.get_content().strip() == "<p>" + "ü" * 5000 + "</p>"


def test_a_lone_surrogate_in_a_body_is_no_reason_to_fail(server: ScriptedSMTP) -> None:
    assert results(send(server, letter(text="\ud800", html="\udc80"))) == [SENT]


def test_letters_need_no_app_and_ask_the_name_server_once_per_batch(
    server: ScriptedSMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def getfqdn(name: str = "") -> str:
        asked.append(name)
        return "gate.test"

    monkeypatch.setattr("socket.getfqdn", getfqdn)
    send(server, *[letter()] * 20)
    assert len(asked) == 2  # smtplib for EHLO, Flask-Mail for an id of its own: not per letter


def test_letters_are_the_same_inside_an_app_that_knows_nothing_of_mail(
    server: ScriptedSMTP,
) -> None:
    app = Flask("other")
    with app.app_context():
        assert results(send(server, letter())) == [SENT]
        assert current_app.name == "other"


# Addresses


def test_an_international_domain_goes_out_as_a_labels(server: ScriptedSMTP) -> None:
    send(server, letter("marco@straße.example", reply_to="priya@bücher.example"))
    (received,) = server.messages
    assert received.rcpt_to == ["marco@xn--strae-oqa.example"]
    assert received.message["To"] == "marco@xn--strae-oqa.example"
    assert received.message["Reply-To"] == "priya@xn--bcher-kva.example"


def test_letters_outside_ascii_before_the_at_use_smtputf8(server: ScriptedSMTP) -> None:
    letters = letter("jörg@acme.test", reply_to="zoë@acme.test"), letter(), letter("ø@acme.test")
    assert results(send(server, *letters)) == [SENT] * 3
    assert [received.rcpt_to[0] for received in server.messages] == [each.to for each in letters]
    used = ["SMTPUTF8" in line for line in server.commands if line.lower().startswith("mail")]
    assert used == [True, False, True]
    assert "To: jörg@acme.test\r\n".encode() in server.messages[0].data
    assert "Reply-To: zoë@acme.test\r\n".encode() in server.messages[0].data


def test_without_smtputf8_such_an_address_is_refused_and_the_others_are_sent() -> None:
    with ScriptedSMTP(extensions=["8BITMIME"]) as server:
        outcomes = send(server, letter("jörg@acme.test"), letter())
    assert results(outcomes) == [REFUSED, SENT]
    assert outcomes[0].words.endswith("takes only ASCII letters before the @ (no SMTPUTF8)")
    assert server.connections == 1


def test_a_reply_to_that_would_need_smtputf8_is_left_out(server: ScriptedSMTP) -> None:
    assert results(send(server, letter(reply_to="zoë@acme.test"))) == [SENT]
    assert "Reply-To" not in server.messages[0].message


@pytest.mark.parametrize(
    "address",
    ["", "marco", "@acme.test", "marco@", "a,b@acme.test", "marco(x)@acme.test", "a@b@acme.test",
     "marco@acme.test\r\nBcc: eve@evil.test", "marco@acme.test>\nRCPT TO:<eve@evil.test",
     "Marco <marco@acme.test>", "marco@ac\u2028me.test", "marco@ü..test", "\ud800@acme.test"],
)  # fmt: skip
def test_what_is_no_address_is_refused_before_a_connection_is_opened(
    server: ScriptedSMTP, address: str
) -> None:
    (outcome,) = send(server, letter(address))
    assert outcome.result is REFUSED
    assert outcome.words.startswith("Not an email address")
    assert server.connections == 0


@pytest.mark.parametrize("sender", ["", "gate.test", "jörg@gate.test", "a@b.test\r\nX: y"])
def test_a_sender_that_cannot_be_one_is_a_value_error(sender: str) -> None:
    with pytest.raises(ValueError):
        Mailer(server="127.0.0.1", from_email=sender)


# What the server answers


@pytest.mark.parametrize("command", ["RCPT TO", "DATA", "."])
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("421 4.3.0 closing", DEFERRED),
        ("450 4.2.0 greylisted", DEFERRED),
        ("451 4.3.0 local error", DEFERRED),
        ("452 4.2.2 full", DEFERRED),
        ("550 5.1.1 no such user", REFUSED),
        ("552 5.2.2 mailbox full", REFUSED),
        ("553 5.1.3 bad name", REFUSED),
        ("554 5.7.1 spam", REFUSED),
        ("530 5.7.0 sign in first", REFUSED_SIGN_IN),
    ],
)
def test_an_answer_about_the_recipient_or_the_message(
    command: str, answer: str, result: Result
) -> None:
    assert one({command: answer}) == Outcome(result, answer)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("421 4.3.0 closing", DEFERRED),
        ("451 4.3.0 later", DEFERRED),
        ("550 5.7.1 this sender is not allowed", DEFERRED),
        ("552 5.3.4 message too big", REFUSED),
        ("530 5.7.0 authentication required", REFUSED_SIGN_IN),
        ("535 5.7.8 who are you", REFUSED_SIGN_IN),
        ("538 5.7.11 encryption required", REFUSED_SIGN_IN),
    ],
)
def test_an_answer_about_the_sender_is_not_the_recipients_fault(
    answer: str, result: Result
) -> None:
    assert one({"MAIL FROM": answer}) == Outcome(result, answer)


def test_the_words_are_one_printable_line_of_at_most_500_characters() -> None:
    long = "550-5.1.1 no\x1b[31m such\x07 user\n550-5.1.1 \u202ereally\n550 5.1.1 " + "x" * 1000
    words = one({"RCPT TO": long}).words
    assert words.startswith("550 5.1.1 no [31m such user 5.1.1 really 5.1.1 xxx")
    assert len(words) == 500 and words.isprintable()


def test_any_answer_that_begins_with_a_2_is_a_yes() -> None:
    assert one({".": "200 fine"}) == Outcome(SENT, "200 fine")


@pytest.mark.parametrize(
    ("command", "result"),
    [("MAIL FROM", DEFERRED), ("RCPT TO", DEFERRED), ("DATA", DEFERRED), (".", UNKNOWN)],
)
@pytest.mark.parametrize("nonsense", ["HTTP/1.1 400 Bad Request", "777 jackpot"])
def test_an_answer_that_is_not_smtp_is_never_a_refusal(
    command: str, result: Result, nonsense: str
) -> None:
    with ScriptedSMTP({command: [nonsense]}) as server:
        outcomes = send(server, letter(), letter())
    assert results(outcomes) == [result, SENT]
    assert outcomes[0].words == f"127.0.0.1:{server.port} gave an answer that is not SMTP"
    assert server.connections == 2  # on the old one, answers and questions may be out of step


@pytest.mark.parametrize(("command", "answer"), [("MAIL FROM", "251 ok"), ("RCPT TO", "252 maybe")])
def test_a_yes_before_the_final_dot_that_smtplib_takes_for_a_no_is_not_sent(
    command: str, answer: str
) -> None:
    assert one({command: answer}).result is DEFERRED


def test_a_line_too_long_after_the_final_dot_is_unknown_not_a_500() -> None:
    assert one({".": "250 " + "x" * 9000}).result is UNKNOWN


# Connections


def test_a_batch_goes_over_one_connection(server: ScriptedSMTP) -> None:
    letters = [letter(f"user{number}@acme.test") for number in range(20)]
    assert results(send(server, *letters)) == [SENT] * 20
    assert server.connections == 1
    assert [received.rcpt_to for received in server.messages] == [[each.to] for each in letters]
    assert server.commands[-1].upper() == "QUIT"


def test_a_batch_without_letters_opens_no_connection(server: ScriptedSMTP) -> None:
    with mailer(server).batch():
        pass
    assert server.connections == 0


@pytest.mark.parametrize("command", ["RCPT TO", "DATA", "."])
def test_a_refused_recipient_does_not_disturb_the_next(command: str) -> None:
    with ScriptedSMTP({command: ["550 5.1.1 no"]}) as server:
        assert results(send(server, letter("eve@evil.test"), letter())) == [REFUSED, SENT]
    assert server.connections == 1
    assert [received.rcpt_to for received in server.messages] == [["marco@acme.test"]]


def test_after_421_the_next_letter_opens_a_new_connection() -> None:
    with ScriptedSMTP({"MAIL FROM": ["", "421 4.7.0 enough for now"]}) as server:
        outcomes = send(server, letter(), letter(), letter())
    assert results(outcomes) == [SENT, DEFERRED, SENT]
    assert [received.connection for received in server.messages] == [1, 2]


@pytest.mark.parametrize("command", ["MAIL FROM", "RCPT TO", "DATA"])
def test_a_connection_that_breaks_before_the_final_dot_is_deferred(command: str) -> None:
    with ScriptedSMTP({command: [DROP]}) as server:
        outcomes = send(server, letter(), letter())
    assert results(outcomes) == [DEFERRED, SENT]
    assert outcomes[0].words == f"Connection closed by 127.0.0.1:{server.port}"
    assert server.connections == 2


def test_a_connection_that_breaks_in_the_middle_of_the_message_is_deferred() -> None:
    # Larger than the buffers between the two, or the final dot would be handed over unread.
    big = letter(
        text="70 letters of the alphabet, and on, and on, and on, until it is full.\n" * 200_000
    )
    with ScriptedSMTP({"BODY": [DROP]}) as server:
        assert results(send(server, big, letter())) == [DEFERRED, SENT]
    assert len(server.messages) == 1


def test_a_connection_that_breaks_after_the_final_dot_is_unknown() -> None:
    with ScriptedSMTP({".": [DROP]}) as server:
        outcomes = send(server, letter(message_id="<lost@gate.test>"), letter())
    assert results(outcomes) == [UNKNOWN, SENT]
    assert outcomes[0].words == f"Connection closed by 127.0.0.1:{server.port}"
    assert server.messages[0].message["Message-ID"] == "<lost@gate.test>"  # it did arrive


def test_a_break_before_the_dot_is_deferred_even_when_the_last_letter_was_handed_over() -> None:
    with ScriptedSMTP({"MAIL FROM": ["", DROP]}) as server:
        assert results(send(server, letter(), letter())) == [SENT, DEFERRED]


def test_a_server_that_dies_with_the_message_in_its_hands_leaves_it_unknown() -> None:
    hold = Hold()
    outcomes: list[Outcome] = []
    with ScriptedSMTP({".": hold}) as server:
        sending = threading.Thread(target=lambda: outcomes.extend(send(server, letter())))
        sending.start()
        assert hold.reached.wait(10)
        server.stop()
        sending.join()
    assert results(outcomes) == [UNKNOWN]


@pytest.mark.parametrize(
    ("command", "result"),
    [("GREETING", DEFERRED), ("EHLO", DEFERRED), ("RCPT TO", DEFERRED), (".", UNKNOWN)],
)
def test_a_server_that_never_answers_costs_no_more_than_the_timeout(
    command: str, result: Result
) -> None:
    with ScriptedSMTP({command: SILENCE}) as server:
        (outcome,) = send(server, letter(), timeout=0.2)
    words = f"127.0.0.1:{server.port} did not answer in time"
    assert outcome == Outcome(result, words)


def test_all_the_answers_to_one_letter_share_one_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedSMTP({"RCPT TO": SILENCE}) as server:
        # A clock by which the answer to MAIL FROM took all but a tenth of a second.
        monkeypatch.setattr(
            "webapp.smtp.monotonic", lambda: 59.9 if len(server.commands) > 1 else 0
        )
        began = time.monotonic()
        assert results(send(server, letter(), timeout=60.0)) == [DEFERRED]
        assert time.monotonic() - began < 30


def test_the_answer_to_the_final_dot_has_a_timeout_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold = Hold()
    with ScriptedSMTP({".": hold}) as server:
        monkeypatch.setattr(
            "webapp.smtp.monotonic", lambda: 59.5 if len(server.commands) > 1 else 0
        )
        threading.Timer(0.7, hold.release.set).start()
        assert results(send(server, letter(), timeout=60.0)) == [SENT]


def test_every_letter_has_the_whole_timeout(
    server: ScriptedSMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("webapp.smtp.monotonic", lambda: now[0])
    server.script["RCPT TO"] = ["", hold := Hold()]
    with mailer(server, timeout=60.0).batch() as batch:
        assert batch.send(letter()).result is SENT
        now[0] = 1000.0
        threading.Timer(0.1, hold.release.set).start()
        assert batch.send(letter()).result is SENT


def test_a_refused_connection_breaks_the_batch_and_is_not_tried_again(
    server: ScriptedSMTP,
) -> None:
    server.stop()
    with mailer(server).batch() as batch:
        words = f"Connection refused by 127.0.0.1:{server.port}"
        assert batch.send(letter()) == Outcome(DEFERRED, words)
        assert batch.broken
        server.start()
        assert batch.send(letter()) == Outcome(DEFERRED, words)
    assert server.connections == 0


@pytest.mark.parametrize("script", [{"GREETING": "554 5.3.2 no service"}, {"EHLO": DROP}])
def test_a_server_that_will_not_begin_breaks_the_batch(script: dict[str, Any]) -> None:
    with ScriptedSMTP(script) as server, mailer(server).batch() as batch:
        assert results([batch.send(letter()), batch.send(letter())]) == [DEFERRED, DEFERRED]
        assert batch.broken
    assert server.connections == 1


def test_a_batch_is_broken_when_two_connections_in_a_row_are_lost() -> None:
    with ScriptedSMTP({".": DROP}) as server, mailer(server).batch() as batch:
        outcomes = [batch.send(letter()) for _ in range(4)]
        assert batch.broken
    assert results(outcomes) == [UNKNOWN, UNKNOWN, DEFERRED, DEFERRED]
    assert server.connections == 2


def test_a_batch_is_not_broken_by_a_server_that_takes_a_few_letters_at_a_time() -> None:
    script = {"MAIL FROM": ["", "421 4.7.0 enough"] * 5}
    with ScriptedSMTP(script) as server, mailer(server).batch() as batch:
        assert results([batch.send(letter()) for _ in range(10)]) == [SENT, DEFERRED] * 5
        assert not batch.broken


def test_an_unknown_server_name_is_deferred() -> None:
    for name in ("no-such-host.invalid", "smtp..invalid"):
        with Mailer(server=name, from_email="a@gate.test").batch() as batch:
            outcome = batch.send(letter())
        assert outcome.result is DEFERRED
        assert outcome.words.startswith(f"No connection to {name}:25: ")


def test_an_error_of_the_caller_ends_the_batch_without_quit(server: ScriptedSMTP) -> None:
    with pytest.raises(ZeroDivisionError), mailer(server).batch() as batch:
        batch.send(letter())
        raise ZeroDivisionError
    assert "quit" not in [line.lower() for line in server.commands]


@pytest.mark.parametrize("farewell", [DROP, "500 no"])
def test_what_the_server_says_to_quit_changes_nothing(farewell: Any) -> None:
    assert one({"QUIT": farewell}).result is SENT


def test_servers_that_know_only_helo_are_served() -> None:
    assert one({"EHLO": "502 5.5.2 what"}).result is SENT


# Signing in


def test_the_right_password_signs_in_once_for_the_batch() -> None:
    with ScriptedSMTP(accounts={"gate": PASSWORD}) as server:
        outcomes = send(server, letter(), letter(), username="gate", password=PASSWORD)
    assert results(outcomes) == [SENT, SENT]
    assert len([line for line in server.commands if line.startswith("AUTH")]) == 1


def test_a_wrong_password_breaks_the_batch_and_fails_nobody() -> None:
    with (
        ScriptedSMTP(accounts={"gate": "another"}) as server,
        mailer(server, username="gate", password=PASSWORD).batch() as batch,
    ):
        outcomes = [batch.send(letter()), batch.send(letter())]
        assert batch.broken
    assert outcomes == [Outcome(REFUSED_SIGN_IN, "535 5.7.8 wrong user name or password")] * 2
    assert server.connections == 1


def test_a_server_that_wants_a_sign_in_before_mail_breaks_the_batch(server: ScriptedSMTP) -> None:
    server.script["MAIL FROM"] = "530 5.7.0 authentication required"
    with mailer(server).batch() as batch:
        assert results([batch.send(letter()), batch.send(letter())]) == [REFUSED_SIGN_IN] * 2
        assert batch.broken
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("454 4.7.0 cannot look it up now", DEFERRED),
        ("421 4.7.0 too many tries", DEFERRED),
        (DROP, DEFERRED),
        ("534 5.7.9 too weak", REFUSED_SIGN_IN),
    ],
)
def test_only_a_5xx_to_auth_blames_the_password(answer: Any, result: Result) -> None:
    with ScriptedSMTP({"AUTH": answer}, accounts={"gate": "x"}) as server:
        (outcome,) = send(server, letter(), username="gate", password=PASSWORD)
    assert outcome.result is result


def test_a_server_without_auth_is_a_matter_of_our_settings() -> None:
    outcome = one({}, letter(), username="gate", password=PASSWORD)
    assert outcome.result is REFUSED_SIGN_IN
    assert (
        outcome.words == "Signing in is not possible: SMTP AUTH extension not supported by server."
    )


@pytest.mark.parametrize("code", ["535 5.7.8", "454 4.7.0"])
def test_a_server_that_repeats_the_password_does_not_get_it_into_the_words(code: str) -> None:
    plain = "AGdhdGUAY29ycmVjdCBob3JzZSBiYXR0ZXJ5"  # base64 of \0gate\0password
    answer = f"{code} what is {plain} or {PASSWORD}"
    with ScriptedSMTP({"AUTH": answer}, accounts={"gate": "x"}) as server:
        (outcome,) = send(server, letter(), username="gate", password=PASSWORD)
    assert outcome.words == f"{code} what is *** or ***"


def test_a_password_outside_ascii_is_named_but_not_shown() -> None:
    with ScriptedSMTP(accounts={"gate": "x"}) as server:
        (outcome,) = send(server, letter(), username="gate", password="pässword")
    assert outcome.result is REFUSED_SIGN_IN
    assert "not plain ASCII" in outcome.words and "ssword" not in outcome.words.split()


def test_debugging_flask_does_not_print_the_password(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with ScriptedSMTP(accounts={"gate": PASSWORD}) as server:
        assert results(send(server, username="gate", password=PASSWORD)) == [SENT]
    assert capfd.readouterr() == ("", "")


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("setting", ["use_tls", "use_ssl"])
def test_a_certificate_that_is_trusted_and_fits_is_used(
    certificate: tuple[ssl.SSLContext, Path], setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    how = {"starttls": context} if setting == "use_tls" else {"tls": context}
    with ScriptedSMTP(accounts={"gate": PASSWORD}, **how) as server:  # type: ignore[arg-type]
        outcomes = send(server, username="gate", password=PASSWORD, **{setting: True})
    assert results(outcomes) == [SENT]


@pytest.mark.parametrize("setting", ["use_tls", "use_ssl"])
def test_a_certificate_nobody_vouches_for_is_deferred_and_nothing_is_sent(
    certificate: tuple[ssl.SSLContext, Path], setting: str
) -> None:
    how = {"starttls": certificate[0]} if setting == "use_tls" else {"tls": certificate[0]}
    with ScriptedSMTP(accounts={"gate": PASSWORD}, **how) as server:  # type: ignore[arg-type]
        (outcome,) = send(server, username="gate", password=PASSWORD, **{setting: True})
    where = f"127.0.0.1:{server.port}"
    words = f"The certificate of {where} was not accepted: self-signed certificate. Nothing was"
    assert outcome.result is DEFERRED
    assert outcome.words.startswith(words)
    assert "SSL_CERT_FILE" in outcome.words
    assert server.messages == []
    assert not [line for line in server.commands if line.lower().startswith(("auth", "mail"))]


def test_a_certificate_of_another_host_is_deferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = self_signed(tmp_path, "elsewhere.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with ScriptedSMTP(tls=context) as server:
        (outcome,) = send(server, use_ssl=True)
    assert outcome.result is DEFERRED
    assert "127.0.0.1" in outcome.words.split("accepted:")[1]


def test_a_server_without_starttls_is_sent_nothing_in_clear() -> None:
    with ScriptedSMTP(accounts={"gate": PASSWORD}) as server:
        (outcome,) = send(server, use_tls=True, username="gate", password=PASSWORD)
    words = f"127.0.0.1:{server.port} does not offer STARTTLS, so nothing was sent"
    assert outcome.result is DEFERRED
    assert outcome.words.startswith(words)
    assert "MAIL_USE_TLS" in outcome.words
    assert {line.split()[0].lower() for line in server.commands} == {"ehlo"}


def test_a_starttls_that_is_refused_is_sent_nothing_in_clear(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    with ScriptedSMTP({"STARTTLS": "454 4.7.0 no TLS now"}, starttls=certificate[0]) as server:
        assert send(server, use_tls=True) == [Outcome(DEFERRED, "454 4.7.0 no TLS now")]
    assert server.messages == []


def test_a_server_that_speaks_no_tls_is_deferred(server: ScriptedSMTP) -> None:
    (outcome,) = send(server, use_ssl=True)
    assert outcome.result is DEFERRED
    assert outcome.words.startswith(f"No secure connection to 127.0.0.1:{server.port}: ")


# The scripted server keeps its own promises


def test_the_scripted_server_refuses_a_second_mail_before_rset(server: ScriptedSMTP) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        client.ehlo()
        assert [client.mail("a@gate.test")[0] for _ in range(2)] == [250, 503]
        client.rset()
        assert client.mail("a@gate.test")[0] == 250
