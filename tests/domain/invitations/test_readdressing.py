"""A wrong address is put right in one step, or nothing is changed."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.together import together
from webapp.db import db
from webapp.domain import events, invitations, organizations, outbox
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.invitations import acceptances, readdressing
from webapp.domain.organizations import settings as organization_settings
from webapp.models import DailyCount, Invitation, Membership

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def correct(made, email, **who):
    by = cast.person(who.get("by", cast.PRIYA))
    return readdressing.correct(
        cast.organization(who.get("slug", "acme")), made.id, by=by, email=email
    )


def names(invitation):
    return [event.name for event, _ in events.of_invitation(invitation)]


def state(email="bo@exmaple.org"):
    return cast.invitation(email).state


@pytest.fixture
def wrong(in_app):
    return cast.invited(
        "bo@exmaple.org",
        role="manager",
        expiry_days=14,
        name="Bo",
        message="Hello\nBo",
        language="ar",
    )


def test_the_old_one_is_revoked_and_the_right_address_invited_with_the_same_words(wrong, smtp):
    made = correct(wrong, "Bo@example.org")
    assert (made.id != wrong.id, made.email, made.state) == (True, "Bo@example.org", "pending")
    for column in ("role", "expiry_days", "name", "message", "language"):
        assert getattr(made, column) == getattr(wrong, column)
    assert state() == "revoked"
    assert names(wrong)[-1] == "InvitationRevoked"
    assert names(made) == ["InvitationCreated"]
    outbox.drain()
    assert "Bo@example.org" in [mail.rcpt_to[0] for mail in smtp.messages]
    assert "bo@exmaple.org" not in [mail.rcpt_to[0] for mail in smtp.messages]


def test_an_expired_one_can_be_put_right_too(wrong, travel):
    travel(days=15)
    correct(wrong, "bo@example.org")
    assert (state(), state("bo@example.org")) == ("revoked", "pending")


def test_a_term_that_is_no_choice_any_more_is_kept(in_app):
    acme, priya = cast.organization(), cast.person()
    organization_settings.change_invitations(
        acme, by=priya, expiry_days=21, retention_days=None, allowed_domains=""
    )
    odd = cast.invited("bo@exmaple.org")
    organization_settings.change_invitations(
        acme, by=priya, expiry_days=None, retention_days=None, allowed_domains=""
    )
    assert correct(odd, "bo@example.org").expiry_days == 21


def test_it_counts_as_one_more_invitation_of_the_day(wrong):
    def count():
        db.session.rollback()
        rows = db.session.query(DailyCount).filter_by(kind="organization")
        return sum(row.count for row in rows)

    before = count()
    correct(wrong, "bo@example.org")
    assert count() == before + 1


@pytest.mark.parametrize("same", ["bo@exmaple.org", "BO@EXMAPLE.ORG", " bo@exmaple.org "])
def test_the_same_address_is_refused_with_what_to_do(wrong, same):
    with pytest.raises(Refusal, match="Enter the right address, or resend") as refused:
        correct(wrong, same)
    assert refused.value.field == "email"
    assert state() == "pending"


@pytest.mark.parametrize(
    ("right", "words"),
    [
        ("nonsense", "address"),
        (cast.CHEN, "already a member"),
        ("open@example.org", "already has an open invitation"),
        ("reported@example.org", "not for them"),
    ],
)
def test_what_inviting_refuses_is_refused_here_and_nothing_is_revoked(wrong, right, words):
    cast.invited("open@example.org")
    reported = cast.invited("reported@example.org")
    acceptances.decline(cast.mailed_token(reported), not_for_me=True)
    before = names(wrong)
    with pytest.raises(Refusal, match=words):
        correct(wrong, right)
    db.session.rollback()
    assert state() == "pending"
    assert names(wrong) == before


def test_an_address_outside_the_allowed_domains_is_refused_and_nothing_is_revoked(wrong):
    organization_settings.change_invitations(
        cast.organization(),
        by=cast.person(),
        expiry_days=None,
        retention_days=None,
        allowed_domains="acme.example",
    )
    with pytest.raises(Refusal, match=r"You can only invite addresses at acme\.example"):
        correct(wrong, "bo@example.org")
    assert state() == "pending"


class TestADayWhoseShareIsUsedUp:
    """A correction is an invitation like any other."""

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "INVITATIONS_PER_ADMIN_PER_DAY": "3"}

    def test_refuses_corrections_and_revokes_nothing(self, wrong):
        # Two of the cast were invited today, and Bo.
        with pytest.raises(Refusal, match="which is the daily limit"):
            correct(wrong, "bo@example.org")
        assert state() == "pending"


@pytest.mark.parametrize("end", ["accepted", "revoked", "declined"])
def test_an_ended_one_is_final(wrong, end):
    if end == "revoked":
        invitations.revoke(cast.organization(), wrong.id, by=cast.person())
    elif end == "declined":
        acceptances.decline(cast.mailed_token(wrong))
    else:
        acceptances.accept(
            cast.mailed_token(wrong), full_name="Bo", password="seven bars and a half"
        )
    with pytest.raises(Refusal, match=f"was {end}, so it cannot be changed"):
        correct(wrong, "bo@example.org")
    assert cast.invitation("bo@example.org") is None


def test_only_admins_of_the_same_organization_put_it_right(wrong):
    with pytest.raises(Forbidden):
        correct(wrong, "bo@example.org", by=cast.MARCO)
    with pytest.raises(NotFound):
        correct(wrong, "bo@example.org", by=cast.EVE, slug="evil")
    organizations.suspend(cast.organization())
    with pytest.raises(Refusal, match="suspended"):
        correct(wrong, "bo@example.org")


def both_at_once(app, *deeds):
    outcomes = together(app, *deeds)
    kept = ("done", "broken")
    return sorted(one if one.startswith(kept) else "refused" for one in outcomes)


def test_accepting_and_correcting_at_once_is_one_or_the_other(app, wrong):
    token = cast.mailed_token(wrong)
    outcomes = both_at_once(
        app,
        lambda: acceptances.accept(token, full_name="Bo", password="seven bars and a half"),
        lambda: correct(wrong, "bo@example.org"),
    )
    assert outcomes == ["done", "refused"]
    joined = db.session.query(Membership).count() == 5
    assert joined == (state() == "accepted")
    assert joined == (cast.invitation("bo@example.org") is None)
    assert joined != (state() == "revoked")


def test_two_corrections_of_one_invitation_make_one_new_one(app, wrong):
    outcomes = both_at_once(
        app,
        lambda: correct(wrong, "bo@example.org"),
        lambda: correct(wrong, "bo@example.net"),
    )
    assert outcomes == ["done", "refused"]
    assert db.session.query(Invitation).filter(Invitation.email.like("bo@example.%")).count() == 1


def test_two_that_were_mixed_up_never_wait_for_each_other(app, wrong):
    other = cast.invited("chloe@example.org")
    first, second = wrong.email, other.email  # read here: two threads share no session
    outcomes = both_at_once(
        app,
        lambda: correct(wrong, second),
        lambda: correct(other, first),
    )
    assert outcomes == ["refused", "refused"]  # each address still has its open invitation
    assert (state(), state("chloe@example.org")) == ("pending", "pending")


def test_correcting_to_an_address_that_is_invited_at_the_same_moment_makes_one(app, wrong):
    outcomes = both_at_once(
        app,
        lambda: correct(wrong, "bo@example.org"),
        lambda: cast.invited("bo@example.org"),
    )
    assert outcomes == ["done", "refused"]
    open_ones = db.session.query(Invitation).filter_by(email="bo@example.org", state="pending")
    assert open_ones.count() == 1
    corrected = names(wrong)[-1] == "InvitationRevoked"
    assert corrected == (state() == "revoked")
