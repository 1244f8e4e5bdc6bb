"""The account whose password a request may be guessing, from the values that its view uses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from flask import g, request, session

from webapp.domain import addresses
from webapp.domain.accounts import people, sign_ins
from webapp.domain.errors import NotFound
from webapp.domain.invitations.link_status import invited
from webapp.models import User
from webapp.web import origin, pages, scope


@dataclass(frozen=True, slots=True)
class Suspect:
    """The account that somebody may be guessing at, and its name in Redis."""

    name: str
    user: User | None

    @classmethod
    def of(cls, user: User | None, typed: str = "") -> Suspect:
        """The account, or what was typed if there is none: both count alike (rule 16)."""
        return cls(f"user {user.id}" if user else digest(typed), user)


Whose = Callable[[], Suspect]


def named() -> Suspect:
    """The account that a sign-in names, by address or username."""
    typed = sent("email").strip()[:320]
    return Suspect.of(people.find(typed), addresses.key_of(typed) or typed.casefold())


def linked() -> Suspect:
    """The account of the address that the link invites."""
    try:
        email_key, user = invited(sent("token")[:2000])
    except NotFound:
        return Suspect.of(None, origin.network())
    return Suspect.of(user, email_key)


def half_signed_in() -> Suspect:
    """The account of this second step: a new first step gives no further tries."""
    return Suspect.of(sign_ins.half_signed_in(session.get("second_step", "")), origin.network())


def signed_in() -> Suspect:
    """The account of the signed-in user."""
    return Suspect.of(scope.me())


def sent(name: str) -> str:
    """A field as the view will read it, from a program's JSON or from the form."""
    if "body" in g:
        value = g.body.get(name)
        return value if isinstance(value, str) else ""
    return pages.sent_token() if name == "token" else request.form.get(name, "")


def digest(text: str) -> str:
    """A hash of the text: a password typed into the wrong field must not be kept in Redis."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
