"""The style guide shows every component that pages are made of."""

from __future__ import annotations

from jinja2 import nodes

from webapp.config import ROOT

TEMPLATES = ROOT / "webapp/templates"
COMPONENTS = set((TEMPLATES / "components").glob("*.html"))
GUIDE = set((TEMPLATES / "styleguide").glob("*.html"))
FRAME = {TEMPLATES / "base.html"}  # it shows what a page can hold once only


def called(jinja, page):
    """The macros of components that the template calls, each with its file."""
    tree = jinja.parse(page.read_text())
    names = {
        node.node.name for node in tree.find_all(nodes.Call) if isinstance(node.node, nodes.Name)
    }
    for imported in tree.find_all(nodes.FromImport):
        folder, _, file = imported.template.value.rpartition("/")
        if folder != "components":
            continue
        for pair in imported.names:
            name, alias = pair if isinstance(pair, tuple) else (pair, pair)
            if alias in names:
                yield file, name


def test_every_component_of_the_pages_is_in_the_style_guide(app):
    pages = set(TEMPLATES.rglob("*.html")) - COMPONENTS - GUIDE
    used = {macro for page in pages for macro in called(app.jinja_env, page)}
    shown = {macro for page in GUIDE | FRAME for macro in called(app.jinja_env, page)}
    assert used - shown == set()
