"""What is typed for a new account on a link's page, by the rules of names and passwords."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.domain.accounts import guesses, passwords, people
from webapp.domain.errors import Objections, Refusal
from webapp.domain.invitations.link_status import Opening
from webapp.languages import gettext


@dataclass(frozen=True, slots=True)
class NewAccount:
    """The checked name and username of an account to be made."""

    full_name: str
    username: str | None


def hash_if_right(opening: Opening, password: str) -> str | None:
    """The hash of the account's password if this is the one; takes as long without an account."""
    hashed = opening.account.password_hash if opening.account else None
    return hashed if passwords.matches(password, hashed) else None


def checked(opening: Opening, full_name: str, password: str, username: str | None) -> NewAccount:
    """The new account as typed, checked; refused where the address already has a usable account.

    By a copied link, a refusal may hide a guess at that account's password: it counts as one.
    """
    try:
        account = _checked_fields(opening, full_name, password, username)
        _refuse_existing(opening)
    except Refusal:
        if not opening.mailed:
            guesses.note(opening.account)
        raise
    return account


def _checked_fields(
    opening: Opening, full_name: str, password: str, username: str | None
) -> NewAccount:
    objections = Objections()
    name, handle = "", None
    with objections:
        name = people.full_name(full_name)
    with objections:
        handle = people.username(username)
        people.refuse_taken(handle, opening.account if opening.takes_over else None)
    with objections:
        organization = opening.invitation.organization
        passwords.check(
            password,
            email=opening.invitation.email,
            names=(full_name or "", username or ""),
            organizations=(organization.name, organization.slug),
        )
    objections.settle()
    return NewAccount(name, handle)


def _refuse_existing(opening: Opening) -> None:
    if opening.account is not None and not opening.takes_over:
        raise Refusal(
            gettext(
                "%(email)s already has an account here, and this is not its password. "
                "Use that one, or replace it from the sign-in page.",
                email=opening.invitation.email,
            ),
            "password",
        )
