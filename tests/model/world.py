"""The real Gatehouse under the model: one application, and a fresh database for each walk."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from tests import cast
from tests.model.picture import Account, Member, Picture
from tests.support.redis import RedisProcess
from tests.support.smtp import Received, ScriptedSMTP
from tests.support.templates import Template
from webapp import clock
from webapp.db import db
from webapp.domain import outbox
from webapp.models import Delivery, DeliveryState, Event, Membership, User

ORGANIZATIONS = ("acme", "evil")
MEMBERS = {
    cast.PRIYA: ("acme", "admin"),
    cast.MARCO: ("acme", "manager"),
    cast.CHEN: ("acme", "contributor"),
    cast.EVE: ("evil", "admin"),
}
TOKEN = re.compile(r"(/register|/confirm|/password/reset)\?token=([\w.~-]+)")
OF_SENDING = ("InvitationSent", "InvitationSendFailed")
# What nobody else can cause, or what is about something that was just done to the account.
OF_ONES_OWN = ("reset", "welcome", "notice")


class World:
    """What a walk is made in."""

    def __init__(
        self, app: Flask, template: Template, url: str, smtp: ScriptedSMTP, redis: RedisProcess
    ) -> None:
        self.app, self.template, self.url = app, template, url
        self.smtp, self.redis = smtp, redis
        self.tried: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.walks = 0
        self._walk = ExitStack()

    def begin(self) -> Picture:
        """A database with nobody but the cast in it, on a morning that stands still."""
        self.end()
        if not self.walks:
            self.template.drop(self.url)  # the one that every test gets
        self.walks += 1
        self._walk.enter_context(self.template.copy("of_the_test"))
        self.redis.client().flushall()
        self.smtp.messages.clear()
        self._walk.enter_context(clock.stopped())
        now = clock.now()
        morning = now.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self.move(morning - now)
        self._event = self._delivery = 0
        with self.app.app_context():
            picture = _picture()
            self.sync()
        return picture

    def end(self) -> None:
        """Put the walk's database away."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self._walk.close()

    def move(self, by: timedelta) -> None:
        """Let the time pass."""
        self._walk.enter_context(clock.ahead(seconds=by.total_seconds()))

    def sync(self) -> None:
        """What was written up to now is of no interest."""
        self._event = db.session.scalar(select(func.max(Event.id))) or 0
        self._delivery = db.session.scalar(select(func.max(Delivery.id))) or 0
        db.session.rollback()

    def new_events(self) -> list[Event]:
        """What was put on record since this was asked last."""
        with self.app.app_context():
            query = select(Event).where(Event.id > self._event).order_by(Event.id)
            found = list(db.session.scalars(query))
            self._event = found[-1].id if found else self._event
            db.session.remove()
        return found

    def new_mails(self) -> list[tuple[str, str]]:
        """Kind and address of each mail that was queued since this was asked last."""
        with self.app.app_context():
            query = select(Delivery).where(Delivery.id > self._delivery).order_by(Delivery.id)
            found = list(db.session.scalars(query))
            self._delivery = found[-1].id if found else self._delivery
            db.session.remove()
        return [(one.kind, one.recipient) for one in found]

    def post(self) -> list[Received]:
        """Let the mails go that are due, and hand over what came."""
        with self.app.app_context():
            waits = db.session.scalar(
                select(func.count()).where(Delivery.state == DeliveryState.QUEUED)
            )
            if waits:
                outbox.drain()
            db.session.remove()
        came = list(self.smtp.messages)
        self.smtp.messages.clear()
        names = {one.name for one in self.new_events()}
        assert names <= set(OF_SENDING), f"sending mails wrote {names}"
        return came

    def member_id(self, slug: str, email: str) -> int:
        """The membership's id."""
        with self.app.app_context():
            number = cast.member(email, slug).id
            db.session.remove()
        return number


def token_of(mail: Received) -> tuple[str, str] | None:
    """Where the mail's link leads, and its token."""
    body: Any = mail.message.get_body(("plain",))
    found = TOKEN.search(body.get_content())
    return (found[1], found[2]) if found else None


def _picture() -> Picture:
    picture = Picture(suspended=dict.fromkeys(ORGANIZATIONS, False))
    for email, (slug, role) in MEMBERS.items():
        user: User = cast.person(email)
        picture.accounts[email] = Account(user.id, email, user.full_name, cast.PASSWORD)
        member: Membership = cast.member(email, slug)
        picture.members[slug, email] = Member(member.id, role)
    return picture
