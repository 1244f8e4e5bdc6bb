"""A link’s page in every state, for everybody who may open it: words, status, what buttons do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests import cast
from webapp import clock
from webapp.db import transaction
from webapp.domain import invitations, organizations
from webapp.domain.accounts import people
from webapp.domain.deliverability import suppressions
from webapp.domain.invitations import acceptances, links, resends
from webapp.domain.members import leaving, organization_setup, roles
from webapp.models import Invitation

NINA, ZOE = "nina@acme.example", "zoe@zoo.example"
INVITEE, MEMBER, OUTSIDER = cast.EVE, cast.CHEN, ZOE
VIEWERS = {"nobody": None, "invitee": INVITEE, "member": MEMBER, "outsider": OUTSIDER}
RENEW, ASK_NINA, ASK_ADMIN = "Email me a new link", "ask Nina Berg", "ask an admin of Acme"
ELSE = "This invitation was for another address."


def joined(email: str, name: str, **wishes) -> None:
    token = cast.mailed_token(cast.invited(email, **wishes))
    acceptances.accept(token, full_name=name, password=cast.PASSWORD)


def by_nina() -> Invitation:
    return invitations.create(
        cast.organization(), by=cast.person(NINA), email=INVITEE, role="contributor"
    )


def join(made: Invitation) -> None:
    acceptances.join(cast.mailed_token(made), by=cast.person(INVITEE))


def leave(email: str) -> None:
    leaving.leave(cast.organization(), cast.member(email).id, by=cast.person(email))


def expired() -> str:
    with clock.ahead(days=-8):
        return cast.mailed_token(by_nina())


def superseded() -> str:
    made = by_nina()
    token = cast.mailed_token(made)
    resends.resend(cast.organization(), made.id, by=cast.person())
    return token


def revoked() -> str:
    made = by_nina()
    invitations.revoke(cast.organization(), made.id, by=cast.person())
    return cast.mailed_token(made)


def declined(**how) -> str:
    token = cast.mailed_token(by_nina())
    acceptances.decline(token, **how)
    return token


def reported_and_copied() -> str:
    made = by_nina()
    acceptances.decline(cast.mailed_token(made), not_for_me=True)
    return links.token(made, links.COPIED)


def accepted() -> str:
    made = by_nina()
    join(made)
    return cast.mailed_token(made)


def left() -> str:
    token = accepted()
    leave(INVITEE)
    return token


@transaction()
def demote() -> None:
    """Nina is no admin any more, and her invitations are as they were."""
    cast.member(NINA).role = "manager"


def closed() -> str:
    token = cast.mailed_token(by_nina())
    demote()
    return token


def suspended() -> str:
    token = cast.mailed_token(by_nina())
    organizations.suspend(cast.organization())
    return token


def after(state, then) -> Callable[[], str]:
    def both() -> str:
        token = state()
        then()
        return token

    return both


def nina_deletes_her_account() -> None:
    leaving.delete_account(cast.person(NINA), password=cast.PASSWORD)


def nina_is_deactivated() -> None:
    roles.deactivate(cast.organization(), cast.member(NINA).id, by=cast.person())


def invitee_unsubscribes() -> None:
    _suppress(cast.invitation(INVITEE).id)


@transaction()
def _suppress(number: int) -> None:
    made = invitations.find(cast.organization(), number)
    suppressions.add(made, suppressions.UNSUBSCRIBED)


GONE = {
    "expired": "This link has expired",
    "superseded": "This link has been replaced",
    "revoked": "This invitation was revoked",
    "declined": "This invitation was declined",
    "accepted": "This invitation was already accepted",
    "closed": "This invitation is no longer open",
}
LIFT = "nobody there can invite it again"

# How the link came to its end, the heading, and what everybody but a member reads.
ENDED: dict[str, tuple[Callable[[], str], str, str]] = {
    "expired": (expired, "expired", RENEW),
    "superseded": (superseded, "superseded", RENEW),
    "revoked": (revoked, "revoked", ASK_NINA),
    "declined": (declined, "declined", ASK_NINA),
    "closed": (closed, "closed", ASK_ADMIN),
    "suspended": (suspended, "closed", "talk to Nina Berg"),
    "expired, she is demoted": (after(expired, demote), "expired", ASK_ADMIN),
    "superseded, she is demoted": (after(superseded, demote), "superseded", ASK_ADMIN),
    "revoked, she is demoted": (after(revoked, demote), "revoked", ASK_ADMIN),
    "revoked, she is deactivated": (after(revoked, nina_is_deactivated), "revoked", ASK_ADMIN),
    "revoked, she is gone": (after(revoked, nina_deletes_her_account), "revoked", ASK_ADMIN),
    "declined, she is gone": (after(declined, nina_deletes_her_account), "declined", ASK_ADMIN),
    "not for me": (partial(declined, not_for_me=True), "declined", LIFT),
    "not for me, copied": (reported_and_copied, "declined", "talk to Nina Berg"),
    "expired, unsubscribed": (after(expired, invitee_unsubscribes), "expired", LIFT),
    "revoked, unsubscribed": (after(revoked, invitee_unsubscribes), "revoked", LIFT),
}


@pytest.fixture
def opened(app, browser):
    """A link in a state, opened by somebody."""

    def open_as(state, viewer):
        with app.app_context():
            joined(NINA, "Nina Berg", role="admin")
            joined(ZOE, "Zoe Zimmer", slug="evil")
        somebody = browser(VIEWERS[viewer])
        with app.app_context():
            somebody.open(f"/register?token={state()}")
        return somebody

    return open_as


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("state", ENDED)
def test_an_ended_link_says_what_to_do(opened, state, viewer):
    made, title, advice = ENDED[state]
    somebody = opened(made, viewer)
    assert (somebody.status, somebody.page.heading) == (410, GONE[title])
    words = somebody.page.words
    assert advice in words
    assert "Deleted account" not in words
    assert "Sign in" not in words
    # Whom it was for is not said to whoever may have found the link; that it is another, is.
    assert INVITEE not in words
    assert (ELSE in words) == (viewer in ("member", "outsider"))
    promises = [one for one in (RENEW, "for a new invitation", LIFT, "talk to") if one in words]
    assert len(promises) == 1
    forms = [form for form in somebody.page.forms() if "/renew" in form.action]
    assert bool(forms) == (advice == RENEW)
    if forms:
        somebody.send("/register/renew")
        assert (somebody.status, somebody.page.heading) == (410, "Check your mail")
        assert "A new link is on its way to the address that was invited" in somebody.page.words
        assert [one for one in (RENEW, GONE[title], "replaced") if one in somebody.page.words] == []


@pytest.mark.parametrize("viewer", VIEWERS)
def test_an_accepted_link_leads_in_or_says_as_whom(opened, viewer):
    somebody = opened(accepted, viewer)
    links_, forms = somebody.page.links(), somebody.page.forms()
    assert somebody.status == 410
    if viewer == "invitee":
        assert somebody.page.heading == "You are in"
        assert "Sign in" not in links_
        somebody.open(links_["Open Acme"])
        assert somebody.page.heading == "Members of Acme"
    elif viewer == "nobody":
        assert somebody.page.heading == GONE["accepted"]
        somebody.open(links_["Sign in"])
        assert somebody.page.heading == "Sign in"
    else:
        assert f"You are signed in as {VIEWERS[viewer]}. {ELSE}" in somebody.page.words
        assert INVITEE not in somebody.page.words
        out = next(form for form in forms if "next" in form.fields)
        assert out.buttons == ("Sign out and sign in again",)
        somebody.post(out.action, out.fields)
        assert somebody.page.heading == "Sign in"


def test_who_has_left_is_not_told_to_sign_in(opened):
    eve = opened(left, "invitee")
    assert (eve.status, eve.page.heading) == (410, GONE["accepted"])
    assert f"no longer an active member. If you would like to come back, {ASK_NINA}" in (
        eve.page.words
    )
    assert "Sign in" not in eve.page.links()


@pytest.mark.parametrize("state", [revoked, declined, expired, superseded])
def test_a_member_is_led_in_by_any_earlier_link_of_theirs(opened, state):
    def joined_since():
        token = state()
        made = cast.invitation(INVITEE)
        if made.may_be_resent:
            invitations.revoke(cast.organization(), made.id, by=cast.person())
        join(by_nina())
        return token

    eve = opened(joined_since, "invitee")
    assert (eve.status, eve.page.heading) == (410, "You are in")
    eve.open(eve.page.links()["Open Acme"])
    assert eve.page.heading == "Members of Acme"


@pytest.mark.parametrize("viewer", VIEWERS)
def test_an_open_link_asks_whoever_it_is_for(opened, viewer):
    somebody = opened(lambda: cast.mailed_token(by_nina()), viewer)
    assert (somebody.status, somebody.page.heading) == (200, "Join Acme")
    assert "Nina Berg invites you" in somebody.page.words
    if viewer in ("member", "outsider"):
        assert f"You are signed in as {VIEWERS[viewer]}." in somebody.page.words
        out = next(form for form in somebody.page.forms() if "next" in form.fields)
        somebody.post(out.action, out.fields)
        assert somebody.page.heading == "Join Acme"
    somebody.send("/register/join", **({} if viewer == "invitee" else {"password": cast.PASSWORD}))
    assert somebody.page.heading == "Members of Acme"


def test_an_organization_without_an_admin_is_named_itself(app, browser):
    with app.app_context():
        made = organization_setup.found("new", "New Ltd", "first@new.example")
        token = cast.mailed_token(made)
        acceptances.decline(token)
    first = browser()
    first.open(f"/register?token={token}")
    assert "ask New Ltd for a new invitation" in first.page.words


def test_whoever_was_deactivated_is_told_whom_to_ask_and_finds_a_way_on(opened):
    kept = []

    def deactivated():
        kept.append(accepted())
        roles.deactivate(cast.organization(), cast.member(INVITEE).id, by=cast.person())
        return kept[0]

    eve = opened(deactivated, "nobody")
    eve.open(eve.page.links()["Sign in"])
    eve.send("/login", email=INVITEE, password=cast.PASSWORD)
    eve.open(f"/register?token={kept[0]}")
    assert (eve.status, eve.page.heading) == (410, GONE["accepted"])
    assert "you are no longer an active member" in eve.page.words
    assert ASK_NINA in eve.page.words
    eve.open(eve.page.links()["Your organizations"])
    assert eve.page.heading == "Your organizations"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (links.MAILED, "The account that joined with it has been deleted."),
        (links.COPIED, "Sign in to open Acme. If you cannot get in any more, ask"),
    ],
)
def test_whoever_deleted_their_account_is_not_told_to_sign_in(opened, how, words):
    def deleted():
        made = by_nina()
        acceptances.join(cast.mailed_token(made), by=cast.person(INVITEE))
        _forget(INVITEE)
        return links.token(made, how)

    eve = opened(deleted, "nobody")
    assert (eve.status, eve.page.heading) == (410, GONE["accepted"])
    assert words in eve.page.words
    assert ASK_NINA in eve.page.words
    assert ("Sign in" in eve.page.links()) == (how == links.COPIED)


@transaction()
def _forget(email: str) -> None:
    people.erase(cast.person(email))
