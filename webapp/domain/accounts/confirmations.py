"""Taking over an unverified account by the link mailed to its address (rule 10)."""

from __future__ import annotations

from datetime import timedelta

from webapp import clock, config, languages
from webapp.db import transaction
from webapp.domain import events, letters, quotas
from webapp.domain.accounts import mailed_links, passwords, people
from webapp.domain.accounts.sign_ins import SecondStep
from webapp.domain.deliverability import deliveries, suppressions
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.mail import composing, kinds, queue
from webapp.domain.mail.composing import Composed, Drop
from webapp.languages import gettext as _
from webapp.languages import marked
from webapp.models import Delivery, User

PURPOSE = "confirmation link"
SECONDS = 7 * 24 * 3600
KIND = "confirmation"  # of the mail
PER_DAY = kinds.FROM_OTHERS.most
APART = timedelta(minutes=5)


@transaction()
def ask(user: User) -> None:
    """Mail the link to the account's address once more, as the signed-in user.

    It counts as mail that others than the mailbox's owner can cause (rule 12).
    """
    account = people.held(user.id)
    if account is None or account.confined_to_id is None:
        raise Refusal(_("Your address is already confirmed."))
    email = account.email
    if suppressions.reasons(account.confined_to_id, [account.email_key]):
        words = _(
            "%(email)s gets no more mail from here. Ask the operator of this site.", email=email
        )
        raise Refusal(words)
    if not quotas.take(KIND, account.email_key, PER_DAY, apart=APART):
        words = _("A link was sent to %(email)s a few minutes ago. Look for it there.", email=email)
        raise UsedUp(words, until=clock.now() + APART)
    queued = queue.queue_mail(KIND, organization_id=account.confined_to_id, user=account)
    if queued is None:
        raise deliveries.mailed_enough(account.email)
    events.record(account.confined_to_id, "ConfirmationRequested", by=account, user_id=account.id)


def address(user: User) -> str:
    """The link that proves the mailbox: good for 7 days and one use."""
    token = mailed_links.token(PURPOSE, user)
    return f"{config.current().public_url}/confirm?token={token}"


def look(token: str, *, lock: bool = False) -> User:
    """The unverified account of a confirmation link; raises NotFound once it is used or old."""
    user = mailed_links.holder(PURPOSE, token, SECONDS, lock=lock)
    if user.is_verified:
        raise mailed_links.ended()
    return user


def confirm(token: str, *, password: str) -> str | SecondStep:
    """Set the holder's own password, end all earlier sessions and sign in; returns the token."""
    mailed_links.check(look(token), password)
    # Hashed before the lock: inside, every other writer would wait for it.
    return _confirm(token, passwords.hashed(password))


@transaction()
def _confirm(token: str, password_hash: str) -> str | SecondStep:
    return mailed_links.hand_over(look(token, lock=True), password_hash)


@kinds.composes(
    KIND, cause="somebody joins by a copied link", share=kinds.FROM_OTHERS, unproved=True
)
def _compose(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    if user.is_verified:
        return Drop(marked("The address was confirmed before it was sent."))
    if suppressions.hold_back(user):
        return Drop(suppressions.NOT_MAILED)
    joined = letters.joined_by(user, organization.id)
    with languages.written_in(user.language, organization.language):
        return letters.confirmation(delivery, organization, address(user), joined)
