"""The report's figures: the same as when they are counted once more, row by row."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from tests import cast
from tests.support.plans import cost, plan
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import groups, invitations, outbox, reports
from webapp.domain.errors import Refusal
from webapp.domain.invitations import acceptances
from webapp.domain.reports import periods, queries
from webapp.domain.reports.periods import Period
from webapp.models import Delivery, Group, Invitation, InvitationGroup, JoinLink

both_databases = pytest.mark.both_databases
inside = pytest.mark.usefixtures("in_app")

STATES = ["pending", "accepted", "expired", "revoked", "declined"]
SPRING = datetime(2026, 3, 28, 22, tzinfo=UTC)  # Berlin's clocks jump on the 29th
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]
MAILS = [(), ("sent",), ("bounced",), ("sent", "queued"), ("failed",), ("bounced", "sent")]

histories = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(STATES),
            "role": st.sampled_from(["admin", "manager", "contributor"]),
            "inviter": st.booleans(),
            "domain": st.sampled_from(["example.org", "b.example", "xn--bcher-kva.example"]),
            "made": st.integers(0, 40 * 24 * 3600 * 4).map(lambda quarters: quarters / 4),
            "took": st.integers(0, 30 * 24 * 3600 * 4).map(lambda quarters: quarters / 4),
            "opened": st.booleans(),
            "mails": st.sampled_from(MAILS),
            "groups": st.sets(st.sampled_from(["drivers", "night"])),
            "link": st.sampled_from([None, "Course", "Fair"]),
        }
    ),
    max_size=40,
)


@transaction()
def write(history):
    """The history instead of whatever is there, in Acme; and one invitation of Evil Corp."""
    acme, evil = cast.organization(), cast.organization("evil")
    mine = select(Group.slug, Group.id).where(Group.organization_id == acme.id)
    slugs = dict(db.session.execute(mine).all())
    links = dict(db.session.execute(select(JoinLink.label, JoinLink.id)).all())
    db.session.execute(delete(Delivery))
    db.session.execute(delete(Invitation).where(Invitation.email.like("r%")))
    for number, one in enumerate([*history, {**GUEST, "organization": evil.id}]):
        made_id = db.session.execute(
            insert(Invitation).returning(Invitation.id),
            row(number, {"organization": acme.id, **one}, links.get(one["link"])),
        ).scalar_one()
        for slug in one["groups"]:
            given = {"group_id": slugs[slug], "invitation_id": made_id}
            db.session.add(InvitationGroup(organization_id=acme.id, **given))
        for link, state in enumerate(one["mails"], 1):
            db.session.add(
                Delivery(
                    organization_id=acme.id,
                    invitation_id=made_id,
                    kind="invitation",
                    recipient=f"r{number}@example.org",
                    link_number=link,
                    message_id=f"<{number}.{link}>",
                    state=state,
                    created_at=SPRING,
                    tried_since=SPRING,
                    due_at=SPRING,
                )
            )


def row(number, one, link_id=None):
    made = SPRING + timedelta(seconds=one["made"])
    email = f"r{number}@{one['domain']}"
    return {
        "organization_id": one["organization"],
        "email": email,
        "email_key": email,
        "role": one["role"],
        "inviter_id": cast.person().id if one["inviter"] else None,
        "expiry_days": 7,
        "created_at": made,
        "expires_at": made + timedelta(days=7),
        "ended_at": None if one["state"] == "pending" else made + timedelta(seconds=one["took"]),
        "opened_at": made if one["opened"] else None,
        "secret": bytes(32),
        "state": one["state"],
        "delivery_state": one["mails"][-1] if one["mails"] else None,
        "join_link_id": link_id,
    }


GUEST = {
    "state": "accepted",
    "role": "admin",
    "inviter": False,
    "domain": "evil.example",
    "made": 3600.0,
    "took": 1.0,
    "opened": True,
    "mails": ("sent",),
    "groups": (),
    "link": None,
}


def counted_again(period: Period, only=lambda one: True):
    """The figures as Python counts them, by what they are counted by."""
    zone, now = ZoneInfo(period.zone), clock.now()
    mails = db.session.execute(select(Delivery.invitation_id, Delivery.state)).all()
    groups: dict[tuple[str, object], list[Invitation]] = {}
    for one in db.session.scalars(select(Invitation)):
        day = one.created_at.astimezone(zone).date()
        if one.organization_id != cast.organization().id or not period.first <= day <= period.last:
            continue
        if not only(one):
            continue
        year, week, _ = day.isocalendar()
        for key in (
            ("total", ""),
            ("weeks", f"{year}-W{week:02}"),
            ("inviters", str(one.inviter_id or "")),
            ("roles", one.role),
            ("domains", one.email_key.split("@")[1]),
            ("links", str(one.join_link_id or "")),
            *(("groups", group.slug) for group in one.groups),
        ):
            groups.setdefault(key, []).append(one)
    if all(key in ((), "") for name, key in groups if name == "links"):
        groups.pop(("links", ""), None)  # nothing to tell apart
    return {key: figures_of(rows, mails, now) for key, rows in groups.items()}


def figures_of(rows, mails, now):
    states = Counter(row.status(now) for row in rows)
    seconds = [
        int(row.ended_at.timestamp()) - int(row.created_at.timestamp())
        for row in rows
        if row.state == "accepted"
    ]

    def with_mail(*states):
        return sum(any((row.id, state) in mails for state in states) for row in rows)

    return {
        "invited": len(rows),
        "sent": with_mail("sent", "bounced"),
        "delivered": with_mail("sent"),
        "opened": sum(bool(r.opened_at) or r.state in ("accepted", "declined") for r in rows),
        **{state: states[state] for state in STATES},
        "acceptance_rate": states["accepted"] / len(rows),
        "median_seconds": statistics.median(seconds) if seconds else None,
        "mean_seconds": pytest.approx(statistics.fmean(seconds)) if seconds else None,
        "p90_seconds": pytest.approx(ninetieth(seconds)) if seconds else None,
    }


def ninetieth(seconds):
    if len(seconds) == 1:
        return seconds[0]
    return statistics.quantiles(seconds, n=10, method="inclusive")[-1]


def reported(report):
    found = {("total", ""): asdict(report.total)} if report.total.invited else {}
    for name in ("weeks", "inviters", "roles", "domains", "groups", "links"):
        for line in getattr(report, name):
            if line.figures.invited:
                found[name, line.key] = asdict(line.figures)
    return found


@pytest.fixture
def told_apart(in_app):
    """Two groups and two join links; and those of Evil Corp, which are never counted."""
    for slug in ("acme", "evil"):
        cast.group("drivers", slug=slug)
        cast.group("night", "Night", slug=slug)
    for label in ("Course", "Fair"):
        cast.join_link(label)


def cast_group(slug):
    acme = cast.organization()
    return db.session.scalar(select(Group).filter_by(organization_id=acme.id, slug=slug))


def cast_link(label):
    return db.session.scalar(select(JoinLink).filter_by(label=label))


@both_databases
@pytest.mark.usefixtures("told_apart")
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=histories,
    zone=st.sampled_from(ZONES),
    first=st.integers(-3, 45),
    days=st.integers(0, 60),
    later=st.integers(0, 20),
)
def test_its_figures_are_those_of_a_second_computation(history, zone, first, days, later):
    write(history)
    begin = SPRING.date() + timedelta(days=first)
    period = Period(begin, begin + timedelta(days=days), zone)
    ahead = SPRING + timedelta(days=later) - clock.now()
    with clock.ahead(seconds=ahead.total_seconds()):
        report = reports.invitations(cast.organization(), period)
        assert reported(report) == counted_again(period)
        acme, night, link = cast.organization(), cast_group("night"), cast_link("Fair")
        by_group = reports.invitations(acme, period, group_id=night.id)
        assert reported(by_group) == counted_again(period, lambda one: night in one.groups)
        by_link = reports.invitations(acme, period, link_id=link.id)
        assert reported(by_link) == counted_again(period, lambda one: one.join_link_id == link.id)
    db.session.rollback()


@inside
@both_databases
def test_a_day_is_as_long_as_it_is_where_it_is_counted():
    """Berlin's 29 March 2026 begins at 23:00 UTC the day before and has 23 hours."""
    moments = [
        timedelta(minutes=59),
        timedelta(hours=1),
        timedelta(hours=24) - timedelta(seconds=1),
    ]
    write([{**GUEST, "made": at.total_seconds()} for at in (*moments, timedelta(hours=24))])
    berlin = periods.read("2026-03-29", "2026-03-29", "Europe/Berlin")
    assert (berlin.until - berlin.start) == timedelta(hours=23)
    assert reports.invitations(cast.organization(), berlin).total.invited == 2
    utc = periods.read("2026-03-29", "2026-03-29")
    assert (utc.until - utc.start) == timedelta(hours=24)


