"""What became of the invitations: figures, charts, and a table to download."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, current_app

from webapp.domain import reports, spreadsheets
from webapp.web import pages, scope
from webapp.web.forms.reports import PeriodForm
from webapp.web.pages import Fragment

blueprint = Blueprint("reports", __name__, url_prefix="/orgs/<slug:slug>/reports")

REPORT = Fragment("reports/_report.html", "#report", has_address=True)
MINUTE, HOUR, DAY = 60, 3600, 86_400


@blueprint.get("")
def index(slug: str) -> Response:
    """The figures of a period; wrong dates are shown again in the form."""
    form = PeriodForm()
    period = form.period()
    if period is None:
        return _page(form, None, 422)
    return _page(form, reports.invitations(scope.organization(), period))


@blueprint.get("/invitations.csv")
def export(slug: str) -> Response:
    """The same figures as CSV."""
    form = PeriodForm()
    period = form.period()
    if period is None:
        return _page(form, None, 422)
    report = reports.invitations(scope.organization(), period)
    body = "".join(spreadsheets.lines(reports.cells(report)))
    response = current_app.response_class(body, mimetype="text/csv")
    name = f"{slug}-invitations-{period.first}-{period.last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def lasting(seconds: float | None) -> str:
    """A duration in a suitable unit, with at most one decimal."""
    if seconds is None:
        return "–"
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= unit:
            number = f"{seconds / unit:.1f}".removesuffix(".0")
            return f"{number} {name.removesuffix('s') if number == '1' else name}"
    return "under a minute"


def day(moment: date) -> str:
    """A date in words, without its weekday."""
    return f"{moment.day} {moment:%B %Y}"


def days(first: date, last: date) -> str:
    """A short form of a range of days: 28 Sep – 4 Oct 2026."""
    return f"{first.day} {first:%b} – {last.day} {last:%b} {last.year}"


def share(part: int, whole: int) -> str:
    """A share in whole percent; never 0 % for some, nor 100 % for less than all."""
    if not whole:
        return "–"
    percent = round(100 * part / whole)
    if part and not percent:
        return "under 1 %"
    return "over 99 %" if part < whole and percent == 100 else f"{percent} %"


def _page(form: PeriodForm, report: reports.Report | None, status: int = 200) -> Response:
    return pages.render(
        "reports/index.html",
        fragment=REPORT,
        form=form,
        report=report,
        lasting=lasting,
        day=day,
        days=days,
        share=share,
        status=status,
    )
