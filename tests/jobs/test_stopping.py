"""SIGTERM: what has begun is brought to its end, nothing new is begun, and nothing is in doubt."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests import cast
from tests.support.gunicorn import serving
from tests.support.load import CUT, FORM, REFUSED, TABLE, Load, Visitor
from tests.support.page import Page
from tests.support.processes import SECONDS, wait_until
from tests.support.smtp import Drip, Hold
from webapp.db import db
from webapp.models import Delivery

MAILS = 10


def states(app):
    with app.app_context():
        db.session.rollback()
        found = db.session.query(Delivery.state).filter(Delivery.recipient.like("p%@example.org"))
        return Counter(state for (state,) in found)


def queue_mails(app, smtp):
    """Ten mails at a slow mail server, where the third comes to a stop."""
    hold = Hold()
    smtp.script["RCPT TO"] = Drip(0.03)
    smtp.script["RCPT TO:<p2@example.org>"] = [hold]
    with app.app_context():
        for number in range(MAILS):
            cast.invited(f"p{number}@example.org")
    return hold


def assert_none_is_in_doubt(app, smtp):
    """Each mail was sent, or waits for another worker; some do."""
    found = states(app)
    assert found == {"sent": len(smtp.messages), "queued": MAILS - len(smtp.messages)}
    assert 3 <= found["sent"] < MAILS


def test_a_web_process_answers_what_it_has_begun(settings, tmp_path):
    with serving(settings, tmp_path / "web.log") as web:
        priya = Visitor(web.port)
        priya.sign_in()
        fields = Page(priya.ask(FORM).text).form(TABLE).fields
        other = sqlite3.connect(settings["DATABASE_URL"].removeprefix("sqlite:///"))
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        answers = []
        form = {**fields, "email": "bo@example.org"}
        asking = threading.Thread(target=lambda: answers.append(priya.ask(TABLE, form)))
        asking.start()
        wait_until(lambda: accepted(web.port))
        web.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(web.port))
        assert web.process.poll() is None  # it waits for the answer
        other.execute("ROLLBACK")
        asking.join(SECONDS)
        assert web.process.wait(SECONDS) == 0
        other.close()
    assert answers[0].status == 303


def test_a_web_process_that_stops_under_load_cuts_nobody_off(settings, tmp_path):
    with (
        serving(settings, tmp_path / "web.log") as web,
        Load(web.port, readers=4) as load,
    ):
        wait_until(lambda: len(load.answers) > 20)
        web.process.terminate()
        wait_until(lambda: load.statuses[REFUSED] > 4)
    assert load.statuses[CUT] == 0
    assert set(load.statuses) == {200, 303, REFUSED}


def accepted(port):
    """Whether somebody speaks to the port."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(
        line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "01" for line in lines
    )


def refuses(port):
    """Whether nobody listens there any more."""
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("everyone", [False, True], ids=["the worker", "its whole group"])
def test_a_worker_ends_its_mail_and_gives_the_others_back(app, process, smtp, everyone):
    hold = queue_mails(app, smtp)
    worker = process("jobs.worker")
    assert hold.reached.wait(SECONDS)
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    assert children
    worker.terminate()
    if everyone:  # as a service manager does
        for child in children:
            os.kill(int(child), signal.SIGTERM)
    hold.release.set()
    assert worker.wait(SECONDS) == 0
    assert_none_is_in_doubt(app, smtp)


def test_a_scheduler_that_sends_by_itself_ends_its_mail_and_gives_the_others_back(
    app, process, smtp, redis
):
    redis.kill()
    hold = queue_mails(app, smtp)
    scheduler = process("jobs.schedule")
    assert hold.reached.wait(SECONDS)
    scheduler.terminate()
    hold.release.set()
    assert scheduler.wait(SECONDS) == 0
    assert_none_is_in_doubt(app, smtp)
