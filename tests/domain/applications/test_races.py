"""Applications that are created, changed and refused by several people at once."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.together import together
from webapp.db import db
from webapp.domain import applications, groups
from webapp.domain.applications import record
from webapp.domain.applications.entry import Barrier
from webapp.domain.applications.record import How
from webapp.models import Application, ApplicationGroup, Event

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def test_two_organizations_want_one_host_at_once(app):
    def wiki(slug, email):
        return lambda: applications.create(
            cast.organization(slug),
            by=cast.person(email),
            name="Wiki",
            home_url="https://wiki.example.org/",
        )

    outcomes = together(app, wiki("acme", cast.PRIYA), wiki("evil", cast.EVE))
    assert sorted(outcomes) == ["Refusal", "done"]
    assert db.session.query(Application).count() == 1


def test_one_is_created_twice_at_once_and_each_gets_its_own_slug(app):
    def wiki(n):
        return lambda: applications.create(
            cast.organization(), by=cast.person(), name="Wiki", home_url=f"https://w{n}.example/"
        )

    assert together(app, *(wiki(n) for n in range(4))) == ["done"] * 4
    slugs = {row.slug for row in db.session.query(Application)}
    assert slugs == {"wiki", "wiki-2", "wiki-3", "wiki-4"}


def test_a_group_is_deleted_while_it_is_chosen(app):
    cast.group()
    cast.application()
    outcomes = together(
        app,
        lambda: applications.change(
            cast.organization(), "wiki", by=cast.person(), groups=["drivers"]
        ),
        lambda: groups.delete(cast.organization(), "drivers", by=cast.person()),
    )
    assert outcomes[1] == "done"
    assert outcomes[0] in ("done", "Refusals")
    chosen = outcomes[0] == "done"
    assert db.session.query(ApplicationGroup).count() == int(chosen)
    assert db.session.query(Application).one().for_everyone is not chosen


def test_a_refusal_that_comes_twice_at_once_is_recorded_once(app):
    cast.application()

    def refuse():
        made = applications.find(cast.organization(), "wiki")
        record.refused(made, cast.person(cast.CHEN), How.PROXY, Barrier.NO_GROUP)

    assert together(app, *[refuse] * 4) == ["done"] * 4
    assert db.session.query(Event).filter_by(name="ApplicationRefused").count() == 1
