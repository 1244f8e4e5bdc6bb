"""The forms about the file of a list: which column holds what, and what its roles mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from webapp.domain.imports import charsets, choices, choosing, csv_files, headers, list_files
from webapp.domain.imports.choices import Choice as FileChoice
from webapp.domain.imports.layouts import Layout
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import BulkImport
from webapp.web import roles
from webapp.web.forms import Choice, Form, required

LEFT_OUT_MOST = 12


class ColumnsForm(Form):
    """Which column holds what, and how its letters are written."""

    email = Choice(_("Email"), [required(_("Choose the column with the email addresses."))])
    name = Choice(_("Full name"))
    first = Choice(_("First name"))
    last = Choice(_("Last name"))
    role = Choice(_("Role"))
    message = Choice(_("Personal message"))
    access_until = Choice(_("Access until"))
    charset = Choice(_("Character set"))

    @classmethod
    def of(cls, layout: Layout) -> ColumnsForm:
        """The form with this file's columns, as they are read."""
        form = cls(
            data={
                **{field: str(layout.taken.get(field, "")) for field in headers.FIELDS},
                "charset": layout.charset,
            }
        )
        columns = [(str(place), called(layout, place)) for place in range(len(layout.examples))]
        for field in headers.FIELDS:
            form[field].choices = [("", gettext("Not in this file")), *columns]
        form.email.choices[0] = ("", gettext("Choose a column"))
        if layout.charset is None:
            del form.charset
        else:
            form.charset.choices = [
                (name, f"{charsets.CHOICES.get(name, name)}: {sample}")
                for name, sample in layout.samples.items()
            ]
        return form

    @property
    def chosen(self) -> dict[str, Any]:
        """The values under the domain's names."""
        places = {field: self[field].data for field in headers.FIELDS}
        taken = {field: int(place) for field, place in places.items() if (place or "").isdigit()}
        charset = {"charset": self.charset.data} if "charset" in self else {}
        return {"columns": taken, **charset}


class RolesForm(Form):
    """What each word of another program means here, or one role for all."""

    words: Sequence[str] = ()
    default_role = ""

    @classmethod
    def of(cls, layout: Layout, choice: FileChoice, default_role: str) -> RolesForm:
        """The form with a field for each word, if they are not too many."""
        words = layout.words if len(layout.words) <= choosing.WORDS_MOST else []
        fields = {f"word_{place}": Choice(default="") for place, _ in enumerate(words)}
        form: RolesForm = type("RolesForm", (cls,), fields)()
        form.words, form.default_role = words, default_role
        for field, word in zip(form.fields, words, strict=True):
            field.label.text = word
            field.choices = [("", gettext("Leave these people out")), *roles.named().items()]
            if request.method != "POST":
                field.data = choosing.meaning(choice, word)
        return form

    @property
    def fields(self) -> list[Choice]:
        """The words' fields, in the order in which the file has the words."""
        return [field for field in self if field.name.startswith("word_")]

    @property
    def chosen(self) -> dict[str, Any]:
        """The values under the domain's names."""
        if "all" in request.form:
            return {"roles": {}, "any_role": self.default_role}
        meant = {
            choices.role_key(word): field.data
            for field, word in zip(self.fields, self.words, strict=True)
            if field.data
        }
        return {"roles": meant, "any_role": None}


@dataclass(frozen=True, slots=True)
class FileForms:
    """What the page of a list says of its file, with the forms that change it."""

    layout: Layout
    choice: FileChoice
    columns: ColumnsForm
    roles: RolesForm

    @classmethod
    def of(cls, bulk_import: BulkImport) -> FileForms:
        """Those of an import; raises Refusal when its file is not kept any more."""
        file = choosing.kept_file(bulk_import)
        layout, choice = list_files.found(file), list_files.chosen(file)
        return cls(
            layout,
            choice,
            ColumnsForm.of(layout),
            RolesForm.of(layout, choice, bulk_import.role),
        )

    @property
    def doubt(self) -> str | None:
        """Why there are no lines yet, if nobody can tell which column holds the addresses."""
        return csv_files.words(self.layout) if self.layout.doubt else None

    @property
    def asks_roles(self) -> bool:
        """Whether words wait for somebody to say what they mean."""
        return bool(self.layout.words) and not self.choice.any_role and not self.choice.roles

    @property
    def role_column(self) -> str:
        """The column of roles."""
        place = self.layout.taken.get(headers.ROLE, 0)
        return called(self.layout, place, alone=True)

    @property
    def charset(self) -> str | None:
        """What the guessed character set is called."""
        name = self.layout.charset
        return charsets.CHOICES.get(name, name) if name else None

    @property
    def sample(self) -> str:
        """Some cells as they are read."""
        return self.layout.samples.get(self.layout.charset or "", "")

    @property
    def taken(self) -> list[tuple[str, str, str]]:
        """What each field is read from: its label, the column, its first value."""
        layout = self.layout
        return [
            (self.columns[field].label.text, called(layout, place, alone=True), example)
            for field, place, example in (
                (field, layout.taken[field], layout.examples[layout.taken[field]])
                for field in headers.FIELDS
                if layout.taken.get(field, len(layout.examples)) < len(layout.examples)
            )
            if layout.names or example
        ]

    @property
    def left_out(self) -> tuple[list[str], int]:
        """The names of the first columns that are not used, and how many more there are."""
        names = self.layout.left_out
        return names[:LEFT_OUT_MOST], max(0, len(names) - LEFT_OUT_MOST)


def called(layout: Layout, place: int, *, alone: bool = False) -> str:
    """A column by its name or number, with its first value unless it is shown alone."""
    name = layout.names[place] if place < len(layout.names) else ""
    name = name or gettext("Column %(number)s", number=place + 1)
    example = layout.examples[place]
    return f"{name}: {example}" if example and not alone else name
