"""The letters: whose words they carry, what they always say, and how they hold together."""

from __future__ import annotations

import re

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from tests import cast
from tests.domain.letters.test_bodies import TYPED
from tests.support.nu import NuChecker
from tests.support.page import text as words_of
from webapp import clock, languages
from webapp.db import db, transaction
from webapp.domain import letters, organizations, outbox
from webapp.domain.accounts import password_resets
from webapp.domain.deliverability import deliveries
from webapp.domain.invitations import acceptances, links, renewal_requests
from webapp.domain.letters import placeholders, templates
from webapp.domain.members import organization_setup, roles
from webapp.models import DailyCount, Delivery, MailDraft

PLACEHOLDER = re.compile(r"{{ \w+ }}")
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


@pytest.fixture(autouse=True)
def cleared(in_app):
    """Nothing waits: the cast's own mails are settled."""
    outbox.drain()


def own(kind, body="OWN TEXT\n\n{{ link }}", subject="OWN SUBJECT", slug="acme"):
    admin = cast.person(cast.PRIYA if slug == "acme" else cast.EVE)
    templates.save(
        cast.organization(slug), kind, by=admin, subject=subject, body=body, begun_from=0
    )


def newest(smtp, to=None):
    """The newest mail: subject, text and HTML."""
    outbox.drain()
    mails = [mail.message for mail in smtp.messages if to is None or mail.rcpt_to == [to]]
    parts = [mails[-1].get_body((kind,)).get_content() for kind in ("plain", "html")]
    return mails[-1]["Subject"], *(part.replace("\r\n", "\n") for part in parts)


@transaction()
def remind(invitation):
    """As whoever reminds queues it."""
    deliveries.to_invitee(invitation, "reminder")


def test_each_mail_of_an_invitation_takes_the_text_of_its_kind(smtp, travel):
    for kind in ("invitation", "reminder", "renewal"):
        own(kind, subject=f"OWN {kind}")
    made = cast.invited()
    assert newest(smtp)[0] == "OWN invitation"
    remind(made)
    assert newest(smtp)[0] == "OWN reminder"
    travel(days=8)
    renewal_requests.renew(cast.mailed_token(made))
    assert newest(smtp)[0] == "OWN renewal"
    assert cast.invited("eva@example.org", slug="evil")
    assert newest(smtp)[0] == "Eve Moran invites you to join Evil Corp"


def test_whatever_the_text_leaves_out_the_invitee_is_told_by_gatehouse(smtp):
    own("invitation", body="Hi.\n\n{{ link }}", subject="Hi")
    made = cast.invited()
    _, text, html = newest(smtp)
    for part in (text, words_of(html5lib.parse(html, namespaceHTMLElements=False))):
        assert "Priya Shah (priya@acme.example) invited bo@example.org to join Acme as a" in part
        assert f"It works once, until {clock.exact(made.expires_at)}." in part
        assert "Not for you? You can ignore this mail." in part
        assert "Sent by Gatehouse at gatehouse.test." in part
    assert "\n" + links.address(made, links.MAILED) + "\n" in text


def test_the_operators_invitation_names_nobody_and_says_it_plainly(smtp):
    organization_setup.found("nova", "Nova", "nina@nova.example")
    subject, text, html = newest(smtp)
    assert subject == "You are invited to join Nova as an admin"
    assert text.startswith("Hello,\n\nYou are invited to join Nova as an admin.\n")
    assert words_of(html5lib.parse(html, namespaceHTMLElements=False).find(".//h1")) == "Nova"
    assert "The operator of Gatehouse at gatehouse.test invited nina@nova.example" in text


def test_facts_without_a_value_leave_no_trace(smtp):
    cast.invited()
    _, text, html = newest(smtp)
    assert text.startswith("Hello,\n\nPriya Shah invites you")
    assert ">" not in text
    assert "<blockquote" not in html


@pytest.mark.parametrize("kind", ["invitation", "reminder", "renewal"])
def test_an_inviter_whose_name_is_unknown_is_left_out(smtp, travel, kind):
    made = organization_setup.found("nova", "Nova", "nina@nova.example")
    if kind == "reminder":
        remind(made)
    elif kind == "renewal":
        travel(days=8)
        renewal_requests.renew(cast.mailed_token(made))
    _, text, _ = newest(smtp)
    assert "to join Nova as an admin" in text
    assert "Nova invite" not in text
    assert "The operator of Gatehouse at gatehouse.test invited nina@nova.example" in text


def test_a_text_of_ones_own_greets_by_the_address_where_no_name_is_known(smtp):
    own("invitation", body="Dear {{ invitee }}: {{ inviter }}\n\n{{ link }}", subject="Hi")
    cast.invited()
    assert newest(smtp)[1].startswith("Dear bo@example.org: Priya Shah\n")


