"""Every page there is, with the longest words it can hold, in every state that it can be in."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from webapp.domain import invitations, outbox
from webapp.domain.deliverability import unsubscribes
from webapp.domain.invitations import acceptances
from webapp.domain.webhooks import deliveries
from webapp.web import access

LONG = "very-long-" * 4 + "name-of-a-mailbox"  # 57 of the 64 characters that may stand before @
FAR = f"{LONG}@{'-'.join(['department'] * 5)}.{'-'.join(['university'] * 5)}.example.org"
NAME = "Donaudampfschifffahrtsgesellschaftskapitän " * 2 + "Wolfeschlegel"
MESSAGE = "Dear all,\n" + "Donaudampfschifffahrtsgesellschaftskapitän " * 10 + "x" * 200

TEMPLATES = "/orgs/acme/settings/email/templates"
HOOKS = "/orgs/acme/settings/webhooks"

PARTS = 6  # of the pages, so that several processes share them

# Who opens what, and the heading found there, by the name of the view.
PAGES = {
    "sign_in.show": (None, "/login", "Sign in"),
    "home.accessibility": (None, "/accessibility", "Accessibility"),
    "home.organizations": (cast.PRIYA, "/orgs", "Your organizations"),
    "passwords.ask": (None, "/password/forgot", "I forgot my password"),
    "account.show": (cast.PRIYA, "/account", "Your account"),
    "invitations.index": (cast.PRIYA, "/orgs/acme/invitations", "Invitations"),
    "invitations.new": (cast.PRIYA, "/orgs/acme/invitations/new", "Invite people to Acme"),
    "invitations.detail": (cast.PRIYA, "/orgs/acme/invitations/{far}", FAR),
    "invitations.ask_edit": (
        cast.PRIYA,
        "/orgs/acme/invitations/{far}/edit",
        "Edit the invitation",
    ),
    "invitation_links.ask": (cast.PRIYA, "/orgs/acme/invitations/{far}/link", "Copy the link"),
    "invitations.ask_revoke": (
        cast.PRIYA,
        "/orgs/acme/invitations/{far}/revoke",
        f"Revoke the invitation for {FAR}?",
    ),
    "readdressing.ask": (
        cast.PRIYA,
        "/orgs/acme/invitations/{far}/address",
        "Fix the address",
    ),
    "bulk_actions.ask": (
        cast.PRIYA,
        "/orgs/acme/invitations/selected?do=revoke&id={far}",
        "Revoke the selected invitations?",
    ),
    "bulk_imports.index": (cast.PRIYA, "/orgs/acme/invitations/bulk", "Invite many"),
    "bulk_imports.show": (cast.PRIYA, "/orgs/acme/invitations/bulk/{list}", "Pasted list"),
    "members.index": (cast.PRIYA, "/orgs/acme/members", "Members of Acme"),
    "members.ask_role": (
        cast.PRIYA,
        "/orgs/acme/members/{member}/role",
        f"Change the role of {NAME}",
    ),
    "members.ask_sign_out": (
        cast.PRIYA,
        "/orgs/acme/members/{member}/sign-out",
        f"Sign {NAME} out everywhere?",
    ),
    "members.ask_deactivate": (
        cast.PRIYA,
        "/orgs/acme/members/{member}/deactivate",
        f"Deactivate {NAME}?",
    ),
    "audit.index": (cast.PRIYA, "/orgs/acme/audit", "Audit trail"),
    "reports.index": (cast.MARCO, "/orgs/acme/reports", "Reports"),
    "settings.team": (cast.PRIYA, "/orgs/acme/settings/team", "Settings"),
    "settings.invitations": (cast.PRIYA, "/orgs/acme/settings/invitations", "Settings"),
    "mail_templates.index": (cast.PRIYA, TEMPLATES, "Mail templates"),
    "mail_templates.edit": (cast.PRIYA, f"{TEMPLATES}/invitation", "Invitation"),
    "mail_templates.versions": (cast.PRIYA, f"{TEMPLATES}/invitation/versions", "Versions"),
    "mail_templates.ask_default": (
        cast.PRIYA,
        f"{TEMPLATES}/invitation/default",
        "Back to the built-in text?",
    ),
    "settings.email": (cast.PRIYA, "/orgs/acme/settings/email", "Settings"),
    "webhooks.index": (cast.PRIYA, HOOKS, "Settings"),
    "webhooks.new": (cast.PRIYA, f"{HOOKS}/new", "Add a webhook"),
    "webhooks.show": (cast.PRIYA, f"{HOOKS}/{{hook}}", NAME),
    "webhooks.ask_change": (cast.PRIYA, f"{HOOKS}/{{hook}}/edit", "Change the webhook"),
    "webhooks.ask_rotate": (cast.PRIYA, f"{HOOKS}/{{hook}}/secret", "Make a new secret?"),
    "webhooks.ask_delete": (cast.PRIYA, f"{HOOKS}/{{hook}}/delete", "Delete the webhook?"),
    "webhook_deliveries.show": (
        cast.PRIYA,
        f"{HOOKS}/{{hook}}/deliveries/{{told}}",
        "InvitationCreated",
    ),
    "api_keys.index": (cast.PRIYA, "/orgs/acme/settings/api-keys", "Settings"),
    "api_keys.show": (cast.PRIYA, "/orgs/acme/settings/api-keys/{key}", "Settings"),
    "api_keys.ask_revoke": (
        cast.PRIYA,
        "/orgs/acme/settings/api-keys/{key}/revoke",
        f"Revoke the key “{NAME}”?",
    ),
    "docs.show": (None, "/api/v1/docs", "API"),
    "mail_health.index": (cast.PRIYA, "/orgs/acme/settings/email/health", "Settings"),
    "leaving.ask_leave": (cast.PRIYA, "/account/leave/acme", "Leave Acme?"),
    "leaving.ask_delete": (cast.PRIYA, "/account/delete", "Delete your account?"),
    "account_sessions.index": (cast.PRIYA, "/account/sessions", "Where you are signed in"),
    "second_factor.show": (cast.PRIYA, "/account/second-factor", "Second factor"),
    "registration.show": (None, "/register?token={token}", "Join Acme"),
    "unsubscribing.show": (None, "/unsubscribe?token={unsubscribe}", "Unsubscribe from Acme?"),
    "registration.ask_decline": (
        None,
        "/register/decline?token={token}",
        "Decline the invitation to Acme?",
    ),
}
# Views that only lead on, or are read by programs; and pages with a test of their own.
NOT_PAGES = {
    "static",
    *("home.index", "home.organization", "home.to_invitations", "home.to_members"),
    *("home.to_settings", "home.to_audit", "audit.export"),
    *("home.to_reports", "reports.export"),
    *("registration.invite", "health.alive", "health.ready", "metrics.show", "account_data.export"),
    "bulk_imports.export",
    "docs.openapi",
    *access.CALLS,
}
ELSEWHERE = {
    "sign_in.ask_code": "test_second_factor",
    "confirming.ask": "test_copying",
    "passwords.show": "test_passwords",
    "mail_templates.version": "test_mail_templates",
    "mailbox.index": "here, below",
    "mailbox.message": "here, below",
}


@pytest.fixture
def far(app, site) -> dict[str, object]:
    """An invitation and an admin as long as they come: what stands in their pages' addresses."""
    with app.app_context():
        hook = cast.webhook(
            f"https://8.8.8.8/{'x' * 400}", name=NAME, event_names=["InvitationCreated"]
        )
        admin = cast.invited(f"m-{FAR}", role="admin")
        acceptances.accept(
            cast.mailed_token(admin), full_name=NAME, password="seven bars and a half"
        )
        person = cast.person(f"m-{FAR}")
        invitations.create(cast.organization(), by=person, email="bo@example.org", role="manager")
        made = cast.invited(FAR, role="manager", name="Bo " * 33, message=MESSAGE)
        return {
            "far": made.id,
            "hook": hook.id,
            "told": deliveries.page(hook).rows[0][0].id,
            "list": cast.listed(f"{NAME} <{FAR}>, new-{FAR} {'x' * 300} bo@gmial.com").id,
            "token": cast.mailed_token(made),
            "key": cast.key(NAME).id,
            "member": cast.member(f"m-{FAR}").id,
            "unsubscribe": unsubscribes.address(made).partition("token=")[2],
        }


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_holds_long_words_and_can_be_used_by_everybody(visitor, far, part, subtests):
    """With scripts, and then without: what axe has seen already it need not look at again."""
    people = {}
    for view in list(PAGES)[part::PARTS]:
        who, address, heading = PAGES[view]
        for javascript in (True, False):
            with subtests.test(view, javascript=javascript):
                if (who, javascript) not in people:
                    people[who, javascript] = visitor(who, javascript=javascript)
                somebody = people[who, javascript]
                somebody.open(address.format_map(far))
                assert somebody.status == 200
                somebody.sees_heading(heading)
                somebody.checked()


