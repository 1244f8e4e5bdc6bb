"""Whoever adds a column decides what it means elsewhere."""

from __future__ import annotations

from sqlalchemy import String

from tests.web.test_later_versions import FREE, WORDS
from webapp.db import Base
from webapp.domain.privacy.registry import PARTS


def test_every_column_of_text_is_free_or_holds_a_word_that_a_later_version_may_change():
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and column.name not in FREE
    }
    assert columns <= WORDS.keys()
    assert {word.partition(".")[0] for word in WORDS} <= Base.metadata.tables.keys()


# Tables of which no column is about a person, or is found as one's: why, and all their columns.
NOBODYS = {
    "access_terms": (
        "an organization's settings",
        "organization_id role default_days longest_days",
    ),
    "application_groups": (
        "which groups may enter an application",
        "group_id application_id organization_id",
    ),
    "applications": (
        "an organization's application; who created it stands in an event",
        "id organization_id slug name home_url host for_everyone needs_second_factor "
        "allows_unverified visit_minutes created_at paused_at",
    ),
    "bulk_imports": (
        "a list as a whole; who began it stands in an event",
        "id organization_id actor_id state file_name role expiry_days message groups total "
        "created_at started_at ended_at due_at lease words",
    ),
    "column_choices": (
        "which columns an organization's files have",
        "organization_id digest columns chosen_at",
    ),
    "event_seals": (
        "digests; erasing a value throws away the salt that would open its own",
        "organization_id line event_id seal commitment salt",
    ),
    "groups": (
        "a set of an organization's members",
        "id organization_id slug name description is_default created_at deleted_at",
    ),
    "idempotent_requests": (
        "a program's answers for a day, sealed with a key that only the program has",
        "id digest fingerprint answer created_at lease_until",
    ),
    "inviter_notices": (
        "which outcome an inviter is told of, for a week; the invitation says whose it is",
        "id organization_id user_id outcome invitation_id link_number import_id at due_at "
        "delivery_id",
    ),
    "invitation_counts": ("figures", "id organization_id state delivery_state n"),
    "job_runs": ("figures", "name runs failures seconds last_at last_seconds"),
    "join_link_groups": ("which groups a link gives", "group_id link_id organization_id"),
    "join_links": (
        "an organization's link; who made it stands in an event",
        "id organization_id author_id label code_secret code_digest role allowed_domains most_uses "
        "expires_at access_days approval created_at paused_at revoked_at",
    ),
    "list_file_pieces": (
        "a file until its list is started, at most a day; erasing any address deletes it",
        "import_id number content",
    ),
    "list_files": ("the same: its columns, and what was chosen", "import_id found chosen"),
    "mail_drafts": (
        "a text of the organization's, for a week",
        "delivery_id kind number subject body",
    ),
    "mail_holds": ("what the mail server says of our own sign-in", "id since until words"),
    "mail_templates": (
        "the organization's texts; who wrote one stands in an event",
        "id organization_id kind number subject body created_at author_id",
    ),
    "oidc_clients": (
        "an application as a program; who changed it stands in an event",
        "application_id organization_id client_id is_public redirect_uris "
        "post_logout_redirect_uris backchannel_logout_uri secret_digest old_secret_digest "
        "old_secret_until",
    ),
    "oidc_keys": (
        "the installation's keys",
        "id number kid public private published_at signs_from retires_at",
    ),
    "organizations": (
        "an organization and its settings",
        "id slug name color created_at suspended_at expiry_days requires_second_factor "
        "allowed_domains retention_days erasure_key reminders reminder_hours reply_to_inviter "
        "language time_zone review_days review_due_at review_silence proposers proposals_per_month "
        "takes_asks needs_second_admin requests_told_at",
    ),
    "access_reviews": (
        "a review as a whole; who started it stands in an event",
        "id organization_id state started_at started_by_id due_at silence asked_at remind_at "
        "ended_at digest",
    ),
    "provider_events": ("numbers of a provider's reports", "id taken_at"),
    "restores": ("when all data was restored from a backup", "id at made_at"),
    "tallies": ("figures", "kind name n"),
    "trail_heads": (
        "where a chain of seals ends",
        "organization_id lines seal proof keys broken_line",
    ),
    "webhook_attempts": (
        "a program's answer to an event; erasing empties it, as it may repeat the event",
        "id delivery_id number at url status words answer milliseconds",
    ),
    "webhook_deliveries": (
        "which event was told to which program",
        "id endpoint_id event_id message_id state attempts created_at due_at settled_at",
    ),
    "webhook_endpoints": (
        "a program of the organization's",
        "id organization_id url name events state secret old_secret old_secret_until created_at "
        "last_success_at last_failure_at failures failing_since due_at lease served_at",
    ),
}


def decided():
    """Every column that somebody decided about, as often as they did."""
    for table, (_, columns) in NOBODYS.items():
        yield from (f"{table}.{name}" for name in columns.split())
    for part in PARTS:
        for columns in (part.shown, *part.hidden):
            yield from (f"{part.model.__tablename__}.{name}" for name in columns.split())


def test_every_column_is_one_of_a_persons_or_nobodys_once():
    columns = sorted(
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
    )
    assert sorted(decided()) == columns


def test_what_erasing_does_is_said_of_columns_that_there_are():
    for part in PARTS:
        known = {name for columns in (part.shown, *part.hidden) for name in columns.split()}
        assert set(part.erased.split()) <= known
        assert all(part.hidden.values())
        assert not (part.is_deleted and part.erased)
