"""The forms to invite a list of people."""

from __future__ import annotations

from typing import Any, BinaryIO

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import BooleanField, FileField, TextAreaField

from webapp.domain.errors import Refusal
from webapp.domain.imports import reading
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.web.forms import Form
from webapp.web.forms.groups import sent as sent_groups
from webapp.web.forms.invitations import InviteForm

TOO_LARGE = _("A list can have at most 10 MB. Split it into several.")


class BulkForm(InviteForm):
    """Pasted addresses or a file, and the defaults for everybody in it."""

    class Meta(InviteForm.Meta):
        """A body that is too large is left unread, and the form says so."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            try:
                return super().wrap_formdata(form, formdata)
            except RequestEntityTooLarge:
                form.is_too_large = True
                return None

    email = name = None
    is_too_large = False
    emails = TextAreaField(_("Addresses"))
    file = FileField(_("CSV file"))

    @property
    def upload(self) -> FileStorage | None:
        """The file, if one was chosen."""
        file = request.files.get("file")
        return file if file is not None and file.filename else None

    @property
    def source(self) -> str | tuple[BinaryIO, str]:
        """The pasted text, or the file and its name; raises Refusal unless there is exactly one."""
        text, file = (self.emails.data or "").strip(), self.upload
        if text and file is not None:
            words = gettext("Paste addresses or choose a file, not both at once.")
            raise Refusal(words, "emails")
        if file is None:
            if not text:
                raise Refusal(gettext("Paste addresses, or choose a file."), "emails")
            return text
        if file.stream.seek(0, 2) > reading.BYTES_MOST:
            raise Refusal(gettext(TOO_LARGE), "file")
        return file.stream, file.filename or ""  # type: ignore[return-value]

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {
            "role": self.role.data,
            "expiry_days": self.expiry_days.data,
            "message": self.message.data,
            "groups": sent_groups(),
        }


class StartForm(Form):
    """The button that sends, and whether likely typos are correct."""

    typos = BooleanField(_("Also invite the addresses that look misspelled"))
