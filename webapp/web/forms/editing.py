"""Forms that edit a row, without overwriting what somebody else has saved meanwhile."""

from __future__ import annotations

from typing import Any, Self

from wtforms import BooleanField, Field, HiddenField, SelectField

from webapp.domain.errors import Refusal
from webapp.domain.events import versions
from webapp.domain.events.versions import ChangedMeanwhile, Seen
from webapp.languages import gettext, marked
from webapp.web.forms import Form

SHOWN = 300  # characters of a current value shown at its field
KEPT = marked("What you did not change is shown as it is now. Check it, and save again.")
ON = marked("This is on now. Save again to put yours in its place.")
OFF = marked("This is off now. Save again to put yours in its place.")
EMPTY = marked("This is empty now. Save again to put yours in its place.")
OTHER = marked("This is “%(value)s” now. Save again to put yours in its place.")


class EditingForm(Form):
    """A form that knows what each field showed, and so finds what has changed since."""

    seen = HiddenField()

    @staticmethod
    def facts_of(row: Any) -> dict[str, Any]:
        """What the fields show of a row, by name; each form defines it."""
        raise NotImplementedError

    @classmethod
    def showing(cls, row: Any, **more: Any) -> Self:
        """The form with the row's current values."""
        return cls(data=cls.shown(row), **more)

    @classmethod
    def shown(cls, row: Any) -> dict[str, Any]:
        """What the form shows of the row, and its mark."""
        facts = cls.facts_of(row)
        return {**facts, "seen": versions.mark(facts)}

    @property
    def before(self) -> Seen | None:
        """What the sender was shown; None if the form does not say."""
        return None if self.seen.data is None else Seen(type(self).facts_of, [self.seen.data])

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal; if something has changed meanwhile, also show the current values."""
        super().refuse(refusal)
        if isinstance(refusal, ChangedMeanwhile):
            self.form_errors.append(gettext(KEPT))
            self._show_current(refusal.present)

    def _show_current(self, current: versions.Facts) -> None:
        """Adopt what only others changed; keep what was typed, and show the current value too."""
        typed = versions.mark({name: self[name].data for name in current}).split(".")
        now = versions.mark(current).split(".")
        before = (self.seen.data or "").split(".")
        if len(before) != len(now):  # not one of our marks
            before = [""] * len(now)
        for name, old, new, own in zip(current, before, now, typed, strict=True):
            if own in (old, new):
                self[name].data = current[name]
            elif old != new:
                self._put(_now(self[name], current[name]), name)
        self.seen.data = versions.mark(current)  # the next save has seen it


def _now(field: Field, value: Any) -> str:
    """What the field is now, and how to save it all the same."""
    if isinstance(field, BooleanField):
        return gettext(ON if value else OFF)
    if isinstance(field, SelectField) and not isinstance(value, list):  # and the radio buttons
        labels = {key: str(label) for key, label, *_ in field.iter_choices()}
        return gettext(OTHER, value=labels.get(value, value))
    text = ", ".join(value) if isinstance(value, list) else " ".join(str(value or "").split())
    if not text:
        return gettext(EMPTY)
    return gettext(OTHER, value=text if len(text) <= SHOWN else text[:SHOWN] + "…")
