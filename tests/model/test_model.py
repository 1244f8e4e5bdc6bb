"""The rules of Gatehouse as a whole: walks that nobody thought of, compared step by step.

`make test` walks a little, the same way each time. `make fuzz` (MODEL_WALKS) walks far, another way
each time, and prints what was tried.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model import tour
from tests.model.keying import Keying
from tests.model.passing import Passing
from tests.model.plotting import Plotting
from tests.model.world import World

pytestmark = pytest.mark.both_databases

WALKS = int(os.environ.get("MODEL_WALKS", "3"))
STEPS = int(os.environ.get("MODEL_STEPS", "25"))
IS_LONG = WALKS > 3


class Gatehouse(Plotting, Keying, Passing):
    """All rules together; what others need to go on is tried more often."""

    invite_another = Plotting.invite
    invite_a_third = Plotting.invite
    accept_another = Plotting.accept
    accept_a_third = Plotting.accept
    join_another = Plotting.join
    resend_another = Plotting.resend
    renew_another = Plotting.renew
    use_another_link = Plotting.use_account_link
    guess_again = Plotting.guess
    make_another_link = Plotting.make_link
    ask_again = ask_a_third = Plotting.ask
    resume_soon = resume_at_once = Plotting.resume


@pytest.fixture
def world(app, database, smtp, redis, request):
    kind = "sqlite" if database.startswith("sqlite") else "postgresql"
    world = World(app, request.getfixturevalue(f"{kind}_template"), database, smtp, redis)
    yield world
    world.end()


def test_whatever_happens_the_rules_hold(world, capsys):
    walk = settings(
        max_examples=WALKS,
        stateful_step_count=STEPS,
        database=None,
        derandomize=not IS_LONG,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Gatehouse(world), settings=walk)
    if IS_LONG:
        with capsys.disabled():
            print(report(world))
        assert not idle(world), f"rules that never did anything: {idle(world)}"


def test_every_rule_can_do_something(world):
    walk = Gatehouse(world)
    try:
        for name, asked in tour.STEPS:
            getattr(walk, name)(*asked)
            walk.holds()
    finally:
        walk.teardown()
    assert {name for name, _ in tour.STEPS} == set(rules())
    assert not idle(world), f"rules that never did anything: {idle(world)}"


def rules() -> list[str]:
    """The names of all rules."""
    found = Gatehouse.setup_state()
    return [one.function.__name__ for one in [*found.rules, *found.initializers]]


def idle(world: World) -> list[str]:
    """What was tried and never done."""
    return sorted(name for name in world.tried if not world.done[name])


def report(world: World) -> str:
    """How many steps were tried, and how many of them did something."""
    lines = [f"\n{sum(world.tried.values()):,} steps in {world.walks:,} walks"]
    lines += [
        f"  {world.done[name]:6,} of {many:6,}  {name}" for name, many in world.tried.most_common()
    ]
    return "\n".join(lines)
