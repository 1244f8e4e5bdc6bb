"""Rules: what somebody does who has a plan, in several steps that are seldom met by chance."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model.answering import Answering
from tests.model.base import AN_ADMIN, API, VERB, people, slugs
from tests.model.belonging import Belonging
from tests.model.guessing import Guessing
from tests.model.invariants import Invariants
from tests.model.linking import Linking


class Plotting(Linking, Answering, Belonging, Guessing, Invariants):
    """Guess through one link after the other; have a stranger mailed over and over."""

    @rule(slug=slugs, whom=people, links=st.integers(1, 3))
    def guess_by_many_links(self, slug: str, whom: str, links: int) -> None:
        for _ in range(links):
            self.invite(slug, AN_ADMIN, whom, "contributor", False, 7, VERB)
            self.guess("joining, program", whom, 4)
            its = self.picture.open_of(slug, whom)
            if its is not None:
                newest_first = [
                    one for one in self.picture.invitations[::-1] if one.status() == "pending"
                ]
                self.revoke("open", newest_first.index(its), AN_ADMIN, VERB)

    @rule(slug=slugs, whom=people, rounds=st.integers(1, 4))
    def occupy_and_leave(self, slug: str, whom: str, rounds: int) -> None:
        for _ in range(rounds):
            self.invite(slug, AN_ADMIN, whom, "contributor", False, 7, VERB)
            self.accept("open", 0, False, API)
            self.holds()
            self.leave(slug, whom, VERB)
            self.delete_account(whom)
            self.holds()
