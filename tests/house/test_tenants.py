"""What belongs to an organization is found by its id only together with the organization.

`domain/tenant.py` does that for all. Read from the code, so that a new query is asked, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from webapp.config import ROOT
from webapp.db import Base

DOMAIN = ROOT / "webapp/domain"
OWNED = {
    mapper.class_.__name__
    for mapper in Base.registry.mappers
    if "organization_id" in mapper.columns and "id" in mapper.columns
}
# Queries by an id alone, each with its reason.
ALLOWED = {
    "imports/runs.py BulkImport": "a worker, by the id that it was given with its lease",
    **dict.fromkeys(
        ("outbox/settlements.py Invitation", "invitations/mails.py Invitation"),
        "the invitation of a mail that a worker holds, or that came back",
    ),
    "requests/asks.py Request": "a worker's own, across organizations",
    **dict.fromkeys(
        ("events/callers.py Session", "events/callers.py ApiKey"),
        "the session or key that asks, as admission found it",
    ),
    "outbox/bounces.py Delivery": "by the mail's own ids, which a mail server repeats",
    "deliverability/deliveries.py Delivery": "by the invitation, which was found before",
    "organizations/memberships.py Membership": "the member who asks, as scope found them",
    "accounts/api_keys.py ApiKey": "the key that asks, as its secret found it",
    "accounts/sessions.py Session": "a person's, who may belong to several organizations",
}


def by_id_alone(function: ast.AST) -> set[str]:
    """Models of which a function asks for a row by its id and never names the organization."""
    found = set(_by_id(function))
    text = ast.unparse(function)
    return {model for model in found if f"{model}.organization_id ==" not in text}


def _by_id(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="get" | "get_one"), args=[ast.Name(id=model), *_]
            ):
                yield from {model} & OWNED
            case ast.Compare(
                left=ast.Attribute(value=ast.Name(id=model), attr="id"),
                ops=[ast.Eq()],
                comparators=[value],
            ) if not _is_column(value):
                yield from {model} & OWNED


def _is_column(value: ast.AST) -> bool:
    return isinstance(value, ast.Attribute) and ast.unparse(value)[0].isupper()


def found() -> dict[str, list[str]]:
    """Those in all of the domain, by file and model, and where they are."""
    places: dict[str, list[str]] = {}
    for path in DOMAIN.rglob("*.py"):
        file = path.relative_to(DOMAIN).as_posix()
        for node in ast.parse(path.read_text()).body:
            for model in by_id_alone(node):
                places.setdefault(f"{file} {model}", []).append(getattr(node, "name", "?"))
    places.pop("tenant.py", None)
    return places


def test_nothing_is_fetched_by_its_id_alone():
    assert found().keys() == ALLOWED.keys(), found()


@pytest.mark.parametrize(
    ("code", "models"),
    [
        ("db.session.get(Invitation, number)", {"Invitation"}),
        ("db.session.get_one(Delivery, one.id, with_for_update=True)", {"Delivery"}),
        ("select(ApiKey).where(ApiKey.id == key_id)", {"ApiKey"}),
        ("update(Membership).where(Membership.id == number)", {"Membership"}),
        ("select(ApiKey).where(ApiKey.id == 1, ApiKey.organization_id == its.id)", set()),
        ("select(Delivery).join(Invitation, Invitation.id == Delivery.invitation_id)", set()),
        ("db.session.get(User, number)", set()),
    ],
)
def test_the_reader_of_code_sees_what_it_should(code, models):
    assert by_id_alone(ast.parse(code)) == models
