"""What a membership and an invitation mean, asked in Python and in SQL, on both databases."""

from __future__ import annotations

from datetime import timedelta
from itertools import count, product

import pytest
from sqlalchemy import select

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Invitation, InvitationState, Membership, Organization, Role, User

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

ENDS = (timedelta(seconds=-1), timedelta(0), timedelta(seconds=1))
PLACES = [*product(Role, ("active", "deactivated"))]
_numbers = count(1)


def organization(*, suspended):
    now, number = clock.now(), next(_numbers)
    made = Organization(slug=f"o{number}", name="O", created_at=now)
    made.suspended_at = now if suspended else None
    db.session.add(made)
    db.session.flush()
    return made


def user():
    name = f"u{next(_numbers)}@example.org"
    made = User(email=name, email_key=name, full_name="U", password_hash="", created_at=clock.now())
    db.session.add(made)
    db.session.flush()
    return made


def member(its, role, status):
    now = clock.now()
    made = Membership(organization=its, user=user(), role=role, status=status, joined_at=now)
    db.session.add(made)
    return made


def invitation(its, inviter, state, expires_at, is_erased):
    address = f"erased-{next(_numbers)}" if is_erased else f"i{next(_numbers)}@example.org"
    made = Invitation(email=address, email_key=address, role=Role.MANAGER, state=state)
    made.organization, made.inviter, made.secret = its, inviter, bytes(32)
    made.expiry_days, made.created_at, made.expires_at = 7, clock.now(), expires_at
    db.session.add(made)
    return made


def agree(model, rows, in_sql, in_python):
    """Python and SQL choose the same of these rows, and some, and not all."""
    chosen = set(db.session.scalars(select(model.id).where(in_sql))) & {one.id for one in rows}
    assert chosen == {one.id for one in rows if in_python(one)}
    assert 0 < len(chosen) < len(rows)
    return chosen


@pytest.mark.parametrize("name", ["is_active", "is_active_admin"])
def test_a_membership_means_the_same_in_python_and_in_sql(name):
    @transaction()
    def ask():
        acme = cast.organization()
        rows = [member(acme, role, status) for role, status in PLACES]
        db.session.flush()
        agree(Membership, rows, getattr(Membership, name), lambda one: getattr(one, name))

    ask()


def test_an_organization_means_the_same_in_python_and_in_sql():
    @transaction()
    def ask():
        rows = [organization(suspended=suspended) for suspended in (True, False)]
        agree(Organization, rows, Organization.is_active, lambda one: one.is_active)

    ask()


ASKED = {
    "is_erased": lambda its, now: its.is_erased,
    "may_be_resent": lambda its, now: its.may_be_resent,
    "is_overdue": lambda its, now: its.is_overdue(now),
    "is_expired": lambda its, now: its.is_expired(now),
    "is_pending": lambda its, now: its.is_pending(now),
    "is_backed": lambda its, now: its.is_backed(),
    "is_open": lambda its, now: its.is_open(now),
}


def test_an_invitation_means_the_same_in_python_and_in_sql():
    @transaction()
    def ask():
        now = clock.now()
        rows = []
        for suspended in (False, True):
            its = organization(suspended=suspended)
            inviters = [None, user(), *(member(its, *place).user for place in PLACES)]
            for inviter, state, ends, is_erased in product(
                inviters, InvitationState, ENDS, (False, True)
            ):
                rows.append(invitation(its, inviter, state, now + ends, is_erased))
        db.session.flush()
        chosen = {
            name: agree(Invitation, rows, its(Invitation, now), lambda one, its=its: its(one, now))
            for name, its in ASKED.items()
        }
        assert chosen["is_open"] < chosen["is_pending"] < chosen["may_be_resent"]
        assert chosen["is_overdue"] < chosen["is_expired"]
        # By the operator or by an active admin, pending, running, whole, where all is well.
        assert len(chosen["is_open"]) == 2

    ask()
