"""People invited from the form for one."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.plans import said
from webapp.db import db
from webapp.domain import invitations
from webapp.domain.errors import Refusal
from webapp.domain.imports import several
from webapp.domain.imports.several import GuestList

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def test_one_person_by_the_form_costs_no_statement_more_than_by_the_verb():
    cast.group(is_default=True)
    acme, priya = cast.organization(), cast.person()
    warm = cast.invited("warm@example.org")
    assert [group.slug for group in warm.groups] == ["drivers"]

    def statements(act):
        db.session.rollback()
        db.session.refresh(acme)  # both begin with the organization read
        return [statement for statement, _ in said(act)]

    by_the_verb = statements(
        lambda: invitations.create(acme, by=priya, email="a@example.org", role="manager")
    )
    by_the_form = statements(
        lambda: several.invite(acme, GuestList("b@example.org", "manager"), by=priya)
    )
    assert by_the_form == by_the_verb


def test_what_the_line_of_one_person_says_comes_before_the_form():
    acme, priya = cast.organization(), cast.person()
    guests = GuestList("Bo Berg <bo@example.org>", "manager", message="Hello", language="de")
    several.invite(acme, guests, by=priya)
    made = cast.invitation()
    assert (made.name, made.role, made.message, made.language) == (
        *("Bo Berg", "manager", "Hello", "de"),
    )
    with pytest.raises(Refusal) as refused:
        several.invite(acme, GuestList("x@example.org", "owner"), by=priya)
    assert refused.value.field == "role"
