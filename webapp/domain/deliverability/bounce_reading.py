"""What a failed report says, by the table of rules."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from webapp.domain.deliverability.bounce_rules import RULES, Rule
from webapp.domain.deliverability.faults import Cause, Fault

_WORDS = {rule: re.compile(rule.words or r"\Z.") for rule in RULES}
_HOSTS = re.compile(r"\bhost [\w-]{1,63}(\.[\w-]{1,63})+")  # their names are no words of the answer
_ADDRESSES = re.compile(r"[^\s<>,;:\"()@]{1,80}@[^\s<>,;:\"()]{1,260}")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![^\s:;,(<\[\"'])([245][0-5]\d)(?=[\s:;,.)#>\]-]|$)")
# The host that Postfix, or another server, looked up in vain.
_NAMED = re.compile(r"(?:name=|look ?up host )([\w-]{1,63}(?:\.[\w-]{1,63})+)", re.IGNORECASE)
MOST = 1000  # characters of a text that are looked at


def classify(status: str, words: str, domain: str = "") -> Fault:
    """What a failure's status and text say; `domain` is that of the address it is about."""
    text = _HOSTS.sub("host", _ADDRESSES.sub("@", words[:MOST]).lower().replace("’", "'"))
    class_, detail, reply = _codes(status, words[:MOST])
    if class_ == "2":
        return Fault(Cause.UNCLEAR)
    code = f"{class_ or reply[:1]}.{detail}" if detail else reply
    gave_up = class_ == "4" or (not class_ and reply[:1] == "4")
    key = detail if detail not in ("", "0.0") else reply
    cause = next((rule.cause for rule in RULES if _fits(rule, key, text)), Cause.UNCLEAR)
    looked_up = _NAMED.search(words[:MOST])
    if cause is Cause.NO_DOMAIN and looked_up and domain and looked_up[1].lower() != domain:
        cause = Cause.UNREACHED  # another host is missing, such as our own relay
    if gave_up and cause is Cause.UNCLEAR:
        cause = Cause.GAVE_UP
    return Fault(cause, code, gave_up)


def _fits(rule: Rule, key: str, text: str) -> bool:
    return bool(_WORDS[rule].search(text)) or any(fnmatchcase(key, c) for c in rule.codes.split())


def _codes(status: str, words: str) -> tuple[str, str, str]:
    """Class, detail and reply code; a server's own code is better than one that was made of it.

    Of a vague status and a precise text, or the other way round, the precise one counts. A reply
    that is temporary stands behind a status 5.0.0: Exim has given up.
    """
    stated, said = _ENHANCED.match(status.strip()), _ENHANCED.search(words)
    reply = _REPLY.search(words)
    reply_code = reply[1] if reply else ""
    first = stated or said
    if first is None:
        return "", "", reply_code or (status.strip()[:3] if _REPLY.match(status.strip()) else "")
    class_, detail = first[1], f"{int(first[2])}.{int(first[3])}"
    if said and (said[1] == class_ or detail == "0.0") and (said[2], said[3]) != ("0", "0"):
        class_, detail = said[1], f"{int(said[2])}.{int(said[3])}"
    elif detail == "0.0" and reply_code[:1] == "4":
        class_ = "4"
    return class_, detail, reply_code
