"""Every page there is: who opens it, and its heading; with values as long as they can be."""

from __future__ import annotations

from tests import cast
from webapp.db import transaction
from webapp.domain import invitations
from webapp.domain.accounts import notice_choices
from webapp.domain.deliverability import unsubscribes
from webapp.domain.groups import members
from webapp.domain.invitations import acceptances
from webapp.domain.members import reviews
from webapp.domain.webhooks import deliveries
from webapp.models import Invitation, JoinLink
from webapp.web import access

LONG = "very-long-" * 4 + "name-of-a-mailbox"  # 57 of the 64 characters that may stand before @
FAR = f"{LONG}@{'-'.join(['department'] * 5)}.{'-'.join(['university'] * 5)}.example.org"
NAME = "Donaudampfschifffahrtsgesellschaftskapitän " * 2 + "Wolfeschlegel"
MESSAGE = "Dear all,\n" + "Donaudampfschifffahrtsgesellschaftskapitän " * 10 + "x" * 200

TEMPLATES = "/orgs/acme/settings/email/templates"
APPLICATIONS = "/orgs/acme/applications"
HOOKS = "/orgs/acme/settings/webhooks"

# Who opens what, and the heading found there, by the name of the view.
PAGES = {
    "sign_in.show": (None, "/login", "Sign in"),
    "home.accessibility": (None, "/accessibility", "Accessibility statement"),
    "home.index": (cast.CHEN, "/", "Applications"),
    "home.organizations": (cast.PRIYA, "/orgs", "Your organizations"),
    "passwords.ask": (None, "/password/forgot", "I forgot my password"),
    "passwords.sent": (None, "/password/forgot/sent", "Check your mail"),
    "account.show": (cast.PRIYA, "/account", "Your account"),
    "invitations.index": (cast.PRIYA, "/orgs/acme/invitations", "Invitations"),
    "invitations.new": (cast.PRIYA, "/orgs/acme/invitations/new", "Invite people"),
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
        "Revoke 1 invitation?",
    ),
    "bulk_imports.index": (cast.PRIYA, "/orgs/acme/invitations/bulk", "Import a list"),
    "bulk_imports.show": (cast.PRIYA, "/orgs/acme/invitations/bulk/{list}", "Pasted list"),
    "join_links.index": (cast.PRIYA, "/orgs/acme/links", "Join links"),
    "join_links.new": (cast.PRIYA, "/orgs/acme/links/new", "Create a join link"),
    "join_links.show": (cast.PRIYA, "/orgs/acme/links/{link}", NAME),
    "join_links.ask_revoke": (cast.PRIYA, "/orgs/acme/links/{link}/revoke", "Revoke this link?"),
    "joining.type_code": (None, "/join", "Join with a code"),
    "joining.show": (None, "/join/{code}", "Join Acme"),
    "joining.sent": (None, "/join/{code}/sent", "Check your mail"),
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
    "applications.index": (cast.PRIYA, APPLICATIONS, "Applications"),
    "applications.new": (cast.PRIYA, f"{APPLICATIONS}/new", "Add an application"),
    "applications.show": (cast.PRIYA, f"{APPLICATIONS}/{{application}}", NAME),
    "applications.ask_change": (
        cast.PRIYA,
        f"{APPLICATIONS}/{{application}}/edit",
        "Edit the application",
    ),
    "applications.ask_delete": (
        cast.PRIYA,
        f"{APPLICATIONS}/{{application}}/delete",
        f"Delete the application “{NAME}”?",
    ),
    "openid_settings.ask": (
        cast.PRIYA,
        f"{APPLICATIONS}/{{application}}/openid",
        "OpenID Connect",
    ),
    "openid_settings.ask_secret": (
        cast.PRIYA,
        f"{APPLICATIONS}/{{application}}/secret",
        "Create a client secret?",
    ),
    "applications.try_it": (
        cast.PRIYA,
        f"{APPLICATIONS}/{{application}}/try?email={cast.CHEN}",
        f"Try “{NAME}”",
    ),
    "groups.index": (cast.PRIYA, "/orgs/acme/groups", "Groups"),
    "groups.show": (cast.PRIYA, "/orgs/acme/groups/{group}", NAME),
    "groups.ask_change": (cast.PRIYA, "/orgs/acme/groups/{group}/edit", "Edit the group"),
    "groups.ask_delete": (
        cast.PRIYA,
        "/orgs/acme/groups/{group}/delete",
        f"Delete the group “{NAME}”?",
    ),
    "member_ends.ask_end": (
        cast.PRIYA,
        "/orgs/acme/members/{member}/end",
        f"When the access of {NAME} ends",
    ),
    "member_ends.ask_end_now": (
        cast.PRIYA,
        "/orgs/acme/members/{member}/end-now",
        f"End the access of {NAME} now?",
    ),
    "member_ends.ask_sponsor": (
        cast.PRIYA,
        "/orgs/acme/members/{member}/sponsor",
        f"The sponsor of {NAME}",
    ),
    "member_bulk.ask": (
        cast.PRIYA,
        "/orgs/acme/members/selected?do=end&id={member}",
        "End the access of 1 member?",
    ),
    "settings.access": (cast.PRIYA, "/orgs/acme/settings/access", "Access"),
    "audit.index": (cast.PRIYA, "/orgs/acme/audit", "Audit trail"),
    "reports.index": (cast.MARCO, "/orgs/acme/reports", "Reports"),
    "settings.team": (cast.PRIYA, "/orgs/acme/settings/team", "Team"),
    "settings.invitations": (cast.PRIYA, "/orgs/acme/settings/invitations", "Invitations"),
    "mail_templates.index": (cast.PRIYA, TEMPLATES, "Mail templates"),
    "mail_templates.edit": (cast.PRIYA, f"{TEMPLATES}/invitation", "Invitation"),
    "mail_templates.versions": (cast.PRIYA, f"{TEMPLATES}/invitation/versions", "Versions"),
    "mail_templates.ask_default": (
        cast.PRIYA,
        f"{TEMPLATES}/invitation/default",
        "Go back to the built-in text?",
    ),
    "settings.email": (cast.PRIYA, "/orgs/acme/settings/email", "Email"),
    "webhooks.index": (cast.PRIYA, HOOKS, "Webhooks"),
    "webhooks.new": (cast.PRIYA, f"{HOOKS}/new", "Add a webhook"),
    "webhooks.show": (cast.PRIYA, f"{HOOKS}/{{hook}}", NAME),
    "webhooks.ask_change": (cast.PRIYA, f"{HOOKS}/{{hook}}/edit", "Edit webhook"),
    "webhooks.ask_rotate": (cast.PRIYA, f"{HOOKS}/{{hook}}/secret", "Create a new secret?"),
    "webhooks.ask_delete": (cast.PRIYA, f"{HOOKS}/{{hook}}/delete", "Delete this webhook?"),
    "webhook_deliveries.show": (
        cast.PRIYA,
        f"{HOOKS}/{{hook}}/deliveries/{{told}}",
        "InvitationCreated",
    ),
    "api_keys.index": (cast.PRIYA, "/orgs/acme/settings/api-keys", "API keys"),
    "api_keys.show": (cast.PRIYA, "/orgs/acme/settings/api-keys/{key}", NAME),
    "api_keys.ask_revoke": (
        cast.PRIYA,
        "/orgs/acme/settings/api-keys/{key}/revoke",
        f"Revoke the key “{NAME}”?",
    ),
    "docs.show": (None, "/api/v1/docs", "API"),
    "mail_health.index": (cast.PRIYA, "/orgs/acme/settings/email/health", "Mail health"),
    "suppressed.ask": (
        cast.PRIYA,
        "/orgs/acme/settings/email/health/lift?id={suppressed}",
        f"Allow mail to b-{FAR} again?",
    ),
    "leaving.ask_leave": (cast.PRIYA, "/account/leave/acme", "Leave Acme?"),
    "leaving.ask_delete": (cast.PRIYA, "/account/delete", "Delete your account?"),
    "account_sessions.index": (cast.PRIYA, "/account/sessions", "Where you are signed in"),
    "second_factor.show": (cast.PRIYA, "/account/second-factor", "Second factor"),
    "registration.show": (None, "/register?token={token}", "Join Acme"),
    "unsubscribing.show": (None, "/unsubscribe?token={unsubscribe}", "Unsubscribe from Acme?"),
    "reviews.index": (cast.PRIYA, "/orgs/acme/reviews", "Access reviews"),
    "reviews.show": (cast.PRIYA, "/orgs/acme/reviews/{review}?show=all", "Access review"),
    "reviews.ask_stop": (cast.PRIYA, "/orgs/acme/reviews/{review}/stop", "Stop this review?"),
    "review_answers.ask": (
        cast.PRIYA,
        "/orgs/acme/reviews/{review}/answer?do=change&all=1",
        "Change 4 members?",
    ),
    "review_sponsors.show": (
        cast.PRIYA,
        "/orgs/acme/reviews/{review}/mine",
        "Who still needs access?",
    ),
    "review_sponsors.ask": (
        cast.PRIYA,
        "/orgs/acme/reviews/{review}/mine/answer?do=end&all=1",
        "End the access of 3 members?",
    ),
    "unsubscribing.show_notices": (
        None,
        "/unsubscribe/notices?token={notices}",
        "Stop mails about people you invited?",
    ),
    "registration.ask_decline": (
        None,
        "/register/decline?token={token}",
        "Decline the invitation to Acme?",
    ),
}
# Views that only lead on, or are read by programs; and pages with a test of their own.
NOT_PAGES = {
    "static",
    *("home.organization", "home.to_invitations", "home.to_members"),
    *("home.to_settings", "home.to_audit", "audit.export"),
    *("home.to_reports", "reports.export", "reviews.export"),
    *("registration.invite", "health.alive", "health.ready", "metrics.show", "account_data.export"),
    "bulk_imports.export",
    "docs.openapi",
    *("openid.configuration", "openid.jwks", "openid_tokens.userinfo"),
    *access.CALLS,
}
ELSEWHERE = {
    "sign_in.ask_code": "test_second_factor",
    "confirming.ask": "test_copying",
    "passwords.show": "test_passwords",
    "mail_templates.version": "test_mail_templates",
    **dict.fromkeys(("openid.authorize", "openid_logout.ask"), "test_openid"),
    "mailbox.index": "here, below",
    "mailbox.message": "here, below",
    "styleguide.show": "here, below",
}


