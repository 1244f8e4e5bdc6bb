"""The rules. One file per noun; each may use those before it in ORDER (held by a test).

A public verb is one transaction: lock, load, refuse, write, record the event, say what to do
after commit. It takes the organization first and the actor as `by=`.
"""

ORDER = (
    "errors",
    "checks",
    "texts",
    "addresses",
    "passwords",
    "events",
    "permissions",
    "quotas",
    "organizations",
    "people",
    "sessions",
    "account_links",
    "accounts",
    "memberships",
    "offers",
    "allowances",
    "links",
    "deliveries",
    "leases",
    "mail_templates",
    "invitations",
    "foundings",
    "invitation_table",
    "resends",
    "openings",
    "renewals",
    "acceptances",
    "confirmations",
    "resets",
    "outbox",
    "sweeps",
    "demo",
)
