"""What the pictures of `make screenshots` show: more people, and the ids in the addresses."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import (
    applications,
    groups,
    imports,
    invitations,
    organizations,
    outbox,
    webhooks,
)
from webapp.domain import links as join_links
from webapp.domain.accounts import api_keys, people
from webapp.domain.deliverability import suppressions, unsubscribes
from webapp.domain.groups import members as group_members
from webapp.domain.imports import reading
from webapp.domain.invitations import acceptances, links
from webapp.domain.letters import templates
from webapp.domain.links import asks, codes
from webapp.domain.members import ends, review_answers, review_lines, reviews, sponsors
from webapp.domain.operations import demo
from webapp.domain.webhooks import deliveries
from webapp.models import Invitation, Membership, Organization, Suppression, User
from webapp.web.access import ACCESS

Facts = dict[str, str | int]

# Invited so many days ago, as what, and whether they have joined.
PEOPLE = (
    ("Amara Okafor", "manager", 27, True),
    ("Jonas Weber", "contributor", 26, True),
    ("Leila Haddad", "contributor", 24, True),
    ("Tomás Herrera", "contributor", 19, True),
    ("Mei Tanaka", "manager", 17, True),
    ("Ingrid Solberg", "contributor", 12, True),
    ("Kwame Mensah", "contributor", 11, False),
    ("Sofia Rossi", "contributor", 6, True),
    ("Oskar Nowak", "manager", 5, False),
    ("Yara Haddad", "contributor", 4, False),
    ("Noah Fischer", "contributor", 3, False),
    ("Priscilla Adeyemi", "contributor", 2, False),
    ("Hugo Martin", "admin", 1, False),
)
TEXT = """Hello {{ invitee }},

we have kept a place for you at **{{ organization }}**, as {{ role }}.

> {{ message }}

{{ link }}

See you soon,
{{ inviter }}"""
# By the name of the view: what its address needs behind the question mark.
QUERIES = {
    "registration.show": "?token={token}",
    "registration.ask_decline": "?token={token}",
    "unsubscribing.show": "?token={unsubscribe}",
    "suppressed.ask": "?id={suppressed}",
    "bulk_actions.ask": "?do=revoke&id={invitation_id}",
    "member_bulk.ask": "?do=end&id={member_id}",
    "review_answers.ask": "?do=change&id={line}",
    "review_sponsors.ask": "?do=end&id={line}",
}


def fill() -> Facts:
    """Invite people as the demo's admin; returns what addresses are made of."""
    acme, priya = organizations.by_slug("acme"), people.find(demo.ADMIN)
    assert priya is not None  # noqa: S101 - the demo has her
    for name, role, days, has_joined in PEOPLE:
        _invite(acme, priya, name, role, days, has_joined)
    templates.save(
        acme,
        "invitation",
        by=priya,
        begun_from=0,
        subject="Your place at {{ organization }}",
        body=TEXT,
    )
    hook = webhooks.create(
        acme, by=priya, url="https://8.8.8.8/hooks", name="Payroll", event_names=None
    )
    scopes = ["invitations:read", "invitations:write"]
    key, _ = api_keys.create(acme, by=priya, name="Staff list", scopes=scopes, days=90)
    bo = _invite(acme, priya, "Bo Larsen", "contributor", 0, has_joined=False)
    outbox.drain()
    text = "Ada King <ada@example.org>, jo@gmial.com, bo@example.org, not an address"
    listed = imports.read(acme, lambda: reading.pasted(text), by=priya, role="contributor")
    member = db.session.scalars(select(Membership.id).order_by(Membership.id.desc())).first()
    return {
        "slug": "acme",
        "kind": "invitation",
        "number": 1,
        "invitation_id": bo.id,
        "membership_id": member or 0,
        "member_id": member or 0,
        "webhook_id": hook.id,
        "delivery_id": deliveries.page(hook).rows[0][0].id,
        "key_id": key.id,
        "import_id": listed.id,
        "suppressed": _suppressed(acme),
        "token": links.token(bo, links.MAILED),
        "unsubscribe": unsubscribes.address(bo).partition("token=")[2],
        **_linked(acme, priya),
        **_reviewed(acme, priya, member or 0),
        **_ended(acme),
    }


