"""What is measured, each entry with its floor."""

from __future__ import annotations

import random
import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any, NamedTuple

from sqlalchemy import insert, literal, select

from benchmarks import members, openid
from benchmarks.stage import INVITATIONS, MEMBERS, Stage
from benchmarks.timing import Side
from tests import cast
from tests.support.statements import statements
from webapp import config
from webapp.db import db, transaction
from webapp.domain import groups, invitations, letters, outbox
from webapp.domain.accounts import passwords
from webapp.domain.events import seals
from webapp.domain.invitations import acceptances
from webapp.models import Delivery, Invitation, InvitationGroup

NEW_PASSWORD = "seven bars and a half"


class Entry(NamedTuple):
    """Ours against its floor. `queries` is the most SQL one operation of ours may run."""

    ours: Side
    floor: Side
    least: int = 1
    queries: int | None = None


def create(stage: Stage) -> Entry:
    """The domain's verb, and the job queue | the same three rows by raw SQL"""

    def ours(emails: list[str]) -> None:
        with stage.app.app_context():
            acme, priya = cast.organization(), cast.person()
            for email in emails:
                invitations.create(acme, by=priya, email=email, role="contributor")

    return Entry(Side(ours, stage.emails), Side.of(lambda _: stage.raw.invite(), stage.emails))


def chain(stage: Stage) -> Entry:
    """The same, its event sealed | the same without the chain: at most a tenth more"""
    ours = create(stage).ours

    def floor(emails: list[str]) -> None:
        add = seals.add
        seals.add = lambda *_: None  # type: ignore[assignment]
        try:
            ours.run(emails)
        finally:
            seals.add = add

    return Entry(ours, Side(floor, stage.emails))


def create_http(stage: Stage) -> Entry:
    """POST of the form | a bare Flask view with the raw three rows"""
    cookies = {"Cookie": stage.cookies}

    def filled_in(count: int) -> list[dict[str, str]]:
        known = {"csrf_token": stage.csrf_token, "role": "contributor", "expiry_days": "7"}
        return [{**known, "email": email} for email in stage.emails(count)]

    return Entry(
        Side.of(lambda form: stage.ours(303, INVITATIONS, cookies, form), filled_in),
        Side.of(lambda form: stage.floor(303, "/invite", form), filled_in),
    )


def page(stage: Stage) -> Entry:
    """The list page of 50 pending rows | a bare Flask view, the rows by raw SQL in Jinja"""
    cookies = {"Cookie": stage.cookies}
    assert stage.ours(200, INVITATIONS, cookies).data.count(b'<th scope="row">') == 50
    assert stage.floor(200, "/table").data.count(b"<tr>") == 51
    return Entry(
        Side.of(lambda _: stage.ours(200, INVITATIONS, cookies), stage.emails),
        Side.of(lambda _: stage.floor(200, "/table"), stage.emails),
    )


def by_group(stage: Stage) -> Entry:
    """The list page by a group that one in five carry | the same page of all"""
    with stage.app.app_context():
        acme = cast.organization()
        group = groups.create(acme, by=cast.person(), slug="one-in-five", name="One in five")
        fifth = select(Invitation.organization_id, Invitation.id, literal(group.id)).where(
            Invitation.organization_id == acme.id, Invitation.id % 5 == 0
        )
        columns = ["organization_id", "invitation_id", "group_id"]
        carried = insert(InvitationGroup).from_select(columns, fifth)
        transaction()(lambda: db.session.execute(carried))()
    return _of_group(stage, INVITATIONS, group.slug)


def members_by_group(stage: Stage) -> Entry:
    """The members page by a group of one in five | the same page of all, a thousand"""
    with stage.app.app_context():
        acme, priya = cast.organization(), cast.person()
        made = [
            groups.create(acme, by=priya, slug=f"team-{n}", name=f"Team {n}").id for n in range(5)
        ]
        transaction()(members.join)(acme.id, range(1_000), made, random.Random(1))
    return _of_group(stage, MEMBERS, "team-2")


def _of_group(stage: Stage, address: str, slug: str) -> Entry:
    """A page by a group against the same page of all."""
    cookies, part = {"Cookie": stage.cookies}, f"{address}?group={slug}"
    assert stage.ours(200, part, cookies).data.count(b'<th scope="row">') == 50
    return Entry(
        Side.of(lambda _: stage.ours(200, part, cookies), stage.emails),
        Side.of(lambda _: stage.ours(200, address, cookies), stage.emails),
    )


