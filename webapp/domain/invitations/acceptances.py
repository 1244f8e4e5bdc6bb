"""Answering an invitation: accept with a new account, join with an existing one, or decline."""

from __future__ import annotations

from webapp import clock
from webapp.db import transaction
from webapp.domain import addresses, events, texts
from webapp.domain.accounts import (
    api_keys,
    guesses,
    passwords,
    people,
    second_factors,
    sessions,
)
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal
from webapp.domain.invitations import (
    inviter_notices,
    link_status,
    links,
    new_accounts,
    new_members,
    refused_tries,
)
from webapp.domain.invitations.link_status import Opening
from webapp.domain.invitations.new_accounts import NewAccount
from webapp.domain.invitations.new_members import Welcome
from webapp.languages import gettext
from webapp.models import Invitation, InvitationState, NoticeOutcome, User


def accept(
    token: str,
    *,
    full_name: str,
    password: str,
    username: str | None = None,
    code: str | None = None,
    language: str | None = None,
) -> Welcome:
    """Make the account and the membership, and sign in; all of it or nothing.

    By a copied link this also joins, if the address has an account with this password. Raises
    NotFound, Gone when the link has ended, Refusals for what was typed.
    """
    with refused_tries.noted(token):
        opening = link_status.look(token)
        link_status.refuse_ended(opening)
        if not opening.asks_for_account:
            raise _has_account()
        if not opening.mailed and (hashed := new_accounts.hash_if_right(opening, password)):
            return _join_with_code(opening, links.read(token), hashed, code)
        account = new_accounts.checked(opening, full_name, password, username)
        # Hashed before the lock: every other writer would wait for it.
        return _accept(links.read(token), account, passwords.hashed(password), language)


@transaction(
    {
        "uq_users_email_key": lambda: _has_account(),
        "uq_users_username_key": people.username_taken,
        "one_membership": lambda: _has_account(),
    }
)
def _accept(
    link: links.Link, account: NewAccount, password_hash: str, language: str | None
) -> Welcome:
    opening = link_status.held(link)
    link_status.refuse_ended(opening)
    invitation = opening.invitation
    if opening.account is None:
        user = people.add(
            addresses.parse(invitation.email),
            full_name=account.full_name,
            username=account.username,
            password_hash=password_hash,
            confined_to=None if link.mailed else invitation.organization_id,
            language=language or invitation.language,
        )
    else:
        user = _unproved_account(opening)
        api_keys.end_occupiers(user)
        people.take_over(user, account.full_name, account.username, password_hash)
        user.language = language or invitation.language
        second_factors.forget(user)
        sessions.end_all(user)
    return new_members.admit(opening, user)


def _unproved_account(opening: Opening) -> User:
    """The account that a mailed link takes over, locked and read afresh (rule 10)."""
    user = people.held(opening.account.id) if opening.account else None
    if user is None or user.deleted_at or user.is_verified or not opening.mailed:
        raise _has_account()  # it was confirmed, deleted or made just now
    return user


def join(
    token: str, *, by: User | None, password: str | None = None, code: str | None = None
) -> Welcome:
    """Join with the account of the invited address: signed in already, or by its password.

    An account with a second factor needs its code as well (rule 9).
    """
    if by is None and not links.read(token).mailed:
        return accept(token, full_name="", password=password or "", code=code)
    with refused_tries.noted(token):
        opening = link_status.look(token)
        link_status.refuse_ended(opening)
        account = opening.account
        if account is None or opening.takes_over:
            raise Refusal(
                gettext("There is no account for this address yet. Fill in the form to create one.")
            )
        if by is None:
            hashed = guesses.known_hash(account, password or "", guesses.wrong_password())
            return _join_with_code(opening, links.read(token), hashed, code)
        if by.id != account.id:
            raise Refusal(
                gettext(
                    "This invitation is for %(invited)s, and you are signed in as %(mine)s.",
                    invited=account.email,
                    mine=by.email,
                )
            )
        return _join(links.read(token), account.password_hash, None)


def _join_with_code(
    opening: Opening, link: links.Link, password_hash: str, code: str | None
) -> Welcome:
    """Join after the right password, with the code where the account has a second factor."""
    account = opening.account
    if account is not None and account.has_second_factor and not (code or "").strip():
        raise Refusal(
            gettext("Your account has a second factor. Enter the code from your app."), "code"
        )
    with guesses.noted(account):
        return _join(link, password_hash, code or "")


@transaction({"one_membership": lambda: Refusal(gettext("You are already a member here."))})
def _join(link: links.Link, password_hash: str, code: str | None) -> Welcome:
    opening = link_status.held(link)
    link_status.refuse_ended(opening)
    user = people.held(opening.account.id) if opening.account else None
    if user is None or user.password_hash != password_hash:
        raise Refusal(
            gettext("The account's password has just been changed. Use the new one."), "password"
        )
    if code is not None:
        second_factors.check(user, code)
    if not user.may_enter(opening.invitation.organization_id):
        raise Refusal(
            gettext(
                "The address of this account is not confirmed yet. Use the link in "
                "the mail, not a copied one."
            )
        )
    return new_members.admit(opening, user)


@transaction()
def decline(
    token: str, *, reason: str | None = None, not_for_me: bool = False, by: User | None = None
) -> Invitation:
    """Turn the invitation down, with a reason that admins see; final. `by` may be signed in.

    With `not_for_me` nobody of this organization mails the address again (rule 9). Only a mailed
    link counts: a copied one may be in anybody's hands.
    """
    reason = texts.several_lines(reason, field="reason", label=gettext("The reason"), most=1000)
    opening = link_status.held(links.read(token))
    link_status.refuse_ended(opening)
    invitation = opening.invitation
    invitation.state = InvitationState.DECLINED
    invitation.ended_at = clock.now()
    invitation.decline_reason = reason
    _record(invitation, "InvitationDeclined", reason=reason)
    inviter_notices.note(invitation, NoticeOutcome.DECLINED, by=by)
    if not_for_me and opening.mailed:
        suppressions.add(invitation, suppressions.REPORTED)
        _record(invitation, "InvitationReported")
    return invitation


def _has_account() -> Refusal:
    return Refusal(gettext("This address already has an account. Join with its password."))


def _record(invitation: Invitation, name: str, **data: str | None) -> None:
    events.record(
        invitation.organization_id,
        name,
        by="invitee",
        invitation=invitation,
        email=invitation.email,
        **data,
    )
