"""The table of invitations: every filter in every order, page by page.

Nothing here writes, so all of it reads one database, which is filled once.
"""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import cast
from tests.support import many_invitations, plans
from tests.support.settings import environment
from webapp import clock, create_app
from webapp.config import Settings
from webapp.db import db, transaction
from webapp.domain import cursors
from webapp.domain.invitations import rows as invitation_rows
from webapp.domain.invitations import table, tallies
from webapp.domain.invitations.table import InvitationFilters
from webapp.models import Group, Invitation, InvitationGroup


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request):
    """An application over invitations of every kind."""
    with request.getfixturevalue(f"{request.param}_template").copy("table") as url:
        app = create_app(Settings.from_mapping(environment(url, "unix:///nowhere.sock", 25)))
        with app.app_context():
            many_invitations.fill()
            carry()
            yield app
            db.session.remove()
            db.engine.dispose()


@transaction()
def carry():
    """Two thirds carry one of Acme's groups, a third another, all of Evil Corp's its own."""
    acme, evil = cast.organization(), cast.organization("evil")
    groups = [cast.group("drivers"), cast.group("office"), cast.group("drivers", slug="evil")]
    invitations = db.session.query(Invitation).order_by(Invitation.id).all()
    ours = [one for one in invitations if one.organization_id == acme.id]
    rows = [(groups[0], one) for n, one in enumerate(ours) if n % 3]
    rows += [(groups[1], one) for n, one in enumerate(ours) if n % 3 == 1]
    rows += [(groups[2], one) for one in invitations if one.organization_id == evil.id]
    db.session.add_all(
        InvitationGroup(
            organization_id=one.organization_id, group_id=group.id, invitation_id=one.id
        )
        for group, one in rows
    )


def group_of(slug="drivers"):
    return db.session.query(Group).filter_by(slug=slug).order_by(Group.id).first()


@pytest.fixture(autouse=True)
def in_filled(filled):
    """Inside the application."""
    with filled.app_context():
        yield
        db.session.remove()


def by_hand(filters):
    """The same table by looking at every row."""
    now = clock.now()
    rows = db.session.query(Invitation).filter_by(organization_id=cast.organization().id).all()
    carried = db.session.query(InvitationGroup.invitation_id).filter_by(group_id=filters.group_id)
    ids = {one.invitation_id for one in carried}
    found = [
        one
        for one in rows
        if (filters.group_id is None or one.id in ids)
        and filters.status in (None, one.status(now))
        and filters.delivery in (None, one.delivery_state)
        and filters.inviter_id in (None, one.inviter_id)
        and all(
            word in f"{one.email} {one.name or ''}".casefold() for word in filters.words.split()
        )
    ]
    down, column = filters.sort.startswith("-"), filters.columns[0]
    return sorted(found, key=lambda one: (getattr(one, column), one.id), reverse=down)


def forwards(filters, size):
    """All rows from the first page to the last."""
    rows, after = [], None
    while True:
        page = table.page(cast.organization(), filters, after=after, size=size)
        rows += page.rows
        assert (page.previous is None) == (after is None)
        after = page.next
        if after is None:
            return rows
        assert len(page.rows) == size


def backwards(filters, size):
    """All rows from the last page to the first, in the table's order."""
    page = table.page(cast.organization(), filters, last=True, size=size)
    assert page.next is None
    rows = list(page.rows)
    while page.previous:
        page = table.page(cast.organization(), filters, before=page.previous, size=size)
        assert page.next
        rows = [*page.rows, *rows]
    return rows


