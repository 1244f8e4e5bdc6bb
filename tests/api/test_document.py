"""The document says what there is, all of it, and nothing else: looked for by Schemathesis."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests import cast
from webapp.db import db
from webapp.web.access import ACCESS, ANYONE, CALLS, USER

# How many requests of each call are made up, and how many walks along the links; `make fuzz`
# asks for more.
CASES = int(os.environ.get("FUZZ_CASES", "12"))
# Rules refuse much that has the right shape: an address that is no address, an invitation twice.
LEFT_OUT = [positive_data_acceptance]


@pytest.fixture
def app(make_app):
    """Thousands of calls a minute, by one key."""
    return make_app(RATELIMIT_ENABLED="false", INVITATIONS_PER_ADMIN_PER_DAY="100000")


@pytest.fixture
def document(app):
    """The document, read as any client reads it."""
    read = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    # Parameters too many are tried in tests/api/test_strictness.py; the key is sent by ourselves.
    read.config.generation.update(allow_extra_parameters=False, with_security_parameters=False)
    return read


@pytest.fixture
def start_over(app, database):
    """Put the database back to how it was: Hypothesis expects the same walk to meet the same."""
    file = Path(database.removeprefix("sqlite:///"))
    kept = []

    def start_over():
        with app.app_context():
            db.session.remove()
            db.engine.dispose()  # the last to leave writes what stood in the log into the file
        if not kept:
            kept.append(file.read_bytes())
        file.write_bytes(kept[0])

    return start_over


def bounded(cases, **more):
    return settings(
        max_examples=cases,
        database=None,
        derandomize=cases < 100,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
        **more,
    )


def test_whatever_is_sent_the_answer_is_as_the_document_says(document, program, app):
    with app.app_context():
        cast.invited()
    headers = {**program().headers, "Accept-Encoding": "identity"}
    called = set()
    for found in document.get_all_operations():
        operation = found.ok()

        @bounded(CASES)
        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
        def fits(case):
            case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)

        @bounded(CASES)
        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))
        def does_not_fit(case):
            case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)

        fits()
        if operation.body or operation.query or operation.path_parameters:
            does_not_fit()
        called.add(operation.definition.raw["operationId"])
    assert called == {name.removeprefix("api_") for name in CALLS}


def test_walks_along_the_links_of_the_document_stay_in_it(document, program, start_over):
    headers = {**program().headers, "Accept-Encoding": "identity"}

    # What is sent without a key is looked at above.
    class Walk(document.as_state_machine()):
        def setup(self):
            super().setup()
            start_over()

        def get_call_kwargs(self, case):
            return {"headers": headers}

        def validate_response(self, response, case, additional_checks=(), **kwargs):
            case.validate_response(response, excluded_checks=[*LEFT_OUT, ignored_auth])

    Walk.run(settings=bounded(min(CASES, 12), stateful_step_count=6))


def test_every_call_says_who_may_make_it(document):
    for found in document.get_all_operations():
        raw = found.ok().definition.raw
        who = ACCESS[f"api_{raw['operationId']}"]
        scopes = [] if who in (ANYONE, USER) else [who]
        assert raw["security"] == ([] if who == ANYONE else [{"bearer": scopes}])
        assert raw["summary"]
        assert raw["description"]


def test_the_checks_are_those_of_schemathesis():
    names = {check.__name__ for check in checks.CHECKS.get_all()}
    assert {"not_a_server_error", "status_code_conformance", "response_schema_conformance"} <= names
    assert {"negative_data_rejection", "ignored_auth", "unsupported_method"} <= names
