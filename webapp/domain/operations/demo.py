"""The demo organization: people, and invitations in every state."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from webapp import clock
from webapp.config import INSTANCE
from webapp.db import db
from webapp.domain import groups, invitations, organizations, outbox
from webapp.domain.accounts import people
from webapp.domain.invitations import acceptances, link_status, links, resends
from webapp.domain.members import organization_setup
from webapp.domain.operations import sweeps
from webapp.models import Invitation, Organization, Role, User

ADMIN = "priya@acme.example"
PASSWORD_FILE = INSTANCE / "demo-password"
CAST = (
    (ADMIN, "Priya Shah", Role.ADMIN),
    ("marco@acme.example", "Marco Rossi", Role.MANAGER),
    ("chen@acme.example", "Chen Wei", Role.CONTRIBUTOR),
)
GROUPS = (
    ("field-staff", "Field staff", "Everybody who is out on the bridges."),
    ("night-shift", "Night shift", "Who may enter the site at night."),
)


def ensure() -> tuple[str, str]:
    """The demo admin's address and password; creates Acme with all its people the first time.

    All three of the cast share the password, which is made once and kept in instance/.
    """
    INSTANCE.mkdir(exist_ok=True)
    if not PASSWORD_FILE.exists():
        PASSWORD_FILE.touch(mode=0o600)
        PASSWORD_FILE.write_text(secrets.token_urlsafe(12))
    password = PASSWORD_FILE.read_text()
    if db.session.scalar(select(Organization.id).where(Organization.slug == "acme")) is None:
        _make(password)
    return ADMIN, password


def _make(password: str) -> None:
    with clock.ahead(days=-30):
        first = organization_setup.found("acme", "Acme", ADMIN)
        outbox.drain()
        _join(first, "Priya Shah", password)
    acme = organizations.by_slug("acme")
    priya = people.find(ADMIN)
    assert priya is not None  # noqa: S101 - she has just joined
    with clock.ahead(days=-25):
        for slug, name, about in GROUPS:
            groups.create(acme, by=priya, slug=slug, name=name, description=about)
    for days, (email, name, role) in enumerate(CAST[1:]):
        with clock.ahead(days=-20 + days):
            invitation = invitations.create(
                acme, by=priya, email=email, role=role, groups=[GROUPS[0][0]]
            )
            outbox.drain()
            _join(invitation, name, password)
    _invite_others(acme, priya)


def _invite_others(acme: Organization, priya: User) -> None:
    _invite_expired(acme, priya)
    _invite_ended(acme, priya)
    with clock.ahead(days=-2):
        resent = invitations.create(acme, by=priya, email="gus@example.org", role=Role.MANAGER)
        outbox.drain()
    sweeps.expire()
    resends.resend(acme, resent.id, by=priya)
    invitations.create(
        acme,
        by=priya,
        email="bo@example.org",
        role=Role.CONTRIBUTOR,
        name="Bo Lind",
        groups=[slug for slug, *_ in GROUPS],
        message="Bo, we would be glad to have you on the bridge project. Come and look around.",
    )


def _invite_expired(acme: Organization, priya: User) -> None:
    with clock.ahead(days=-9):
        expired = invitations.create(
            acme, by=priya, email="dana@example.net", role=Role.CONTRIBUTOR, name="Dana"
        )
        outbox.drain()
        link_status.note_opened(links.token(expired, links.MAILED))


def _invite_ended(acme: Organization, priya: User) -> None:
    with clock.ahead(days=-4):
        revoked = invitations.create(acme, by=priya, email="emil@example.net", role=Role.ADMIN)
        declined = invitations.create(
            acme, by=priya, email="fay@example.com", role=Role.CONTRIBUTOR, name="Fay"
        )
        outbox.drain()
    with clock.ahead(days=-3):
        acceptances.decline(
            links.token(declined, links.MAILED), reason="I have moved to another team."
        )
        invitations.revoke(acme, revoked.id, by=priya)


def _join(invitation: Invitation, name: str, password: str) -> None:
    token = links.token(invitation, links.MAILED)
    acceptances.accept(token, full_name=name, password=password)
