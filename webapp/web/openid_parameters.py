"""What a program put into the address that it sent somebody to."""

from __future__ import annotations

from urllib.parse import parse_qs

from flask import request


def asked() -> dict[str, list[str]]:
    """The values by name; what is no UTF-8 becomes U+FFFD, which is refused like other noise.

    Werkzeug would leave it percent-encoded, and it would come back to the program as other text.
    """
    return parse_qs(request.query_string.decode("ascii"), keep_blank_values=True)
