"""What should be true, in plain Python: the small picture that the model keeps of Gatehouse.

It knows nothing of our code. Whatever happens is noted here by the contract's rules, and
`invariants` compares the picture with the database and with what HTTP answers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webapp import clock

ADMIN, MANAGER, CONTRIBUTOR = "admin", "manager", "contributor"
MAILS_A_DAY = 5
GUESSES = 10


@dataclass(eq=False)
class Session:
    """One signed-in browser or program; `place` is where a program's acts."""

    token: str
    ends_at: datetime
    place: str | None = None
    alive: bool = True

    def is_live(self) -> bool:
        return self.alive and clock.now() < self.ends_at


@dataclass(eq=False)
class Account:
    """Somebody's account; `confined` names the one place where an unverified one works."""

    id: int
    email: str
    name: str
    password: str
    confined: str | None = None
    factor: str | None = None
    step: int = 0
    sessions: list[Session] = field(default_factory=list)
    former_passwords: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def verified(self) -> bool:
        return self.confined is None

    def live(self) -> list[Session]:
        return [one for one in self.sessions if one.is_live()]

    def may_enter(self, slug: str) -> bool:
        return self.confined in (None, slug)

    def end_sessions(self, *, but: Session | None = None) -> int:
        ended = [one for one in self.live() if one is not but]
        for one in ended:
            one.alive = False
        return len(ended)

    def set_password(self, password: str) -> None:
        self.former_passwords.append(self.password)
        self.password = password


@dataclass(eq=False)
class Member:
    """A place in an organization."""

    id: int
    role: str
    active: bool = True


@dataclass(eq=False)
class Link:
    """One issue of an invitation's link, as copied, and as mailed once the mail has come."""

    number: int
    copied: str
    mailed: str | None = None


@dataclass(eq=False)
class JoinLink:
    """One link for many; who asked by it and is not answered yet takes up a place."""

    id: int
    slug: str
    author: Account
    most: int
    ends_at: datetime
    code: str
    paused: bool = False
    revoked: bool = False
    waiting: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Invitation:
    """An offer, by somebody whose account may be gone since; the operator is nobody."""

    id: int
    slug: str
    email: str
    role: str
    inviter: Account | None
    created_at: datetime
    issued_at: datetime
    days: int
    state: str = "pending"
    links: list[Link] = field(default_factory=list)
    opened: bool = False
    resent_at: datetime | None = None
    renewed_at: datetime | None = None
    resent: Counter[str] = field(default_factory=Counter)
    renewed: Counter[str] = field(default_factory=Counter)
    guesses: int = 0
    join_link: JoinLink | None = None

    @property
    def expires_at(self) -> datetime:
        return self.issued_at + timedelta(days=self.days)

    @property
    def link(self) -> Link:
        return self.links[-1]

    def status(self) -> str:
        """The state as everybody sees it, swept or not."""
        if self.state == "pending" and clock.now() >= self.expires_at:
            return "expired"
        return self.state

    def is_renewable(self) -> bool:
        """Whether one of its links can lead to a new one."""
        return len(self.links) > 1 or self.status() == "expired"


@dataclass(eq=False)
class Key:
    """An API key of somebody's."""

    id: int
    secret: str
    slug: str
    maker: Account
    alive: bool = True


@dataclass(eq=False)
class AccountLink:
    """A link mailed to an account's own address: to set a new password, or to confirm it."""

    purpose: str
    token: str
    account: Account
    ends_at: datetime
    password: str | None  # of a verified account, as it was then; an unverified one is taken over
    alive: bool = True

    def works(self) -> bool:
        present = self.account.password if self.account.verified else None
        on_time = clock.now() <= self.ends_at and not self.account.deleted
        return self.alive and on_time and present == self.password


@dataclass
class Picture:
    """All of it."""

    suspended: dict[str, bool] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    gone: list[Account] = field(default_factory=list)
    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    invitations: list[Invitation] = field(default_factory=list)
    join_links: list[JoinLink] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    account_links: list[AccountLink] = field(default_factory=list)
    suppressed: set[tuple[str, str]] = field(default_factory=set)
    mails: Counter[tuple[str, str]] = field(default_factory=Counter)
    resets: dict[str, list[datetime]] = field(default_factory=dict)
    guesses: Counter[str] = field(default_factory=Counter)

    def role(self, slug: str, account: Account | None) -> str | None:
        """The account's role there, if it is an active member."""
        if account is None or account.deleted:
            return None
        member = self.members.get((slug, account.email))
        return member.role if member and member.active else None

    def may(self, slug: str, account: Account | None, *roles: str) -> bool:
        """Whether the account may do there what these roles may."""
        here = account is not None and account.may_enter(slug)
        return here and not self.suspended[slug] and self.role(slug, account) in roles

    def admins(self, slug: str) -> list[str]:
        """Who is an active admin."""
        return [
            email
            for (place, email), one in self.members.items()
            if place == slug and one.role == ADMIN and one.active
        ]

    def is_last_admin(self, slug: str, email: str) -> bool:
        """Whether nobody would be left to run the organization."""
        return self.admins(slug) == [email]

    def open_of(self, slug: str, email: str) -> Invitation | None:
        """The one open invitation of an address."""
        found = [
            one
            for one in self.invitations
            if (one.slug, one.email, one.status()) == (slug, email, "pending")
        ]
        return found[0] if found else None

    def came_by(self, link: JoinLink) -> list[Invitation]:
        """The invitations that a join link made."""
        return [one for one in self.invitations if one.join_link is link]

    def gives_back(self, link: JoinLink) -> list[Invitation]:
        """Which of them make room when somebody asks at a full link: ended, and not swept yet."""
        its = self.came_by(link)
        taken = sum(one.state in ("pending", "accepted") for one in its) + len(link.waiting)
        return [one for one in its if one.state != one.status()] if taken >= link.most else []

    def has_place(self, link: JoinLink) -> bool:
        """Whether one more may come by the link (rule J2)."""
        its = self.came_by(link)
        taken = sum(one.status() in ("pending", "accepted") for one in its) + len(link.waiting)
        return taken < link.most

    def links_of(self, slug: str, account: Account) -> list[JoinLink]:
        """The links that are in somebody's name."""
        here = [one for one in self.join_links if one.slug == slug and not one.revoked]
        return [one for one in here if one.author is account]

    def may_mail(self, email: str, day: str) -> bool:
        """Whether others may cause one more mail to the address today (rule 12)."""
        return self.mails[email, day] < MAILS_A_DAY

    def standing(self, invitation: Invitation, link: Link) -> str:
        """How a link stands (rules 4, 6, 8, 9 and 15)."""
        if invitation.state in ("accepted", "revoked", "declined"):
            return invitation.state
        if link is not invitation.link:
            return "superseded"
        if invitation.status() == "expired":
            return "expired"
        return "closed" if self.is_closed(invitation) else "open"

    def is_closed(self, invitation: Invitation) -> bool:
        """Whether nobody stands behind the invitation."""
        if self.suspended[invitation.slug]:
            return True
        inviter = invitation.inviter
        return inviter is not None and self.role(invitation.slug, inviter) != ADMIN

    def takes_over(self, invitation: Invitation, *, mailed: bool) -> bool:
        """Whether a mailed link meets an account that nobody has proved to own (rule 10)."""
        account = self.accounts.get(invitation.email)
        return mailed and account is not None and not account.verified
