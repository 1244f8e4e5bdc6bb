"""Nobody occupies an address in advance and waits for its owner to be invited (rule 10)."""

from __future__ import annotations

import pytest

from tests import cast
from tests.browser.visitor import both_ways

VICTIM = "victim@example.org"


@pytest.fixture
def occupied(visitor, mailed_link):
    """Eve's organization invites the victim; she copies the link and registers as the victim."""
    eve = visitor(cast.EVE, at="/orgs/evil/invitations")
    eve.press("Invite people")
    eve.fill("Email addresses", VICTIM)
    eve.press("Send invitation")
    eve.press_in_menu(f"More for {VICTIM}", f"Copy link for {VICTIM}")
    eve.press("Show the link")
    link = eve.field("Link").input_value()
    eve.press("Done")
    as_victim = visitor()
    as_victim.open(link)
    as_victim.registers("Eve as the victim", "what eve knows of it")
    as_victim.sees_heading("Members of Evil Corp")
    mailed_link(VICTIM)  # what her organization has sent so far; she reads none of it
    return as_victim


@both_ways
def test_the_owner_of_the_mailbox_wins_and_the_occupier_has_seen_nothing(
    visitor, occupied, mailed_link
):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", VICTIM)
    priya.press("Send invitation")
    priya.is_told(f"Invitation sent to {VICTIM}")

    for address in ("/orgs/acme/members", "/orgs/acme/invitations"):
        occupied.open(address)
        assert occupied.status == 404
    occupied.open("/orgs")
    assert "Acme" not in occupied.place.inner_text()

    victim = visitor()
    victim.open(mailed_link(VICTIM))
    victim.sees_heading("Join Acme")
    victim.checked()
    assert "Eve" not in victim.place.inner_text()
    victim.registers("Vic Tim", "only vic knows this one")
    victim.sees_heading("Members of Acme")

    occupied.open("/orgs/evil/members")
    occupied.sees_heading("Sign in")
    occupied.fill("Email address or username", VICTIM)
    occupied.fill("Password", "what eve knows of it")
    occupied.press("Sign in")
    occupied.reads("The address or the password is not right.")
    occupied.open("/orgs/acme/members")
    occupied.sees_heading("Sign in")

    priya.open("/orgs/acme/members")
    priya.sees_in_row("Vic Tim", VICTIM)
    assert "Unverified" not in priya.row("Vic Tim").inner_text()


@both_ways
def test_a_forgotten_password_wins_the_address_back_as_well(visitor, occupied, mailed_link):
    victim = visitor()
    victim.open("/password/forgot")
    victim.fill("Email address", VICTIM)
    victim.press("Email me a link")
    victim.open(mailed_link(VICTIM))
    victim.fill("New password", "only vic knows this one")
    victim.press("Set password and sign in")
    victim.sees_heading("Members of Evil Corp")
    occupied.page.reload()
    occupied.sees_heading("Sign in")
