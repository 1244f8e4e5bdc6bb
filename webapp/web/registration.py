"""The page of an invitation's link, in all its states."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from webapp import languages, signing
from webapp.domain.errors import NotFound
from webapp.domain.invitations import (
    acceptances,
    link_languages,
    link_status,
    renewal_requests,
    visitors,
)
from webapp.domain.invitations.link_status import Gone, LinkStatus, Opening
from webapp.domain.invitations.new_members import Welcome
from webapp.domain.invitations.visitors import Visitor
from webapp.web import admission, arrival, language, limits, pages, scope, session_cookie
from webapp.web.forms import Done, Form
from webapp.web.forms.accounts import password_hint
from webapp.web.forms.registration import DeclineForm, JoinForm, RegisterForm, TokenForm
from webapp.web.limits import suspects

T = TypeVar("T")

blueprint = Blueprint("registration", __name__)
blueprint.before_request(lambda: language.prefer(_language_of_link))


@blueprint.get("/invite/<rest:token>")
def invite(token: str) -> AnyResponse:
    """Another form of the link."""
    return pages.go(url_for(".show", token=signing.pasted(token)))


@blueprint.get("/register")
@limits.openings
def show() -> Response:
    """The page of a link; opening it only records when it was first opened."""
    token = pages.sent_token()
    try:
        opening = link_status.look(token)
    except NotFound as refusal:
        return pages.render("registration/unknown.html", status=refusal.status)
    language.prefer(lambda: opening.language)  # no query for it: it was read with the invitation
    if request.method == "GET" and opening.invitation.opened_at is None:
        link_status.note_opened(token)
    return _page(opening, _form_for(opening, token))


@blueprint.post("/register")
@limits.answers
@limits.guesses(suspects.linked)
@limits.guesses_by_link
def accept() -> AnyResponse:
    """Make the account, join, and go to the organization signed in."""
    form = RegisterForm()
    if scope.user() is not None and not _is_mine(link_status.look(pages.sent_token())):
        return _show_again(form)
    done = _attempt(
        form,
        acceptances.accept,
        full_name=form.full_name.data or "",
        password=form.password.data or "",
        username=form.username.data,
        code=form.code.data,
        language=languages.current().tag,
    )
    return _welcome(done.result) if done else _show_again(form)


@blueprint.post("/register/join")
@limits.answers
@limits.guesses(suspects.linked)
@limits.guesses_by_link
def join() -> AnyResponse:
    """Join with the account that the invited address has."""
    form = JoinForm()
    admission.let_in()
    done = _attempt(
        form, acceptances.join, by=scope.user(), password=form.password.data, code=form.code.data
    )
    return _welcome(done.result) if done else _show_again(form)


@blueprint.post("/register/renew")
@limits.answers
def renew() -> AnyResponse:
    """Mail a new link to the invited address; the old link's page says to look for it."""
    form = TokenForm()
    done = _attempt(form, renewal_requests.renew)
    return pages.go(url_for(".show", token=pages.sent_token())) if done else _show_again(form)


@blueprint.get("/register/decline")
@limits.openings
def ask_decline() -> Response:
    """The confirmation page before declining."""
    opening = link_status.look(pages.sent_token())
    if opening.status is not LinkStatus.OPEN:
        return _page(opening, TokenForm(data={"token": pages.sent_token()}))
    form = DeclineForm(data={"token": pages.sent_token()})
    return pages.render("registration/decline.html", opening=opening, form=form)


@blueprint.post("/register/decline")
@limits.answers
def decline() -> AnyResponse:
    """Decline the invitation, with an optional reason."""
    form = DeclineForm()
    said = {"reason": form.reason.data, "not_for_me": form.not_for_me.data, "by": scope.user()}
    done = _attempt(form, acceptances.decline, **said)
    if not done:
        opening = link_status.look(pages.sent_token())
        if opening.status is not LinkStatus.OPEN:
            return _page(opening, TokenForm(data={"token": pages.sent_token()}))
        return pages.render("registration/decline.html", opening=opening, form=form, status=422)
    return pages.go(url_for(".show", token=pages.sent_token()))


def _attempt(form: Form, verb: Callable[..., T], **options: Any) -> Done[T] | None:
    """Run the verb with the page's token; None also if the link has ended meanwhile."""
    try:
        return form.attempt(verb, pages.sent_token(), **options)
    except Gone:
        return None


def _show_again(form: Form) -> AnyResponse:
    """Show the page again: with what was typed, or with the link's present state.

    A user who has already joined by this link and presses again goes to the organization.
    """
    opening = link_status.look(pages.sent_token())
    if link_status.has_let_in(opening, scope.user()):
        return pages.go(url_for("home.organization", slug=opening.invitation.organization.slug))
    right_form = _form_for(opening, pages.sent_token())
    if type(right_form) is not type(form) and opening.status is LinkStatus.OPEN:
        right_form.refuse(form.refusal())
        form = right_form
    return _page(opening, form, 422)


def _page(opening: Opening, form: Form, status: int = 200) -> Response:
    user = scope.user()
    if opening.status is LinkStatus.OPEN and visitors.who(opening, user) is not Visitor.MEMBER:
        return pages.render(
            "registration/index.html",
            opening=opening,
            form=form,
            token=pages.sent_token(),
            is_mine=_is_mine(opening),
            hint=password_hint(),
            status=status,
        )
    is_renewable = opening.status in (LinkStatus.EXPIRED, LinkStatus.SUPERSEDED)
    is_refused = bool(form.errors) and is_renewable
    return pages.render(
        "registration/ended.html",
        opening=opening,
        arrival=visitors.of(opening, user),
        form=form,
        status=200 if opening.status is LinkStatus.OPEN else 422 if is_refused else 410,
    )


def _language_of_link() -> str | None:
    with suppress(HTTPException):  # two tokens, or a body too large: its refusal is asking
        return link_languages.of(pages.sent_token())
    return None


def _form_for(opening: Opening, token: str) -> Form:
    if opening.status is not LinkStatus.OPEN:
        return TokenForm(data={"token": token})
    if opening.asks_for_account and (opening.takes_over or not _is_mine(opening)):
        return RegisterForm(data={"token": token, "full_name": opening.invitation.name})
    return JoinForm(data={"token": token})


def _is_mine(opening: Opening) -> bool:
    """Whether the signed-in user has the invited address."""
    user = scope.user()
    return user is not None and opening.account is not None and user.id == opening.account.id


def _welcome(welcome: Welcome) -> AnyResponse:
    response = pages.go(url_for("home.organization", slug=welcome.slug))
    session_cookie.sign_in(response, welcome.session_token)
    arrival.note(welcome.slug)
    return response
