"""What nothing uses any more is found: in the stylesheet, in templates and in modules."""

from __future__ import annotations

import ast
import functools
import inspect
import re

from jinja2 import Environment, meta, nodes

from webapp.config import ROOT
from webapp.web import pages

WEBAPP = ROOT / "webapp"
TEMPLATES = WEBAPP / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
SCRIPTS = [path for path in (WEBAPP / "static").glob("*.js") if "htmx" not in path.name]
MODULES = sorted(
    [*WEBAPP.rglob("*.py"), *(ROOT / "jobs").rglob("*.py"), ROOT / "wsgi.py"],
)
FROM_HTMX = {"htmx-request"}  # it puts this class on what waits for an answer
# Names that no module uses, each with its reason.
ALLOWED = {
    "webapp/domain/invitations/refused_tries.py REASONS": "for tests: all that can be written down",
}
_SELECTOR = re.compile(r"([^{}]+)\{")
_CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
_ATTRIBUTE = re.compile(r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"')
_IN_JINJA = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_PUT_BY_SCRIPT = re.compile(r"(?:classList\.\w+\(|className = )'([^']*)'")
_NAMES = re.compile(r"\s*[a-z][a-z0-9-]*(?:\s+[a-z][a-z0-9-]*)*\s*")  # not prose
_BEGINNING = re.compile(r"([a-z]+-)(?:\{\{|['\"] ~)")
_VALUE = re.compile(r"\b\w+=(\d+)")


def styled(css):
    """The classes that a stylesheet has rules for."""
    selectors = _SELECTOR.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    rules = " ".join(text for text in selectors if not text.strip().startswith("@"))
    return set(_CLASS.findall(re.sub(r"\[[^\]]*\]", "", rules)))


def worn(template):
    """The classes that a template may give to elements: in attributes, or as text in its code."""
    found = set(re.findall(r"[\w-]+", " ".join(_ATTRIBUTE.findall(template))))
    for code in _IN_JINJA.findall(template):
        texts = ["".join(pair) for pair in _QUOTED.findall(code)]
        found |= {name for text in texts if _NAMES.fullmatch(text) for name in text.split()}
        found |= set(_VALUE.findall(code))
    return found


def given(module):
    """The same for Python: every text that is nothing but names."""
    texts = (n.value for n in ast.walk(ast.parse(module)) if isinstance(n, ast.Constant))
    names = [text for text in texts if isinstance(text, str) and _NAMES.fullmatch(text)]
    return {name for text in names for name in text.split()}


def test_every_class_of_the_stylesheet_is_on_a_page():
    pages = [path.read_text() for path in PAGES]
    put = " ".join(text for path in SCRIPTS for text in _PUT_BY_SCRIPT.findall(path.read_text()))
    python = set().union(*(given(path.read_text()) for path in MODULES))
    used = set().union(*map(worn, pages)) | set(put.split()) | python | FROM_HTMX
    beginnings = {text for page in pages for text in _BEGINNING.findall(page)}
    used |= {beginning + ending for beginning in beginnings for ending in used}
    assert styled((WEBAPP / "static/app.css").read_text()) - used == set()


JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


@functools.cache
def trees():
    """All templates, parsed; every process of a run reads this file, and only one needs them."""
    return {path: JINJA.parse(path.read_text()) for path in PAGES}


def imported(tree):
    """The names that a template imports."""
    for node in tree.find_all(nodes.FromImport):
        yield from (name[1] if isinstance(name, tuple) else name for name in node.names)


def loaded(tree):
    """The names that a template itself uses."""
    return {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}


def test_every_template_uses_what_it_imports():
    idle = {
        f"{path.relative_to(TEMPLATES)} {name}"
        for path, tree in trees().items()
        for name in set(imported(tree)) - loaded(tree)
    }
    assert idle == set(), "an included template imports what it uses itself"


def idle_parameters(trees):
    """The parameters of macros that no call passes, by position or by name."""
    calls = [
        call
        for tree in trees
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name)
    ]
    for tree in trees:
        for macro in tree.find_all(nodes.Macro):
            mine = [call for call in calls if call.node.name == macro.name]
            named = {keyword.key for call in mine for keyword in call.kwargs}
            most = max((len(call.args) for call in mine), default=0)
            for argument in macro.args[most:]:
                if argument.name not in named:
                    yield f"{macro.name} {argument.name}"


