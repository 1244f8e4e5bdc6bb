"""What people change about their own account."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db
from webapp.domain import accounts
from webapp.domain.accounts import people, sessions, sign_ins
from webapp.domain.errors import Refusal, Refusals
from webapp.models import Event

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

NEW = "quite another sentence"


def change(session_id, **typed):
    wishes = {"present": cast.PASSWORD, "password": NEW, **typed}
    accounts.change_password(cast.person(), session_id=session_id, **wishes)


def test_a_changed_password_ends_all_other_sessions_and_keeps_this_one():
    here, there = (sign_ins.sign_in(cast.PRIYA, cast.PASSWORD) for _ in range(2))
    change(sessions.find(here).id)
    assert sessions.find(here) is not None
    assert sessions.find(there) is None
    assert sign_ins.sign_in(cast.PRIYA, NEW)
    event = db.session.query(Event).filter_by(name="PasswordChanged").one()
    assert event.data == {"user_id": cast.person().id}


def test_a_wrong_present_password_and_a_weak_new_one_are_said_at_once():
    with pytest.raises(Refusals) as refused:
        change(0, present="not hers at all", password="short")
    assert [one.field for one in refused.value.refusals] == ["present_password", "password"]
    assert sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)


def test_name_and_username_are_changed_and_the_username_taken_away_again():
    accounts.change_profile(cast.person(), full_name="Priya S.", username="Priya")
    assert people.find("pRIYA").full_name == "Priya S."
    accounts.change_profile(cast.person(), full_name="Priya S.", username="")
    assert people.find("priya") is None
    changed = [e.data["changed"] for e in db.session.query(Event).filter_by(name="ProfileChanged")]
    assert changed == ["name and username", "username"]


def test_a_username_that_somebody_has_is_refused():
    accounts.change_profile(cast.person(cast.CHEN), full_name="Chen", username="gate")
    with pytest.raises(Refusal, match="taken"):
        accounts.change_profile(cast.person(), full_name="Priya", username="GATE")
