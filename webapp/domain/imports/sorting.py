"""Each line of a list, sorted by what would become of it now; nothing is promised by that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webapp.domain import addresses, texts
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.imports import kinds, reading, typos
from webapp.domain.imports.reading import Line
from webapp.domain.invitations import eligibility, limits, terms
from webapp.models import BulkImport, Organization

ROLE_LONGEST, NAME_LONGEST, MESSAGE_LONGEST = 20, 100, terms.MESSAGE_MOST


@dataclass(frozen=True, slots=True)
class Judged:
    """A line that was read: its address, or why it is none to be invited."""

    line: Line
    address: Address | None
    kind: str | None = None
    reason: str | None = None


class Sorter:
    """Sorts an import's lines, batch by batch, knowing those that came before."""

    def __init__(self, organization: Organization, by: Actor, made: BulkImport) -> None:
        self._organization, self._by, self._made = organization, by, made
        self._seen: dict[str, int] = {}  # the line in which each address stood first
        self._left, self._used_up = limits.left(organization, by)
        self._allowed = {*organization.domains}

    def read(self, lines: Sequence[Line]) -> list[Judged]:
        """What the lines say, without a look at the database."""
        return [self._judge(line) for line in lines]

    def rows(self, judged: Sequence[Judged]) -> list[dict[str, Any]]:
        """The lines as rows, sorted by how things stand: three queries for all of them."""
        keys = [one.address.key for one in judged if one.address is not None]
        standing = eligibility.look(self._organization, keys)
        return [self._row(one, standing) for one in judged]

    def _judge(self, line: Line) -> Judged:
        if line.fault:
            return Judged(line, None, kinds.MALFORMED, line.fault)
        try:
            address = addresses.parse(line.email)
            offer(self._organization, self._made, line.role, line.name, line.message)
        except Refusal as refusal:
            kind = kinds.ROLE if refusal.field == "role" else kinds.MALFORMED
            return Judged(line, None, kind, refusal.message)
        before = self._seen.setdefault(address.key, line.number)
        if before != line.number:
            reason = f"This address stands in line {before:,} already."
            return Judged(line, address, kinds.DUPLICATE, reason)
        return Judged(line, address)

    def _row(self, one: Judged, standing: eligibility.AddressRecords) -> dict[str, Any]:
        kind, reason = one.kind, one.reason
        if kind is None and one.address is not None:
            kind, reason = self._kind(one.address, standing)
        line = one.line
        return {
            "import_id": self._made.id,
            "number": line.number,
            "email": reading.shown(line.email, addresses.LONGEST),
            "email_key": one.address.key if one.address else None,
            "role": reading.shown(line.role, ROLE_LONGEST) or None,
            "name": reading.shown(line.name, NAME_LONGEST) or None,
            "message": texts.showable((line.message or "")[:MESSAGE_LONGEST]) or None,
            "kind": kind,
            "reason": reason,
        }

    def _kind(
        self, address: Address, standing: eligibility.AddressRecords
    ) -> tuple[str, str | None]:
        found = eligibility.objection(self._organization, self._by, address, standing)
        if found is not None:
            return found[0], found[1].message
        meant = None if address.domain in self._allowed else typos.meant(address.domain)
        if meant is not None:
            local = address.shown.rpartition("@")[0]
            return kinds.TYPO, f"{local}@{meant} is probably meant."
        if self._left < 1:
            return kinds.LIMIT, self._used_up.message
        self._left -= 1
        return kinds.NEW, None


def offer(
    organization: Organization,
    made: BulkImport,
    role: str | None,
    name: str | None,
    message: str | None,
) -> dict[str, Any]:
    """The columns of one line's offer, the import's own where the line says nothing."""
    return terms.read(
        organization,
        role=role.strip().casefold() if role else made.role,
        expiry_days=made.expiry_days,
        name=name,
        message=message or made.message,
    )
