"""Applications: creating, changing, pausing and deleting one, and what is on record (A1, A4)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import applications, groups
from webapp.domain.applications import fields, record, table
from webapp.domain.applications.entry import Barrier, what_bars
from webapp.domain.applications.record import How
from webapp.domain.errors import Forbidden, NotFound, Refusal, Refusals
from webapp.domain.events import OPERATOR
from webapp.domain.groups import members
from webapp.models import Application, ApplicationGroup, Event

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

WIKI = {"name": "Wiki", "home_url": "https://wiki.acme.example/"}


def create(**options):
    """An application of Acme's, by Priya."""
    return applications.create(cast.organization(), **{**WIKI, "by": cast.person(), **options})


def change(**options):
    """The application `wiki` changed by Priya."""
    return applications.change(cast.organization(), "wiki", **{"by": cast.person(), **options})


@pytest.fixture
def with_settings(app, monkeypatch):
    """Gives the application other settings."""

    def replace(**changes):
        settings = dataclasses.replace(app.extensions["settings"], **changes)
        monkeypatch.setitem(app.extensions, "settings", settings)

    return replace


def happened():
    """The names and data of the events about applications, oldest first."""
    query = db.session.query(Event).filter(Event.name.like("Application%")).order_by(Event.id)
    return [(event.name, event.data) for event in query]


def test_an_admin_creates_changes_pauses_and_deletes_an_application():
    acme, priya = cast.organization(), cast.person()
    made = create()
    assert (made.slug, made.host, made.state) == ("wiki", "wiki.acme.example", "active")
    assert (made.for_everyone, made.visit_minutes) == (True, 480)
    assert not made.needs_second_factor
    assert not made.allows_unverified
    change(name="Handbook", second_factor=True, visit_minutes=60)
    assert applications.pause(acme, "wiki", by=priya).state == "paused"
    since = table.find(acme, "wiki").paused_at
    applications.pause(acme, "wiki", by=priya)  # twice is no error, and no second event
    assert table.find(acme, "wiki").paused_at == since
    assert applications.resume(acme, "wiki", by=priya).state == "active"
    applications.delete(acme, "wiki", by=priya)
    with pytest.raises(NotFound):
        applications.find(acme, "wiki")
    changed = (
        "the name to “Handbook” and the second factor to required "
        "and the length of a visit to 60 minutes"
    )
    about = {"application": "wiki", "name": "Handbook"}
    assert happened() == [
        ("ApplicationCreated", {**about, "name": "Wiki", "host": "wiki.acme.example"}),
        ("ApplicationChanged", {**about, "name": "Wiki", "changed": changed}),
        ("ApplicationChanged", {**about, "changed": "its state to paused"}),
        ("ApplicationChanged", {**about, "changed": "its state to active"}),
        ("ApplicationDeleted", about),
    ]
    assert create().slug == "wiki"  # the slug and the host are free again


def test_only_admins_and_the_operator_change_applications():
    create()
    evil = {"by": cast.person(cast.EVE)}
    for actor in (cast.person(cast.MARCO), cast.person(cast.CHEN), cast.person(cast.EVE)):
        with pytest.raises(Forbidden):
            create(by=actor, home_url="https://other.example/")
        with pytest.raises(Forbidden):
            change(by=actor, name="Mine")
        with pytest.raises(Forbidden):
            applications.delete(cast.organization(), "wiki", by=actor)
    for verb in (applications.change, applications.delete, applications.pause):
        with pytest.raises(NotFound):
            verb(cast.organization("evil"), "wiki", **evil)
    assert change(by=OPERATOR, name="Handbook").name == "Handbook"


def test_one_host_has_one_application_in_the_whole_installation_and_nobody_learns_whose():
    create()
    evil, eve = cast.organization("evil"), cast.person(cast.EVE)
    with pytest.raises(Refusal) as refused:
        applications.create(evil, by=eve, name="W", home_url="https://WIKI.acme.example./x")
    assert "already an application at this host" in refused.value.message
    assert refused.value.field == "home_url"
    assert "Acme" not in refused.value.message
    applications.create(evil, by=eve, name="W", home_url="https://w.evil.example")
    with pytest.raises(Refusal, match="already an application at this host"):
        applications.change(evil, "w-evil-example", by=eve, home_url=WIKI["home_url"])
    other = create(home_url="https://wiki.acme.example:8443/", name="Wiki")
    assert (other.slug, other.host) == ("wiki-2", "wiki.acme.example:8443")


