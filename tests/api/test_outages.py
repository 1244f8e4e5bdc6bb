"""A database that cannot do what is asked, as programs hear of it."""

from __future__ import annotations

import pytest

from tests.support.outages import WORDS, troubles, until


@pytest.mark.both_databases
def test_a_program_hears_of_it_as_a_problem(app, program, database):
    caller = program()

    def invite(email, **headers):
        return caller.post("/invitations", {"email": email, "role": "manager"}, **headers)

    def invite_once(email):
        tried.append(email)
        return invite(email, Idempotency_Key=email)

    tried = []
    for word, trouble in troubles(app, database):
        title, done, seconds = WORDS[word]
        with trouble():
            answer = until(f"{word}-{{}}@example.org", invite)
            assert answer.json["type"].endswith("#problem-unavailable")
            assert f"{title}. {done}" in answer.json["detail"]
            assert answer.headers["Retry-After"] == seconds
            kept = until(f"{word}-key-{{}}@example.org", invite_once)
            assert kept.json["type"].endswith("#problem-unavailable")
            assert caller.get("/invitations").status_code == 200
        assert invite_once(tried[-1]).status_code == 201
        assert invite(f"{word}@example.org").status_code == 201


def test_a_call_without_a_database_is_told_so(make_app, postgres):
    url = postgres.create_database("away")
    app = make_app(DATABASE_URL=url)
    postgres.drop_database(url)
    answer = app.test_client().post(
        "/api/v1/sessions", json={"email": "a@b.example", "password": "x"}
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.json["type"].endswith("#problem-unavailable")
