"""The version is in one place, and the changelog knows it."""

from __future__ import annotations

import re

import webapp
from webapp.config import ROOT

HEADINGS = re.findall(r"^## \[(.+?)\](.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_newest_entry_of_the_changelog_is_the_present_version():
    (first, _), (newest, date), *_ = HEADINGS
    assert first == "Unreleased"
    assert newest == webapp.__version__
    assert re.fullmatch(r" - \d{4}-\d{2}-\d{2}", date)


def test_every_page_shows_the_version(browser):
    page = browser().open("/login").page
    assert f"Gatehouse {webapp.__version__}" in " ".join(page.root.find(".//footer").itertext())


def test_no_other_file_of_the_program_names_it():
    folders = ("webapp", "jobs", "tools", "docs")
    named = [
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".md"} and webapp.__version__ in path.read_text()
    ]
    assert named == ["webapp/__init__.py"]
