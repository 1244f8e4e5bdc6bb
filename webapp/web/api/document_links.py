"""The links of the OpenAPI document: which operation follows, and where its id comes from."""

from __future__ import annotations

from typing import Any

LINKS = {
    "api_invitations.create": [
        ("api_invitations.show", "invitation_id", "id"),
        ("api_invitations.edit", "invitation_id", "id"),
        ("api_invitations.resend", "invitation_id", "id"),
        ("api_invitations.revoke", "invitation_id", "id"),
    ],
    "api_invitations.create_many": [
        ("api_invitations.show", "invitation_id", "results/0/invitation/id")
    ],
    "api_invitations.index": [("api_invitations.index", "cursor", "next")],
    "api_members.index": [
        ("api_members.show", "membership_id", "items/0/id"),
        ("api_members.edit", "membership_id", "items/0/id"),
        ("api_members.index", "cursor", "next"),
    ],
    "api_members.edit": [
        ("api_members.deactivate", "membership_id", "id"),
        ("api_members.reactivate", "membership_id", "id"),
    ],
}


def of(endpoint: str) -> dict[str, Any]:
    """The links of a view's answer, by name."""
    return dict(_link(*row) for row in LINKS.get(endpoint, ()))


def _link(target: str, name: str, place: str) -> tuple[str, dict[str, Any]]:
    operation = target.removeprefix("api_")
    return operation.replace(".", "_"), {
        "operationId": operation,
        "parameters": {name: f"$response.body#/{place}"},
    }
