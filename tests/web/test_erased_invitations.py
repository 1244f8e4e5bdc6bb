"""Pages and API show an erased invitation by its number and its pseudonym."""

from __future__ import annotations

from tests import cast
from webapp.domain import outbox
from webapp.domain.operations import sweeps
from webapp.domain.organizations import settings
from webapp.domain.privacy import retention


def test_an_erased_invitation_is_shown_and_cannot_be_sent_again(browser, app, travel):
    with app.app_context():
        made = cast.invited("bo@example.org")
        number, token = made.id, cast.mailed_token(made)
        settings.change_invitations(
            cast.organization(),
            by=cast.person(),
            expiry_days=None,
            allowed_domains=None,
            retention_days=30,
        )
    travel(days=40)
    with app.app_context():
        sweeps.expire()
        outbox.drain()
        retention.erase_due()
    priya = browser(cast.PRIYA)
    for path in (
        "/orgs/acme/invitations",
        f"/orgs/acme/invitations/{number}",
        "/orgs/acme/audit",
        "/orgs/acme/reports",
        "/orgs/acme/settings/email/health",
    ):
        priya.open(path)
        assert priya.status == 200
        assert "bo@example.org" not in priya.page.words, path
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "erased-" in priya.page.words
    forms = [form.action for form in priya.page.forms() if f"/{number}" in form.action]
    assert not [action for action in forms if "resend" in action or "correct" in action]
    stranger = browser()
    stranger.open(f"/register?token={token}")
    assert stranger.status == 410