def _linked(acme: Organization, priya: User) -> Facts:
    """A join link that three people have used; and the code of one that is paused."""
    terms = {"role": "contributor", "most_uses": 20, "expiry_days": 30}
    link = join_links.create(acme, by=priya, label="Course in March", **terms)
    for name in ("nils", "olga", "pia"):
        asks.ask(codes.shown(link), email=f"{name}@example.com")
    outbox.drain()
    paused = join_links.create(acme, by=priya, label="Open day", **{**terms, "most_uses": 200})
    join_links.pause(acme, paused.id, by=priya)
    found = {"code": codes.shown(link), "paused": codes.shown(paused)}
    return {"link_id": link.id, **{name: code or "" for name, code in found.items()}}


def _reviewed(acme: Organization, priya: User, member: int) -> Facts:
    """An access review that asks sponsors, one who is asked, and a group with somebody in it."""
    end = clock.now() + timedelta(days=20)
    ends.set_end(acme, member, by=priya, ends_at=end)
    sponsors.change(acme, member, by=priya, sponsor_id=priya.id)
    review = reviews.start(acme, by=priya)
    reviews.ask_sponsors(acme, review.id, by=priya)
    lines = review_lines.ids(review, review_lines.LineFilters(), 99)
    review_answers.keep(acme, review.id, lines[:2], by=priya)
    group = groups.create(acme, by=priya, slug="volunteers", name="Volunteers")
    group_members.add(acme, group.slug, member, by=priya)
    handbook = "https://handbook.acme.example/"
    applications.create(acme, by=priya, name="Handbook", home_url=handbook)
    wiki = applications.create(
        acme, by=priya, name="Wiki", home_url="https://wiki.acme.example/", groups=[group.slug]
    )
    return {
        "review_id": review.id,
        "line": lines[-1],
        "group": group.slug,
        "application": wiki.slug,
    }


def _invite(
    acme: Organization, priya: User, name: str, role: str, days: int, has_joined: bool
) -> Invitation:
    email = f"{name.split()[0].lower().replace('á', 'a')}@example.com"
    with clock.ahead(days=-days):
        invitation = invitations.create(acme, by=priya, email=email, role=role, name=name)
        outbox.drain()
    if has_joined:
        with clock.ahead(days=-days, hours=len(name)):
            token = links.token(invitation, links.MAILED)
            acceptances.accept(token, full_name=name, password=secrets.token_urlsafe(12))
    return invitation


@transaction()
def _suppressed(acme: Organization) -> int:
    """The id of an address that mail came back from, beside one whose owner unsubscribed."""
    of = select(Invitation).where(Invitation.organization_id == acme.id).order_by(Invitation.id)
    first, second, *_ = db.session.scalars(of)
    suppressions.add(first, suppressions.UNSUBSCRIBED)
    suppressions.add(second, suppressions.BOUNCED)
    return db.session.scalars(select(Suppression.id).order_by(Suppression.id.desc())).first() or 0


def _ended(acme: Organization) -> Facts:
    """The tokens of links in the other states."""
    rows = db.session.scalars(select(Invitation).where(Invitation.organization_id == acme.id))
    now = clock.now()
    return {f"token_{row.status(now)}": links.token(row, links.MAILED) for row in rows}


def access(endpoint: str) -> str:
    """Who may open the page."""
    return ACCESS[endpoint]


def query(endpoint: str, facts: Facts) -> str:
    """What the page's address has behind the question mark."""
    return QUERIES.get(endpoint, "").format_map(facts)


def states(facts: Facts) -> list[tuple[str, str, bool]]:
    """Pages again, in states that look different: name, address, whether signed in."""
    ended = [
        (f"registration.show-{name.removeprefix('token_')}", f"/register?token={token}", False)
        for name, token in facts.items()
        if name.startswith("token_")
    ]
    return [
        *ended,
        ("invitations.index-pending", "/orgs/acme/invitations?status=pending", True),
        ("invitations.index-expired", "/orgs/acme/invitations?status=expired", True),
        ("invitations.index-nothing", "/orgs/acme/invitations?q=nobody", True),
        ("mail_health.index-bounced", "/orgs/acme/settings/email/health?kind=bounced", True),
        ("mail_health.index-suppressed", "/orgs/acme/settings/email/health?kind=suppressed", True),
        ("joining.show-paused", f"/join/{facts['paused']}", False),
        ("joining.show-unknown", "/join/ABCD-EFGH-JKLM", False),
        ("home.index-launcher", "/", True),
        ("not-found", "/orgs/acme/nothing", True),
        ("not-found-signed-out", "/nothing", False),
    ]
