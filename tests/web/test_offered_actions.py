"""What may be done with an invitation: one predicate each, in Python, in SQL and on the pages."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import invitations, organizations
from webapp.domain.addresses import parse
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.invitations import (
    acceptances,
    bulk_actions,
    diagnoses,
    eligibility,
    inviter_handover,
    link_status,
    links,
    readdressing,
    resends,
)
from webapp.domain.mail import queue
from webapp.domain.members import leaving, roles
from webapp.domain.organizations import memberships
from webapp.models import Invitation, InvitationState, Membership

STATES = [*InvitationState, "overdue"]  # the last: pending, past its end, and not swept yet
ADMINS = "admin", "manager", "contributor", "deactivated", "left", "deleted"
INVITERS = ["operator", *ADMINS]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def inviter(kind: str) -> int | None:
    """Somebody who was an admin here, and is what the kind says."""
    if kind == "operator":
        return None
    email = f"{kind}@acme.example"
    token = cast.mailed_token(cast.invited(email, role="admin"))
    acceptances.accept(token, full_name=kind.capitalize(), password=cast.PASSWORD)
    user = cast.person(email)
    number, acme, priya = cast.member(email).id, cast.organization(), cast.person()
    match kind:
        case "manager" | "contributor":
            roles.change_role(acme, number, by=priya, role=kind)
        case "deactivated":
            roles.deactivate(acme, number, by=priya)
        case "left":
            leaving.leave(acme, number, by=user)
        case "deleted":
            leaving.delete_account(user, password=cast.PASSWORD)
    return user.id


@pytest.fixture
def everything() -> list[int]:
    """An invitation for each state, erased or not, and each kind of inviter."""
    inviters = {kind: inviter(kind) for kind in INVITERS}
    return _add([(*one, inviters[one[2]]) for one in product(STATES, (False, True), INVITERS)])


@transaction()
def _add(cases: list[tuple[str, bool, str, int | None]]) -> list[int]:
    added, now = [], clock.now()
    for state, erased, kind, inviter_id in cases:
        name = f"{state}-{kind}"
        columns = eligibility.draft(
            cast.organization(),
            cast.person(),
            parse(f"{name}@example.org"),
            {"role": "contributor", "expiry_days": 7, "name": None, "message": None, "groups": []},
            send=True,
        )
        ends = now - timedelta(hours=1) if state in ("overdue", "expired") else now + timedelta(1)
        is_over = state not in ("overdue", "pending")
        columns |= {
            "state": "pending" if state == "overdue" else state,
            "inviter_id": inviter_id,
            "created_at": ends - timedelta(days=7),
            "expires_at": ends,
            "ended_at": now if is_over else None,
        }
        if erased:
            columns |= {"email": f"erased-{name}", "email_key": f"erased-{name}"}
        one = Invitation(**columns)
        db.session.add(one)
        db.session.flush()
        mail = queue.queue_mail("invitation", organization_id=one.organization_id, invitation=one)
        assert mail is not None
        mail.state = one.delivery_state = "failed"
        added.append(one.id)
    return added


def found(predicate) -> set[int]:
    return set(db.session.scalars(select(Invitation.id).where(predicate)))


def all_of(numbers) -> list[Invitation]:
    return list(db.session.scalars(select(Invitation).where(Invitation.id.in_(numbers))))


@pytest.mark.parametrize("suspended", [False, True])
def test_python_and_sql_say_the_same_of_every_invitation(everything, suspended):
    if suspended:
        organizations.suspend(cast.organization())
    now = clock.now()
    rows = all_of(db.session.scalars(select(Invitation.id)).all())
    assert {one.id for one in rows} >= set(everything)
    for name in ("is_erased", "may_be_resent"):
        assert found(getattr(Invitation, name)) == {x.id for x in rows if getattr(x, name)}, name
    for name in ("is_expired", "is_pending", "is_open"):
        said = {one.id for one in rows if getattr(one, name)(now)}
        assert found(getattr(Invitation, name)(now)) == said, name
    assert found(Invitation.is_backed()) == {one.id for one in rows if one.is_backed()}
    counted = Counter(one.is_open(now) for one in rows if one.id in set(everything))
    assert counted[True] == (0 if suspended else 2)  # by the operator, and by an admin
    members = db.session.scalars(select(Membership)).all()
    for name in ("is_active", "is_active_admin"):
        which = select(Membership.id).where(getattr(Membership, name))
        said = {one.id for one in members if getattr(one, name)}
        assert set(db.session.scalars(which)) == said, name


def test_a_link_opens_exactly_when_its_invitation_is_open(everything):
    now = clock.now()
    for one in all_of(everything):
        status = link_status.look(links.token(one, links.MAILED)).status
        assert (status is link_status.LinkStatus.OPEN) == one.is_open(now), one.email


class Undone(Exception):
    """The verb was done, and all of it is taken back."""


@transaction()
def _trial(verb) -> None:
    verb()
    raise Undone


def works(verb) -> bool:
    try:
        _trial(verb)
    except Refusal:
        return False
    except Undone:
        return True
    raise AssertionError


def accepted(number: int) -> set[str]:
    """The actions that the verbs accept now."""
    acme, priya = cast.organization(), cast.person()
    mail = deliveries.of_invitation(invitations.find(acme, number)).rows[0].id
    at = {"by": priya}
    verbs = {
        "resend": lambda: resends.resend(acme, number, **at),
        "link": lambda: invitations.copy_link(acme, number, **at),
        "edit": lambda: invitations.edit(acme, number, name="Another", **at),
        "revoke": lambda: _revoke(number),
        "address": lambda: readdressing.correct(acme, number, email="right@example.org", **at),
        "retry": lambda: resends.retry_mail(acme, number, mail, **at),
    }
    return {name for name, verb in verbs.items() if works(verb)}


def _revoke(number: int) -> None:
    """Revoking what is revoked is no error, and nothing to be offered."""
    if invitations.find(cast.organization(), number).state == InvitationState.REVOKED:
        raise Refusal("It is revoked already.")
    invitations.revoke(cast.organization(), number, by=cast.person())


def offered(page, number: int) -> set[str]:
    """The actions that a page offers for the invitation, by form or by link."""
    row = f"/orgs/acme/invitations/{number}/"
    addresses = [form.action for form in page.forms()] + list(page.links().values())
    addresses += [element.get("href", "") for element in page.root.iter("a")]
    return {one.rpartition("/")[2] for one in addresses if one.startswith(row)}


def test_the_pages_offer_exactly_what_the_verbs_accept(everything, browser):
    priya = browser(cast.PRIYA, check=False)
    listed = {}
    address = "/orgs/acme/invitations"
    while address:
        page = priya.open(address).page
        listed |= {number: offered(page, number) for number in everything if _shows(page, number)}
        address = page.links().get("Next")
    for number in everything:
        can = accepted(number)
        page = priya.open(f"/orgs/acme/invitations/{number}").page
        assert offered(page, number) == can, page.heading
        # The table has no room for a mail's own button: it leads to the page that has.
        assert listed[number] == can - {"retry"}, page.heading
        chosen = bulk_actions.find(cast.organization(), [number])
        assert bool(chosen) == ("resend" in can), page.heading


def _shows(page, number: int) -> bool:
    return f"/orgs/acme/invitations/{number}" in [a.get("href") for a in page.root.iter("a")]


def test_the_diagnosis_names_only_what_works(everything):
    names = {"fix": "address", "copy": "link"}
    for number in everything:
        one = invitations.find(cast.organization(), number)
        diagnosis = diagnoses.of(one, deliveries.of_invitation(one))
        can = accepted(number)
        if diagnosis is None:
            assert "resend" not in can
            continue
        named = {names.get(step, step) for step in diagnosis.next} - {"wait", "ask"}
        assert named, one.email
        assert named <= can, one.email
        if not one.is_backed():
            assert named == {"resend"}
            assert "Revoke" not in diagnosis.words


def test_a_resent_link_of_somebody_who_is_gone_works_again(everything):
    for one in all_of(everything):
        if not one.may_be_resent:
            continue
        resends.resend(cast.organization(), one.id, by=cast.person())
        assert invitations.find(cast.organization(), one.id).is_open(clock.now()), one.email


def test_what_is_counted_for_a_successor_is_what_is_held(everything):
    user = cast.person("admin@acme.example")
    member = memberships.find(cast.organization(), cast.member(user.email).id)
    assert inviter_handover.count(member) == 1
    assert len(_held(user.id)) == 1


@transaction()
def _held(user_id: int) -> list[Invitation]:
    return inviter_handover.hold(cast.organization().id, user_id)
