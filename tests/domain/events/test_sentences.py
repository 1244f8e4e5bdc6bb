"""What the trail tells in other languages than English, in which it was recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import cast
from webapp import clock, languages
from webapp.db import db, transaction
from webapp.domain import accounts, events, imports, invitations, outbox, texts, webhooks
from webapp.domain.audit import exports
from webapp.domain.audit.filters import EventFilters
from webapp.domain.deliverability import suppressions
from webapp.domain.events import names, recorded, sentences
from webapp.domain.invitations import acceptances
from webapp.domain.letters import placeholders
from webapp.domain.organizations import settings
from webapp.domain.privacy import own_copy, person_records
from webapp.domain.webhooks import stops
from webapp.models import Event

pytestmark = pytest.mark.usefixtures("in_app")

BO = "bo@example.org"


def test_every_name_of_an_event_is_in_the_catalogue():
    assert set(names.WORDS) == {texts.in_words(name) for name in events.EVENTS}


def change_settings():
    """Each setting one way and the other."""
    acme, priya = cast.organization(), cast.person()
    for name, factor in (("Salt and Pepper", True), ("Acme", False)):
        settings.require_second_factor(acme, factor)
        settings.change_team(acme, by=priya, name=name, requires_second_factor=factor)
    for days, domains, kept in ((3, "acme.example, example.org", 90), (None, None, None)):
        settings.change_invitations(
            acme, by=priya, expiry_days=days, allowed_domains=domains, retention_days=kept
        )
    for flag, hours, tag in ((False, 12, "ar"), (True, 48, None)):
        settings.change_email(
            acme,
            by=priya,
            reminders=flag,
            reminder_hours=hours,
            reply_to_inviter=flag,
            language=tag,
        )


def change_an_invitation():
    """All of it; and its owner wants no more mail."""
    made = cast.invited(BO)
    terms = {"role": "manager", "expiry_days": 14, "name": "Bo", "message": "Hi", "language": "de"}
    invitations.edit(cast.organization(), made.id, by=cast.person(), **terms)
    for email, reason in (("may@x.example", "unsubscribed"), ("di@x.example", "complained")):
        unsubscribe(cast.invited(email), reason)


@transaction()
def unsubscribe(made, reason):
    suppressions.by_owner(made, reason)


def change_a_webhook():
    """All of it, and how it stops."""
    acme, priya = cast.organization(), cast.person()
    hook = cast.webhook()
    url, told = "https://8.8.4.4/", ["SettingsChanged"]
    webhooks.change(acme, hook.id, by=priya, url=url, name="Wiki", event_names=told)
    webhooks.switch_off(acme, hook.id, by=priya)
    webhooks.switch_on(acme, hook.id, by=priya)
    webhooks.rotate_secret(acme, hook.id, by=priya)
    stop(hook, 410)
    stop(hook, 500)


@transaction()
def stop(hook, status):
    hook.failures, hook.failing_since = 20, clock.now() - timedelta(days=6)
    stops.consider(hook, status)


def take_copies():
    """Every kind of copy, a changed profile, and a list that is stopped."""
    acme, priya = cast.organization(), cast.person()
    exports.take(acme, "csv", EventFilters(), by=priya)
    made = cast.invited("kim@acme.example")
    acceptances.accept(cast.mailed_token(made), full_name="Kim", password="seven bars and a half")
    own_copy.export(cast.person("kim@acme.example"))
    person_records.export("kim@acme.example")
    accounts.change_profile(priya, full_name="P. Shah", username="priya")
    listed = cast.listed("new@example.org")
    imports.start(acme, listed.id, by=priya)
    imports.stop(acme, listed.id, by=priya)
    outbox.drain()


@pytest.mark.parametrize(
    "done", [change_settings, change_an_invitation, change_a_webhook, take_copies]
)
def test_all_that_is_recorded_in_words_is_told_in_the_readers_language(done):
    done()
    told = {event.told.get(key) for event in db.session.query(Event) for key in recorded.KEYS}
    assert len(told) > 1
    for text in filter(None, told):
        with languages.written_in("de"):
            shown = recorded.told(text)
        assert shown != text
        assert not {"the", "its", "to", "copy", "attempts"} & set(shown.split()), shown


def test_every_mail_that_can_be_rewritten_has_a_name_there():
    assert placeholders.KINDS.keys() <= recorded.NAMES.keys()


def event(name, actor="operator", **data):
    return Event(name=name, actor=actor, data=data)


@pytest.mark.parametrize(
    ("happened", "german"),
    [
        (event("RoleChanged", email=BO, role="admin"), f"Der Betreiber hat {BO} die Rolle Admin"),
        # Before invitations gave groups, and since.
        (event("InvitationCreated", email=BO, role="admin"), f"Der Betreiber hat {BO} eingeladen"),
        (
            event("InvitationCreated", email=BO, role="admin", groups="drivers, night"),
            f"Der Betreiber hat {BO} eingeladen, als Admin beizutreten, mit den Gruppen: drivers",
        ),
        (event("ImportStarted", rows=2000), "Der Betreiber hat begonnen, 2.000 Personen aus"),
        (event("ImportStarted"), "Der Betreiber hat begonnen, aus einer Liste einzuladen (nichts)"),
        (
            event("SettingsChanged", changed="the name to “A and B” and reminders to off"),
            "Der Betreiber hat den Namen in „A and B“ und die Erinnerungen auf „aus“ geändert.",
        ),
        (
            event("SettingsChanged", changed="what a later version says"),
            "Der Betreiber hat what a later version says geändert.",
        ),
        (event("InvitationOpened"), "Der Link für jemand wurde zum ersten Mal geöffnet."),
        (event("LaterThing", "invitee", a=1), "Later thing (Die eingeladene Person): a: 1."),
    ],
)
def test_a_sentence_is_german_to_the_end(happened, german):
    with languages.written_in("de"):
        assert sentences.sentence(happened, None).startswith(german)
        assert sentences.in_english(happened, None) == in_english_alone(happened)


def in_english_alone(happened):
    with languages.written_in("en"):
        return sentences.sentence(happened, None)
