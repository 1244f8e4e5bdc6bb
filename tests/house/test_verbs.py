"""One event per action: whatever writes something for a person is on record.

Read from the code, so that a new verb is asked, too; that each action leaves exactly one event is
tried in tests/domain/test_events.py.
"""

from __future__ import annotations

import pytest

from tests.support import calls

RECORDS = {("webapp.domain.events", "record"), ("webapp.domain.events", "record_many")}
# Transactions without an event: nobody's action, or a part of one that is on record elsewhere.
UNRECORDED = {
    **dict.fromkeys(
        (
            *("account_notices.forget", "bulk_imports.forget", "idempotency.forget"),
            *("kept_forms.forget", "mail_templates.forget_drafts", "provider_events.forget"),
            *("quotas.forget_before_today", "webhook_deliveries._forget_batch"),
        ),
        "forgets what is of no use any more",
    ),
    **dict.fromkeys(
        (
            *("api_keys.used", "memberships.seen", "sessions.used", "sessions.use_organization"),
            *("job_runs._note", "refused_tries._note"),
        ),
        "notes that something was used or tried",
    ),
    **dict.fromkeys(("invitation_counts._sum_up", "tallies.sum_up"), "adds up figures"),
    **dict.fromkeys(("erasure_keys._renew", "trail._renew"), "encrypts a key anew"),
    **dict.fromkeys(
        (
            *("leases.claim", "leases.put_off", "leases.release", "outbox._prepare"),
            *("bulk_runs._claim", "bulk_runs._release", "bulk_runs._ring"),
            *("webhook_leases.claim", "webhook_leases.prepare", "webhook_leases.release"),
            *("webhook_outbox._ring", "deliveries.lift_hold"),
        ),
        "workers share out what was queued by an action on record",
    ),
    **dict.fromkeys(
        ("idempotency._begin", "idempotency.let_go", "idempotency.settle"),
        "keeps a request's answer; the verb inside is on record",
    ),
    **dict.fromkeys(
        ("bulk_imports._open", "bulk_imports._add", "bulk_imports._ready"),
        "a preview, dropped after a day unless it is started, which is on record",
    ),
    **dict.fromkeys(
        ("kept_forms.keep", "kept_forms.drop", "kept_forms.drop_of_others"),
        "what was typed, for an hour, until it is sent again",
    ),
    "sessions.start": "a part of signing in or joining",
    "mail_templates.send_test": "mails the admin's own text to the admin, and changes nothing",
}
# Views that write nothing that is on record.
SILENT = {
    "mail_templates.preview": "writes nothing",
    "mail_templates.send_test": UNRECORDED["mail_templates.send_test"],
    "bulk_imports.read": UNRECORDED["bulk_imports._ready"],
}


def short(one):
    return f"{one[0].rpartition('.')[2]}.{one[1]}"


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
        (("webapp.domain.resends", "retry_mail"), True),
        (("webapp.domain.webhook_deliveries", "replay"), True),
        (("webapp.domain.sessions", "end"), True),
        (("webapp.web.selections", "do"), True),
        (("webapp.domain.sessions", "used"), False),
    ],
    ids=str,
)
def test_the_reader_of_code_sees_what_it_should(verb, leads):
    assert calls.reaches(verb, RECORDS) is leads
