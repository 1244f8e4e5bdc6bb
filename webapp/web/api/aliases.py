"""Addresses that integrators know from other systems: one table, and no views of their own.

Each leads to a view of the API: values in the address, or under another name, are put where the
view looks for them, and the answer is worded as its integrators expect.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Flask, Response, g, request

from webapp.web.api import bodies, problems

Json = dict[str, Any]


class Alias(NamedTuple):
    """An address: its method, its view, and how the request and the answer are adapted."""

    method: str
    path: str
    endpoint: str
    takes: str = ""  # names in the body; empty: those of the view's schema, strictly
    query: str = ""  # the name in the query for the value in the address
    answers: Callable[[Json], Json] | None = None


def _invited(invitation: Json) -> Json:
    link, email = invitation["link"], invitation["email"]
    is_mailed = invitation["delivery"] is not None
    words = f"Invitation sent to {email}." if is_mailed else "Invitation created, but not mailed."
    return {
        **invitation,
        "message": words,
        "token": link.partition("token=")[2],
        "invite_link": link,
        "invitation_id": invitation["id"],
    }


def _accepted(welcome: Json) -> Json:
    return {**welcome, "message": f"Welcome to {welcome['membership']['organization']['name']}."}


def _with_message(words: str) -> Callable[[Json], Json]:
    return lambda invitation: {"message": words, "invitation": invitation}


INVITE = "email role expiry_days name message language send_email"
ACCEPT = "token full_name password username code"
SENT = _with_message("A new link was sent. Earlier links no longer work.")
REVOKED = _with_message("The invitation was revoked. Its link no longer works.")

# Names that integrators use, and our names for them.
NAMES = {"full_name": "name", "expires_in_days": "expiry_days", "expiryDays": "expiry_days"}

ID = "<id:invitation_id>"
ANYWHERE = ("", "/api", "/api/v1")
V1, SHORT, ORGS = "/api/v1", "/api/invitations", "/api/organizations/invitations"
ALIASES = (
    Alias("POST", f"{V1}/admin/users/invite", "api_invitations.create", INVITE, answers=_invited),
    Alias("POST", f"{V1}/users/accept-invite", "api_acceptances.accept", ACCEPT, answers=_accepted),
    Alias("POST", SHORT, "api_invitations.create"),
    Alias("GET", SHORT, "api_invitations.index"),
    Alias("POST", f"{SHORT}/bulk", "api_invitations.create_many"),
    Alias("GET", f"{SHORT}/validate", "api_acceptances.validate"),
    Alias("POST", f"{SHORT}/accept", "api_acceptances.accept"),
    Alias("GET", f"{SHORT}/{ID}", "api_invitations.show"),
    Alias("PATCH", f"{SHORT}/{ID}", "api_invitations.edit"),
    Alias("POST", f"{SHORT}/{ID}/resend", "api_invitations.resend"),
    Alias("POST", f"{SHORT}/{ID}/revoke", "api_invitations.revoke"),
    Alias("POST", f"{ORGS}/send", "api_invitations.create", INVITE, answers=_invited),
    Alias("GET", ORGS, "api_invitations.index"),
    Alias("GET", f"{ORGS}/<token>", "api_acceptances.validate", query="token"),
    Alias("POST", f"{ORGS}/<token>/accept", "api_acceptances.accept", ACCEPT, answers=_accepted),
    Alias("DELETE", f"{ORGS}/{ID}/revoke", "api_invitations.revoke", answers=REVOKED),
    *(Alias("GET", f"{prefix}/users", "api_members.index") for prefix in ANYWHERE),
    *(
        Alias(
            "POST", f"{prefix}/users/{ID}/resend-invitation", "api_invitations.resend", answers=SENT
        )
        for prefix in ANYWHERE
    ),
    *(
        Alias(
            "PATCH", f"{prefix}/users/<id:membership_id>/roles/<role>", "api_members.edit", "role"
        )
        for prefix in ANYWHERE
    ),
)


def mount(app: Flask) -> None:
    """Give the views of the API their other addresses, with and without a slash at the end."""
    for row in ALIASES:
        for path in (row.path, f"{row.path}/"):
            app.add_url_rule(
                path,
                row.endpoint,
                app.view_functions[row.endpoint],
                methods=[row.method],
                provide_automatic_options=False,
                strict_slashes=True,
            )


def present() -> Alias | None:
    """The alias that the request came by, if it did."""
    rule = request.url_rule
    method = "GET" if request.method == "HEAD" else request.method
    return BY_ADDRESS.get((method, rule.rule.rstrip("/"))) if rule else None


def read_request() -> bool:
    """Put values from the address, or under another name, where the view looks for them.

    Raises Contradiction for two values that differ. Returns whether to refuse a body that the view
    does not take: on other systems' addresses it is ignored.
    """
    alias = present()
    taken = alias.takes.split() if alias else []
    args: Json = request.view_args or {}
    sent = _renamed(taken) if taken else bodies.read()
    # The id in the address is the `id` of the resource, if an answer is sent back as a body.
    ids = [number for name, number in args.items() if name.endswith("_id")]
    bodies.refuse_contradictions(args | ({"id": ids[0]} if ids else {}), sent)
    if alias is None:
        return True
    if alias.query:
        g.query = {**bodies.query(), alias.query: args.pop(alias.query)}
    if taken:
        moved = {name: args.pop(name) for name in list(args) if name in taken}
        g.body = {name: value for name, value in {**sent, **moved}.items() if name in taken}
    return not taken and alias.answers is None


def _renamed(taken: list[str]) -> Json:
    """The body under our names."""
    sent: Json = {}
    for name, value in bodies.read().items():
        our_name = name if name in taken else NAMES.get(name, name)
        if our_name in sent and sent[our_name] != value:
            raise problems.Contradiction(our_name)
        sent[our_name] = value
    return sent


def shape(response: Response) -> None:
    """Word the view's answer as the alias's integrators expect it."""
    alias = present()
    if alias is not None and alias.answers is not None and 200 <= response.status_code < 300:
        reworded = alias.answers(json.loads(response.get_data(as_text=True)))
        response.set_data(json.dumps(reworded))


BY_ADDRESS = {(row.method, row.path): row for row in ALIASES}
