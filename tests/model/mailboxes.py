"""The mailboxes: what comes there is the only way by which anybody proves to hold one."""

from __future__ import annotations

from datetime import timedelta

from tests.model.base import Base
from tests.model.picture import AccountLink
from tests.model.world import token_of
from webapp import clock
from webapp.domain.accounts import confirmations, password_resets
from webapp.domain.invitations import links


class Mailboxes(Base):
    """Mails that go out after every step."""

    def deliver(self) -> None:
        """Let the mails go that are due, and put what came into the mailboxes."""
        for mail in self.world.post():
            found = token_of(mail)
            if found and found[0] == "/register":
                self._put_mailed(found[1])
            elif found:
                self._put_account_link(found[0], found[1], mail.rcpt_to[0])

    def _put_mailed(self, token: str) -> None:
        read = self._read(token)
        its = next(one for one in self.picture.invitations if one.id == read.invitation_id)
        standing = self.picture.standing(its, its.link)
        assert standing == "open", f"a link was mailed that is {standing}"
        its.link.mailed = token

    def _put_account_link(self, path: str, token: str, email: str) -> None:
        account = self.picture.accounts[email]
        module = confirmations if path == "/confirm" else password_resets
        ends = clock.now() + timedelta(seconds=module.SECONDS)
        known = account.password if account.verified else None
        link = AccountLink(module.PURPOSE, token, account, ends, known)
        self.picture.account_links.append(link)

    def _read(self, token: str) -> links.Link:
        with self.app.app_context():
            return links.read(token)