CHOICES = {
    "status": [None, *many_invitations.STATES],
    "sort": ["created", "-created", "email", "-email", "expires", "-expires"],
    "delivery": [None, "sent", "failed"],
    "q": ["", "example1", "2"],
    "inviter_id": [None, True],
    "window": [5, 2000],
}
# Of all 1,296 combinations so many that each choice meets each of every other kind.
PLACES = [
    (s, t, (s + t) % 3, (s + 2 * t) % 3, (s // 3 + t) % 2, (s // 3 + t // 3) % 2)
    for s, t in itertools.product(range(6), repeat=2)
]
PAIRWISE = [
    {name: CHOICES[name][place] for name, place in zip(CHOICES, places, strict=True)}
    for places in PLACES
]


def test_each_choice_meets_each_other():
    for one, other in itertools.combinations(CHOICES, 2):
        met = {(case[one], case[other]) for case in PAIRWISE}
        assert met == set(itertools.product(CHOICES[one], CHOICES[other]))


def every_row_is_there_once(case, monkeypatch):
    """Forwards and backwards, in the order asked for."""
    facts = dict(case)
    monkeypatch.setattr(invitation_rows, "WINDOW", facts.pop("window"))
    facts["inviter_id"] = facts["inviter_id"] and cast.person().id
    for name, value in facts.pop("ways", {}).items():
        monkeypatch.setattr(invitation_rows, name, value)
    filters = InvitationFilters.of(**facts)
    rows = by_hand(filters)
    expected = [one.id for one in rows]
    assert [one.id for one in forwards(filters, 17)] == expected, case
    assert [one.id for one in backwards(filters, 17)] == expected, case
    shown = [(one.id, one.email, one.status(clock.now())) for one in rows[:50]]
    lines = table.lines(cast.organization(), filters).rows
    assert [(one.id, one.email, one.status(clock.now())) for one in lines] == shown, case


def test_every_filter_in_every_order_has_every_row_once(monkeypatch):
    for case in PAIRWISE:
        every_row_is_there_once(case, monkeypatch)


# The next of the group's own, or of the order's; all of it sorted; or whatever the database does.
WAYS = [
    {},
    {"FEW": 3, "SORTED_LEAST": 0},
    {"FEW": 3, "SORTED_LEAST": 0, "SCAN": 7},
    {"FEW": 3},
    {"FEW": 3, "SORTED_LEAST": 0, "SCAN": 7, "SORTED_MOST": 5},
]


def test_a_group_has_every_row_once_however_it_is_found(monkeypatch):
    group_id = group_of().id
    for number, case in enumerate(PAIRWISE):
        ways = WAYS[number % len(WAYS)]
        with monkeypatch.context() as patch:
            every_row_is_there_once({**case, "group_id": group_id, "ways": ways}, patch)


@pytest.mark.parametrize("facts", [{"status": "expired"}, {"status": "pending", "sort": "email"}])
def test_of_a_group_in_another_order_only_carriers_are_looked_up(facts, monkeypatch):
    for name, value in {"FEW": 3, "SORTED_LEAST": 0}.items():
        monkeypatch.setattr(invitation_rows, name, value)
    monkeypatch.setattr(table, "SIZE", 5)
    filters = InvitationFilters.of(**facts, group_id=group_of().id)
    table.lines(cast.organization(), filters)  # what else it reads is known by now
    made = plans.plans(lambda: table.lines(cast.organization(), filters))
    found = [one for one in made if "invitation_groups" in one and "user_invitations" in one]
    if db.engine.dialect.name == "sqlite":
        assert any("SEARCH user_invitations USING INDEX" in one for one in found), found
    assert found
    assert all("SCAN user_invitations" not in one for one in found), found


def test_of_a_large_group_all_are_counted_by_its_index_and_none_by_status(monkeypatch):
    group = group_of()
    filters = InvitationFilters.of(group_id=group.id)
    expected = Counter(one.status(clock.now()) for one in by_hand(filters))

    def tally(**more):
        asked = InvitationFilters.of(group_id=group.id, **more)
        return tallies.of(cast.organization(), asked.criteria, among=60)

    assert tally() == (expected, 42)
    monkeypatch.setattr(tallies, "WINDOW", 20)
    assert tally(status="pending") == (expected, expected["pending"])
    monkeypatch.setattr(tallies, "MANY", 41)
    assert tally() == (None, 42)
    assert tally(status="pending") == tally(delivery="sent") == (None, None)
    monkeypatch.setattr(tallies, "MOST", 41)
    assert tally() == (None, None)


@pytest.mark.parametrize("sort", ["created", "-created"])
@pytest.mark.parametrize("q", ["example1", "ann example0", "anna 2", "zzqx"])
def test_a_search_in_the_order_of_its_own_index_has_every_row_once(sort, q, monkeypatch):
    every_row_is_there_once({"q": q, "sort": sort, "inviter_id": None, "window": 3}, monkeypatch)


def test_of_what_a_search_finds_only_the_rows_shown_are_looked_up(monkeypatch):
    monkeypatch.setattr(invitation_rows, "WINDOW", 3)
    filters = InvitationFilters.of(q="example1")
    table.lines(cast.organization(), filters)  # what else it reads is known by now
    made = plans.plans(lambda: table.lines(cast.organization(), filters))
    (found,) = [one for one in made if "invitation_search" in one]
    if db.engine.dialect.name == "sqlite":
        # The full-text table has them in order already; what is sorted are the rows shown.
        hits = found[found.index("invitation_search") :].splitlines()
        assert hits[0].startswith("invitation_search VIRTUAL TABLE")
        assert "TEMP B-TREE" not in hits[1]
    else:
        assert found.count("Limit") == 2  # within the search, and of the page


@pytest.mark.parametrize("q", ["", "example1", "2", "ann example0", "zzqx", "anna 2"])
@pytest.mark.parametrize("delivery", [None, "failed"])
@pytest.mark.parametrize("inviter", [None, True])
def test_the_tallies_follow_the_search_whatever_status_is_shown(q, delivery, inviter, monkeypatch):
    inviter_id = cast.person().id if inviter else None
    filters = InvitationFilters.of(q=q, delivery=delivery, inviter_id=inviter_id)
    now = clock.now()
    expected = Counter(one.status(now) for one in by_hand(filters))
    pending = InvitationFilters.of(q=q, delivery=delivery, inviter_id=inviter_id, status="pending")

    def tally(one=filters):
        return tallies.of(cast.organization(), one.criteria, among=60).by_status

    assert tally() == tally(pending) == expected
    monkeypatch.setattr(tallies, "WINDOW", 20)
    monkeypatch.setattr(tallies, "SAMPLE", 5)
    assert tally() == tally(pending) == expected
    # More than half of the newest five fit: are there more than ten among the newest twenty?
    newest = [one.id for one in by_hand(InvitationFilters.of())]
    among = [sum(one.id in newest[:n] for one in by_hand(filters)) for n in (5, 20)]
    monkeypatch.setattr(tallies, "MANY", 10)
    assert tally() == tally(pending) == (None if among[0] > 2 and among[1] > 10 else expected)
    monkeypatch.setattr(tallies, "MOST", expected.total() - 1)
    assert tally() is None
    monkeypatch.setattr(tallies, "MANY", -1)
    assert tally() is None


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(case=st.fixed_dictionaries({name: st.sampled_from(c) for name, c in CHOICES.items()}))
def test_so_it_is_with_any_other_combination(case):
    with pytest.MonkeyPatch.context() as monkeypatch:
        every_row_is_there_once(case, monkeypatch)


def test_whom_to_filter_by_is_found_without_reading_all_members():
    acme = cast.organization()
    everybody = table.inviters(acme)
    assert [one.id for one in everybody] == [cast.person().id]
    eve = cast.person(cast.EVE).id  # who has invited nobody here
    assert table.inviters(acme, eve) == table.inviters(acme, cast.person().id) == everybody
    (plan,) = plans.plans(lambda: table.inviters(acme, eve))
    if db.engine.dialect.name == "sqlite":
        assert "INDEX ix_memberships_role (organization_id=? AND role=?)" in plan
        assert "SCAN" not in plan


def test_a_table_of_exactly_one_page_has_no_other():
    filters = InvitationFilters.of(status="declined")
    count = len(by_hand(filters))
    page = table.page(cast.organization(), filters, size=count)
    assert (len(page.rows), page.previous, page.next) == (count, None, None)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ANNA 0", "anna 0"),
        ("müller 3", "MÜLLER 3"),
        ("Müller 3", "MÜLLER 3"),
        ("CHÉN 2", "chén 2"),
        ("o'neil 4", "o'neil 4"),
        ("100%_s", "100%_sure 5"),
        ('y "hi" 6', 'say "hi" 6'),
        ("strasse 7", "straße 7"),
        ("ἀθηνᾶ 8", "Ἀθηνᾶ 8"),
        ("  p8.1@EXAMPLE2.org ", "Ἀθηνᾶ 8"),
        ("p8.1@example2.org Ἀθη", "Ἀθηνᾶ 8"),
        ("8 ἀθηνᾶ", "Ἀθηνᾶ 8"),
        ("example0 NN 0", "anna 0"),
        ('6 hi" say', 'say "hi" 6'),
    ],
)
@pytest.mark.parametrize("window", [1, 2000])
def test_any_part_of_an_address_or_name_is_found_in_any_case(q, found, window, monkeypatch):
    monkeypatch.setattr(invitation_rows, "WINDOW", window)
    page = table.page(cast.organization(), InvitationFilters.of(q=q))
    assert found in [one.name for one in page.rows]


