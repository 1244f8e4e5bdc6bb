"""The short name of an application, which never changes: typed, or made of its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from webapp.domain import organizations
from webapp.domain.errors import Refusal
from webapp.languages import gettext

RESERVED = ("new",)  # in the address of the form


def typed(text: str, taken: Collection[str]) -> str:
    """The slug of a new application; raises Refusal when it is none, or taken."""
    if not organizations.SLUG.fullmatch(text):
        words = gettext("Use 2 to 40 lower-case letters, digits and hyphens, like staff-wiki.")
        raise Refusal(words, "slug")
    if text in taken or text in RESERVED:
        raise taken_by_another()
    return text


def suggested(name: str, host: str, taken: Collection[str]) -> str:
    """A slug that is free, made from the name, or of the host if no letters of it can be used."""
    base = next(filter(None, map(_slug_of, (name, host.partition(".")[0], host))), "application")
    numbered = (base[: 39 - len(str(n))].rstrip("-") + f"-{n}" for n in range(2, len(taken) + 4))
    return next(text for text in (base, *numbered) if text not in {*taken, *RESERVED})


def taken_by_another() -> Refusal:
    """The refusal of a slug that another application of the organization has."""
    words = gettext("This short name is already used. Choose a different one.")
    return Refusal(words, "slug")


def _slug_of(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-")
    return found if organizations.SLUG.fullmatch(found) else ""
