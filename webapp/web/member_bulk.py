"""Several members at once: extend their access, or end it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from webapp import formats
from webapp.domain.members import bulk_ends
from webapp.domain.organizations import days
from webapp.languages import ngettext
from webapp.web import forms, messages, pages, scope, ways_back
from webapp.web.forms import kept as form_kept
from webapp.web.pages import dialog

blueprint = Blueprint("member_bulk", __name__, url_prefix="/orgs/<slug:slug>/members/selected")

DONE = {"extend": "extended", "end": "ended"}


@blueprint.get("")
def ask(slug: str) -> Response:
    """The confirmation page, naming everybody concerned."""
    return _page(forms.ButtonForm())


@blueprint.post("")
def do(slug: str) -> AnyResponse:
    """Do it for each, and say what became of them."""
    form, verb = forms.ButtonForm(), request.form.get("do", "")
    done = form.attempt(bulk_ends.do, scope.organization(), verb, _ids(request.form), by=scope.me())
    if not done:
        return _page(form, 422)
    result = done.result
    if result.done:
        flash(_told(verb, len(result.done)), "success")
    messages.tell_refused(DONE[verb], result.refused)
    return pages.back_or(url_for("members.index", slug=slug))


def _page(form: forms.ButtonForm, status: int = 200) -> Response:
    values = request.form if request.method == "POST" else request.args
    kept = form_kept.fill_in(("do", "id"))
    if kept is not None:
        values, form.kept_number = kept, form_kept.number()
    organization, verb = scope.organization(), values.get("do", "")
    ids = _ids(values)
    return pages.render(
        "member_bulk/ask.html",
        fragment=dialog("member_bulk/_ask.html"),
        form=form,
        do=verb if verb in bulk_ends.VERBS else "extend",
        chosen=bulk_ends.find(organization, ids),
        wanted=len(ids),
        most=bulk_ends.MOST,
        end_of=lambda member: days.in_words(organization, member.ends_at),
        back=ways_back.to(url_for("members.index", slug=organization.slug)),
        status=status,
    )


def _ids(values: MultiDict[str, str]) -> list[int]:
    return [pages.row_id(text) for text in values.getlist("id")]


def _told(verb: str, count: int) -> str:
    number = formats.number(count)
    if verb == "extend":
        return ngettext(
            "The access of %(n)s member was extended.",
            "The access of %(n)s members was extended.",
            count,
            n=number,
        )
    return ngettext(
        "The access of %(n)s member has ended.",
        "The access of %(n)s members has ended.",
        count,
        n=number,
    )