def test_a_day_whose_midnight_was_skipped_begins_with_its_first_moment():
    cairo = Period(datetime(2026, 4, 24).date(), datetime(2026, 4, 24).date(), "Africa/Cairo")  # noqa: DTZ001
    assert cairo.start == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert cairo.start.astimezone(ZoneInfo("Africa/Cairo")).hour == 1
    assert cairo.until - cairo.start == timedelta(hours=23)


def test_weeks_are_those_of_iso_8601_and_end_with_the_period():
    year_end = periods.read("2026-12-30", "2027-01-05")
    found = year_end.weeks(year_end.start, year_end.until)
    assert [(w.name, str(w.first), str(w.last)) for w in found] == [
        ("2026-W53", "2026-12-30", "2027-01-03"),
        ("2027-W01", "2027-01-04", "2027-01-05"),
    ]
    assert found[0].until == found[1].start


def test_when_nothing_is_asked_it_is_the_last_twelve_weeks():
    period = periods.read()
    assert period.zone == "UTC"
    assert period.last == clock.now().date()
    assert period.first.weekday() == 0
    assert len(period.weeks(period.start, period.until)) == 12


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"from_": "2026-02-30"}, ["from"]),
        ({"from_": "yesterday", "to": "20261121"}, ["from", "to"]),
        ({"to": "2026-W47-6"}, ["to"]),
        ({"to": "٢٠٢٦-١١-٢١"}, ["to"]),
        ({"from_": "0001-01-01"}, ["from"]),
        ({"to": "9999-12-31"}, ["to"]),
        ({"from_": "2026-11-21", "to": "2026-11-20"}, ["to"]),
        ({"zone": "Mars/Olympus"}, ["zone"]),
        ({"zone": "../../etc/passwd"}, ["zone"]),
        ({"zone": "Europe"}, ["zone"]),
    ],
)
def test_what_is_no_period_is_refused_at_its_field(asked, fields):
    with pytest.raises(Refusal) as refused:
        periods.read(**asked)
    several = getattr(refused.value, "refusals", [refused.value])
    assert [one.field for one in several] == fields


