"""Join links: making one, and what an admin can do with it. A link makes no account (rule J1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, organizations, tenant
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import Actor
from webapp.domain.groups import choices
from webapp.domain.invitations import inviter_handover
from webapp.domain.links import approvals, codes, fields
from webapp.domain.organizations import permissions
from webapp.inserts import insert, insert_many
from webapp.languages import gettext
from webapp.models import Invitation, JoinAsk, JoinLink, JoinLinkGroup, Organization, User

KEEP, REVOKE = "keep", "revoke"  # the open invitations of a revoked link
CHOICES = (KEEP, REVOKE)


def create(
    organization: Organization,
    *,
    by: User,
    label: str | None,
    role: str,
    groups: Sequence[str] | None = None,
    domains: str | None = None,
    most_uses: int | None,
    expiry_days: int | None,
    access_days: int | None = None,
    approval: bool = False,
) -> JoinLink:
    """Make a link; without `groups` it gives the default ones. With `approval` admins decide."""
    terms = fields.read(
        organization,
        label=label,
        role=role,
        groups=groups,
        domains=domains,
        most_uses=most_uses,
        expiry_days=expiry_days,
        access_days=access_days,
    )
    return _create(organization, by, {**terms, "approval": approval})


@transaction()
def _create(organization: Organization, by: User, terms: dict[str, Any]) -> JoinLink:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    groups, code = choices.hold(terms["groups"]), codes.make()
    columns = {
        **choices.without_groups(terms),
        "organization_id": organization.id,
        "author_id": by.id,
        "code_secret": codes.sealed(code),
        "code_digest": codes.digest(code),
        "created_at": clock.now(),
    }
    link = insert(JoinLink, columns)
    rows = [
        {"group_id": group.id, "link_id": link.id, "organization_id": organization.id}
        for group in groups
    ]
    if rows:
        insert_many(JoinLinkGroup.__table__, rows)  # type: ignore[arg-type]
    told = {"role": link.role, "most_uses": link.most_uses}
    record(link, "JoinLinkCreated", by, **told, expires_at=link.expires_at.isoformat())
    return link


def find(organization: Organization, link_id: int) -> JoinLink:
    """The organization's link of that id; raises NotFound, also for another's."""
    return tenant.get(organization, JoinLink, link_id, load=[JoinLink.author])


def by_code(typed: str | None) -> JoinLink:
    """The link whose code was typed, however carelessly; raises NotFound."""
    code = codes.read(typed)
    link = None
    if code is not None:
        link = db.session.scalar(select(JoinLink).where(JoinLink.code_digest == codes.digest(code)))
    if link is None:
        raise unknown()
    return link


def unknown() -> NotFound:
    """The refusal of a code that no link has."""
    return NotFound(gettext("There is no link with this code. Check that you copied all of it."))


def typed_code(text: str | None) -> str:
    """The code that somebody typed, as it is written; raises Refusal when no link has it."""
    try:
        by_code(text)
    except NotFound as refusal:
        raise Refusal(refusal.message, "code") from None
    return codes.read(text) or ""


@transaction()
def pause(organization: Organization, link_id: int, *, by: Actor) -> JoinLink:
    """Let nobody ask by it for now; those who asked before are invited. Twice is no error."""
    link = _locked(organization, link_id, by)
    _refuse_revoked(link)
    if link.paused_at is None:
        link.paused_at = clock.now()
        record(link, "JoinLinkChanged", by, changed="its state to paused")
    return link


@transaction()
def resume(organization: Organization, link_id: int, *, by: Actor) -> JoinLink:
    """Let people ask by it again."""
    link = _locked(organization, link_id, by)
    _refuse_revoked(link)
    if link.paused_at is not None:
        link.paused_at = None
        record(link, "JoinLinkChanged", by, changed="its state to active")
    return link


@transaction()
def revoke(
    organization: Organization, link_id: int, *, by: Actor, open_invitations: str = KEEP
) -> JoinLink:
    """End the link for good; its open invitations are kept or revoked. Twice is no error.

    Requests by it are kept, or declined, with them. Addresses that wait to be answered are
    forgotten.
    """
    if open_invitations not in CHOICES:
        raise Refusal(gettext("Choose what happens to the open invitations."), "open_invitations")
    # Alone: nobody answers an ask meanwhile, and no invitation is sent again.
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "invitations:write")
    find(organization, link_id)
    pending = _hold_open(organization, link_id) if open_invitations == REVOKE else []
    link = tenant.get(organization, JoinLink, link_id, lock="no key update")
    inviter_handover.settle(pending, inviter_handover.REVOKE, by=by, loser_id=link.author_id)
    if open_invitations == REVOKE:
        approvals.decline_all(link, by=by)
    end(link, by)
    return link


def end(link: JoinLink, by: Actor | str) -> None:
    """Revoke a locked link, in the current transaction; the organization is held alone."""
    db.session.execute(delete(JoinAsk).where(JoinAsk.link_id == link.id))
    if link.revoked_at is None:
        link.revoked_at = clock.now()
        record(link, "JoinLinkRevoked", by)


def record(link: JoinLink, name: str, by: Actor | str, **data: Any) -> None:
    """Add an event about the link to the present transaction."""
    events.record(link.organization_id, name, by=by, link_id=link.id, label=link.label, **data)


def _hold_open(organization: Organization, link_id: int) -> list[Invitation]:
    """The link's open invitations, locked; before the link, as when one is sent again."""
    query = select(Invitation).where(
        Invitation.organization_id == organization.id,
        Invitation.join_link_id == link_id,
        Invitation.is_pending(clock.now()),
    )
    query = query.order_by(Invitation.id).with_for_update()
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _locked(organization: Organization, link_id: int, by: Actor) -> JoinLink:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    return tenant.get(organization, JoinLink, link_id, lock="no key update")


def _refuse_revoked(link: JoinLink) -> None:
    if link.revoked_at is not None:
        raise Refusal(gettext("This link was revoked. Make a new one."))
