"""The keys that sign id_tokens, day after day, and when clocks disagree."""

from __future__ import annotations

import pytest

from tests.support.program import jwt_header
from webapp import clock
from webapp.domain.openid import key_upkeep, keys

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def kid():
    """The name of the key that signs now."""
    return jwt_header(keys.sign({"iss": keys.issuer()}))["kid"]


def known():
    """The names of the published keys."""
    return {key["kid"] for key in keys.published()}


def test_day_by_day_no_program_meets_a_key_that_it_has_not_seen(travel):
    """Programs that read the keys once a day know each one before it signs, and long after."""
    yesterday, tokens, used = known(), [], []
    for _ in range(200):
        tokens = [*tokens[-30:], keys.sign({"iss": keys.issuer()})]
        used.append(jwt_header(tokens[-1])["kid"])
        assert used[-1] in yesterday
        assert keys.read(tokens[0])
        yesterday = known()
        assert len(yesterday) <= 3
        travel(days=1)
        key_upkeep.rotate_when_due()
        key_upkeep.forget()
    assert len(set(used)) == 3


@pytest.mark.parametrize("back", [{"seconds": -2}, {"days": -2}])
def test_a_clock_that_is_behind_withdraws_no_key(back):
    """The machine beside ours made the first key, or the clock was set back."""
    first = kid()
    with clock.ahead(**back):
        assert known() == {first}
        assert kid() == first
    assert known() == {first}


def test_a_clock_that_is_behind_signs_with_the_key_before(travel):
    first = kid()
    second = keys.rotate().kid
    travel(days=1)
    assert kid() == second
    with clock.ahead(seconds=-2):
        assert kid() == first
    assert known() == {first, second}