@transaction()
def _came_by(link: JoinLink, invitation: Invitation) -> None:
    cast.invitation(invitation.email).join_link_id = link.id


def far() -> dict[str, object]:
    """Rows with values as long as they come: what stands in the addresses of their pages."""
    hook = cast.webhook(
        f"https://8.8.8.8/{'x' * 400}", name=NAME, event_names=["InvitationCreated"]
    )
    admin = cast.invited(f"m-{FAR}", role="admin")
    acceptances.accept(cast.mailed_token(admin), full_name=NAME, password="seven bars and a half")
    person = cast.person(f"m-{FAR}")
    invitations.create(cast.organization(), by=person, email="bo@example.org", role="manager")
    group = cast.group("g" * 40, NAME, description=MESSAGE, is_default=True)
    made = cast.invited(FAR, role="manager", name="Bo " * 33, message=MESSAGE)
    link = cast.join_link(NAME, role="manager", domains=FAR.partition("@")[2])
    _came_by(link, made)
    member = cast.member(f"m-{FAR}")
    members.add(cast.organization(), group.slug, member.id, by=cast.person())
    return {
        "far": made.id,
        "link": link.id,
        "code": cast.code_of(link),
        "hook": hook.id,
        "told": deliveries.page(hook).rows[0][0].id,
        "list": cast.listed(f"{NAME} <{FAR}>, new-{FAR} {'x' * 300} bo@gmial.com").id,
        "token": cast.mailed_token(made),
        "key": cast.key(NAME).id,
        "member": member.id,
        "group": group.slug,
        "application": cast.application(
            "a" * 40,
            name=NAME,
            home_url=f"https://{LONG}.{FAR.partition('@')[2]}/",
            groups=[group.slug],
        ).slug,
        "suppressed": cast.suppressed(f"b-{FAR}"),
        "unsubscribe": unsubscribes.address(made).partition("token=")[2],
        "review": reviews.start(cast.organization(), by=cast.person()).id,
        "notices": notice_choices.address(cast.person()).partition("token=")[2],
    }
