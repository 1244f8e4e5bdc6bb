"""A few people invited at once from the form for one: each line is checked, then all are sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from webapp.domain import addresses, invitations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.groups import choices
from webapp.domain.imports import giving, guest_words, kinds, reading, sorting, typos
from webapp.domain.imports.columns import ImportLine
from webapp.domain.imports.sorting import SortedLine, Sorter
from webapp.domain.invitations import access, batches, terms
from webapp.domain.invitations.access import Access
from webapp.domain.invitations.batches import Invitee
from webapp.languages import gettext as _
from webapp.models import Organization

MOST = 100


@dataclass(frozen=True, slots=True)
class GuestList:
    """Who is to be invited, as typed, and the terms of everybody whose line says nothing else."""

    text: str
    role: str
    expiry_days: int | None = None
    name: str | None = None  # for one person only
    message: str | None = None
    language: str | None = None
    groups: Sequence[str] | None = None  # None: the default ones
    access: Access = access.USUAL
    confirmed: Collection[str] = ()  # likely typos that are right as they are
    only_good: bool = False  # send to the others when some cannot be invited
    given: Collection[int] = ()  # members who are added to the groups instead, by id


@dataclass(frozen=True, slots=True)
class Result:
    """The addresses that were invited, until when, and the others with the reason for each."""

    invited: list[str]
    until: datetime | None = None
    refused: list[tuple[str, str]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)


def look(organization: Organization, guests: GuestList, *, by: Actor) -> list[SortedLine]:
    """Each address once, with what is wrong with it; writes nothing."""
    found = _read(guests.text)
    sorter = Sorter(organization, by, guests)
    lines = [line for line in sorter.read(found) if line.kind != kinds.DUPLICATE]
    confirmed = {addresses.key_of(email) for email in _first(guests.confirmed)}
    sorted_lines = [_confirm(line, confirmed) for line in sorter.sort(lines)]
    return giving.mark(sorted_lines, guests.given if guests.groups else ())


def invite(organization: Organization, guests: GuestList, *, by: Actor) -> Result:
    """Invite everybody, or nobody if something is wrong and `only_good` is not asked for.

    The refusal carries the lines. One person is invited as by `invitations.create`.
    """
    offer = _terms(organization, guests)
    found = _read(guests.text)
    if len(found) == 1:
        return _invite_one(organization, guests, found[0], offer, by)
    lines = look(organization, guests, by=by)
    if len(lines) == 1 and not lines[0].is_given:
        return _invite_one(organization, guests, lines[0].line, offer, by)
    bad = [line for line in lines if not line.is_good]
    if bad and not (guests.only_good and len(bad) < len(lines)):
        raise Refusal(guest_words.problems(len(bad), len(lines)), "email", lines=lines)
    _refuse_name(guests, lines)
    new = [line for line in lines if line.kind == kinds.NEW]
    result = _invite_all(organization, guests, new, bad, by) if new else Result([])
    members = [line for line in lines if line.is_given]
    given, refused = giving.give(organization, members, guests.groups or (), by=by)
    return replace(result, given=given, refused=[*result.refused, *refused])


def refuse_unreadable(text: str | None) -> None:
    """Refuse a text that holds no address, too many, or just one that is none."""
    found = _read(text or "")
    if len(found) == 1:
        addresses.parse(found[0].email)


def correct(text: str, mistyped: Collection[str]) -> str:
    """The text with these likely typos replaced by what was probably meant."""
    for email in _first(mistyped):
        meant = typos.meant_address(email)
        if meant:
            typed = rf"(?<![^\s,;<>\"']){re.escape(email)}(?![\w.-])"
            text = meant.join(re.split(typed, text))
    return text


def _first(emails: Collection[str]) -> list[str]:
    """Each once, and no more than there can be people in a form: anybody may send any number."""
    return list(dict.fromkeys(emails))[:MOST]


def _read(text: str) -> list[ImportLine]:
    """The people in the text; raises Refusal when there are none or too many."""
    found: list[ImportLine] = []
    for line in reading.pasted(text, field="email"):
        guest_words.refuse_unwritable(line)
        found.append(line)
        if len(found) > MOST:
            raise Refusal(_(guest_words.TOO_MANY, most=MOST), "email")
    return found or [ImportLine(1, "")]


def _confirm(line: SortedLine, confirmed: Collection[str | None]) -> SortedLine:
    if line.kind == kinds.TYPO and line.address and line.address.key in confirmed:
        return replace(line, kind=kinds.NEW, reason=None, meant=None)
    return line


def _terms(organization: Organization, guests: GuestList) -> dict[str, object]:
    """What everybody is offered whose line says nothing else; raises Refusal."""
    names = ("role", "expiry_days", "name", "message", "language", "groups", "access")
    return terms.read(organization, **{name: getattr(guests, name) for name in names})


def _invite_one(
    organization: Organization,
    guests: GuestList,
    line: ImportLine,
    offer: dict[str, object],
    by: Actor,
) -> Result:
    address = addresses.parse(line.email)
    if typos.meant_address(address.shown, domain_is_right=address.domain in organization.domains):
        _refuse_typo(look(organization, guests, by=by))
    if line.role or line.name or line.message:
        own = replace(
            guests,
            role=(line.role or guests.role).casefold(),
            name=guests.name or line.name,
            message=line.message or guests.message,
        )
        offer = _terms(organization, own)
    invitation = invitations.create_offered(organization, offer, by=by, email=line.email)
    return Result([invitation.email], invitation.expires_at)


def _refuse_typo(lines: Sequence[SortedLine]) -> None:
    """Refuse a likely typo that was not confirmed; what rules refuse is told by `create`."""
    if lines[0].kind == kinds.TYPO:
        choose = _("Choose below.")
        raise Refusal(f"{lines[0].reason} {choose}", "email", lines=lines)


def _invite_all(
    organization: Organization,
    guests: GuestList,
    good: Sequence[SortedLine],
    bad: Sequence[SortedLine],
    by: Actor,
) -> Result:
    groups = choices.chosen(organization, guests.groups)
    offers = ((line.address, _offer(organization, guests, line.line)) for line in good)
    invitees = [
        Invitee(address, {**offer, "groups": groups}) for address, offer in offers if address
    ]
    outcomes = batches.create_many(organization, invitees, by=by)
    refused = [(line.line.email, line.reason or "") for line in bad]
    invited: list[str] = []
    for invitee, outcome in zip(invitees, outcomes, strict=True):
        if outcome.kind == kinds.SENT:
            invited.append(invitee.address.shown)
        else:
            refused.append((invitee.address.shown, outcome.words or _("Try again.")))
    if not invited:
        nobody = _("Nobody was invited.")
        raise Refusal(f"{nobody} {refused[-1][1]}", "email")
    return Result(invited, _until(organization, outcomes), refused)


def _until(organization: Organization, outcomes: Sequence[batches.InviteeOutcome]) -> datetime:
    sent = [outcome for outcome in outcomes if outcome.kind == kinds.SENT]
    return invitations.find(organization, sent[0].invitation_id or 0).expires_at


def _offer(organization: Organization, guests: GuestList, line: ImportLine) -> dict[str, object]:
    offer = sorting.offer(organization, guests, line.role, line.name, line.message)
    return {**offer, "language": guests.language}


def _refuse_name(guests: GuestList, lines: Sequence[SortedLine]) -> None:
    if (guests.name or "").strip():
        raise Refusal(_(guest_words.ONE_NAME), "name", lines=lines)
