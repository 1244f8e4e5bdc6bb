"""Every form of every page, sent twice: at once, and again after the answer. One effect."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any, NamedTuple

import pyotp
import pytest
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select, text, update

from tests import cast
from tests.web.test_access import ROUTES
from tests.web.test_second_factor import secret_of
from webapp import clock
from webapp.db import Base, db, transaction
from webapp.domain import imports, invitations, webhooks
from webapp.domain import links as join_links
from webapp.domain.accounts import (
    confirmations,
    idempotency,
    notice_choices,
    password_resets,
    second_factors,
    sign_ins,
)
from webapp.domain.deliverability import unsubscribes
from webapp.domain.groups import members
from webapp.domain.imports import choosing
from webapp.domain.invitations import acceptances, links
from webapp.domain.letters import templates
from webapp.domain.members import ends, review_lines, reviews, roles, sponsors
from webapp.domain.operations import sweeps
from webapp.domain.webhooks import deliveries
from webapp.models import Delivery, Event, IdempotentRequest, Session, WebhookDelivery
from webapp.web.forms import double_submission

PASSWORD = "seven bars and a half"
BULK = "/orgs/acme/invitations/bulk"
INVITATIONS = "/orgs/acme/invitations"
MEMBERS = "/orgs/acme/members"
GROUPS = "/orgs/acme/groups"
APPLICATIONS = "/orgs/acme/applications"
GROUP = f"{GROUPS}/{{group}}"
REVIEWS = "/orgs/acme/reviews"
REQUESTS = "/orgs/acme/requests"
SETTINGS = "/orgs/acme/settings"
TEMPLATE = f"{SETTINGS}/email/templates/invitation"
TEXT = {"subject": "Join us", "body": "Come in, {{ invitee }}\n\n{{ link }}"}

# Posted by programs, or changes nothing that a second click would do again.
LEFT_OUT = {
    "resend_webhook.take": "a program posts it",
    "csp_reports.take": "a browser posts it by itself",
    "openid.authorize_by_post": "writes nothing",
    "openid_tokens.token": "a program posts it; a second time is refused",
    "openid_logout.log_out": "signing out twice is signing out",
    "gate_visits.sign_out": "ending a visit twice is ending it",
    "mail_templates.preview": "writes nothing",
    "arrival.dismiss": "a cookie in the reader's own browser",
    "language.choose": "a cookie in the reader's own browser",
    "invitations.check": "writes nothing",
    "group_members.give": "after a refusal; tried twice in test_groups",
    "joining.find": "writes nothing",
    "sign_in.logout": "signing out twice is signing out: below",
}
# Tables that say how, not what: requests under way, and the days' shares, which events show, too.
NOT_COUNTED = {"idempotent_requests", "trail_heads"}


@dataclass(frozen=True)
class Sent:
    """A form: who sends it, from which page, what is typed; what comes of it, once."""

    who: str | None
    page: str
    action: str
    events: dict[str, int] = field(default_factory=dict)
    mails: int = 0
    typed: dict[str, Any] = field(default_factory=dict)
    ready: Callable[[], dict[str, Any]] = dict
    first: dict[str, str] = field(default_factory=dict)  # typed on a page before that
    button: str = ""  # where the form's button sends it, if elsewhere


def bo(**wishes: Any) -> dict[str, Any]:
    made = cast.invited(**wishes)
    return {"id": made.id, "token": cast.mailed_token(made)}


def not_mailed() -> dict[str, Any]:
    made = cast.invited()
    return {"id": made.id, "mail": _fail(made.id)}


@transaction()
def _fail(invitation_id: int) -> int:
    mail = db.session.scalars(select(Delivery).where(Delivery.invitation_id == invitation_id)).one()
    mail.state, mail.settled_at = "failed", clock.now()
    return mail.id


def expired() -> dict[str, Any]:
    with clock.ahead(days=-8):
        return bo()


def eve_is_invited() -> dict[str, Any]:
    return bo(email=cast.EVE)


def occupied() -> dict[str, Any]:
    token = links.token(cast.invited(), links.COPIED)
    acceptances.accept(token, full_name="Not Bo", password="eve knows this one")
    return {"token": confirmations.address(cast.person("bo@example.org")).partition("token=")[2]}


@transaction()
def unproved() -> dict[str, Any]:
    """Chen's account was made by a copied link of Acme's, and nobody has confirmed it."""
    chen = cast.person(cast.CHEN)
    chen.confined_to_id, chen.verified_at = cast.organization().id, None
    return {}


def forgotten() -> dict[str, Any]:
    return {"token": password_resets.address(cast.person(cast.CHEN)).partition("token=")[2]}


def two_factors(email: str) -> Callable[[], dict[str, Any]]:
    def ready() -> dict[str, Any]:
        user = cast.person(email)
        with clock.ahead(seconds=-90):
            offer = second_factors.offer(user)
            code = pyotp.TOTP(offer.secret).at(clock.now())
            second_factors.switch_on(user, offer.sealed, password=cast.PASSWORD, code=code)
        return {"code": pyotp.TOTP(offer.secret).at(clock.now())}

    return ready


def elsewhere() -> dict[str, Any]:
    sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)
    return {"session": db.session.scalar(select(func.max(Session.id)))}


def reviewed() -> dict[str, Any]:
    """An open review, and Chen's line in it; Priya sponsors Chen."""
    acme = cast.organization()
    member_id = cast.member().id
    sponsors.change(acme, member_id, by=cast.person(), sponsor_id=cast.person().id)
    review = reviews.start(acme, by=cast.person())
    line_ids = review_lines.ids(review, review_lines.LineFilters(words="chen"), 1)
    return {"review": review.id, "line": line_ids[0]}


