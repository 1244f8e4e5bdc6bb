"""A backup is made while everything runs; restoring yesterday's gives nobody anything."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, text

from tests import cast
from tests.support import backups
from webapp import clock
from webapp.connections import writing
from webapp.db import db
from webapp.domain import groups, imports, invitations, links, organizations, outbox, webhooks
from webapp.domain.accounts import api_keys, password_resets, people, second_factors, sign_ins
from webapp.domain.deliverability import suppressions, unsubscribes
from webapp.domain.errors import Refusal
from webapp.domain.groups import members as group_members
from webapp.domain.imports import runs
from webapp.domain.invitations import acceptances, resends
from webapp.domain.members import ends, leaving, review_rounds, reviews, roles
from webapp.domain.organizations import memberships
from webapp.domain.privacy import person_erasures
from webapp.models import ApiKey, Delivery, Event, Suppression

pytestmark = pytest.mark.both_databases
BO, CY, DI = "bo@example.org", "cy@example.org", "di@example.org"


def opened(browser, token):
    return browser().open(f"/register?token={token}")


def test_links_that_were_used_since_do_not_work_again(operator, app, browser):
    with app.app_context():
        tokens = {email: cast.mailed_token(cast.invited(email)) for email in (BO, CY, DI)}
    operator.backs_up()
    with app.app_context():
        acceptances.accept(tokens[BO], full_name="Bo Lind", password=cast.PASSWORD)
        invitations.revoke(cast.organization(), cast.invitation(CY).id, by=cast.person())
        acceptances.decline(tokens[DI])
    operator.restores()
    for email in (BO, CY, DI):
        answer = opened(browser, tokens[email])
        assert answer.status == 410
        assert "new link" not in answer.page.words  # an admin decides, not the holder of the link
        with app.app_context(), pytest.raises(Refusal):
            acceptances.accept(tokens[email], full_name="Nobody", password=cast.PASSWORD)
    with app.app_context():
        assert cast.invitation(BO).state == "expired"
        assert cast.invitation(CY).state == cast.invitation(DI).state == "revoked"


def test_an_admin_sends_those_links_again_that_are_still_wanted(operator, app, browser, smtp):
    with app.app_context():
        old = cast.mailed_token(cast.invited(BO))
    operator.backs_up()
    operator.restores()
    with app.app_context():
        assert opened(browser, old).page.heading == "This invitation is no longer open"
        resends.resend(cast.organization(), cast.invitation(BO).id, by=cast.person())
        outbox.drain()
        assert [mail.rcpt_to for mail in smtp.messages] == [[BO]]
        new = cast.mailed_token(cast.invitation(BO))
        assert opened(browser, old).page.heading == "This link has been replaced"
        acceptances.accept(new, full_name="Bo Lind", password=cast.PASSWORD)


def test_sessions_that_were_open_and_sessions_that_had_ended_are_ended(operator, app, browser):
    priya, marco = browser(cast.PRIYA), browser(cast.MARCO)
    assert priya.open("/orgs/acme/members").status == marco.open("/orgs/acme/members").status
    operator.backs_up()
    with app.app_context():
        roles.sign_out_everywhere(cast.organization(), cast.member(cast.MARCO).id, by=cast.person())
    told = operator.restores()
    assert "Sessions ended: 2." in told
    for somebody in (priya, marco):
        assert somebody.open("/orgs/acme/members").page.heading == "Sign in"
    browser(cast.PRIYA).open("/orgs/acme/members")


def test_mails_that_waited_in_the_backup_are_not_sent_twice_and_not_forgotten(
    operator, app, browser, smtp
):
    with app.app_context():
        outbox.drain()  # the cast's own
        smtp.messages.clear()
        cast.invited(BO)
    operator.backs_up()
    with app.app_context():
        outbox.drain()
    assert len(smtp.messages) == 1
    assert "Waiting mails that are now unknown: 1." in operator.restores()
    with app.app_context():
        assert not outbox.drain()
        mail = db.session.scalars(select(Delivery).where(Delivery.recipient == BO)).one()
        assert (mail.state, cast.invitation(BO).delivery_state) == ("unknown", "unknown")
    assert len(smtp.messages) == 1
    page = browser(cast.PRIYA).open("/orgs/acme/settings/email/health?kind=unknown").page
    assert "It may have been sent already" in page.words


def test_suppressions_of_the_backup_and_of_today_are_kept(operator, app):
    with app.app_context():
        cast.suppressed(BO, suppressions.UNSUBSCRIBED)
        cast.suppressed(CY, suppressions.BOUNCED)
    operator.backs_up()
    with app.app_context():
        suppressions.lift(cast.organization(), BO)
        token = unsubscribes.address(cast.invitation(CY)).partition("token=")[2]
        unsubscribes.unsubscribe(token)
        cast.suppressed(DI, suppressions.BOUNCED)
    operator.restores()
    with app.app_context():
        rows = db.session.execute(select(Suppression.email, Suppression.reason)).all()
        assert sorted(map(tuple, rows)) == [
            (BO, "unsubscribed"),
            (CY, "unsubscribed"),
            (DI, "bounced"),
        ]


def test_people_who_were_erased_since_stay_erased(operator, app, flask):
    with app.app_context():
        cast.invited(BO)
        cast.suppressed(CY, suppressions.UNSUBSCRIBED)
    operator.backs_up()
    with app.app_context():
        for email in (BO, CY, cast.CHEN):
            person_erasures.erase(email)
    told = operator.restores()
    assert "Not done" not in told
    for email in (BO, CY, cast.CHEN):
        assert flask("person", "export", email).stderr == f"Error: Nothing is kept about {email}.\n"
    with app.app_context(), pytest.raises(Refusal, match="unsubscribed"):
        cast.invited(CY)  # its pseudonym is still on the list
    assert flask("audit", "verify").returncode == 0


def test_a_person_whom_a_rule_keeps_from_being_erased_again_is_named(operator, app):
    operator.backs_up()
    with app.app_context():
        marco = cast.member(cast.MARCO).id
        roles.change_role(cast.organization(), marco, by=cast.person(), role="admin")
        person_erasures.erase(cast.PRIYA)
    told = operator.restores()
    assert f"Not done, do it yourself: {cast.PRIYA} was erased since and is back" in told
    assert "last active admin of Acme" in told


def test_ends_that_were_set_or_moved_forward_since_are_set_again(operator, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited(BO))
        acceptances.accept(token, full_name="Bo Lind", password=cast.PASSWORD)
        acme, priya = cast.organization(), cast.person()
        chen, marco = cast.member().id, cast.member(cast.MARCO).id
        bo, far = cast.member(BO).id, clock.now() + timedelta(days=90)
        for member in (chen, bo):
            ends.set_end(acme, member, by=priya, ends_at=far)
    operator.backs_up()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        near = clock.now() + timedelta(days=5)
        ends.set_end(acme, chen, by=priya, ends_at=near)
        ends.end_now(acme, marco, by=priya)
        ends.set_end(acme, bo, by=priya, ends_at=None)  # given since, so it is not given again
    assert "Not done" not in operator.restores()
    with app.app_context():
        assert cast.member().ends_at == near
        assert not cast.member(cast.MARCO).has_access
        assert cast.member(BO).ends_at == far


def test_members_who_were_shut_out_or_demoted_since_stay_so(operator, app):
    with app.app_context():
        chen = cast.member(cast.CHEN).id
        roles.change_role(cast.organization(), chen, by=cast.person(), role="admin")
    operator.backs_up()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        roles.deactivate(acme, cast.member(cast.MARCO).id, by=priya)
        roles.change_role(acme, chen, by=priya, role="contributor")
    operator.restores()
    with app.app_context():
        assert cast.member(cast.MARCO).status == "deactivated"
        assert cast.member(cast.CHEN).role == "contributor"
        assert [row.organization.slug for row in memberships.of(cast.person())] == ["acme"]


def test_who_was_taken_out_of_a_group_since_stays_out_and_revoked_links_stay_revoked(operator, app):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        for slug in ("drivers", "finance", "office"):
            cast.group(slug, slug.capitalize())
            group_members.add(acme, slug, cast.member().id, by=priya)
        gone, kept = cast.join_link().id, cast.join_link().id
    operator.backs_up()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        group_members.remove(acme, "finance", cast.member().id, by=priya)
        groups.delete(acme, "office", by=priya)
        links.revoke(acme, gone, by=priya)
        organizations.suspend(acme)
    assert "Not done" not in operator.restores()
    with app.app_context():
        acme = cast.organization()
        assert not acme.is_active
        assert [group.slug for group in cast.member().groups] == ["drivers"]
        assert links.find(acme, gone).revoked_at is not None
        assert links.find(acme, kept).revoked_at is None


def test_a_review_that_was_open_in_the_backup_ends_nobody_by_silence(operator, app):
    with app.app_context():
        number = reviews.start(cast.organization(), by=cast.person(), silence="end").id
    operator.backs_up()
    operator.restores()
    with app.app_context():
        assert reviews.find(cast.organization(), number).state == "stopped"
        with clock.ahead(days=40):
            review_rounds.run()
            assert cast.member(cast.CHEN).has_access


def test_a_password_and_a_second_factor_that_were_set_since_stay(operator, app):
    with app.app_context(), clock.ahead(days=-1):
        chen = cast.person(cast.CHEN)
        offer = second_factors.offer(chen)
        code = pyotp.TOTP(offer.secret).at(clock.now())
        second_factors.switch_on(chen, offer.sealed, password=cast.PASSWORD, code=code)
    operator.backs_up()
    with app.app_context():
        step = sign_ins.sign_in(cast.CHEN, cast.PASSWORD)
        sign_ins.finish(step.pending, code=offer.codes[0])
        token = password_resets.address(cast.person(cast.MARCO)).partition("token=")[2]
        password_resets.reset(token, password="a gate of eight bars")
    operator.restores()
    with app.app_context():
        step = sign_ins.sign_in(cast.CHEN, cast.PASSWORD)
        with pytest.raises(Refusal):
            sign_ins.finish(step.pending, code=offer.codes[0])
        with pytest.raises(Refusal):  # one may have been used a moment before the disk was lost
            sign_ins.finish(step.pending, code=pyotp.TOTP(offer.secret).at(clock.now()))
        sign_ins.finish(step.pending, code=offer.codes[1])
        with pytest.raises(Refusal):
            sign_ins.sign_in(cast.MARCO, cast.PASSWORD)
        assert sign_ins.sign_in(cast.MARCO, "a gate of eight bars")


def test_links_to_set_a_password_from_before_are_ended_and_new_ones_work(
    operator, app, browser, travel
):
    with app.app_context():
        old = password_resets.address(cast.person(cast.MARCO))
    operator.backs_up()
    operator.restores()
    assert browser().open(old).status == 404
    travel(seconds=2)
    with app.app_context():
        new = password_resets.address(cast.person(cast.MARCO))
    assert browser().open(new).status == 200


def test_keys_that_were_revoked_since_stay_so_and_the_others_work(operator, app):
    with app.app_context():
        revoked = cast.key("Old").id
        cast.key("New")
    operator.backs_up()
    with app.app_context():
        api_keys.revoke(cast.organization(), revoked, by=cast.person())
    assert "API keys ended: 1." in operator.restores()
    assert key_states(app) == {"Old": "revoked", "New": "active"}


@pytest.mark.parametrize(("words", "state"), [((), "revoked"), (("--keep-keys",), "active")])
def test_when_the_database_is_lost_keys_end_unless_the_operator_keeps_them(
    operator, app, database, browser, words, state
):
    priya = browser(cast.PRIYA)
    with app.app_context():
        cast.key("Staff list")
        token = cast.mailed_token(cast.invited(BO))
    operator.backs_up()
    backups.lose(app, database)
    told = operator.restores(*words)
    assert "There was no database to say what happened since then" in told
    assert key_states(app) == {"Staff list": state}
    assert opened(browser, token).status == 410
    assert priya.open("/orgs/acme/members").page.heading == "Sign in"
    assert len(backups.names(database)) == 1  # nothing is kept, and nothing is left over


def key_states(app):
    with app.app_context():
        rows = db.session.scalars(select(ApiKey)).all()
        return {key.name: key.state(clock.now()) for key in rows}


def test_a_new_invitation_with_a_used_number_is_not_opened_by_a_lost_ones_links(
    operator, app, browser
):
    operator.backs_up()
    with app.app_context():
        lost = cast.invited(BO)
        token, unsubscribe = cast.mailed_token(lost), unsubscribes.address(lost)
    operator.restores()
    with app.app_context(), clock.ahead(seconds=2):
        assert cast.invited(CY).id == lost.id
    assert opened(browser, token).status == 404
    assert browser().open(unsubscribe).status == 404


def test_the_trail_says_that_it_was_restored_and_an_alteration_is_still_noticed(
    operator, app, browser, flask
):
    operator.backs_up()
    with app.app_context():
        cast.invited(BO)
    operator.restores()
    verified = flask("audit", "verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    page = browser(cast.PRIYA).open("/orgs/acme/audit?name=SystemRestored").page
    assert "The operator restored a backup of 20" in page.words
    with app.app_context():
        restored = db.session.scalars(select(Event).where(Event.name == "SystemRestored")).all()
        assert {event.organization_id for event in restored} == {1, 2, None}
        options = writing(db.engine.dialect)
        with db.engine.connect().execution_options(**options) as somebody, somebody.begin():
            if db.engine.dialect.name == "postgresql":
                somebody.execute(text("SET LOCAL session_replication_role = replica"))
            somebody.execute(
                text("UPDATE events SET actor = 'system' WHERE id = :id"), {"id": restored[0].id}
            )
    done = flask("audit", "verify")
    assert done.returncode == 1
    assert f"event {restored[0].id}: This event, SystemRestored of " in done.stdout


def test_rows_of_the_search_come_along(operator, app, browser):
    with app.app_context():
        cast.invited(BO, name="Bo Lind")
    operator.backs_up()
    operator.restores()
    page = browser(cast.PRIYA).open("/orgs/acme/invitations?q=lind").page
    assert BO in page.words
    with app.app_context():
        assert cast.invitation(BO).state == "expired"


def test_a_list_that_was_being_invited_is_stopped_and_nobody_is_invited_twice(operator, app, smtp):
    with app.app_context():
        outbox.drain()
        listed = cast.listed(f"{BO}, {CY}").id
        imports.start(cast.organization(), listed, by=cast.person())
    operator.backs_up()
    with app.app_context():
        runs.run_due()
        outbox.drain()
    sent = len(smtp.messages)
    operator.restores()
    with app.app_context():
        runs.run_due()
        outbox.drain()
        assert imports.find(cast.organization(), listed).state == "stopped"
        assert cast.invitation(BO) is None
    assert len(smtp.messages) == sent


def test_webhooks_that_were_turned_off_and_organizations_that_were_suspended_stay_so(operator, app):
    with app.app_context():
        off, on = (cast.webhook(f"https://8.8.8.8/{name}").id for name in ("off", "on"))
    operator.backs_up()
    with app.app_context():
        webhooks.switch_off(cast.organization(), off, by=cast.person())
        organizations.suspend(cast.organization("evil"))
    operator.restores()
    with app.app_context():
        states = [webhooks.find(cast.organization(), one).state for one in (off, on)]
        assert states == ["off", "on"]
        assert not cast.organization("evil").is_active


def test_an_account_that_was_deleted_since_stays_deleted_and_its_invitation_on_record(
    operator, app, flask
):
    operator.backs_up()
    with app.app_context():
        leaving.delete_account(cast.person(cast.CHEN), password=cast.PASSWORD)
    operator.restores()
    with app.app_context():
        assert people.find(cast.CHEN) is None
        assert cast.invitation(cast.CHEN).state == "accepted"
        with pytest.raises(Refusal):
            sign_ins.sign_in(cast.CHEN, cast.PASSWORD)
    assert flask("audit", "verify").returncode == 0