def test_long_names_leave_the_subject_short(smtp):
    organization_setup.found("nova", "Nova " * 19 + "Nova", "nina@nova.example")
    subject, text, _ = newest(smtp)
    assert len(subject) < 80
    assert subject.endswith("Nova… as an admin")
    assert "to join " + "Nova " * 20 + "as an admin." in text.replace("\n", " ")


class TestPasswordResets:
    """Their mail belongs to the account; an organization speaks only to its very own people."""

    def ask(self, smtp, email):
        outbox.drain()  # what was written before
        password_resets.request(email)
        with clock.ahead(seconds=password_resets.LONGEST_PAUSE.total_seconds()):
            return newest(smtp, email)

    def test_a_member_of_one_organization_alone_gets_its_text(self, smtp):
        own("reset", subject="OWN {{ organization }}")
        subject, text, html = self.ask(smtp, cast.CHEN)
        assert subject == "OWN Acme"
        assert text.startswith("OWN TEXT")
        assert "account of chen@acme.example on Gatehouse at gatehouse.test" in text
        assert words_of(html5lib.parse(html, namespaceHTMLElements=False).find(".//h1")) == "Acme"

    def test_an_organization_without_a_text_of_its_own_is_not_named(self, smtp):
        subject, text, html = self.ask(smtp, cast.CHEN)
        assert subject == "Set a new password for Gatehouse at gatehouse.test"
        assert "Acme" not in text + html

    def test_a_member_of_two_gets_the_built_in_one(self, smtp):
        own("reset")
        made = cast.invited(cast.CHEN, slug="evil")
        acceptances.join(cast.mailed_token(made), by=cast.person(cast.CHEN))
        assert "OWN TEXT" not in self.ask(smtp, cast.CHEN)[1]

    def test_so_does_somebody_deactivated_or_in_a_suspended_organization(self, smtp):
        own("reset")
        roles.deactivate(cast.organization(), cast.member(cast.CHEN).id, by=cast.person())
        assert "OWN TEXT" not in self.ask(smtp, cast.CHEN)[1]
        organizations.suspend(cast.organization())
        assert "OWN TEXT" not in self.ask(smtp, cast.MARCO)[1]

    def test_and_so_does_an_unverified_account_whose_name_nobody_vouches_for(self, smtp):
        own("reset")
        made = cast.invited(send=False)
        acceptances.accept(
            links.token(made, links.COPIED), full_name="Evil Name", password="seven bars and a half"
        )
        _, text, _ = self.ask(smtp, "bo@example.org")
        assert "OWN TEXT" not in text
        assert "Evil Name" not in text
        assert text.startswith("Hello,\n")


class TestWelcome:
    """Whoever joined by a mailed link hears where to come back to."""

    def join(self, email="bo@example.org"):
        made = cast.invited(email, role="manager", send=False)
        acceptances.accept(
            cast.mailed_token(made), full_name="Bo Lind", password="seven bars and a half"
        )

    def test_leads_to_the_organization_and_carries_no_secret(self, smtp):
        own("welcome", body="Hi {{ invitee }}, {{ role }}\n\n{{ link }}", subject="OWN welcome")
        self.join()
        subject, text, html = newest(smtp, "bo@example.org")
        assert subject == "OWN welcome"
        assert "Hi Bo Lind, a manager\n\nOpen Acme:\nhttp://gatehouse.test/orgs/acme\n" in text
        assert "token" not in text + html
        assert "bo@example.org joined Acme as a manager." in text

    def test_is_no_invitation_mail_of_the_five_a_day(self):
        self.join()
        counted = select(DailyCount.subject).where(DailyCount.kind == "mail")
        assert "bo@example.org" not in db.session.scalars(counted).all()

    def test_comes_too_when_somebody_joins_with_their_account(self, smtp):
        made = cast.invited(cast.EVE, send=False)
        acceptances.join(cast.mailed_token(made), by=cast.person(cast.EVE))
        assert newest(smtp, cast.EVE)[0] == "Welcome to Acme"

    def test_waits_while_the_organization_is_suspended(self, smtp):
        self.join()
        organizations.suspend(cast.organization())
        assert outbox.drain() == {}
        organizations.resume(cast.organization())
        assert newest(smtp, "bo@example.org")[0] == "Welcome to Acme"

    def test_is_not_sent_to_somebody_who_is_gone_again(self, smtp):
        self.join()
        member = cast.member("bo@example.org")
        roles.deactivate(cast.organization(), member.id, by=cast.person())
        assert outbox.drain() == {"skipped": 1}
        assert smtp.messages == []

    def test_an_unproved_mailbox_is_asked_to_confirm_instead(self, smtp):
        made = cast.invited(send=False)
        acceptances.accept(
            links.token(made, links.COPIED), full_name="Bo", password="seven bars and a half"
        )
        assert newest(smtp)[0] == "Confirm your address for Acme"
        assert len(smtp.messages) == 1


