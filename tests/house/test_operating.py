"""What operators are given to import belongs to this very program."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from webapp.config import ROOT
from webapp.domain.operations import gauges, job_runs
from webapp.web import request_metrics

FOLDER = ROOT / "docs/operating"
NAME = re.compile(r"\bgatehouse_[a-z0-9_]+")


def queries():
    """Where each is found, and the query."""
    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"]
        yield rule["alert"], rule["expr"]
    board = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.fixture
def known(app):
    """The names of all samples that /metrics can have."""
    request_metrics.note_request("GET", "/", 200, 0.1)
    request_metrics.note_limited("/")
    with app.app_context():
        job_runs.note(job_runs.SCHEDULER)
        job_runs.note("jobs.outbox.drain")
        told = request_metrics.text(gauges.take()).decode()
    samples = [s for f in text_string_to_metric_families(told) for s in f.samples]
    counted = {"gatehouse_mail_tries_total", "gatehouse_mail_reports_total"}
    return {sample.name for sample in samples} | counted


def test_every_metric_that_is_asked_for_exists(known):
    found = list(queries())
    assert len(found) > 20
    for where, query in found:
        assert query.count("(") == query.count(")"), where
        named = set(NAME.findall(query))
        assert named or query.startswith("up{"), where
        assert named <= known, where


def test_every_metric_is_told_of(known):
    text = (FOLDER / "README.md").read_text()
    told = set(NAME.findall(text))
    plain = {
        name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in known
    }
    assert {name for name in plain if not name.endswith("_created")} <= told
    assert told <= plain
