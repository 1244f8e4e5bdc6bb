"""The public page of a join link: whoever has its code asks to be invited."""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import links
from webapp.domain.errors import NotFound
from webapp.domain.links import asks, codes, table
from webapp.domain.links.asks import Closed
from webapp.domain.links.states import LinkState
from webapp.models import JoinLink
from webapp.web import language, limits, pages
from webapp.web.forms.join_links import AskForm, CodeForm

blueprint = Blueprint("joining", __name__, url_prefix="/join")


@blueprint.get("")
def type_code() -> Response:
    """The form for a code that was read aloud or printed."""
    return pages.render("joining/code.html", form=CodeForm())


@blueprint.post("")
@limits.join_codes
def find() -> AnyResponse:
    """Go to the page of the link with the code."""
    form = CodeForm()
    done = form.attempt(links.typed_code, form.code.data)
    if not done:
        return pages.render("joining/code.html", form=form, status=422)
    return pages.go(url_for(".show", code=done.result))


@blueprint.get("/<code>")
@limits.join_codes
def show(code: str) -> Response:
    """The page of a link; opening it changes nothing."""
    return _page(_link(code), code, AskForm())


@blueprint.post("/<code>")
@limits.join_codes
@limits.joins
@limits.joins_by_link
def ask(code: str) -> AnyResponse:
    """Ask to be invited; the same answer for every address."""
    link, form = _link(code), AskForm()
    try:
        done = form.attempt(asks.ask, code, email=form.email.data)
    except Closed as refusal:
        form.refuse(refusal)
        done = None
    if not done:
        return _page(link, code, form, 422)
    return pages.go(url_for(".sent", code=codes.read(code)))


@blueprint.get("/<code>/sent")
@limits.join_codes
def sent(code: str) -> Response:
    """What to do next, whatever became of the address."""
    return pages.render("joining/sent.html", line=table.line(_link(code)), code=codes.read(code))


def _link(code: str) -> JoinLink:
    link = links.by_code(code)
    language.prefer(lambda: link.organization.language)
    return link


def _page(link: JoinLink, typed: str, form: AskForm, status: int = 200) -> Response:
    """The form, or why nobody can be invited by the link now."""
    line = table.line(link)
    if line.state is not LinkState.ACTIVE:
        return pages.render("joining/ended.html", line=line, status=410)
    code = codes.read(typed)
    return pages.render("joining/index.html", line=line, form=form, code=code, status=status)


@blueprint.errorhandler(NotFound)
def _unknown(refusal: NotFound) -> Response:
    form = CodeForm(formdata=None)
    return pages.render("joining/unknown.html", form=form, status=refusal.status)
