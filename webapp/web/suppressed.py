"""Allowing mail again to addresses that it came back from."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from webapp import formats
from webapp.domain.deliverability import health, liftings
from webapp.languages import gettext as _
from webapp.languages import ngettext
from webapp.web import pages, scope
from webapp.web.forms import kept as form_kept
from webapp.web.forms.settings import LiftForm
from webapp.web.pages import dialog

blueprint = Blueprint(
    "suppressed", __name__, url_prefix="/orgs/<slug:slug>/settings/email/health/lift"
)


@blueprint.get("")
def ask(slug: str) -> Response:
    """The question, naming the chosen addresses, and the field for the reason."""
    return _page(LiftForm())


@blueprint.post("")
def lift(slug: str) -> AnyResponse:
    """Allow mail to the chosen addresses."""
    form = LiftForm()
    chosen = {"by": scope.me(), "reason": form.reason.data}
    done = form.attempt(liftings.lift, scope.organization(), _ids(request.form), **chosen)
    if not done:
        return _page(form, 422)
    flash(_told(done.result), "success")
    return pages.go(url_for("mail_health.index", slug=slug, kind=health.SUPPRESSED))


def _page(form: LiftForm, status: int = 200) -> Response:
    values = request.form if request.method == "POST" else request.args
    kept = form_kept.fill_in(("id", "reason"))
    if kept is not None:
        values, form.kept_number = kept, form_kept.number()
        form.reason.data = kept.get("reason")
    return pages.render(
        "suppressed/ask.html",
        fragment=dialog("suppressed/_ask.html"),
        form=form,
        chosen=liftings.find(scope.organization(), _ids(values)),
        status=status,
    )


def _ids(values: MultiDict[str, str]) -> list[int]:
    return [pages.row_id(text) for text in values.getlist("id")]


def _told(emails: list[str]) -> str:
    if len(emails) == 1:
        return _("%(email)s can be mailed again.", email=emails[0])
    return ngettext(
        "%(n)s address can be mailed again.",
        "%(n)s addresses can be mailed again.",
        len(emails),
        n=formats.number(len(emails)),
    )
