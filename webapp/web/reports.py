"""What happened to the invitations: a sentence, a funnel, a chart by week, and a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, current_app

from webapp import formats, replicas
from webapp.domain import reports, spreadsheets
from webapp.domain.groups import choices
from webapp.domain.groups import table as group_table
from webapp.domain.links import table as link_table
from webapp.domain.reports.periods import Period
from webapp.languages import gettext, ngettext
from webapp.web import pages, scope
from webapp.web.forms.reports import PeriodForm
from webapp.web.pages import Fragment

blueprint = Blueprint("reports", __name__, url_prefix="/orgs/<slug:slug>/reports")

REPORT = Fragment("reports/_report.html", "#report", has_address=True)
MINUTE, HOUR, DAY = 60, 3600, 86_400
TICKS = 4  # steps along a chart's axis, at most


@blueprint.get("")
def index(slug: str) -> Response:
    """The figures of a period; wrong dates are shown again in the form."""
    form = PeriodForm()
    period = form.period()
    if period is None:
        return _page(form, None, 422)
    return _page(form, _report(form, period))


@blueprint.get("/invitations.csv")
def export(slug: str) -> Response:
    """The same figures as CSV."""
    form = PeriodForm()
    period = form.period()
    if period is None:
        return _page(form, None, 422)
    report = _report(form, period)
    body = "".join(spreadsheets.lines(reports.cells(report)))
    response = current_app.response_class(body, mimetype="text/csv")
    name = f"{slug}-invitations-{period.first}-{period.last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _report(form: PeriodForm, period: Period) -> reports.Report:
    organization = scope.organization()
    group_id = choices.filtered(organization, form.group.data)
    link_id = pages.row_id(form.link.data) or None
    return reports.invitations(organization, period, group_id=group_id, link_id=link_id)


def lasting(seconds: float | None) -> str:
    """A duration in a suitable unit, with at most one decimal."""
    if seconds is None:
        return "–"
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= unit:
            return formats.duration(seconds / unit, name)
    return gettext("under a minute")


def share(part: int, whole: int) -> str:
    """A share in whole percent; never 0% for some, nor 100% for less than all."""
    if not whole:
        return "–"
    percent = round(100 * part / whole)
    if part and not percent:
        return gettext("under %(share)s", share=formats.percent(1))
    if part < whole and percent == 100:
        return gettext("over %(share)s", share=formats.percent(99))
    return formats.percent(percent)


def called(line: reports.ReportLine, by: str) -> str:
    """What a line is about; only names of ours are translated."""
    is_ours = by == "role" or line.key == reports.REST or not line.key
    return gettext(line.name) if is_ours else line.name


def summary(report: reports.Report) -> str:
    """How it went, in one sentence."""
    its = report.total
    seconds = its.median_seconds or 0
    values = {
        "n": formats.number(its.invited),
        "first": formats.day(report.period.first),
        "last": formats.day(report.period.last),
        "time": lasting(seconds) if seconds >= MINUTE else gettext("a minute"),
        "rate": share(its.accepted, its.invited),
    }
    if not its.accepted:
        return ngettext(
            "The one invitation made from %(first)s to %(last)s has not been accepted.",
            "None of the %(n)s invitations made from %(first)s to %(last)s has been accepted.",
            its.invited,
            **values,
        )
    if its.accepted == its.invited:
        return ngettext(
            "The one invitation made from %(first)s to %(last)s was accepted within %(time)s.",
            "All %(n)s invitations made from %(first)s to %(last)s were accepted, "
            "half of them within %(time)s.",
            its.invited,
            **values,
        )
    if its.accepted == 1:
        return gettext(
            "One of the %(n)s invitations made from %(first)s to %(last)s was accepted, "
            "within %(time)s.",
            **values,
        )
    return gettext(
        "%(rate)s of the %(n)s invitations made from %(first)s to %(last)s were accepted, "
        "half of them within %(time)s.",
        **values,
    )


def ticks(most: int) -> Sequence[int]:
    """The numbers along a chart's axis: from 0 in round steps to at least `most`."""
    step = 1
    while step * TICKS < most:
        step = next(size for size in _round_steps() if size > step)
    return range(0, max(-(-most // step), 1) * step + 1, step)


def _round_steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, and so on."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _page(form: PeriodForm, report: reports.Report | None, status: int = 200) -> Response:
    organization = scope.organization()
    return pages.render(
        "reports/index.html",
        fragment=REPORT,
        form=form,
        groups=group_table.everyone(organization),
        links=link_table.labels(organization, pages.row_id(form.link.data)),
        report=report,
        lasting=lasting,
        day=formats.day,
        days=formats.days,
        called=called,
        share=share,
        summary=summary,
        ticks=ticks,
        may_lag=replicas.is_set(),
        status=status,
    )
