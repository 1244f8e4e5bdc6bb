"""The form of a report; it is sent by GET, so that the address can be saved and shared."""

from __future__ import annotations

from typing import Any

from flask import request
from wtforms import StringField

from webapp.domain.reports import periods
from webapp.domain.reports.periods import Period
from webapp.languages import marked as _
from webapp.web.forms import Form


class PeriodForm(Form):
    """The first and last day, their time zone, a group and a join link."""

    class Meta(Form.Meta):
        """It changes nothing, so it needs no CSRF token, and is read from the address."""

        csrf = False

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            return request.args

    to = StringField(_("Last day"))
    zone = StringField(_("Time zone"))
    group = StringField(_("Group"))
    link = StringField(_("Join link"))

    def validate(self, extra_validators: Any = None) -> bool:
        """The domain alone decides."""
        return True

    def period(self) -> Period | None:
        """The period, with missing values filled in in the form; None if it is wrong."""
        done = self.attempt(periods.read, self["from"].data, self.to.data, self.zone.data)
        if not done:
            return None
        period = done.result
        self["from"].data, self.to.data = str(period.first), str(period.last)
        self.zone.data = period.zone
        return period


# `from` is a Python keyword, and the name that the API uses.
setattr(PeriodForm, "from", StringField(_("First day")))
