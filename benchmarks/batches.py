"""The floor of whole lists: the rows that they leave, written by the driver alone.

The same tables with their indexes and triggers, in transactions of a thousand, no rule asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from benchmarks.stage import Stage
from webapp import clock
from webapp.domain.invitations import links

BATCH = 1000

IMPORT = """
INSERT INTO bulk_imports (organization_id, actor_id, state, role, expiry_days, total, created_at,
  due_at) VALUES (?, ?, 'finished', 'contributor', 7, ?, ?, ?) RETURNING id
"""
LINE = """
INSERT INTO bulk_import_rows (import_id, number, email, email_key, kind) VALUES (?, ?, ?, ?, 'new')
"""
WAITING = "SELECT id, email FROM bulk_import_rows WHERE import_id = ? ORDER BY number"
INVITATION = """
INSERT INTO user_invitations (id, organization_id, email, email_key, role, state, inviter_id,
  expiry_days, created_at, expires_at, secret, link_number, earlier_links, delivery_state, words)
VALUES (?, ?, ?, ?, 'contributor', 'pending', ?, 7, ?, ?, ?, 1, '', 'queued', ?)
"""
EVENT = """
INSERT INTO events (organization_id, name, at, actor, actor_id, invitation_id, request_id, data)
VALUES (?, ?, ?, 'user', ?, ?, '-', ?)
"""
DELIVERY = """
INSERT INTO deliveries (organization_id, invitation_id, kind, recipient, link_number, message_id,
  state, attempts, created_at, tried_since, due_at)
VALUES (?, ?, 'invitation', ?, 1, ?, 'queued', 0, ?, ?, ?)
"""
CARRIED = """
INSERT INTO invitation_groups (organization_id, invitation_id, group_id) VALUES (?, ?, ?)
"""
OUTCOME = {
    True: "UPDATE bulk_import_rows SET kind = 'sent', invitation_id = ? WHERE id = ?",
    False: "UPDATE bulk_import_rows r SET kind = 'sent', invitation_id = i.new "
    "FROM unnest(%s::bigint[], %s::bigint[]) AS i (new, id) WHERE r.id = i.id",
}
EVENTS_OF_THE_EXPIRED = """
INSERT INTO events (organization_id, name, at, actor, invitation_id, request_id, data)
SELECT organization_id, 'InvitationExpired', ?, 'system', id, '-', json_object('email', email)
FROM user_invitations WHERE state = 'pending' AND expires_at <= ?
"""
EXPIRED = """
UPDATE user_invitations SET state = 'expired', ended_at = expires_at
WHERE state = 'pending' AND expires_at <= ?
"""
NEXT = {
    True: "SELECT coalesce(max(id), 0) + 1 FROM user_invitations",
    False: "SELECT setval('user_invitations_id_seq', nextval('user_invitations_id_seq') + 999)"
    " - 999",
}


class Raw:
    """The driver's own connection, set up as the product's own."""

    def __init__(self, stage: Stage) -> None:
        self._pooled = stage.engine.raw_connection()
        self._connection: Any = self._pooled.driver_connection
        self._pooled.detach()
        self._sqlite = stage.engine.dialect.name == "sqlite"
        self._ids = stage.organization_id, stage.priya_id

    def read(self, emails: Sequence[str]) -> int:
        """Write the lines of a list; its id."""
        now = self._moment()
        with self._begun():
            made: int = self._rows(IMPORT, (*self._ids, len(emails), now, now))[0][0]
        for batch in _batches(list(enumerate(emails, 1))):
            with self._begun():
                self._many(LINE, [(made, number, email, email) for number, email in batch])
        return made

    def run(self, made: int, group_ids: Sequence[int] = ()) -> None:
        """Write invitations, events and mails of the list's lines, and what became of each."""
        organization, admin = self._ids
        with self._begun():
            lines = self._rows(WAITING, (made,))
        for batch in _batches(lines):
            now, end = self._moment(), self._moment(days=7)
            with self._begun():
                first = self._rows(NEXT[self._sqlite], ())[0][0]
                rows = [(first + n, line, email) for n, (line, email) in enumerate(batch)]
                self._many(
                    INVITATION,
                    [
                        (new, organization, e, e, admin, now, end, links.new_secret(), e)
                        for new, _, e in rows
                    ],
                )
                carried = [(organization, new, one) for new, _, _ in rows for one in group_ids]
                if carried:
                    self._many(CARRIED, carried)
                self._tell("InvitationCreated", rows, now)
                self._many(
                    DELIVERY,
                    [(organization, new, e, f"<{new}@raw>", now, now, now) for new, _, e in rows],
                )
                outcomes = [(new, line) for new, line, _ in rows]
                if self._sqlite:
                    self._many(OUTCOME[True], outcomes)
                else:
                    self._do(OUTCOME[False], [list(one) for one in zip(*outcomes, strict=True)])

    def overdue(self, emails: Sequence[str]) -> None:
        """Write pending invitations that have run out."""
        organization, admin = self._ids
        then, end = self._moment(days=-8), self._moment(days=-1)
        for batch in _batches(emails):
            with self._begun():
                first = self._rows(NEXT[self._sqlite], ())[0][0]
                self._many(
                    INVITATION,
                    [
                        (first + n, organization, e, e, admin, then, end, links.new_secret(), e)
                        for n, e in enumerate(batch)
                    ],
                )

    def expire(self, _: object) -> None:
        """Mark what has run out, with an event each: two statements, one transaction."""
        now = self._moment()
        with self._begun():
            self._do(EVENTS_OF_THE_EXPIRED, (now, now))
            self._do(EXPIRED, (now,))

    def _tell(self, name: str, rows: Sequence[Any], now: Any) -> None:
        organization, admin = self._ids
        facts = [
            (organization, name, now, admin, new, f'{{"email": "{email}"}}')
            for new, _, email in rows
        ]
        self._many(EVENT, facts)

    def _begun(self) -> Any:
        if self._sqlite:
            self._connection.execute("BEGIN IMMEDIATE")
            return self._connection
        return self._connection.transaction()

    def _do(self, text: str, values: Sequence[Any]) -> Any:
        if not self._sqlite:
            text = text.replace("?", "%s").replace("json_object", "json_build_object")
        return self._connection.execute(text, values)

    def _rows(self, text: str, values: Sequence[Any]) -> list[Any]:
        found: list[Any] = self._do(text, values).fetchall()
        return found

    def _many(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        if self._sqlite:
            self._connection.executemany(text, rows)
            return
        # One statement of many rows: triggers are asked once, as the product has it, too.
        head, _, values = text.partition("VALUES ")
        self._do(f"{head} VALUES {', '.join([values] * len(rows))}", [*itertools.chain(*rows)])

    def _moment(self, **later: float) -> Any:
        moment = clock.now() + timedelta(**later)
        return moment.replace(tzinfo=None).isoformat(" ") if self._sqlite else moment


def _batches(rows: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(rows)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch
