"""What must never be written down, and where to look for it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from redis import Redis

from tests.support.rows import filled
from tests.support.smtp import Received
from webapp.db import db

TOKEN = re.compile(r"token=([\w.~-]{20,})")
SHORTEST = 12
MANY = 100


class Secrets:
    """Passwords, link tokens and cookies of one test."""

    def __init__(self, *known: str) -> None:
        self.browsers = 0  # of the test that sign in, so that no two have the same form
        self._known = set(known)
        self._by_head: dict[str, set[str]] = {}
        self.learn(*known)

    def learn(self, *secrets: str) -> None:
        """Remember secrets to look for."""
        for secret in secrets:
            if len(secret) >= SHORTEST:
                self._known.add(secret)
                self._by_head.setdefault(secret[:SHORTEST], set()).add(secret)

    def learn_links(self, page: str) -> None:
        """Remember the tokens of all links in a text."""
        self.learn(*TOKEN.findall(page))

    def learn_mails(self, mails: Iterable[Received]) -> None:
        """Remember the tokens of all links that were mailed."""
        for mail in mails:
            self.learn_links(str(mail.message["List-Unsubscribe"]))
            body = mail.message.get_body(("plain",))
            self.learn_links(body.get_content() if body else "")

    def found_in(self, where: str) -> list[str]:
        """The secrets that stand in the text."""
        candidates: Iterable[str] = self._known
        if len(self._known) > MANY:  # one look at each place of the text, not one for each secret
            places = range(len(where) - SHORTEST + 1)
            heads = {where[at : at + SHORTEST] for at in places} & self._by_head.keys()
            candidates = [secret for head in heads for secret in self._by_head[head]]
        return [secret for secret in candidates if secret in where]

    def search_logs(self, records: Iterable[logging.LogRecord]) -> None:
        """Fail when one stands in a log line or its traceback."""
        formatter = logging.Formatter()
        for record in records:
            line = formatter.format(record)
            assert not self.found_in(line), f"a secret in a log line: {record.name} {record.msg}"

    def search_redis(self, redis: Redis) -> None:
        """Fail when one stands in a key or a value of Redis."""
        keys = list(redis.scan_iter())
        with redis.pipeline(transaction=False) as asked:
            for key in keys:
                assert not self.found_in(repr(key)), "a secret in a Redis key"
                asked.dump(key)
            for key, value in zip(keys, asked.execute(), strict=True):
                assert not self.found_in(repr(value)), f"a secret under the Redis key {key!r}"

    def search_database(self) -> None:
        """Fail when one stands in any column of any table."""
        with db.engine.connect() as connection:
            for table in filled(connection):
                rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
                assert not self.found_in(repr(rows)), f"a secret in the table {table}"
