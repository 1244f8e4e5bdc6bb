"""The colors that an organization can choose from, for its door and the buttons in its mail."""

from __future__ import annotations

from typing import NamedTuple

from webapp.languages import marked


class Color(NamedTuple):
    """One color: its name for people, and its shade on light and on dark pages.

    White words can be read on the light shade, nearly black ones on the dark shade, and both stand
    out from what is behind them (WCAG 2.2, 1.4.3 and 1.4.11). `app.css` has the same shades.
    """

    name: str
    light: str
    dark: str


USUAL = "green"
COLORS = {
    "green": Color(marked("Green"), "#0b6650", "#62c9a6"),
    "blue": Color(marked("Blue"), "#1f4f8f", "#8fbcf5"),
    "violet": Color(marked("Violet"), "#5b3a8e", "#bda4ec"),
    "plum": Color(marked("Plum"), "#8e2a63", "#eea0c9"),
    "red": Color(marked("Red"), "#a8261b", "#ff9a8c"),
    "copper": Color(marked("Copper"), "#8a4300", "#f0ab6e"),
    "slate": Color(marked("Slate"), "#44505c", "#b3c0cc"),
}


def named(name: str) -> Color:
    """The color of that name; the usual one for a name that only a later version knows."""
    return COLORS.get(name, COLORS[USUAL])