def noticed() -> dict[str, Any]:
    return {"token": notice_choices.address(cast.person()).partition("token=")[2]}


def unsubscribed() -> dict[str, Any]:
    return {"token": unsubscribes.address(cast.invited()).partition("token=")[2]}


def listed(state: str = "previewed") -> Callable[[], dict[str, Any]]:
    def ready() -> dict[str, Any]:
        made = cast.listed("bo@example.org, jo@example.org")
        if state == "running":
            imports.start(cast.organization(), made.id, by=cast.person())
        return {"list": made.id}

    return ready


def filed() -> dict[str, Any]:
    file = BytesIO(b"Email,Role\nbo@example.org,Member\n")
    made = choosing.read_file(
        cast.organization(), file, by=cast.person(), file_name="a.csv", role="contributor"
    )
    return {"list": made.id}


def written() -> dict[str, Any]:
    for number in range(2):
        text = {**TEXT, "subject": f"Version {number}"}
        templates.save(
            cast.organization(), "invitation", by=cast.person(), begun_from=number, **text
        )
    return {}


def hooked(*, off: bool = False) -> Callable[[], dict[str, Any]]:
    def ready() -> dict[str, Any]:
        hook = cast.webhook()
        if off:
            webhooks.switch_off(cast.organization(), hook.id, by=cast.person())
        return {"hook": hook.id}

    return ready


def told() -> dict[str, Any]:
    hook = cast.webhook()
    cast.invited()
    delivery = deliveries.page(hook).rows[0][0].id
    _deliver(delivery)
    return {"hook": hook.id, "told": delivery}


@transaction()
def _deliver(delivery_id: int) -> None:
    db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id)
        .values(state="delivered", settled_at=clock.now())
    )


def member(*, off: bool = False) -> Callable[[], dict[str, Any]]:
    def ready() -> dict[str, Any]:
        number = cast.member().id
        if off:
            roles.deactivate(cast.organization(), number, by=cast.person())
        return {"member": number}

    return ready


def applied(**options: Any) -> Callable[[], dict[str, Any]]:
    def ready() -> dict[str, Any]:
        return {"application": cast.application(**options).slug}

    return ready


def grouped(*, inside: bool = False) -> Callable[[], dict[str, Any]]:
    def ready() -> dict[str, Any]:
        group, chen = cast.group().slug, cast.member().id
        if inside:
            members.add(cast.organization(), group, chen, by=cast.person())
        return {"group": group, "member": chen}

    return ready


def ending() -> dict[str, Any]:
    number, end = cast.member().id, clock.now() + timedelta(days=10)
    ends.set_end(cast.organization(), number, by=cast.person(), ends_at=end)
    return {"member": number}


def keyed() -> dict[str, Any]:
    return {"key": cast.key().id}


def linked(*, paused: bool = False) -> Callable[[], dict[str, Any]]:
    def ready() -> dict[str, Any]:
        link = cast.join_link()
        if paused:
            join_links.pause(cast.organization(), link.id, by=cast.person())
        return {"link": link.id, "code": cast.code_of(link)}

    return ready


def requested() -> dict[str, Any]:
    return {"request": cast.request().id}


def asked() -> dict[str, Any]:
    cast.take_asks()
    return {}


