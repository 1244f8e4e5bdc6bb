"""Forms about what is there already: none undoes unknowingly what somebody else has saved."""

from __future__ import annotations

from typing import Any, Self

from wtforms import BooleanField, Field, HiddenField, SelectField

from webapp.domain.errors import Refusal
from webapp.domain.events import versions
from webapp.domain.events.versions import ChangedMeanwhile, Seen
from webapp.web.forms import Form

SHOWN = 300  # letters of a present value beside its field
KEPT = "What you had left alone is shown as it is now. Look it over, and save again."


class EditingForm(Form):
    """A form that knows what it showed, field by field, and finds out what has changed since."""

    seen = HiddenField()

    @staticmethod
    def facts_of(row: Any) -> dict[str, Any]:
        """What of a row the fields show, by their names; each form says it for itself."""
        raise NotImplementedError

    @classmethod
    def showing(cls, row: Any, **more: Any) -> Self:
        """The form with what is there now."""
        return cls(data=cls.shown(row), **more)

    @classmethod
    def shown(cls, row: Any) -> dict[str, Any]:
        """What the form shows of the row, and the mark of it."""
        facts = cls.facts_of(row)
        return {**facts, "seen": versions.mark(facts)}

    @property
    def before(self) -> Seen | None:
        """What the sender was shown; None when the form does not say so."""
        return None if self.seen.data is None else Seen(type(self).facts_of, [self.seen.data])

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal; where something has changed meanwhile, also show how it is now."""
        super().refuse(refusal)
        if isinstance(refusal, ChangedMeanwhile):
            self.form_errors.append(KEPT)
            self._show_present(refusal.present)

    def _show_present(self, present: versions.Facts) -> None:
        """Take over what only others changed; keep what was typed, with what is there beside it."""
        typed = versions.mark({name: self[name].data for name in present}).split(".")
        now = versions.mark(present).split(".")
        before = (self.seen.data or "").split(".")
        if len(before) != len(now):  # not a mark that was made here
            before = [""] * len(now)
        for name, was, is_now, mine in zip(present, before, now, typed, strict=True):
            if mine in (was, is_now):
                self[name].data = present[name]
            elif was != is_now:
                words = _words(self[name], present[name])
                self._put(f"This is {words} now. Save again to put yours in its place.", name)
        self.seen.data = versions.mark(present)  # the next save has seen it


def _words(field: Field, value: Any) -> str:
    if isinstance(field, BooleanField):
        return "on" if value else "off"
    if isinstance(field, SelectField):  # and the radio buttons
        labels = {key: str(label) for key, label, *_ in field.iter_choices()}
        return f"“{labels.get(value, value)}”"
    text = ", ".join(value) if isinstance(value, list) else " ".join(str(value or "").split())
    if not text:
        return "empty"
    return f"“{text if len(text) <= SHOWN else text[:SHOWN] + '…'}”"
