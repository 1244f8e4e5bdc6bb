"""Each line of a list, sorted by what would happen to it now; that may change before the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webapp.domain import addresses, texts
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.imports import kinds, reading, typos
from webapp.domain.imports.reading import ImportLine
from webapp.domain.invitations import eligibility, limits, terms
from webapp.models import BulkImport, Organization

ROLE_LONGEST, NAME_LONGEST, MESSAGE_LONGEST = 20, 100, terms.MESSAGE_MOST


@dataclass(frozen=True, slots=True)
class SortedLine:
    """A line that was read: its address, or why it cannot be invited."""

    line: ImportLine
    address: Address | None
    kind: str | None = None
    reason: str | None = None


class Sorter:
    """Sorts an import's lines batch by batch; remembers earlier lines to find duplicates."""

    def __init__(self, organization: Organization, by: Actor, bulk_import: BulkImport) -> None:
        self._organization, self._by, self._import = organization, by, bulk_import
        self._seen: dict[str, int] = {}  # the line in which each address came first
        self._left, self._used_up = limits.left(organization, by)
        self._allowed = {*organization.domains}

    def read(self, lines: Sequence[ImportLine]) -> list[SortedLine]:
        """What the lines say, without asking the database."""
        return [self._read(line) for line in lines]

    def rows(self, sorted_lines: Sequence[SortedLine]) -> list[dict[str, Any]]:
        """The lines as rows, sorted by the state of the database: three queries for all of them."""
        keys = [line.address.key for line in sorted_lines if line.address is not None]
        standing = eligibility.look(self._organization, keys)
        return [self._row(line, standing) for line in sorted_lines]

    def _read(self, line: ImportLine) -> SortedLine:
        if line.fault:
            return SortedLine(line, None, kinds.MALFORMED, line.fault)
        try:
            address = addresses.parse(line.email)
            offer(self._organization, self._import, line.role, line.name, line.message)
        except Refusal as refusal:
            kind = kinds.ROLE if refusal.field == "role" else kinds.MALFORMED
            return SortedLine(line, None, kind, refusal.message)
        first = self._seen.setdefault(address.key, line.number)
        if first != line.number:
            reason = f"This address stands in line {first:,} already."
            return SortedLine(line, address, kinds.DUPLICATE, reason)
        return SortedLine(line, address)

    def _row(self, sorted_line: SortedLine, standing: eligibility.AddressRecords) -> dict[str, Any]:
        line, address = sorted_line.line, sorted_line.address
        kind, reason = sorted_line.kind, sorted_line.reason
        if kind is None and address is not None:
            kind, reason = self._kind(address, standing)
        return {
            "import_id": self._import.id,
            "number": line.number,
            "email": reading.shown(line.email, addresses.LONGEST),
            "email_key": address.key if address else None,
            "role": reading.shown(line.role, ROLE_LONGEST) or None,
            "name": reading.shown(line.name, NAME_LONGEST) or None,
            "message": texts.showable((line.message or "")[:MESSAGE_LONGEST]) or None,
            "kind": kind,
            "reason": reason,
        }

    def _kind(
        self, address: Address, standing: eligibility.AddressRecords
    ) -> tuple[str, str | None]:
        objection = eligibility.objection(self._organization, self._by, address, standing)
        if objection is not None:
            kind, refusal = objection
            return kind, refusal.message
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
    bulk_import: BulkImport,
    role: str | None,
    name: str | None,
    message: str | None,
) -> dict[str, Any]:
    """The terms of one line's invitation; the import's where the line has none of its own."""
    return terms.read(
        organization,
        role=role.strip().casefold() if role else bulk_import.role,
        expiry_days=bulk_import.expiry_days,
        name=name,
        message=message or bulk_import.message,
    )