def three() -> dict[str, Any]:
    numbers = [cast.invited(f"{name}@example.org").id for name in ("bo", "jo", "mo")]
    return {f"n{place}": number for place, number in enumerate(numbers)}


PRIYA, CHEN, EVE = cast.PRIYA, cast.CHEN, cast.EVE
ONE = f"{INVITATIONS}/{{id}}"
HOOKS = f"{SETTINGS}/webhooks"
HOOK = f"{HOOKS}/{{hook}}"
KEYS = f"{SETTINGS}/api-keys"
LINK = "?token={token}"
LINKS = "/orgs/acme/links"
JOIN_LINK = f"{LINKS}/{{link}}"
OLD, NEW = {"password": cast.PASSWORD}, {"password": PASSWORD}
SHOWN = "shown on the page"  # read there by the test

FORMS = {
    "sign_in.submit": Sent(
        None, "/login", "/login", {"SignedIn": 1}, typed={"email": PRIYA, **OLD}
    ),
    "sign_in.submit_code": Sent(
        None,
        "/login",
        "/login/code",
        {"SignedIn": 1},
        typed={"code": "{code}"},
        ready=two_factors(PRIYA),
        first={"email": PRIYA, **OLD},
    ),
    "passwords.send": Sent(
        None, "/password/forgot", "/forgot", {"PasswordResetRequested": 1}, 1, {"email": CHEN}
    ),
    "passwords.reset": Sent(
        None,
        f"/password/reset{LINK}",
        "/reset",
        {"PasswordChanged": 1},
        mails=1,
        typed=NEW,
        ready=forgotten,
    ),
    "registration.accept": Sent(
        None,
        f"/register{LINK}",
        "/register",
        {"InvitationAccepted": 1},
        1,
        {"full_name": "Bo Lind", **NEW},
        bo,
    ),
    "registration.join": Sent(
        None, f"/register{LINK}", "/join", {"InvitationAccepted": 1}, 1, OLD, eve_is_invited
    ),
    "registration.renew": Sent(
        None, f"/register{LINK}", "/renew", {"InvitationRenewalRequested": 1}, 1, ready=expired
    ),
    "registration.decline": Sent(
        None, f"/register/decline{LINK}", "/decline", {"InvitationDeclined": 1}, ready=bo
    ),
    "confirming.confirm": Sent(
        None,
        f"/confirm{LINK}",
        "/confirm",
        {"PasswordChanged": 1, "EmailVerified": 1},
        typed=NEW,
        ready=occupied,
    ),
    "unsubscribing.unsubscribe": Sent(
        None,
        f"/unsubscribe{LINK}",
        "/unsubscribe",
        {"InvitationUnsubscribed": 1},
        ready=unsubscribed,
    ),
    "unsubscribing.stop_notices": Sent(
        None,
        f"/unsubscribe/notices{LINK}",
        "/unsubscribe/notices",
        {"ProfileChanged": 1},
        ready=noticed,
    ),
    "account.choose_notices": Sent(
        PRIYA, "/account", "/notices", {"ProfileChanged": 1}, typed={"inviter_notices": "daily"}
    ),
    "second_factor.switch_on": Sent(
        PRIYA,
        "/account/second-factor",
        "/second-factor",
        {"SecondFactorOn": 1},
        mails=1,
        typed={"code": SHOWN, **OLD},
    ),
    "second_factor.switch_off": Sent(
        CHEN,
        "/account/second-factor",
        "/off",
        {"SecondFactorOff": 1},
        mails=1,
        typed=OLD,
        ready=two_factors(CHEN),
    ),
    "account.change_profile": Sent(
        CHEN, "/account", "/account", {"ProfileChanged": 1}, typed={"full_name": "Chen W"}
    ),
    "account.ask_confirmation": Sent(
        CHEN, "/account", "/confirmation", {"ConfirmationRequested": 1}, mails=1, ready=unproved
    ),
    "account.change_password": Sent(
        CHEN,
        "/account",
        "/account/password",
        {"PasswordChanged": 1},
        mails=1,
        typed={"present_password": cast.PASSWORD, **NEW},
    ),
    "account_sessions.end": Sent(
        PRIYA, "/account/sessions", "/{session}/end", {"SessionsRevoked": 1}, ready=elsewhere
    ),
    "account_sessions.end_others": Sent(
        PRIYA, "/account/sessions", "/end-others", {"SessionsRevoked": 1}, ready=elsewhere
    ),
    "leaving.leave": Sent(CHEN, "/account/leave/acme", "/leave/acme", {"MemberLeft": 1}),
    "leaving.delete": Sent(CHEN, "/account/delete", "/delete", {"AccountDeleted": 1}, typed=OLD),
    "invitations.create": Sent(
        PRIYA,
        f"{INVITATIONS}/new",
        INVITATIONS,
        {"InvitationCreated": 1},
        1,
        {"email": "bo@example.org"},
    ),
    "invitations.edit": Sent(
        PRIYA, f"{ONE}/edit", "/edit", {"InvitationEdited": 1}, typed={"name": "Bo"}, ready=bo
    ),
    "invitation_links.show": Sent(
        PRIYA, f"{ONE}/link", "/link", {"InvitationLinkCopied": 1}, ready=bo
    ),
    "invitation_links.resend": Sent(PRIYA, ONE, "/resend", {"InvitationResent": 1}, 1, ready=bo),
    "invitations.retry": Sent(PRIYA, ONE, "/retry", {"InvitationMailRetried": 1}, ready=not_mailed),
    "invitations.revoke": Sent(
        PRIYA, f"{ONE}/revoke", "/revoke", {"InvitationRevoked": 1}, ready=bo
    ),
    "reinvitations.invite": Sent(
        PRIYA,
        f"{ONE}/revoke",
        "/again",
        {"InvitationCreated": 1},
        1,
        ready=bo,
        first={"back": ""},
    ),
    "readdressing.correct": Sent(
        PRIYA,
        f"{ONE}/address",
        "/address",
        {"InvitationCreated": 1, "InvitationRevoked": 1},
        1,
        {"email": "bob@example.org"},
        bo,
    ),
    "suppressed.lift": Sent(
        cast.PRIYA,
        f"{SETTINGS}/email/health/lift?id={{suppressed}}",
        f"{SETTINGS}/email/health/lift",
        {"SuppressionLifted": 1},
        typed={"reason": "The mailbox exists now."},
        ready=lambda: {"suppressed": cast.suppressed()},
    ),
    "bulk_actions.do": Sent(
        PRIYA,
        f"{INVITATIONS}/selected?do=resend&id={{n0}}&id={{n1}}&id={{n2}}",
        "/selected",
        {"InvitationResent": 3},
        3,
        {"id": ["{n0}", "{n1}", "{n2}"]},
        three,
    ),
    "bulk_imports.read": Sent(
        PRIYA, BULK, BULK, typed={"file": (b"email\nbo@example.org\n", "people.csv")}
    ),
    "joining.ask": Sent(
        None, "/join/{code}", "/join/{code}", typed={"email": "bo@example.org"}, ready=linked()
    ),
    "asking.ask": Sent(
        None, "/ask/acme", "/ask/acme", typed={"email": "bo@example.org"}, ready=asked
    ),
    "requests.create": Sent(
        CHEN, f"{REQUESTS}/new", REQUESTS, {"RequestMade": 1}, typed={"email": "bo@example.org"}
    ),
    "requests.stay": Sent(
        CHEN, f"{REQUESTS}/stay", f"{REQUESTS}/stay", {"RequestMade": 1}, ready=ending
    ),
    "requests.withdraw": Sent(CHEN, REQUESTS, "/withdraw", {"RequestDeclined": 1}, ready=requested),
    "request_decisions.approve": Sent(
        PRIYA,
        f"{REQUESTS}/{{request}}",
        "/approve",
        {"InvitationCreated": 1, "RequestApproved": 1},
        1,
        ready=requested,
    ),
    "request_decisions.decline": Sent(
        PRIYA, f"{REQUESTS}/{{request}}", "/decline", {"RequestDeclined": 1}, ready=requested
    ),
    "request_decisions.do_several": Sent(
        PRIYA,
        f"{REQUESTS}/selected?do=approve&id={{request}}",
        "/selected",
        {"InvitationCreated": 1, "RequestApproved": 1},
        1,
        ready=requested,
    ),
    "settings.change_requests": Sent(
        PRIYA,
        f"{SETTINGS}/requests",
        "/requests",
        {"SettingsChanged": 1},
        typed={"proposals_per_month": "7"},
    ),
    "join_links.create": Sent(
        PRIYA,
        f"{LINKS}/new",
        LINKS,
        {"JoinLinkCreated": 1},
        typed={"label": "Course", "most_uses": "20"},
    ),
    "join_links.pause": Sent(PRIYA, JOIN_LINK, "/pause", {"JoinLinkChanged": 1}, ready=linked()),
    "join_links.resume": Sent(
        PRIYA, JOIN_LINK, "/resume", {"JoinLinkChanged": 1}, ready=linked(paused=True)
    ),
    "join_links.revoke": Sent(
        PRIYA, f"{JOIN_LINK}/revoke", "/revoke", {"JoinLinkRevoked": 1}, ready=linked()
    ),
    "bulk_imports.start": Sent(
        PRIYA, f"{BULK}/{{list}}", "/start", {"ImportStarted": 1}, ready=listed()
    ),
    "bulk_imports.stop": Sent(
        PRIYA, f"{BULK}/{{list}}", "/stop", {"ImportStopped": 1}, ready=listed("running")
    ),
    "list_columns.choose_columns": Sent(
        PRIYA, f"{BULK}/{{list}}", "/columns", typed={"email": "0"}, ready=filed
    ),
    "list_columns.choose_roles": Sent(
        PRIYA, f"{BULK}/{{list}}", "/roles", typed={"all": "yes"}, ready=filed
    ),
    "members.change_role": Sent(
        PRIYA,
        f"{MEMBERS}/{{member}}/role",
        "/role",
        {"RoleChanged": 1},
        typed={"role": "manager"},
        ready=member(),
    ),
    "members.sign_out": Sent(
        PRIYA,
        f"{MEMBERS}/{{member}}/sign-out",
        "/sign-out",
        {"SessionsRevoked": 1},
        ready=member(),
    ),
    "members.deactivate": Sent(
        PRIYA,
        f"{MEMBERS}/{{member}}/deactivate",
        "/deactivate",
        {"MemberDeactivated": 1},
        ready=member(),
    ),
    "members.reactivate": Sent(
        PRIYA,
        f"{MEMBERS}?status=deactivated",
        "/reactivate",
        {"MemberReactivated": 1},
        ready=member(off=True),
    ),
    "applications.create": Sent(
        PRIYA,
        f"{APPLICATIONS}/new",
        APPLICATIONS,
        {"ApplicationCreated": 1},
        typed={"name": "Wiki", "home_url": "https://wiki.acme.example/"},
    ),
    "applications.change": Sent(
        PRIYA,
        f"{APPLICATIONS}/wiki/edit",
        "/edit",
        {"ApplicationChanged": 1},
        typed={"name": "X"},
        ready=applied(),
    ),
    "applications.pause": Sent(
        PRIYA,
        f"{APPLICATIONS}/wiki",
        "/pause",
        {"ApplicationChanged": 1},
        ready=applied(),
    ),
    "applications.resume": Sent(
        PRIYA,
        f"{APPLICATIONS}/wiki",
        "/resume",
        {"ApplicationChanged": 1},
        ready=applied(state="paused"),
    ),
    "applications.delete": Sent(
        PRIYA,
        f"{APPLICATIONS}/wiki/delete",
        "/delete",
        {"ApplicationDeleted": 1},
        ready=applied(),
    ),
    "openid_settings.change": Sent(
        PRIYA,
        f"{APPLICATIONS}/wiki/openid",
        "/openid",
        {"ApplicationChanged": 1},
        typed={"redirect_uris": "https://wiki.acme.example/callback"},
        ready=applied(),
    ),
    "openid_settings.make_secret": Sent(
        PRIYA,
        f"{APPLICATIONS}/wiki/secret",
        "/secret",
        {"ApplicationChanged": 1},
        ready=applied(),
    ),
    "groups.create": Sent(
        PRIYA, GROUPS, GROUPS, {"GroupCreated": 1}, typed={"slug": "more", "name": "More"}
    ),
    "groups.change": Sent(
        PRIYA, f"{GROUP}/edit", "/edit", {"GroupChanged": 1}, typed={"name": "X"}, ready=grouped()
    ),
    "groups.delete": Sent(
        PRIYA, f"{GROUP}/delete", "/delete", {"GroupDeleted": 1}, ready=grouped()
    ),
    "group_members.add": Sent(
        PRIYA, GROUP, "/members", {"GroupMemberAdded": 1}, typed={"email": CHEN}, ready=grouped()
    ),
    "group_members.remove": Sent(
        PRIYA, GROUP, "/remove", {"GroupMemberRemoved": 1}, ready=grouped(inside=True)
    ),
    "reviews.start": Sent(
        PRIYA, REVIEWS, "/reviews", {"AccessReviewStarted": 1}, typed={"silence": "end"}
    ),
    "reviews.change_settings": Sent(
        PRIYA, REVIEWS, "/settings", {"SettingsChanged": 1}, typed={"every": "90"}
    ),
    "reviews.ask_sponsors": Sent(
        PRIYA,
        f"{REVIEWS}/{{review}}",
        "/sponsors",
        {"AccessReviewSponsorsAsked": 1},
        ready=reviewed,
    ),
    "reviews.stop": Sent(
        PRIYA, f"{REVIEWS}/{{review}}/stop", "/stop", {"AccessReviewStopped": 1}, ready=reviewed
    ),
    "review_answers.answer": Sent(
        PRIYA,
        f"{REVIEWS}/{{review}}/answer?do=end&id={{line}}",
        "/answer",
        {"MembershipEnded": 1, "AccessWithdrawn": 1},
        ready=reviewed,
    ),
    "review_sponsors.answer": Sent(
        PRIYA,
        f"{REVIEWS}/{{review}}/mine/answer?do=end&id={{line}}",
        "/answer",
        {"MembershipEnded": 1, "AccessWithdrawn": 1},
        ready=reviewed,
    ),
    "settings.change_team": Sent(
        PRIYA, f"{SETTINGS}/team", "/team", {"SettingsChanged": 1}, typed={"name": "Acme & Sons"}
    ),
    "member_ends.set_end": Sent(
        PRIYA,
        f"{MEMBERS}/{{member}}/end",
        "/end",
        {"MembershipEndChanged": 1},
        typed={"access_until": "2099-06-30"},
        ready=member(),
    ),
    "member_ends.extend": Sent(
        PRIYA,
        f"{MEMBERS}?status=ending",
        "/extend",
        {"MembershipEndChanged": 1},
        ready=ending,
    ),
    "member_ends.end_now": Sent(
        PRIYA,
        f"{MEMBERS}/{{member}}/end-now",
        "/end-now",
        {"MembershipEnded": 1},
        ready=member(),
    ),
    "member_ends.change_sponsor": Sent(
        PRIYA,
        f"{MEMBERS}/{{member}}/sponsor",
        "/sponsor",
        {"SponsorChanged": 1},
        typed={"sponsor": ""},
        ready=member(),
    ),
    "member_bulk.do": Sent(
        PRIYA,
        f"{MEMBERS}/selected?do=extend&id={{member}}",
        "/selected",
        {"MembershipEndChanged": 1},
        ready=ending,
    ),
    "settings.change_access": Sent(
        PRIYA,
        f"{SETTINGS}/access",
        "/settings/access",
        {"SettingsChanged": 1},
        typed={"time_zone": "Europe/Berlin"},
    ),
    "settings.change_invitations": Sent(
        PRIYA,
        f"{SETTINGS}/invitations",
        "/settings/invitations",
        {"SettingsChanged": 1},
        typed={"expiry_days": "20"},
    ),
    "settings.change_email": Sent(
        PRIYA,
        f"{SETTINGS}/email",
        "/settings/email",
        {"SettingsChanged": 1},
        typed={"reminder_hours": "48"},
    ),
    "mail_templates.save": Sent(PRIYA, TEMPLATE, TEMPLATE, {"TemplateChanged": 1}, typed=TEXT),
    "mail_templates.send_test": Sent(
        PRIYA, TEMPLATE, TEMPLATE, mails=1, typed=TEXT, button=f"{TEMPLATE}/test"
    ),
    "mail_templates.use_again": Sent(
        PRIYA, f"{TEMPLATE}/versions/1", "/use", {"TemplateChanged": 1}, ready=written
    ),
    "mail_templates.back_to_default": Sent(
        PRIYA, f"{TEMPLATE}/default", "/default", {"TemplateChanged": 1}, ready=written
    ),
    "webhooks.create": Sent(
        PRIYA, f"{HOOKS}/new", HOOKS, {"WebhookCreated": 1}, typed={"url": "https://8.8.8.8/here"}
    ),
    "webhooks.change": Sent(
        PRIYA, f"{HOOK}/edit", "/edit", {"WebhookChanged": 1}, typed={"name": "X"}, ready=hooked()
    ),
    "webhooks.switch_off": Sent(PRIYA, HOOK, "/off", {"WebhookChanged": 1}, ready=hooked()),
    "webhooks.switch_on": Sent(PRIYA, HOOK, "/on", {"WebhookChanged": 1}, ready=hooked(off=True)),
    "webhooks.test": Sent(PRIYA, HOOK, "/test", {"WebhookTested": 1}, ready=hooked()),
    "webhooks.rotate": Sent(
        PRIYA, f"{HOOK}/secret", "/secret", {"WebhookChanged": 1}, ready=hooked()
    ),
    "webhooks.delete": Sent(
        PRIYA, f"{HOOK}/delete", "/delete", {"WebhookDeleted": 1}, ready=hooked()
    ),
    "webhook_deliveries.replay": Sent(
        PRIYA, f"{HOOK}/deliveries/{{told}}", "/replay", {"WebhookReplayed": 1}, ready=told
    ),
    "api_keys.create": Sent(
        PRIYA, KEYS, KEYS, {"ApiKeyCreated": 1}, typed={"name": "Staff", "scopes": "members:read"}
    ),
    "api_keys.revoke": Sent(
        PRIYA, f"{KEYS}/{{key}}/revoke", "/revoke", {"ApiKeyRevoked": 1}, ready=keyed
    ),
}


