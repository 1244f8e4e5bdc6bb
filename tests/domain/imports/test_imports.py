"""Many at once: the preview promises nothing, and each line is done exactly once."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import partial

import pytest

from tests import cast
from tests.support.together import at_once
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import imports, invitations, organizations, outbox, quotas
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.events import OPERATOR
from webapp.domain.imports import kinds as import_kinds
from webapp.domain.imports import reading, runs, table
from webapp.domain.invitations import batches, eligibility, inviter_handover
from webapp.domain.members import roles
from webapp.domain.operations import sweeps
from webapp.domain.organizations import days
from webapp.domain.organizations import settings as organization_settings
from webapp.models import BulkImport, BulkImportRow, Delivery, Event, Invitation

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def read(text, by=cast.PRIYA, **wishes):
    wishes.setdefault("role", "contributor")
    actor = by if by is OPERATOR else cast.person(by)
    lines = partial(reading.pasted, text)
    return imports.read(cast.organization(), lines, by=actor, **wishes)


def people(count):
    return " ".join(f"p{number}@example.org" for number in range(count))


def kinds(made):
    db.session.rollback()
    query = db.session.query(BulkImportRow.email, BulkImportRow.kind).filter_by(import_id=made.id)
    return dict(query.order_by(BulkImportRow.number).all())


def start(made, by=cast.PRIYA, **options):
    return imports.start(cast.organization(), made.id, by=cast.person(by), **options)


def again(made):
    db.session.rollback()
    return imports.find(cast.organization(), made.id)


def names():
    db.session.rollback()
    query = db.session.query(Event).filter(Event.name.like("Import%")).order_by(Event.id)
    return [(event.name, event.data) for event in query]


class TestThePreview:
    """What would become of each line as things stand."""

    def test_sorts_every_line_and_invites_nobody(self):
        cast.invited("known@example.org")

        @transaction()
        def suppress():
            suppressions.add(cast.invited("no@example.org"), suppressions.REPORTED)

        suppress()
        before = db.session.query(Invitation).count()
        made = read(
            f"bo@example.org known@example.org NO@example.org {cast.CHEN.upper()} nonsense "
            "BO@example.org lea@gmial.com"
        )
        assert kinds(made) == {
            "bo@example.org": "new",
            "known@example.org": "invited",
            "NO@example.org": "suppressed",
            cast.CHEN.upper(): "member",
            "nonsense": "malformed",
            "BO@example.org": "duplicate",
            "lea@gmial.com": "typo",
        }
        assert (made.state, made.total, made.actor_id) == ("previewed", 7, cast.person().id)
        assert db.session.query(Invitation).count() == before
        rows = {row.kind: row.reason for row in db.session.query(BulkImportRow)}
        assert rows["typo"] == "Did you mean lea@gmail.com?"
        assert rows["duplicate"] == "Same as line 1."

    def test_a_role_that_there_is_not_is_named(self):
        lines = [
            reading.ImportLine(1, "a@example.org", role="owner"),
            reading.ImportLine(2, "b@example.org", role="Admin"),
            reading.ImportLine(3, "c@example.org", name="x" * 101),
        ]
        made = imports.read(
            cast.organization(), lambda: iter(lines), by=cast.person(), role="contributor"
        )
        expected = {"a@example.org": "role", "b@example.org": "new", "c@example.org": "malformed"}
        assert kinds(made) == expected

    def test_a_day_of_access_is_read_held_and_in_the_list_of_the_others(self):
        lines = [
            reading.ImportLine(1, "a@example.org", access_until="2099-06-30"),
            reading.ImportLine(2, "b@example.org"),
            reading.ImportLine(3, "c@example.org", access_until="30.6.2099"),
            reading.ImportLine(4, "d@example.org", access_until="2020-06-30"),
        ]
        made = imports.read(
            cast.organization(), lambda: iter(lines), by=cast.person(), role="contributor"
        )
        kinds_of = [kind for _, kind in sorted(kinds(made).items())]
        assert kinds_of == ["new", "new", "access", "access"]
        reasons = {row.email[0]: row.reason for row in db.session.query(BulkImportRow)}
        assert reasons["c"] == "Enter a day like 2027-06-30."
        assert reasons["d"] == "Choose a day that is not over yet."
        imports.start(cast.organization(), made.id, by=cast.person())
        runs.finish(cast.organization(), made.id)
        until = {row.email[0]: row.access_until for row in db.session.query(Invitation)}
        acme = cast.organization()
        assert until["a"] == days.end_of(acme, date(2099, 6, 30))
        assert until["b"] is None
        sent = "".join(table.export(imports.find(acme, made.id)))
        assert "c@example.org,,,,,30.6.2099,3,Enter a day like 2027-06-30." in sent

    def test_a_column_of_days_is_found_by_names_that_mean_nothing_else(self):
        text = "email,Access until,End date\nbo@example.org,2099-06-30,2020-01-01\n"
        (line,) = reading.pasted(text)
        assert line.access_until == "2099-06-30"

    def test_the_domains_of_the_organization_hold(self):
        organization_settings.change_invitations(
            cast.organization(),
            by=cast.person(),
            expiry_days=None,
            retention_days=None,
            allowed_domains="acme.example gmial.com",
        )
        made = read("a@acme.example b@example.org c@gmial.com")
        assert list(kinds(made).values()) == ["new", "domain", "new"]

    def test_an_overdue_invitation_is_no_obstacle(self, travel):
        cast.invited("bo@example.org")
        travel(days=8)
        assert kinds(read("bo@example.org")) == {"bo@example.org": "new"}

    def test_another_organizations_people_are_strangers(self):
        cast.invited("bo@example.org", slug="evil")
        assert kinds(read(f"bo@example.org {cast.EVE}")) == {
            "bo@example.org": "new",
            cast.EVE: "new",
        }

    @pytest.mark.parametrize("by", [cast.MARCO, cast.CHEN, cast.EVE])
    def test_only_admins_read_lists(self, by):
        with pytest.raises(Forbidden):
            read("bo@example.org", by=by)
        assert db.session.query(BulkImport).count() == 0

    @pytest.mark.parametrize(
        ("text", "wishes", "field"),
        [
            ("", {}, "emails"),
            ("bo@example.org", {"role": "owner"}, "role"),
            ("bo@example.org", {"expiry_days": 2}, "expiry_days"),
            ("bo@example.org", {"message": "x" * 1001}, "message"),
        ],
    )
    def test_what_concerns_the_list_as_a_whole_refuses_it(self, text, wishes, field):
        with pytest.raises(Refusal) as refused:
            read(text, **wishes)
        assert refused.value.field == field
        assert db.session.query(BulkImport).count() == 0

    def test_a_list_that_nobody_starts_is_forgotten_after_a_day(self, travel):
        kept = read("kept@example.org")
        start(kept)
        gone = read(people(3))
        travel(hours=23)
        sweeps.tidy()
        assert again(gone)
        travel(hours=2)
        sweeps.tidy()
        assert [one.id for one in db.session.query(BulkImport)] == [again(kept).id]
        assert db.session.query(BulkImportRow).count() == 1

    def test_what_cannot_be_shown_is_kept_out_of_the_database(self):
        lines = [reading.ImportLine(1, "a\0b@exa\nmple.org\ud800", name="\0" * 9, message="x\0y")]
        made = imports.read(
            cast.organization(), lambda: iter(lines), by=cast.person(), role="contributor"
        )
        assert kinds(made) == {"ab@exa mple.org": "malformed"}


class TestARun:
    """Each line becomes an invitation by the rules as they are then."""

    def test_invites_with_events_and_mails_and_says_what_became_of_each(self, smtp):
        made = read("Bo Lind <bo@example.org>\nlea@example.org", role="manager", message="Hello")
        start(made)
        runs.run_due()
        made = again(made)
        assert made.state == "finished"
        rows = db.session.query(BulkImportRow).all()
        assert {row.kind for row in rows} == {"sent"}
        for row in rows:
            invitation = db.session.get(Invitation, row.invitation_id)
            assert (invitation.email, invitation.role, invitation.message) == (
                row.email,
                "manager",
                "Hello",
            )
            assert invitation.inviter_id == cast.person().id
            assert (invitation.expires_at - invitation.created_at).days == 7
            (event,) = db.session.query(Event).filter_by(invitation_id=invitation.id)
            assert (event.name, event.actor_id) == ("InvitationCreated", cast.person().id)
        assert db.session.query(Invitation).filter_by(name="Bo Lind").count() == 1
        assert names() == [
            ("ImportStarted", {"import_id": made.id, "rows": 2}),
            ("ImportFinished", {"import_id": made.id, "sent": 2, "refused": 0}),
        ]
        outbox.drain()
        assert {"bo@example.org", "lea@example.org"} <= {m.rcpt_to[0] for m in smtp.messages}
        assert quotas.used("organization", cast.organization().id) >= 2

    def test_looks_again_at_every_line(self):
        made = read("member@example.org open@example.org no@example.org fine@example.org")
        cast.invited("open@example.org")

        @transaction()
        def suppress():
            suppressions.add(cast.invited("no@example.org", send=False), suppressions.REPORTED)

        suppress()
        invitations.revoke(
            cast.organization(), cast.invitation("no@example.org").id, by=cast.person()
        )
        start(made)
        runs.run_due()
        assert kinds(made) == {
            "member@example.org": "sent",
            "open@example.org": "invited",
            "no@example.org": "suppressed",
            "fine@example.org": "sent",
        }

    def test_likely_typos_are_sent_only_when_the_admin_says_so(self):
        made = read("bo@example.org lea@gmial.com")
        start(made)
        runs.run_due()
        assert kinds(made)["lea@gmial.com"] == "typo"
        start(made, typos=True)
        runs.run_due()
        assert kinds(made) == {"bo@example.org": "sent", "lea@gmial.com": "sent"}

    def test_a_list_with_nobody_to_invite_is_not_started(self):
        made = read(cast.CHEN)
        with pytest.raises(Refusal, match="Nobody on this list"):
            start(made)
        assert again(made).state == "previewed"

    def test_an_address_that_was_mailed_enough_today_is_left_for_another_day(self):
        @transaction()
        def use_up():
            while quotas.take("mail", "bo@example.org", 5):
                pass

        use_up()
        made = read("bo@example.org lea@example.org")
        start(made)
        runs.run_due()
        assert kinds(made) == {"bo@example.org": "limit", "lea@example.org": "sent"}
        assert db.session.query(Invitation).filter_by(email="bo@example.org").count() == 0

    def test_stops_when_the_admin_who_started_it_is_none_any_more(self):
        made = read(people(3))
        start(made)
        operator_makes_marco_admin_and_marco_demotes_priya()
        runs.run_due()
        made = again(made)
        assert made.state == "stopped"
        assert "Your role in this organization does not allow this" in made.words
        assert set(kinds(made).values()) == {"waiting"}
        start(made, by=cast.MARCO)
        runs.run_due()
        assert set(kinds(made).values()) == {"sent"}
        inviters = {row.inviter_id for row in db.session.query(Invitation).filter_by(name=None)}
        assert cast.person(cast.MARCO).id in inviters

    def test_stops_when_the_organization_is_suspended(self):
        made = read(people(3))
        start(made)
        organizations.suspend(cast.organization())
        runs.run_due()
        assert again(made).state == "stopped"
        assert "suspended" in again(made).words

    def test_is_stopped_and_goes_on(self, monkeypatch):
        monkeypatch.setattr(runs, "BATCH", 2)
        monkeypatch.setattr(runs, "SECONDS", 0)
        made = read(people(5))
        start(made)
        runs.run_due()
        imports.stop(cast.organization(), made.id, by=cast.person())
        imports.stop(cast.organization(), made.id, by=cast.person())
        runs.run_due()
        assert Counter(kinds(made).values()) == {"sent": 2, "waiting": 3}
        assert again(made).state == "stopped"
        start(made)
        monkeypatch.setattr(runs, "SECONDS", 60)
        runs.run_due()
        assert Counter(kinds(made).values()) == {"sent": 5}
        assert [name for name, _ in names()] == [
            "ImportStarted",
            "ImportStopped",
            "ImportStarted",
            "ImportFinished",
        ]

    def test_imports_take_turns(self, monkeypatch):
        monkeypatch.setattr(runs, "BATCH", 2)
        monkeypatch.setattr(runs, "SECONDS", 0)
        first, second = read(people(9)), read("lea@example.org")
        start(first)
        start(second)
        runs.run_due()
        runs.run_due()
        assert kinds(second) == {"lea@example.org": "sent"}
        assert Counter(kinds(first).values())["sent"] == 2

    def test_a_foreign_import_is_as_unknown_as_none(self):
        made = read("bo@example.org")
        evil, eve = cast.organization("evil"), cast.person(cast.EVE)
        for verb in (imports.start, imports.stop):
            with pytest.raises(NotFound):
                verb(evil, made.id, by=eve)
        with pytest.raises(NotFound):
            imports.find(evil, made.id)
        with pytest.raises(Forbidden):
            imports.start(cast.organization(), made.id, by=cast.person(cast.MARCO))


class TestTheDailyShare:
    """Over it nothing is created or sent, and the rest can go another day."""

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "INVITATIONS_PER_ADMIN_PER_DAY": "5"}

    def test_is_told_in_the_preview_and_held_in_the_run(self, travel):
        travel(seconds=(clock.next_day() - clock.now()).total_seconds() + 1)
        made = read(people(7))
        assert Counter(kinds(made).values()) == {"new": 5, "limit": 2}
        cast.invited("other@example.org")
        start(made)
        runs.run_due()
        assert list(kinds(made).values()) == ["sent"] * 4 + ["limit"] * 3
        row = db.session.query(BulkImportRow).filter_by(kind="limit").first()
        assert "You can send more from" in row.reason
        with pytest.raises(Refusal, match="5 invitations today"):
            cast.invited("another@example.org")
        travel(days=1)
        start(made)
        runs.run_due()
        assert set(kinds(made).values()) == {"sent"}

    def test_a_place_that_somebodys_own_share_left_free_is_for_the_next(self, travel):
        travel(seconds=(clock.next_day() - clock.now()).total_seconds() + 1)

        @transaction()
        def use_up():
            while quotas.take("mail", "p0@example.org", 5):
                pass

        use_up()
        made = read(people(7))
        start(made)
        runs.run_due()
        assert list(kinds(made).values()) == ["limit"] + ["sent"] * 5 + ["limit"]


class TestAtOnce:
    """Presses and workers at the same moment."""

    def test_two_starts_are_one_run(self, app):
        made = read(people(3))
        number = made.id

        def press(_):
            imports.start(cast.organization(), number, by=cast.person())

        assert at_once(app, press, 4) == ["done"] * 4
        runs.run_due()
        assert [name for name, _ in names()] == ["ImportStarted", "ImportFinished"]
        assert Counter(kinds(made).values()) == {"sent": 3}

    def test_many_workers_do_each_line_once(self, app, monkeypatch):
        monkeypatch.setattr(runs, "BATCH", 7)
        monkeypatch.setattr(runs, "SECONDS", 0.05)
        lists = [read(people(60)), read(people(60)), read(people(30))]
        for made in lists:
            start(made)
        assert at_once(app, lambda _: runs.run_due(), 4) == ["done"] * 4
        while any(again(made).is_running for made in lists):
            runs.run_due()
        done = Counter(kind for made in lists for kind in kinds(made).values())
        assert done == {"sent": 60, "invited": 90}
        open_ones = db.session.query(Invitation).filter(Invitation.email.like("p%@example.org"))
        assert open_ones.count() == 60
        assert (
            db.session.query(Delivery).filter(Delivery.recipient.like("p%@example.org")).count()
            == 60
        )

    def test_organizations_that_invite_the_same_people_do_not_wait_in_a_circle(self, app):
        evil, eve = cast.organization("evil"), cast.person(cast.EVE)
        both = [
            read(people(80)),
            imports.read(
                evil,
                lambda: reading.pasted(" ".join(reversed(people(80).split()))),
                by=eve,
                role="contributor",
            ),
        ]
        start(both[0])
        imports.start(evil, both[1].id, by=eve)
        assert at_once(app, lambda _: runs.run_due(), 2) == ["done"] * 2
        assert set(kinds(both[0]).values()) == set(kinds(both[1]).values()) == {"sent"}

    @pytest.mark.parametrize("overdue", [False, True])
    def test_inviting_one_of_them_meanwhile_invites_them_once(self, app, travel, overdue):
        if overdue:
            for number in range(0, 40, 3):
                cast.invited(f"p{number}@example.org", send=False)
            travel(days=8)
        made = read(people(40))
        start(made)

        def act(number):
            if number == 0:
                runs.run_due()
            else:
                cast.invited(f"p{number * 9}@example.org")

        outcomes = at_once(app, act, 5)
        assert outcomes[0] == "done"
        assert not [one for one in outcomes if one.startswith("broken")]
        open_ones = db.session.query(Invitation.email).filter_by(state="pending")
        counted = Counter(email for (email,) in open_ones)
        assert set(counted.values()) == {1}
        assert len(counted) == 40


def test_a_worker_that_died_leaves_lines_that_are_taken_up_after_its_lease(travel):
    made = read(people(3))
    start(made)
    assert runs._take() is not None
    runs.run_due()
    assert set(kinds(made).values()) == {"waiting"}
    travel(seconds=runs.LEASE.total_seconds() + 1)
    runs.run_due()
    assert set(kinds(made).values()) == {"sent"}


def test_a_worker_whose_lease_is_lost_does_nothing(travel):
    made = read(people(3))
    start(made)
    claim = runs._take()
    travel(seconds=runs.LEASE.total_seconds() + 1)
    assert runs._take() is not None
    assert runs._send_batch(claim) is False
    assert set(kinds(made).values()) == {"waiting"}


def test_every_rule_of_inviting_is_a_kind_of_line():
    assert set(eligibility.RULES) <= set(import_kinds.WORDS)


def test_inviting_many_asks_the_same_rules_as_inviting_one():
    invitees = [
        batches.Invitee(
            invitations.addresses.parse(email),
            {"role": "contributor", "expiry_days": 7, "name": None, "message": None, "groups": []},
        )
        for email in (cast.CHEN, "bo@example.org")
    ]
    answers = batches.create_many(cast.organization(), invitees, by=cast.person())
    assert [one.kind for one in answers] == ["member", "sent"]
    with pytest.raises(Refusal) as refused:
        cast.invited(cast.CHEN)
    assert answers[0].words == refused.value.message


def test_what_did_not_go_is_a_file_that_can_be_put_right_and_sent_again():
    lines = [
        reading.ImportLine(2, "=1+1", role="manager", name="@SUM(A1)"),
        reading.ImportLine(3, "bo@example.org"),
        reading.ImportLine(4, cast.CHEN),
    ]
    made = imports.read(
        cast.organization(), lambda: iter(lines), by=cast.person(), role="contributor"
    )
    text = "".join(table.export(made))
    assert text.startswith(
        "\ufeffemail,role,name,message,groups,access_until,line,why\r\n'=1+1,manager,'@SUM(A1),,,,2,"
    )
    assert "chen@acme.example is already a member." in text
    assert "bo@example.org" not in text


def test_the_pages_of_a_kind_follow_each_other():
    made = read(people(120))
    seen, after = [], 0
    while after is not None:
        page = table.page(made, "new", after=after)
        seen += [row.number for row in page.rows]
        after = int(page.next) if page.next else None
    assert seen == list(range(1, 121))
    with pytest.raises(NotFound):
        table.page(made, "nothing")


def operator_makes_marco_admin_and_marco_demotes_priya():
    roles.change_role(
        cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="admin"
    )
    roles.change_role(
        cast.organization(),
        cast.member(cast.PRIYA).id,
        by=cast.person(cast.MARCO),
        role="contributor",
        pending=inviter_handover.REVOKE,
    )
