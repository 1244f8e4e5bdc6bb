"""What programs put around addresses: formulas, links, headers, and names in their own code."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.header import decode_header, make_header

# No pattern here can begin at one place and end at two, so each takes time in proportion to the
# text's length.
_HEADERS = (
    "to|cc|from|reply-to|sender|an|kopie|blindkopie|von|antwort an|à|cci|de|para|cco|aan|van|"
    "a|da|ccn|e-?mails?|mails?|e-?mail address(?:es)?|e-?mail-adressen?|إلى|نسخة"
)
_HEADER = re.compile(rf"\s*(?:{_HEADERS})\s?[:：]\s*", re.IGNORECASE)
_BULLETS = re.compile(r"(?:\s*(?:(?:[-–—*+>]|\(?\d{1,4}[.)])\s+|[•·‣▪●◦►☐☑✓]\s*))+")
# =HYPERLINK("mailto:…";"Ada"), under whatever name a spreadsheet's language has for it.
_FORMULA = re.compile(
    r'=[\w.]{1,30}\(\s?"mailto:([^"?]*)[^"]*"\s?(?:[;,]\s?"([^"]*)"\s?)?\)', re.IGNORECASE
)
_MARKDOWN = re.compile(r"\[([^\[\]]*)\]\(mailto:([^()\s?]*)[^()\s]*\)", re.IGNORECASE)
_CHAT = re.compile(r"<mailto:([^<>|;?\s]*)[^<>|;\s]*[|;]([^<>]*)>", re.IGNORECASE)
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " ", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES), re.IGNORECASE)
LONGEST = 1000  # of a name: the email package takes long over what is almost code
_ENCODED = re.compile(r"=\?[\w-]+(?:\*[\w-]+)?\?[bq]\?[^?\s]*\?=", re.IGNORECASE)
# Brackets and commas of other scripts and widths, outside of quotation marks.
_OTHERS = str.maketrans("＜＞〈〉《》（）［］【】،؛", "<><><>()[][],;")
_OUTSIDE_QUOTES = re.compile(r'("[^"]*")|[^"]+|"')


def removed(line: str) -> str:
    """A line with its addresses as mail programs write them: `Ada <ada@example.org>`."""
    line = _ENTITY.sub(lambda found: _ENTITIES[found[0].lower()], line.replace('\\"', "'"))
    line = _FORMULA.sub(lambda link: _written(link[1], link[2]), line)
    line = _MARKDOWN.sub(lambda link: _written(link[2], link[1]), line)
    line = _CHAT.sub(lambda link: _written(link[1], link[2]), line)
    for before in (_BULLETS, _HEADER):
        found = before.match(line)
        line = line[found.end() :] if found else line
    return _OUTSIDE_QUOTES.sub(
        lambda part: part[0] if part[1] else part[0].translate(_OTHERS), line
    )


def kept(name: str) -> str:
    """A name whose `&amp;` and the like `removed` gives back as they are."""
    return _ENTITY.sub(lambda found: f"&amp;{found[0][1:]}", name)


def decoded(name: str) -> str:
    """A name without the code of RFC 2047; as it is when that code says nothing."""
    if len(name) > LONGEST or not _ENCODED.search(name):
        return name
    try:
        text = str(make_header(decode_header(name)))
    except (MessageError, LookupError, ValueError):
        return name
    return name if "\ufffd" in text or not text.strip() else " ".join(text.split())


def _written(address: str, name: str | None) -> str:
    plain = (name or "").replace('"', "'").strip()
    return f'"{plain}" <{address}>' if plain and "@" not in plain else f"<{address}>"
