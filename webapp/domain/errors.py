"""A rule's refusal: in words for the reader, with the field it concerns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from webapp.languages import gettext


class Refusal(Exception):
    """A rule refused; `message` says what happened and what to do next."""

    status = 422

    def __init__(self, message: str, field: str | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.facts = facts


class NotFound(Refusal):
    """There is no such thing for this caller: unknown and foreign look the same."""

    status = 404

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or gettext("There is nothing at this address."))


class Forbidden(Refusal):
    """The caller is known, but may not do this."""

    status = 403


class UsedUp(Refusal):
    """A quota is used up, or a pause is not over: it may be tried again at `until`."""

    def __init__(
        self, message: str, field: str | None = None, *, until: datetime, **facts: Any
    ) -> None:
        super().__init__(message, field, **facts)
        self.until = until


class Refusals(Refusal):
    """Several refusals of one form at once."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(" ".join(r.message for r in refusals))
        self.refusals = refusals


class Objections:
    """Gathers the refusals of one form: `with wrong: …` for each rule, then `wrong.settle()`."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Refusal):
            return False
        self.refusals.append(error)
        return True

    def settle(self) -> None:
        """Raise Refusals if any rule refused."""
        if self.refusals:
            raise Refusals(self.refusals)
