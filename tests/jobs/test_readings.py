"""What all processes together show the operator: web, worker and scheduler as they really run."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import cast
from tests.support.gunicorn import serving
from tests.support.processes import wait_until


@pytest.fixture
def settings(settings):
    return {**settings, "METRICS_TOKEN": "figures"}


@pytest.fixture
def web(settings, tmp_path):
    """The web under gunicorn with two processes: asks it, each time over a connection anew."""
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"left behind by an earlier run")
    named = {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    with serving(settings, tmp_path / "web.log", **named) as server:
        yield lambda path: server.ask(path, Authorization="Bearer figures")


def figures(web):
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(web("/metrics"))
        for one in family.samples
    }


def test_both_web_processes_count_together_and_jobs_of_other_processes_are_seen(
    web, app, process, smtp, tmp_path: Path
):
    for _ in range(30):
        web("/login")
    logins = "gatehouse_http_request_seconds_count", "GET", "/login", "200"
    # Whichever process answers knows of the other's.
    assert [figures(web)[logins] for _ in range(6)] == [30] * 6
    writers = {path.name.rpartition("_")[2] for path in (tmp_path / "figures").glob("*.db")}
    assert len(writers) >= 1
    process("jobs.worker")
    process("jobs.schedule")
    with app.app_context():
        cast.invited()
    wait_until(lambda: smtp.messages)
    wait_until(lambda: figures(web).get(("gatehouse_job_runs_total", "jobs.outbox.drain")))
    wait_until(lambda: figures(web).get(("gatehouse_part_up", "scheduler")) == 1)
    wait_until(lambda: figures(web).get(("gatehouse_mail_tries_total", "sent")) == 1)
    assert figures(web)["gatehouse_events_total", "InvitationSent"] == 1
