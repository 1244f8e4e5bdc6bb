"""A person's rights at a shell."""

from __future__ import annotations

import json

import pytest

from tests import cast

pytestmark = pytest.mark.both_databases


def test_a_person_is_handed_over_then_erased_when_the_question_is_answered(flask, app):
    kept = json.loads(flask("person", "export", cast.CHEN).stdout)
    assert kept["account"]["full_name"] == "Chen Wei"
    assert flask("person", "erase", cast.CHEN, input=b"n\n").returncode == 1
    done = flask("person", "erase", cast.CHEN, input=b"y\n")
    assert "The account is deleted." in done.stdout
    assert "acme" in done.stdout
    done = flask("person", "export", cast.CHEN)
    assert (done.returncode, done.stderr) == (1, f"Error: Nothing is kept about {cast.CHEN}.\n")
    assert flask("audit", "verify").returncode == 0


def test_the_last_admin_stays_and_the_organization_is_named(flask, app):
    done = flask("person", "erase", cast.PRIYA, "--yes")
    assert done.returncode == 1
    assert "last active admin of Acme" in done.stderr
