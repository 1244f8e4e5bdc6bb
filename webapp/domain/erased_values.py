"""What stands in place of a value that was erased."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

NOTHING = "erased"
_FORM = re.compile(r"erased(-[0-9a-f]{12})?")


def pseudonym() -> str:
    """A name for somebody who shall not be named: nothing leads from it to the address."""
    return f"{NOTHING}-{secrets.token_hex(6)}"


def are_all(values: Mapping[str, Any]) -> bool:
    """Whether nothing of these is anybody's any more."""
    return all(v is None or (isinstance(v, str) and _FORM.fullmatch(v)) for v in values.values())
