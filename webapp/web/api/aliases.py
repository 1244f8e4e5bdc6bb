"""Other addresses by which integrators know the calls: one table, and no code of their own.

Each is one more address of a view of the API: values in the address or of another name are
put where the view looks for it, and the answer is said in the words its integrators know.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Flask, Response, g, request

from webapp.web.api import bodies, problems

Json = dict[str, Any]


class Alias(NamedTuple):
    """One more address: its method, the view it leads to, and how both are made to fit."""

    method: str
    path: str
    endpoint: str
    takes: str = ""  # names in the body; empty: as in the view's own schema, strictly
    query: str = ""  # the name in the query of what stands in the address
    answers: Callable[[Json], Json] | None = None


def _invited(made: Json) -> Json:
    link = made["link"]
    mailed = made["delivery"] is not None
    words = f"Invitation sent to {made['email']}." if mailed else "Invitation made; not mailed."
    return {
        **made,
        "message": words,
        "token": link.partition("token=")[2],
        "invite_link": link,
        "invitation_id": made["id"],
    }


def _accepted(welcome: Json) -> Json:
    return {**welcome, "message": f"Welcome to {welcome['membership']['organization']['name']}."}


def _told(words: str) -> Callable[[Json], Json]:
    return lambda invitation: {"message": words, "invitation": invitation}


INVITE = "email role expiry_days name message send_email"
ACCEPT = "token full_name password username code"
SENT = _told("A new link was sent. Earlier links no longer work.")
REVOKED = _told("The invitation is revoked. Its link no longer works.")

# Names that integrators use, and ours.
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
    *(Alias("GET", f"{at}/users", "api_members.index") for at in ANYWHERE),
    *(
        Alias("POST", f"{at}/users/{ID}/resend-invitation", "api_invitations.resend", answers=SENT)
        for at in ANYWHERE
    ),
    *(
        Alias("PATCH", f"{at}/users/<id:membership_id>/roles/<role>", "api_members.edit", "role")
        for at in ANYWHERE
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
    """The row whose address was asked for, if it was one of these."""
    rule = request.url_rule
    method = "GET" if request.method == "HEAD" else request.method
    return BY_ADDRESS.get((method, rule.rule.rstrip("/"))) if rule else None


def read_request() -> bool:
    """Put what the address or another name says where the view looks for it.

    Raises Contradiction for what is said twice and differently. Returns whether a body is refused
    where none is taken: other systems' addresses leave it out.
    """
    row = present()
    taken = row.takes.split() if row else []
    args: Json = request.view_args or {}
    sent = _renamed(taken) if taken else bodies.read()
    # What names the resource in the address is its `id` in an answer that is sent back.
    ids = [number for name, number in args.items() if name.endswith("_id")]
    bodies.refuse_contradictions(args | ({"id": ids[0]} if ids else {}), sent)
    if row is None:
        return True
    if row.query:
        g.query = {**bodies.query(), row.query: args.pop(row.query)}
    if taken:
        moved = {name: args.pop(name) for name in list(args) if name in taken}
        g.body = {name: value for name, value in {**sent, **moved}.items() if name in taken}
    return not taken and row.answers is None


def _renamed(taken: list[str]) -> Json:
    """The body by our own names."""
    sent: Json = {}
    for name, value in bodies.read().items():
        own = name if name in taken else NAMES.get(name, name)
        if own in sent and sent[own] != value:
            raise problems.Contradiction(own)
        sent[own] = value
    return sent


def shape(response: Response) -> None:
    """Say the view's answer as the address's integrators know it."""
    row = present()
    if row is not None and row.answers is not None and 200 <= response.status_code < 300:
        said = row.answers(json.loads(response.get_data(as_text=True)))
        response.set_data(json.dumps(said))


BY_ADDRESS = {(row.method, row.path): row for row in ALIASES}
