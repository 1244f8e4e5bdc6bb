"""Rules: time that passes, and what comes with it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model import doors
from tests.model.base import Base, picks
from tests.model.doors import Outcome
from webapp.domain.operations import sweeps

STEPS = {
    "half a minute": timedelta(seconds=30),
    "a minute": timedelta(seconds=61),
    "eleven minutes": timedelta(minutes=11),
    "two hours": timedelta(hours=2),
    "a day": timedelta(days=1),
    "eight days": timedelta(days=8),
}


class Passing(Base):
    """Waiting, and the sweep."""

    @rule(step=st.sampled_from(sorted(STEPS)))
    def wait(self, step: str) -> None:
        self.tries("wait", f"{step} later", True, lambda: self._move(STEPS[step]))

    @precondition(lambda self: self.one("open", 0))
    @rule(pick=picks, late=st.booleans())
    def wait_for_an_end(self, pick: int, late: bool) -> None:
        its = self.one("open", pick)
        if its is None:
            return
        by = its.expires_at - self.now() - timedelta(seconds=0 if late else 1)
        if by > timedelta(0):
            when = f"{'at' if late else 'a second before'} the end of invitation {its.id}"
            self.tries("wait_for_an_end", when, True, lambda: self._move(by))

    @precondition(lambda self: any(one.state != one.status() for one in self.picture.invitations))
    @rule()
    def sweep(self) -> None:
        due = [one for one in self.picture.invitations if one.state != one.status()]
        self.tries(
            "sweep",
            "the sweep comes",
            True,
            lambda: doors.verb(self.app, sweeps.expire),
            *(["InvitationExpired"] * len(due)),
        )
        for one in due:
            one.state = "expired"

    def _move(self, by: timedelta) -> Outcome:
        for account in self.picture.accounts.values():
            for one in account.live():  # so that none ends for not being used
                doors.call(self.app, "GET", "/me", token=one.token)
        self.world.move(by)
        return Outcome(True, "")
