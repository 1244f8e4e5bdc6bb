"""Forms about the texts of mails."""

from __future__ import annotations

from wtforms import HiddenField, StringField, TextAreaField

from webapp.domain.letters.wordings import Wording
from webapp.web.forms import Form
from webapp.web.pages import row_id


class VersionForm(Form):
    """A button about a template, which knows the version that its reader saw."""

    version = HiddenField()

    @property
    def begun_from(self) -> int:
        """The version that was seen; 0 for none, or for what is no number."""
        return row_id(self.version.data)


class TemplateForm(VersionForm):
    """A subject and a body."""

    subject = StringField("Subject")
    body = TextAreaField("Text")

    @classmethod
    def of(cls, wording: Wording, number: int) -> TemplateForm:
        """The form with this text, begun from that version."""
        return cls(data={**wording._asdict(), "version": number})

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, by the domain's names."""
        return {"subject": self.subject.data or "", "body": self.body.data or ""}
