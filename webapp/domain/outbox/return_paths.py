"""The envelope sender of each mail: its own address, to which its bounces are sent (VERP).

`local+<delivery>-<signature>@domain`, in lower-case letters and digits, as some servers change the
case of the local part. Only servers and people that handled the mail know the signature.
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
    signature = signing.mark(PURPOSE, str(delivery_id))
    return f"{local}+{delivery_id}-{signature}@{domain}"


def read(address: str) -> int | None:
    """The id of the delivery that the address belongs to; None for one that we did not sign."""
    our_local, _, our_domain = config.current().bounce_address.rpartition("@")
    local, _, domain = address.strip().lower().rpartition("@")
    match = _PART.search(local)
    if not our_local or domain != our_domain or match is None:
        return None
    if local[: match.start()] != our_local:
        return None
    delivery_id, signature = match.groups()
    return int(delivery_id) if signing.is_marked(PURPOSE, delivery_id, signature) else None
