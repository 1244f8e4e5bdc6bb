"""Every route, and who may use it: the outsider and the lesser role first."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain import organizations
from webapp.domain.accounts import api_keys, notice_choices, sessions
from webapp.domain.deliverability import unsubscribes
from webapp.domain.invitations import acceptances
from webapp.domain.members import ends, reviews, roles, sponsors
from webapp.domain.organizations import permissions
from webapp.domain.webhooks import deliveries
from webapp.models import Event, Invitation
from webapp.web.access import ACCESS, ANYONE, CALLS, USER

BULK = "/orgs/acme/invitations/bulk"
TEMPLATES = "/orgs/acme/settings/email/templates"
HOOKS = "/orgs/acme/settings/webhooks"
GROUPS = "/orgs/acme/groups"
APPLICATIONS = "/orgs/acme/applications"
REQUESTS = "/orgs/acme/requests"
KEYS = "/orgs/acme/settings/api-keys"

# What each route answers to its rightful user; a new route without a row here fails below.
# A POST without a CSRF token is refused with 422 and does nothing.
ROUTES = {
    "home.index": ("GET", "/", 303),
    "home.accessibility": ("GET", "/accessibility", 200),
    "home.organizations": ("GET", "/orgs", 200),
    "home.organization": ("GET", "/orgs/acme", 303),
    "home.to_invitations": ("GET", "/invitations", 303),
    "home.to_members": ("GET", "/members", 303),
    "health.alive": ("GET", "/healthz", 200),
    "health.ready": ("GET", "/readyz", 200),
    "metrics.show": ("GET", "/metrics", 404),
    "sign_in.show": ("GET", "/login", 200),
    "sign_in.submit": ("POST", "/login", 422),
    "sign_in.ask_code": ("GET", "/login/code", 303),
    "sign_in.submit_code": ("POST", "/login/code", 422),
    "second_factor.show": ("GET", "/account/second-factor", 200),
    "second_factor.switch_on": ("POST", "/account/second-factor", 422),
    "second_factor.switch_off": ("POST", "/account/second-factor/off", 303),
    "language.choose": ("POST", "/language", 422),
    "sign_in.logout": ("POST", "/logout", 303),
    "registration.invite": ("GET", "/invite/x", 303),
    "registration.show": ("GET", "/register?token={token}", 200),
    "registration.accept": ("POST", "/register?token={token}", 422),
    "registration.join": ("POST", "/register/join?token={token}", 422),
    "registration.renew": ("POST", "/register/renew?token={token}", 422),
    "registration.ask_decline": ("GET", "/register/decline?token={token}", 200),
    "registration.decline": ("POST", "/register/decline?token={token}", 422),
    "joining.type_code": ("GET", "/join", 200),
    "joining.find": ("POST", "/join", 422),
    "joining.show": ("GET", "/join/{code}", 200),
    "joining.ask": ("POST", "/join/{code}", 422),
    "joining.sent": ("GET", "/join/{code}/sent", 200),
    "asking.show": ("GET", "/ask/acme", 200),
    "asking.ask": ("POST", "/ask/acme", 422),
    "asking.sent": ("GET", "/ask/acme/sent", 200),
    "confirming.ask": ("GET", "/confirm?token=x", 404),
    "confirming.confirm": ("POST", "/confirm?token=x", 404),
    "unsubscribing.show": ("GET", "/unsubscribe?token={unsubscribe}", 200),
    "unsubscribing.unsubscribe": ("POST", "/unsubscribe?token={unsubscribe}", 422),
    "unsubscribing.show_notices": ("GET", "/unsubscribe/notices?token={notices}", 200),
    "unsubscribing.stop_notices": ("POST", "/unsubscribe/notices?token={notices}", 422),
    "resend_webhook.take": ("POST", "/webhooks/resend", 404),
    "csp_reports.take": ("POST", "/csp-reports", 404),
    "openid.configuration": ("GET", "/.well-known/openid-configuration", 200),
    "openid.jwks": ("GET", "/oauth/jwks", 200),
    "openid.authorize": ("GET", "/oauth/authorize", 400),
    "openid.authorize_by_post": ("POST", "/oauth/authorize", 303),
    "openid_tokens.token": ("POST", "/oauth/token", 400),
    "openid_tokens.userinfo": ("GET", "/oauth/userinfo", 401),
    "openid_logout.ask": ("GET", "/oauth/logout", 303),
    "openid_logout.log_out": ("POST", "/oauth/logout", 303),
    "passwords.ask": ("GET", "/password/forgot", 200),
    "passwords.send": ("POST", "/password/forgot", 422),
    "passwords.sent": ("GET", "/password/forgot/sent", 200),
    "passwords.show": ("GET", "/password/reset?token=x", 404),
    "passwords.reset": ("POST", "/password/reset?token=x", 404),
    "account.show": ("GET", "/account", 200),
    "account.change_profile": ("POST", "/account", 422),
    "account.change_password": ("POST", "/account/password", 422),
    "account.ask_confirmation": ("POST", "/account/confirmation", 422),
    "account.choose_notices": ("POST", "/account/notices", 422),
    "leaving.ask_leave": ("GET", "/account/leave/acme", 200),
    "leaving.leave": ("POST", "/account/leave/acme", 422),
    "leaving.ask_delete": ("GET", "/account/delete", 200),
    "leaving.delete": ("POST", "/account/delete", 422),
    "invitations.index": ("GET", "/orgs/acme/invitations", 200),
    "invitations.detail": ("GET", "/orgs/acme/invitations/{id}", 200),
    "invitations.new": ("GET", "/orgs/acme/invitations/new", 200),
    "invitations.check": ("POST", "/orgs/acme/invitations/check", 422),
    "invitations.create": ("POST", "/orgs/acme/invitations", 422),
    "invitations.ask_edit": ("GET", "/orgs/acme/invitations/{id}/edit", 200),
    "invitations.edit": ("POST", "/orgs/acme/invitations/{id}/edit", 422),
    "invitation_links.ask": ("GET", "/orgs/acme/invitations/{id}/link", 200),
    "invitation_links.show": ("POST", "/orgs/acme/invitations/{id}/link", 422),
    "invitation_links.resend": ("POST", "/orgs/acme/invitations/{id}/resend", 422),
    "invitations.retry": ("POST", "/orgs/acme/invitations/{id}/deliveries/1/retry", 422),
    "invitations.ask_revoke": ("GET", "/orgs/acme/invitations/{id}/revoke", 200),
    "invitations.revoke": ("POST", "/orgs/acme/invitations/{id}/revoke", 422),
    "reinvitations.invite": ("POST", "/orgs/acme/invitations/{id}/again", 422),
    "readdressing.ask": ("GET", "/orgs/acme/invitations/{id}/address", 200),
    "readdressing.correct": ("POST", "/orgs/acme/invitations/{id}/address", 422),
    "join_links.index": ("GET", "/orgs/acme/links", 200),
    "join_links.new": ("GET", "/orgs/acme/links/new", 200),
    "join_links.create": ("POST", "/orgs/acme/links", 422),
    "join_links.show": ("GET", "/orgs/acme/links/{link}", 200),
    "join_links.pause": ("POST", "/orgs/acme/links/{link}/pause", 422),
    "join_links.resume": ("POST", "/orgs/acme/links/{link}/resume", 422),
    "join_links.ask_revoke": ("GET", "/orgs/acme/links/{link}/revoke", 200),
    "join_links.revoke": ("POST", "/orgs/acme/links/{link}/revoke", 422),
    "bulk_imports.index": ("GET", BULK, 200),
    "bulk_imports.read": ("POST", BULK, 422),
    "bulk_imports.show": ("GET", BULK + "/{list}", 200),
    "bulk_imports.start": ("POST", BULK + "/{list}/start", 422),
    "bulk_imports.stop": ("POST", BULK + "/{list}/stop", 422),
    "list_columns.choose_columns": ("POST", BULK + "/{list}/columns", 422),
    "list_columns.choose_roles": ("POST", BULK + "/{list}/roles", 422),
    "bulk_imports.export": ("GET", BULK + "/{list}/not-sent.csv", 200),
    "account_data.export": ("GET", "/account/data.json", 200),
    "account_sessions.index": ("GET", "/account/sessions", 200),
    "account_sessions.end": ("POST", "/account/sessions/1/end", 422),
    "account_sessions.end_others": ("POST", "/account/sessions/end-others", 422),
    "home.to_audit": ("GET", "/audit", 303),
    "audit.index": ("GET", "/orgs/acme/audit", 200),
    "audit.export": ("GET", "/orgs/acme/audit/trail.jsonl", 200),
    "home.to_reports": ("GET", "/reports", 303),
    "home.to_settings": ("GET", "/settings", 303),
    "settings.team": ("GET", "/orgs/acme/settings/team", 200),
    "settings.change_team": ("POST", "/orgs/acme/settings/team", 422),
    "settings.invitations": ("GET", "/orgs/acme/settings/invitations", 200),
    "settings.change_invitations": ("POST", "/orgs/acme/settings/invitations", 422),
    "settings.access": ("GET", "/orgs/acme/settings/access", 200),
    "settings.change_access": ("POST", "/orgs/acme/settings/access", 422),
    "mail_templates.index": ("GET", TEMPLATES, 200),
    "mail_templates.edit": ("GET", f"{TEMPLATES}/invitation", 200),
    "mail_templates.save": ("POST", f"{TEMPLATES}/invitation", 422),
    "mail_templates.preview": ("POST", f"{TEMPLATES}/invitation/preview", 422),
    "mail_templates.send_test": ("POST", f"{TEMPLATES}/invitation/test", 422),
    "mail_templates.versions": ("GET", f"{TEMPLATES}/invitation/versions", 200),
    "mail_templates.version": ("GET", f"{TEMPLATES}/invitation/versions/1", 404),
    "mail_templates.use_again": ("POST", f"{TEMPLATES}/invitation/versions/1/use", 422),
    "mail_templates.ask_default": ("GET", f"{TEMPLATES}/invitation/default", 200),
    "mail_templates.back_to_default": ("POST", f"{TEMPLATES}/invitation/default", 422),
    "settings.email": ("GET", "/orgs/acme/settings/email", 200),
    "settings.change_email": ("POST", "/orgs/acme/settings/email", 422),
    "mail_health.index": ("GET", "/orgs/acme/settings/email/health", 200),
    "suppressed.ask": ("GET", "/orgs/acme/settings/email/health/lift?id={suppressed}", 200),
    "suppressed.lift": ("POST", "/orgs/acme/settings/email/health/lift", 422),
    "webhooks.index": ("GET", HOOKS, 200),
    "webhooks.new": ("GET", HOOKS + "/new", 200),
    "webhooks.create": ("POST", HOOKS, 422),
    "webhooks.show": ("GET", HOOKS + "/{hook}", 200),
    "webhooks.ask_change": ("GET", HOOKS + "/{hook}/edit", 200),
    "webhooks.change": ("POST", HOOKS + "/{hook}/edit", 422),
    "webhooks.switch_off": ("POST", HOOKS + "/{hook}/off", 422),
    "webhooks.switch_on": ("POST", HOOKS + "/{hook}/on", 422),
    "webhooks.test": ("POST", HOOKS + "/{hook}/test", 422),
    "webhooks.ask_rotate": ("GET", HOOKS + "/{hook}/secret", 200),
    "webhooks.rotate": ("POST", HOOKS + "/{hook}/secret", 422),
    "webhooks.ask_delete": ("GET", HOOKS + "/{hook}/delete", 200),
    "webhooks.delete": ("POST", HOOKS + "/{hook}/delete", 422),
    "webhook_deliveries.show": ("GET", HOOKS + "/{hook}/deliveries/{told}", 200),
    "webhook_deliveries.replay": ("POST", HOOKS + "/{hook}/deliveries/{told}/replay", 422),
    "api_keys.index": ("GET", KEYS, 200),
    "api_keys.create": ("POST", KEYS, 422),
    "api_keys.show": ("GET", KEYS + "/{key}", 200),
    "api_keys.ask_revoke": ("GET", KEYS + "/{key}/revoke", 200),
    "api_keys.revoke": ("POST", KEYS + "/{key}/revoke", 422),
    "docs.show": ("GET", "/api/v1/docs", 200),
    "docs.openapi": ("GET", "/api/v1/openapi.json", 200),
    "bulk_actions.ask": ("GET", "/orgs/acme/invitations/selected?do=revoke&id={id}", 200),
    "bulk_actions.do": ("POST", "/orgs/acme/invitations/selected", 422),
    "arrival.dismiss": ("POST", "/orgs/acme/arrival/dismiss", 422),
    "members.index": ("GET", "/orgs/acme/members", 200),
    "members.ask_role": ("GET", "/orgs/acme/members/{member}/role", 200),
    "members.change_role": ("POST", "/orgs/acme/members/{member}/role", 422),
    "members.ask_sign_out": ("GET", "/orgs/acme/members/{member}/sign-out", 200),
    "members.sign_out": ("POST", "/orgs/acme/members/{member}/sign-out", 422),
    "members.ask_deactivate": ("GET", "/orgs/acme/members/{member}/deactivate", 200),
    "members.deactivate": ("POST", "/orgs/acme/members/{member}/deactivate", 422),
    "members.reactivate": ("POST", "/orgs/acme/members/{member}/reactivate", 422),
    "groups.index": ("GET", GROUPS, 200),
    "groups.create": ("POST", GROUPS, 422),
    "groups.show": ("GET", GROUPS + "/{group}", 200),
    "groups.ask_change": ("GET", GROUPS + "/{group}/edit", 200),
    "groups.change": ("POST", GROUPS + "/{group}/edit", 422),
    "groups.ask_delete": ("GET", GROUPS + "/{group}/delete", 200),
    "groups.delete": ("POST", GROUPS + "/{group}/delete", 422),
    "applications.index": ("GET", APPLICATIONS, 200),
    "applications.new": ("GET", APPLICATIONS + "/new", 200),
    "applications.create": ("POST", APPLICATIONS, 422),
    "applications.show": ("GET", APPLICATIONS + "/{application}", 200),
    "applications.ask_change": ("GET", APPLICATIONS + "/{application}/edit", 200),
    "applications.change": ("POST", APPLICATIONS + "/{application}/edit", 422),
    "applications.pause": ("POST", APPLICATIONS + "/{application}/pause", 422),
    "applications.resume": ("POST", APPLICATIONS + "/{application}/resume", 422),
    "applications.ask_delete": ("GET", APPLICATIONS + "/{application}/delete", 200),
    "applications.delete": ("POST", APPLICATIONS + "/{application}/delete", 422),
    "openid_settings.ask": ("GET", APPLICATIONS + "/{application}/openid", 200),
    "openid_settings.change": ("POST", APPLICATIONS + "/{application}/openid", 422),
    "openid_settings.ask_secret": ("GET", APPLICATIONS + "/{application}/secret", 200),
    "openid_settings.make_secret": ("POST", APPLICATIONS + "/{application}/secret", 422),
    "applications.try_it": ("GET", APPLICATIONS + "/{application}/try", 200),
    "group_members.add": ("POST", GROUPS + "/{group}/members", 422),
    "group_members.remove": ("POST", GROUPS + "/{group}/members/{member}/remove", 422),
    "group_members.give": ("POST", "/orgs/acme/members/{member}/groups", 422),
    "member_ends.ask_end": ("GET", "/orgs/acme/members/{member}/end", 200),
    "member_ends.set_end": ("POST", "/orgs/acme/members/{member}/end", 422),
    "member_ends.extend": ("POST", "/orgs/acme/members/{member}/extend", 422),
    "member_ends.ask_end_now": ("GET", "/orgs/acme/members/{member}/end-now", 200),
    "member_ends.end_now": ("POST", "/orgs/acme/members/{member}/end-now", 422),
    "member_ends.ask_sponsor": ("GET", "/orgs/acme/members/{member}/sponsor", 200),
    "member_ends.change_sponsor": ("POST", "/orgs/acme/members/{member}/sponsor", 422),
    "requests.index": ("GET", REQUESTS, 200),
    "requests.new": ("GET", REQUESTS + "/new", 200),
    "requests.create": ("POST", REQUESTS, 422),
    "requests.ask_stay": ("GET", REQUESTS + "/stay", 200),
    "requests.stay": ("POST", REQUESTS + "/stay", 422),
    "requests.withdraw": ("POST", REQUESTS + "/{request}/withdraw", 422),
    "request_decisions.show": ("GET", REQUESTS + "/{request}", 200),
    "request_decisions.approve": ("POST", REQUESTS + "/{request}/approve", 422),
    "request_decisions.decline": ("POST", REQUESTS + "/{request}/decline", 422),
    "request_decisions.ask_several": ("GET", REQUESTS + "/selected?do=approve&id={request}", 200),
    "request_decisions.do_several": ("POST", REQUESTS + "/selected", 422),
    "settings.requests": ("GET", "/orgs/acme/settings/requests", 200),
    "settings.change_requests": ("POST", "/orgs/acme/settings/requests", 422),
    "member_bulk.ask": ("GET", "/orgs/acme/members/selected?do=extend&id={member}", 200),
    "member_bulk.do": ("POST", "/orgs/acme/members/selected", 422),
    "reviews.index": ("GET", "/orgs/acme/reviews", 200),
    "reviews.start": ("POST", "/orgs/acme/reviews", 422),
    "reviews.change_settings": ("POST", "/orgs/acme/reviews/settings", 422),
    "reviews.show": ("GET", "/orgs/acme/reviews/{review}", 200),
    "reviews.ask_sponsors": ("POST", "/orgs/acme/reviews/{review}/sponsors", 422),
    "reviews.ask_stop": ("GET", "/orgs/acme/reviews/{review}/stop", 200),
    "reviews.stop": ("POST", "/orgs/acme/reviews/{review}/stop", 422),
    "reviews.export": ("GET", "/orgs/acme/reviews/{review}/result.csv", 200),
    "review_answers.ask": ("GET", "/orgs/acme/reviews/{review}/answer?do=end&all=1", 200),
    "review_answers.answer": ("POST", "/orgs/acme/reviews/{review}/answer", 422),
    "review_sponsors.show": ("GET", "/orgs/acme/reviews/{review}/mine", 200),
    "review_sponsors.ask": ("GET", "/orgs/acme/reviews/{review}/mine/answer?do=end&id=1", 200),
    "review_sponsors.answer": ("POST", "/orgs/acme/reviews/{review}/mine/answer", 422),
    "reports.index": ("GET", "/orgs/acme/reports", 200),
    "reports.export": ("GET", "/orgs/acme/reports/invitations.csv", 200),
    "gate.check": ("GET", "/gate/check", 401),
    "gate.enter": ("GET", "/gate/enter?application=acme/none", 403),
    "gate.failed": ("GET", "/gate/failed?application=acme/none", 404),
    # On our own host there is nothing of the hosts of applications: tests/web/test_gate.py.
    "gate_visits.start": ("GET", "/.gatehouse/start", 404),
    "gate_visits.enter": ("GET", "/.gatehouse/enter", 404),
    "gate_visits.refused": ("GET", "/.gatehouse/refused", 404),
    "gate_visits.ask_sign_out": ("GET", "/.gatehouse/sign-out", 404),
    "gate_visits.sign_out": ("POST", "/.gatehouse/sign-out", 404),
    "gate_visits.left": ("GET", "/.gatehouse/left", 404),
    "gate_visits.style": ("GET", "/.gatehouse/app.css", 404),
}
DEVELOPMENT_ONLY = {"mailbox.index", "mailbox.message", "styleguide.show"}
INSIDE = [name for name in ROUTES if ACCESS[name] not in (ANYONE, USER)]


def all_that_routes_name():
    """One of each thing that the addresses of ROUTES name."""
    hook = cast.webhook()
    cast.take_asks()
    made, link = cast.invited(), cast.join_link()
    return {
        "link": link.id,
        "code": cast.code_of(link),
        "id": made.id,
        "hook": hook.id,
        "told": deliveries.page(hook).rows[0][0].id,
        "list": cast.listed("bo@example.org").id,
        "key": cast.key().id,
        "token": cast.mailed_token(made),
        "member": cast.member().id,
        "group": cast.group().slug,
        "application": cast.application().slug,
        "request": cast.request().id,
        "review": reviews.start(cast.organization(), by=cast.person()).id,
        "suppressed": cast.suppressed(),
        "unsubscribe": unsubscribes.address(made).partition("token=")[2],
        "notices": notice_choices.address(cast.person()).partition("token=")[2],
    }


BEFOREHAND = all_that_routes_name


@pytest.fixture
def ask(prepared):
    """Use a route as somebody, without following where it leads."""

    def ask(somebody, endpoint):
        method, address, _ = ROUTES[endpoint]
        address = address.format(**prepared)
        if method == "GET":
            return somebody.open(address, follow=False)
        return somebody.post(address, {}, follow=False)

    return ask


def test_every_route_has_a_row(app):
    calls = set(CALLS)  # tests/api/test_access.py
    assert set(app.view_functions) - {"static"} - calls == set(ROUTES)
    assert set(ACCESS) - {"static"} - calls == set(ROUTES) | DEVELOPMENT_ONLY


def test_every_permission_in_the_table_exists():
    assert {who for who in ACCESS.values() if who not in (ANYONE, USER)} <= permissions.ALL


@pytest.mark.parametrize("endpoint", ROUTES)
def test_its_rightful_user_gets_an_answer(ask, browser, endpoint):
    somebody = browser() if ACCESS[endpoint] == ANYONE else browser(cast.PRIYA)
    assert ask(somebody, endpoint).status == ROUTES[endpoint][2]


@pytest.mark.parametrize("endpoint", [n for n in ROUTES if ACCESS[n] != ANYONE])
def test_a_signed_out_visitor_is_sent_to_sign_in(ask, browser, endpoint):
    answer = ask(browser(), endpoint)
    assert answer.status == 303
    assert answer.location.startswith("/login")


@pytest.mark.parametrize("kind", ["session", "key"])
def test_a_bearer_token_opens_no_page(ask, browser, app, secrets, kind):
    """Whoever gives a program a token has not given it the pages, whose forms it could send."""
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        if kind == "session":
            token = sessions.start(priya, acme.id)
        else:
            scopes = list(api_keys.SCOPES)
            token = api_keys.create(acme, by=priya, name="Staff", scopes=scopes, days=30)[1]
    secrets.learn(token)
    somebody = browser()
    somebody.environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    for endpoint in (name for name in ROUTES if ACCESS[name] != ANYONE):
        answer = ask(somebody, endpoint)
        assert (endpoint, answer.status) == (endpoint, 303)
        assert answer.location.startswith("/login")


@pytest.mark.parametrize("endpoint", INSIDE)
def test_an_outsider_finds_nothing(ask, browser, endpoint):
    assert ask(browser(cast.EVE), endpoint).status == 404


@pytest.mark.parametrize(("email", "role"), [(cast.CHEN, "contributor"), (cast.MARCO, "manager")])
@pytest.mark.parametrize("endpoint", INSIDE)
def test_a_lesser_role_is_told_that_it_may_not(ask, browser, endpoint, email, role):
    status = ask(browser(email), endpoint).status
    assert (status == 403) == (not permissions.allows(role, ACCESS[endpoint]))


@pytest.mark.parametrize("endpoint", [n for n in ROUTES if ROUTES[n][0] == "POST"])
def test_a_form_from_nowhere_changes_nothing(ask, browser, endpoint, app):
    priya = browser(cast.PRIYA)
    with app.app_context():
        before = db.session.query(Event).count(), db.session.query(Invitation).count()
    ask(priya, endpoint)
    with app.app_context():
        after = db.session.query(Event).count(), db.session.query(Invitation).count()
        made = cast.invitation()
    assert after == before
    assert made.state == "pending"
    priya.open("/orgs/acme/invitations")
    assert priya.page.heading == "Invitations"


def test_another_sites_page_posts_nothing(browser):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    form = priya.page.form("/orgs/acme/invitations")
    answer = priya.post(
        form.action,
        {**form.fields, "email": "bo@example.org"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status == 403


def test_a_suspended_organization_is_closed_to_its_members(browser, app):
    priya = browser(cast.PRIYA)
    with app.app_context():
        organizations.suspend(cast.organization())
    priya.open("/orgs/acme/invitations")
    assert priya.status == 403
    assert "suspended" in priya.page.words


@pytest.fixture
def ending(app):
    """Priya's access ends in a minute, while Marco stays an admin; the clock stands."""
    with clock.stopped():
        with app.app_context():
            acme, marco = cast.organization(), cast.member(cast.MARCO)
            roles.change_role(acme, marco.id, by=cast.person(), role="admin")
            end = clock.now() + timedelta(minutes=1)
            by = cast.person(cast.MARCO)
            ends.set_end(acme, cast.member(cast.PRIYA).id, by=by, ends_at=end)
        yield


