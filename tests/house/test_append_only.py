"""The trail is only added to: nothing in the code changes or takes away an event or a seal."""

from __future__ import annotations

import ast
import re

from webapp.config import ROOT

# What erases a person's data, and nothing else of an event (docs/auditing.md).
ERASES = {"webapp/domain/privacy/trail_erasures.py"}
TABLES = {"Event", "EventSeal"}


def changes(tree: ast.Module) -> list[str]:
    """Calls that change or delete rows of the trail, and assignments to an event's columns."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            words = ast.unparse(node)
            name = ast.unparse(node.func).split(".")[-1]
            first = ast.unparse(node.args[0]) if node.args else ""
            if name in ("update", "delete") and first.split(".")[0] in TABLES:
                found.append(words)
            if name in ("upsert", "statement") and TABLES & {ast.unparse(a) for a in node.args}:
                found += [words] * any(one.arg in ("update", "add", None) for one in node.keywords)
            if name == "delete" and first in ("event", "line"):
                found.append(words)
            if re.match(r"(Event|EventSeal|_seals)\b.*\.(update|delete)\(", words):
                found.append(words)
        if isinstance(node, ast.Assign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "event":
                    found.append(ast.unparse(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = node.value.lower()
            found += re.findall(r"(?:update|delete from|truncate) +(?:events|event_seals)\b", said)
    return found


def test_no_code_changes_or_deletes_an_event():
    for folder in ("webapp", "jobs"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.relative_to(ROOT).as_posix() not in ERASES:
                assert not changes(ast.parse(path.read_text())), path


def test_the_reader_of_code_sees_what_it_should():
    for code in (
        "db.session.execute(delete(Event).where(Event.id == 1))",
        "db.session.execute(update(EventSeal).values(salt=None))",
        "Event.query.filter_by(id=1).delete()",
        "upsert(Event, row, on=['id'], update=['data'])",
        "event.data = {}",
        "db.session.delete(event)",
        "text('DELETE FROM events')",
    ):
        assert changes(ast.parse(code)), code
