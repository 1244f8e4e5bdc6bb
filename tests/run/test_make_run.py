"""`make run` as a newcomer meets it: real processes, a real browser, the first invitation."""

from __future__ import annotations

import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.ports import free_port
from webapp.config import ROOT

SECONDS = 90
PARTS = ("webapp", "jobs", "migrations", "tools", "wsgi.py", "gunicorn.conf.py", "Procfile")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """What git would clone, without the tests, in a folder with a space in its name."""
    return cloned(tmp_path_factory.mktemp("a checkout"))


def cloned(folder: Path) -> Path:
    """The folder, with what git would clone in it."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    return folder


class Running:
    """One `make run`, and what it has printed."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.lines: list[str] = []
        self.port = port or free_port()
        self.process = subprocess.Popen(
            [sys.executable, str(folder / "tools/run.py")],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PORT": str(self.port), "HOME": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def sign_in(self) -> tuple[str, str, str]:
        """The address, the sign-in and the password that it prints."""
        until = time.monotonic() + SECONDS
        pause = threading.Event()
        while "Password" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            pause.wait(0.1)
        found = [
            re.search(rf"{word}\s+(\S+)", self.output)
            for word in ("Gatehouse is at", "Sign in as", "Password")
        ]
        return tuple(one[1] for one in found)  # type: ignore[index,return-value]

    def mail_port(self) -> int:
        """The port to which its web process sends mail."""
        until, pause = time.monotonic() + SECONDS, threading.Event()
        while not (found := re.search(r"web started \(pid=(\d+)\)", self.output)):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            pause.wait(0.1)
        settings = Path(f"/proc/{found[1]}/environ").read_text().split("\0")
        return int(next(one for one in settings if one.startswith("MAIL_PORT=")).partition("=")[2])

    def stop(self) -> int:
        """One Ctrl-C."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        self.process.stdout.close()
        return code

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.rstrip())


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_from_make_run_to_the_first_member(checkout, chromium, javascript):
    running = Running(checkout)
    try:
        address, email, password = running.sign_in()
        invited = f"first-{javascript}@example.org".lower()
        priya = chromium.new_context(java_script_enabled=javascript).new_page()
        bo = chromium.new_context(java_script_enabled=javascript).new_page()
        sign_in(priya, address, email, password)
        expect_every_state(priya)
        invite(priya, invited)
        link = read_mail(bo, address, invited)
        bo.goto(link)
        bo.get_by_label("Full name").fill("Bo Lind")
        bo.get_by_label("Password", exact=True).fill("seven bars and a half")
        bo.get_by_role("button", name="Create account and join").click()
        expect(bo.get_by_role("heading", level=1)).to_have_text("Members of Acme")
        priya.reload()
        row = priya.get_by_role("row").filter(has_text=invited)
        expect(row).to_contain_text("Accepted")
        priya.context.close()
        bo.context.close()
        assert link.partition("token=")[2] not in running.output
        assert "seven bars and a half" not in running.output
        assert "Traceback" not in running.output
    finally:
        code = running.stop()
    assert code == 0


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    page.goto(address)
    page.get_by_label("Email address or username").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invitations")


def expect_every_state(page: Page) -> None:
    for state in ("Pending", "Accepted", "Expired", "Revoked", "Declined"):
        expect(page.get_by_role("cell", name=state, exact=True).first).to_be_visible()


def invite(page: Page, email: str) -> None:
    page.get_by_role("link", name="Invite people").click()
    page.get_by_label("Email addresses").fill(email)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.locator("#messages")).to_contain_text(f"Invitation sent to {email}")


def read_mail(page: Page, address: str, email: str) -> str:
    """The link of the mail to that address, read where a newcomer reads it."""
    until = time.monotonic() + SECONDS
    page.goto(f"{address}/mailbox")
    while not page.get_by_role("row").filter(has_text=email).count():
        assert time.monotonic() < until, "the mail did not arrive"
        page.reload()
    page.get_by_role("row").filter(has_text=email).get_by_role("link").click()
    link = page.get_by_role("link", name=re.compile("register"))
    return str(link.get_attribute("href"))


def test_two_that_are_started_at_once_do_not_take_each_others_ports(tmp_path_factory):
    folders = [cloned(tmp_path_factory.mktemp("one of two")) for _ in range(2)]
    port = free_port()
    runs = [Running(folder, port) for folder in folders]
    try:
        pause, until = threading.Event(), time.monotonic() + SECONDS
        while all(run.process.poll() is None for run in runs):
            assert time.monotonic() < until, "both believe to have the port"
            pause.wait(0.1)
        # The port that was asked for is one's; the other is told at once, and which to take.
        (loser,) = [run for run in runs if run.process.poll() is not None]
        (winner,) = [run for run in runs if run is not loser]
        assert loser.stop() == 1
        assert f"PORT {port} is in use by another program on this machine." in loser.output
        assert "traceback" not in loser.output.lower()
        assert winner.sign_in()[0] == f"http://127.0.0.1:{port}"
    finally:
        codes = [run.stop() for run in runs if run.process.poll() is None]
    assert codes == [0]


def test_the_mail_catchers_of_two_that_are_started_at_once_are_two(tmp_path_factory):
    folders = [cloned(tmp_path_factory.mktemp("one of two")) for _ in range(2)]
    runs = [Running(folder) for folder in folders]
    try:
        ports = [run.mail_port() for run in runs]
        assert len(set(ports)) == 2
        for run, port in zip(runs, ports, strict=True):
            with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as mail:
                assert mail.noop()[0] == 250
            assert run.process.poll() is None, run.output
    finally:
        codes = [run.stop() for run in runs]
    assert codes == [0, 0]