@pytest.mark.parametrize("endpoint", [n for n in ROUTES if ACCESS[n] != ANYONE])
def test_an_end_is_held_to_the_second_by_every_page_with_no_job_run(ask, browser, ending, endpoint):
    priya = browser(cast.PRIYA)
    with clock.ahead(seconds=60):
        answer = ask(priya, endpoint)
        if ACCESS[endpoint] != USER or endpoint.endswith("leave"):
            assert answer.status == 403
            words = "Your access to Acme lasted until"
            assert words in answer.page.words
            assert "ask an admin of Acme" in answer.page.words
        elif endpoint.startswith("home.to_"):
            assert answer.location == "/orgs"
        else:
            assert answer.status == ROUTES[endpoint][2]
    with clock.ahead(seconds=59):
        assert ask(priya, endpoint).status == ROUTES[endpoint][2]


def test_the_links_of_an_admin_whose_access_ended_do_not_open(ask, browser, ending):
    with clock.ahead(seconds=59):
        assert ask(browser(), "registration.show").status == 200
    with clock.ahead(seconds=60):
        assert ask(browser(), "registration.show").status == 410


def test_who_has_nothing_left_is_told_what_ended_and_strangers_are_told_nothing(browser, ending):
    with clock.ahead(seconds=60):
        priya = browser(cast.PRIYA)  # signing in works: the account is theirs
        priya.open("/")
        assert priya.page.heading == "Your organizations"
        assert "Your access to Acme lasted until" in priya.page.words
        eve = browser(cast.EVE)
        eve.open("/orgs/acme/members")
        assert eve.status == 404
        assert "Your access" not in eve.page.words


