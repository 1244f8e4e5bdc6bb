"""What holds after every step: the database and HTTP say what the picture says."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis.stateful import invariant
from sqlalchemy import func, select

from tests.model import doors
from tests.model.doors import Browser
from tests.model.mailboxes import Mailboxes
from tests.model.picture import ADMIN, MAILS_A_DAY, Account, Invitation, Key, Link
from tests.model.world import OF_ONES_OWN, ORGANIZATIONS
from webapp.db import db
from webapp.domain.accounts import passwords, sessions
from webapp.domain.invitations import join_places
from webapp.models import ApiKey, Membership, Organization, RecoveryCode, User
from webapp.models import Invitation as Row
from webapp.models import JoinLink as LinkRow
from webapp.models import Session as SessionRow

FINAL = ("accepted", "revoked", "declined")


class Invariants(Mailboxes):
    """The promises, asked of the database and at the doors."""

    @invariant()
    def holds(self) -> None:
        self._count_mails()
        self.deliver()
        with self.app.app_context():
            try:
                self._members()
                self._accounts()
                self._invitations()
                self._keys()
                self._join_links()
            finally:
                db.session.remove()
        # At the doors a part of it, another one each time; at the end of the walk all of it.
        self.turn += 1
        people = [*self.picture.accounts.values(), *self.picture.gone]
        self._at_the_doors(
            [people[self.turn % len(people)]],
            self._some(self.picture.keys),
            self._some(self.links()),
        )

    def _some(self, found: list[Any]) -> list[Any]:
        """The newest, and one more in turn."""
        return [*found[-1:], *found[self.turn % len(found) :][:1]] if found else []

    def links(self) -> list[tuple[Invitation, Link]]:
        """Every link there ever was."""
        return [(one, link) for one in self.picture.invitations for link in one.links]

    def teardown(self) -> None:
        """All doors once more, then the trail."""
        people = [*self.picture.accounts.values(), *self.picture.gone]
        self._at_the_doors(people, self.picture.keys, self.links())
        super().teardown()

    def _at_the_doors(
        self, people: list[Account], keys: list[Key], links: list[tuple[Invitation, Link]]
    ) -> None:
        for account in people:
            self._sessions_at_the_door(account)
            self._pages(account)
        for key in keys:
            self._key_at_the_door(key)
        for invitation, link in links:
            self._link_at_the_door(invitation, link)
        assert not self.world.new_events(), "looking wrote something on record"

    def _count_mails(self) -> None:
        """No address gets more than five mails a day that others can cause, of all kinds."""
        for kind, recipient in self.world.new_mails():
            if kind in OF_ONES_OWN:
                continue
            self.picture.mails[recipient, self.day()] += 1
            many = self.picture.mails[recipient, self.day()]
            assert many <= MAILS_A_DAY, f"mail {many} of a day to {recipient}: {kind}"

    def _members(self) -> None:
        """One membership for a person and organization; every organization has an admin."""
        query = (
            select(Organization.slug, User.email, Membership.role, Membership.status)
            .join(Membership, Membership.organization_id == Organization.id)
            .join(User, User.id == Membership.user_id)
        )
        rows = [tuple(row) for row in db.session.execute(query)]
        wanted = [
            (slug, email, one.role, "active" if one.active else "deactivated")
            for (slug, email), one in self.picture.members.items()
        ]
        assert sorted(rows) == sorted(wanted)
        for slug in ORGANIZATIONS:
            assert any(
                (place, role, status) == (slug, ADMIN, "active") for place, _, role, status in rows
            ), f"{slug} has no admin"

    def _accounts(self) -> None:
        """Each account is its owner's; nothing of an occupier's is left in it."""
        found = {one.id: one for one in db.session.scalars(select(User))}
        codes = Counter(db.session.scalars(select(RecoveryCode.user_id)))
        places = dict(map(tuple, db.session.execute(select(Organization.id, Organization.slug))))
        alive = Counter(
            db.session.scalars(select(SessionRow.user_id).where(SessionRow.revoked_at.is_(None)))
        )
        for account in [*self.picture.accounts.values(), *self.picture.gone]:
            row = found.pop(account.id)
            assert (row.deleted_at is not None) == account.deleted
            ended = sum(one.alive and not one.is_live() for one in account.sessions)
            assert alive[row.id] == len(account.live()) + ended, f"sessions of {account.email}"
            if account.deleted:
                assert "@" not in f"{row.email}{row.email_key}{row.full_name}{row.password_hash}"
                continue
            assert (row.email, row.full_name) == (account.email, account.name)
            confined = places.get(row.confined_to_id) if row.confined_to_id else None
            assert (row.is_verified, confined) == (account.verified, account.confined)
            assert row.has_second_factor == (account.factor is not None), account.email
            assert account.factor is not None or not codes[row.id], "codes of an occupier's"
            self._password(account, row)
        assert not found, "an account that nobody was invited to"

    def _password(self, account: Account, row: User) -> None:
        """Only the newest password opens it; asked where it has changed."""
        if account.former_passwords:
            assert passwords.matches(account.password, row.password_hash)
            assert not passwords.matches(account.former_passwords.pop(), row.password_hash)
            account.former_passwords.clear()

    def _invitations(self) -> None:
        """As they should stand; what has ended stays so; one open one for each address."""
        known = {one.id: one for one in self.picture.invitations}
        newest = db.session.scalar(select(func.max(Row.id)))
        assert not known or newest == max(known), "an invitation that nobody made"
        for row in db.session.scalars(select(Row).where(Row.id.in_(known))):
            one = known[row.id]
            inviter = one.inviter.id if one.inviter else None
            saved = (row.state, row.role, row.inviter_id, row.expires_at, row.link_number)
            wanted = (one.state, one.role, inviter, one.expires_at, one.link.number)
            assert saved == wanted, f"invitation {one.id} of {one.email}"
        opened = Counter(
            (one.slug, one.email) for one in known.values() if one.status() == "pending"
        )
        assert not [one for one, many in opened.items() if many > 1]

    def _keys(self) -> None:
        """A key ends with its maker's place, and with an occupier's time."""
        alive = set(db.session.scalars(select(ApiKey.id).where(ApiKey.revoked_at.is_(None))))
        assert alive == {one.id for one in self.picture.keys if one.alive}

    def _join_links(self) -> None:
        """Accepted and open invitations never exceed the uses; who asked takes up a place."""
        rows = {row.id: row for row in db.session.scalars(select(LinkRow))}
        assert set(rows) == {one.id for one in self.picture.join_links}
        for link in self.picture.join_links:
            row, its = rows[link.id], self.picture.came_by(link)
            uses = join_places.uses(row)
            counted = [
                sum(one.status() == state for one in its) for state in ("accepted", "pending")
            ]
            assert uses == (*counted, len(link.waiting), len(its)), f"join link {link.id}: {uses}"
            assert uses.total <= link.most == row.most_uses, f"join link {link.id}: {uses}"
            states = (row.revoked_at is not None, row.paused_at is not None, row.author_id)
            assert states == (link.revoked, link.paused, link.author.id)

    def _sessions_at_the_door(self, account: Account) -> None:
        """A live session says whose it is; an ended one opens nothing, ever again."""
        for session in account.sessions:
            if not session.is_live():
                with self.app.app_context():
                    assert sessions.find(session.token) is None, f"{account.email} is still in"
                    db.session.remove()
                continue
            outcome = doors.call(self.app, "GET", "/me", token=session.token)
            assert outcome.done, f"a session of {account.email} is ended: {outcome.words}"
            assert outcome.given["user"]["id"] == account.id
            assert outcome.given["user"]["verified"] == account.verified

    def _pages(self, account: Account) -> None:
        """The newest session opens the organizations that its account may enter, and no other."""
        live = [one for one in account.live() if one.place is None]
        for slug in ORGANIZATIONS if live else ():
            status = Browser(self.app, live[-1].token).get(f"/orgs/{slug}/members").status_code
            assert status == self._wanted(account, slug), f"{account.email} at {slug}: {status}"

    def _key_at_the_door(self, key: Key) -> None:
        """A key is worth no more than its maker is there just now."""
        outcome = doors.call(self.app, "GET", "/invitations", token=key.secret)
        may = key.alive and self.picture.may(key.slug, key.maker, ADMIN, "manager")
        assert outcome.done == may, f"key {key.id} of {key.maker.email}: {outcome.words}"

    def _link_at_the_door(self, one: Invitation, link: Link) -> None:
        """Every link says how it stands, mailed or copied, and no ended one says it is open."""
        for token in filter(None, (link.copied, link.mailed)):
            answer = doors.call(self.app, "GET", f"/invitations/validate?token={token}")
            standing = self.picture.standing(one, link)
            wanted = "pending" if standing == "open" else standing
            assert answer.given["state"] == wanted, f"link of invitation {one.id}"
            assert answer.given["valid"] == (standing == "open")

    def _wanted(self, account: Account, slug: str) -> Any:
        if self.picture.role(slug, account) is None or not account.may_enter(slug):
            return 404
        return 403 if self.picture.suspended[slug] else 200
