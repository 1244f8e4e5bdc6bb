"""Several invitations of the table at once: resend or revoke them."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from webapp import formats
from webapp.domain.invitations import bulk_actions
from webapp.languages import ngettext
from webapp.web import forms, invitation_lines, messages, pages, scope, ways_back
from webapp.web.forms import kept as form_kept
from webapp.web.pages import dialog

blueprint = Blueprint("bulk_actions", __name__, url_prefix="/orgs/<slug:slug>/invitations/selected")

DONE = {"resend": "resent", "revoke": "revoked"}


@blueprint.get("")
def ask(slug: str) -> Response:
    """The confirmation page, naming everybody concerned."""
    return _page(forms.ButtonForm())


@blueprint.post("")
def do(slug: str) -> AnyResponse:
    """Do it for each, and say what became of them."""
    form, verb = forms.ButtonForm(), request.form.get("do", "")
    done = form.attempt(
        bulk_actions.do, scope.organization(), verb, _ids(request.form), by=scope.me()
    )
    if not done:
        return _page(form, 422)
    result = done.result
    if result.done:
        flash(_told(verb, len(result.done)), "success")
    messages.tell_refused(DONE[verb], result.refused)
    return pages.back_or(url_for("invitations.index", slug=slug))


def _page(form: forms.ButtonForm, status: int = 200) -> Response:
    values, kept = _sent(), form_kept.fill_in(("do", "id"))
    if kept is not None:
        values, form.kept_number = kept, form_kept.number()
    organization, verb = scope.organization(), values.get("do", "")
    ids = _ids(values)
    number = len(ids)
    if values.get("all") and request.method == "GET":
        criteria = invitation_lines.filters_of(values).criteria
        ids, number = bulk_actions.matching(organization, criteria)
    return pages.render(
        "bulk_actions/ask.html",
        fragment=dialog("bulk_actions/_ask.html"),
        form=form,
        do=verb if verb in bulk_actions.VERBS else "resend",
        chosen=bulk_actions.find(organization, ids),
        wanted=number,
        most=bulk_actions.MOST,
        back=ways_back.to(url_for("invitations.index", slug=organization.slug)),
        status=status,
    )


def _ids(values: MultiDict[str, str]) -> list[int]:
    return [pages.row_id(text) for text in values.getlist("id")]


def _sent() -> MultiDict[str, str]:
    """The choice, in the query of the confirmation page or in its form."""
    return request.form if request.method == "POST" else request.args


def _told(verb: str, count: int) -> str:
    number = formats.number(count)
    if verb == "resend":
        return ngettext(
            "%(n)s invitation was resent.",
            "%(n)s invitations were resent.",
            count,
            n=number,
        )
    return ngettext(
        "%(n)s invitation was revoked.",
        "%(n)s invitations were revoked.",
        count,
        n=number,
    )
