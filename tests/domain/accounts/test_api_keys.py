"""API keys: who ends them, whose they are said to be, and how often their use is noted."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain.accounts import api_keys
from webapp.domain.errors import Forbidden

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


@pytest.mark.parametrize("email", [cast.MARCO, cast.CHEN])
def test_only_an_admin_ends_a_key(email):
    key = cast.key()
    with pytest.raises(Forbidden):
        api_keys.revoke(cast.organization(), key.id, by=cast.person(email))
    assert api_keys.get(cast.organization(), key.id).revoked_at is None


def test_a_key_is_listed_with_its_makers_present_role():
    made = cast.key()
    assert [(key.id, role) for key, role in api_keys.of(cast.organization())] == [
        (made.id, "admin")
    ]


def test_its_use_is_noted_at_most_every_so_often(travel):
    key = cast.key()
    assert api_keys.is_due(key)
    api_keys.used(key.id)
    key = api_keys.get(cast.organization(), key.id)
    assert not api_keys.is_due(key)
    travel(seconds=api_keys.USED_EVERY.total_seconds() + 1)
    assert api_keys.is_due(key)
