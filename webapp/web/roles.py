"""The roles as pages name them."""

from __future__ import annotations

from webapp.languages import gettext
from webapp.models import Role


def named() -> dict[str, str]:
    """Each role's name in the reader's language, the least role first."""
    return {role.value: gettext(role.value.capitalize()) for role in reversed(Role)}