@inside
def test_a_period_in_which_nobody_was_invited_is_empty():
    report = reports.invitations(cast.organization(), periods.read("2001-01-01", "2001-12-31"))
    assert report.total.invited == 0
    assert report.total.acceptance_rate is report.total.median_seconds is None
    assert not [*report.weeks, *report.inviters, *report.roles, *report.domains]


@inside
def test_who_invited_few_stands_in_one_line_with_the_others():
    domains = [f"d{number:03}.example" for number in range(reports.SHOWN + 10)]
    write([{**GUEST, "domain": one} for one in (*domains, domains[-1])])
    report = reports.invitations(cast.organization(), periods.read("2026-03-01", "2026-04-30"))
    assert len(report.domains) == reports.SHOWN + 1
    assert report.domains[0].key == domains[-1]
    others = report.domains[-1]
    assert (others.name, others.figures.invited) == (reports.OTHERS, 10)
    assert others.figures.median_seconds == 1
    assert sum(line.figures.invited for line in report.domains) == len(domains) + 1


@inside
@both_databases
def test_it_follows_what_really_happens(smtp):
    smtp.script["RCPT TO:<gone@example.org>"] = "550 5.1.1 nobody"
    for email in ("bo@example.org", "ann@example.org", "gone@example.org", "cy@example.org"):
        cast.invited(email)
    link_only = cast.invited("dee@example.org", send=False)
    outbox.drain()
    acceptances.accept(
        cast.mailed_token(cast.invitation()), full_name="Bo", password="seven bars and a half"
    )
    acceptances.decline(cast.mailed_token(cast.invitation("ann@example.org")))
    invitations.revoke(cast.organization(), link_only.id, by=cast.person())
    total = reports.invitations(cast.organization(), periods.read()).total
    # Marco and Chen of the cast were invited with a link alone, Priya by a mail; all accepted.
    assert (total.invited, total.accepted, total.declined, total.revoked) == (8, 4, 1, 1)
    assert (total.pending, total.expired) == (2, 0)
    with clock.ahead(days=8):
        total = reports.invitations(cast.organization(), periods.read()).total
    assert (total.pending, total.expired) == (0, 2)


@inside
@both_databases
def test_a_period_costs_what_it_holds_whatever_lies_outside_it():
    acme = cast.organization()
    guest = {**GUEST, "organization": acme.id}
    write([guest] * 20)
    far = [row(1000 + number, {**guest, "made": 9e6 + number}) for number in range(2000)]
    transaction()(lambda: db.session.execute(insert(Invitation), far))()
    if db.engine.dialect.name == "postgresql":
        db.session.connection().exec_driver_sql("ANALYZE user_invitations")
    period = periods.read("2026-03-28", "2026-03-29")
    asked = queries.alike(acme, period.start, period.until)
    assert "ix_user_invitations_created" in plan(asked)
    assert cost(asked) * 10 < cost(queries.alike(acme, period.start, clock.now()))
    carried = queries.by_group(acme, period.start, period.until)
    assert "ix_user_invitations_created" in plan(carried)


@inside
@both_databases
def test_a_deleted_group_and_a_report_without_either_have_no_lines(told_apart):
    write([{**GUEST, "groups": ("drivers", "night")}, GUEST])
    acme, spring = cast.organization(), periods.read("2026-03-01", "2026-04-30")
    report = reports.invitations(acme, spring)
    assert [(line.key, line.name) for line in report.groups] == [
        ("drivers", "Drivers"),
        ("night", "Night"),
    ]
    assert report.links == []
    groups.delete(acme, "night", by=cast.person())
    assert [line.key for line in reports.invitations(acme, spring).groups] == ["drivers"]