def test_every_parameter_of_a_macro_is_passed_by_a_page():
    pages = [tree for path, tree in trees().items() if path.parent.name != "styleguide"]
    assert list(idle_parameters(pages)) == []


def reached(name):
    """The template and all that it extends, includes and imports from."""
    found, rest = set(), [name]
    while rest:
        path = TEMPLATES / rest.pop()
        if path not in found and path in trees():
            found.add(path)
            rest += [text for text in meta.find_referenced_templates(trees()[path]) if text]
    return found


def values_given(module):
    """What a module calls `pages.render` with: the template and the names of the values."""
    own = inspect.signature(pages.render).parameters
    for node in ast.walk(ast.parse(module)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="pages"), attr="render"),
                args=[ast.Constant(value=name), *_],
            ):
                yield name, {keyword.arg for keyword in node.keywords} - {*own, None}


def test_every_value_that_a_view_gives_to_a_page_is_used():
    given_away = [each for path in MODULES for each in values_given(path.read_text())]
    assert len(given_away) > 50
    idle = {
        f"{name} {value}"
        for name, values in given_away
        for value in values - set().union(*(loaded(trees()[path]) for path in reached(name)))
    }
    assert idle == set()


def unused(modules):
    """The names that a module defines and neither it nor another uses.

    What is decorated is called by whoever made the decorator, unless that is one of these.
    """
    here, elsewhere = {}, {}
    for path, tree in modules.items():
        walked = list(ast.walk(tree))
        here[path] = {
            n.id for n in walked if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        attributes = {n.attr for n in walked if isinstance(n, ast.Attribute)}
        imports = {a.name for n in walked if isinstance(n, ast.ImportFrom) for a in n.names}
        texts = {n.value for n in walked if isinstance(n, ast.Constant)}
        elsewhere[path] = attributes | imports | {str(text).rpartition(".")[2] for text in texts}
    for path, tree in modules.items():
        others = set().union(*(names for other, names in elsewhere.items() if other != path))
        for name in _defined(tree):
            if name not in here[path] | others and not name.startswith("__"):
                yield f"{path} {name}"


def _defined(tree):
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                made_by = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
                if made_by <= {"transaction", "dataclass", "contextmanager", "functools.cache"}:
                    yield node.name
            case ast.Assign():
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def test_every_name_of_a_module_is_used():
    trees = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in MODULES}
    assert set(unused(trees)) == ALLOWED.keys()


def test_what_is_left_over_is_found():
    assert styled("@media print { .a:not(.b) > p { } } /* .c */ [d='.e'].f { }") == {*"abf"}
    page = """<p class="a {{ 'b c' if d == "Else" }}">e</p>{{ f("g", width=10) }}"""
    assert worn(page) >= {"a", "b", "c", "g", "10"}
    assert "e" not in worn(page)
    assert given("x = ['a b', 'Prose, which is none.']") == {"a", "b"}
    macro = "{% macro m(a, b, c=1, d=2) %}{% endmacro %}{{ m(1, 2, d=3) }}"
    assert list(idle_parameters([JINJA.parse(macro)])) == ["m c"]
    modules = {
        "one.py": "def a(): b()\ndef b(): ...\nC = D = 1\n@route\ndef e(): ...",
        "two.py": "one.a(one.C)",
    }
    assert list(unused({path: ast.parse(text) for path, text in modules.items()})) == ["one.py D"]


def test_nothing_is_found_by_its_words():
    """What styles and scripts look for by its label is not there in another language."""
    by_words = re.compile(r"\[(?:data-label|aria-label|title|alt|placeholder)[~|^$*]?=")
    for path in [*(WEBAPP / "static").glob("*.css"), *SCRIPTS]:
        assert by_words.findall(path.read_text()) == [], path.name
