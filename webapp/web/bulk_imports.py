"""Inviting many at once: a list, its preview, its progress, its result."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, current_app, flash, request, stream_with_context, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from webapp import stored_english
from webapp.domain import imports
from webapp.domain.errors import Refusal
from webapp.domain.imports import choosing, kinds, reading, table
from webapp.domain.imports.table import Counts
from webapp.domain.pagination import Page
from webapp.languages import gettext
from webapp.models import BulkImport, BulkImportRow, ImportState, Organization
from webapp.web import forms, large_bodies, limits, pages, roles, scope
from webapp.web.forms.imports import TOO_LARGE, BulkForm, StartForm
from webapp.web.forms.list_columns import FileForms
from webapp.web.pages import Fragment

blueprint = Blueprint("bulk_imports", __name__, url_prefix="/orgs/<slug:slug>/invitations/bulk")

BODY_BYTES = reading.BYTES_MOST + 256 * 1024  # the file, and the form around it
PROGRESS = Fragment("bulk_imports/_progress.html", "#progress")
RESULT = Fragment("bulk_imports/_import.html", "#import")


@blueprint.get("")
def index(slug: str) -> Response:
    """The form to paste addresses or choose a file, and the latest lists."""
    return _form(BulkForm.of(scope.organization()))


@blueprint.post("")
@limits.uploads
def read(slug: str) -> AnyResponse:
    """Read the list and show it sorted; nobody is invited yet."""
    organization = scope.organization()
    form = BulkForm.of(organization)
    if form.is_too_large:
        large_bodies.drain()
        form.refuse(Refusal(gettext(TOO_LARGE), "file"))
        return _form(form, 413)
    done = form.attempt(_read, organization, form)
    if not done:
        return _form(form, 422)
    return pages.go(url_for(".show", slug=slug, import_id=done.result.id))


@blueprint.get("/<id:import_id>")
def show(slug: str, import_id: int) -> Response:
    """One list: its preview, its progress, or what became of each line."""
    bulk_import = imports.find(scope.organization(), import_id)
    kind, after = request.args.get("kind"), pages.row_id(request.args.get("after"))
    if pages.wants_fragment() and bulk_import.state == ImportState.FINISHED:
        flash(gettext("All done."), "success")
    return page(bulk_import, StartForm(), kind, after)


@blueprint.post("/<id:import_id>/start")
def start(slug: str, import_id: int) -> AnyResponse:
    """Send what can be sent, or continue after a stop."""
    organization, form = scope.organization(), StartForm()
    bulk_import = imports.find(organization, import_id)
    done = form.attempt(
        imports.start, organization, import_id, by=scope.me(), typos=form.typos.data
    )
    if not done:
        return page(bulk_import, form, status=422)
    return pages.go(url_for(".show", slug=slug, import_id=import_id))


@blueprint.post("/<id:import_id>/stop")
def stop(slug: str, import_id: int) -> AnyResponse:
    """Stop sending the rest."""
    form = forms.ButtonForm()
    imports.find(scope.organization(), import_id)
    done = form.attempt(imports.stop, scope.organization(), import_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    return pages.go(url_for(".show", slug=slug, import_id=import_id))


@blueprint.get("/<id:import_id>/not-sent.csv")
def export(slug: str, import_id: int) -> Response:
    """The lines that were not sent, or would not be, each with the reason."""
    bulk_import = imports.find(scope.organization(), import_id)
    body = stream_with_context(table.export(bulk_import))
    response = current_app.response_class(body, mimetype="text/csv")
    name = f"not-sent-{bulk_import.id}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _read(organization: Organization, form: BulkForm) -> BulkImport:
    source = form.source
    if isinstance(source, str):
        lines = partial(reading.pasted, source)
        return imports.read(organization, lines, by=scope.me(), **form.typed)
    stream, name = source
    return choosing.read_file(organization, stream, by=scope.me(), file_name=name, **form.typed)


def _form(form: BulkForm, status: int = 200) -> Response:
    return pages.render(
        "bulk_imports/index.html",
        form=form,
        latest=table.latest(scope.organization()),
        status=status,
    )


def page(
    bulk_import: BulkImport,
    form: StartForm,
    kind: str | None = None,
    after: int = 0,
    *,
    file: FileForms | None = None,
    status: int = 200,
) -> Response:
    """The page of a list; with `file`, the forms about its file as they were sent."""
    counts = table.counts(bulk_import)
    shown = table.page(bulk_import, kind, after=after) if kind else None
    return pages.render(
        "bulk_imports/show.html",
        fragment=PROGRESS if bulk_import.is_running else RESULT,
        bulk_import=bulk_import,
        form=form,
        counts=counts,
        called=_called,
        role_called=_role_called,
        reason=table.reason,
        told=_told,
        kind=kind,
        page=shown,
        groups=_groups(bulk_import, counts, kind, shown),
        file=file or _file(bulk_import),
        most=table.FIRST,
        status=status,
    )


def _file(bulk_import: BulkImport) -> FileForms | None:
    """What can be changed about the list's file; None once it is started, and for pasted lists."""
    return FileForms.of(bulk_import) if choosing.is_kept(bulk_import) else None


def _groups(
    bulk_import: BulkImport, counts: Counts, kind: str | None, page: Page[BulkImportRow] | None
) -> list[tuple[str, Page[BulkImportRow]]]:
    """The lines that are shown, by kind: those of one kind, or the first few of each."""
    if page is not None and kind:
        return [(kind, page)] if page.rows else []
    names = () if bulk_import.is_running else counts.by_kind
    return [(name, table.page(bulk_import, name, most=table.FIRST)) for name in names]


def _called(kind: str) -> str:
    return gettext(kinds.called(kind))


def _role_called(role: str) -> str:
    """A role's name; one that is typed and that there is not stays as it is."""
    return roles.named().get(role.casefold()) or role


def _told(reason: str) -> str | Markup:
    """A reason in the reader's language, or marked as English."""
    told = stored_english.translated(reason)
    return told if told is not None else Markup('<span lang="en">{}</span>').format(reason)
