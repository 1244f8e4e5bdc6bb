"""What a later version of Gatehouse wrote, seen by this one: a rolling upgrade, or a way back.

No page breaks, no mail is lost, and nothing is granted by a word that is not known here.
"""

from __future__ import annotations

import json

import pytest

from tests import cast
from tests.api.conftest import Program
from tests.web.test_access import ROUTES
from webapp import clock
from webapp.db import db
from webapp.domain import imports, invitations, outbox
from webapp.domain.accounts import api_keys, bearers, notice_choices, password_resets
from webapp.domain.audit import exports, verification
from webapp.domain.audit.filters import EventFilters
from webapp.domain.deliverability import unsubscribes
from webapp.domain.errors import Refusal
from webapp.domain.imports import list_summaries, runs
from webapp.domain.invitations import acceptances, link_status, notice_rounds, reminders
from webapp.domain.letters import templates, trials
from webapp.domain.links import asks
from webapp.domain.members import (
    end_notices,
    end_sweep,
    review_answers,
    review_lines,
    review_rounds,
    reviews,
)
from webapp.domain.operations import gauges, job_runs, sweeps
from webapp.domain.organizations import access_settings, permissions
from webapp.domain.organizations.access_terms import Term
from webapp.domain.privacy import own_copy, person_erasures, person_records, retention
from webapp.domain.webhooks import deliveries, payloads, sending
from webapp.models import Event, Role, WebhookDelivery
from webapp.web.access import ACCESS, ANYONE

LATER = "laterword"
BO, MAY = "bo@example.org", "may@example.org"
# Every column that holds a word of ours, and which rows are changed. A new one belongs here.
WORDS = {
    "access_terms.role": "role = 'admin'",
    "join_links.role": "",
    "account_notices.event": "",
    "account_notices.actor": "",
    "events.name": "name IN ('InvitationCreated', 'SignedIn')",
    "events.actor": "",
    "memberships.role": "user_id = (SELECT id FROM users WHERE email = 'chen@acme.example')",
    "memberships.status": "user_id = (SELECT id FROM users WHERE email = 'chen@acme.example')",
    "organizations.color": "",
    "organizations.language": "",
    "users.language": "",
    "users.inviter_notices": "",
    "inviter_notices.outcome": "",
    "organizations.review_silence": "",
    "access_reviews.state": "",
    "access_reviews.silence": "",
    "access_review_lines.role": "",
    "access_review_lines.role_after": "",
    "access_review_lines.answer": "",
    "organizations.proposers": "",
    "requests.kind": "",
    "requests.state": "",
    "requests.role": "",
    "user_invitations.language": "",
    "user_invitations.role": "state = 'pending'",
    "user_invitations.state": "state = 'pending'",
    "user_invitations.delivery_state": "",
    "deliveries.kind": "",
    "deliveries.state": "state = 'failed'",
    "deliveries.blame": "",
    "deliveries.cause": "",
    "delivery_attempts.result": "",
    "bulk_imports.state": "",
    "bulk_imports.role": "",
    "bulk_import_rows.kind": "",
    "bulk_import_rows.role": "",
    "webhook_endpoints.state": "",
    "webhook_deliveries.state": "",
    "api_keys.scopes": "",
    "suppressions.reason": "",
    "refused_tries.reason": "",
    "mail_templates.kind": "",
    "mail_drafts.kind": "",
    "invitation_counts.state": "",
    "invitation_counts.delivery_state": "",
    "daily_counts.kind": "kind = 'mail'",
    "tallies.kind": "kind <> 'event'",
    "tallies.name": "name = 'InvitationAccepted'",
    "job_runs.name": "name = 'scheduler'",
}
# Strings that people or the outside world write, or that hold no word of ours.
FREE = {
    "groups",
    *("data", "email", "email_key", "name", "full_name", "username", "username_key", "slug"),
    *("message", "words", "subject", "body", "url", "file_name", "recipient", "decline_reason"),
    *("code", "receiver", "description", "time_zone", "groups", "access_until"),
    *("label", "code_secret", "code_digest", "home_url", "host"),
    *("kid", "private", "sub", "client_id", "backchannel_logout_uri", "redirect_uri", "nonce"),
    *("secret_digest", "old_secret_digest", "sid", "scope", "code_challenge"),
    *("access_digest", "family_digest", "refresh_digest"),
    *("reason", "answer", "address", "device", "message_id", "request_id", "lease", "digest"),
    "state_digest",
    *(
        "browser",
        "sealed",
        "token_hash",
        "password_hash",
        "prefix",
        "secret",
        "old_secret",
        "totp_secret",
        "id",
        "day",
    ),
    *("subject", "fingerprint", "erasure_key", "allowed_domains", "earlier_links", "keys"),
}