def test_an_ended_member_is_sent_to_their_sponsor_and_keeps_other_organizations(
    app, browser, ending
):
    with app.app_context():
        made = cast.invited(cast.PRIYA, slug="evil")
        acceptances.join(cast.mailed_token(made), by=cast.person())
        sponsors.change(
            cast.organization(),
            cast.member(cast.PRIYA).id,
            by=cast.person(cast.MARCO),
            sponsor_id=cast.person(cast.MARCO).id,
        )
    with clock.ahead(seconds=60):
        priya = browser(cast.PRIYA)
        priya.open("/orgs/acme/invitations")
        assert priya.status == 403
        assert priya.page.heading == "Your access has ended"
        assert "ask Marco Rossi" in priya.page.words
        priya.open("/orgs/evil/members")
        assert priya.status == 200
        priya.open("/orgs")
        assert "Evil Corp" in priya.page.words


@pytest.mark.parametrize("slug", ["nope", "ACME", "a", "acme%00", "x" * 41, "%ED%B2%80"])
def test_an_organization_that_is_not_there_is_not_found(browser, slug):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/{slug}/invitations")
    assert priya.status == 404


@pytest.mark.parametrize("number", ["0", "-1", "99999", "9" * 30, "1e5", "abc", "%00"])
def test_an_invitation_that_is_not_there_is_not_found(browser, number):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert priya.status == 404


