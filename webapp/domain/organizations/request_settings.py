"""The settings of requests: who may make one, and when a second admin has to agree."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from webapp.db import transaction
from webapp.domain import events, organizations
from webapp.domain.errors import Objections, Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.organizations import permissions, second_admin
from webapp.languages import gettext
from webapp.models import Organization, Role

NOBODY, MANAGERS, EVERYBODY = "nobody", "managers", "everybody"
PROPOSERS = (NOBODY, MANAGERS, EVERYBODY)
PER_MONTH_MOST = 100
MARKS = ("who can suggest people", "how many people", "the page where strangers", "second admins")
# Roles that may propose, by the setting; a word of a later version means nobody.
ROLES: dict[str, tuple[str, ...]] = {
    MANAGERS: (Role.ADMIN, Role.MANAGER),
    EVERYBODY: (Role.ADMIN, Role.MANAGER, Role.CONTRIBUTOR),
}


@transaction()
def change(
    organization: Organization,
    *,
    by: Actor,
    proposers: str,
    proposals_per_month: int | None,
    takes_asks: bool,
    needs_second_admin: bool,
    seen: Seen | None = None,
) -> None:
    """Change who may propose and how often, whether strangers may ask, and second admins."""
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "settings:write")
    _refuse_wrong(organization, proposers, proposals_per_month, needs_second_admin)
    values = {
        "proposers": proposers,
        "proposals_per_month": proposals_per_month,
        "takes_asks": takes_asks,
        "needs_second_admin": needs_second_admin,
    }
    changed = [name for name, value in values.items() if getattr(organization, name) != value]
    told = partial(_last_change, organization)
    versions.refuse_changed(seen, organization, writes=changed, told=told)
    if changed:
        _save(organization, by, {name: values[name] for name in changed})


def _save(organization: Organization, by: Actor, changes: Mapping[str, object]) -> None:
    for name, value in changes.items():
        setattr(organization, name, value)
    words = " and ".join(_words(organization)[name] for name in changes)
    events.record(organization, "SettingsChanged", by=by, changed=words)


def may_propose(organization: Organization, role: str) -> bool:
    """Whether members with this role may propose people here."""
    return role in ROLES.get(organization.proposers, ())


def _refuse_wrong(
    organization: Organization, proposers: str, per_month: int | None, needs_second: bool
) -> None:
    wrong = Objections()
    with wrong:
        if proposers not in PROPOSERS:
            raise Refusal(gettext("Choose who can suggest people."), "proposers")
    with wrong:
        if per_month is None or not 1 <= per_month <= PER_MONTH_MOST:
            words = gettext("Enter a number from 1 to %(most)s.", most=PER_MONTH_MOST)
            raise Refusal(words, "proposals_per_month")
    with wrong:
        is_new = needs_second and not organization.needs_second_admin
        if is_new and second_admin.count(organization) < 2:
            words = gettext("You are the only admin here. Make somebody else an admin first.")
            raise Refusal(words, "needs_second_admin")
    wrong.settle()


def _words(organization: Organization) -> dict[str, str]:
    """What each is changed to, as the trail says it."""
    asks = "on" if organization.takes_asks else "off"
    second = "required" if organization.needs_second_admin else "not required"
    return {
        "proposers": f"who can suggest people to {organization.proposers}",
        "proposals_per_month": f"how many people a member can suggest to "
        f"{organization.proposals_per_month} a month",
        "takes_asks": f"the page where strangers ask to join to {asks}",
        "needs_second_admin": f"second admins to {second}",
    }


def _last_change(organization: Organization) -> str | None:
    return versions.last_change(
        organization,
        "SettingsChanged",
        lambda event: any(mark in event.data["changed"] for mark in MARKS),
    )
