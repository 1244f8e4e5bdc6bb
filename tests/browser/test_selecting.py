"""The table searched, sorted and changed in many rows at once, in a browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_priya_finds_two_invitations_and_revokes_them_together(visitor, app, site, javascript):
    with app.app_context():
        for name in ("ann", "bo", "cy"):
            cast.invited(f"{name}@school.example", send=False)
        cast.invited("dee@example.org", send=False)
    priya = visitor(cast.PRIYA)
    priya.fill("Search by name or email", "@SCHOOL")
    priya.press("Search")
    expect(priya.page.locator("tbody tr")).to_have_count(3)
    priya.keeps_focus()
    priya.press("Email")
    expect(priya.page.locator("tbody th").first).to_contain_text("ann@school.example")
    priya.checked()
    for name in ("ann", "cy"):
        priya.page.get_by_label(f"Select {name}@school.example").check()
    priya.press("Revoke the selected invitations")
    priya.sees_heading("Revoke 2 invitations?")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.press("Revoke 2 invitations")
    priya.is_told("2 invitations were revoked.")
    priya.keeps_focus()
    priya.open("/orgs/acme/invitations?status=pending")
    expect(priya.page.locator("tbody tr")).to_have_count(2)
    priya.checked()


def test_choosing_nobody_is_told_what_to_do(visitor, bo_is_invited):
    """With scripts the bar is not there until a box is ticked."""
    priya = visitor(cast.PRIYA, javascript=False)
    priya.press("Resend the selected invitations")
    priya.reads("You have not selected an invitation that can be resent.")
    priya.checked()
