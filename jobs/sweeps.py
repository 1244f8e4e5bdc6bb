"""What time brings about."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.accounts import kept_forms
from webapp.domain.operations import sweeps
from webapp.domain.privacy import retention


@in_app
def expire() -> None:
    """End invitations whose links ran out, and forget forms that were kept for an hour."""
    sweeps.expire()
    kept_forms.forget()


@in_app
def tidy() -> None:
    """Forget what is not needed any more."""
    sweeps.tidy()


@in_app
def erase() -> None:
    """Erase the addresses of invitations that ended as long ago as their organization says."""
    retention.erase_due()


@in_app
def sum_up() -> None:
    """Keep the counts of invitations short."""
    sweeps.sum_up()