def test_no_form_is_left_out():
    posted = {name for name, (method, _, _) in ROUTES.items() if method == "POST"}
    assert posted == set(FORMS) | set(LEFT_OUT)


class Clicks:
    """One form in one browser, sent as often as somebody presses."""

    def __init__(self, app, browser, sent, facts):
        self.app, self.browser = app, browser
        form = self._open(sent, facts)
        self.address = (sent.button or form.action).format(**facts)
        self.fields = {**form.fields, **_filled(sent.typed, browser.page, facts)}
        self.cookies = {cookie.key: cookie.value for cookie in browser.client._cookies.values()}

    def _open(self, sent, facts):
        page, action = sent.page.format(**facts), sent.action.format(**facts)
        self.browser.open(page)
        if sent.first:
            self.browser.send(page, **sent.first)
        return self.browser.page.form(action)

    def press(self, cookies=None):
        """What the server answers to one press: status, where to, messages and cookies."""
        jar = self.cookies if cookies is None else cookies
        client = self.app.test_client(use_cookies=False)
        sent = {
            k: (BytesIO(v[0]), v[1]) if isinstance(v, tuple) else v for k, v in self.fields.items()
        }
        response = client.post(
            self.address,
            data=sent,
            headers={"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())},
        )
        given = {}
        for line in response.headers.getlist("Set-Cookie"):
            self.browser.secrets.learn(line.partition("=")[2].partition(";")[0])
            name, _, value = line.partition(";")[0].partition("=")
            given[name] = value
        return Answer(response.status_code, response.location, given, self._messages(jar | given))

    def _messages(self, cookies):
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        cookie = cookies.get("gatehouse_form")
        return signer.loads(cookie).get("_flashes", []) if cookie else []


class Answer(NamedTuple):
    status: int
    location: str | None
    cookies: dict[str, str]
    messages: list[tuple[str, str]]

    @property
    def told(self):
        """What a person gets of it: the same for both clicks."""
        cookies = {k: v for k, v in self.cookies.items() if v and k != "gatehouse_form"}
        return self.status, self.location, self.messages, cookies


def _filled(typed, page, facts):
    def fill(value):
        if value == SHOWN:
            return pyotp.TOTP(secret_of(page)).at(clock.now())
        if isinstance(value, list):
            return [fill(one) for one in value]
        return value.format(**facts) if isinstance(value, str) and "{{" not in value else value

    return {name: fill(value) for name, value in typed.items()}


def count(app):
    """How many rows each table has."""
    names = Base.metadata.tables.keys() - NOT_COUNTED
    counts = (f"SELECT '{name}', count(*) FROM {name}" for name in names)
    with app.app_context():
        return dict(db.session.execute(text(" UNION ALL ".join(counts))).all())


@pytest.fixture
def clicks(app, browser):
    """A form, ready to be sent."""

    def ready(endpoint):
        sent = FORMS[endpoint]
        somebody = browser(sent.who)
        with app.app_context():
            facts = sent.ready()
        return Clicks(app, somebody, sent, facts)

    return ready


@pytest.fixture
def both_at_once(monkeypatch):
    """Two presses of which the second meets the first one while that is under way."""

    def press(one):
        start, waits, answers = threading.Barrier(2), threading.Event(), []
        settle, pause = idempotency.settle, double_submission.pause

        def settle_later(claim, answer):
            assert waits.wait(30), "the second click did not wait for the first"
            settle(claim, answer)

        def say_and_pause():
            waits.set()
            pause()

        monkeypatch.setattr(idempotency, "settle", settle_later)
        monkeypatch.setattr(double_submission, "pause", say_and_pause)

        def go():
            start.wait(30)
            answers.append(one.press())

        threads = [threading.Thread(target=go) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        monkeypatch.undo()
        return answers

    return press


@pytest.mark.both_databases
@pytest.mark.parametrize("endpoint", FORMS)
def test_two_clicks_have_one_effect_and_one_answer(app, clicks, both_at_once, endpoint):
    sent, form = FORMS[endpoint], clicks(endpoint)
    before = count(app)
    with app.app_context():
        newest = db.session.scalar(select(func.max(Event.id)))
    first, second = both_at_once(form)
    assert first.status == 303
    assert second.told == first.told
    after = count(app)
    with app.app_context():
        names = db.session.scalars(select(Event.name).where(Event.id > newest))
        assert Counter(names) == sent.events
    assert after["deliveries"] - before["deliveries"] == sent.mails
    assert after["sessions"] - before["sessions"] <= 1
    # Pressed again before the next page has come, with the cookies of now or of then.
    for cookies in (form.cookies, form.cookies | first.cookies):
        again = form.press({name: value for name, value in cookies.items() if value})
        assert again.told == first.told
    assert count(app) == after


def test_signing_out_twice_is_signing_out(browser):
    priya = browser(cast.PRIYA)
    form = priya.open("/account").page.form("/logout")
    first = priya.post(form.action, form.fields, follow=False)
    second = priya.post(form.action, form.fields, follow=False)
    assert (first.status, second.status) == (303, 303)
    assert first.location == second.location == "/login"


def test_who_has_joined_and_presses_again_later_is_let_in(app, clicks, travel):
    """The first answer is no longer kept, but the session that came with it is."""
    for endpoint in ("registration.accept", "registration.join"):
        form = clicks(endpoint)
        first = form.press()
        travel(minutes=30)
        again = form.press(form.cookies | first.cookies)
        assert (again.status, again.location) == (303, first.location)
        assert "gatehouse" not in again.cookies
        assert form.press().status == 410


def test_the_same_form_from_another_browser_gains_nothing(app, clicks):
    form, other = clicks("registration.accept"), clicks("passwords.send")
    form.press()
    other.address, other.fields = form.address, form.fields
    answer = other.press()
    assert answer.status == 410
    assert "gatehouse" not in answer.cookies
    assert other.press({}).status == 410


def test_back_a_change_and_send_is_another_form(app, clicks):
    form = clicks("invitations.create")
    assert form.press().status == 303
    form.fields["email"] = "jo@example.org"
    answer = form.press()
    assert answer.status == 303
    assert "jo@example.org" in dict(answer.messages)["success"]
    with app.app_context():
        assert cast.invitation("jo@example.org") is not None


def test_what_was_refused_is_asked_again(app, clicks):
    with app.app_context():
        number = cast.invited().id
    form = clicks("invitations.create")
    assert form.press().status == 422
    with app.app_context():
        invitations.revoke(cast.organization(), number, by=cast.person())
    assert form.press().status == 303


def test_the_first_answer_is_kept_for_minutes_and_then_forgotten(app, clicks, travel):
    form = clicks("invitations.create")
    first = form.press()
    travel(minutes=4)
    assert form.press().told == first.told
    travel(minutes=2)
    assert form.press().status == 422
    with app.app_context():
        sweeps.tidy()
        assert db.session.scalar(select(func.count()).select_from(IdempotentRequest)) == 0


def test_a_second_click_waits_for_a_while_and_no_longer(app, clicks, monkeypatch):
    form = clicks("invitations.create")
    # A process that was killed between the two: the first click has no answer.
    monkeypatch.setattr(idempotency, "settle", lambda claim, answer: None)
    form.press()
    monkeypatch.setattr(double_submission, "SECONDS", 0.0)
    assert form.press().status == 409


def test_an_answer_that_cannot_be_kept_goes_out_all_the_same(app, clicks, monkeypatch):
    def away(*_):
        raise OSError

    form = clicks("invitations.create")
    monkeypatch.setattr(idempotency, "settle", away)
    assert form.press().status == 303


def test_who_may_not_is_told_so_before_anything_is_claimed(app, clicks):
    form = clicks("invitations.create")
    with app.app_context():
        roles.sign_out_everywhere(cast.organization(), cast.member(PRIYA).id, by=cast.person())
        claimed = select(func.count()).select_from(IdempotentRequest)
        before = db.session.scalar(claimed)
        assert form.press().location.startswith("/login")
        assert db.session.scalar(claimed) == before
