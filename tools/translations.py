"""Bring the catalogues in webapp/translations/ up to date with the words in the code.

    make translations

Each .po is for translators; the .mo beside it is what runs, and is made of it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from webapp import languages

FOLDER = ROOT / "webapp/translations"
LANGUAGES = [tag for tag in languages.LANGUAGES if tag != languages.ENGLISH.tag]
# Words in the code that are in the catalogue: `marked` ones are asked for later.
KEYWORDS = ("_", "gettext", "ngettext:1,2", "marked")
UNCHANGED = ("--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date")


def pybabel(*arguments: str) -> None:
    """Run Babel's own tool, quietly."""
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def extract(to: Path) -> None:
    """Write all words of the code and the templates to a template of a catalogue."""
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    plain = ("--no-location", "--sort-output", "--omit-header")
    pybabel("extract", "-F", "pyproject.toml", *keywords, *plain, "-o", str(to), "webapp")


def main() -> None:
    """Extract, bring each language up to date, and compile it."""
    template = FOLDER / "messages.pot"
    extract(template)
    for language in LANGUAGES:
        po = FOLDER / language / "LC_MESSAGES/messages.po"
        verb = ("update", *UNCHANGED) if po.exists() else ("init",)
        pybabel(*verb, "-i", str(template), "-l", language, "-d", str(FOLDER))
        pybabel("compile", "-l", language, "-d", str(FOLDER))


if __name__ == "__main__":
    main()
