"""A bare sketch of an invitation app out of our own packages: no roles, no trail, no limits.

What Flask, Flask-SQLAlchemy, Flask-WTF and RQ cost by themselves when they are used as their own
documents show it. It has three views, and tables of its own in the product's database.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, abort, redirect, render_template, request, session, url_for
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import DictLoader
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import ForeignKey, String, event
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from werkzeug.wrappers import Response
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Email, Length

ROWS = 1000
KEY = "sketch"  # signs cookies and links; the sketch guards nothing
TEMPLATES = {
    "layout.html": """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title></head>
<body><nav><a href="{{ url_for('table') }}">Invitations</a></nav>
<main>{% block main %}{% endblock %}</main></body></html>""",
    "table.html": """{% extends "layout.html" %}{% block title %}Invitations{% endblock %}
{% block main %}<h1>Invitations</h1>
<form method="post" action="{{ url_for('invite') }}">{{ form.csrf_token }}
{{ form.email.label }} {{ form.email }} {{ form.role.label }} {{ form.role }}
<button>Invite</button></form>
<table><tr><th>Email<th>Role<th>Status<th>Invited by<th>Created<th>Expires<th></tr>
{% for row in rows %}<tr><td>{{ row.email }}<td>{{ row.role }}<td>{{ row.state }}
<td>{{ row.inviter.name }}<td>{{ row.created_at.strftime("%d %b %Y") }}
<td>{{ row.expires_at.strftime("%d %b %Y") }}<td><a href="/invitations/{{ row.id }}">Open</a></tr>
{% endfor %}</table>{% endblock %}""",
    "join.html": """{% extends "layout.html" %}{% block title %}Join{% endblock %}
{% block main %}<h1>Join</h1><p>{{ invitation.inviter.name }} invited {{ invitation.email }}.</p>
<form method="post">{{ form.csrf_token }}{{ form.full_name.label }} {{ form.full_name }}
{{ form.password.label }} {{ form.password }}<button>Join</button></form>{% endblock %}""",
}


class Base(DeclarativeBase):
    """Base of the sketch's models."""


db = SQLAlchemy(model_class=Base)


class Person(db.Model):  # type: ignore[name-defined, misc]
    """Somebody who can sign in."""

    __tablename__ = "sketch_people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))


class Invited(db.Model):  # type: ignore[name-defined, misc]
    """An invitation."""

    __tablename__ = "sketch_invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    role: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    inviter_id: Mapped[int] = mapped_column(ForeignKey("sketch_people.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    inviter: Mapped[Person] = relationship()


class Happened(db.Model):  # type: ignore[name-defined, misc]
    """An event."""

    __tablename__ = "sketch_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("sketch_invitations.id"))


class Mail(db.Model):  # type: ignore[name-defined, misc]
    """A mail to be sent."""

    __tablename__ = "sketch_mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(String(254))
    message_id: Mapped[str] = mapped_column(String(80))
    invitation_id: Mapped[int] = mapped_column(ForeignKey("sketch_invitations.id"))


class InviteForm(FlaskForm):  # type: ignore[misc]
    """Whom to invite."""

    email = EmailField(validators=[DataRequired(), Email()])
    role = SelectField(choices=["contributor", "manager", "admin"])


class JoinForm(FlaskForm):  # type: ignore[misc]
    """What somebody who joins says."""

    full_name = StringField(validators=[DataRequired(), Length(max=100)])
    password = PasswordField(validators=[DataRequired(), Length(min=10)])


def make_app(database: str, redis_url: str) -> Flask:
    """The sketch over its tables, which `fill` has made."""
    app = Flask("sketch", static_folder=None)
    app.config.update(SECRET_KEY=KEY, SQLALCHEMY_DATABASE_URI=database)
    app.jinja_loader = DictLoader(TEMPLATES)
    db.init_app(app)
    links = URLSafeSerializer(KEY, "link")
    jobs = Queue("sketch", connection=Redis.from_url(redis_url), serializer=JSONSerializer)

    @app.get("/sign-in")
    def sign_in() -> str:
        session["person"] = db.session.scalars(db.select(Person.id)).first()
        return InviteForm().csrf_token.current_token  # type: ignore[no-any-return]

    @app.get("/invitations")
    def table() -> str:
        signed_in()
        rows = db.session.scalars(
            db.select(Invited)
            .options(joinedload(Invited.inviter))
            .order_by(Invited.id.desc())
            .limit(50)
        )
        return render_template("table.html", rows=rows, form=InviteForm())

    @app.post("/invitations")
    def invite() -> Response:
        person, form = signed_in(), InviteForm()
        if not form.validate():
            abort(422)
        email = form.email.data
        taken = db.select(Invited.id).where(Invited.email == email, Invited.state == "pending")
        if db.session.scalar(taken):
            abort(409)
        made = invitation(email, person)
        db.session.add(made)
        db.session.flush()
        db.session.add(Happened(name="invited", at=made.created_at, invitation_id=made.id))
        message_id = f"<{secrets.token_hex(16)}@sketch>"
        db.session.add(Mail(recipient=email, message_id=message_id, invitation_id=made.id))
        db.session.commit()
        jobs.enqueue("sketch.send", made.id, result_ttl=0)
        return redirect(url_for("table"), 303)

    @app.get("/join/<token>")
    def join(token: str) -> str:
        try:
            number = links.loads(token)
        except BadSignature:
            abort(404)
        found = db.get_or_404(Invited, number)
        return render_template("join.html", invitation=found, form=JoinForm())

    @app.get("/link")
    def link() -> str:
        return str(links.dumps(int(request.args["id"])))

    return app


def signed_in() -> Person:
    """Who asks."""
    person = db.session.get(Person, session.get("person") or 0)
    if person is None:
        abort(403)
    return person


def invitation(email: str, person: Person) -> Invited:
    """A new one, for a week."""
    now = datetime.now(UTC).replace(tzinfo=None)
    end = now + timedelta(days=7)
    times = {"created_at": now, "expires_at": end}
    return Invited(email=email, role="contributor", state="pending", inviter=person, **times)


def fill(database: str, redis_url: str) -> None:
    """Make its tables, with a person and a thousand invitations."""
    with make_app(database, redis_url).app_context():
        db.create_all()
        priya = Person(name="Priya Shah")
        db.session.add(priya)
        db.session.flush()
        db.session.add_all(invitation(f"guest{n}@example.org", priya) for n in range(ROWS))
        db.session.commit()


def served() -> Flask:
    """The sketch for a web server, which finds what it needs in the environment."""
    database = os.environ["DATABASE_URL"]
    app = make_app(database, os.environ["REDIS_URL"])
    if database.startswith("sqlite"):
        with app.app_context():

            @event.listens_for(db.engine, "connect")
            def _as_ours(connection: Any, _: Any) -> None:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute("PRAGMA busy_timeout=10000")

    return app
