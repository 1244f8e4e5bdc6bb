"""A page or fragment as a person or a screen reader meets it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from xml.etree.ElementTree import Element

import html5lib

CONTROLS = ("input", "select", "textarea")


@dataclass(frozen=True)
class Form:
    """A form with what is filled in already."""

    action: str
    method: str
    fields: dict[str, str]
    buttons: tuple[str, ...]


class Page:
    """Parsed HTML, asked by what is seen."""

    def __init__(self, html: str) -> None:
        self.html = html

    @cached_property
    def root(self) -> Element:
        """The document; read when it is first asked for, which takes as long as most answers."""
        found: Element = html5lib.parse(self.html, namespaceHTMLElements=False)
        return found

    @property
    def title(self) -> str:
        return text(self.root.find("head/title"))

    @property
    def heading(self) -> str:
        return text(self.root.find(".//h1"))

    @property
    def words(self) -> str:
        """All text of the page's main part, or of the fragment."""
        return text(self.root.find(".//main") or self.root.find("body"))

    @property
    def messages(self) -> str:
        return text(self.root.find(".//*[@id='messages']"))

    @property
    def problems(self) -> list[str]:
        """The lines of the error summary."""
        box = self.root.find(".//*[@class='error-summary']")
        return [] if box is None else [text(e) for e in box.iter() if e.tag in ("li", "p")]

    def forms(self) -> list[Form]:
        """The forms, and one more for each button that sends its form elsewhere."""
        elements = list(self.root.iter("form"))
        by_id = {element.get("id"): element for element in elements}
        forms = [_form(element) for element in elements]
        for button in self.root.iter("button"):
            action = button.get("formaction")
            if action and button.get("form") in by_id:
                known = _form(by_id[button.get("form")])
                forms.append(Form(action, known.method, known.fields, (text(button),)))
        return forms

    def form(self, action: str) -> Form:
        """The one form whose action holds this text."""
        found = [form for form in self.forms() if action in form.action]
        assert found, f"no form to {action} among {[f.action for f in self.forms()]}"
        return found[0]

    def links(self) -> dict[str, str]:
        """Addresses by the text of their links."""
        return {text(a): a.get("href", "") for a in self.root.iter("a")}

    def rows(self, number: int = 0) -> list[dict[str, str]]:
        """The rows of the page's first table, or of a later one, each cell under its column."""
        tables = self.root.findall(".//table")
        if len(tables) <= number:
            return []
        names = [text(th) for th in tables[number].findall(".//thead//th")]
        return [
            dict(zip(names, [text(cell) for cell in row], strict=True))
            for row in tables[number].findall(".//tbody/tr")
        ]

    def faults(self, *, whole: bool) -> list[str]:
        """What makes the page hard to use, however valid it is."""
        faults = []
        if whole and len(list(self.root.iter("h1"))) != 1:
            faults.append("there is not exactly one h1")
        if whole and not self.title.strip():
            faults.append("the page has no title")
        ids = [e.get("id") for e in self.root.iter() if e.get("id")]
        faults += [f"the id {one} stands twice" for one in set(ids) if ids.count(one) > 1]
        labelled = {e.get("for") for e in self.root.iter("label")}
        for control in self.root.iter():
            if control.tag not in CONTROLS or control.get("type") == "hidden":
                continue
            if control.get("id") not in labelled and not control.get("aria-label"):
                faults.append(f"the control {control.get('name')} has no label")
            for about in (control.get("aria-describedby") or "").split():
                if about not in ids:
                    faults.append(f"{control.get('name')} is described by nothing: {about}")
        for element in self.root.iter():
            if element.get("style") or any(n.startswith("on") for n in element.attrib):
                faults.append(f"<{element.tag}> has style or script inline")
            if element.tag == "form" and element.get("method") == "post":
                names = [e.get("name") for e in element.iter("input")]
                if "csrf_token" not in names:
                    faults.append(f"the form to {element.get('action')} has no CSRF token")
        return faults + self._default_buttons()

    def _default_buttons(self) -> list[str]:
        """Forms whose Enter key would press another button than the one that the form is for.

        It presses the first in the page's order, wherever that stands and whatever it does.
        """
        faults, inside = [], {e: form for form in self.root.iter("form") for e in form.iter()}
        forms = {form.get("id"): form for form in self.root.iter("form")}
        owned: dict[Element, list[Element]] = {form: [] for form in self.root.iter("form")}
        for element in self.root.iter():
            named = element.get("form")
            form = inside.get(element) if named is None else forms.get(named)
            if form is not None:
                owned[form].append(element)
        for form, elements in owned.items():
            buttons = [e for e in elements if _is_submit(e)]
            is_typed = any(_is_typed(e) for e in elements)
            if is_typed and len(buttons) > 1 and "primary" not in classes(buttons[0]):
                first = text(buttons[0])
                faults.append(f"Enter in the form to {form.get('action')} presses {first}")
            if is_typed and not buttons:
                faults.append(f"the form to {form.get('action')} has no button")
        return faults


def classes(element: Element) -> list[str]:
    """The element's classes."""
    return (element.get("class") or "").split()


def _is_submit(element: Element) -> bool:
    kind = element.get("type") or ("submit" if element.tag == "button" else "text")
    return element.tag in ("button", "input") and kind in ("submit", "image")


def _is_typed(element: Element) -> bool:
    kind = element.get("type") or "text"
    others = ("hidden", "checkbox", "radio", "file", "submit", "button", "image", "reset")
    return element.tag == "input" and kind not in others


def text(element: Element | None) -> str:
    """The element's text as read aloud: white space folded."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _form(element: Element) -> Form:
    fields = {}
    for control in element.iter():
        name = control.get("name")
        if not name or control.tag not in CONTROLS:
            continue
        if control.tag == "select":
            chosen = [o for o in control.iter("option") if o.get("selected") is not None]
            options = chosen or list(control.iter("option"))
            fields[name] = options[0].get("value", "") if options else ""
        elif control.get("type") in ("radio", "checkbox") and control.get("checked") is None:
            continue
        elif control.tag == "textarea":
            fields[name] = (control.text or "").removeprefix("\n")
        else:
            fields[name] = control.get("value", "")
    buttons = tuple(text(button) for button in element.iter("button"))
    return Form(element.get("action", ""), element.get("method", "get"), fields, buttons)
