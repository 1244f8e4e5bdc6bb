"""Which program asks: proven by its id and secret, without a browser."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from sqlalchemy import Row, bindparam, select

from webapp.domain.openid.clients import ID, has_secret
from webapp.domain.openid.faults import Fault
from webapp.models import OidcClient
from webapp.prepared_statements import PreparedRead

# What `are_of` reads of a row, for a statement that reads other things as well.
PROGRAM = (
    OidcClient.client_id,
    OidcClient.is_public,
    OidcClient.secret_digest,
    OidcClient.old_secret_digest,
    OidcClient.old_secret_until,
)
IS_NAMED = OidcClient.client_id == bindparam("client_id")
_ONE = PreparedRead(select(*PROGRAM).where(IS_NAMED))


class Credentials(NamedTuple):
    """What a program says of itself; one that is public has no secret."""

    client_id: str
    secret: str | None

    @classmethod
    def of(cls, client_id: str, secret: str | None) -> Self:
        """Those that were sent; raises Fault for an id that is none of ours."""
        if not ID.fullmatch(client_id):
            raise unknown()
        return cls(client_id, secret)

    def check(self) -> None:
        """Raises Fault unless there is such a program."""
        row = _ONE.one(client_id=self.client_id)
        if row is None or not self.are_of(row):
            raise unknown()

    def are_of(self, client: Row[Any]) -> bool:
        """Whether the program with this id, of a row that has PROGRAM, has this secret."""
        return self.secret is None if client.is_public else has_secret(client, self.secret or "")


def unknown() -> Fault:
    """The same for an unknown program and for a wrong secret."""
    return Fault("invalid_client", "the client is unknown, or its secret is wrong", 401)
