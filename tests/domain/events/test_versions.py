"""Of two who change the same thing at the same moment, the second hears of the first."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.meanwhile import Queue, Somebody, once
from tests.support.together import at_once
from webapp.db import db
from webapp.domain import accounts, invitations, webhooks
from webapp.domain.events import versions
from webapp.domain.events.versions import ChangedMeanwhile, Seen
from webapp.domain.members import roles
from webapp.domain.organizations import settings
from webapp.models import Event

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def seen(row, *names):
    """What a form that shows these columns of a row would carry."""

    def facts_of(one):
        return {name: getattr(one, name) for name in names}

    return Seen(facts_of, [versions.mark(facts_of(row))])


def of_team(name, before):
    settings.change_team(
        cast.organization(), by=cast.person(), name=name, requires_second_factor=False, seen=before
    )


def of_invitations(days, before):
    settings.change_invitations(
        *(cast.organization(),),
        by=cast.person(),
        expiry_days=days,
        allowed_domains="",
        retention_days=None,
        seen=before,
    )


def of_email(hours, before):
    settings.change_email(
        *(cast.organization(),),
        by=cast.person(),
        reminders=True,
        reminder_hours=hours,
        reply_to_inviter=False,
        seen=before,
    )


def of_invitation(name, before):
    number = cast.invitation().id
    invitations.edit(cast.organization(), number, by=cast.person(), name=name, seen=before)


def of_role(role, before):
    roles.change_role(
        cast.organization(), cast.member().id, by=cast.person(), role=role, seen=before
    )


def of_webhook(name, before):
    acme = cast.organization()
    hook = webhooks.everyone(acme)[0]
    webhooks.change(
        acme, hook.id, by=cast.person(), url=hook.url, name=name, event_names=None, seen=before
    )


def of_profile(name, before):
    accounts.change_profile(cast.person(), full_name=name, username=None, seen=before)


# What each verb changes, in two ways; the row that it is about, and what a form shows of that.
CHANGES = {
    "team": (of_team, ("Acme One", "Acme Two"), cast.organization, ["name"]),
    "invitations": (of_invitations, (3, 14), cast.organization, ["expiry_days"]),
    "email": (of_email, (48, 72), cast.organization, ["reminder_hours"]),
    "invitation": (of_invitation, ("Bo", "Jo"), cast.invitation, ["role", "name"]),
    "role": (of_role, ("manager", "admin"), cast.member, ["role"]),
    "webhook": (
        *(of_webhook, ("One", "Two")),
        lambda: webhooks.everyone(cast.organization())[0],
        ["url", "name"],
    ),
    "profile": (of_profile, ("Priya One", "Priya Two"), cast.person, ["full_name"]),
}


@pytest.fixture(params=CHANGES)
def change(request):
    """A verb that changes something in one of two ways, and what two callers saw of it."""
    cast.invited()
    cast.webhook()
    verb, ways, find, names = CHANGES[request.param]
    before = seen(find(), *names)

    def value():
        db.session.rollback()
        row = find()
        db.session.refresh(row)
        return getattr(row, names[-1])

    return [lambda way=way: verb(way, before) for way in ways], ways, value


def test_who_comes_while_the_first_is_at_it_waits_and_is_refused(change, app, monkeypatch):
    (first, second), ways, value = change
    other, came_to = Somebody(Queue(app, monkeypatch), second), []
    # The first has just found that nothing has changed, and has not written yet.
    once(
        monkeypatch,
        versions,
        "refuse_changed",
        lambda: came_to.append(other.comes_to()),
        after=True,
    )
    first()
    assert came_to == ["waits"]
    assert other.outcome() == "ChangedMeanwhile"
    assert value() == ways[0]


def test_of_many_at_once_one_is_saved(change, app):
    acts, ways, value = change
    before = db.session.query(Event).count()
    outcomes = at_once(app, lambda number: acts[number % 2](), 4)
    # The same once more is no conflict: nothing is left to change.
    winner = ways.index(value())
    others = {outcomes[number] for number in range(4) if number % 2 != winner}
    assert others == {"ChangedMeanwhile"}
    assert {outcomes[number] for number in range(4) if number % 2 == winner} == {"done"}
    assert db.session.query(Event).count() == before + 1


def test_who_says_nothing_of_what_they_saw_is_let_through(change):
    (first, _), ways, value = change
    first()
    assert value() == ways[0]
    of_team("Acme Three", None)
    assert cast.organization().name == "Acme Three"


def test_the_refusal_says_what_is_there_and_who_did_it():
    before = seen(cast.organization(), "name")
    of_team("Acme One", before)
    of_email(48, None)  # a later change of other settings is not what stands in the way
    with pytest.raises(ChangedMeanwhile, match="Priya Shah changed the name to “Acme One”, on"):
        of_team("Acme Two", before)


def test_a_mark_is_the_same_for_what_a_browser_sends_back():
    assert versions.mark({"a": "x\ny", "b": None, "c": True, "d": ["q", "p"], "e": 7}) == (
        versions.mark({"a": "x\r\ny ", "b": "", "c": True, "d": ["p", "q"], "e": "7"})
    )
    marks = {versions.mark({"a": value}) for value in ("", "x", "x\ny", True, 7)}
    assert len(marks) == 5
