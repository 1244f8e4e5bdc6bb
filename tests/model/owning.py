"""Rules: what people do with their own accounts, and whoever holds the mailbox with them."""

from __future__ import annotations

import re

import pyotp
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model import doors
from tests.model.base import PAGE, VERB, Base, people, picks, slugs
from tests.model.doors import Browser, Outcome
from tests.model.picture import Account
from webapp import clock
from webapp.db import db
from webapp.domain.accounts import confirmations, password_resets, second_factors
from webapp.domain.accounts.sign_ins import SecondStep

OFFER = re.compile(r'name="offer" value="([^"]+)"')
ways = st.sampled_from([PAGE, VERB])


class Owning(Base):
    """Sessions, passwords, second factors."""

    @rule(whom=people, program=st.booleans(), slug=slugs)
    def sign_in(self, whom: str, program: bool, slug: str) -> None:
        account = self.picture.accounts.get(whom)
        if account and program:
            self.bearer(account, slug)
        elif account:
            self.enter(account)

    @precondition(lambda self: any(one.live() for one in self.picture.accounts.values()))
    @rule(whom=people)
    def sign_out(self, whom: str) -> None:
        account = self._signed_in(whom)
        live = account.live()
        session, is_program = live[-1], live[-1].place is not None

        def act() -> Outcome:
            if is_program:
                return doors.call(self.app, "DELETE", "/sessions/current", token=session.token)
            return Browser(self.app, session.token).post("/logout")

        self.tries("sign_out", f"{account.email} signs out", True, act, "SignedOut")
        session.alive = False

    @precondition(lambda self: any(one.live() for one in self.picture.accounts.values()))
    @rule(whom=people)
    def end_others(self, whom: str) -> None:
        account = self._signed_in(whom)
        token = self.session_of(account)
        others = [one for one in account.live() if one.token != token]
        self.tries(
            "end_others",
            f"{account.email} ends all other sessions",
            True,
            lambda: Browser(self.app, token).post("/account/sessions/end-others"),
            *(["SessionsRevoked"] if others else []),
        )
        for one in others:
            one.alive = False

    def _signed_in(self, whom: str) -> Account:
        """The person if they are signed in, or else another one who is."""
        found = [one for one in self.picture.accounts.values() if one.live()]
        return next((one for one in found if one.email == whom), found[0])

    @rule(email=people, way=ways)
    def forget_password(self, email: str, way: str) -> None:
        def act() -> Outcome:
            if way == PAGE:
                return Browser(self.app).post("/password/forgot", email=email)
            return doors.verb(self.app, lambda: password_resets.request(email))

        words = f"somebody asks for a link for {email}"
        self.tries("forget_password", words, True, act, "PasswordResetRequested")

    @precondition(lambda self: self.picture.account_links)
    @rule(
        purpose=st.sampled_from([password_resets.PURPOSE, confirmations.PURPOSE]),
        pick=picks,
        way=ways,
    )
    def use_account_link(self, purpose: str, pick: int, way: str) -> None:
        links = [one for one in self.picture.account_links if one.purpose == purpose]
        if not links:
            return
        link, password = links[-1 - pick % len(links)], self.password()
        account = link.account
        module = password_resets if purpose == password_resets.PURPOSE else confirmations
        path = "/password/reset" if module is password_resets else "/confirm"
        proves = not account.verified

        def act() -> Outcome:
            if way == PAGE:
                return Browser(self.app).post(path, token=link.token, password=password)
            verb = password_resets.reset if module is password_resets else confirmations.confirm
            outcome = doors.verb(self.app, lambda: verb(link.token, password=password))
            is_half = isinstance(outcome.given, SecondStep)
            return outcome._replace(given=None if is_half else outcome.given)

        may = link.works() and (module is password_resets or proves)
        events = ["PasswordChanged"]
        if proves:
            keys = [one for one in self.picture.keys if one.alive and one.maker is account]
            events += ["EmailVerified", *(["ApiKeyRevoked"] * len(keys))]
        words = (
            f"somebody sets a new password by a {purpose} mailed to {account.email or 'one gone'}"
        )
        name = "confirm" if module is confirmations else "reset"
        outcome = self.tries(name, words, may, act, *events)
        if not outcome.done:
            return
        link.alive = False
        account.end_sessions()
        if proves:
            self.handed_over(account, password)
        else:
            account.set_password(password)
        assert (outcome.given is None) == (account.factor is not None), "a mailbox is one factor"
        if outcome.given:
            self.began(account, outcome.given)

    def handed_over(self, account: Account, password: str) -> None:
        """The mailbox's holder has the account now, and nothing of the occupier's is left."""
        for key in self.picture.keys:
            key.alive = key.alive and key.maker is not account
        account.end_sessions()
        account.set_password(password)
        account.factor, account.confined = None, None

    @rule(whom=people)
    def change_password(self, whom: str) -> None:
        account = self.picture.accounts.get(whom)
        token = self.session_of(account)
        if account is None or token is None:
            return
        typed = {"present_password": account.password, "password": self.password()}
        browser = Browser(self.app, token)
        words = f"{whom} changes the password"
        act = lambda: browser.post("/account/password", **typed)  # noqa: E731
        self.tries("change_password", words, True, act, "PasswordChanged")
        account.set_password(typed["password"])
        account.end_sessions(but=next(s for s in account.sessions if s.token == token))

    @rule(whom=people)
    def switch_factor_on(self, whom: str) -> None:
        account = self.picture.accounts.get(whom)
        token = self.session_of(account) if account and account.factor is None else None
        if account is None or token is None:
            return
        sealed, secret = self.offered(account, token)
        code = pyotp.TOTP(secret).at(clock.now())
        browser = Browser(self.app, token)
        typed = {"offer": sealed, "code": code, "password": account.password}
        act = lambda: browser.post("/account/second-factor", **typed)  # noqa: E731
        words = f"{whom} switches a second factor on"
        if self.tries("switch_factor_on", words, True, act, "SecondFactorOn").done:
            account.factor, account.step = secret, self.step()

    def offered(self, account: Account, token: str) -> tuple[str, str]:
        """A sealed offer of a second factor from the page, and the secret in it."""
        found = OFFER.search(Browser(self.app, token).get("/account/second-factor").text)
        assert found, "no offer of a second factor"
        with self.app.app_context():
            secret = second_factors.offered(self.user(account), found[1]).secret
            db.session.remove()
        return found[1], secret

    @precondition(lambda self: any(one.factor for one in self.picture.accounts.values()))
    @rule(whom=people)
    def switch_factor_off(self, whom: str) -> None:
        found = [one for one in self.picture.accounts.values() if one.factor]
        account = next((one for one in found if one.email == whom), found[0])
        whom = account.email
        browser = Browser(self.app, self.session_of(account))
        act = lambda: browser.post("/account/second-factor/off", password=account.password)  # noqa: E731
        words = f"{whom} switches the second factor off"
        if self.tries("switch_factor_off", words, True, act, "SecondFactorOff").done:
            account.factor = None
