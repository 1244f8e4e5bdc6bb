"""The floors: a bare Flask with raw SQL on a connection set up as the product's own."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask, jsonify, redirect, render_template, request
from jinja2 import DictLoader
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, create_engine
from werkzeug.wrappers import Response

from webapp import clock

TABLE = """<!doctype html>
<title>Invitations</title>
<table>
  <tr><th>Email<th>Role<th>Status<th>Delivery<th>Invited by<th>Created<th>Expires</tr>
  {% for email, role, state, delivery, inviter, created, expires in rows %}
  <tr><td>{{ email }}<td>{{ role }}<td>{{ state }}<td>{{ delivery }}<td>{{ inviter }}
      <td>{{ created }}<td>{{ expires }}</tr>
  {% endfor %}
</table>
"""
PAGE = """
SELECT i.email, i.role, i.state, i.delivery_state, u.full_name, i.created_at, i.expires_at
FROM user_invitations i LEFT JOIN users u ON u.id = i.inviter_id
WHERE i.organization_id = ? ORDER BY i.id DESC LIMIT 50
"""
INVITATION = """
INSERT INTO user_invitations (organization_id, email, email_key, role, state, inviter_id,
  expiry_days, created_at, expires_at, secret, link_number, earlier_links, delivery_state)
VALUES (?, ?, ?, 'contributor', 'pending', ?, 7, ?, ?, ?, 1, '', 'queued') RETURNING id
"""
EVENT = """
INSERT INTO events (organization_id, name, at, actor, actor_id, invitation_id, request_id, data)
VALUES (?, 'InvitationCreated', ?, 'user', ?, ?, '-', '{}')
"""
DELIVERY = """
INSERT INTO deliveries (organization_id, invitation_id, kind, recipient, link_number, message_id,
  state, attempts, created_at, tried_since, due_at)
VALUES (?, ?, 'invitation', ?, 1, ?, 'queued', 0, ?, ?, ?)
"""

VISIT = """
SELECT u.email, u.full_name, v.ends_at FROM visits v
JOIN sessions s ON s.id = v.session_id JOIN users u ON u.id = s.user_id WHERE v.digest = ?
"""


TOKENS = """
UPDATE oidc_visits SET used_at = ?, family_digest = ?, access_digest = ?, access_until = ?,
  refresh_digest = ? WHERE sid = ?
"""


NUMBERS = itertools.count()  # of the process: each of its threads has a connection of its own


class Raw:
    """The driver's own connection, with the PRAGMAs that the product gives to each of its own."""

    def __init__(self, engine: Engine, organization_id: int, user_id: int) -> None:
        # The product's engine makes it, so that it is set up alike, and then lets go of it.
        self._pooled = engine.raw_connection()
        self._connection: Any = self._pooled.driver_connection
        self._pooled.detach()
        self._sqlite = engine.dialect.name == "sqlite"
        self._organization_id, self._user_id = organization_id, user_id
        self._run = os.getpid()
        mark = "?" if self._sqlite else "%s"
        self._page, self._invitation, self._event, self._delivery, self._visit, self._tokens = (
            text.replace("?", mark) for text in (PAGE, INVITATION, EVENT, DELIVERY, VISIT, TOKENS)
        )

    def invite(self) -> None:
        """Insert invitation, event and delivery, and commit."""
        email = f"raw-{self._run}-{next(NUMBERS)}@example.org"
        now = clock.now()
        at, end = (self._moment(now), self._moment(now + timedelta(days=7)))
        organization, user = self._organization_id, self._user_id
        execute = self._connection.execute
        if self._sqlite:
            execute("BEGIN IMMEDIATE")
        row = (organization, email, email, user, at, end, bytes(32))
        (made,) = execute(self._invitation, row).fetchone()
        execute(self._event, (organization, at, user, made))
        execute(self._delivery, (organization, made, email, f"<{email}>", at, at, at))
        self._connection.commit()

    def page(self) -> list[Any]:
        """The newest 50 invitations."""
        rows: list[Any] = self._connection.execute(self._page, (self._organization_id,)).fetchall()
        self._connection.commit()  # after a rollback psycopg forgets what it had prepared
        return rows

    def visit(self, token: str) -> Any:
        """Whose visit has that token."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        row: Any = self._connection.execute(self._visit, (digest,)).fetchone()
        self._connection.commit()
        return row

    def give_tokens(self, sid: str) -> None:
        """Write the digests of new tokens of a visit, and commit."""
        at = self._moment(clock.now())
        digests = [secrets.token_hex(32) for _ in range(3)]
        self._connection.execute(self._tokens, (at, *digests[:2], at, digests[2], sid))
        self._connection.commit()

    def close(self) -> None:
        """Close the connection."""
        self._pooled.close()

    def _moment(self, moment: Any) -> Any:
        return moment.replace(tzinfo=None).isoformat(" ") if self._sqlite else moment


class Signing:
    """A key as long as the product's, and what is signed about as long as an id_token."""

    def __init__(self) -> None:
        self._key: Any = RSAKey.generate_key(2048).private_key
        self._claims = b"x" * 500

    def sign(self) -> str:
        """The signature (RS256)."""
        signature: bytes = self._key.sign(self._claims, PKCS1v15(), SHA256())
        return base64.urlsafe_b64encode(signature).decode("ascii")


def make_app(raw: Callable[[], Raw]) -> Flask:
    """The bare application: no session, no forms, no checks."""
    app = Flask("floor", static_folder=None)
    app.jinja_loader = DictLoader({"table.html": TABLE})
    signing = Signing()

    @app.get("/")
    def bare() -> str:
        return "<!doctype html><title>Bare</title><p>Nothing happens here."

    @app.get("/table")
    def table() -> str:
        return render_template("table.html", rows=raw().page())

    @app.get("/visit")
    def visit() -> Response:
        row = raw().visit(request.cookies["gatehouse-visit"])
        return Response("", 200 if row else 401, {"Remote-User": row[0] if row else ""})

    @app.post("/oauth/token")
    def token() -> Response:
        raw().give_tokens(request.form["code"])
        return jsonify(id_token=signing.sign())

    @app.post("/invite")
    def invite() -> Response:
        assert request.form["email"]
        raw().invite()
        return redirect("/table", 303)

    return app


def served() -> Flask:
    """The bare application for a web server, which finds what it needs in the environment.

    Each thread has a connection of its own, made after the server has forked its processes.
    """
    organization_id, user_id = map(int, os.environ["FLOOR_IDS"].split())
    ours = threading.local()

    def raw() -> Raw:
        if not hasattr(ours, "raw"):
            # webapp.db sets up the connections of every engine alike.
            engine = create_engine(os.environ["DATABASE_URL"])
            ours.raw = Raw(engine, organization_id, user_id)
        found: Raw = ours.raw
        return found

    return make_app(raw)
