"""Rules: API keys, made and revoked."""

from __future__ import annotations

import re

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model import doors
from tests.model.base import PAGE, VERB, Base, actors, picks, slugs
from tests.model.doors import Browser, Outcome
from tests.model.picture import ADMIN, Key
from webapp.db import db
from webapp.domain import organizations
from webapp.domain.accounts import api_keys
from webapp.models import ApiKey

SECRET = re.compile(r"ghk_[\w-]{20,}")
ways = st.sampled_from([PAGE, VERB])


class Keying(Base):
    """Make a key, revoke it."""

    @rule(slug=slugs, by=actors, way=ways)
    def make_key(self, slug: str, by: str, way: str) -> None:
        actor = self.actor(slug, by)
        if actor is None:
            return
        scopes = list(api_keys.SCOPES)
        typed = {"name": f"Key {len(self.picture.keys)}", "scopes": scopes}
        browser = Browser(self.app, self.session_of(actor) if way == PAGE else None)

        def act() -> Outcome:
            if way == PAGE:
                return browser.post(f"/orgs/{slug}/settings/api-keys", days="365", **typed)
            here = lambda: organizations.by_slug(slug)  # noqa: E731
            return doors.verb(
                self.app,
                lambda: api_keys.create(here(), by=self.user(actor), days=365, **typed)[1],
            )

        may = self.picture.may(slug, actor, ADMIN)
        words = f"{actor.email} makes a key of {slug} by {way}"
        outcome = self.tries("make_key", words, may, act, "ApiKeyCreated")
        if not outcome.done:
            return
        with self.app.app_context():
            number = int(db.session.query(db.func.max(ApiKey.id)).scalar())
            db.session.remove()
        secret = outcome.given
        if way == PAGE:
            page = browser.get(f"/orgs/{slug}/settings/api-keys/{number}").text
            secret = SECRET.search(page)[0]  # type: ignore[index]
        self.picture.keys.append(Key(number, secret, slug, actor))

    @precondition(lambda self: self.picture.keys)
    @rule(pick=picks, by=actors, way=ways)
    def revoke_key(self, pick: int, by: str, way: str) -> None:
        key = self.picture.keys[-1 - pick % len(self.picture.keys)] if self.picture.keys else None
        actor = self.actor(key.slug, by) if key else None
        if key is None or actor is None:
            return
        browser = Browser(self.app, self.session_of(actor) if way == PAGE else None)

        def act() -> Outcome:
            if way == PAGE:
                return browser.post(f"/orgs/{key.slug}/settings/api-keys/{key.id}/revoke")
            return doors.verb(
                self.app,
                lambda: api_keys.revoke(
                    organizations.by_slug(key.slug), key.id, by=self.user(actor)
                ),
            )

        may = self.picture.may(key.slug, actor, ADMIN)
        words = f"{actor.email} revokes key {key.id} of {key.slug} by {way}"
        events = ["ApiKeyRevoked"] if key.alive else []
        if self.tries("revoke_key", words, may, act, *events).done:
            key.alive = False
