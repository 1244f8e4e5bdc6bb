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
    "second_factors",
    "sessions",
    "personal_data",
    "memberships",
    "offers",
    "allowances",
    "suppressions",
    "links",
    "deliveries",
    "leases",
    "mail_templates",
    "invitations",
    "successions",
    "roles",
    "foundings",
    "invitation_table",
    "member_table",
    "resends",
    "openings",
    "renewals",
    "acceptances",
    "confirmations",
    "outbox",
    "sweeps",
    "demo",
)
