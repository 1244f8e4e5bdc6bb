"""The texts of the organization's mails: editor, preview, versions."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import letters
from webapp.domain.letters import Preview, placeholders, templates, trials
from webapp.domain.letters.templates import TITLES
from webapp.domain.letters.wordings import Wording
from webapp.web import limits, pages, scope
from webapp.web.forms.mail_templates import TemplateForm, VersionForm
from webapp.web.pages import Fragment, row_id

blueprint = Blueprint(
    "mail_templates", __name__, url_prefix="/orgs/<slug:slug>/settings/email/templates"
)

PREVIEW = Fragment("mail_templates/_preview.html", "#preview")
SAME = "Nothing was changed: this is what is mailed already."


@blueprint.get("")
def index(slug: str) -> Response:
    """All kinds of mail: built-in or own text, changed when and by whom."""
    return pages.render(
        "mail_templates/index.html",
        templates=templates.overview(scope.organization()),
        titles=TITLES,
        occasions=templates.OCCASIONS,
    )


@blueprint.get("/<kind>")
def edit(slug: str, kind: str) -> Response:
    """The editor, with the text that is mailed now or was just sent as a test."""
    organization, draft_id = scope.organization(), row_id(request.args.get("draft"))
    present = templates.present(organization, kind)
    wording, number = present.wording, present.number
    if draft_id:
        draft = trials.find(organization, kind, draft_id, by=scope.me())
        wording, number = Wording(draft.subject, draft.body), draft.number
    rendered = letters.preview(organization, kind, by=scope.me(), **wording._asdict())
    return _editor(TemplateForm.of(wording, number), kind, rendered)


@blueprint.post("/<kind>")
def save(slug: str, kind: str) -> AnyResponse:
    """Mail this text from now on."""
    organization, form = scope.organization(), TemplateForm()
    done = form.attempt(
        templates.save,
        organization,
        templates.named(kind),
        by=scope.me(),
        begun_from=form.begun_from,
        **form.typed,
    )
    if not done:
        return _editor(form, kind, status=422)
    _confirm(done.result, f"Saved. This is what the {TITLES[kind].lower()} mail says from now on.")
    return pages.go(url_for(".edit", slug=slug, kind=kind))


@blueprint.post("/<kind>/preview")
@limits.previews
def preview(slug: str, kind: str) -> AnyResponse:
    """The mail as it would be sent. Writes nothing, so it may answer 200: docs/pages.md."""
    organization, form = scope.organization(), TemplateForm()
    kind = templates.named(kind)
    done = form.attempt(letters.checked_preview, organization, kind, by=scope.me(), **form.typed)
    if not done:
        return _editor(form, kind, status=422)
    return _editor(form, kind, done.result)


@blueprint.post("/<kind>/test")
def send_test(slug: str, kind: str) -> AnyResponse:
    """Mail this text to the user, with made-up facts; the form keeps it."""
    organization, form = scope.organization(), TemplateForm()
    done = form.attempt(
        trials.send,
        organization,
        templates.named(kind),
        by=scope.me(),
        begun_from=form.begun_from,
        **form.typed,
    )
    if not done:
        return _editor(form, kind, status=422)
    flash(f"A test is on its way to {scope.me().email}. Nothing was saved.", "success")
    return pages.go(url_for(".edit", slug=slug, kind=kind, draft=done.result))


@blueprint.get("/<kind>/versions")
def versions(slug: str, kind: str) -> Response:
    """Earlier texts of the mail, and who changed it when."""
    return pages.render(
        "mail_templates/versions.html",
        versions=templates.versions(scope.organization(), kind),
        kind=kind,
        title=TITLES[kind],
    )


@blueprint.get("/<kind>/versions/<id:number>")
def version(slug: str, kind: str, number: int) -> Response:
    """One version, as it was typed and as a mail."""
    organization = scope.organization()
    saved_version = templates.version(organization, kind, number)
    wording = templates.wording(saved_version)
    newest = templates.present(organization, kind).number
    return pages.render(
        "mail_templates/version.html",
        form=VersionForm(data={"version": newest}),
        saved_version=saved_version,
        wording=wording,
        is_newest=number == newest,
        preview=letters.preview(organization, kind, by=scope.me(), **wording._asdict()),
        kind=kind,
        title=TITLES[kind],
    )


@blueprint.post("/<kind>/versions/<id:number>/use")
def use_again(slug: str, kind: str, number: int) -> AnyResponse:
    """Mail an earlier version's text again, as the newest version."""
    form, kind = VersionForm(), templates.named(kind)
    done = form.attempt(
        templates.use_again,
        scope.organization(),
        kind,
        number,
        by=scope.me(),
        begun_from=form.begun_from,
    )
    if not done:
        return pages.refused(form.refusal())
    _confirm(
        done.result, f"The {TITLES[kind].lower()} mail says the text of version {number} again."
    )
    return pages.go(url_for(".edit", slug=slug, kind=kind))


@blueprint.get("/<kind>/default")
def ask_default(slug: str, kind: str) -> Response:
    """The confirmation page before going back to the built-in text."""
    return pages.render(
        "mail_templates/default.html",
        form=VersionForm(data={"version": templates.present(scope.organization(), kind).number}),
        wording=templates.built_in(kind),
        kind=kind,
        title=TITLES[kind],
    )


@blueprint.post("/<kind>/default")
def back_to_default(slug: str, kind: str) -> AnyResponse:
    """Mail the built-in text again."""
    form, kind = VersionForm(), templates.named(kind)
    done = form.attempt(
        templates.back_to_default,
        scope.organization(),
        kind,
        by=scope.me(),
        begun_from=form.begun_from,
    )
    if not done:
        return pages.refused(form.refusal())
    _confirm(done.result, f"The {TITLES[kind].lower()} mail says the built-in text again.")
    return pages.go(url_for(".edit", slug=slug, kind=kind))


def _editor(
    form: TemplateForm, kind: str, rendered: Preview | None = None, *, status: int = 200
) -> Response:
    organization = scope.organization()
    present = templates.present(organization, kind)
    newer = present if "newer" in form.facts else None
    if newer:
        form.version.data = str(newer.number)  # the next save has seen it
    return pages.render(
        "mail_templates/edit.html",
        fragment=PREVIEW,
        form=form,
        kind=kind,
        title=TITLES[kind],
        occasion=templates.OCCASIONS[kind],
        meanings={name: placeholders.MEANINGS[name] for name in placeholders.KINDS[kind]},
        present=present,
        newer=newer,
        preview=rendered,
        status=status,
    )


def _confirm(is_new: bool, words: str) -> None:
    flash(words if is_new else SAME, "success" if is_new else "info")
