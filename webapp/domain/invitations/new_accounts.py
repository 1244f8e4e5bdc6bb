"""What is typed for a new account on a link's page, by the rules of names and passwords."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.domain.accounts import guesses, passwords, people
from webapp.domain.errors import Objections, Refusal
from webapp.domain.invitations.link_status import Opening


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name and perhaps a username that a new account can have."""

    full_name: str
    username: str | None


def hash_if_right(opening: Opening, password: str) -> str | None:
    """The password hash of the address's account if this is its password; as slow without one."""
    known = opening.account.password_hash if opening.account else None
    return known if passwords.matches(password, known) else None


def checked(opening: Opening, full_name: str, password: str, username: str | None) -> Wanted:
    """What was typed for a new account; by a copied link refused alike where there is one.

    What is refused there may have been a guess at that account, and is on record as one.
    """
    wrong = Objections()
    name, handle = "", None
    with wrong:
        name = people.full_name(full_name)
    with wrong:
        handle = people.username(username)
        people.refuse_taken(handle, opening.account if opening.takes_over else None)
    with wrong:
        email = opening.invitation.email
        organization = opening.invitation.organization
        passwords.check(
            password,
            email=email,
            names=(full_name or "", username or ""),
            organizations=(organization.name, organization.slug),
        )
    try:
        wrong.settle()
        if opening.account is not None and not opening.takes_over:
            raise Refusal(
                f"This is not the password of the account that {email} has here. Use that one; "
                "you can replace it from the sign-in page.",
                "password",
            )
    except Refusal:
        if not opening.mailed:
            guesses.note(opening.account)
        raise
    return Wanted(name, handle)