@pytest.mark.parametrize(
    "q",
    [
        *(
            "zzqx",
            "%%%",
            "___",
            "o1;",
            "o2;",
            '"',
            "' OR 1=1 --",
            "p1.1@example1.orgg",
            "NEAR(a b)",
        ),
        *("words : p1", "a AND b", "* *", "\0\0\0", "{organization}", "\\%", "🦊🦊🦊", "x" * 300),
    ],
)
@pytest.mark.parametrize("window", [1, 2000])
def test_what_is_not_there_is_not_found_however_it_is_written(q, window, monkeypatch):
    monkeypatch.setattr(invitation_rows, "WINDOW", window)
    filters = InvitationFilters.of(q=q)
    page = table.page(cast.organization(), filters)
    assert [one.id for one in page.rows] == [one.id for one in by_hand(filters)][:50]
    assert len(page.rows) == (50 if not filters.words else len(by_hand(filters)))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(q=st.text(max_size=12), after=st.text(max_size=40), sort=st.text(max_size=9))
def test_no_text_breaks_the_table(q, after, sort):
    for filters in (
        InvitationFilters.of(q=q, sort=sort),
        InvitationFilters.of(q=f"{q}abc", status="pending", sort="email"),
    ):
        page = table.page(cast.organization(), filters, after=after, before=q)
        assert {one.organization_id for one in page.rows} <= {cast.organization().id}


@pytest.mark.parametrize(
    "place",
    [(), (0,), (-1,), (2**63,), (1.5,), (True,), ("1",), (None,), (1, 2), ({},), ("a", 1)],
)
def test_a_cursor_of_another_order_is_none(place):
    page = table.page(cast.organization(), InvitationFilters.of(), after=cursors.write(place))
    assert page.previous is None
    assert len(page.rows) == 50


@pytest.mark.parametrize("value", ["2026-11-21", "soon", 5, None, "9999-12-31T23:59:59-23:59"])
def test_a_cursor_that_is_no_moment_is_none(value):
    place = cursors.write((value, 1))
    page = table.page(cast.organization(), InvitationFilters.of(sort="expires"), after=place)
    assert page.previous is None
