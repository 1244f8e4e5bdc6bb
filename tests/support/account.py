"""What came of a bad day: requests and mails counted, with a line of figures for `make faults`."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable

from flask import Flask

from tests.support.load import CUT, Load
from tests.support.processes import SECONDS, kill, wait_until
from tests.support.smtp import ScriptedSMTP
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.outbox import claims
from webapp.models import Delivery, Invitation

LONG = bool(os.environ.get("FAULTS_LONG"))
THEIRS = "p%@example.org"
# A busy machine is slow; on a quiet one, `make faults` holds what the documents promise.
PAGE_SECONDS = 3.0 if LONG else 9.0
ROUNDS = 5
HEAD = "requests  answered   503  cut  slowest  invited  mails  twice  lost"


class Account:
    """The application beside the processes that the test breaks, and the mail server's view."""

    def __init__(
        self,
        app: Flask,
        smtp: ScriptedSMTP,
        travel: Callable[..., None],
        processes: list[subprocess.Popen[bytes]],
    ) -> None:
        self.app, self.smtp, self.processes = app, smtp, processes
        self._travel = travel

    def settle(
        self, what: str, load: Load, *, twice: int = 0, cut: int = 0, slowest: float = PAGE_SECONDS
    ) -> None:
        """Let all mail leave; nothing is lost, and only as much is cut off or repeated as said."""
        self._let_all_mail_leave()
        with self.app.app_context():
            db.session.rollback()
            found = db.session.query(Invitation.email).filter(Invitation.email.like(THEIRS))
            there = {email for (email,) in found}
        sent = Counter(mail.rcpt_to[0] for mail in self.smtp.messages)
        sent = Counter({email: n for email, n in sent.items() if email.startswith("p")})
        repeated = sum(sent.values()) - len(sent)
        lost = len(load.invited - there) + len(there - set(sent))
        counts = load.statuses
        print(
            f"\n{HEAD}\n{sum(counts.values()):8} {counts[200] + counts[303]:9} {counts[503]:5} "
            f"{counts[CUT]:4} {load.slowest:7.2f}s {len(there):8} {len(sent):6} {repeated:6} "
            f"{lost:5}   {what}"
        )
        assert set(counts) <= {200, 303, 503, CUT}
        assert counts[CUT] <= cut
        assert all(answer.retry_after for answer in load.answers if answer.status == 503)
        assert load.slowest < slowest
        assert lost == 0
        assert set(sent) == there
        assert repeated <= twice

    def _let_all_mail_leave(self) -> None:
        """In the long form by the processes alone; else by us, once the leases of the dead end.

        The processes are asked to stop, and so they leave no mail in doubt.
        """
        if LONG and self.processes:
            wait_until(lambda: not self.waiting(), 180)
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(SECONDS)
            kill(process)
        for _ in range(ROUNDS):  # a try that failed meanwhile is repeated after a pause
            self._travel(seconds=claims.LEASE.total_seconds() + 1)
            self.drain()
        assert not self.waiting()

    def drain(self) -> None:
        """Send what is due, as a worker does."""
        with self.app.app_context():
            outbox.drain()

    def waiting(self) -> int:
        """How many mails wait or are being sent."""
        with self.app.app_context():
            db.session.rollback()
            waiting = Delivery.state.in_(("queued", "sending"))
            return db.session.query(Delivery).filter(waiting).count()
