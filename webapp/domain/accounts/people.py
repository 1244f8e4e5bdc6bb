"""People's accounts."""

from __future__ import annotations

import re

from sqlalchemy import bindparam, select

from webapp import clock
from webapp.db import db
from webapp.domain import addresses, texts
from webapp.domain.accounts import passwords
from webapp.domain.addresses import Address
from webapp.domain.errors import NotFound, Refusal
from webapp.inserts import insert
from webapp.languages import gettext
from webapp.models import Membership, Organization, User

USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,29}")
_BY_KEY = select(User).where(User.email_key == bindparam("email_key"))


def find(identifier: str) -> User | None:
    """The account of an email address or username, in any case; None when there is none."""
    identifier = (identifier or "").strip()
    email_key = addresses.key_of(identifier)
    if email_key is not None:
        return by_key(email_key)
    if not USERNAME.fullmatch(identifier):
        return None
    return db.session.scalar(select(User).where(User.username_key == identifier.casefold()))


def named(identifier: str) -> User:
    """The same for the operator: raises NotFound, in words, when there is none."""
    user = find(identifier)
    if user is None:
        raise NotFound(gettext("There is no account for %(identifier)s.", identifier=identifier))
    return user


def by_key(email_key: str) -> User | None:
    """The account of an address given by its key."""
    return db.session.scalar(_BY_KEY, {"email_key": email_key})


def held(user_id: int) -> User | None:
    """The account, read afresh and locked until the transaction ends."""
    return db.session.scalar(
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def still_has(user_id: int, password_hash: str) -> bool:
    """Whether the account's password is still this one; it stays so until the transaction ends.

    Comparing is slow and is done before locking, so a take-over meanwhile must be noticed: a
    session begun with the old password would outlive it.
    """
    present = db.session.scalar(
        select(User.password_hash).where(User.id == user_id).with_for_update(read=True)
    )
    return present == password_hash


def check_password(user: User, password: str) -> None:
    """Refuse what cannot be the account's new password (rule 13)."""
    organizations = (
        select(Organization.name, Organization.slug)
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user.id)
    )
    passwords.check(
        password,
        email=user.email,
        names=(user.full_name, user.username or ""),
        organizations=[name for row in db.session.execute(organizations) for name in row],
    )


def hold(user: User) -> None:
    """Lock the account until the transaction ends; call it before locking its sessions."""
    db.session.scalar(select(User.id).where(User.id == user.id).with_for_update(key_share=True))


def full_name(text: str | None) -> str:
    """A person's name as they write it; raises Refusal when empty or unusable."""
    name = texts.one_line(text, field="full_name", label=gettext("Your name"), most=100)
    if name is None:
        raise Refusal(gettext("Enter your name as others should see it."), "full_name")
    return name


def username(text: str | None) -> str | None:
    """An optional name to sign in with; raises Refusal when it is not one."""
    text = (text or "").strip()
    if text and not USERNAME.fullmatch(text):
        raise Refusal(
            gettext(
                "A username has 2 to 30 letters, digits, dots, hyphens or "
                "underscores, and starts with a letter or digit."
            ),
            "username",
        )
    return text or None


def username_taken() -> Refusal:
    """The refusal of a username that somebody else has."""
    return Refusal(
        gettext("This username is taken. Choose another, or leave it empty."), "username"
    )


def add(
    address: Address,
    *,
    full_name: str,
    username: str | None,
    password_hash: str,
    confined_to: int | None,
    language: str | None = None,
) -> User:
    """A new account in the present transaction; `confined_to` marks it unverified (rule 10)."""
    refuse_taken(username, None)
    now = clock.now()
    columns = {
        "email": address.shown,
        "email_key": address.key,
        "full_name": full_name,
        "username": username,
        "username_key": username.casefold() if username else None,
        "password_hash": password_hash,
        "language": language,
        "created_at": now,
        "verified_at": None if confined_to else now,
        "confined_to_id": confined_to,
    }
    return insert(User, columns)


def take_over(user: User, full_name: str, username: str | None, password_hash: str) -> None:
    """Give the unverified account to the holder of its mailbox (rule 10), in the transaction."""
    rename(user, full_name, username)
    set_password(user, password_hash)
    verify(user)


def rename(user: User, full_name: str, username: str | None) -> None:
    """Give the account another name and username, in the present transaction."""
    refuse_taken(username, user)
    user.full_name = full_name
    user.username = username
    user.username_key = username.casefold() if username else None


def set_password(user: User, password_hash: str) -> None:
    """Give the account another password, in the present transaction."""
    user.password_hash = password_hash


def verify(user: User) -> None:
    """Note that somebody proved to hold the mailbox: the account works everywhere."""
    user.verified_at = clock.now()
    user.confined_to_id = None


def erase(user: User) -> None:
    """Remove everything personal from the account, in the present transaction.

    The address is free from then on: an invitation to it leads to a new account.
    """
    user.deleted_at = clock.now()
    user.email, user.email_key = "", f"deleted {user.id}"
    user.full_name, user.username, user.username_key = "Deleted account", None, None
    user.password_hash, user.verified_at, user.confined_to_id = "", None, None


def refuse_taken(username: str | None, owner: User | None) -> None:
    """Refuse a username that somebody other than `owner` has."""
    key = username.casefold() if username else None
    if key is None or (owner is not None and owner.username_key == key):
        return
    if db.session.scalar(select(User.id).where(User.username_key == key)):
        raise username_taken()
