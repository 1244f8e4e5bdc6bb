"""One walk on which every rule does something, so that the model cannot go idle unseen."""

from __future__ import annotations

from typing import Any

from tests import cast
from tests.model.base import ADA, AN_ADMIN, API, BO, PAGE, VERB
from tests.model.guessing import PLACES
from webapp.domain.accounts import confirmations, password_resets

PRIYA, CHEN = cast.PRIYA, cast.CHEN

STEPS: list[tuple[str, tuple[Any, ...]]] = [
    ("begin", (("acme", BO, "contributor", False), ("evil", ADA, "admin", True))),
    ("invite", ("evil", AN_ADMIN, BO, "manager", True, 7, PAGE)),
    ("copy_link", ("open", 0, AN_ADMIN)),
    ("edit", ("open", 0, AN_ADMIN, "contributor", 30, API)),
    ("resend", ("open", 0, AN_ADMIN, PAGE)),
    ("open_link", ("open", 0, True)),
    ("renew", ("superseded", 0, False, PAGE)),
    # Somebody occupies Bo's address by a copied link, and settles in it.
    ("accept", ("open", 2, False, API)),
    ("change_role", ("acme", AN_ADMIN, BO, "admin", "revoke", VERB)),
    ("make_key", ("acme", BO, PAGE)),
    ("switch_factor_on", (BO,)),
    # Bo opens the mailed link of the other organization.
    ("accept", ("open", 0, True, PAGE)),
    ("invite", ("evil", AN_ADMIN, PRIYA, "manager", True, 7, API)),
    ("join", ("open", 0, True, PAGE, "the invited", PRIYA)),
    ("decline", ("open", 0, True, False, PAGE)),
    ("invite", ("acme", AN_ADMIN, ADA, "manager", True, 7, VERB)),
    ("decline", ("open", 0, True, True, PAGE)),
    ("invite", ("evil", AN_ADMIN, CHEN, "manager", True, 7, VERB)),
    ("guess", ("joining, page", CHEN, 1)),
    ("guess", ("joining, program", CHEN, 1)),
    ("revoke", ("open", 0, AN_ADMIN, API)),
    ("make_key", ("acme", PRIYA, VERB)),
    ("revoke_key", (0, AN_ADMIN, PAGE)),
    ("deactivate", ("evil", AN_ADMIN, BO, "revoke", API)),
    ("reactivate", ("evil", AN_ADMIN, BO, PAGE)),
    ("sign_out_everywhere", ("evil", AN_ADMIN, BO)),
    ("forget_password", (BO, PAGE)),
    ("wait", ("eleven minutes",)),
    ("use_account_link", (password_resets.PURPOSE, 0, PAGE)),
    # Ada's account is unverified, until she confirms it.
    ("invite", ("evil", AN_ADMIN, ADA, "contributor", False, 7, VERB)),
    ("accept", ("open", 0, False, PAGE)),
    ("use_account_link", (confirmations.PURPOSE, 0, VERB)),
    ("change_password", (BO,)),
    *(("guess", (place, BO, 1)) for place in PLACES if not place.startswith("joining")),
    ("switch_factor_on", (BO,)),
    *(("guess", (place, BO, 1)) for place in PLACES if "code" in place or "off" in place),
    ("guess_by_many_links", ("evil", cast.MARCO, 3)),
    ("occupy_and_leave", ("evil", "late@example.org", 7)),
    ("sign_in", (BO, True, "evil")),
    ("end_others", (BO,)),
    ("sign_out", (BO,)),
    ("sign_in", (BO, True, "evil")),
    ("sign_out", (BO,)),
    ("sign_in", (BO, False, "evil")),
    ("sign_out", (BO,)),
    ("switch_factor_off", (BO,)),
    ("leave", ("evil", BO, PAGE)),
    ("delete_account", (ADA,)),
    ("make_link", ("acme", AN_ADMIN, 2, PAGE)),
    ("press_link", (0, AN_ADMIN, "pause", API)),
    ("press_link", (0, AN_ADMIN, "resume", PAGE)),
    ("ask", (0, ["one@example.org", "two@example.org", "three@example.org"], PAGE)),
    ("erase", (0,)),
    ("ask", (0, ["four@example.org"], VERB)),
    ("press_link", (0, AN_ADMIN, "revoke all", VERB)),
    ("suspend", ("acme",)),
    ("resume", ()),
    ("invite", ("acme", AN_ADMIN, "new@example.org", "manager", True, 1, PAGE)),
    ("wait_for_an_end", (0, False)),
    ("wait_for_an_end", (0, True)),
    ("sweep", ()),
]
