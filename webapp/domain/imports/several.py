"""A few people invited at once from the form for one: each line is checked, then all are sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from webapp.domain import addresses, invitations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.groups import choices
from webapp.domain.imports import giving, guest_words, kinds, reading, sorting, typos
from webapp.domain.imports.columns import ImportLine
from webapp.domain.imports.guests import GuestList as GuestList
from webapp.domain.imports.guests import Result as Result
from webapp.domain.imports.sorting import SortedLine, Sorter
from webapp.domain.invitations import batches, terms
from webapp.domain.invitations.batches import Invitee
from webapp.domain.organizations.second_admin import SecondAdminNeeded
from webapp.domain.requests import second_admins
from webapp.languages import gettext as _
from webapp.models import Organization, User

MOST = 100


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
    guest_words.refuse_name(guests.name, lines)
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
    words = guests.words(line)
    if line.role or line.name or line.message:
        role = (line.role or guests.role).casefold()
        offer = terms.read(organization, role=role, **words)
    try:
        invitation = invitations.create_offered(organization, offer, by=by, email=line.email)
    except SecondAdminNeeded:
        if not isinstance(by, User):
            raise
        request = second_admins.ask_to_invite(organization, by=by, email=line.email, **words)
        return Result([], asked=[request.email])
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
    result = Result([], refused=[(line.line.email, line.reason or "") for line in bad])
    lines = {line.address.key: line.line for line in good if line.address}
    for invitee, outcome in zip(invitees, outcomes, strict=True):
        email = invitee.address.shown
        if outcome.kind == kinds.SENT:
            result.invited.append(email)
        elif outcome.kind == kinds.SECOND_ADMIN and isinstance(by, User):
            words = guests.words(lines[invitee.address.key])
            _ask_second(organization, by, email, words, result)
        else:
            result.refused.append((email, outcome.words or _("Try again.")))
    return _told(organization, result, outcomes)


def _told(
    organization: Organization, result: Result, outcomes: Sequence[batches.InviteeOutcome]
) -> Result:
    """The result with the end of the links; refuses when nothing came of it."""
    if result.invited:
        return replace(result, until=_until(organization, outcomes))
    if result.asked:
        return result
    nobody = _("Nobody was invited.")
    raise Refusal(f"{nobody} {result.refused[-1][1]}", "email")


def _ask_second(
    organization: Organization, by: User, email: str, words: dict[str, Any], result: Result
) -> None:
    """Ask another admin about one of several."""
    try:
        request = second_admins.ask_to_invite(organization, by=by, email=email, **words)
        result.asked.append(request.email)
    except Refusal as refusal:
        result.refused.append((email, refusal.message))


def _until(organization: Organization, outcomes: Sequence[batches.InviteeOutcome]) -> datetime:
    sent = [outcome for outcome in outcomes if outcome.kind == kinds.SENT]
    return invitations.find(organization, sent[0].invitation_id or 0).expires_at


def _offer(organization: Organization, guests: GuestList, line: ImportLine) -> dict[str, object]:
    offer = sorting.offer(organization, guests, line.role, line.name, line.message)
    return {**offer, "language": guests.language}
