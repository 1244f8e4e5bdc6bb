"""Text that becomes markup."""

from __future__ import annotations

from markupsafe import Markup, escape


def nl2br(text: str) -> Markup:
    """Escaped text with its line breaks kept."""
    return Markup("<br>").join(escape(text).splitlines())


def breakable(address: str) -> Markup:
    """An address that a narrow column breaks after its @ and before its dots, not in a word."""
    return Markup(str(escape(address)).replace("@", "@<wbr>").replace(".", "<wbr>."))  # noqa: S704
