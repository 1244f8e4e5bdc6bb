"""Leaving an organization, and deleting an account."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.invitations import inviter_handover
from webapp.domain.members import leaving, sponsors
from webapp.domain.organizations import memberships
from webapp.languages import gettext as _
from webapp.models import Membership
from webapp.web import forms, limits, pages, scope, session_cookie
from webapp.web.forms.accounts import DeleteForm
from webapp.web.limits import suspects

blueprint = Blueprint("leaving", __name__, url_prefix="/account")


@blueprint.get("/leave/<slug:slug>")
def ask_leave(slug: str) -> Response:
    """The confirmation page before leaving, with what follows."""
    return _leave_page(forms.ButtonForm(), memberships.active_in(scope.me(), slug))


@blueprint.post("/leave/<slug:slug>")
def leave(slug: str) -> AnyResponse:
    """End the user's own membership."""
    form, membership = forms.ButtonForm(), memberships.active_in(scope.me(), slug)
    name = membership.organization.name
    done = form.attempt(leaving.leave, membership.organization, membership.id, by=scope.me())
    if not done:
        return _leave_page(form, memberships.active_in(scope.me(), slug), 422)
    flash(_("You have left %(organization)s.", organization=name), "success")
    return pages.go(url_for("account.show"))


@blueprint.get("/delete")
def ask_delete() -> Response:
    """The confirmation page before deleting the account, with what follows."""
    return _delete_page(DeleteForm())


@blueprint.post("/delete")
@limits.guesses(suspects.signed_in)
def delete() -> AnyResponse:
    """Delete the account."""
    form = DeleteForm()
    done = form.attempt(leaving.delete_account, scope.me(), password=form.password.data or "")
    if not done:
        return _delete_page(form, 422)
    response = pages.go(url_for("sign_in.show"))
    session_cookie.sign_out(response)
    flash(_("Your account is deleted."), "success")
    return response


def _leave_page(form: forms.ButtonForm, membership: Membership, status: int = 200) -> Response:
    pending = inviter_handover.count(membership)
    return pages.render(
        "leaving/leave.html",
        form=form,
        membership=membership,
        pending=pending,
        sponsored=sponsors.count(membership),
        status=status,
    )


def _delete_page(form: DeleteForm, status: int = 200) -> Response:
    places = memberships.everywhere(scope.me())
    return pages.render("leaving/delete.html", form=form, places=places, status=status)