def test_a_foreign_invitation_is_as_unknown_as_none(browser, app):
    with app.app_context():
        foreign = cast.invited(slug="evil").id
    priya = browser(cast.PRIYA)
    unknown = priya.open("/orgs/acme/invitations/999999").text
    known = priya.open(f"/orgs/acme/invitations/{foreign}").text
    for text in (unknown, known):
        assert "There is nothing here" in text
    assert without_number(unknown) == without_number(known)


def test_the_style_guide_exists_in_development_only(make_app):
    for name in ("test", "production"):
        app = make_app(GATEHOUSE_ENV=name, PUBLIC_URL="https://gate.example.org")
        assert app.test_client().get("/styleguide").status_code == 404
    app = make_app(GATEHOUSE_ENV="development")
    assert app.test_client().get("/styleguide").status_code == 200


def test_the_mailbox_exists_in_development_only(make_app):
    for name in ("test", "production"):
        app = make_app(GATEHOUSE_ENV=name, PUBLIC_URL="https://gate.example.org")
        assert "mailbox.index" not in app.view_functions
    local = make_app(GATEHOUSE_ENV="development", PUBLIC_URL="http://127.0.0.1:8000")
    assert "mailbox.index" in local.view_functions
    public = make_app(GATEHOUSE_ENV="development", PUBLIC_URL="https://gate.example.org")
    assert "mailbox.index" not in public.view_functions


def without_number(html):
    return re.sub(r"<code>\w+</code>|value=\"[^\"]+\"", "", html)
