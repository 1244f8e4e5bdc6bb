"""The people of the tests.

Priya, admin of Acme; Marco, manager; Chen, contributor. Eve, admin of Evil Corp, is always the
outsider. They are made once, by the domain's own verbs, into the database that each test copies.
"""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

from argon2 import PasswordHasher
from sqlalchemy import delete, select

from webapp.db import db, transaction
from webapp.domain import applications, groups, imports, invitations, organizations, webhooks
from webapp.domain import links as join_links
from webapp.domain.accounts import api_keys, passwords, sessions
from webapp.domain.deliverability import suppressions
from webapp.domain.imports import reading
from webapp.domain.invitations import acceptances, links
from webapp.domain.links import codes
from webapp.domain.members import organization_setup
from webapp.domain.organizations import request_settings
from webapp.domain.requests import proposals
from webapp.models import (
    ApiKey,
    Application,
    BulkImport,
    Delivery,
    Group,
    Invitation,
    InviterNotice,
    JoinLink,
    Membership,
    Organization,
    Request,
    Suppression,
    User,
    WebhookEndpoint,
)

PASSWORD = "a gate of seven bars"
PRIYA, MARCO, CHEN = "priya@acme.example", "marco@acme.example", "chen@acme.example"
EVE = "eve@evil.example"
# Argon2id as in the product, but for what it costs: most tests sign somebody in.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NAMES = {PRIYA: "Priya Shah", MARCO: "Marco Rossi", CHEN: "Chen Wei", EVE: "Eve Moran"}


def make() -> None:
    """All of the cast, in the present application's database."""
    with patch.object(passwords, "_hasher", CHEAP):  # a run makes the cast a hundred times
        _found("acme", "Acme", PRIYA)
        _found("evil", "Evil Corp", EVE)
        acme, priya = organization("acme"), person(PRIYA)
        for email, role in ((MARCO, "manager"), (CHEN, "contributor")):
            made = invitations.create(acme, by=priya, email=email, role=role, send=False)
            _join(made)
    _settle()


def organization(slug: str = "acme") -> Organization:
    """The organization, as it is now."""
    return organizations.by_slug(slug)


def person(email: str = PRIYA) -> User:
    """The person, as they are now."""
    return db.session.scalars(select(User).where(User.email == email)).one()


def member(email: str = CHEN, slug: str = "acme") -> Membership:
    """The person's place in the organization, as it is now."""
    query = select(Membership).where(
        Membership.user_id == person(email).id,
        Membership.organization_id == organization(slug).id,
    )
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def invited(email: str = "bo@example.org", *, slug: str = "acme", **options: object) -> Invitation:
    """An invitation by the organization's admin."""
    admin = person(PRIYA if slug == "acme" else EVE)
    options.setdefault("role", "contributor")
    return invitations.create(organization(slug), by=admin, email=email, **options)  # type: ignore[arg-type]


def join_link(label: str = "Course", *, slug: str = "acme", **options: object) -> JoinLink:
    """A join link of the organization's admin."""
    admin = person(PRIYA if slug == "acme" else EVE)
    terms = {"role": "contributor", "most_uses": 20, "expiry_days": 30, **options}
    return join_links.create(organization(slug), by=admin, label=label, **terms)  # type: ignore[arg-type]


def code_of(link: JoinLink) -> str:
    """The code of a join link, as it is given to people."""
    code = codes.shown(link)
    assert code is not None
    return code


def listed(text: str, *, slug: str = "acme") -> BulkImport:
    """A pasted list of people, read by the organization's admin and not started."""
    return imports.read(
        organization(slug),
        partial(reading.pasted, text),
        by=person(PRIYA if slug == "acme" else EVE),
        role="contributor",
    )


@transaction()
def suppressed(
    email: str = "back@example.org", reason: str = suppressions.BOUNCED, *, slug: str = "acme"
) -> int:
    """The id of a suppressed address of the organization: by a bounce, or as its owner wished."""
    suppressions.add(invited(email, slug=slug), reason)
    row = db.session.scalar(select(Suppression.id).order_by(Suppression.id.desc()).limit(1))
    assert row is not None
    return row


def group(
    group_slug: str = "drivers", name: str = "Drivers", *, slug: str = "acme", **options: object
) -> Group:
    """A group of the organization, by its admin."""
    admin = person(PRIYA if slug == "acme" else EVE)
    return groups.create(organization(slug), by=admin, slug=group_slug, name=name, **options)  # type: ignore[arg-type]


def application(slug: str = "wiki", *, of: str = "acme", **options: object) -> Application:
    """An application of the organization's that all members may enter."""
    admin = PRIYA if of == "acme" else EVE
    usual = {"name": slug.title(), "home_url": f"https://{slug}.{of}.example/", "by": person(admin)}
    return applications.create(organization(of), slug=slug, **{**usual, **options})


def request(email: str = "di@example.org", by: str = CHEN, **words: str | None) -> Request:
    """A request of a member's to invite somebody."""
    return proposals.propose(organization(), by=person(by), email=email, **words)


def take_asks(slug: str = "acme") -> None:
    """Let strangers ask to join the organization."""
    place = organization(slug)
    request_settings.change(
        place,
        by=person(PRIYA if slug == "acme" else EVE),
        proposers=place.proposers,
        proposals_per_month=place.proposals_per_month,
        takes_asks=True,
        needs_second_admin=place.needs_second_admin,
    )


def webhook(
    url: str = "https://8.8.8.8/hooks", *, slug: str = "acme", **options: object
) -> WebhookEndpoint:
    """A webhook of the organization, by its admin, for all events; asks no DNS for a number."""
    admin = person(PRIYA if slug == "acme" else EVE)
    options = {"name": None, "event_names": None, **options}
    return webhooks.create(organization(slug), by=admin, url=url, **options)  # type: ignore[arg-type]


def key(name: str = "Staff list") -> ApiKey:
    """An API key of Priya's with all scopes; its secret is not kept."""
    scopes = list(api_keys.SCOPES)
    return api_keys.create(organization(), by=person(), name=name, scopes=scopes, days=30)[0]


def invitation(email: str = "bo@example.org") -> Invitation:
    """The newest invitation of an address, as it is now."""
    query = select(Invitation).where(Invitation.email == email).order_by(Invitation.id.desc())
    return db.session.scalars(query.execution_options(populate_existing=True)).first()  # type: ignore[return-value]


def mailed_token(invitation: Invitation) -> str:
    """The token that the invitation's mail carries."""
    return links.token(invitation, links.MAILED)


@transaction()
def _settle() -> None:
    """Nobody is signed in, and no mail of theirs waits."""
    db.session.execute(delete(InviterNotice))
    db.session.execute(delete(Delivery).where(Delivery.user_id.is_not(None)))
    for user in db.session.scalars(select(User)):
        sessions.end_all(user)


@transaction()
def hash_as_usual(email: str = PRIYA) -> None:
    """Keep the person's password as one that they typed; signing in takes its usual time then."""
    person(email).password_hash = passwords.hashed(PASSWORD)


def _found(slug: str, name: str, email: str) -> None:
    _join(organization_setup.found(slug, name, email))


def _join(invitation: Invitation) -> None:
    acceptances.accept(
        mailed_token(invitation), full_name=NAMES[invitation.email], password=PASSWORD
    )