EVERY = (
    "# Hi {{ invitee }}\n\n{{ organization }}\n\n- {{ email }}\n\n> {{ organization }}\n\n"
    "{{ link }}"
)


@pytest.mark.parametrize("kind", placeholders.KINDS)
@pytest.mark.parametrize("body", [None, EVERY])
def test_the_html_part_is_valid_whole_and_brings_nothing_from_elsewhere(kind, body):
    built_in = templates.built_in(kind)
    draft = MailDraft(kind=kind, number=0, subject=built_in.subject, body=body or built_in.body)
    delivery = Delivery(recipient=cast.PRIYA, message_id="<x@gatehouse.test>")
    letter = letters.trial(delivery, draft, cast.organization(), cast.person())
    checker = NuChecker()
    assert checker.errors(letter.html) == []
    checker.close()
    page = html5lib.parse(letter.html, namespaceHTMLElements=False)
    assert page.get("lang") == "en"
    assert len(list(page.iter("h1"))) == 1
    assert not {e.tag for e in page.iter()} & {"img", "script", "link", "iframe", "form", "object"}
    assert "url(" not in letter.html
    assert "@import" not in letter.html
    addresses = {a.get("href") for a in page.iter("a")}
    assert len(addresses) == 1
    assert {*re.findall(r"https?://[^\s\"<]+", letter.text)} == addresses
    assert "prefers-color-scheme: dark" in letter.html


@given(value=TYPED)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_name_never_becomes_a_header_a_tag_or_a_link(app, value):
    facts = letters.Facts("invitation", value, dict.fromkeys(placeholders.MEANINGS, value))
    facts.values.update(link="https://gate.example/x", invited_by=value)
    wording = templates.Wording("{{ inviter }} {{ message }}", EVERY)
    delivery = Delivery(recipient=cast.PRIYA, message_id="<x@gatehouse.test>")
    letter = letters.letter(delivery, wording, facts)
    assert "\n" not in letter.subject
    page = html5lib.parse(letter.html, namespaceHTMLElements=False)
    assert {a.get("href") for a in page.iter("a")} == {"https://gate.example/x"}
    assert not {e.tag for e in page.iter()} & {"img", "script", "b", "input"}
    assert words_of(page.find(".//h1")) == " ".join(value.split())


@pytest.mark.parametrize(
    ("tag", "subject", "button", "direction"),
    [
        ("de", "Priya Shah lädt Sie ein, Acme beizutreten", "Einladung annehmen", "ltr"),
        ("ar", "يدعوك Priya Shah للانضمام إلى Acme", "قبول الدعوة", "rtl"),
    ],
)
def test_an_invitation_is_written_in_its_language(smtp, tag, subject, button, direction):
    invite_in(tag)
    written, text, html = newest(smtp)
    assert written == subject
    assert button in text
    assert f'<html lang="{tag}" dir="{direction}">' in html
    assert smtp.messages[-1].message["Content-Language"] == tag


def test_an_invitation_without_a_language_is_written_in_the_organizations(smtp):
    speak("de")
    invite_in(None)
    assert newest(smtp)[0] == "Priya Shah lädt Sie ein, Acme beizutreten"


def test_an_organizations_own_text_is_sent_in_every_language(smtp):
    own("invitation")
    invite_in("de")
    subject, text, _ = newest(smtp)
    assert (subject, "OWN TEXT" in text) == ("OWN SUBJECT", True)
    assert "Der Link ist nur für Sie" in text


@pytest.mark.parametrize(
    "kind", ["unsigned/invitation", *templates.TITLES, "confirmation", "notice"]
)
@pytest.mark.parametrize("tag", sorted(languages.LANGUAGES))
def test_every_built_in_text_names_the_same_facts_in_every_language(kind, tag):
    with languages.written_in("en"):
        english = templates.built_in(kind)
    with languages.written_in(tag):
        translated = templates.built_in(kind)
    assert (translated == english) is (tag == "en")
    for there, here in zip(english, translated, strict=True):
        assert sorted(PLACEHOLDER.findall(there)) == sorted(PLACEHOLDER.findall(here))


@transaction()
def invite_in(tag):
    cast.invited().language = tag


@transaction()
def speak(tag):
    cast.organization().language = tag