def test_no_page_is_left_out(app):
    views = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert views <= set(access.ACCESS)
    assert views - NOT_PAGES - set(ELSEWHERE) == set(PAGES)


@both_ways
@pytest.mark.parametrize(
    ("who", "address", "status", "heading"),
    [
        (cast.PRIYA, "/orgs/acme/nothing", 404, "There is nothing here"),
        (None, "/nothing", 404, "There is nothing here"),
        (cast.EVE, "/orgs/acme/members", 404, "There is nothing here"),
        (cast.CHEN, "/orgs/acme/invitations", 403, "This is not yours to do"),
        (None, "/confirm?token=nothing", 404, "There is nothing here"),
    ],
)
def test_a_refusal_is_a_page_that_leads_on(visitor, who, address, status, heading):
    somebody = visitor(who)
    somebody.open(address)
    assert somebody.status == status
    somebody.sees_heading(heading)
    somebody.checked()


@both_ways
def test_a_mail_that_the_server_refused_is_told_with_its_words_and_tried_again(
    visitor, app, smtp, bo_is_invited
):
    smtp.script["RCPT TO:<bo@example.org>"] = ["550 5.1.1 There is no Bo here"]
    with app.app_context():
        outbox.drain()
    priya = visitor(cast.PRIYA)
    priya.sees_in_row("bo@example.org", "Failed")
    priya.checked()
    priya.press("bo@example.org")
    priya.reads("There is no Bo here")
    priya.checked()
    priya.press("Try again to send this mail")
    priya.is_told("The mail will be tried again now.")
    with app.app_context():
        outbox.drain()
    priya.page.reload()
    priya.reads("Sent")


