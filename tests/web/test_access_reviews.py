"""Access reviews: who let whom in, and who confirmed it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from tests import cast
from tests.support.meanwhile import once
from tests.support.together import together
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import links, organizations, outbox
from webapp.domain.audit import verification
from webapp.domain.invitations import acceptances
from webapp.domain.members import (
    ends,
    review_answers,
    review_lines,
    review_rounds,
    review_sponsors,
    reviews,
    roles,
    sponsors,
)
from webapp.domain.members.review_answers import Terms
from webapp.models import AccessReview, Event, Membership, Organization, ReviewLine

pytestmark = pytest.mark.both_databases

REVIEWS = "/orgs/acme/reviews"
OWN = "seven bars and a half"


@pytest.fixture(autouse=True)
def cleared(app, smtp):
    """The mails of the cast itself are sent."""
    with app.app_context():
        outbox.drain()
    smtp.messages.clear()


@pytest.fixture
def started(app):
    """A review of Priya, Marco and Chen, in which silence ends access after two weeks."""

    def start(**how):
        with app.app_context():
            options = {"silence": "end", **how}
            return reviews.start(cast.organization(), by=cast.person(), **options).id

    return start


@pytest.fixture
def mailed(app, smtp):
    """Subjects of the mails to somebody, once the jobs have run."""

    def of(email):
        with app.app_context():
            review_rounds.run()
            outbox.drain()
        return [one.message["Subject"] for one in smtp.messages if one.rcpt_to == [email]]

    return of


def lines(app):
    with app.app_context():
        db.session.rollback()
        found = db.session.query(ReviewLine).order_by(ReviewLine.id)
        return {line.user.email: (line.answer, line.answered_by_id) for line in found}


def line_id(email):
    """The line of somebody; inside an application."""
    user_id = cast.person(email).id
    return db.session.query(ReviewLine).filter_by(user_id=user_id).one().id


def review(app):
    with app.app_context():
        return db.session.query(AccessReview).order_by(AccessReview.id.desc()).first()


def trail(app, *names):
    with app.app_context():
        found = db.session.query(Event).order_by(Event.id)
        return [(event.name, event.data) for event in found if event.name in names]


def keep(priya, app, email):
    with app.app_context():
        fields = {"do": "keep", "id": str(line_id(email))}
    form = next(
        form
        for form in priya.page.forms()
        if form.action.endswith("/answer") and form.fields.get("id") == fields["id"]
    )
    return priya.post(form.action, {**form.fields})


def test_an_admin_starts_one_and_sees_everybody_with_what_is_known_of_them(app, browser):
    with app.app_context():
        sponsors.change(
            cast.organization(),
            cast.member(cast.CHEN).id,
            by=cast.person(),
            sponsor_id=cast.person(cast.MARCO).id,
        )
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    assert REVIEWS in priya.page.links().values()
    priya.open(REVIEWS)
    priya.send("/reviews", term="14", silence="end")
    assert priya.page.heading == "Access review"
    rows = {row["Name"].split()[0]: row for row in priya.page.rows()}
    assert set(rows) == {"Priya", "Marco", "Chen"}
    assert rows["Chen"]["Role"] == "Contributor"
    assert rows["Chen"]["Sponsor"] == "Marco Rossi Invited by Priya Shah"
    assert rows["Priya"]["Sponsor"] == "Nobody Invited by the operator"
    assert rows["Chen"]["Ends"] == "No end"
    ((_, data),) = trail(app, "AccessReviewStarted")
    assert (data["members"], data["silence"]) == (3, "end")


def test_only_one_is_open_at_a_time(app, browser, started):
    started()
    priya = browser(cast.PRIYA)
    priya.open(REVIEWS)
    assert "Start the review" not in priya.page.words
    form = priya.page.forms()[-1]
    answer = priya.post(REVIEWS, {**form.fields, "term": "14", "silence": "keep"})
    assert answer.status == 422
    assert "A review is open already" in priya.page.words


def test_two_who_start_at_once_start_one(app):
    with app.app_context():
        roles.change_role(
            cast.organization(), cast.member(cast.CHEN).id, by=cast.person(), role="admin"
        )

        def start(email):
            return lambda: reviews.start(cast.organization(), by=cast.person(email))

        assert sorted(together(app, start(cast.PRIYA), start(cast.CHEN))) == ["Refusal", "done"]
        assert db.session.query(AccessReview).count() == 1
        assert db.session.query(ReviewLine).count() == 3


def test_keeping_everybody_finishes_it_and_seals_the_result_in_the_trail(app, browser, started):
    number = started()
    priya = browser(cast.PRIYA)
    priya.open(f"{REVIEWS}/{number}")
    for email in (cast.PRIYA, cast.MARCO, cast.CHEN):
        assert keep(priya, app, email).status == 200
        priya.open(f"{REVIEWS}/{number}")
    with app.app_context():
        me = cast.person().id
    assert set(lines(app).values()) == {("keep", me)}
    names = [name for name, _ in trail(app, "AccessConfirmed", "AccessReviewFinished")]
    assert names == ["AccessConfirmed"] * 3 + ["AccessReviewFinished"]
    ended = review(app)
    assert ended.state == "finished"
    with app.app_context():
        (_, data) = trail(app, "AccessReviewFinished")[0]
        assert data["digest"] == ended.digest == review_lines.digest(ended)
        assert (data["kept"], data["ended"], data["unanswered"]) == (3, 0, 0)
        assert all(report.is_whole for report in verification.everything())
    priya.open(f"{REVIEWS}/{number}")
    assert ended.digest in priya.page.words
    assert "Keep" not in [form.action for form in priya.page.forms()]


def test_the_trail_says_who_let_whom_in_and_who_confirmed_it(app, browser, started):
    number = started()
    priya = browser(cast.PRIYA)
    priya.open(f"{REVIEWS}/{number}")
    keep(priya, app, cast.CHEN)
    ((_, data),) = trail(app, "AccessConfirmed")
    with app.app_context():
        assert data == {
            "user_id": cast.person(cast.CHEN).id,
            "email": cast.CHEN,
            "review_id": number,
            "role": "contributor",
            "invited_by": cast.person().id,
        }
    words = priya.open("/orgs/acme/audit?name=AccessConfirmed").page.words
    assert f"Priya Shah confirmed the access of {cast.CHEN} as a contributor." in words


def test_a_second_click_on_keep_is_one_event(app, browser, started):
    number = started()
    with app.app_context():
        line = line_id(cast.CHEN)
        for _ in range(2):
            review_answers.keep(cast.organization(), number, [line], by=cast.person())
    assert len(trail(app, "AccessConfirmed")) == 1


def test_an_end_is_confirmed_first_and_signs_them_out_at_once(app, browser, started):
    number = started()
    chen, priya = browser(cast.CHEN, check=False), browser(cast.PRIYA)
    assert chen.open("/orgs/acme/members").status == 200
    with app.app_context():
        line = line_id(cast.CHEN)
    priya.open(f"{REVIEWS}/{number}/answer?do=end&id={line}")
    assert priya.page.heading == "End the access of 1 member?"
    assert "Chen Wei" in priya.page.words
    assert lines(app)[cast.CHEN][0] is None
    priya.send("/answer")
    assert "The access of 1 member ended." in priya.page.words
    assert lines(app)[cast.CHEN][0] == "end"
    assert chen.open("/orgs/acme/members", follow=False).status in (302, 303)
    names = [name for name, _ in trail(app, "MembershipEnded", "AccessWithdrawn")]
    assert names == ["MembershipEnded", "AccessWithdrawn"]


def test_a_change_gives_another_role_and_another_end(app, browser, started):
    number = started()
    priya = browser(cast.PRIYA)
    with app.app_context():
        line = line_id(cast.MARCO)
    priya.open(f"{REVIEWS}/{number}/answer?do=change&id={line}")
    day = (clock.now() + timedelta(days=40)).date().isoformat()
    priya.send("/answer", role="contributor", ends="day", until=day)
    assert "1 member was changed." in priya.page.words
    with app.app_context():
        member = cast.member(cast.MARCO)
        assert member.role == "contributor"
        assert member.ends_at.date() == clock.now().date() + timedelta(days=41)
        found = db.session.get(ReviewLine, line)
        assert (found.answer, found.role, found.role_after) == ("change", "manager", "contributor")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Choose another role or another end."),
        ({"ends": "day", "until": "soon"}, "Enter a day like 2027-06-30."),
        ({"ends": "day", "until": "2001-01-01"}, "stays as before"),
        ({"role": "owner"}, "Choose one of the role options."),
    ],
)
def test_a_change_that_cannot_be_says_what_to_do(typed, words, app, browser, started):
    number = started()
    priya = browser(cast.PRIYA)
    with app.app_context():
        line = line_id(cast.CHEN)
    priya.open(f"{REVIEWS}/{number}/answer?do=change&id={line}")
    priya.send("/answer", **typed)
    assert words in priya.page.words
    assert lines(app)[cast.CHEN][0] is None


def test_nobody_answers_for_themselves_but_the_only_admin_may_keep(app, browser, started):
    number = started()
    with app.app_context():
        acme, priya, own = cast.organization(), cast.person(), line_id(cast.PRIYA)
        answered = review_answers.answer(acme, number, "end", [own], by=priya)
        assert answered.refused == [("Priya Shah", "Somebody else has to answer for you.")]
        roles.change_role(acme, cast.member(cast.CHEN).id, by=priya, role="admin")
        answered = review_answers.answer(acme, number, "keep", [own], by=priya)
        assert answered.refused == [("Priya Shah", "Somebody else has to answer for you.")]
        chen = cast.person(cast.CHEN)
        answered = review_answers.answer(acme, number, "keep", [own], by=chen)
        assert answered.done == ["Priya Shah"]


def test_all_that_are_filtered_are_answered_at_once(app, browser, started):
    number = started()
    priya = browser(cast.PRIYA)
    priya.open(f"{REVIEWS}/{number}?role=contributor")
    priya.open(f"{REVIEWS}/{number}/answer?do=end&all=1&role=contributor")
    assert "Chen Wei" in priya.page.words
    assert "Marco" not in priya.page.words
    priya.send("/answer")
    assert {email: answer for email, (answer, _) in lines(app).items()} == {
        cast.PRIYA: None,
        cast.MARCO: None,
        cast.CHEN: "end",
    }
    priya.open(f"{REVIEWS}/{number}/answer?do=keep&all=1")
    assert priya.page.heading == "Keep the access of 2 members?"
    with app.app_context():
        chosen = [line_id(email) for email in (cast.PRIYA, cast.MARCO)]
    priya.send("/answer", id=chosen)
    assert "2 members keep access." in priya.page.words
    assert review(app).state == "finished"


def test_filters_find_by_words_role_activity_and_answer(app, browser, started):
    number = started()
    priya = browser(cast.PRIYA)
    for query, names in (
        ("q=chen", {"Chen"}),
        ("role=manager", {"Marco"}),
        ("quiet=30", set()),
        ("show=keep", set()),
        ("show=all", {"Priya", "Marco", "Chen"}),
        ("show=nonsense&role=x&quiet=7&q=%00", {"Priya", "Marco", "Chen"}),
    ):
        priya.open(f"{REVIEWS}/{number}?{query}")
        rows = priya.page.rows() if names else []
        assert {row["Name"].split()[0] for row in rows} == names, query


def test_sponsors_are_mailed_a_link_to_theirs_and_keep_or_end_them(
    app, browser, started, mailed, smtp
):
    sponsor(app, cast.CHEN, cast.MARCO)
    number = started(asks_sponsors=True)
    assert mailed(cast.MARCO) == ["Acme: who still needs access?"]
    text = smtp.messages[0].message.get_body(("plain",)).get_content()
    assert f"/orgs/acme/reviews/{number}/mine" in text
    assert "sponsor of 1 member" in text
    assert "lose access" in text
    marco = browser(cast.MARCO)
    marco.open(f"{REVIEWS}/{number}/mine")
    assert [row["Name"].split()[0] for row in marco.page.rows()] == ["Chen"]
    with app.app_context():
        line = line_id(cast.CHEN)
    marco.open(f"{REVIEWS}/{number}/mine/answer?do=end&id={line}")
    marco.send("/mine/answer")
    with app.app_context():
        me = cast.person(cast.MARCO).id
        assert not cast.member(cast.CHEN).has_access
    assert lines(app)[cast.CHEN] == ("end", me)


def test_a_sponsor_who_was_asked_finds_the_review_on_the_members_page(app, browser, started):
    sponsor(app, cast.CHEN, cast.MARCO)
    marco = browser(cast.MARCO)
    number = started()
    marco.open("/orgs/acme/members")
    assert "Say who still needs access" not in marco.page.words
    with app.app_context():
        reviews.ask_sponsors(cast.organization(), number, by=cast.person())
    marco.open("/orgs/acme/members")
    assert marco.page.links()["Say who still needs access"] == f"{REVIEWS}/{number}/mine"
    marco.open(f"{REVIEWS}/{number}/mine")
    keep(marco, app, cast.CHEN)
    for somebody in (cast.MARCO, cast.CHEN, cast.PRIYA):
        reader = browser(somebody)
        reader.open("/orgs/acme/members")
        assert "Say who still needs access" not in reader.page.words


def sponsor(app, whom, by):
    with app.app_context():
        sponsors.change(
            cast.organization(),
            cast.member(whom).id,
            by=cast.person(),
            sponsor_id=cast.person(by).id,
        )


def test_a_sponsor_keeps_theirs_and_sees_nobody_elses(app, browser, started):
    sponsor(app, cast.CHEN, cast.MARCO)
    number = started(asks_sponsors=True)
    marco = browser(cast.MARCO)
    marco.open(f"{REVIEWS}/{number}/mine")
    assert keep(marco, app, cast.CHEN).status == 200
    with app.app_context():
        assert lines(app)[cast.CHEN] == ("keep", cast.person(cast.MARCO).id)
    chen = browser(cast.CHEN)
    chen.open(f"{REVIEWS}/{number}/mine")
    assert "You sponsor nobody in this review." in chen.page.words


@pytest.mark.parametrize("verb", ["keep", "end"])
def test_a_sponsor_undoes_no_answer_of_an_admin(app, started, verb):
    sponsor(app, cast.CHEN, cast.MARCO)
    number = started(asks_sponsors=True)
    with app.app_context():
        acme, chen = cast.organization(), line_id(cast.CHEN)
        review_answers.keep(acme, number, [chen], by=cast.person())
        answered = review_sponsors.answer(acme, number, verb, [chen], by=cast.person(cast.MARCO))
        assert (answered.done, len(answered.refused)) == ([], 1)
        assert "An admin has already answered for" in answered.refused[0][1]
        assert lines(app)[cast.CHEN] == ("keep", cast.person().id)
        assert cast.member(cast.CHEN).has_access


def test_a_sponsor_answers_for_nobody_else_and_ends_no_admin(app, browser, started):
    sponsor(app, cast.CHEN, cast.MARCO)
    number = started()
    marco = browser(cast.MARCO, check=False)
    marco.open(f"{REVIEWS}/{number}/mine")
    form = next(form for form in marco.page.forms() if form.action.endswith("/mine/answer"))
    with app.app_context():
        others = line_id(cast.PRIYA)
    address = f"{REVIEWS}/{number}/mine/answer"
    marco.post(address, {**form.fields, "id": others, "do": "keep"})
    again = marco.open(f"{REVIEWS}/{number}/mine").page.forms()
    form = next(form for form in again if form.action.endswith("/mine/answer"))
    assert marco.post(address, {**form.fields, "id": others, "do": "end"}).status == 404
    assert lines(app)[cast.PRIYA] == (None, None)
    assert marco.post(f"{REVIEWS}/{number}/answer", {**form.fields}).status == 403
    with app.app_context():
        roles.change_role(
            cast.organization(), cast.member(cast.CHEN).id, by=cast.person(), role="admin"
        )
        sponsors.change(
            cast.organization(),
            cast.member(cast.CHEN).id,
            by=cast.person(),
            sponsor_id=cast.person(cast.MARCO).id,
        )
    form = next(
        form
        for form in marco.open(f"{REVIEWS}/{number}/mine").page.forms()
        if form.action.endswith("/mine/answer")
    )
    marco.post(address, {**form.fields, "do": "end"})
    with app.app_context():
        assert cast.member(cast.CHEN).has_access


@pytest.mark.parametrize("verb", ["keep", "end"])
def test_somebody_no_longer_theirs_blocks_no_answer_about_the_others(app, browser, started, verb):
    with app.app_context():
        for name in ("ada", "bo"):
            made = cast.invited(f"{name}@example.org")
            acceptances.accept(cast.mailed_token(made), full_name=name, password=cast.PASSWORD)
    theirs = [cast.CHEN, "ada@example.org", "bo@example.org"]
    for email in theirs:
        sponsor(app, email, cast.MARCO)
    number = started(asks_sponsors=True)
    marco = browser(cast.MARCO, check=False)
    marco.open(f"{REVIEWS}/{number}/mine")
    form = next(form for form in marco.page.forms() if form.action.endswith("/mine/answer"))
    with app.app_context():
        ids = [str(line_id(email)) for email in (cast.CHEN, theirs[1], theirs[2])]
        sponsors.change(
            *(cast.organization(), cast.member(theirs[1]).id), by=cast.person(), sponsor_id=None
        )
    marco.post(f"{REVIEWS}/{number}/mine/answer", {**form.fields, "id": ids, "do": verb})
    said = marco.page.messages
    assert "You can no longer answer for 1 of the people selected." in said
    assert "ada" not in said
    answers = lines(app)
    assert answers["ada@example.org"] == (None, None)
    with app.app_context():
        by = cast.person(cast.MARCO).id
    assert answers[cast.CHEN] == answers["bo@example.org"] == (verb, by)


def test_an_outsider_gets_404_a_lesser_role_403_and_a_visitor_signs_in(app, browser, started):
    number = started()
    for path in (
        f"{REVIEWS}/{number}",
        f"{REVIEWS}/{number}/mine",
        f"{REVIEWS}/{number}/result.csv",
    ):
        assert browser(cast.EVE, check=False).open(path).status == 404
        assert browser(check=False).open(path, follow=False).status in (302, 303)
    assert browser(cast.MARCO, check=False).open(f"{REVIEWS}/{number}").status == 403
    eve = browser(cast.EVE, check=False)
    assert eve.open(f"/orgs/evil/reviews/{number}").status == 404
    assert eve.open(f"/orgs/evil/reviews/{number}/answer?do=end&all=1").status == 404


def test_silence_reminds_twice_and_then_ends_all_but_the_last_admin(
    app, browser, started, mailed, travel
):
    sponsor(app, cast.CHEN, cast.MARCO)
    started(asks_sponsors=True)
    asked = ["Acme: who still needs access?"]
    assert mailed(cast.MARCO) == asked
    assert mailed(cast.PRIYA) == []
    travel(days=8)
    assert mailed(cast.MARCO) == asked * 2
    assert mailed(cast.PRIYA) == ["Acme: an access review needs answers"]
    travel(days=5)
    assert mailed(cast.MARCO) == asked * 3
    travel(days=1)
    assert mailed(cast.MARCO) == asked * 3
    with app.app_context():
        assert cast.member(cast.CHEN).has_access
    travel(days=2)
    assert mailed(cast.MARCO) == asked * 3
    assert {email: answer for email, (answer, _) in lines(app).items()} == {
        cast.PRIYA: "keep",
        cast.MARCO: "end",
        cast.CHEN: "end",
    }
    with app.app_context():
        assert cast.member(cast.PRIYA).has_access
        assert not cast.member(cast.CHEN).has_access
    (_, data) = trail(app, "AccessReviewFinished")[0]
    assert (data["kept"], data["ended"], data["unanswered"]) == (1, 2, 3)
    assert review(app).state == "finished"


def test_silence_may_keep(app, started, mailed, travel):
    started(silence="keep")
    travel(days=16)
    mailed(cast.PRIYA)
    assert set(lines(app).values()) == {("keep", None)}
    assert trail(app, "AccessConfirmed") == []


def test_who_was_answered_for_is_not_reminded_of(app, started, mailed, travel, browser):
    sponsor(app, cast.CHEN, cast.MARCO)
    number = started(asks_sponsors=True)
    mailed(cast.MARCO)
    with app.app_context():
        review_answers.keep(cast.organization(), number, [line_id(cast.CHEN)], by=cast.person())
    travel(days=8)
    assert len(mailed(cast.MARCO)) == 1


def test_a_suspended_organization_loses_nobody_to_silence(app, started, mailed, travel):
    started()
    with app.app_context():
        organizations.suspend(cast.organization())
    travel(days=20)
    mailed(cast.PRIYA)
    assert {answer for answer, _ in lines(app).values()} == {None}
    with app.app_context():
        organizations.resume(cast.organization())
    assert mailed(cast.PRIYA) == ["Acme: an access review needs answers"]
    assert {answer for answer, _ in lines(app).values()} == {None}
    travel(days=3)
    mailed(cast.PRIYA)
    assert lines(app)[cast.CHEN] == ("end", None)


@pytest.mark.parametrize("sponsored", [True, False])
def test_silence_about_an_admin_takes_their_join_links_as_well(app, started, travel, sponsored):
    with app.app_context():
        acme = cast.organization()
        roles.change_role(acme, cast.member(cast.MARCO).id, by=cast.person(), role="admin")
        if not sponsored:
            sponsors.change(acme, cast.member(cast.MARCO).id, by=cast.person(), sponsor_id=None)
        marco = cast.person(cast.MARCO)
        terms = {"label": "Course", "role": "contributor", "most_uses": 5, "expiry_days": 60}
        link = links.create(acme, by=marco, **terms).id
        number = started()
        own = [line_id(cast.PRIYA)]
        review_answers.keep(acme, number, own, by=marco)
    travel(days=13)
    with app.app_context():
        review_rounds.run()
    travel(days=3)
    with app.app_context():
        review_rounds.run()
        assert not cast.member(cast.MARCO).has_access
        found = links.find(cast.organization(), link)
        if sponsored:
            assert (found.author.email, found.revoked_at) == (cast.PRIYA, None)
        else:
            assert found.revoked_at is not None


def test_who_is_ended_and_invited_again_meanwhile_is_not_ended_by_silence(app, started, travel):
    started()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        ends.end_now(acme, cast.member(cast.CHEN).id, by=priya)
        made = cast.invited(cast.CHEN)
        acceptances.join(cast.mailed_token(made), by=cast.person(cast.CHEN))
    for days in (13, 3):
        travel(days=days)
        with app.app_context():
            review_rounds.run()
    with app.app_context():
        assert cast.member(cast.CHEN).has_access
    assert lines(app)[cast.CHEN] == ("gone", None)
    assert lines(app)[cast.MARCO] == ("end", None)
    assert review(app).state == "finished"


def test_a_review_that_breaks_holds_up_no_other(app, started, travel, monkeypatch):
    started(silence="keep")
    with app.app_context():
        eve = cast.person(cast.EVE)
        reviews.start(cast.organization("evil"), by=eve, silence="keep")
    travel(days=16)

    def breaks():
        raise RuntimeError("broken")

    once(monkeypatch, reviews, "finish_if_answered", breaks)
    with app.app_context(), pytest.raises(RuntimeError, match="broken"):
        review_rounds.run()
    assert len(trail(app, "AccessReviewFinished")) == 1


def test_the_setting_begins_one_every_90_days_and_tells_admins(app, browser, mailed, travel):
    priya = browser(cast.PRIYA)
    priya.open(REVIEWS)
    priya.send("/reviews/settings", every="90", silence="keep")
    assert "Your settings were saved." in priya.page.messages
    assert trail(app, "SettingsChanged")[-1][1] == {"changed": "access reviews to every 90 days"}
    travel(days=89)
    mailed(cast.PRIYA)
    assert review(app) is None
    travel(days=2)
    assert mailed(cast.PRIYA) == ["Acme: an access review needs answers"]
    assert review(app).started_by_id is None
    with app.app_context():
        due = db.session.query(Organization).filter_by(slug="acme").one().review_due_at
        assert timedelta(days=89) < due - clock.now() <= timedelta(days=90)
    travel(days=30)
    mailed(cast.PRIYA)
    assert review(app).state == "finished"


def test_stopping_leaves_the_rest_unanswered_and_touches_nobody(app, browser, started, travel):
    number = started()
    priya = browser(cast.PRIYA)
    priya.open(f"{REVIEWS}/{number}")
    keep(priya, app, cast.CHEN)
    priya.open(f"{REVIEWS}/{number}/stop")
    assert "2 members without an answer keep access" in priya.page.words
    priya.send("/stop")
    assert review(app).state == "stopped"
    travel(days=20)
    with app.app_context():
        review_rounds.run()
        assert cast.member(cast.MARCO).has_access
    assert trail(app, "AccessReviewStopped") == [
        ("AccessReviewStopped", {"review_id": number, "left": 2})
    ]


def test_an_ended_review_takes_no_answer(app, started):
    number = started()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        reviews.stop(acme, number, by=priya)
        with pytest.raises(reviews.Refusal, match="This review has ended"):
            review_answers.keep(acme, number, [line_id(cast.CHEN)], by=priya)


def test_who_leaves_meanwhile_is_neither_confirmed_nor_in_the_way(app, browser, started):
    number = started()
    with app.app_context():
        roles.deactivate(cast.organization(), cast.member(cast.CHEN).id, by=cast.person())
        chosen = [line_id(cast.PRIYA), line_id(cast.MARCO), line_id(cast.CHEN)]
        answered = review_answers.keep(cast.organization(), number, chosen, by=cast.person())
        assert len(answered.done) == 2
    assert lines(app)[cast.CHEN] == ("gone", None)
    assert review(app).state == "finished"


def test_the_result_is_a_file_that_no_spreadsheet_calculates(app, browser, started, secrets):
    with app.app_context():
        made = cast.invited("bo@example.org", name="Bo")
        acceptances.accept(cast.mailed_token(made), full_name="=1+1", password=OWN)
    number = started()
    priya = browser(cast.PRIYA)
    priya.open(f"{REVIEWS}/{number}")
    keep(priya, app, "bo@example.org")
    file = priya.client.get(f"{REVIEWS}/{number}/result.csv")
    assert file.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert [row["email"] for row in rows] == [
        *(cast.PRIYA, cast.MARCO, cast.CHEN, "bo@example.org")
    ]
    bo = rows[-1]
    assert bo["name"] == "'=1+1"
    assert (bo["invited_by"], bo["answer"], bo["answered_by"]) == (cast.PRIYA, "keep", cast.PRIYA)
    assert trail(app, "DataExported")[-1][1]["what"] == "the result of an access review"


def test_two_who_answer_the_last_two_at_once_finish_it(app, started):
    number = started()
    with app.app_context():
        acme = cast.organization()
        roles.change_role(acme, cast.member(cast.CHEN).id, by=cast.person(), role="admin")
        mine, theirs, marcos = map(line_id, (cast.PRIYA, cast.CHEN, cast.MARCO))
        review_answers.keep(acme, number, [marcos], by=cast.person())

        def answer(email, line):
            return lambda: review_answers.keep(
                cast.organization(), number, [line], by=cast.person(email)
            )

        outcomes = together(app, answer(cast.PRIYA, theirs), answer(cast.CHEN, mine))
    assert outcomes == ["done", "done"]
    assert review(app).state == "finished"


def test_one_keeps_while_another_ends_and_one_of_them_is_the_answer(app, started):
    number = started()
    with app.app_context():
        acme = cast.organization()
        roles.change_role(acme, cast.member(cast.CHEN).id, by=cast.person(), role="admin")
        line = line_id(cast.MARCO)

        def act(email, verb):
            return lambda: review_answers.answer(
                cast.organization(), number, verb, [line], by=cast.person(email), terms=Terms()
            )

        outcomes = together(app, act(cast.PRIYA, "keep"), act(cast.CHEN, "end"))
        assert outcomes == ["done", "done"]
        assert not cast.member(cast.MARCO).has_access
        assert db.session.get(ReviewLine, line).answer == "end"


def test_two_rounds_at_once_end_everybody_once(app, started, travel):
    started()
    travel(days=13)
    with app.app_context():
        review_rounds.run()
    travel(days=3)
    with app.app_context():
        assert together(app, review_rounds.run, review_rounds.run) == ["done", "done"]
    assert len(trail(app, "AccessReviewFinished")) == 1
    assert len(trail(app, "MembershipEnded")) == 2


def test_many_members_are_kept_a_thousand_at_a_time(app, started):
    with app.app_context():
        _many(1200)
    number = started()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        found = reviews.find(acme, number)
        assert review_lines.count(found, review_lines.LineFilters()) == 1203
        for left in (203, 0):
            ids = review_lines.ids(found, review_lines.LineFilters(), 1000)
            review_answers.answer(acme, number, "keep", ids, by=priya)
            assert review_lines.count(found, review_lines.LineFilters()) == left
    assert review(app).state == "finished"


@transaction()
def _many(number):
    chen = cast.person(cast.CHEN)
    for n in range(number):
        user = type(chen)(
            email=f"m{n}@example.org",
            email_key=f"m{n}@example.org",
            full_name=f"Member {n}",
            password_hash="",
            created_at=clock.now(),
            verified_at=clock.now(),
        )
        db.session.add(user)
        db.session.flush()
        db.session.add(
            Membership(
                organization_id=cast.organization().id,
                user_id=user.id,
                role="contributor",
                status="active",
                joined_at=clock.now(),
            )
        )


def test_who_was_ended_is_not_in_the_next_review(app, started):
    number = started()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        review_answers.answer(acme, number, "end", [line_id(cast.CHEN)], by=priya)
        reviews.stop(acme, number, by=priya)
        second = reviews.start(acme, by=priya)
        emails = {line.user.email for line in db.session.scalars(review_lines.everything(second))}
        assert emails == {cast.PRIYA, cast.MARCO}
