"""Each line of a list, sorted by what would happen to it now; that may change before the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from webapp import formats
from webapp.domain import addresses, texts
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.groups.choices import Catalog, joined
from webapp.domain.imports import choices, kinds, reading, typos
from webapp.domain.imports.reading import ImportLine
from webapp.domain.invitations import access, eligibility, limits, terms
from webapp.domain.organizations import access_terms as organization_terms
from webapp.domain.organizations.access_terms import Term
from webapp.languages import gettext
from webapp.models import BulkImport, Organization

NAME_LONGEST, MESSAGE_LONGEST = 100, terms.MESSAGE_MOST
GROUPS_LONGEST, ACCESS_LONGEST = 2100, 40


class Defaults(Protocol):
    """The terms of people whose line says nothing else."""

    @property
    def role(self) -> str:
        """A role's name."""

    @property
    def expiry_days(self) -> int | None:
        """How long a link is valid."""

    @property
    def message(self) -> str | None:
        """What they read in the mail."""


@dataclass(frozen=True, slots=True)
class SortedLine:
    """A line that was read: its address, or why it cannot be invited."""

    line: ImportLine
    address: Address | None
    kind: str | None = None
    reason: str | None = None
    meant: str | None = None  # the address of which this is a likely typo
    invitation_id: int | None = None  # of the open invitation
    member: str | None = None  # the status of the member who has the address
    member_id: int | None = None
    is_given: bool = False  # is added to groups instead of being invited

    @property
    def is_good(self) -> bool:
        """Whether it would be invited now, or given groups."""
        return self.kind == kinds.NEW or self.is_given


class Sorter:
    """Sorts lines batch by batch; remembers earlier ones to find duplicates."""

    def __init__(self, organization: Organization, by: Actor, defaults: Defaults) -> None:
        self._organization, self._by, self._defaults = organization, by, defaults
        self._seen: dict[str, int] = {}  # the line in which each address came first
        self._left, self._used_up = limits.left(organization, by)
        self._allowed = {*organization.domains}
        self._catalog = Catalog(organization)
        self._terms = organization_terms.of(organization)

    def read(self, lines: Sequence[ImportLine]) -> list[SortedLine]:
        """What the lines say, without asking the database."""
        return [self._read(line) for line in lines]

    def sort(self, read_lines: Sequence[SortedLine]) -> list[SortedLine]:
        """The lines by the state of the database: three queries for all of them."""
        keys = [line.address.key for line in read_lines if line.address is not None]
        records = eligibility.look(self._organization, keys)
        return [
            self._sort(line, line.address, records) if line.kind is None and line.address else line
            for line in read_lines
        ]

    def _read(self, line: ImportLine) -> SortedLine:
        if line.fault:
            return SortedLine(line, None, kinds.MALFORMED, line.fault)
        try:
            address = addresses.parse(line.email)
            offer(
                self._organization,
                self._defaults,
                *(line.role, line.name, line.message, line.access_until),
                access_terms=self._terms,
            )
            line = replace(line, groups=joined(self._catalog.read(line.groups)))
        except Refusal as refusal:
            return SortedLine(line, None, kinds.of(refusal), refusal.message)
        if address.key in self._seen:
            number = formats.number(self._seen[address.key])
            words = gettext("Same as line %(number)s.", number=number)
            return SortedLine(line, address, kinds.DUPLICATE, words)
        self._seen[address.key] = line.number
        return SortedLine(line, address)

    def _sort(
        self, line: SortedLine, address: Address, records: eligibility.AddressRecords
    ) -> SortedLine:
        objection = eligibility.objection(self._organization, self._by, address, records)
        if objection is not None:
            kind, refusal = objection
            names = ("invitation_id", "member", "member_id")
            facts: Any = {name: refusal.facts.get(name) for name in names}
            return replace(line, kind=kind, reason=refusal.message, **facts)
        is_right = address.domain in self._allowed
        meant = typos.meant_address(address.shown, domain_is_right=is_right)
        if meant is not None:
            words = gettext("Did you mean %(email)s?", email=meant)
            return replace(line, kind=kinds.TYPO, reason=words, meant=meant)
        if self._left < 1:
            return replace(line, kind=kinds.LIMIT, reason=self._used_up.message)
        self._left -= 1
        return replace(line, kind=kinds.NEW)


def rows(bulk_import: BulkImport, sorted_lines: Sequence[SortedLine]) -> list[dict[str, Any]]:
    """The columns of an import's next lines."""
    numbered = enumerate(sorted_lines, bulk_import.total + 1)
    return [_row(bulk_import, number, line) for number, line in numbered]


def _row(bulk_import: BulkImport, number: int, sorted_line: SortedLine) -> dict[str, Any]:
    line, address = sorted_line.line, sorted_line.address
    return {
        "import_id": bulk_import.id,
        "number": number,
        "line": line.number,
        "email": reading.shown(line.email, addresses.LONGEST),
        "email_key": address.key if address else None,
        "role": choices.cut_role(line.role) or None,
        "name": reading.shown(line.name, NAME_LONGEST) or None,
        "message": texts.showable((line.message or "")[:MESSAGE_LONGEST]) or None,
        "groups": reading.shown(line.groups, GROUPS_LONGEST) or None,
        "access_until": reading.shown(line.access_until, ACCESS_LONGEST) or None,
        "kind": sorted_line.kind,
        "reason": sorted_line.reason,
    }


def offer(
    organization: Organization,
    defaults: Defaults,
    role: str | None,
    name: str | None,
    message: str | None,
    access_until: str | None = None,
    *,
    access_terms: Mapping[str, Term] | None = None,
) -> dict[str, Any]:
    """The terms of one line's invitation: the line's, or else the defaults; without its groups."""
    usual = getattr(defaults, "access", access.USUAL)  # lists say it line by line
    return terms.read(
        organization,
        role=role.strip().casefold() if role else defaults.role,
        expiry_days=defaults.expiry_days,
        name=name,
        message=message or defaults.message,
        access=access.read(access_until) if access_until else usual,
        access_terms=access_terms,
    )
