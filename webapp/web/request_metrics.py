"""Prometheus metrics: requests, which this process counts itself, and everything else.

Each web process counts its requests: under gunicorn in files that all of them share
(gunicorn.conf.py names the folder), elsewhere in memory. Everything else is read from the
database and Redis, so it is the same whichever process is asked, and includes the workers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from webapp.domain.operations.gauges import Readings

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_own = CollectorRegistry()
_requests = Histogram(
    "gatehouse_http_request_seconds",
    "Requests by method, route and status, and how long they took.",
    ["method", "route", "status"],
    buckets=BUCKETS,
    registry=_own,
)
_limited = Counter(
    "gatehouse_rate_limit_hits",
    "Requests that were refused because there were too many.",
    ["route"],
    registry=_own,
)


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request; unknown methods count as one, since anybody can invent them."""
    _requests.labels(method if method in METHODS else "other", route, status).observe(seconds)


def note_limited(route: str) -> None:
    """Count a request refused by a rate limit."""
    _limited.labels(route).inc()


def text(readings: Readings) -> bytes:
    """Everything in Prometheus' text format."""
    shared = _own
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    registry.register(_ReadingsCollector(readings))
    return generate_latest(shared) + generate_latest(registry)


class _ReadingsCollector(Collector):
    """The readings as families of metrics."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        readings = self._readings
        up = {part.name: float(part.is_ok) for part in readings.parts}
        yield _gauge("part_up", "1 while a part does its work.", "part", up)
        yield _counter("events", "Lines of the audit trail, by event.", "event", readings.events)
        yield _counter("mail_tries", "Tries at sending a mail, by result.", "result", readings.mail)
        yield _counter(
            "mail_reports",
            "Messages about our mail that came in, by what was done about them.",
            "outcome",
            readings.reports,
        )
        yield _counter(
            "provider_events",
            "Bounces and complaints from the provider, by whether they named a mail of ours.",
            "result",
            readings.provider,
        )
        yield _gauge("outbox_mails", "Mails that wait.", "state", readings.outbox)
        yield from self._delays()
        yield from self._queue()
        yield from self._jobs()

    def _delays(self) -> Iterator[Metric]:
        parts = {part.name: part for part in self._readings.parts}
        for name, words, whose in (
            ("outbox_oldest_due_seconds", "How long a mail has been due.", "mail"),
            ("scheduler_age_seconds", "Since the scheduler last ran.", "scheduler"),
        ):
            seconds = parts[whose].seconds
            if seconds is not None:
                yield GaugeMetricFamily(f"gatehouse_{name}", words, value=seconds)
        yield GaugeMetricFamily(
            "gatehouse_mail_held",
            "1 while the mail server refuses our sign-in.",
            value=float(parts["mail"].word == "held"),
        )

    def _queue(self) -> Iterator[Metric]:
        if self._readings.queue is not None:
            jobs, seconds = self._readings.queue
            yield GaugeMetricFamily("gatehouse_queue_jobs", "Jobs without a worker.", value=jobs)
            yield GaugeMetricFamily(
                "gatehouse_queue_oldest_seconds", "How long the first has waited.", value=seconds
            )

    def _jobs(self) -> Iterator[Metric]:
        runs = {run.name: run for run in self._readings.jobs}
        for name, words, column in (
            ("job_runs", "How often a job ran.", "runs"),
            ("job_failures", "How often a job failed.", "failures"),
            ("job_seconds", "How long a job ran, all runs together.", "seconds"),
        ):
            figures = {job: getattr(run, column) for job, run in runs.items()}
            yield _counter(name, words, "task", figures)
        last = {job: run.last_seconds for job, run in runs.items()}
        yield _gauge("job_last_seconds", "How long a job's last run took.", "task", last)


def _counter(name: str, words: str, label: str, figures: Mapping[str, float]) -> Metric:
    return _filled(CounterMetricFamily(f"gatehouse_{name}", words, labels=[label]), figures)


def _gauge(name: str, words: str, label: str, figures: Mapping[str, float]) -> Metric:
    return _filled(GaugeMetricFamily(f"gatehouse_{name}", words, labels=[label]), figures)


def _filled(
    family: CounterMetricFamily | GaugeMetricFamily, figures: Mapping[str, float]
) -> Metric:
    for label, number in figures.items():
        family.add_metric([label], number)
    return family
