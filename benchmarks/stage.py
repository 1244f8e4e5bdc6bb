"""The product over real parts, and beside it the bare Flask on the same database."""

from __future__ import annotations

import itertools
import logging
import os
import re
from datetime import timedelta
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Engine
from werkzeug.test import Client
from werkzeug.wrappers import Response

from benchmarks import floors
from tests import cast
from webapp import clock, create_app, signing, trace
from webapp.config import Settings
from webapp.db import db
from webapp.domain.accounts import sessions
from webapp.domain.applications import visits
from webapp.domain.invitations import counts, links
from webapp.models import Delivery, Invitation

INVITATIONS = "/orgs/acme/invitations"
MEMBERS = "/orgs/acme/members"
ROWS = 1000  # invitations that are there before anything is measured


class Stage:
    """Acme with its people and a thousand pending invitations; Priya is signed in."""

    def __init__(self, database: str, redis_url: str, smtp_port: int) -> None:
        self.environment = {
            "GATEHOUSE_ENV": "test",
            "PUBLIC_URL": "http://gatehouse.test",
            "DATABASE_URL": database,
            "REDIS_URL": redis_url,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(smtp_port),
            "RATELIMIT_ENABLED": "off",
            "INVITATIONS_PER_ADMIN_PER_DAY": "1000000",
            "INVITATIONS_PER_ORG_PER_DAY": "10000000",
        }
        self.app = create_app(Settings.from_mapping(self.environment))
        # Every line is made as ever, and goes nowhere.
        for handler in logging.getLogger(trace.LOG).handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        self._numbers = itertools.count()
        with self.app.app_context():
            upgrade()
            cast.make()
            acme, priya = cast.organization(), cast.person()
            self.organization_id, self.priya_id = acme.id, priya.id
            self.engine: Engine = db.engine
            self.raw = floors.Raw(self.engine, acme.id, priya.id)
            token = sessions.start(priya, acme.id)
        self.invite(ROWS)
        # Where the product and its floor are asked; benchmarks/served.py puts others here.
        self.doors: tuple[Any, Any] = (
            Client(self.app, use_cookies=False),
            Client(floors.make_app(lambda: self.raw), use_cookies=False),
        )
        self.cookies = f"gatehouse={token}"
        form = self.ours(200, f"{INVITATIONS}/new", {"Cookie": self.cookies})
        found = re.search(r'name="csrf_token" value="([^"]+)"', form.get_data(as_text=True))
        assert found
        self.csrf_token = found[1]
        self.form_cookie = form.headers["Set-Cookie"].partition(";")[0]
        self.cookies += f"; {self.form_cookie}"

    def ours(self, status: int, path: str, headers: Any = None, data: Any = None) -> Response:
        """Ask the product; POST when there is data."""
        return _ask(self.doors[0], status, path, headers, data)

    def floor(self, status: int, path: str, data: Any = None, headers: Any = None) -> Response:
        """Ask the bare Flask, in the same way."""
        return _ask(self.doors[1], status, path, headers or {"Cookie": self.cookies}, data)

    def visit(self) -> str:
        """What the cookie of a visit of Chen's holds, to an application of Acme's."""
        with self.app.app_context():
            address = "http://localhost:3000/"
            application = cast.application("app-0", home_url=address)
            session = sessions.find(sessions.start(cast.person(cast.CHEN)))
            assert session
            state = signing.digest("state")
            code = visits.begin(application, by=session, state=state)
            return visits.enter(application, code, state="state")[0]

    def emails(self, count: int) -> list[str]:
        """Addresses that nobody has used yet."""
        return [f"person-{next(self._numbers)}@example.org" for _ in range(count)]

    def invite(self, count: int) -> list[str]:
        """The tokens of new pending invitations, opened before, whose mails are not queued."""
        now = clock.now()
        rows = [
            {
                "organization_id": self.organization_id,
                "email": email,
                "email_key": email,
                "role": "contributor",
                "inviter_id": self.priya_id,
                "expiry_days": 7,
                "created_at": now,
                "expires_at": now + timedelta(days=7),
                "opened_at": now,
                "secret": links.new_secret(),
                "delivery_state": "sent",
            }
            for email in self.emails(count)
        ]
        with self.app.app_context():
            db.session.execute(insert(Invitation), rows)
            db.session.commit()
            return [cast.mailed_token(made) for made in _newest(count)]

    def queue(self, count: int) -> list[int]:
        """The ids of that many queued mails; no others are left."""
        self.invite(count)
        now = clock.now()
        with self.app.app_context():
            db.session.execute(delete(Delivery).where(Delivery.state == "queued"))
            made = _newest(count)
            rows = [
                {
                    "organization_id": one.organization_id,
                    "invitation_id": one.id,
                    "kind": "invitation",
                    "recipient": one.email,
                    "link_number": 1,
                    "message_id": f"<{one.id}@gatehouse.test>",
                    "created_at": now,
                    "tried_since": now,
                    "due_at": now,
                }
                for one in made
            ]
            db.session.execute(insert(Delivery), rows)
            ids = [one.id for one in made]
            queued = update(Invitation).where(Invitation.id.in_(ids))
            db.session.execute(queued.values(delivery_state="queued"))
            db.session.commit()
        return ids

    def settle(self) -> None:
        """What happens by itself within minutes: counts are summed up, PostgreSQL learns them."""
        with self.app.app_context():
            counts.sum_up()
        if self.engine.dialect.name == "postgresql":
            with self.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("VACUUM ANALYZE")

    def close(self) -> None:
        """Close all connections to the database."""
        self.raw.close()
        self.engine.dispose()


def _newest(count: int) -> list[Invitation]:
    return list(db.session.scalars(select(Invitation).order_by(Invitation.id.desc()).limit(count)))


def _ask(door: Any, status: int, path: str, headers: Any, data: Any) -> Response:
    method = "GET" if data is None else "POST"
    answer: Response = door.open(path, method=method, headers=headers, data=data, buffered=True)
    assert answer.status_code == status, f"{path} answered {answer.status}"
    return answer
