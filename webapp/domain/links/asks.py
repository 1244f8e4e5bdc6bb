"""Asking for an invitation by a join link, with the same answer for every address (rule J1).

Whoever asks only has their address written down; what becomes of it is decided afterwards, by a
worker. So neither the answer nor the time that it takes says anything about the address.
"""

from __future__ import annotations

from sqlalchemy import select

from webapp import clock, formats, queue
from webapp.db import db, transaction
from webapp.domain import addresses, links, quotas
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.invitations import join_places
from webapp.domain.links import states
from webapp.domain.links.states import LinkState
from webapp.domain.mail.queue import DRAIN
from webapp.languages import gettext
from webapp.models import JoinAsk, JoinLink
from webapp.upserts import upsert

PER_DAY = 1000  # at one link, however many places come free


class Closed(Refusal):
    """Nobody can be invited by this link now; its page says why."""

    status = 410


def ask(typed: str | None, *, email: str | None) -> None:
    """Take down an address at the link of a code, to be invited; silent about everything else.

    Refuses what is no address, or not in the link's domains; raises NotFound and Closed.
    """
    _ask(links.by_code(typed).code_digest, addresses.parse(email))


@transaction()
def _ask(digest: str, address: Address) -> None:
    link = _hold(digest)
    if states.of(link, taken=0) is not LinkState.ACTIVE:
        raise closed()
    _refuse_other_domains(link, address)
    if not quotas.take("join link", link.id, PER_DAY):
        until = clock.next_day()
        words = gettext(
            "Too many people have used this link today. Try again after %(time)s.",
            time=formats.exact(until),
        )
        raise UsedUp(words, until=until)
    if not join_places.is_free(link):
        raise closed()
    now = clock.now()
    row = {
        "organization_id": link.organization_id,
        "link_id": link.id,
        "email": address.shown,
        "email_key": address.key,
        "created_at": now,
        "due_at": now,
    }
    upsert(JoinAsk, row)
    queue.enqueue(DRAIN)


def _hold(digest: str) -> JoinLink:
    """The link, read afresh and locked until the commit; invitations may still refer to it."""
    query = select(JoinLink).where(JoinLink.code_digest == digest)
    query = query.with_for_update(of=JoinLink, key_share=True)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def closed() -> Closed:
    """The refusal of a link that works no more, or not now."""
    return Closed(gettext("This link does not work at the moment."))


def _refuse_other_domains(link: JoinLink, address: Address) -> None:
    for names in states.allowed(link):
        if names and address.domain not in names:
            words = gettext(
                "This link is for addresses at %(domains)s. Enter one of those.",
                domains=formats.listed(names, " or "),
            )
            raise Refusal(words, "email")