class TestAMailServerThatRefusesOurSignIn:
    """All mail waits, and the admins see why."""

    @pytest.fixture
    def settings(self, settings, smtp):
        smtp.accounts["gatehouse"] = "another password"
        return {**settings, "MAIL_USERNAME": "gatehouse", "MAIL_PASSWORD": "the wrong password"}

    @both_ways
    def test_is_told_on_the_page(self, visitor, app, bo_is_invited):
        with app.app_context():
            outbox.drain()
        priya = visitor(cast.PRIYA)
        priya.reads("the mail server refuses our sign-in")
        priya.checked()


@both_ways
def test_a_long_table_has_pages(visitor, app, site):
    with app.app_context():
        for number in range(60):
            cast.invited(f"guest{number}@example.org", send=False)
    priya = visitor(cast.PRIYA)
    priya.sees_in_row("guest59@example.org", "Not mailed")
    priya.checked()
    priya.press("Next")
    priya.sees_in_row("guest0@example.org", "Pending")
    priya.press("First")
    priya.sees_in_row("guest59@example.org", "Pending")


@both_ways
def test_a_manager_reads_the_table_and_changes_nothing(visitor, bo_is_invited):
    marco = visitor(cast.MARCO)
    marco.sees_in_row("bo@example.org", "Pending")
    expect(marco.button("Invite people")).to_have_count(0)
    expect(marco.row("bo@example.org").get_by_role("button")).to_have_count(0)
    marco.checked()
    marco.press("bo@example.org")
    marco.reads("History")
    expect(marco.place.get_by_role("button")).to_have_count(0)
    marco.checked()


@both_ways
def test_an_ended_invitation_has_no_link_to_copy(visitor, app, site):
    with app.app_context():
        ended = cast.invited()
        invitations.revoke(cast.organization(), ended.id, by=cast.person())
    priya = visitor(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{ended.id}/link")
    priya.reads("This invitation has no working link.")
    priya.checked()


class TestTheMailboxOfADevelopmentSystem:
    """Mails are read in the browser, and their links lead on."""

    @pytest.fixture
    def settings(self, settings, monkeypatch, tmp_path: Path):
        monkeypatch.setattr("webapp.web.mailbox.FOLDER", tmp_path / "mailbox")
        (tmp_path / "mailbox").mkdir()
        return {**settings, "GATEHOUSE_ENV": "development"}

    @both_ways
    def test_leads_from_the_mail_to_the_registration(
        self, visitor, smtp, mailed_link, bo_is_invited, tmp_path: Path
    ):
        bo = visitor()
        bo.open("/mailbox")
        bo.reads("No mail yet.")
        bo.checked()
        link = mailed_link()
        (tmp_path / "mailbox" / "1.mail").write_bytes(smtp.messages[-1].data)
        bo.page.reload()
        bo.checked()
        bo.press("Priya Shah invites you to join Acme")
        bo.checked()
        bo.page.get_by_role("link", name=link).click()
        bo.sees_heading("Join Acme")
