"""Rules: a stranger guesses passwords and codes of one account, wherever they can be typed."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model import doors
from tests.model.base import people
from tests.model.doors import Browser, Outcome
from tests.model.owning import Owning
from tests.model.picture import GUESSES, Account
from webapp import clock

STRANGER = "192.0.2.7"  # the one network of all guesses; those who sign in come from elsewhere
WRONG, NO_CODE = "a guess that is not right", "000000"
PLACES = [
    *("sign-in page", "sign-in page in capitals", "sign-in page, another name in the query"),
    *("program's sign-in", "program's sign-in, code", "code page"),
    *("joining, page", "joining, program"),
    *("present password", "deleting", "factor off", "factor on"),
]


class Guessing(Owning):
    """Wrong passwords and codes: bounded for each account, and each on record."""

    @rule(place=st.sampled_from(PLACES), whom=people, times=st.integers(1, 4))
    def guess(self, place: str, whom: str, times: int) -> None:
        account = self.picture.accounts.get(whom)
        if account is None:
            return
        for _ in range(times):
            self._one(place, account)

    def _one(self, place: str, account: Account) -> None:
        act = self._at(place, account)
        if act is None:
            return
        words = f"a stranger guesses at {account.email}: {place}"
        outcome = self.tries(f"guess: {place}", words, False, act, refused=("SignInFailed",))
        if outcome.limited:
            return
        self.world.done[f"guess: {place}"] += 1
        self.picture.guesses[account.email] += 1
        made = self.picture.guesses[account.email]
        assert made <= GUESSES, f"guess number {made} at {account.email} was looked at: {place}"

    def _at(self, place: str, account: Account) -> Callable[[], Outcome] | None:
        browser = Browser(self.app, network=STRANGER)
        pair = {"email": account.email, "password": WRONG}
        if place == "sign-in page":
            return lambda: browser.post("/login", **pair)
        if place == "sign-in page in capitals":
            return lambda: browser.post("/login", email=pair["email"].upper(), password=WRONG)
        if place == "sign-in page, another name in the query":
            self.numbers += 1
            return lambda: browser.post(f"/login?email=x{self.numbers}@example.org", **pair)
        if place == "program's sign-in":
            return lambda: self._call("/sessions", **pair)
        if place.startswith("joining"):
            return self._joining(place, account)
        if place in ("code page", "program's sign-in, code"):
            return self._code(place, account, browser)
        return self._inside(place, account)

    def _joining(self, place: str, account: Account) -> Callable[[], Outcome] | None:
        """By a link to somewhere else, mailed or copied."""
        found = [
            (one, token)
            for one in self.picture.invitations
            for token in (one.link.copied, one.link.mailed)
            if token
            and (one.email, self.picture.standing(one, one.link)) == (account.email, "open")
            if not self.picture.takes_over(one, mailed=token == one.link.mailed)
        ]
        if not found:
            return None
        its, token = found[self.numbers % len(found)]
        its.guesses += 1
        browser = Browser(self.app, network=STRANGER)
        if place == "joining, page":
            return lambda: browser.post("/register/join", token=token, password=WRONG)
        return lambda: self._call("/invitations/accept", token=token, password=WRONG)

    def _code(self, place: str, account: Account, browser: Browser) -> Callable[[], Outcome] | None:
        """Whoever has the password guesses the code."""
        if account.factor is None:
            return None
        pair = {"email": account.email, "password": account.password}
        if place != "code page":
            return lambda: self._call("/sessions", **pair, code=NO_CODE)

        def act() -> Outcome:
            first = browser.post("/login", **pair)
            return browser.post("/login/code", code=NO_CODE) if first.done else first

        return act

    def _inside(self, place: str, account: Account) -> Callable[[], Outcome] | None:
        """Whoever has stolen a session guesses what its owner has to type."""
        live = [one for one in account.live() if one.place is None]
        is_fitting = {"factor off": account.factor is not None, "factor on": account.factor is None}
        if not live or not is_fitting.get(place, True):
            return None
        browser = Browser(self.app, live[-1].token, network=STRANGER)
        if place == "present password":
            typed = {"present_password": WRONG, "password": self.password()}
            return lambda: browser.post("/account/password", **typed)
        if place == "deleting":
            return lambda: browser.post("/account/delete", password=WRONG)
        if place == "factor off":
            return lambda: browser.post("/account/second-factor/off", password=WRONG)
        sealed, secret = self.offered(account, live[-1].token)
        code = pyotp.TOTP(secret).at(clock.now())
        typed = {"offer": sealed, "code": code, "password": WRONG}
        return lambda: browser.post("/account/second-factor", **typed)

    def _call(self, path: str, **body: str) -> Outcome:
        return doors.call(self.app, "POST", path, body, network=STRANGER)
