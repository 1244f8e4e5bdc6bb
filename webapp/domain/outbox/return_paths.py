"""The envelope sender of each mail: an address of its own, to which its reports come back (VERP).

`local+<delivery>-<signature>@domain`, in letters and digits that live through servers which lower
the case of a local part. Nobody but who has had the mail knows the signature.
"""

from __future__ import annotations

import re

from webapp import config, signing

PURPOSE = "return path"
_PART = re.compile(r"\+([1-9][0-9]{0,18})-([a-z2-7]{16})$")


def of(delivery_id: int) -> str | None:
    """The delivery's own envelope sender; None while BOUNCE_ADDRESS is unset."""
    local, _, domain = config.current().bounce_address.rpartition("@")
    if not local:
        return None
    mark = signing.mark(PURPOSE, str(delivery_id))
    return f"{local}+{delivery_id}-{mark}@{domain}"


def read(address: str) -> int | None:
    """Which delivery an address of ours belongs to; None for one that we did not sign."""
    ours, _, ours_at = config.current().bounce_address.rpartition("@")
    local, _, at = address.strip().lower().rpartition("@")
    found = _PART.search(local)
    if not ours or at != ours_at or found is None or local[: found.start()] != ours:
        return None
    number, mark = found.groups()
    return int(number) if signing.is_marked(PURPOSE, number, mark) else None