@pytest.mark.parametrize(
    ("typed", "address", "host"),
    [
        ("https://wiki.example.org", "https://wiki.example.org/", "wiki.example.org"),
        (" https://Wiki.Example.ORG:443/a?b=c ", "https://wiki.example.org/a?b=c", None),
        ("https://bücher.example:444", "https://xn--bcher-kva.example:444/", None),
        ("https://wiki?x", "https://wiki/?x", "wiki"),
        ("https://10.0.0.7:9000/", "https://10.0.0.7:9000/", "10.0.0.7:9000"),
        ("https://[FD00::1]:9000/", "https://[fd00::1]:9000/", "[fd00::1]:9000"),
        ("http://localhost:9000/", "http://localhost:9000/", "localhost:9000"),
        ("http://wiki.localhost/", "http://wiki.localhost/", "wiki.localhost"),
    ],
)
def test_a_home_address_is_kept_in_one_spelling(with_settings, typed, address, host):
    with_settings(public_url="http://127.0.0.1:8000")
    made = create(home_url=typed)
    assert made.home_url == address
    assert made.host == (host or address.split("/")[2])


@pytest.mark.parametrize(
    "typed",
    [
        *("", None, "wiki", "wiki.example.org", "ftp://wiki.example.org/"),
        *("https://", "//x.example", "https://a.example/%zz#"),
        *("http://wiki.example.org/", "https://me:pass@wiki.example.org/", "javascript:alert(1)"),
        *("https://wiki.example.org/#top", "https://wi ki.example.org/", "https://a.example/\\b"),
        *("https://0x7f000001/", "https://1.2.3/", "https://a.example:0/", "https://a.example:x/"),
        *("https://-a.example/", "https://a..example/", "https://a.example/\nb", "https://%41.ex/"),
        *("https://a.example/" + "b" * 500, "https://" + "a" * 64 + ".example/", "https://[::1/"),
        *("https://a.example/ü", "https://a\x00b.example/", "https://a.example/\ud800"),
    ],
)
def test_an_unusable_home_address_is_refused_at_its_field(typed):
    with pytest.raises(Refusal) as refused:
        create(home_url=typed)
    assert refused.value.field == "home_url" or refused.value.refusals[0].field == "home_url"


