"""Rules J1 to J3: what a join link offers, whom it invites, and how many."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests import cast
from tests.support import many_invitations
from tests.support.plans import plans
from webapp import clock, config
from webapp.db import db, transaction
from webapp.domain import groups, invitations, links, organizations, outbox
from webapp.domain.errors import Forbidden, NotFound, Refusal, Refusals
from webapp.domain.invitations import (
    acceptances,
    join_places,
    renewal_requests,
    resends,
    tallies,
)
from webapp.domain.invitations import table as invitation_table
from webapp.domain.invitations.table import InvitationFilters
from webapp.domain.links import answers, asks, codes, fields, restored, states, table
from webapp.domain.links.asks import Closed
from webapp.domain.links.states import LinkState
from webapp.domain.members import leaving, roles
from webapp.domain.privacy import person_erasures, person_records
from webapp.models import AccessTerm, Delivery, Event, Invitation, JoinAsk, JoinLink

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BO, MAY, JO = "bo@example.org", "may@example.org", "jo@example.org"


def ask(link, email=BO):
    asks.ask(cast.code_of(link), email=email)


def invite(link, *emails):
    for email in emails or (BO,):
        ask(link, email)
    answers.answer_asks()


def waiting():
    return db.session.scalars(select(JoinAsk.email).order_by(JoinAsk.id)).all()


def state(link):
    return table.line(again(link)).state


def used(link):
    return join_places.uses(again(link)).total


def again(link):
    db.session.rollback()
    return links.find(cast.organization(), link.id)


def mails_to(email):
    return db.session.query(Delivery).filter_by(recipient=email).count()


def names():
    query = select(Event.name).where(Event.name.like("JoinLink%")).order_by(Event.id)
    return db.session.scalars(query).all()


def second_admin():
    roles.change_role(
        cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="admin"
    )
    return cast.person(cast.MARCO)


# What it offers


def test_who_asks_is_invited_by_the_links_terms_in_its_authors_name():
    acme, priya = cast.organization(), cast.person()
    groups.create(acme, by=priya, slug="field", name="Field", description=None, is_default=False)
    link = cast.join_link(role="manager", groups=["field"], access_days=90)
    invite(link)
    made = cast.invitation(BO)
    assert (made.role, made.inviter_id, made.access_days) == ("manager", priya.id, 90)
    assert [group.slug for group in made.groups] == ["field"]
    assert made.join_link_id == link.id
    assert table.of_invitation(made).id == link.id
    assert mails_to(BO) == 1
    assert waiting() == []


@pytest.mark.parametrize("facts", [{}, {"sort": "email"}, {"status": "pending"}, {"q": "bo@"}])
def test_the_list_of_its_invitations_reads_no_others(facts):
    link = cast.join_link()
    invite(link, BO, MAY)
    many_invitations.fill_open(3000)
    if db.engine.dialect.name == "postgresql":
        db.session.connection().exec_driver_sql("ANALYZE user_invitations")
    acme = cast.organization()
    filters = InvitationFilters.of(link_id=link.id, **facts)
    found = []

    def read():
        found.extend(invitation_table.lines(acme, filters).rows)
        tallies.of(acme, filters.criteria, 3000)

    for plan in plans(read):
        assert "ix_user_invitations_join_link" in plan, plan
    assert {one.email for one in found} == ({BO} if "q" in facts else {BO, MAY})


def test_what_it_makes_is_an_invitation_like_any_other():
    link = cast.join_link()
    invite(link)
    made = cast.invitation(BO)
    events = db.session.scalars(select(Event.name).where(Event.invitation_id == made.id)).all()
    assert events == ["InvitationCreated"]
    acceptances.accept(cast.mailed_token(made), full_name="Bo", password=cast.PASSWORD)
    assert cast.member(BO).role == "contributor"
    assert join_places.uses(again(link)) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"role": "admin"}, "role"),
        ({"role": "owner"}, "role"),
        ({"most_uses": 0}, "most_uses"),
        ({"most_uses": 501}, "most_uses"),
        ({"most_uses": None}, "most_uses"),
        ({"expiry_days": 0}, "expiry_days"),
        ({"expiry_days": 91}, "expiry_days"),
        ({"access_days": 0}, "access_days"),
        ({"access_days": 3651}, "access_days"),
        ({"domains": "not a domain!"}, "domains"),
        ({"groups": ["nowhere"]}, "groups"),
    ],
    ids=str,
)
def test_what_no_link_may_offer_is_refused_at_its_field(wish, field):
    with pytest.raises(Refusals) as refused:
        cast.join_link(**wish)
    assert [part.field for part in refused.value.refusals] == [field]


@transaction()
def limit(longest):
    columns = {"role": "contributor", "default_days": None, "longest_days": longest}
    db.session.merge(AccessTerm(organization_id=cast.organization().id, **columns))


def test_access_by_a_link_is_within_the_longest_term_of_the_role():
    early = cast.join_link(access_days=365)
    limit(30)
    with pytest.raises(Refusals) as refused:
        cast.join_link(access_days=31)
    assert [part.field for part in refused.value.refusals] == ["access_days"]
    cast.join_link(access_days=31, role="manager")
    invite(early, BO)
    assert cast.invitation(BO).access_days == 30


def test_only_admins_make_and_change_links():
    link = cast.join_link()
    acme, marco = cast.organization(), cast.person(cast.MARCO)
    terms = {"label": "Mine", "role": "contributor", "most_uses": 1, "expiry_days": 1}
    with pytest.raises(Forbidden):
        links.create(acme, by=marco, **terms)
    for verb in (links.pause, links.resume, links.revoke):
        with pytest.raises(Forbidden):
            verb(acme, link.id, by=marco)
        with pytest.raises(NotFound):
            verb(cast.organization("evil"), link.id, by=cast.person(cast.EVE))
    assert names() == ["JoinLinkCreated"]


def test_a_group_that_is_deleted_later_stops_nobody():
    acme, priya = cast.organization(), cast.person()
    groups.create(acme, by=priya, slug="field", name="Field", description=None, is_default=False)
    link = cast.join_link(groups=["field"])
    groups.delete(acme, "field", by=priya)
    invite(link)
    assert cast.invitation(BO).groups == []


# Its code


def test_a_code_has_60_bits_and_is_not_in_the_database_in_clear():
    link = cast.join_link()
    code = cast.code_of(link)
    assert len(codes.ALPHABET) ** codes.LENGTH == 2**60
    assert [len(part) for part in code.split("-")] == [4, 4, 4]
    row = db.session.execute(select(JoinLink.__table__)).mappings().one()
    assert not any(code in str(value) for value in row.values())
    assert not any(code.replace("-", "") in str(value) for value in row.values())


@pytest.mark.parametrize(
    "typed",
    [
        "ABCD-EFGH-JKLM",
        "abcd-efgh-jklm",
        " abcd efgh jklm ",
        "ABCDEFGHJKLM",
        "ABCD–EFGH—JKLM",
        "A B C D.E F G H/J K L M",
        "ＡＢＣＤ-ＥＦＧＨ-ＪＫＬＭ",
        "ABCD-EFGH-JK1M",
        "ABCD-EFGH-JKIM",
        "abcd-efgh-jklm\u00ad",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed):
    assert codes.read(typed) == "ABCD-EFGH-JKLM"


@pytest.mark.parametrize("typed", ["", None, "ABCD", "ABCD-EFGH-JKLMN", "ABCD-EFGH-JKÄM", "-" * 12])
def test_what_is_no_code_is_not_looked_up(typed):
    assert codes.read(typed) is None
    with pytest.raises(NotFound):
        links.by_code(typed)


def test_codes_are_encrypted_anew_when_the_key_changes(make_app, settings):
    code = cast.code_of(cast.join_link())
    old = settings["SECRET_KEY"]
    newer = make_app(SECRET_KEY="a-newer-key-of-the-tests-0123456789ab", SECRET_KEY_FALLBACKS=old)
    with newer.app_context():
        assert codes.renew_keys() == 1
    newest = make_app(SECRET_KEY="a-newer-key-of-the-tests-0123456789ab")
    with newest.app_context():
        assert cast.code_of(links.by_code(code)) == code
    stranger = make_app(SECRET_KEY="a-strange-key-of-the-tests-0123456789")
    with stranger.app_context():
        assert codes.shown(links.by_code(code)) is None


# Its places


def test_accepted_open_and_waiting_together_are_never_more_than_its_uses():
    link = cast.join_link(most_uses=2)
    ask(link, BO)
    ask(link, MAY)
    with pytest.raises(Closed):
        ask(link, JO)
    assert state(link) is LinkState.USED_UP
    answers.answer_asks()
    with pytest.raises(Closed):
        ask(link, JO)
    token = cast.mailed_token(cast.invitation(BO))
    acceptances.accept(token, full_name="Bo", password=cast.PASSWORD)
    with pytest.raises(Closed):
        ask(link, JO)
    assert used(link) == 2


def declined(made, _):
    acceptances.decline(cast.mailed_token(made), reason=None, not_for_me=False)


def revoked(made, _):
    invitations.revoke(cast.organization(), made.id, by=cast.person())


def expired(_, travel):
    travel(days=8)


def erased(_made, _):
    person_erasures.erase(BO)


@pytest.mark.parametrize("end", [declined, revoked, expired, erased])
def test_an_invitation_that_ends_gives_its_place_back(end, travel):
    link = cast.join_link(most_uses=1)
    invite(link, BO)
    end(cast.invitation(BO), travel)
    assert state(link) is LinkState.ACTIVE
    invite(link, MAY)
    assert cast.invitation(MAY).join_link_id == link.id
    assert state(link) is LinkState.USED_UP
    assert join_places.uses(again(link)).ended == 1


def test_an_expired_invitation_is_sent_again_only_into_a_free_place(travel):
    link = cast.join_link(most_uses=1)
    invite(link, BO)
    first = cast.invitation(BO)
    token = cast.mailed_token(first)
    travel(days=8)
    invite(link, MAY)
    with pytest.raises(Refusal, match="no free place"):
        resends.resend(cast.organization(), first.id, by=cast.person())
    with pytest.raises(Refusal):
        renewal_requests.renew(token)
    assert used(link) == 1
    revoked(cast.invitation(MAY), travel)
    resends.resend(cast.organization(), first.id, by=cast.person())
    assert used(link) == 1
    with pytest.raises(Closed):
        ask(link, JO)


def test_sending_an_open_invitation_again_takes_no_other_place(travel):
    link = cast.join_link(most_uses=1)
    invite(link, BO)
    resends.resend(cast.organization(), cast.invitation(BO).id, by=cast.person())
    assert used(link) == 1


@pytest.mark.parametrize("why", ["member", "deactivated", "suppressed", "invited", "limit"])
def test_who_is_not_invited_gives_the_place_back_and_is_not_mailed(why):
    email, acme = BO, cast.organization()
    if why in ("member", "deactivated"):
        email = cast.CHEN
    if why == "deactivated":
        roles.deactivate(acme, cast.member(cast.CHEN).id, by=cast.person())
    if why == "suppressed":
        cast.suppressed(BO)
        revoked(cast.invitation(BO), None)
    if why == "invited":
        cast.invited(BO)
    if why == "limit":
        for number in range(5):
            made = cast.invited(BO)
            assert made.id, number
            revoked(made, None)
    mails = mails_to(email)
    link = cast.join_link(most_uses=1)
    invite(link, email)
    assert used(link) == 0
    assert waiting() == []
    assert mails_to(email) == mails
    assert db.session.query(Invitation).filter_by(join_link_id=link.id).count() == 0


@pytest.fixture
def a_day(app, monkeypatch):
    """Let an admin send so many invitations a day."""

    def limit(most):
        settings = replace(config.current(), invitations_per_admin_per_day=most)
        monkeypatch.setitem(app.extensions, "settings", settings)

    limit(3)  # two invited the cast
    return limit


def test_an_ask_beyond_the_days_share_is_invited_on_the_next_day(a_day, travel):
    link = cast.join_link(most_uses=3)
    invite(link, BO, MAY)
    assert waiting() == [MAY]
    assert answers.put_off(link) == 1
    assert used(link) == 2  # the place is kept
    with pytest.raises(Refusal):
        cast.invited(JO)  # the share is still the author's
    answers.answer_asks()
    assert waiting() == [MAY]
    travel(days=1)
    a_day(1)
    invite(link, JO)
    assert cast.invitation(MAY).join_link_id == link.id
    assert waiting() == [JO]
    assert mails_to(MAY) == 1


def test_an_address_does_not_wait_for_ever(a_day, travel):
    link = cast.join_link(most_uses=3)
    invite(link, BO, MAY)
    a_day(1)
    for number in range(7):
        assert waiting() == [MAY]
        travel(days=1)
        cast.invited(f"day{number}@example.org")
        answers.answer_asks()
    assert waiting() == []
    assert used(link) == 0


def test_asking_again_mails_the_current_link_again_but_not_more_than_the_days_share():
    link = cast.join_link(most_uses=2)
    invite(link)
    made = cast.invitation(BO)
    secret = made.secret
    for _ in range(6):
        invite(link)
    assert mails_to(BO) == 5
    assert cast.invitation(BO).secret == secret
    assert used(link) == 1


def test_asking_twice_before_the_answer_takes_one_place():
    link = cast.join_link(most_uses=2)
    ask(link, BO)
    ask(link, "BO@Example.org")
    assert used(link) == 1
    assert waiting() == [BO]


def test_the_same_person_at_two_links_is_invited_once():
    one, other = cast.join_link("One"), cast.join_link("Other")
    ask(one)
    ask(other)
    answers.answer_asks()
    assert mails_to(BO) == 1
    assert (used(one), used(other)) == (1, 0)


def test_one_address_through_many_links_is_mailed_five_times_a_day_at_most():
    for number in range(7):
        link = cast.join_link(f"Link {number}")
        invite(link)
        made = cast.invitation(BO)
        if made.state == "pending":
            revoked(made, None)
    assert mails_to(BO) == 5


def test_only_addresses_in_its_domains_may_ask():
    link = cast.join_link(domains="school.example, @uni.example")
    with pytest.raises(Refusal, match=r"at school\.example or uni\.example") as refused:
        ask(link, BO)
    assert refused.value.field == "email"
    ask(link, "bo@UNI.example")
    assert [email.lower() for email in waiting()] == ["bo@uni.example"]


def test_a_link_takes_a_thousand_addresses_a_day_at_most(monkeypatch):
    monkeypatch.setattr(asks, "PER_DAY", 2)
    link = cast.join_link()
    ask(link, BO)
    ask(link, MAY)
    with pytest.raises(Refusal, match="Too many people"):
        ask(link, JO)


# Its states


def test_a_paused_link_takes_nobody_until_it_is_resumed():
    acme, priya, link = cast.organization(), cast.person(), cast.join_link()
    ask(link, BO)
    links.pause(acme, link.id, by=priya)
    links.pause(acme, link.id, by=priya)
    assert state(link) is LinkState.PAUSED
    with pytest.raises(Closed):
        ask(link, MAY)
    answers.answer_asks()
    assert cast.invitation(BO).state == "pending"  # they asked before
    links.resume(acme, link.id, by=priya)
    links.resume(acme, link.id, by=priya)
    ask(link, MAY)
    assert names() == ["JoinLinkCreated", "JoinLinkChanged", "JoinLinkChanged"]


def test_a_link_ends_to_the_second():
    with clock.stopped():
        link = cast.join_link(expiry_days=1)
        with clock.ahead(seconds=86_399):
            assert state(link) is LinkState.ACTIVE
        with clock.ahead(seconds=86_400):
            assert state(link) is LinkState.EXPIRED
            with pytest.raises(Closed):
                ask(link)


@pytest.mark.parametrize(("choice", "becomes"), [("keep", "pending"), ("revoke", "revoked")])
def test_revoking_asks_what_becomes_of_its_open_invitations(choice, becomes):
    link = cast.join_link()
    invite(link, BO)
    ask(link, MAY)
    links.revoke(cast.organization(), link.id, by=cast.person(), open_invitations=choice)
    links.revoke(cast.organization(), link.id, by=cast.person(), open_invitations=choice)
    assert cast.invitation(BO).state == becomes
    assert state(link) is LinkState.REVOKED
    assert waiting() == []
    answers.answer_asks()
    assert cast.invitation(MAY) is None
    assert names() == ["JoinLinkCreated", "JoinLinkRevoked"]
    with pytest.raises(Refusal, match="was revoked"):
        links.resume(cast.organization(), link.id, by=cast.person())


def test_nobody_revives_an_expired_invitation_of_a_revoked_link_but_an_admin(travel):
    link = cast.join_link()
    invite(link, BO)
    made = cast.invitation(BO)
    token = cast.mailed_token(made)
    links.revoke(cast.organization(), link.id, by=cast.person(), open_invitations="revoke")
    assert cast.invitation(BO).state == "revoked"
    other = cast.join_link("Other")
    invite(other, MAY)
    token = cast.mailed_token(cast.invitation(MAY))
    travel(days=8)
    links.revoke(cast.organization(), other.id, by=cast.person(), open_invitations="revoke")
    with pytest.raises(Refusal):
        renewal_requests.renew(token)
    resends.resend(cast.organization(), cast.invitation(MAY).id, by=cast.person())


def test_with_an_unknown_choice_nothing_is_revoked():
    link = cast.join_link()
    with pytest.raises(Refusal, match="Choose what happens"):
        links.revoke(cast.organization(), link.id, by=cast.person(), open_invitations="burn")
    assert state(link) is LinkState.ACTIVE


# Its author


def demoted(link, marco):
    roles.change_role(cast.organization(), cast.member(cast.PRIYA).id, by=marco, role="contributor")


def deactivated(link, marco):
    roles.deactivate(cast.organization(), cast.member(cast.PRIYA).id, by=marco)


def left(link, marco):
    leaving.leave(cast.organization(), cast.member(cast.PRIYA).id, by=cast.person())


@pytest.mark.parametrize("lose", [demoted, deactivated, left])
def test_a_link_whose_author_loses_the_right_invites_nobody(lose):
    marco, link = second_admin(), cast.join_link()
    invite(link, MAY)
    ask(link, BO)
    lose(link, marco)
    assert state(link) is LinkState.REVOKED
    assert waiting() == []
    answers.answer_asks()
    assert cast.invitation(BO) is None
    assert cast.invitation(MAY).state == "revoked"
    with pytest.raises(Closed):
        ask(link, JO)


def test_taking_invitations_over_takes_links_over_too():
    marco, link = second_admin(), cast.join_link()
    invite(link, MAY)
    roles.deactivate(cast.organization(), cast.member(cast.PRIYA).id, by=marco, pending="take over")
    assert again(link).author_id == marco.id
    invite(link, BO)
    assert {cast.invitation(email).inviter_id for email in (BO, MAY)} == {marco.id}
    assert names()[-1] == "JoinLinkChanged"


def test_a_link_is_dead_while_its_author_has_no_right_however_that_came_about():
    marco, link = second_admin(), cast.join_link()
    ask(link, BO)

    @transaction()
    def end(ended):
        cast.member(cast.PRIYA).ends_at = clock.now() if ended else None

    end(True)
    assert state(link) is LinkState.CLOSED
    with pytest.raises(Closed):
        ask(link, MAY)
    answers.answer_asks()
    assert cast.invitation(BO) is None
    end(False)
    assert state(link) is LinkState.ACTIVE
    assert marco


def test_a_suspended_organizations_link_is_dead_and_forgets_who_waits():
    link = cast.join_link()
    ask(link, BO)
    organizations.suspend(cast.organization())
    assert state(link) is LinkState.CLOSED
    answers.answer_asks()
    assert waiting() == []
    organizations.resume(cast.organization())
    assert state(link) is LinkState.ACTIVE
    assert cast.invitation(BO) is None


def test_a_link_of_an_author_outside_the_allowed_domains_is_dead(make_app):
    link = cast.join_link()
    narrow = make_app(ALLOWED_INVITE_DOMAINS="example.org")
    with narrow.app_context():
        assert states.is_closed(again(link))
        with pytest.raises(Closed):
            ask(link)


# Answering


def test_the_outbox_answers_before_it_sends(smtp):
    ask(cast.join_link())
    outbox.drain()
    assert [mail.rcpt_to[0] for mail in smtp.messages] == [BO]


def test_an_answer_that_breaks_is_tried_again_and_stops_no_other(monkeypatch, travel, caplog):
    link = cast.join_link()
    ask(link, BO)
    ask(link, MAY)
    real = invitations.create

    def break_for_bo(*args, **options):
        if options["email"] == BO:
            raise RuntimeError(BO)
        return real(*args, **options)

    monkeypatch.setattr(invitations, "create", break_for_bo)
    answers.answer_asks()
    assert cast.invitation(MAY).state == "pending"
    assert waiting() == [BO]
    assert BO not in caplog.text
    monkeypatch.undo()
    answers.answer_asks()
    assert waiting() == [BO]
    travel(minutes=2)
    answers.answer_asks()
    assert cast.invitation(BO).state == "pending"


def test_an_answer_that_always_breaks_gives_its_place_back_after_a_day(monkeypatch, travel):
    ask(cast.join_link())

    def break_always(*_args, **_options):
        raise RuntimeError

    monkeypatch.setattr(invitations, "create", break_always)
    answers.answer_asks()
    travel(hours=23)
    answers.answer_asks()
    assert waiting() == [BO]
    travel(hours=2)
    answers.answer_asks()
    assert waiting() == []


def test_a_link_with_a_role_of_a_later_version_keeps_those_who_wait(monkeypatch, travel):
    link = cast.join_link()
    ask(link)
    monkeypatch.setattr(fields, "ROLES", ("manager",))
    answers.answer_asks()
    assert waiting() == [BO]
    monkeypatch.undo()
    travel(minutes=2)
    answers.answer_asks()
    assert cast.invitation(BO).role == "contributor"


def test_an_address_that_waits_is_a_part_of_what_is_kept_and_is_erased():
    ask(cast.join_link())
    copy = person_records.export(BO)
    assert [row["email"] for row in copy["addresses_typed_at_join_links"]] == [BO]
    person_erasures.erase(BO)
    assert waiting() == []


def test_after_a_restore_links_are_paused_and_nobody_waits():
    acme, priya = cast.organization(), cast.person()
    active, other, gone = cast.join_link(), cast.join_link("Other"), cast.join_link("Gone")
    links.pause(acme, other.id, by=priya)
    links.revoke(acme, gone.id, by=priya)
    ask(active)
    assert restored.pause_all() == 1
    assert [state(link) for link in (active, other)] == [LinkState.PAUSED] * 2
    assert state(gone) is LinkState.REVOKED
    assert waiting() == []
    links.resume(acme, active.id, by=priya)
    assert state(active) is LinkState.ACTIVE


def test_asking_does_the_same_for_every_address():
    cast.suppressed(MAY)
    link = cast.join_link()
    emails = [BO, MAY, cast.CHEN, cast.EVE]
    for email in emails:
        ask(link, email)
    assert waiting() == emails
