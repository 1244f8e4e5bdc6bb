"""Text that becomes markup."""

from __future__ import annotations

from markupsafe import Markup, escape


def filled(pattern: Markup, words: dict[str, object], **marks: object) -> Markup:
    """Markup with each %(name)s replaced by its value; values that are text are escaped."""
    # Markup's own % escapes through a proxy for each value, which takes five times as long.
    safe = {n: v if type(v) is Markup else escape(v) for n, v in (words | marks).items()}
    return Markup(str.__mod__(pattern, safe))  # noqa: S704


def nl2br(text: str) -> Markup:
    """Escaped text with its line breaks kept."""
    return Markup("<br>").join(escape(text).splitlines())


def breakable(address: str) -> Markup:
    """An address that a narrow column breaks after its @ and before its dots, not in a word."""
    return Markup(str(escape(address)).replace("@", "@<wbr>").replace(".", "<wbr>."))  # noqa: S704
