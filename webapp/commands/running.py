"""How a command runs: as the operator, with messages for refusals and outages."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from webapp import outages, trace
from webapp.domain.errors import Refusal


def command(verb: Callable[..., None]) -> Callable[..., None]:
    """Run as the operator; a refusal is printed on standard error, with exit code 1."""
    name = f"{verb.__module__.rpartition('.')[2]}.{verb.__name__}"

    @functools.wraps(verb)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with trace.job(name):
                verb(*args, **kwargs)
        except Refusal as refusal:
            raise click.ClickException(refusal.message) from None
        except Exception as error:
            outage = outages.of(error)
            if outage is None:
                raise
            message = f"The database is {outage.value}, so this was not finished. Try again later."
            raise click.ClickException(message) from None

    return run
