"""What came of a request: whether its try counts against a limit."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, g

from webapp import trace


def unless(counts: Callable[[Response], bool]) -> Callable[[Response], bool]:
    """When to give a try back: unless its answer counts (see CountFirst)."""
    return lambda response: response.status_code == 429 or not counts(response)


def was_refused(response: Response) -> bool:
    """Whether the request was refused."""
    return response.status_code in (401, 404, 410, 422) or response.status_code >= 500


def was_guess(response: Response) -> bool:
    """Whether a password or code was wrong; also when that could not be recorded."""
    return "SignInFailed" in trace.recorded() or response.status_code >= 500


def was_not_signed(response: Response) -> bool:
    """Whether a webhook's signature was wrong."""
    return response.status_code >= 400


def was_unknown(response: Response) -> bool:
    """Whether a program's key or token was unknown."""
    return response.status_code == 401


def was_unknown_code(response: Response) -> bool:
    """Whether somebody tried a code that no join link has."""
    return response.status_code in (404, 422)


def was_other_request(_: Response) -> bool:
    """Whether an Idempotency-Key came with a different request than before."""
    return bool(g.get("was_other_request"))