@pytest.fixture
def world(app, smtp):
    """Something in every table that holds a word; what addresses need of it."""
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        hook = cast.webhook()
        usual = {role.value: Term(default_days=30) for role in Role}
        access_settings.change(acme, by=priya, time_zone="UTC", terms=usual)
        forgotten = password_resets.address(cast.person(cast.CHEN)).partition("token=")[2]
        password_resets.reset(forgotten, password=cast.PASSWORD)  # its owner is told of it
        smtp.script[f"RCPT TO:<{MAY}>"] = ["550 5.1.1 No such user"]
        listed = cast.listed(f"{BO}, {MAY}, not an address")
        imports.start(acme, listed.id, by=priya)
        runs.run_due()
        text = {"subject": "Come", "body": "Hello\n\n{{ link }}"}
        templates.save(acme, "invitation", by=priya, begun_from=0, **text)
        trials.send(acme, "reminder", by=priya, begun_from=0, **text)
        outbox.drain()
        made = cast.invitation(BO)
        unsubscribes.unsubscribe(unsubscribes.address(made).partition("token=")[2])
        token = cast.mailed_token(made)
        with pytest.raises(Refusal):
            acceptances.accept(token, full_name="Bo", password="short")
        with clock.ahead(minutes=11):
            sweeps.sum_up()
        job_runs.note(job_runs.SCHEDULER)
        cast.invited("queued@example.org")
        review = reviews.start(acme, by=priya)
        line_ids = review_lines.ids(review, review_lines.LineFilters(), 1)
        review_answers.keep(acme, review.id, line_ids, by=priya)
        link = cast.join_link()
        asks.ask(cast.code_of(link), email="asks@example.org")
        return {
            "suppressed": cast.suppressed(),
            "id": made.id,
            "hook": hook.id,
            "told": deliveries.page(hook).rows[0][0].id,
            "list": listed.id,
            "key": cast.key().id,
            "token": token,
            "member": cast.member().id,
            "group": cast.group().slug,
            "application": cast.application().slug,
            "request": cast.request(role="manager").id,
            "link": link.id,
            "code": cast.code_of(link),
            "unsubscribe": unsubscribes.address(made).partition("token=")[2],
            "review": review.id,
            "notices": notice_choices.address(priya).partition("token=")[2],
        }


def plant(app, column, where="", value=LATER):
    """Write a later version's word there, past the checks of this version's tables."""
    table, _, name = column.partition(".")
    with app.app_context(), db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.execute("PRAGMA ignore_check_constraints = ON")
        changed = raw.execute(
            f"UPDATE {table} SET {name} = ?{' WHERE ' + where if where else ''}", (value,)
        )
        raw.execute("PRAGMA ignore_check_constraints = OFF")
        assert changed.rowcount > 0, f"nothing stands in {column}"


def with_key(app, secrets, scope):
    """A program with a key of Priya's for that scope."""
    with app.app_context():
        key = {"by": cast.person(), "name": "Staff list", "scopes": [scope], "days": 30}
        return Program(app, secrets, api_keys.create(cast.organization(), **key)[1])


def open_everything(app, browser, secrets, world):
    """Every page as an admin and as whoever holds a link, every list by API, and every file."""
    with app.app_context():
        token, _ = bearers.sign_in(cast.PRIYA, cast.PASSWORD)
    priya, caller = browser(cast.PRIYA, check=False), Program(app, secrets, token)
    pages = [(name, address) for name, (method, address, _) in ROUTES.items() if method == "GET"]
    for name, address in pages:
        somebody = browser(check=False) if ACCESS[name] == ANYONE else priya
        answer = somebody.open(address.format(**world), follow=False)
        assert answer.status < 500, address
    for address in (
        *("/orgs/acme/audit/trail.csv", f"/orgs/acme/audit?name={LATER}"),
        *(f"/orgs/acme/settings/email/health?kind={one}" for one in ("failed", "suppressed")),
        *(f"/orgs/acme/invitations?status={one}" for one in ("pending", "expired")),
        "/orgs/acme/members?status=deactivated",
    ):
        assert priya.open(address).status == 200, address
    for path in (
        *("/invitations", f"/invitations/{world['id']}", "/members", "/events", "/me"),
        *("/reports/invitations", f"/invitations/validate?token={world['token']}"),
    ):
        assert caller.get(path).status_code < 500, path


