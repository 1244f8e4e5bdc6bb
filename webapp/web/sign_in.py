"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, Response, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import people, sign_ins
from webapp.languages import gettext as _
from webapp.web import forms, limits, pages, scope, session_cookie
from webapp.web.forms import kept
from webapp.web.forms.sign_in import CodeForm, SignInForm
from webapp.web.limits import suspects

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/login")
def show() -> AnyResponse:
    """The sign-in form; those who are signed in are sent on, unless they are to do it again."""
    address = pages.own_path(request.args.get("next"))
    if scope.user() is not None and "again" not in request.args:
        return pages.go(address or url_for("home.index"))
    hint = request.args.get("login_hint", "")[:254]
    return _page(SignInForm(data={"next": address, "email": hint}))


@blueprint.post("/login")
@limits.sign_ins(suspects.named)
def submit() -> AnyResponse:
    """Sign in; the same message for every wrong pair (rule 16)."""
    form = SignInForm()
    done = form.attempt(sign_ins.sign_in, form.email.data or "", form.password.data or "")
    if not done:
        return _of_another_tab(form) or _page(form, 422)
    return session_cookie.enter(
        done.result, pages.own_path(form.next.data) or url_for("home.index")
    )


@blueprint.get("/login/code")
def ask_code() -> AnyResponse:
    """The second step, where the account asks for one."""
    address = pages.own_path(request.args.get("next"))
    if "second_step" not in session:
        return pages.go(url_for(".show", next=address))
    return pages.render("sign_in/code.html", form=CodeForm(data={"next": address}))


@blueprint.post("/login/code")
@limits.sign_ins(suspects.half_signed_in)
def submit_code() -> AnyResponse:
    """Sign in with a current code or a recovery code."""
    form = CodeForm()
    pending = session.get("second_step", "")
    if not pending and scope.user() is not None:  # signed in meanwhile in another tab
        return pages.go(pages.own_path(form.next.data) or url_for("home.index"))
    done = form.attempt(sign_ins.finish, pending, code=form.code.data or "")
    if not done:
        return pages.render("sign_in/code.html", form=form, status=422)
    response = pages.go(pages.own_path(form.next.data) or url_for("home.index"))
    session_cookie.sign_in(response, done.result)
    return response


@blueprint.post("/logout")
def logout() -> AnyResponse:
    """End the session; copies of its cookie are worthless afterwards."""
    form = forms.ButtonForm()
    address = pages.own_path(request.form.get("next"))
    if scope.user() is None:  # a second click: there is nothing left to end
        return pages.go(address or url_for(".show"))
    response = pages.go(address or url_for(".show"))
    done = form.attempt(session_cookie.sign_out, response)
    return response if done else pages.render("sign_in/logout.html", form=form, status=422)


def _of_another_tab(form: SignInForm) -> AnyResponse | None:
    """What a form leads to that became stale because this browser was signed in elsewhere.

    The same person is sent on. Anybody else is told who is signed in, and can sign in after all.
    """
    user = scope.user()
    if user is None or not form.is_stale:
        return None
    if people.find(form.email.data or "") == user:
        return pages.go(pages.own_path(form.next.data) or url_for("home.index"))
    form.csrf_token.errors = [
        _(
            "You signed in as %(email)s in another tab. To sign in as somebody else, enter the "
            "password again.",
            email=user.email,
        )
    ]
    return None


def _page(form: SignInForm, status: int = 200) -> Response:
    notices = kept.sign_in_notices(pages.own_path(form.next.data), session_cookie.ended_session)
    return pages.render("sign_in/index.html", form=form, notices=notices, status=status)
