"""Who is in, and when they last did something."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests import cast
from tests.web.test_invitation_pages import count_queries, strip_tokens
from webapp.db import db, transaction
from webapp.domain import invitations
from webapp.domain.invitations import acceptances, links
from webapp.domain.members import reviews, roles
from webapp.domain.organizations import member_table, memberships
from webapp.models import Event, Membership
from webapp.web import last_activity


def last_seen(app, email=cast.PRIYA):
    with app.app_context():
        person = cast.person(email)
        return db.session.query(Membership).filter_by(user_id=person.id).one().last_seen_at


def act(priya):
    """Something that changes something."""
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", follow=False, email="nonsense")


def test_everybody_sees_who_is_in_and_in_which_role(browser):
    chen = browser(cast.CHEN)
    chen.open("/orgs/acme/members")
    assert [(row["Name"], row["Role"]) for row in chen.page.rows()] == [
        ("Priya Shah", "Admin"),
        ("Marco Rossi", "Manager"),
        ("Chen Wei", "Contributor"),
    ]
    assert "3 active members" in chen.page.words


@pytest.mark.parametrize(("email", "sees"), [(cast.MARCO, True), (cast.CHEN, False)])
def test_last_activity_is_for_admins_and_managers(browser, email, sees):
    somebody = browser(email)
    somebody.open("/orgs/acme/members")
    assert ("Last activity" in somebody.page.rows()[0]) == sees


@pytest.mark.both_databases
def test_pages_of_members_lead_on_and_back_and_say_where_they_are(browser, monkeypatch):
    monkeypatch.setattr(member_table, "SIZE", 2)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    assert [row["Name"] for row in priya.page.rows()] == ["Priya Shah", "Marco Rossi"]
    assert "1 to 2 of 3" in priya.page.words
    assert "Previous" not in priya.page.links()
    priya.open(priya.page.links()["Next"])
    assert [row["Name"] for row in priya.page.rows()] == ["Chen Wei"]
    assert "3 to 3 of 3" in priya.page.words
    assert "Next" not in priya.page.links()
    priya.open(priya.page.links()["Previous"])
    assert [row["Name"] for row in priya.page.rows()] == ["Priya Shah", "Marco Rossi"]


def test_doing_something_moves_last_activity_at_most_every_five_minutes(browser, app, travel):
    priya = browser(cast.PRIYA)
    travel(minutes=6)
    act(priya)
    first = last_seen(app)
    travel(minutes=4)
    act(priya)
    assert last_seen(app) == first
    travel(minutes=2)
    priya.open("/orgs/acme/members")
    assert last_seen(app) == first
    act(priya)
    assert last_seen(app) > first


def test_taking_an_export_moves_last_activity_and_looking_at_it_does_not(browser, app, travel):
    priya = browser(cast.PRIYA)
    with app.app_context():
        names = {
            "import_id": cast.listed("bo@example.org").id,
            "review_id": reviews.start(cast.organization(), by=cast.person()).id,
        }
    exports = [name for name in app.view_functions if name.endswith(".export")]
    assert set(exports) - {"account_data.export"} == last_activity.EXPORTS
    for endpoint in sorted(last_activity.EXPORTS):
        (rule,) = app.url_map.iter_rules(endpoint)
        given = {"slug": "acme", "form": "csv", **names}
        _, path = rule.build(given, append_unknown=False)
        travel(minutes=6)
        before = last_seen(app)
        priya.client.head(path, environ_overrides=priya.environ, buffered=True)
        assert last_seen(app) == before, endpoint
        assert priya.open(path).status == 200
        assert last_seen(app) > before, endpoint


def test_an_activity_that_cannot_be_noted_fails_no_request(
    browser, app, travel, monkeypatch, caplog
):
    def fail(_):
        raise RuntimeError("details")

    monkeypatch.setattr(memberships, "seen", fail)
    priya = browser(cast.PRIYA)
    travel(minutes=6)
    act(priya)
    assert priya.status == 422
    assert "last activity was not written: RuntimeError" in caplog.text


def test_signing_in_moves_last_activity_and_reading_does_not(browser, app, travel):
    before = last_seen(app)
    travel(minutes=6)
    priya = browser()
    priya.open("/login")
    typed = {"email": cast.PRIYA, "password": cast.PASSWORD}
    priya.send("/login", follow=False, **typed)
    signed_in = last_seen(app)
    assert signed_in > before
    travel(minutes=6)
    priya.open("/orgs/acme/members")
    assert last_seen(app) == signed_in


def test_last_activity_is_said_once_and_marked_within_the_last_hour(browser, travel, app):
    travel(minutes=6)  # signing in counts only if it is five minutes after what is noted already
    priya = browser(cast.PRIYA)
    said = []
    for minutes in (0, 3, 7, 51):
        travel(minutes=minutes)
        said.append(priya.open("/orgs/acme/members").page.rows()[0]["Last activity"])
    assert said == ["Active now", "Active now", "10 minutes ago", "an hour ago"]
    with app.app_context():
        exact = f"{last_seen(app, cast.CHEN):%B %Y, %H:%M} UTC"
    assert exact in priya.page.html


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("CHEN", ["Chen Wei"]),
        ("marco@acme", ["Marco Rossi"]),
        ("  wei ", ["Chen Wei"]),
        ("r", ["Priya Shah", "Marco Rossi"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("' OR 1=1 --", []),
        ("x" * 5000, []),
        ("chen\0 wei", ["Chen Wei"]),
        ("\0", ["Priya Shah", "Marco Rossi", "Chen Wei"]),
        ("🏰", []),
    ],
    ids=lambda value: ascii(value)[:20],
)
@pytest.mark.both_databases
def test_members_are_found_by_name_or_address(browser, words, found):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members?q={quote(words)}")
    assert priya.status == 200
    assert [row["Name"] for row in priya.page.rows()] == found
    assert "3 active members" in priya.page.words


def test_how_many_are_found_is_said_in_words(browser):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members?q=chen")
    assert "3 active members. 1 of them matches “chen”." in priya.page.words
    priya.open("/orgs/acme/members?q=r")
    assert "3 active members. 2 of them match “r”." in priya.page.words
    priya.open("/orgs/acme/members?status=deactivated&q=r")
    assert "0 deactivated members match “r”." in priya.page.words


def test_broken_bytes_are_no_words_to_look_for(browser):
    priya = browser(cast.PRIYA)
    for query in ("q=%ff", "q=%ED%B2%80", "after=%00", "status=%00", "q=a&q=b"):
        assert priya.open(f"/orgs/acme/members?{query}").status == 200


def test_what_was_looked_for_stays_from_page_to_page(browser, monkeypatch):
    monkeypatch.setattr(member_table, "SIZE", 1)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members?q=r")
    priya.open(priya.page.links()["Next"])
    assert [row["Name"] for row in priya.page.rows()] == ["Marco Rossi"]
    assert priya.page.form("/members").fields["q"] == "r"
    assert "Next" not in priya.page.links()
    priya.open(priya.page.links()["Previous"])
    assert [row["Name"] for row in priya.page.rows()] == ["Priya Shah"]


def test_deactivated_members_are_a_list_of_their_own_for_admins(browser, app):
    deactivate(app)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    assert "2 active members" in priya.page.words
    assert "Chen Wei" not in [row["Name"] for row in priya.page.rows()]
    priya.open(priya.page.links()["Deactivated"])
    assert [row["Name"] for row in priya.page.rows()] == ["Chen Wei Deactivated"]
    marco = browser(cast.MARCO)
    marco.open("/orgs/acme/members?status=deactivated")
    assert [row["Name"] for row in marco.page.rows()] == ["Priya Shah", "Marco Rossi"]


def test_an_unverified_account_is_marked_for_admins_alone(browser, app):
    with app.app_context():
        made = cast.invited(send=False)
        token = links.token(made, links.COPIED)
        acceptances.accept(token, full_name="Bo Lind", password="seven bars and a half")
    for email, sees in ((cast.PRIYA, True), (cast.MARCO, False), (cast.CHEN, False)):
        somebody = browser(email)
        somebody.open("/orgs/acme/members")
        assert ("Unverified" in somebody.page.words) == sees


def test_who_is_invited_and_has_not_joined_stands_below(browser, app, travel):
    with app.app_context():
        cast.invited("gone@example.org")
        invitations.revoke(cast.organization(), cast.invitation("gone@example.org").id, by=_admin())
        cast.invited("late@example.org", expiry_days=1)
        travel(days=2)
        cast.invited("bo@example.org", name="Bo Lind")
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    assert [[row[name] for name in ("Email", "Role", "Status")] for row in priya.page.rows(1)] == [
        ["bo@example.org", "Contributor", "Pending"],
        ["late@example.org", "Contributor", "Expired"],
    ]
    assert "Resend the invitation to late@example.org" in priya.page.words
    priya.open("/orgs/acme/members?q=lind")
    assert "bo@example.org" in priya.page.words
    assert "late@example.org" not in priya.page.words
    marco = browser(cast.MARCO)
    marco.open("/orgs/acme/members")
    assert "bo@example.org" in marco.page.words
    assert "Resend" not in marco.page.words
    chen = browser(cast.CHEN)
    chen.open("/orgs/acme/members")
    assert "bo@example.org" not in chen.page.words


def test_who_was_invited_anew_stands_below_once_and_who_joined_not_at_all(browser, app, travel):
    with app.app_context():
        cast.invited("bo@example.org", expiry_days=1)
        cast.invited("late@example.org", expiry_days=1)
        travel(days=2)
        again = cast.invited("bo@example.org")
        cast.invited("late@example.org")
        acceptances.accept(
            cast.mailed_token(again), full_name="Bo", password="seven bars and a half"
        )
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    below = priya.page.words.partition("Invited, not joined yet")[2]
    assert below.count("late@example.org Contributor") == 1
    assert "bo@example.org" not in below


def test_resending_from_the_members_page_comes_back_to_it(browser, app):
    with app.app_context():
        made = cast.invited().id
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members?q=bo")
    priya.send(f"/{made}/resend")
    assert priya.at.response.request.full_path == "/orgs/acme/members?q=bo"
    assert "A new link was sent to bo@example.org" in priya.page.messages


def test_the_page_takes_as_many_queries_with_fifty_members_as_with_four(browser, app):
    priya = browser(cast.PRIYA)
    few = count_queries(app, lambda: priya.open("/orgs/acme/members"))
    with app.app_context():
        add_members(60)
        for number in range(30):
            cast.invited(f"p{number}@example.org", send=False)
    more = count_queries(app, lambda: priya.open("/orgs/acme/members"))
    assert len(priya.page.rows()) == 50
    assert more == few


def test_members_are_counted_a_second_time_only_where_a_filter_is_on(browser, app):
    priya = browser(cast.PRIYA)
    all_of_them = count_queries(app, lambda: priya.open("/orgs/acme/members"))
    assert count_queries(app, lambda: priya.open("/orgs/acme/members?q=a")) == all_of_them + 1


@pytest.mark.parametrize("email", [cast.MARCO, cast.CHEN])
def test_a_lesser_role_sees_no_buttons(browser, app, email):
    with app.app_context():
        cast.invited()
    somebody = browser(email)
    somebody.open("/orgs/acme/members")
    everywhere = {"/logout", "/language"}
    assert {form.action for form in somebody.page.forms()} == {*everywhere, "/orgs/acme/members"}
    assert not [url for url in somebody.page.links().values() if "/members/" in url]


@pytest.mark.parametrize("act", ["role", "sign-out", "deactivate", "reactivate"])
def test_another_organizations_member_is_not_found(browser, app, act):
    chen = place(app)
    eve = browser(cast.EVE)
    eve.open("/orgs/evil/members")
    token = eve.page.form("/logout").fields
    for one in (chen, 999_999):
        if act != "reactivate":
            assert eve.open(f"/orgs/evil/members/{one}/{act}").status == 404
        assert eve.post(f"/orgs/evil/members/{one}/{act}", token).status == 404
        assert eve.post(f"/orgs/acme/members/{one}/{act}", token).status == 404
    with app.app_context():
        assert (cast.member().role, cast.member().status) == ("contributor", "active")


def test_changing_a_role_says_what_follows_and_holds_on_the_very_next_request(browser, app):
    member = place(app, cast.MARCO)
    marco, priya = browser(cast.MARCO), browser(cast.PRIYA)
    assert marco.open("/orgs/acme/invitations").status == 200
    priya.open(f"/orgs/acme/members/{member}/role")
    assert priya.page.heading == "Change the role of Marco Rossi"
    assert priya.page.form("/role").fields["role"] == "manager"
    assert "When the role changes, marco@acme.example is signed out everywhere" in priya.page.words
    priya.send("/role", role="contributor")
    message = "Marco Rossi is now a contributor and has to sign in again."
    assert message in priya.page.messages
    assert marco.open("/orgs/acme/invitations", follow=False).location.startswith("/login")
    marco.sign_in(cast.MARCO, cast.PASSWORD)
    assert marco.open("/orgs/acme/invitations").status == 403


def test_the_role_holds_even_where_a_session_would_go_on(browser, app):
    """Whatever ends sessions: what counts is the role as the request finds it."""
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations")
    with app.app_context():
        change_behind_the_back(cast.PRIYA, role="contributor")
    assert priya.open("/orgs/acme/invitations").status == 403
    with app.app_context():
        change_behind_the_back(cast.PRIYA, status="deactivated")
    assert priya.open("/orgs/acme/members").status == 404


@pytest.mark.parametrize("act", ["role", "deactivate", "sign-out"])
@pytest.mark.both_databases
def test_a_copied_cookie_is_dead_after_it_with_redis_away(browser, app, act, redis):
    member = place(app)
    chen, copied, priya = browser(cast.CHEN), browser(), browser(cast.PRIYA)
    cookie = chen.client.get_cookie("gatehouse", domain="localhost")
    copied.client.set_cookie("gatehouse", cookie.value, domain="localhost")
    assert copied.open("/orgs/acme/members").status == 200
    redis.kill()
    priya.open(f"/orgs/acme/members/{member}/{act}")
    typed = {"role": "manager"} if act == "role" else {}
    priya.send(f"/{act}", **typed)
    assert priya.page.heading == "Members of Acme"
    for address in ("/orgs/acme/members", "/orgs", "/"):
        assert copied.open(address, follow=False).location.startswith("/login")


def test_the_same_role_changes_nothing_and_says_so(browser, app):
    chen = browser(cast.CHEN)
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members/{place(app)}/role")
    priya.send("/role")
    assert "Chen Wei is already a contributor. Nothing was changed." in priya.page.messages
    assert chen.open("/orgs/acme/members").status == 200


@pytest.mark.parametrize("role", ["owner", "", "Admin", "\0", "x" * 5000])
def test_an_unknown_role_is_refused_beside_its_field(browser, app, role):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members/{place(app)}/role")
    priya.send("/role", role=role)
    assert priya.status == 422
    assert 'id="role-error"' in priya.page.html
    assert priya.page.heading == "Change the role of Chen Wei"


def test_deactivating_names_the_person_and_what_follows(browser, app):
    member = place(app)
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members/{member}/deactivate")
    assert priya.page.heading == "Deactivate Chen Wei?"
    for words in ("signed out everywhere at once", "can no longer enter Acme", "as a contributor"):
        assert words in priya.page.words
    assert "pending" not in priya.page.words
    priya.send("/deactivate")
    assert "Chen Wei is deactivated and signed out everywhere." in priya.page.messages
    chen = browser(cast.CHEN)
    assert chen.page.heading == "Your organizations"
    assert chen.open("/orgs/acme/members").status == 404


def test_a_deactivated_member_still_enters_other_organizations(browser, app):
    with app.app_context():
        made = cast.invited(cast.CHEN, slug="evil", role="manager")
        acceptances.join(cast.mailed_token(made), by=cast.person(cast.CHEN))
    browser(cast.CHEN).open("/orgs/acme/members")  # where the newest session was
    deactivate(app)
    chen = browser(cast.CHEN)
    chen.open("/")
    assert "Evil Corp" in chen.page.title
    chen.open("/orgs")
    assert "Acme" not in chen.page.words


def test_reactivating_gives_the_place_back(browser, app):
    deactivate(app)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members?status=deactivated")
    priya.send("/reactivate")
    assert priya.at.response.request.full_path == "/orgs/acme/members?status=deactivated"
    assert "Chen Wei is active again as a contributor." in priya.page.messages
    assert "Nobody is deactivated." in priya.page.words
    assert browser(cast.CHEN).open("/orgs/acme/members").status == 200


def test_inviting_a_deactivated_member_is_refused_with_what_to_do(browser, app):
    deactivate(app)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", email=cast.CHEN)
    assert priya.status == 422
    assert (
        "belongs to a deactivated member. Reactivate them on the members page."
        in priya.page.problems[0]
    )
    link = next(to for words, to in priya.page.links().items() if words.startswith("Show them"))
    priya.open(link)
    assert "1 deactivated member matches" in priya.page.words
    assert "/reactivate" in str(priya.page.forms())


@pytest.mark.parametrize("act", ["role", "deactivate"])
@pytest.mark.parametrize("choice", ["revoke", "take over"])
def test_an_admins_pending_invitations_are_decided_about_in_the_same_step(
    browser, app, act, choice
):
    member = two_admins(app)
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members/{member}/{act}")
    assert "1 pending." in priya.page.words
    fields = priya.page.form(f"/{act}").fields
    assert fields["pending"] == "revoke"
    typed = {"role": "manager"} if act == "role" else {}
    priya.send(f"/{act}", **typed, pending=choice)
    assert priya.page.heading == "Members of Acme"
    with app.app_context():
        left = cast.invitation()
        state = (left.state, left.inviter.email)
    assert (
        state == {"revoke": ("revoked", cast.MARCO), "take over": ("pending", cast.PRIYA)}[choice]
    )
    priya.open(f"/orgs/acme/invitations/{left.id}")
    story = {"revoke": "revoked the invitation", "take over": "took over the invitation"}[choice]
    assert f"Priya Shah {story}" in priya.page.words


@pytest.mark.parametrize("act", ["role", "deactivate"])
def test_any_other_choice_is_refused_beside_its_field(browser, app, act):
    member = two_admins(app)
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members/{member}/{act}")
    priya.send(f"/{act}", role="manager", pending="keep\0")
    assert priya.status == 422
    assert 'id="pending-error"' in priya.page.html
    with app.app_context():
        assert cast.invitation().state == "pending"
        assert (cast.member(cast.MARCO).role, cast.member(cast.MARCO).status) == ("admin", "active")


@pytest.mark.parametrize(
    ("email", "act", "why"),
    [
        (cast.PRIYA, "role", "Priya Shah is the last active admin here."),
        (cast.PRIYA, "deactivate", "You cannot deactivate yourself. Ask another admin."),
        (cast.CHEN, "role", "Chen Wei is deactivated. Reactivate them first."),
        (cast.CHEN, "sign-out", "Chen Wei is deactivated. Reactivate them first."),
        (cast.CHEN, "deactivate", "Chen Wei is already deactivated."),
    ],
)
def test_what_would_be_refused_is_said_before_anybody_fills_in_a_form(
    browser, app, email, act, why
):
    member = place(app, email)
    if email == cast.CHEN:
        deactivate(app)
    priya = browser(cast.PRIYA)
    address = f"/orgs/acme/members/{member}/{act}"
    priya.open(address)
    assert why in priya.page.words
    assert {form.action for form in priya.page.forms()} == {"/logout", "/language"}
    assert "pending" not in priya.page.words
    fragment = priya.htmx(address, "dialog#dialog")
    assert why in fragment.page.words
    assert 'id="dialog-title"' in fragment.text


def test_the_last_admin_is_told_why_not(browser, app):
    priya = browser(cast.PRIYA)
    member = place(app, cast.PRIYA)
    token = priya.open("/orgs/acme/members").page.form("/logout").fields
    priya.post(f"/orgs/acme/members/{member}/role", {**token, "role": "manager"})
    assert (priya.status, len(priya.page.problems)) == (422, 1)
    assert "Priya Shah is the last active admin here." in priya.page.problems[0]
    assert f"/orgs/acme/members/{member}/deactivate" not in priya.open("/orgs/acme/members").text
    priya.post(f"/orgs/acme/members/{member}/deactivate", token)
    assert priya.page.problems == ["You cannot deactivate yourself. Ask another admin."]


def test_an_admin_who_steps_back_is_told_on_the_sign_in_page(browser, app):
    member = two_admins(app)
    marco = browser(cast.MARCO)
    marco.open(f"/orgs/acme/members/{member}/role")
    assert "your 1 pending invitation is revoked" in marco.page.words
    marco.send("/role", role="contributor")
    assert marco.page.heading == "Sign in"
    assert "has to sign in again" in marco.page.messages


def test_signing_out_everywhere_asks_first(browser, app):
    member = place(app)
    chen, priya = browser(cast.CHEN), browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members/{member}/sign-out")
    assert priya.page.heading == "Sign Chen Wei out everywhere?"
    assert chen.open("/orgs/acme/members").status == 200
    priya.send("/sign-out")
    assert "Chen Wei is signed out everywhere." in priya.page.messages
    assert chen.open("/orgs/acme/members").page.heading == "Sign in"
    chen.sign_in(cast.CHEN, cast.PASSWORD)
    assert chen.page.heading == "Members of Acme"


@pytest.mark.parametrize("act", ["role", "sign-out", "deactivate"])
def test_a_deactivated_member_is_reactivated_first(browser, app, act):
    member = place(app)
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/members/{member}/{act}")
    deactivate(app)
    priya.send(f"/{act}", **({"role": "manager"} if act == "role" else {}))
    if act == "deactivate":  # it is done already
        assert priya.page.heading == "Members of Acme"
    else:
        assert "Chen Wei is deactivated. Reactivate them first." in priya.page.problems
    with app.app_context():
        assert db.session.query(Event).filter_by(name="RoleChanged").count() == 0


# ---- htmx ----


def test_htmx_gets_the_members_alone_with_their_place(browser):
    priya = browser(cast.PRIYA)
    answer = priya.htmx("/orgs/acme/members?q=chen", "div#members")
    assert answer.headers["HX-Retarget"] == "#members"
    assert "<html" not in answer.text
    assert [row["Name"] for row in answer.page.rows()] == ["Chen Wei"]
    whole = priya.open("/orgs/acme/members?q=chen").text
    assert strip_tokens(answer.text).strip() in strip_tokens(whole)


@pytest.mark.parametrize("act", ["role", "sign-out", "deactivate"])
def test_each_dialog_is_a_page_of_its_own_as_well(browser, app, act):
    address = f"/orgs/acme/members/{place(app)}/{act}"
    priya = browser(cast.PRIYA)
    fragment = priya.htmx(address, "dialog#dialog")
    assert fragment.headers["HX-Retarget"] == "#dialog"
    assert 'id="dialog-title"' in fragment.text
    whole = priya.open(address)
    assert whole.page.heading
    assert "data-hx-post" not in whole.text


def test_htmx_posts_from_the_dialog_and_gets_members_and_message(browser, app):
    priya = browser(cast.PRIYA)
    form = priya.htmx(f"/orgs/acme/members/{place(app)}/role", "dialog#dialog").page.form("/role")
    answer = priya.htmx(form.action, "dialog#dialog", **{**form.fields, "role": "manager"})
    assert answer.headers["HX-Retarget"] == "#members"
    assert "Chen Wei is now a manager" in answer.page.messages
    assert answer.page.rows()[2]["Role"] == "Manager"


def test_htmx_gets_the_dialog_back_with_what_is_wrong(browser, app):
    priya = browser(cast.PRIYA)
    address = f"/orgs/acme/members/{place(app)}/role"
    form = priya.htmx(address, "dialog#dialog").page.form("/role")
    answer = priya.htmx(form.action, "dialog#dialog", **{**form.fields, "role": "owner"})
    assert (answer.status, answer.headers["HX-Retarget"]) == (422, "#dialog")
    assert answer.page.problems


# ---- What these tests need ----


def _admin():
    return cast.person(cast.PRIYA)


def place(app, email=cast.CHEN):
    """The id of the person's membership in Acme."""
    with app.app_context():
        return cast.member(email).id


def deactivate(app, email=cast.CHEN):
    with app.app_context():
        roles.deactivate(cast.organization(), cast.member(email).id, by=_admin())


def two_admins(app):
    """Marco is an admin, too, and has invited Bo; the id of Marco's membership."""
    member = place(app, cast.MARCO)
    with app.app_context():
        roles.change_role(cast.organization(), member, by=_admin(), role="admin")
        marco = cast.person(cast.MARCO)
        invitations.create(
            cast.organization(), by=marco, email="bo@example.org", role="contributor"
        )
    return member


@transaction()
def change_behind_the_back(email, **columns):
    member = cast.member(email)
    for name, value in columns.items():
        setattr(member, name, value)


def add_members(count):
    """People who have joined, without the work of hashing passwords."""
    chen = cast.person(cast.CHEN)

    @transaction()
    def add():
        for number in range(count):
            user = memberships.User(
                email=f"m{number}@example.org",
                email_key=f"m{number}@example.org",
                full_name=f"Member {number}",
                password_hash=chen.password_hash,
                created_at=chen.created_at,
                verified_at=chen.created_at,
            )
            db.session.add(user)
            db.session.flush()
            memberships.add(cast.organization().id, user, "contributor")

    add()