def do_everything(app):
    """Every job, what the operator sees, and one person's rights."""
    with app.app_context():
        for job in (
            *(outbox.drain, sending.send, runs.run_due, reminders.send_due),
            *(review_rounds.run, notice_rounds.send_due, list_summaries.send_due, outbox.drain),
            *(retention.erase_due, sweeps.expire, sweeps.tidy, sweeps.sum_up, gauges.take),
            *(end_sweep.sweep, end_notices.send_due),
        ):
            job()
        list(verification.everything())
        acme = cast.organization()
        for form in exports.FORMS:
            filters = EventFilters()
            assert list(exports.take(acme, form, filters, by=cast.person()))
        assert person_records.export(BO)["events"]
        assert own_copy.export(cast.person())
        person_erasures.erase(BO)


@pytest.mark.parametrize("number", range(4))
def test_no_page_and_no_job_breaks_at_words_of_a_later_version(
    number, app, browser, secrets, world
):
    for column in list(WORDS)[number::4]:  # neighbours apart: one could hide the other
        plant(app, column, WORDS[column])
    open_everything(app, browser, secrets, world)
    do_everything(app)


def test_no_page_and_no_job_breaks_at_other_data_of_events(app, browser, secrets, world):
    for number, data in enumerate(("null", "[]", "3", "{}", '{"later": [1], "email": {"a": 1}}')):
        plant(app, "events.data", f"id % 6 = {number}", data)
    open_everything(app, browser, secrets, world)
    do_everything(app)


def test_an_event_of_a_later_version_is_shown_by_its_name_and_found_by_it(
    app, browser, secrets, world
):
    plant(app, "events.name", f"invitation_id = {world['id']}", "BadgeCreated")
    plant(app, "events.data", "name = 'BadgeCreated'", '{"badge": "staff", "email": "<b>"}')
    priya = browser(cast.PRIYA)
    for address in ("/orgs/acme/audit?name=BadgeCreated", f"/orgs/acme/invitations/{world['id']}"):
        assert (
            "Badge created (Priya Shah): badge: staff, email: <b>."
            in priya.open(address).page.words
        )
    assert "accepted and joined" not in priya.open("/orgs/acme/audit?name=BadgeCreated").page.words
    caller = with_key(app, secrets, "audit:read")
    found = caller.get("/events?name=BadgeCreated").json["items"]
    assert found[0]["data"] == {"badge": "staff", "email": "<b>"}
    assert caller.get("/events?name=NoSuchThing").status_code == 422
    with app.app_context():
        told = db.session.query(WebhookDelivery).join(Event).filter(Event.name == "BadgeCreated")
        body = json.loads(payloads.body(told.first().event, cast.organization()))
        assert (body["type"], body["data"]["badge"]) == ("BadgeCreated", "staff")


def test_a_role_that_is_not_known_grants_nothing(app, browser, secrets, world):
    plant(
        app,
        "memberships.role",
        "user_id = (SELECT id FROM users WHERE email = 'marco@acme.example')",
    )
    marco = browser(cast.MARCO, check=False)
    for name, (method, address, _) in ROUTES.items():
        if ACCESS[name] in permissions.ALL:
            address = address.format(**world)
            answer = marco.open(address) if method == "GET" else marco.post(address, {})
            assert answer.status == 403, address
    with app.app_context():
        token, bearer = bearers.sign_in(cast.MARCO, cast.PASSWORD)
        assert bearer.scopes == []
    assert Program(app, secrets, token).get("/members").status_code == 403


@pytest.mark.parametrize("column", ["state", "role"])
def test_an_invitation_that_is_not_understood_lets_nobody_in_and_loses_no_mail(
    column, app, browser, smtp
):
    with app.app_context():
        made = cast.invited(BO)
        token, before = cast.mailed_token(made), getattr(made, column)
    plant(app, f"user_invitations.{column}", f"id = {made.id}")
    answer = browser().open(f"/register?token={token}")
    assert answer.status == 410
    with app.app_context():
        with pytest.raises(link_status.Gone):
            acceptances.accept(token, full_name="Bo Lind", password=cast.PASSWORD)
        outbox.drain()
        assert not smtp.messages
    plant(app, f"user_invitations.{column}", f"id = {made.id}", before)
    with app.app_context(), clock.ahead(minutes=10):
        outbox.drain()
        assert [str(one.message["To"]) for one in smtp.messages] == [BO]
        assert acceptances.accept(token, full_name="Bo Lind", password=cast.PASSWORD)


def test_a_reason_that_is_not_known_is_a_reason_not_to_mail(app, world):
    plant(app, "suppressions.reason")
    with app.app_context(), pytest.raises(Refusal, match="cannot mail this address"):
        invitations.revoke(cast.organization(), world["id"], by=cast.person())
        cast.invited(BO)


def test_a_scope_that_is_not_known_gives_a_key_no_more(app, secrets):
    caller = with_key(app, secrets, "members:read")
    plant(app, "api_keys.scopes", value="members:read everything:write")
    assert caller.get("/me").json["scopes"] == ["members:read"]
    assert caller.get("/invitations").status_code == 403
