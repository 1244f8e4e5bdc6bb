"""One event per action: whatever writes something for a person is on record.

Read from the code, so that a new verb is asked, too; that each action leaves exactly one event is
tried in tests/domain/events/test_events.py.
"""

from __future__ import annotations

import pytest

from tests.support import calls

RECORDS = {("webapp.domain.events", "record"), ("webapp.domain.events", "record_many")}
# Transactions without an event: nobody's action, or a part of one that is on record elsewhere.
UNRECORDED = {
    **dict.fromkeys(
        (
            *(
                "events.owner_notices.forget",
                "invitations.notice_rounds.forget",
                "imports.unstarted.forget",
                "accounts.idempotency.forget",
            ),
            *(
                "accounts.kept_forms.forget",
                "letters.trials.forget",
                "outbox.provider_events.forget",
                "openid.key_upkeep.forget",
                "openid.visits.forget",
            ),
            "applications.visits._forget_batch",
            *("quotas.forget_before_today", "webhooks.deliveries._forget_batch"),
        ),
        "forgets what is of no use any more",
    ),
    **dict.fromkeys(
        (
            *(
                "accounts.api_keys.used",
                "organizations.memberships.seen",
                "organizations.memberships.signed_in",
                "accounts.sessions.used",
                "accounts.sessions.use_organization",
            ),
            *("operations.job_runs._note", "invitations.refused_tries._note"),
            *("outbox.bounces._note", "outbox.bounces.count"),
        ),
        "notes that something was used or tried",
    ),
    **dict.fromkeys(("invitations.counts._sum_up", "operations.tallies.sum_up"), "adds up figures"),
    **dict.fromkeys(
        (
            *("deliverability.erasure_keys._renew", "events.seals._renew", "links.codes._renew"),
            "openid.keys._renew",
        ),
        "encrypts a key or a code anew",
    ),
    **dict.fromkeys(
        (
            *(
                "outbox.claims.take",
                "outbox.settlements.put_off",
                "outbox.claims._renew",
                "outbox.claims.release",
                "outbox.preparation.prepare",
            ),
            *("imports.runs._take", "imports.runs._release", "imports.runs._enqueue"),
            *("webhooks.claims.take", "webhooks.attempts.prepare", "webhooks.claims.release"),
            *("links.answers._put_off", "webhooks.sending._enqueue"),
            *("deliverability.deliveries.lift_hold", "members.review_rounds._remind"),
            *("invitations.notice_rounds._tell", "imports.list_summaries._look"),
            "requests.telling._tell",
        ),
        "workers share out what was queued by an action on record",
    ),
    **dict.fromkeys(
        (
            "accounts.idempotency._begin",
            "accounts.idempotency.let_go",
            "accounts.idempotency.settle",
        ),
        "keeps a request's answer; the verb inside is on record",
    ),
    **dict.fromkeys(
        (
            *("imports._create", "imports._add", "imports._finish_reading"),
            *("imports.list_files._begin", "imports.list_files._add"),
            *("imports.choosing._begin_again", "imports.choosing._remember"),
        ),
        "a preview, dropped after a day unless it is started, which is on record",
    ),
    **dict.fromkeys(
        (
            "accounts.kept_forms.keep",
            "accounts.kept_forms.drop",
            "accounts.kept_forms.drop_of_others",
        ),
        "what was typed, for an hour, until it is sent again",
    ),
    **dict.fromkeys(
        (
            *("operations.erased_again._take_over_keys", "outbox.restored.doubt_waiting"),
            "operations.shut_out_again._take_over_suppressions",
            "operations.shut_out_again._sign_in_as_since",
            *("operations.applications_again.restore_clients", "openid.key_upkeep.withdraw"),
        ),
        "a part of a restore, which is on record in every organization",
    ),
    "openid.logouts._settle": "a part of a visit, which is on record",
    "openid.logouts._take": "workers share out what was queued by an action on record",
    "openid.keys._rotate": "the installation's key, no organization's",
    "applications.visits.begin": "a code, which becomes a visit within a minute or nothing",
    "applications.visits.end": "its owner's own visit; the session is what is on record",
    "requests.asks._ask": "a worker puts it on record, so that every address takes the same time",
    "accounts.sessions.start": "a part of signing in or joining",
    "letters.trials.send": "mails the admin's own text to the admin, and changes nothing",
}
# Views that write nothing that is on record.
SILENT = {
    "web.language.choose": "a cookie in the reader's own browser",
    "web.arrival.dismiss": "a cookie in the reader's own browser",
    "web.csp_reports.take": "writes nothing",
    "web.openid.authorize_by_post": "writes nothing",
    "web.openid_tokens.token": UNRECORDED["openid.logouts._settle"],
    "web.openid_tokens.userinfo": "writes nothing",
    "web.gate_visits.sign_out": UNRECORDED["applications.visits.end"],
    "web.mail_templates.preview": "writes nothing",
    "web.joining.find": "writes nothing",
    "web.asking.ask": "a worker puts it on record",
    "web.invitations.check": "writes nothing",
    "web.mail_templates.send_test": UNRECORDED["letters.trials.send"],
    "web.bulk_imports.read": UNRECORDED["imports._finish_reading"],
    "web.list_columns.choose_columns": UNRECORDED["imports._finish_reading"],
    "web.list_columns.choose_roles": UNRECORDED["imports._finish_reading"],
}


def short(one):
    return f"{one[0].removeprefix('webapp.domain.').removeprefix('webapp.')}.{one[1]}"


def silent(some):
    return {short(one) for one in some if not calls.reaches(one, RECORDS)}


def test_every_verb_leads_to_an_event_or_is_no_action():
    assert silent(calls.verbs()) == set(UNRECORDED)


def test_every_form_and_call_leads_to_an_event():
    assert silent(calls.posts()) == set(SILENT)


def test_no_post_route_is_forgotten(app):
    methods = {"POST", "PATCH", "PUT", "DELETE"}
    named = {rule.endpoint for rule in app.url_map.iter_rules() if rule.methods & methods}
    views = {app.view_functions[name] for name in named}
    asked = {(view.__module__, view.__name__) for view in views}
    assert asked == set(calls.posts())


@pytest.mark.parametrize(
    ("verb", "leads"),
    [
        (("webapp.domain.invitations.resends", "retry_mail"), True),
        (("webapp.domain.webhooks.deliveries", "replay"), True),
        (("webapp.domain.accounts.sessions", "end"), True),
        (("webapp.web.bulk_actions", "do"), True),
        (("webapp.domain.accounts.sessions", "used"), False),
    ],
    ids=str,
)
def test_the_reader_of_code_sees_what_it_should(verb, leads):
    assert calls.reaches(verb, RECORDS) is leads
