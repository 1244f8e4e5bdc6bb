"""Members among the people in the invite form, who are added to its groups instead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.events.callers import SignedOut
from webapp.domain.groups import members
from webapp.domain.imports.sorting import SortedLine
from webapp.models import Organization


def mark(lines: Sequence[SortedLine], member_ids: Collection[int]) -> list[SortedLine]:
    """The lines, of which those of these active members are good: they are given the groups."""
    return [
        replace(line, is_given=True)
        if line.member == "active" and line.member_id in member_ids
        else line
        for line in lines
    ]


def give(
    organization: Organization,
    lines: Sequence[SortedLine],
    slugs: Sequence[str],
    *,
    by: Actor,
) -> tuple[list[str], list[tuple[str, str]]]:
    """Add these members to the groups; returns the addresses, and who was refused and why."""
    given, refused = [], []
    for line in lines:
        try:
            members.add_to(organization, line.member_id or 0, slugs, by=by)
            given.append(line.line.email)
        except SignedOut:
            raise  # concerns all of them
        except Refusal as refusal:
            refused.append((line.line.email, refusal.message))
    return given, refused