@pytest.mark.parametrize(
    ("ours", "typed"),
    [
        ("https://gate.example", "https://gate.example/"),
        ("https://gate.example", "https://GATE.example:8443/"),
        ("https://gate.example:8443", "https://gate.example/"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("http://localhost:8000", "http://localhost:8000/"),
    ],
)
def test_no_application_has_gatehouses_own_host(with_settings, ours, typed):
    with_settings(public_url=ours)
    with pytest.raises(Refusals, match="address of Gatehouse itself"):
        create(home_url=typed)


def test_plain_http_is_for_trying_it_out_only(with_settings):
    with_settings(public_url="https://gate.example")
    with pytest.raises(Refusals, match="starts with https"):
        create(home_url="http://localhost:9000/")


def test_a_slug_is_suggested_from_the_name_or_else_from_the_host():
    for n, (name, slug) in enumerate(
        [
            ("Café & Wiki", "cafe-wiki"),
            ("Café, Wiki!", "cafe-wiki-2"),
            ("ويكي", "h2"),
            ("x" * 60, "x" * 40),
            ("x" * 60 + "y", "x" * 38 + "-2"),
        ]
    ):
        assert create(name=name, home_url=f"https://h{n}.example/").slug == slug
    assert create(name="維", home_url="https://b.example/").slug == "b-example"


@pytest.mark.parametrize("slug", ["a", "Wiki", "staff wiki", "ä" * 3, "a" * 41, "\x00b"])
def test_a_slug_is_checked_like_a_groups(slug):
    with pytest.raises(Refusal, match="2 to 40 lower-case letters"):
        create(slug=slug)
    create(slug="wiki")
    with pytest.raises(Refusal, match="This short name is already used"):
        create(slug="wiki", home_url="https://other.example/")


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(Refusals) as refused:
        create(name="", home_url="x", groups=["nowhere"], visit_minutes=4, state="asleep")
    assert {refusal.field for refusal in refused.value.refusals} == {
        *("name", "home_url", "groups", "visit_minutes", "state")
    }
    for minutes in (None, 0, -1, 43201):
        with pytest.raises(Refusals, match="how many minutes"):
            create(visit_minutes=minutes)


def test_groups_are_of_the_organization_and_somebody_may_always_enter():
    drivers = cast.group()
    evils = groups.create(
        cast.organization("evil"), slug="evils", name="Evils", by=cast.person(cast.EVE)
    )
    for slugs in ([evils.slug], ["\x00"], [drivers.slug, "nowhere"]):
        with pytest.raises(Refusals, match="There is no group"):
            create(groups=slugs)
    with pytest.raises(Refusal, match="Choose at least one group"):
        create(groups=[])
    made = create(groups=["drivers", "drivers"])
    assert [group.slug for group in made.groups] == ["drivers"]
    chen = cast.person(cast.CHEN)
    assert what_bars(made, chen) is Barrier.NO_GROUP
    members.add(cast.organization(), "drivers", cast.member().id, by=cast.person())
    assert applications.may_enter(made, chen)
    assert [one.slug for one in table.of_group(drivers)] == ["wiki"]
    made = change(groups=None)
    assert made.for_everyone
    assert db.session.query(ApplicationGroup).count() == 0
    assert table.of_group(drivers) == []


def test_a_deleted_group_opens_nothing_and_leaves_the_application_to_nobody():
    cast.group()
    members.add(cast.organization(), "drivers", cast.member().id, by=cast.person())
    made = create(groups=["drivers"])
    groups.delete(cast.organization(), "drivers", by=cast.person())
    db.session.expire_all()
    assert not made.for_everyone
    assert made.groups == []
    assert what_bars(made, cast.person(cast.CHEN)) is Barrier.NO_GROUP
    assert change(name="Handbook", groups=[]).name == "Handbook"  # as it was: nobody's
    cast.group()  # another one with the same slug
    members.add(cast.organization(), "drivers", cast.member().id, by=cast.person())
    assert what_bars(made, cast.person(cast.CHEN)) is Barrier.NO_GROUP
    change(groups=["drivers"])
    assert applications.may_enter(made, cast.person(cast.CHEN))


def test_an_organization_has_at_most_so_many(monkeypatch):
    monkeypatch.setattr(applications, "MOST", 2)
    create()
    create(home_url="https://b.example/")
    with pytest.raises(Refusal, match="already have 2 applications"):
        create(home_url="https://c.example/")


def test_doors_and_entrants_follow_the_one_rule():
    acme, chen = cast.organization(), cast.person(cast.CHEN)
    cast.group()
    create(name="b")
    create(name="A", home_url="https://a.example/", groups=["drivers"])
    cast.application("wiki", of="evil")
    assert [(door.application.name, door.barrier) for door in table.doors(acme, chen)] == [
        ("A", Barrier.NO_GROUP),
        ("b", None),
    ]
    counts = [table.entrants(one) for one in table.everyone(acme)]
    assert counts == [0, 3]
    members.add(acme, "drivers", cast.member().id, by=cast.person())
    assert [table.entrants(one) for one in table.everyone(acme)] == [1, 3]
    assert {door.barrier for door in table.doors(acme, cast.person(cast.EVE))} == {
        Barrier.NO_MEMBER
    }


def test_entering_is_recorded_each_time_and_a_refusal_once_an_hour(travel):
    made, chen = create(), cast.person(cast.CHEN)
    about = {"application": "wiki", "name": "Wiki", "user_id": chen.id, "email": cast.CHEN}
    record.entered(made, chen, How.PROXY)
    record.entered(made, chen, How.OPENID)
    for _ in range(3):
        record.refused(made, chen, How.PROXY, Barrier.NO_GROUP)
    record.refused(made, chen, How.PROXY, Barrier.PAUSED)
    record.refused(made, cast.person(cast.MARCO), How.PROXY, Barrier.NO_GROUP)
    assert [(name, data.get("reason")) for name, data in happened()[1:]] == [
        ("ApplicationEntered", None),
        ("ApplicationEntered", None),
        ("ApplicationRefused", "not in a group that may enter"),
        ("ApplicationRefused", "the application is paused"),
        ("ApplicationRefused", "not in a group that may enter"),
    ]
    assert happened()[1][1] == {**about, "how": "through the proxy"}
    travel(minutes=61)
    record.refused(made, chen, How.PROXY, Barrier.NO_GROUP)
    assert len(happened()) == 7


def test_a_stranger_who_is_refused_leaves_no_trace_in_a_foreign_trail():
    made = create()
    record.refused(made, cast.person(cast.EVE), How.PROXY, Barrier.NO_MEMBER)
    assert [name for name, _ in happened()] == ["ApplicationCreated"]
    assert set(record.REASONS) == set(Barrier) - {Barrier.NO_MEMBER}


def test_a_change_that_comes_in_between_is_not_overwritten():
    create()
    facts = fields.present
    seen = applications.Seen(facts, [applications.versions.mark(facts(cast_wiki()))])
    change(name="Handbook")
    with pytest.raises(Refusal) as refused:
        change(home_url="https://b.example/", seen=seen)
    assert "“Handbook”" in refused.value.message
    assert "You had not seen that yet" in refused.value.message
    assert cast_wiki().home_url == WIKI["home_url"]


def cast_wiki():
    return applications.find(cast.organization(), "wiki")


def test_nothing_is_changed_in_a_suspended_organization():
    made = create()
    suspend(made)
    with pytest.raises(Refusal, match="suspended"):
        change(name="Handbook")
    with pytest.raises(Refusal, match="suspended"):
        create(home_url="https://b.example/")
    assert db.session.query(Application).count() == 1


@transaction()
def suspend(application):
    application.organization.suspended_at = clock.now() - timedelta(days=1)
