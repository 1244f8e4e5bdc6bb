"""The join links of the organization: their list, and the pages of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segno
from flask import Blueprint, Response, flash, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import links
from webapp.domain.links import answers, codes, fields, table
from webapp.languages import gettext as _
from webapp.web import forms, pages, scope
from webapp.web.forms.join_links import LinkForm, RevokeForm
from webapp.web.pages import row_id

blueprint = Blueprint("join_links", __name__, url_prefix="/orgs/<slug:slug>/links")


@blueprint.get("")
def index(slug: str) -> Response:
    """All links with their uses, newest first."""
    before = row_id(request.args.get("before"))
    page = table.page(scope.organization(), before=before)
    return pages.render("join_links/index.html", page=page)


@blueprint.get("/new")
def new(slug: str) -> Response:
    """The form to make one."""
    return _new(LinkForm.of(scope.organization()))


@blueprint.post("")
def create(slug: str) -> AnyResponse:
    """Make a link; its page shows it."""
    organization = scope.organization()
    form = LinkForm.of(organization)
    done = form.attempt(links.create, organization, by=scope.me(), **form.typed)
    if not done:
        return _new(form, 422)
    flash(_("The link is ready. Give it to the people it is for."), "success")
    return pages.go(url_for(".show", slug=slug, link_id=done.result.id))


@blueprint.get("/<id:link_id>")
def show(slug: str, link_id: int) -> Response:
    """One link: how much it is used, who came by it, and for admins its code."""
    link = links.find(scope.organization(), link_id)
    code = codes.shown(link) if scope.may("invitations:write") else None
    address = codes.address(code) if code else ""
    return pages.render(
        "join_links/show.html",
        line=table.line(link),
        put_off=answers.put_off(link),
        code=code,
        address=address,
        typed_at=codes.typed_at(),
        drawing=_drawing(address) if address else "",
        page=table.invited(link, before=row_id(request.args.get("before"))),
    )


@blueprint.post("/<id:link_id>/pause")
def pause(slug: str, link_id: int) -> AnyResponse:
    """Let nobody ask by it for now."""
    return _press(
        slug, link_id, links.pause, _("The link is paused. Nobody can use it until it is resumed.")
    )


@blueprint.post("/<id:link_id>/resume")
def resume(slug: str, link_id: int) -> AnyResponse:
    """Let people ask by it again."""
    return _press(slug, link_id, links.resume, _("The link works again."))


@blueprint.get("/<id:link_id>/revoke")
def ask_revoke(slug: str, link_id: int) -> Response:
    """The confirmation page, with what becomes of the open invitations."""
    return _ask_revoke(RevokeForm(), link_id)


@blueprint.post("/<id:link_id>/revoke")
def revoke(slug: str, link_id: int) -> AnyResponse:
    """End the link for good."""
    form = RevokeForm()
    choice = {"open_invitations": form.open_invitations.data}
    done = form.attempt(links.revoke, scope.organization(), link_id, by=scope.me(), **choice)
    if not done:
        return _ask_revoke(form, link_id, 422)
    flash(_("The link “%(label)s” is revoked.", label=done.result.label), "success")
    return pages.go(url_for(".show", slug=slug, link_id=link_id))


def _press(slug: str, link_id: int, verb: Callable[..., Any], message: str) -> AnyResponse:
    form = forms.ButtonForm()
    done = form.attempt(verb, scope.organization(), link_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(message, "success")
    return pages.go(url_for(".show", slug=slug, link_id=link_id))


def _ask_revoke(form: RevokeForm, link_id: int, status: int = 200) -> Response:
    line = table.line(links.find(scope.organization(), link_id))
    return pages.render("join_links/revoke.html", form=form, line=line, status=status)


def _new(form: LinkForm, status: int = 200) -> Response:
    return pages.render(
        "join_links/new.html",
        form=form,
        uses_most=fields.USES_MOST,
        days_most=fields.DAYS_MOST,
        status=status,
    )


def _drawing(address: str) -> Markup:
    # Black on white also in dark mode: cameras do not read it inverted.
    drawing = segno.make(address, error="m").svg_inline(scale=4, border=4, light="white")
    return Markup(drawing)  # noqa: S704 - drawn by segno from dots
