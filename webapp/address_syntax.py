"""What is an email address by RFC 5321 and 5322, as email-validator reads them."""

from __future__ import annotations

from typing import NamedTuple

from email_validator import EmailNotValidError as EmailNotValidError
from email_validator import validate_email

# A domain in front of this is checked letter by letter, but neither for a dot nor by the list of
# reserved names, which is one list for the whole process.
_OUTSIDE = ".example"


class Parts(NamedTuple):
    """The two sides of a valid address; the domain in ASCII (RFC 5890 A-labels), lower case."""

    local: str
    domain: str


def split(text: str, *, internal: bool = False, ascii_only: bool = False) -> Parts:
    """The two sides of an address; raises EmailNotValidError or UnicodeError. No DNS look-up.

    With `internal` also at domains that only one's own network knows, like corp.local.
    """
    valid = validate_email(
        f"{text}{_OUTSIDE}" if internal and _has_domain(text) else text,
        check_deliverability=False,
        strict=True,
        allow_smtputf8=not ascii_only,
    )
    domain = (valid.ascii_domain or "").lower()
    return Parts(valid.local_part, domain.removesuffix(_OUTSIDE) if internal else domain)


def _has_domain(text: str) -> bool:
    """Whether something follows the @ that another label can follow."""
    return text.rpartition("@")[2][-1:].isalnum()
