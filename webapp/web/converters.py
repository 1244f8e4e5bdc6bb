"""What may stand in addresses."""

from __future__ import annotations

from werkzeug.routing import BaseConverter, IntegerConverter

BIGGEST_ID = 2**63 - 1


class SlugConverter(BaseConverter):
    """An organization's slug in an address."""

    regex = "[a-z0-9-]{2,40}"


class IdConverter(IntegerConverter):
    """A row's id in an address; larger numbers than a database holds are no address."""

    def __init__(self, map: object, *args: object, **kwargs: object) -> None:
        super().__init__(map, min=1, max=BIGGEST_ID)  # type: ignore[arg-type]
