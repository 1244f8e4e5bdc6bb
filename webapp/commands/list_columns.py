"""`--columns` and `--charset` of `invite import`."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

import click

from webapp.domain.imports import charsets, csv_files, headers
from webapp.domain.imports.choices import Choice
from webapp.domain.imports.layouts import Layout

_PART = re.compile(r"""\s*(\w+)\s*=\s*(?:"([^"]*)"|([^,"]*))\s*(?:,|$)""")


def choice(stream: BinaryIO, columns: str | None, charset: str | None) -> Choice:
    """What the options say of a file; raises ClickException that names the columns found."""
    codec = _codec(charset) if charset else None
    if columns is None:
        return Choice(charset=codec)
    layout = csv_files.look(stream, Choice(charset=codec))
    named = {field: _place(name, layout) for field, name in _read(columns).items()}
    return Choice(named, codec)


def tell_charset(stream: BinaryIO, choice: Choice) -> None:
    """Say how a file was read that does not say it itself."""
    layout = csv_files.look(stream, choice)
    if layout.charset:
        called = charsets.CHOICES.get(layout.charset, layout.charset)
        sample = layout.samples.get(layout.charset, "")
        click.echo(f"Read as {called}: {sample} (--charset chooses another)", err=True)


def _read(text: str) -> dict[str, str]:
    """The name of each field's column."""
    named: dict[str, str] = {}
    place = 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None or part[1] not in headers.FIELDS or part[1] in named:
            raise click.ClickException(
                f"--columns cannot be read at “{text[place:]}”. Name each column once, like "
                f'email="Work Email",name=Name. The fields are {", ".join(headers.FIELDS)}.'
            )
        named[part[1]] = (part[3] if part[2] is None else part[2]).strip()
        place = part.end()
    if headers.EMAIL not in named:
        raise click.ClickException("--columns must say which column holds the email addresses.")
    return named


def _place(name: str, layout: Layout) -> int:
    """The column of this name; of several, or of none, its number, from 1."""
    bare = [headers.bare(one) for one in layout.names]
    if bare.count(headers.bare(name)) == 1 and headers.bare(name):
        return bare.index(headers.bare(name))
    if name.isascii() and name.isdigit() and 0 < int(name) <= layout.width:
        return int(name) - 1
    problem = "Several columns are" if headers.bare(name) in bare else "No column is"
    found = ", ".join(f"{n} “{one}”" for n, one in enumerate(layout.names, 1) if one)
    found = found or f"{layout.width} without names"
    raise click.ClickException(f"{problem} called “{name}”. The columns are: {found}.")


def _codec(name: str) -> str:
    wanted = name.casefold().replace(" ", "")
    for codec, called in charsets.CHOICES.items():
        if wanted in (codec, called.casefold().replace(" ", "")):
            return codec
    try:
        found = codecs.lookup(name).name
    except LookupError:
        found = ""
    for codec in charsets.CHOICES:
        if codecs.lookup(codec).name == found:
            return codec
    raise click.ClickException(
        f"The character set “{name}” is not supported. Choose one of {', '.join(charsets.CHOICES)}."
    )
