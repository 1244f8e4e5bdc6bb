"""How often an organization reviews access, and what silence means then."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from webapp import clock
from webapp.db import transaction
from webapp.domain import events, organizations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.members import reviews
from webapp.domain.organizations import permissions
from webapp.languages import gettext as _
from webapp.models import Organization

DAYS = (90, 180, 365)
_WORDS = {
    reviews.KEEP: "what silence means in a review to “access stays”",
    reviews.END: "what silence means in a review to “access ends”",
}


@transaction()
def change(
    organization: Organization,
    *,
    by: Actor,
    every: int | None,
    silence: str,
    seen: Seen | None = None,
) -> None:
    """Choose after how many days a review begins (None: never), and what silence means in it.

    The first one begins so many days from now; one that is open stays as it is.
    """
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "settings:write")
    if every is not None and every not in DAYS:
        raise Refusal(_("Choose how often a review begins."), "every")
    reviews.refuse_silence(silence, "silence")
    changes = _changes(organization, every, silence)
    told = partial(_last_change, organization)
    versions.refuse_changed(seen, organization, writes=changes, told=told)
    if not changes:
        return
    if every != organization.review_days:
        organization.review_days = every
        organization.review_due_at = clock.now() + timedelta(days=every) if every else None
    organization.review_silence = silence
    events.record(organization, "SettingsChanged", by=by, changed=" and ".join(changes))


def _changes(organization: Organization, every: int | None, silence: str) -> list[str]:
    """What changes, in the words of the trail."""
    changes = []
    if every != organization.review_days:
        words = f"every {every} days" if every else "when an admin starts one"
        changes.append(f"access reviews to {words}")
    if silence != organization.review_silence:
        changes.append(_WORDS[silence])
    return changes


def _last_change(organization: Organization) -> str | None:
    return versions.last_change(
        organization,
        "SettingsChanged",
        lambda event: "review" in event.data["changed"],
    )
