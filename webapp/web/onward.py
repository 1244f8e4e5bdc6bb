"""Sending a browser on to another host, also out of a form of ours.

Our pages allow forms to lead to our own host only, and some browsers hold every redirect that
follows a form to that (CSP form-action). After signing in there is therefore a page in between,
which leads on by itself, without a script.
"""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from webapp.web import pages


def to(address: str, name: str) -> AnyResponse:
    """A redirect to the address, or the page that leads there; `name` is what is there."""
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return redirect(address, 303)
    return pages.render("gate/onward.html", address=address, name=name)
