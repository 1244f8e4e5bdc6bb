"""The parts of addresses that are variable: slugs and ids."""

from __future__ import annotations

from werkzeug.routing import BaseConverter, IntegerConverter, PathConverter

BIGGEST_ID = 2**63 - 1


class SlugConverter(BaseConverter):
    """An organization's slug in an address."""

    regex = "[a-z0-9-]{2,40}"


class RestConverter(PathConverter):
    """All that follows in an address, with slashes and line breaks, as a broken link has them."""

    regex = "(?s:.+)"
    part_isolating = False


class IdConverter(IntegerConverter):
    """A row's id in an address; numbers that no database holds become 0, which no row has.

    Refusing them here would answer 405 where another method has the same address.
    """

    def to_python(self, value: str) -> int:
        """The id, or 0 if the number is too large for a database."""
        number = int(value) if len(value) < 20 else 0
        return number if number <= BIGGEST_ID else 0


CONVERTERS = {"slug": SlugConverter, "id": IdConverter, "rest": RestConverter}  # by name in rules
