"""Background jobs: one-line calls into the domain, inside the application."""

from __future__ import annotations

import functools
import gc
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask

from webapp import create_app, telemetry, trace
from webapp.config import Settings
from webapp.domain.operations import job_runs

P = ParamSpec("P")
T = TypeVar("T")


@functools.cache
def application() -> Flask:
    """The application of this process; workers create it once, before they fork."""
    return create_app(Settings.from_env())


def collect_rarely() -> None:
    """Have Python look for garbage a tenth as often, and never in what a process begins with.

    The thousands of rows of a batch live until it is committed, so looking through them in
    between finds nothing, and takes a fifth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def in_app(job: Callable[P, T]) -> Callable[P, T]:
    """Run a job inside the application, with its own trace, and record the run."""

    @functools.wraps(job)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        name = f"{job.__module__}.{job.__name__}"
        with application().app_context(), trace.job(job.__name__), telemetry.span(name, "CONSUMER"):
            began, failed = time.perf_counter(), True
            try:
                result = job(*args, **kwargs)
                failed = False
                return result
            finally:
                job_runs.note(name, time.perf_counter() - began, failed=failed)

    return run
