"""What the rooms of the rules declare, by name: written here once more, so that none gets lost."""

from __future__ import annotations

MAIL_KINDS = (
    *("invitation", "resend", "reminder", "renewal"),
    *("confirmation", "reset", "notice"),
    *("welcome", "test", "webhook"),
    *("review", "review_admin"),
    *("joined", "declined", "unreachable", "answers", "list"),
    *("ending", "sponsored"),
    *("requests",),
)
SWEEPS = {
    "renews": (
        *("deliverability.erasure_keys.renew", "events.seals.renew_keys"),
        *("links.codes.renew_keys", "openid.keys.renew_keys", "openid.key_upkeep.rotate_when_due"),
    ),
    "forgets": (
        *(
            "accounts.idempotency.forget",
            "applications.visits.forget",
            "events.owner_notices.forget",
            "imports.unstarted.forget",
        ),
        *("invitations.notice_rounds.forget", "letters.trials.forget"),
        *("outbox.provider_events.forget", "openid.key_upkeep.forget", "openid.visits.forget"),
        *("quotas.forget_before_today", "webhooks.deliveries.forget"),
    ),
    "sums_up": ("invitations.counts.sum_up", "operations.tallies.sum_up"),
}
