"""Jobs for whatever happens with time: expiry, retention, cleaning up."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.accounts import kept_forms
from webapp.domain.members import end_sweep
from webapp.domain.operations import sweeps
from webapp.domain.privacy import retention


@in_app
def expire() -> None:
    """Expire invitations whose links ran out, and delete forms that were kept for an hour."""
    sweeps.expire()
    kept_forms.forget()


@in_app
def end() -> None:
    """Record the members whose access has ended, and end their sessions and keys."""
    end_sweep.sweep()


@in_app
def tidy() -> None:
    """Delete what is no longer needed."""
    sweeps.tidy()


@in_app
def erase() -> None:
    """Erase the addresses of ended invitations after the time that their organization set."""
    retention.erase_due()


@in_app
def sum_up() -> None:
    """Sum up the counts of invitations, so that their table stays short."""
    sweeps.sum_up()
