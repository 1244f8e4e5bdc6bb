"""A real Postfix of a test's own: folders, ports and queue apart from any that the machine runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from tests.support.ports import free_port
from tools import find

SECONDS = 60

# Takes all mail for example.org and finds out later that there is nobody. What comes back to
# gate.example goes through a pipe, as docs/mail.md has it; here into a file.
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.example.org
mydestination = example.org
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_host_lookup = native
smtp_dns_support_level = disabled
default_transport = error:no mail leaves this machine
relay_transport = error:no mail leaves this machine
alias_maps =
alias_database =
local_recipient_maps =
mail_spool_directory = {folder}/mail
recipient_delimiter = +
relay_domains = gate.example
transport_maps = inline:{{ gate.example=gatehouse: }}
gatehouse_destination_recipient_limit = 1
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup   unix  n - n 60 1 pickup
cleanup  unix  n - n - 0 cleanup
qmgr     unix  n - n 300 1 qmgr
rewrite  unix  - - n - - trivial-rewrite
bounce   unix  - - n - 0 bounce
defer    unix  - - n - 0 bounce
trace    unix  - - n - 0 bounce
error    unix  - - n - - error
retry    unix  - - n - - error
proxymap unix  - - n - - proxymap
local    unix  - n n - - local
gatehouse unix - n n - - pipe flags=DORq user=nobody argv={folder}/bounce
smtp     unix  - - n - - smtp
anvil    unix  - - n - 1 anvil
postlog  unix-dgram n - n - 1 postlogd
"""
PIPE = """#!/bin/sh
cat > {folder}/mail/coming && mv {folder}/mail/coming {folder}/mail/report || exit 75
"""


class Postfix:
    """The server, from `with` to its end; `port` takes mail on 127.0.0.1."""

    def __init__(self) -> None:
        program = find.postfix()
        assert program, "no Postfix: run make test-tools as root"
        self._program = program
        self.port = free_port()

    def __enter__(self) -> Self:
        # Not below pytest's folder, which is for root alone.
        self.folder = Path(tempfile.mkdtemp(prefix="gh-postfix-"))
        self.folder.chmod(0o755)
        self.config = self.folder / "etc"
        for name in ("etc", "queue", "data", "mail"):
            (self.folder / name).mkdir(mode=0o755)
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "mail", 65534, 65534)
        script = self.folder / "bounce"
        script.write_text(PIPE.format(folder=self.folder))
        script.chmod(0o755)
        (self.config / "main.cf").write_text(MAIN.format(folder=self.folder))
        (self.config / "master.cf").write_text(MASTER.format(folder=self.folder, port=self.port))
        self._run("start")
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._run("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def report(self) -> bytes:
        """The mail that came back, once it has."""
        report = self.folder / "mail" / "report"
        until, pause = time.monotonic() + SECONDS, threading.Event()
        while not report.exists():
            assert time.monotonic() < until, (self.folder / "log").read_text()[-3000:]
            pause.wait(0.05)
        return report.read_bytes()

    def _run(self, command: str) -> None:
        done = subprocess.run(
            [self._program, "-c", self.config, command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        log = self.folder / "log"
        said = done.stdout + (log.read_text() if log.exists() else "")
        assert done.returncode == 0, said[-3000:]
