"""The reports page in a browser: with figures, with bad days, and without scripts."""

from __future__ import annotations

from tests import cast
from tests.browser.visitor import both_ways
from webapp.domain import invitations


@both_ways
def test_a_period_is_asked_for_and_bad_days_are_put_right(visitor, app, site):
    with app.app_context():
        for number in range(3):
            made = cast.invited(f"guest{number}@example.org", send=False)
        invitations.revoke(cast.organization(), made.id, by=cast.person())
    marco = visitor(cast.MARCO, at="/reports")
    marco.reads("Week by week")
    marco.checked()
    marco.fill("Time zone", "Berlin")
    marco.press("Show")
    marco.reads("There is a problem")
    marco.checked()
    marco.fill("Time zone", "Europe/Berlin")
    marco.press("Show")
    marco.reads("days in the time zone Europe/Berlin")
    marco.checked()
    marco.fill("First day", "2001-01-01")
    marco.fill("Last day", "2001-12-31")
    marco.press("Show")
    marco.reads("Nobody was invited from 1 January 2001 to 31 December 2001.")
    marco.checked()
