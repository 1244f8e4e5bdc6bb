"""The page of each form, and which of its fields may be kept: one table.

When a form arrives after its session has ended, its sender is sent back to that page (kept_forms).
Only fields named here are ever kept: no password, code, token or file.
"""

from __future__ import annotations

from dataclasses import dataclass

from webapp.languages import marked as _
from webapp.models import Role


@dataclass(frozen=True, slots=True)
class FormPage:
    """The page of a form or button, and which fields may be kept."""

    page: str
    button: str | None = None  # None if its label varies
    keeps: tuple[str, ...] = ()
    again: str | None = None  # to enter what is typed there but never kept


_ACCESS = ("access", "access_until", "access_days")
_INVITE = (*("email", "role", "groups", "expiry_days", "name", "message", "language"), *_ACCESS)
_LINK = (
    *("label", "role", "groups", "domains", "most_uses", "expiry_days", "access_days"),
    "approval",
)
_GROUP = ("name", "description", "is_default")
_APPLICATION = ("name", "home_url", "who", "groups")
_TERMS = tuple(f"{term}_{role}" for role in Role for term in ("default", "longest"))
_TEMPLATE = ("version", "subject", "body")
_WEBHOOK = ("url", "name", "which", "events")
_SEEN = "seen"  # what an editing form showed (web/forms/editing.py)

