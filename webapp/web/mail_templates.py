"""The texts of the organization's mails: editor, preview, versions."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.letters import Preview, placeholders, templates, trials, wordings
from webapp.domain.letters.templates import TITLES
from webapp.domain.letters.wordings import Wording
from webapp.languages import gettext as _
from webapp.languages import marked
from webapp.web import limits, mail_texts, pages, scope
from webapp.web.forms.mail_templates import TemplateForm, VersionForm
from webapp.web.pages import Fragment, row_id

blueprint = Blueprint(
    "mail_templates", __name__, url_prefix="/orgs/<slug:slug>/settings/email/templates"
)

PREVIEW = Fragment("mail_templates/_preview.html", "#preview")
SAVED = marked("Saved. Every %(mail)s mail uses this text from now on.")
AGAIN = marked("The %(mail)s mail uses version %(number)s again.")
BUILT_IN = marked("The %(mail)s mail uses the built-in text again.")


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
    present, draft_id = mail_texts.present(kind), row_id(request.args.get("draft"))
    wording, number = present.wording, present.number
    if draft_id:
        draft = trials.find(scope.organization(), kind, draft_id, by=scope.me())
        wording, number = Wording(draft.subject, draft.body), draft.number
    return _editor(TemplateForm.of(wording, number), kind, mail_texts.preview(kind, wording))


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
    mail_texts.confirm(done.result, kind, SAVED)
    return pages.go(url_for(".edit", slug=slug, kind=kind))


@blueprint.post("/<kind>/preview")
@limits.previews
def preview(slug: str, kind: str) -> AnyResponse:
    """The mail as it would be sent. Writes nothing, so it may answer 200: docs/pages.md."""
    form, kind = TemplateForm(), templates.named(kind)
    done = form.attempt(wordings.checked, kind, **form.typed)
    if not done:
        return _editor(form, kind, status=422)
    return _editor(form, kind, mail_texts.preview(kind, done.result))


@blueprint.post("/<kind>/test")
def send_test(slug: str, kind: str) -> AnyResponse:
    """Mail this text to the user, with example data; the form keeps it."""
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
    to = scope.me().email
    flash(_("A test mail is on its way to %(to)s. Nothing was saved.", to=to), "success")
    return pages.go(url_for(".edit", slug=slug, kind=kind, draft=done.result))


@blueprint.get("/<kind>/versions")
def versions(slug: str, kind: str) -> Response:
    """Earlier texts of the mail, and who changed it when."""
    return pages.render(
        "mail_templates/versions.html",
        versions=templates.versions(scope.organization(), kind),
        kind=kind,
        title=_(TITLES[kind]),
    )


@blueprint.get("/<kind>/versions/<id:number>")
def version(slug: str, kind: str, number: int) -> Response:
    """One version, as it was typed and as a mail."""
    saved_version = templates.version(scope.organization(), kind, number)
    wording = mail_texts.of(saved_version)
    newest = mail_texts.present(kind).number
    return pages.render(
        "mail_templates/version.html",
        form=VersionForm(data={"version": newest}),
        saved_version=saved_version,
        wording=wording,
        is_newest=number == newest,
        preview=mail_texts.preview(kind, wording),
        spoken=mail_texts.spoken(),
        kind=kind,
        title=_(TITLES[kind]),
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
    mail_texts.confirm(done.result, kind, AGAIN, number=number)
    return pages.go(url_for(".edit", slug=slug, kind=kind))


@blueprint.get("/<kind>/default")
def ask_default(slug: str, kind: str) -> Response:
    """The confirmation page before going back to the built-in text."""
    return pages.render(
        "mail_templates/default.html",
        form=VersionForm(data={"version": mail_texts.present(kind).number}),
        wording=mail_texts.built_in(kind),
        spoken=mail_texts.spoken(),
        kind=kind,
        title=_(TITLES[kind]),
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
    mail_texts.confirm(done.result, kind, BUILT_IN)
    return pages.go(url_for(".edit", slug=slug, kind=kind))


def _editor(
    form: TemplateForm, kind: str, rendered: Preview | None = None, *, status: int = 200
) -> Response:
    present = mail_texts.present(kind)
    newer = present if "newer" in form.facts else None
    if newer:
        form.version.data = str(newer.number)  # the next save has seen it
    return pages.render(
        "mail_templates/edit.html",
        fragment=PREVIEW,
        form=form,
        kind=kind,
        title=_(TITLES[kind]),
        occasion=_(templates.OCCASIONS[kind]),
        meanings={name: _(placeholders.MEANINGS[name]) for name in placeholders.KINDS[kind]},
        present=present,
        is_changed=form.wording != present.wording,
        newer=newer,
        preview=rendered,
        spoken=mail_texts.spoken(),
        status=status,
    )