def opening(stage: Stage) -> Entry:
    """A link opened again by a stranger | a bare Flask view"""
    return Entry(
        Side.of(lambda token: stage.ours(200, f"/register?token={token}"), stage.invite),
        Side.of(lambda _: stage.floor(200, "/"), stage.emails),
    )


def forged(stage: Stage) -> Entry:
    """A link that we never signed: no SQL at all | a bare Flask view"""
    (token,) = stage.invite(1)
    path = f"/register?token={token[:-8]}AAAAAAAA"
    return Entry(
        Side.of(lambda _: stage.ours(404, path), stage.emails),
        Side.of(lambda _: stage.floor(200, "/"), stage.emails),
        queries=0,
    )


def gate_check(stage: Stage) -> Entry:
    """A proxy asks about somebody on a visit | a bare Flask view with one read"""
    cookie = {"Cookie": f"gatehouse-visit={stage.visit()}", "X-Forwarded-Host": "localhost:3000"}
    return Entry(
        Side.of(lambda _: stage.ours(200, "/gate/check", cookie), stage.emails),
        Side.of(lambda _: stage.floor(200, "/visit", headers=cookie), stage.emails),
        queries=1,
    )


def accept(stage: Stage) -> Entry:
    """The domain's verb | one Argon2id hash"""

    def ours(tokens: list[str]) -> None:
        for token in tokens:
            with stage.app.app_context():
                acceptances.accept(token, full_name="Bo Lind", password=NEW_PASSWORD)

    return Entry(Side(ours, stage.invite), _one_hash(stage))


def accept_http(stage: Stage) -> Entry:
    """POST of the form | one Argon2id hash"""
    cookies = {"Cookie": stage.form_cookie}
    known = {"csrf_token": stage.csrf_token, "full_name": "Bo Lind", "password": NEW_PASSWORD}

    def ours(token: str) -> None:
        stage.ours(303, "/register", cookies, {**known, "token": token})

    return Entry(Side.of(ours, stage.invite), _one_hash(stage))


def token(stage: Stage) -> Entry:
    """A code becomes tokens, by the domain's verb | one RS256 signature, and its row written raw"""
    return Entry(*openid.sides(stage), queries=2)


def token_http(stage: Stage) -> Entry:
    """POST of the code | a bare Flask view with the signature and the raw row"""
    return Entry(*openid.sides_by_http(stage), queries=2)


def mails(stage: Stage) -> Entry:
    """One mail of the outbox | one mail of ready bytes, smtplib, one connection"""
    with stage.app.app_context():
        settings = config.current()

    def ours(queued: list[int]) -> None:
        with stage.app.app_context():
            assert outbox.drain() == {"sent": len(queued)}

    def floor(ready: list[bytes]) -> None:
        with smtplib.SMTP(settings.mail_server, settings.mail_port, timeout=20) as host:
            for data in ready:
                host.sendmail(settings.from_email, ["bo@example.org"], data)

    message = _message(stage)
    return Entry(Side(ours, stage.queue), Side(floor, lambda count: [message] * count), least=100)


def _one_hash(stage: Stage) -> Side:
    return Side.of(lambda _: passwords.hashed(NEW_PASSWORD), stage.emails)


def _message(stage: Stage) -> bytes:
    """A mail such as the outbox sends, in ready bytes."""
    (invitation_id,) = stage.queue(1)
    with stage.app.app_context():
        invitation = db.session.get_one(Invitation, invitation_id)
        query = select(Delivery).where(Delivery.invitation_id == invitation_id)
        letter = letters.invitation(
            db.session.scalars(query).one(),
            invitation,
            cast.organization(),
            cast.person(),
            invitations.link(invitation),
        )
        message = EmailMessage()
        message["From"] = f"{letter.sender_name} <{config.current().from_email}>"
        message["To"], message["Subject"] = letter.to, letter.subject
        message["Message-ID"] = letter.message_id
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message.as_bytes()


ENTRIES: dict[str, Callable[[Stage], Entry]] = {
    "create": create,
    "chain": chain,
    "create-http": create_http,
    "list": page,
    "by-group": by_group,
    "members-by-group": members_by_group,
    "open": opening,
    "forged": forged,
    "gate-check": gate_check,
    "accept": accept,
    "accept-http": accept_http,
    "token": token,
    "token-http": token_http,
    "mails": mails,
}


def count_queries(stage: Stage, entry: Entry, operations: int = 10) -> float:
    """SQL statements per operation of ours; fails when they are more than it may run."""
    operations = max(operations, entry.least)
    items: list[Any] = entry.ours.prepare(operations)
    with statements(stage.engine) as seen:
        entry.ours.run(items)
    assert entry.queries is None or len(seen) <= entry.queries * operations, seen
    return len(seen) / operations