# Every POST that needs a session; a test finds missing ones.
FORM_PAGES: dict[str, FormPage] = {
    "second_factor.switch_on": FormPage(
        "second_factor.show", again=_("Enter your password and the code again.")
    ),
    "second_factor.switch_off": FormPage(
        "second_factor.show", again=_("Enter your password again.")
    ),
    "account.change_profile": FormPage("account.show", _("Save"), ("full_name", "username", _SEEN)),
    "account.change_password": FormPage("account.show", again=_("Enter your passwords again.")),
    "account.ask_confirmation": FormPage("account.show", _("Mail me a link")),
    "account.choose_notices": FormPage(
        "account.show", _("Save choice"), ("inviter_notices", _SEEN)
    ),
    "account_sessions.end": FormPage("account_sessions.index"),
    "account_sessions.end_others": FormPage("account_sessions.index"),
    "leaving.leave": FormPage("leaving.ask_leave"),
    "leaving.delete": FormPage("leaving.ask_delete", again=_("Enter your password again.")),
    "invitations.create": FormPage("invitations.new", None, _INVITE),
    "invitations.check": FormPage("invitations.new"),
    "invitations.edit": FormPage("invitations.ask_edit", _("Save"), (*_INVITE[1:], _SEEN)),
    "invitation_links.show": FormPage("invitation_links.ask"),
    "invitation_links.resend": FormPage("invitations.detail"),
    "reinvitations.invite": FormPage("invitations.detail"),
    "arrival.dismiss": FormPage("invitations.index"),
    "invitations.retry": FormPage("invitations.detail"),
    "invitations.revoke": FormPage("invitations.ask_revoke"),
    "readdressing.correct": FormPage("readdressing.ask", _("Invite the right address"), ("email",)),
    "bulk_actions.do": FormPage("bulk_actions.ask", None, ("do", "id")),
    "bulk_imports.read": FormPage(
        "bulk_imports.index",
        _("Check the list"),
        ("emails", "role", "groups", "expiry_days", "message"),
    ),
    "bulk_imports.start": FormPage("bulk_imports.show", None, ("typos",)),
    "bulk_imports.stop": FormPage("bulk_imports.show"),
    "list_columns.choose_columns": FormPage("bulk_imports.show"),
    "list_columns.choose_roles": FormPage("bulk_imports.show"),
    "members.change_role": FormPage(
        "members.ask_role", _("Change the role"), ("role", "pending", _SEEN)
    ),
    "members.sign_out": FormPage("members.ask_sign_out"),
    "members.deactivate": FormPage("members.ask_deactivate", _("Deactivate"), ("pending",)),
    "members.reactivate": FormPage("members.index"),
    "join_links.create": FormPage("join_links.new", _("Create link"), _LINK),
    "join_links.pause": FormPage("join_links.show"),
    "join_links.resume": FormPage("join_links.show"),
    "join_links.revoke": FormPage("join_links.ask_revoke", None, ("open_invitations",)),
    "groups.create": FormPage("groups.index", _("Create group"), ("slug", *_GROUP)),
    "groups.change": FormPage("groups.ask_change", _("Save"), (*_GROUP, _SEEN)),
    "groups.delete": FormPage("groups.ask_delete"),
    "group_members.add": FormPage("groups.show", _("Add to the group"), ("email",)),
    "group_members.remove": FormPage("groups.show"),
    "group_members.give": FormPage("members.index"),
    "applications.create": FormPage(
        "applications.new", _("Create application"), (*_APPLICATION, "slug")
    ),
    "applications.change": FormPage(
        "applications.ask_change",
        _("Save"),
        (*_APPLICATION, "second_factor", "visit_minutes", "allows_unverified", "state", _SEEN),
    ),
    "applications.pause": FormPage("applications.show"),
    "applications.resume": FormPage("applications.show"),
    "applications.delete": FormPage("applications.ask_delete"),
    "openid_settings.change": FormPage(
        "openid_settings.ask",
        _("Save"),
        (
            *("redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri", "public"),
            _SEEN,
        ),
    ),
    "openid_settings.make_secret": FormPage("openid_settings.ask_secret"),
    "requests.create": FormPage("requests.new", _("Suggest"), ("email", "name", "role", "reason")),
    "requests.stay": FormPage("requests.ask_stay", _("Ask to stay"), ("reason",)),
    "requests.withdraw": FormPage("requests.index"),
    "request_decisions.approve": FormPage(
        "request_decisions.show", _("Approve"), ("role", "groups", *_ACCESS)
    ),
    "request_decisions.decline": FormPage("request_decisions.show"),
    "request_decisions.do_several": FormPage(
        "request_decisions.ask_several", None, ("do", "id", "role")
    ),
    "member_ends.set_end": FormPage("member_ends.ask_end", _("Save"), ("access_until", _SEEN)),
    "member_ends.extend": FormPage("members.index"),
    "member_ends.end_now": FormPage("member_ends.ask_end_now", _("End access"), ("pending",)),
    "member_ends.change_sponsor": FormPage(
        "member_ends.ask_sponsor", _("Save"), ("sponsor", _SEEN)
    ),
    "member_bulk.do": FormPage("member_bulk.ask", None, ("do", "id")),
    "settings.change_access": FormPage("settings.access", _("Save"), ("time_zone", *_TERMS, _SEEN)),
    "reviews.start": FormPage("reviews.index"),
    "reviews.change_settings": FormPage("reviews.index"),
    "reviews.ask_sponsors": FormPage("reviews.show"),
    "reviews.stop": FormPage("reviews.ask_stop"),
    "review_answers.answer": FormPage("reviews.show"),
    "review_sponsors.answer": FormPage("review_sponsors.show"),
    "settings.change_team": FormPage(
        "settings.team", _("Save"), ("name", "color", "requires_second_factor", _SEEN)
    ),
    "settings.change_invitations": FormPage(
        "settings.invitations",
        _("Save"),
        ("expiry_days", "allowed_domains", "retention_days", _SEEN),
    ),
    "settings.change_requests": FormPage(
        "settings.requests",
        _("Save"),
        ("proposers", "proposals_per_month", "takes_asks", "needs_second_admin", _SEEN),
    ),
    "settings.change_email": FormPage(
        "settings.email",
        _("Save"),
        ("reminders", "reminder_hours", "reply_to_inviter", "language", _SEEN),
    ),
    "suppressed.lift": FormPage("suppressed.ask", _("Allow mail again"), ("id", "reason")),
    "mail_templates.save": FormPage("mail_templates.edit", _("Save"), _TEMPLATE),
    "mail_templates.preview": FormPage("mail_templates.edit", _("Save"), _TEMPLATE),
    "mail_templates.send_test": FormPage("mail_templates.edit", _("Send me a test"), _TEMPLATE),
    "mail_templates.use_again": FormPage("mail_templates.version"),
    "mail_templates.back_to_default": FormPage("mail_templates.ask_default"),
    "webhooks.create": FormPage("webhooks.new", _("Add webhook"), _WEBHOOK),
    "webhooks.change": FormPage("webhooks.ask_change", _("Save"), (*_WEBHOOK, _SEEN)),
    "webhooks.switch_off": FormPage("webhooks.show"),
    "webhooks.switch_on": FormPage("webhooks.show"),
    "webhooks.test": FormPage("webhooks.show"),
    "webhooks.rotate": FormPage("webhooks.ask_rotate"),
    "webhooks.delete": FormPage("webhooks.ask_delete"),
    "webhook_deliveries.replay": FormPage("webhook_deliveries.show"),
    "api_keys.create": FormPage("api_keys.index", _("Create key"), ("name", "scopes", "days")),
    "api_keys.revoke": FormPage("api_keys.ask_revoke"),
}
