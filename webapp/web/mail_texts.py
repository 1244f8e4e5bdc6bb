"""The texts of an organization's mail on its pages, in the language that its mail is in."""

from __future__ import annotations

from flask import flash

from webapp import formats, languages
from webapp.domain import letters
from webapp.domain.letters import Preview, templates
from webapp.domain.letters.templates import Present
from webapp.domain.letters.wordings import Wording
from webapp.languages import gettext, marked
from webapp.models import MailTemplate
from webapp.web import scope

SAME = marked("Nothing was changed: this text is in use already.")


def present(kind: str) -> Present:
    """The text that is mailed now; raises NotFound for an unknown kind."""
    kind, organization = templates.named(kind), scope.organization()
    with languages.written_in(organization.language):
        return templates.present(organization, kind)


def built_in(kind: str) -> Wording:
    """The text that the organization's mail has unless it wrote its own."""
    with languages.written_in(scope.organization().language):
        return templates.built_in(kind)


def of(version: MailTemplate) -> Wording:
    """The text of a version."""
    with languages.written_in(scope.organization().language):
        return templates.wording(version)


def preview(kind: str, wording: Wording) -> Preview:
    """The mail as it would be sent, for a text that was checked."""
    organization = scope.organization()
    with languages.written_in(organization.language):
        return letters.preview(organization, kind, by=scope.me(), **wording._asdict())


def spoken() -> dict[str, str]:
    """The attributes of elements that hold such texts, on a page in another language."""
    page = languages.current()
    with languages.written_in(scope.organization().language):
        mail = languages.current()
    return {} if mail == page else {"lang": mail.tag, "dir": mail.direction}


def confirm(is_new: bool, kind: str, words: str, **values: object) -> None:
    """Say what was done about the text, with the kind's name; or that it was in use already."""
    mail = formats.inside_sentence(gettext(templates.TITLES[kind]))
    words = gettext(words, mail=mail, **values) if is_new else gettext(SAME)
    flash(words, "success" if is_new else "info")
