"""The forms to invite a list of people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import BooleanField, FileField, TextAreaField

from webapp.domain.errors import Refusal
from webapp.domain.imports import csv_files, reading
from webapp.domain.imports.reading import ImportLine
from webapp.web.forms import Form
from webapp.web.forms.invitations import InviteForm

TOO_LARGE = "A list can have at most 10 MB. Cut it into several."


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
    emails = TextAreaField("Addresses")
    file = FileField("CSV file")

    @property
    def upload(self) -> FileStorage | None:
        """The file, if one was chosen."""
        file = request.files.get("file")
        return file if file is not None and file.filename else None

    def lines(self) -> Callable[[], Iterator[ImportLine]]:
        """A function that reads the list; raises Refusal unless there is exactly one list."""
        text, file = (self.emails.data or "").strip(), self.upload
        if text and file is not None:
            raise Refusal("Paste addresses or choose a file, not both at once.", "emails")
        if file is None:
            if not text:
                raise Refusal("Paste addresses, or choose a file.", "emails")
            return partial(reading.pasted, text)
        if file.stream.seek(0, 2) > reading.BYTES_MOST:
            raise Refusal(TOO_LARGE, "file")
        return partial(csv_files.uploaded, file.stream)  # type: ignore[arg-type]

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {
            "role": self.role.data,
            "expiry_days": self.expiry_days.data,
            "message": self.message.data,
        }


class StartForm(Form):
    """The button that sends, and whether likely typos are correct."""

    typos = BooleanField("Invite the likely mistyped ones, too: they are right as they are")
