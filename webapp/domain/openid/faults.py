"""What a program did wrong, in the words of RFC 6749: for programs, in English."""

from __future__ import annotations


class Fault(Exception):
    """One of the standards' error codes, and for the program's author what to change."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class Untrusted(Exception):
    """A request that names no redirect address of a program that we know: nothing is sent there."""
