"""The forms for the texts of mails."""

from __future__ import annotations

from wtforms import HiddenField, StringField, TextAreaField

from webapp.domain.letters import wordings
from webapp.domain.letters.wordings import Wording
from webapp.languages import marked as _
from webapp.web.forms import Form
from webapp.web.pages import row_id


class VersionForm(Form):
    """A button for a template, with the version that its user saw."""

    version = HiddenField()

    @property
    def begun_from(self) -> int:
        """The version that was seen; 0 for none or for anything but a number."""
        return row_id(self.version.data)


class TemplateForm(VersionForm):
    """A subject and a body."""

    subject = StringField(_("Subject"))
    body = TextAreaField(_("Text"))

    @classmethod
    def of(cls, wording: Wording, number: int) -> TemplateForm:
        """The form with this text, based on that version."""
        return cls(data={**wording._asdict(), "version": number})

    @property
    def wording(self) -> Wording:
        """The text in the form, as it would be saved."""
        return wordings.normalized(self.subject.data or "", self.body.data or "")

    @property
    def typed(self) -> dict[str, str]:
        """The values under the domain's names."""
        return {"subject": self.subject.data or "", "body": self.body.data or ""}
