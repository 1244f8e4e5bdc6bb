"""Inline styles for mail programs without style sheets, and the tags allowed in a mail's HTML."""

from __future__ import annotations

from collections.abc import Mapping

Styles = Mapping[str, str]  # by tag

# Written into each tag of a mail.
STYLES = {
    "p": "margin:0 0 16px",
    "h2": "font-size:20px;line-height:1.25;margin:24px 0 12px",
    "h3": "font-size:17px;line-height:1.25;margin:24px 0 8px",
    "h4": "font-size:16px;line-height:1.25;margin:24px 0 8px",
    "blockquote": "margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #c9bfab",
    "ul": "margin:0 0 16px;padding:0 0 0 24px",
    "ol": "margin:0 0 16px;padding:0 0 0 24px",
    "hr": "border:0;border-top:1px solid #dedad1;margin:24px 0",
    "a": "color:#0b6650",
    "a.button": "display:inline-block;padding:12px 24px;border-radius:8px;background:#0b6650;"
    "color:#ffffff;font-weight:650;text-decoration:none",
    "a.plain": "color:#0b6650;word-break:break-all",
    "p.act": "margin:24px 0 16px",
    "p.plain": "margin:0 0 24px;font-size:14px",
}
TAGS = {"p", "br", "strong", "em", "a", "h2", "h3", "h4", "blockquote", "ul", "ol", "li", "hr"}
ATTRIBUTES = {"a": {"href", "class", "style"}, "ol": {"start", "style"}}
PROPERTIES = {rule.split(":")[0] for style in STYLES.values() for rule in style.split(";")}


def colored(door: str) -> Styles:
    """The styles with that color behind the button's label."""
    return STYLES | {"a.button": STYLES["a.button"].replace("#0b6650", door)}
