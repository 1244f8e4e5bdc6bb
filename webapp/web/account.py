"""The signed-in user's account: name, username, password, and confirming the address."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import accounts
from webapp.domain.accounts import confirmations, notice_choices
from webapp.domain.organizations import days, memberships, permissions
from webapp.languages import gettext as _
from webapp.web import forms, limits, pages, scope
from webapp.web.forms.accounts import NoticesForm, PasswordForm, ProfileForm, password_hint
from webapp.web.limits import suspects

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
def show() -> Response:
    """The account, with forms for what can be changed."""
    return _page(ProfileForm.showing(scope.me(), formdata=None), PasswordForm.empty())


@blueprint.post("")
def change_profile() -> AnyResponse:
    """Change name and username."""
    form = ProfileForm()
    done = form.attempt(
        accounts.change_profile,
        scope.me(),
        full_name=form.full_name.data,
        username=form.username.data,
        seen=form.before,
    )
    if not done:
        return _page(form, PasswordForm.empty(), 422)
    flash(_("Your profile is saved."), "success")
    return pages.go(url_for(".show"))


@blueprint.post("/password")
@limits.guesses(suspects.signed_in)
def change_password() -> AnyResponse:
    """Set a new password; every other session ends."""
    form = PasswordForm()
    done = form.attempt(
        accounts.change_password,
        scope.me(),
        present=form.present_password.data or "",
        password=form.password.data or "",
        session_id=scope.my_session().id,
    )
    if not done:
        return _page(ProfileForm.showing(scope.me(), formdata=None), form, 422)
    flash(_("Your new password is set. You are signed out everywhere else."), "success")
    return pages.go(url_for(".show"))


@blueprint.post("/confirmation")
@limits.answers
def ask_confirmation() -> AnyResponse:
    """Mail the link that confirms the user's address once more."""
    form = forms.ButtonForm()
    done = form.attempt(confirmations.ask, scope.me())
    if not done:
        return _page(
            ProfileForm.showing(scope.me(), formdata=None), PasswordForm.empty(), 422, form
        )
    flash(_("A link is on its way to %(email)s.", email=scope.me().email), "success")
    return pages.go(url_for(".show"))


@blueprint.post("/notices")
def choose_notices() -> AnyResponse:
    """Choose how to hear of people they invited."""
    form = NoticesForm()
    done = form.attempt(
        notice_choices.choose, scope.me(), form.inviter_notices.data or "", seen=form.before
    )
    if not done:
        return _page(
            ProfileForm.showing(scope.me(), formdata=None),
            PasswordForm.empty(),
            422,
            notices=form,
        )
    flash(_("Your choice is saved."), "success")
    return pages.go(url_for(".show"))


def _may_invite() -> bool:
    """Whether there are people whom they can have invited."""
    joined = memberships.of(scope.me())
    return any(permissions.allows(one.role, "invitations:read") for one in joined)


def _page(
    profile: ProfileForm,
    password: PasswordForm,
    status: int = 200,
    confirmation: forms.Form | None = None,
    notices: NoticesForm | None = None,
) -> Response:
    confirmation = confirmation or forms.ButtonForm()
    notices = notices or NoticesForm.showing(scope.me(), formdata=None)
    failed: list[forms.Form] = [form for form in (password, confirmation, notices) if form.errors]
    return pages.render(
        "account/index.html",
        profile=profile,
        password=password,
        confirmation=confirmation,
        first_form=failed[0] if failed else profile,
        notices=notices if _may_invite() else None,
        memberships=memberships.of(scope.me()),
        end_of=lambda one: days.in_words(one.organization, one.ends_at),
        hint=password_hint(),
        status=status,
    )
