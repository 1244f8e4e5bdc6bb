"""Workers and schedulers as processes of their own."""

from __future__ import annotations

import pytest

from tests.support import processes


@pytest.fixture
def process(settings, secrets, smtp, tmp_path):
    """Start `python -m …` over the test's own parts; ended with it, its log looked through."""
    running = []
    log = tmp_path / "processes.log"

    def start(module):
        child = processes.start(module, settings, log)
        running.append(child)
        return child

    yield start
    for child in running:
        processes.kill(child)
    secrets.learn_mails(smtp.messages)
    assert not secrets.found_in(log.read_text())
