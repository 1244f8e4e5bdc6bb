"""The form that asks for a report; it is sent as an address, so that it can be kept and shared."""

from __future__ import annotations

from typing import Any

from flask import request
from wtforms import StringField

from webapp.domain.reports import periods
from webapp.domain.reports.periods import Period
from webapp.web.forms import Form


class PeriodForm(Form):
    """From which day to which, in whose time."""

    class Meta(Form.Meta):
        """It changes nothing, so it needs no guard, and is read from the address."""

        csrf = False

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            return request.args

    to = StringField("Last day")
    zone = StringField("Time zone")

    def validate(self, extra_validators: Any = None) -> bool:
        """The domain alone decides."""
        return True

    def period(self) -> Period | None:
        """What was asked for, shown in the form with what was left out; None when it is wrong."""
        done = self.attempt(periods.read, self["from"].data, self.to.data, self.zone.data)
        if not done:
            return None
        period = done.result
        self["from"].data, self.to.data = str(period.first), str(period.last)
        self.zone.data = period.zone
        return period


# A word of Python's own, and the name that the API has for it.
setattr(PeriodForm, "from", StringField("First day"))
