"""Whatever is cited exists: rules by number, documents, their sections, files and tests."""

from __future__ import annotations

import re
import tomllib

import pytest

from webapp.config import ROOT

FOLDERS = ("webapp", "jobs", "tests", "docs", "migrations", "benchmarks", "tools", ".github")
ENDINGS = {".py", ".md", ".html", ".js", ".css", ".toml", ".yml", ".yaml", ".json", ".txt"}
BARE = ("Makefile", "Procfile", ".env.example")
FILES = {
    path.relative_to(ROOT).as_posix(): path
    for path in (*ROOT.iterdir(), *(path for one in FOLDERS for path in (ROOT / one).rglob("*")))
    if path.is_file() and (path.suffix in ENDINGS or path.name in BARE)
}
TEXTS = {name: path.read_text(errors="replace") for name, path in FILES.items()}
PAGES = {name: text for name, text in TEXTS.items() if name.endswith(".md")}
DOCS = {name: text for name, text in PAGES.items() if name.startswith("docs/") or "/" not in name}

RULES = set(re.findall(r"^### ([A-Z]?\d+)\. ", TEXTS["docs/rules.md"], re.MULTILINE))
NUMBER = r"[A-Z]?\d{1,2}\b"
CITED = re.compile(rf"\b[Rr]ules?\s+({NUMBER}(?:(?:,| and| or| to|, and)\s+{NUMBER})*)")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)#?([^)\s]*)\)")
# Names of papers that only those who began Gatehouse could read.
UNREADABLE = re.compile(rf"\b(?:{'PRO' + 'DUCT'}|{'ARCHI' + 'TECTURE'})\b")


def cited(text: str) -> set[str]:
    """The ids of all rules that a text cites, ranges written out."""
    found = set()
    for words in CITED.findall(re.sub(r"\n\s*(?:#|>)?\s*", " ", text)):
        found |= set(re.findall(NUMBER, words))
        for kind, first, last in re.findall(r"([A-Z]?)(\d+) to [A-Z]?(\d+)", words):
            found |= {f"{kind}{number}" for number in range(int(first), int(last) + 1)}
    return found


def anchors(text: str) -> set[str]:
    """The names by which a page's headings are linked to."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_citations_are_read_as_they_are_written():
    number = "rule"
    assert cited(f"({number} 3) and {number}s 4, 6 to 8\n    # and G2, {number} x") == {
        *("3", "4", "6", "7", "8", "G2")
    }


def test_rules_1_to_16_are_there_and_every_number_once():
    assert {str(number) for number in range(1, 17)} <= RULES
    heads = re.findall(r"^### ([A-Z]?\d+)\. ", TEXTS["docs/rules.md"], re.MULTILINE)
    assert len(heads) == len(set(heads))


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if cited(text)])
def test_every_rule_that_is_cited_exists(name):
    assert cited(TEXTS[name]) <= RULES


def test_nothing_is_cited_that_nobody_can_open():
    assert not [name for name, text in TEXTS.items() if UNREADABLE.search(text)]


@pytest.mark.parametrize("name", PAGES)
def test_links_between_pages_lead_somewhere(name):
    for target, anchor in LINK.findall(PAGES[name]):
        path = (FILES[name].parent / target).resolve() if target else FILES[name]
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text()), f"{target}#{anchor}"


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if "docs/" in text])
def test_documents_that_are_named_exist_with_their_section(name):
    for target, anchor in re.findall(r"\b(docs/[\w/-]+\.\w+)(?:#([\w-]+))?", TEXTS[name]):
        assert (ROOT / target).exists(), target
        assert not anchor or anchor in anchors(TEXTS[target]), f"{target}#{anchor}"


@pytest.mark.parametrize("name", DOCS)
def test_files_that_documents_name_exist(name):
    """By the whole path or its end; `/account/data.json` is an address, no file."""
    endings = "|".join(ending[1:] for ending in ENDINGS)
    folders = "|".join(FOLDERS)
    for path in re.findall(rf"`([\w.-][\w./-]*\.(?:{endings}))(?:::\w+)?`", DOCS[name]):
        assert any(f"/{known}".endswith(f"/{path}") for known in FILES), path
    for path in re.findall(rf"`((?:{folders})/[\w./-]*)`", DOCS[name]):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", DOCS)
def test_tests_that_documents_name_exist(name):
    for path, test in re.findall(r"`(tests/[\w/.]+)::(\w+)`", DOCS[name]):
        assert f"def {test}(" in TEXTS[path], f"{path}::{test}"


def test_the_picture_of_the_rooms_is_as_the_contract_says():
    """Each room is in it, and every arrow leads down."""
    settings = tomllib.loads(TEXTS["pyproject.toml"])["tool"]["importlinter"]["contracts"]
    order = next(one["layers"] for one in settings if one.get("containers") == ["webapp.domain"])
    picture = re.search(r"flowchart TD\n(.+?)```", TEXTS["docs/architecture.md"], re.DOTALL)[1]
    rooms = {path.parent.name for path in (ROOT / "webapp/domain").glob("*/__init__.py")}
    assert set(re.findall(r"\w+", picture)) == rooms
    for upper, lower in re.findall(r"(\w+) --> (.+)", picture):
        for room in re.findall(r"\w+", lower):
            assert order.index(upper) < order.index(room), f"{upper} --> {room}"


def test_what_should_be_short_is():
    assert len(TEXTS["docs/architecture.md"].split()) <= 1200
    records = {name: text for name, text in PAGES.items() if name.startswith("docs/decisions/0")}
    assert len(records) >= 10
    assert not [name for name, text in records.items() if len(text.split()) > 250]
