"""An organization's own texts: versions, two admins at once, tests to oneself."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.together import at_once
from webapp.db import db
from webapp.domain import organizations, outbox
from webapp.domain.errors import Forbidden, NotFound, Refusal, Refusals
from webapp.domain.events import OPERATOR, sentences
from webapp.domain.letters import templates, trials
from webapp.domain.letters.wordings import Wording
from webapp.domain.members import roles
from webapp.domain.operations import sweeps
from webapp.models import Delivery, Event, MailDraft, MailTemplate

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BODY = "Come in, {{ invitee }}\n\n{{ link }}"


def save(kind="invitation", *, by=None, subject="Join us", body=BODY, begun_from=0, slug="acme"):
    return templates.save(
        cast.organization(slug),
        kind,
        by=by or cast.person(),
        subject=subject,
        body=body,
        begun_from=begun_from,
    )


def present(kind="invitation", slug="acme"):
    db.session.rollback()
    return templates.present(cast.organization(slug), kind)


def recorded():
    db.session.rollback()
    query = db.session.query(Event, Event.name).filter_by(name="TemplateChanged")
    return [event for event, _ in query.order_by(Event.id)]


@pytest.mark.parametrize("email", [cast.EVE, cast.MARCO, cast.CHEN])
def test_nobody_but_an_admin_of_the_organization_changes_its_texts(email):
    acme, somebody = cast.organization(), cast.person(email)
    with pytest.raises(Forbidden):
        save(by=somebody)
    with pytest.raises(Forbidden):
        templates.back_to_default(acme, "invitation", by=somebody, begun_from=0)
    with pytest.raises(Forbidden):
        trials.send(acme, "invitation", by=somebody, subject="x", body=BODY, begun_from=0)
    assert db.session.query(MailTemplate).count() == 0
    assert recorded() == []


def test_another_organization_sees_and_keeps_its_own():
    save()
    assert present().wording == Wording("Join us", BODY)
    assert present(slug="evil").wording == templates.built_in("invitation")
    evil = cast.organization("evil")
    assert templates.versions(evil, "invitation") == []
    with pytest.raises(NotFound):
        templates.version(evil, "invitation", 1)
    with pytest.raises(NotFound):
        templates.use_again(evil, "invitation", 1, by=cast.person(cast.EVE), begun_from=0)


def test_every_change_is_a_version_and_on_record():
    assert save()
    assert save(subject="Join Acme", begun_from=1)
    kept = templates.versions(cast.organization(), "invitation")
    assert [version.number for version in kept] == [2, 1]
    assert present().version.author.email == cast.PRIYA
    assert [event.data for event in recorded()] == [
        {"kind": "invitation", "number": 1},
        {"kind": "invitation", "number": 2},
    ]
    assert sentences.sentence(recorded()[0], cast.person()) == (
        "Priya Shah changed the text of the invitation mail (version 1)."
    )


def test_what_is_mailed_already_makes_no_version():
    save()
    assert not save(body=BODY + "\r\n\r\n", subject=" Join us ", begun_from=1)
    assert not templates.use_again(
        cast.organization(), "invitation", 1, by=cast.person(), begun_from=1
    )
    assert present().number == 1
    assert not templates.back_to_default(
        cast.organization(), "reset", by=cast.person(), begun_from=0
    )
    assert len(recorded()) == 1


def test_what_is_refused_changes_nothing():
    save()
    with pytest.raises(Refusals):
        save(body="no link", begun_from=1)
    assert present().wording.body == BODY
    with pytest.raises(NotFound):
        save("confirmation")


def test_back_to_the_default_is_a_version_and_so_is_using_one_again():
    acme, priya = cast.organization(), cast.person()
    save()
    assert templates.back_to_default(acme, "invitation", by=priya, begun_from=1)
    assert present().wording == templates.built_in("invitation")
    assert (present().is_own, present().number) == (False, 2)
    assert templates.use_again(acme, "invitation", 1, by=priya, begun_from=2)
    assert (present().is_own, present().wording.body) == (True, BODY)
    assert templates.use_again(acme, "invitation", 2, by=priya, begun_from=3)
    assert [v.is_default for v in templates.versions(acme, "invitation")] == [
        *(True, False, True, False)
    ]


def test_a_text_like_the_built_in_one_stays_ones_own():
    built_in = templates.built_in("welcome")
    assert save("welcome", subject=built_in.subject, body=built_in.body)
    assert present("welcome").is_own


def test_the_operator_changes_texts_too():
    assert save(by=OPERATOR)
    assert present().version.author is None


def test_a_suspended_organization_changes_nothing():
    organizations.suspend(cast.organization())
    with pytest.raises(Refusal, match="suspended"):
        save()


def test_who_wrote_on_an_older_version_is_told():
    save()
    with pytest.raises(Refusal, match="Someone changed this template") as caught:
        save(subject="Mine")
    assert caught.value.facts == {"newer": 1}
    with pytest.raises(Refusal, match="Someone changed"):
        templates.back_to_default(cast.organization(), "invitation", by=cast.person(), begun_from=0)
    with pytest.raises(Refusal, match="Someone changed"):
        save(subject="Mine", begun_from=2)  # one that is not there yet
    assert present().wording.subject == "Join us"
    assert save(subject="Mine", begun_from=1)


def test_of_two_admins_at_once_one_is_told(app):
    acme = cast.organization()
    roles.change_role(acme, cast.member(cast.MARCO).id, by=cast.person(), role="admin")
    both = (cast.PRIYA, cast.MARCO)
    said = []

    def write(number):
        try:
            save(by=cast.person(both[number]), subject=f"By {both[number]}")
        except Refusal as refusal:
            said.append(refusal.message)
            raise

    assert at_once(app, write, 2).count("done") == 1
    assert [message.startswith("Someone changed this") for message in said] == [True]
    assert present().number == 1
    assert len(recorded()) == 1


def send_test(**changed):
    wishes = {"subject": "Join {{ organization }}", "body": BODY, "begun_from": 0, **changed}
    return trials.send(cast.organization(), "invitation", by=cast.person(), **wishes)


def test_a_test_goes_to_the_admin_alone_and_changes_nothing(smtp):
    outbox.drain()
    send_test()
    assert outbox.drain() == {"sent": 1}
    mail = smtp.messages[-1]
    assert mail.rcpt_to == [cast.PRIYA]
    assert mail.message["Subject"] == "Test: Join Acme"
    text = mail.message.get_body(("plain",)).get_content()
    assert "Come in, Bo Lind" in text
    assert "This is a test that only you received." in text
    assert "http://gatehouse.test" not in text
    assert "token=" not in text
    assert present().version is None
    assert recorded() == []


def test_tests_are_checked_and_counted():
    with pytest.raises(Refusals):
        send_test(body="no link")
    for _ in range(trials.SHARE.most):
        send_test()
    with pytest.raises(Refusal, match="20 tests today"):
        send_test()
    assert db.session.query(Delivery).filter_by(kind="test").count() == 20


def test_a_text_that_was_tried_is_its_writers_alone_and_forgotten_in_time(travel):
    outbox.drain()
    acme = cast.organization()
    sent = send_test()
    assert trials.find(acme, "invitation", sent, by=cast.person()).body == BODY
    for wrong in (
        (acme, "reset", sent, cast.person()),
        (acme, "invitation", sent + 1, cast.person()),
        (acme, "invitation", sent, cast.person(cast.MARCO)),
        (cast.organization("evil"), "invitation", sent, cast.person()),
    ):
        with pytest.raises(NotFound):
            trials.find(*wrong[:3], by=wrong[3])
    travel(days=6)
    sweeps.tidy()
    assert db.session.query(MailDraft).count() == 1
    travel(days=2)
    sweeps.tidy()
    assert db.session.query(MailDraft).count() == 0
    assert outbox.drain() == {"skipped": 1}
    assert db.session.get(Delivery, sent).state == "suppressed"
