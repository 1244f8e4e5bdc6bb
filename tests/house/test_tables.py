"""Tables, code and documents say the same."""

from __future__ import annotations

import ast
import dataclasses
import re

import pytest

from webapp.config import ROOT, Settings
from webapp.domain import events
from webapp.domain.events import listeners
from webapp.domain.organizations import permissions
from webapp.domain.webhooks import payloads
from webapp.models import Role
from webapp.web.access import ACCESS

OPERATING = ROOT / "docs/operating"
AUDITING = (ROOT / "docs/auditing.md").read_text()
KINDS = {ROOT / f"webapp/domain/events/{name}.py" for name in ("kinds", "member_kinds")}
SOURCES = {
    path: path.read_text() for path in [*ROOT.glob("webapp/**/*.py"), *ROOT.glob("jobs/**/*.py")]
}


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_described_and_in_the_example(field):
    assert f"`{field.name.upper()}`" in (OPERATING / "settings.md").read_text()
    assert field.name.upper() in (ROOT / ".env.example").read_text()


def test_every_command_is_described(app):
    commands = []
    for first, command in app.cli.commands.items():
        if first in ("db", "openapi", "routes", "run", "shell"):  # those of Flask and its parts
            continue
        commands += [f"{first} {second}" for second in getattr(command, "commands", [])] or [first]
    assert {"org create", "org list", "invite create", "outbox drain"} <= set(commands)
    text = (OPERATING / "commands.md").read_text()
    missing = [name for name in commands if f"`{name}" not in text]
    assert not missing


@pytest.mark.parametrize("name", events.EVENTS)
def test_every_event_is_recorded_somewhere_and_named_in_the_documents(name):
    assert f"`{name}`" in AUDITING
    recorded = [text for path, text in SOURCES.items() if path not in KINDS and name in text]
    assert recorded


def test_every_event_that_webhooks_can_hear_of_stands_in_their_document_with_its_fields():
    text = (ROOT / "docs/webhooks.md").read_text()
    assert set(events.EVENTS) >= listeners.UNTOLD
    for name in payloads.names():
        fields = ", ".join(f"`{key}`" for key in sorted(events.EVENTS[name].keys)) or "–"
        assert f"| `{name}` | {fields} |" in text


def test_every_event_that_is_recorded_is_declared():
    named = set()
    for text in SOURCES.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("events.record", "events.record_many", "invitations.record", "record")
            ):
                named |= {
                    arg.value
                    for arg in node.args
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                } - {"invitee", "system"}
    assert named
    assert named <= set(events.EVENTS)


def test_every_sentence_can_be_said_with_its_keys():
    for kind in events.EVENTS.values():
        holes = set(re.findall(r"{(\w+)}", kind.sentence))
        assert holes <= kind.keys | {"actor", "whom"}


def test_every_role_has_its_permissions_and_more_of_them_the_higher_it_is():
    assert set(permissions.PERMISSIONS) == set(Role)
    admin, manager, contributor = (permissions.PERMISSIONS[role] for role in Role)
    assert contributor < manager < admin


def test_every_route_is_enforced_from_the_one_table(app):
    assert set(app.view_functions) <= set(ACCESS)


def test_every_job_that_is_enqueued_for_is_one():
    enqueued = set(re.findall(r'"(jobs\.\w+\.\w+)"', "\n".join(SOURCES.values())))
    assert enqueued
    for name in enqueued:
        _, file, function = name.split(".")
        tree = ast.parse((ROOT / f"jobs/{file}.py").read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_htmx_carries_its_version_in_its_name_and_comes_from_here(app):
    assert (ROOT / "webapp/static/htmx-4.0.1.min.js").exists()
    for template in ROOT.glob("webapp/templates/**/*.html"):
        # A link that somebody may follow is no part of the page.
        own = re.sub(r"<a [^>]*>", "", template.read_text())
        foreign = re.findall(r'(?:src|href)="(?:https?:)?//[^"]+', own)
        assert not foreign, template.name
