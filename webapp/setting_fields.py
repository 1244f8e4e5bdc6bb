"""How the fields of the settings say in which way their text is read."""

from __future__ import annotations

import dataclasses
from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from webapp import env_parsers as env


def setting(default: Any, parser: fields.Field[Any]) -> Any:
    """A setting whose text a marshmallow field reads; the others are plain text."""
    return dataclasses.field(default=default, metadata={"parser": parser})


def secret(default: Any, parser: fields.Field[Any] = env.plain) -> Any:
    """A setting that may also be in a file, named by NAME_FILE."""
    return dataclasses.field(default=default, metadata={"parser": parser, "is_secret": True})


def secrets_of(settings: Any) -> list[str]:
    """The environment names of those that may be in files."""
    found = dataclasses.fields(settings)
    return [field.name.upper() for field in found if field.metadata.get("is_secret")]


def schema_of(settings: Any) -> Schema:
    """What reads all of them by their environment names."""
    parsers = {
        field.name.upper(): field.metadata.get("parser", fields.String())
        for field in dataclasses.fields(settings)
    }
    return Schema.from_dict(parsers)(unknown=EXCLUDE)
