"""The rows of the invitation table; built here, because fifty are slow in a template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from flask import current_app
from jinja2.environment import TemplateModule
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from webapp import clock, languages
from webapp.domain.groups import choices as group_choices
from webapp.domain.groups import table as group_table
from webapp.domain.invitations import table
from webapp.domain.invitations.lines import InvitationLine
from webapp.domain.invitations.table import DELIVERIES, NEWEST, STATUSES, InvitationFilters
from webapp.domain.links import table as join_links
from webapp.domain.pagination import Page
from webapp.languages import gettext, marked
from webapp.models import Organization
from webapp.web import markup, moments, pages, roles, scope

ENDED, AGAIN, REFUSED = "ended", "again", "refused"
# Why somebody is not offered to be invited again, by the reason that their address is suppressed.
NOT_AGAIN = {
    "reported": marked("Said it is not for them"),
    "unsubscribed": marked("Unsubscribed"),
    "complained": marked("Marked as unwanted"),
    "bounced": marked("Mail came back"),
}
COME_BACK = ("failed", "bounced")  # mails whose address may be wrong


# The markup that rows share, by the catalogue of its language.
_patterns: WeakKeyDictionary[object, TemplateModule] = WeakKeyDictionary()


def filters_of(query: MultiDict[str, str]) -> InvitationFilters:
    """The filters and the order that an address or a form asks for."""
    group = query.get("group")
    return InvitationFilters.of(
        group_id=group_choices.filtered(scope.organization(), group),
        group=group,
        status=query.get("status"),
        delivery=query.get("delivery"),
        inviter_id=pages.row_id(query.get("inviter")),
        link_id=pages.row_id(query.get("link")),
        q=query.get("q"),
        sort=query.get("sort"),
    )


def facts(page: Page[InvitationLine], filters: InvitationFilters, at: str) -> dict[str, Any]:
    """What the template shows of a page of the table at that address."""
    may_write = scope.may("invitations:write")
    selectable_here = sum(line.may_be_resent for line in page.rows) if may_write else 0
    return {
        "page": page,
        "filters": filters,
        "list": at,
        "rows": _rows(page.rows, at, may_write, "boxless" if selectable_here else "columnless"),
        "selectable_here": selectable_here,
        "address": _addresses(at, filters),
        "statuses": STATUSES,
    }


def choices(organization: Organization, filters: InvitationFilters) -> dict[str, Any]:
    """What the table can be filtered by besides status and words."""
    return {
        "deliveries": DELIVERIES,
        "inviters": table.inviters(organization, filters.inviter_id),
        "groups": group_table.everyone(organization),
        "links": join_links.labels(organization, filters.link_id),
    }


def _patterns_here() -> Any:
    """The markup that rows share, with placeholders; built once per process and language."""
    catalogue = languages.catalogue()
    if catalogue not in _patterns:
        template = current_app.jinja_env.get_template("invitations/_rows.html")
        _patterns[catalogue] = template.make_module()
    return _patterns[catalogue]


def _rows(lines: Sequence[InvitationLine], address: str, may_write: bool, plain: str) -> Markup:
    """The rows; those that offer nothing to select are of the `plain` pattern."""
    now, shared, at = clock.now(), _patterns_here(), escape(address)
    kinds, marks, asides = shared.kinds, shared.marks, shared.asides
    # Each word is asked for once, not for each row.
    role_names = {name: escape(words) for name, words in roles.named().items()}
    not_again = {reason: escape(gettext(words)) for reason, words in NOT_AGAIN.items()}
    operator, not_mailed = escape(gettext("Operator")), escape(gettext("Not mailed any more"))
    rows = []
    for line in lines:
        status = line.status(now)
        kind = _kind(line, now) if may_write else ENDED
        delivery = _delivery(line, line.may_be_resent)
        # Everything in it is markup, or a number: what `%` puts in is not escaped again.
        words = {
            "id": line.id,
            "row": f"{at}/{line.id}",
            "new": f"{at}/new",
            "email": escape(line.email),
            "address": markup.breakable(line.email),
            "role": role_names.get(line.role) or escape(line.role.capitalize()),
            "inviter": escape(line.inviter) if line.inviter else operator,
            "created": moments.tag(line.created_at),
            "expires": marks["ended"],
            "why": not_again.get(line.suppressed or "", not_mailed),
            "status": marks.get(status) or shared.other(status),
            "delivery": marks.get(delivery) or shared.other(delivery),
        }
        if status in ("pending", "expired"):
            words["expires"] = moments.tag(line.expires_at)
        words["aside"] = str.__mod__(asides[kind], words) if kind in asides else ""
        rows.append(str.__mod__(kinds.get(kind) or kinds[plain], words))
    return Markup("".join(rows))  # noqa: S704


def _kind(line: InvitationLine, now: datetime) -> str:
    if line.may_be_repeated:
        return REFUSED if line.suppressed else AGAIN
    if not line.may_be_resent:
        return ENDED
    kind = "open" if line.is_open(now) else line.status(now)
    return f"{kind}, failing" if line.delivery_state in COME_BACK else kind


def _delivery(line: InvitationLine, can_change: bool) -> str:
    if line.delivery_state == "suppressed" and not can_change:
        return "not sent"
    if can_change and (line.suppressed or "bounced") != "bounced":
        return "unsubscribed"
    return line.delivery_state or "never"


def _addresses(at: str, filters: InvitationFilters) -> Callable[..., str]:
    # The present filters, except for what changes.
    present = {
        "status": filters.status,
        "delivery": filters.delivery,
        "inviter": filters.inviter_id,
        "group": filters.group or None,
        "link": filters.link_id,
        "q": filters.words or None,
        "sort": filters.sort if filters.sort != NEWEST else None,
    }

    def address(**changes: str | int | None) -> str:
        query = {name: value for name, value in (present | changes).items() if value is not None}
        return f"{at}?{urlencode(query)}" if query else at

    return address
