"""Commands by noun; webapp/cli.py hangs them in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from webapp import outages, trace
from webapp.domain.errors import Refusal


def command(verb: Callable[..., None]) -> Callable[..., None]:
    """Run as the operator; what a rule refuses is said on standard error, with exit code 1."""

    @functools.wraps(verb)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with trace.job(verb.__name__):
                verb(*args, **kwargs)
        except Refusal as refusal:
            raise click.ClickException(refusal.message) from None
        except Exception as error:
            outage = outages.of(error)
            if outage is None:
                raise
            said = f"The database is {outage.value}; nothing more was done. Try again later."
            raise click.ClickException(said) from None

    return run
