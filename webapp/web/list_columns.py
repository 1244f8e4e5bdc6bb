"""What admins say about the file of a list: its columns, its character set, its roles."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from flask import Blueprint, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import imports
from webapp.domain.errors import Refusal
from webapp.domain.imports import choosing
from webapp.languages import gettext
from webapp.web import bulk_imports, pages, scope
from webapp.web.forms.imports import StartForm
from webapp.web.forms.list_columns import ColumnsForm, FileForms, RolesForm

blueprint = Blueprint(
    "list_columns", __name__, url_prefix="/orgs/<slug:slug>/invitations/bulk/<id:import_id>"
)


@blueprint.post("/columns")
def choose_columns(slug: str, import_id: int) -> AnyResponse:
    """Read the file again, with these columns and this character set."""
    return _choose(import_id, attrgetter("columns"))


@blueprint.post("/roles")
def choose_roles(slug: str, import_id: int) -> AnyResponse:
    """Read the file again, with these roles for its words."""
    return _choose(import_id, attrgetter("roles"))


def _choose(import_id: int, sent: Callable[[FileForms], ColumnsForm | RolesForm]) -> AnyResponse:
    organization = scope.organization()
    bulk_import = imports.find(organization, import_id)
    if not choosing.is_kept(bulk_import):
        return pages.refused(Refusal(gettext(choosing.GONE)))
    file = FileForms.of(bulk_import)
    form = sent(file)
    done = form.attempt(choosing.choose, organization, import_id, by=scope.me(), **form.chosen)
    if not done:
        return bulk_imports.page(bulk_import, StartForm(), file=file, status=422)
    flash(gettext("The list was read again."), "success")
    return pages.go(url_for("bulk_imports.show", slug=organization.slug, import_id=import_id))
