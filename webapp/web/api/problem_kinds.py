"""Every kind of error that the API answers with: one table."""

from __future__ import annotations

from typing import NamedTuple


class ProblemKind(NamedTuple):
    """A kind of problem: its status, its title, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS: dict[str, ProblemKind] = {
    "unreadable": ProblemKind(
        400,
        "The request cannot be read",
        "Send JSON in UTF-8: an object whose names are those of the documentation.",
    ),
    "contradiction": ProblemKind(
        400,
        "The same was sent with two different values",
        "Send it once: in the address, in its query or in the body, as the documentation has it.",
    ),
    "idempotency-key-unreadable": ProblemKind(
        400,
        "The Idempotency-Key cannot be read",
        "Send 1 to 255 printable ASCII characters, for instance a random UUID.",
    ),
    "unauthorized": ProblemKind(
        401,
        "Nobody is known by this request",
        "Send Authorization: Bearer with an API key or a session's token that has not ended.",
    ),
    "second-factor-needed": ProblemKind(
        401,
        "A code is needed beside the password",
        "Send the same request with the code that the app shows now, or with a recovery code.",
    ),
    "forbidden": ProblemKind(
        403,
        "This is not yours to do",
        "A key can do what its maker may do at present. Ask an admin of the organization.",
    ),
    "missing-scope": ProblemKind(
        403,
        "The key was made without the scope",
        "Make another key with the scope that this call asks for.",
    ),
    "suspended": ProblemKind(
        403,
        "The organization is suspended",
        "Ask the operator of the installation.",
    ),
    "not-found": ProblemKind(
        404,
        "There is nothing here",
        "Check the address and the id. What belongs to another organization looks the same.",
    ),
    "method-not-allowed": ProblemKind(
        405,
        "This address is not used like that",
        "The header Allow says which methods there are.",
    ),
    "under-way": ProblemKind(
        409,
        "The same request is being done at this moment",
        "Repeat it with the same Idempotency-Key after the seconds that Retry-After says.",
    ),
    "link-ended": ProblemKind(
        410,
        "The link has ended",
        "It ran out, was used, or was revoked. Ask whoever invited for a new one.",
    ),
    "changed-meanwhile": ProblemKind(
        412,
        "It is not as you got it any more",
        "Nothing was done. Get it again, and send the change with its new ETag as If-Match.",
    ),
    "too-large": ProblemKind(
        413,
        "This is too much at once",
        "Send less: 256 KB in all, 8 MB when many are invited.",
    ),
    "not-json": ProblemKind(
        415,
        "The body is not JSON",
        "Send Content-Type: application/json.",
    ),
    "invalid": ProblemKind(
        422,
        "Some of this is not as the documentation says",
        "The list `errors` has a JSON pointer to each place, and what is wrong there.",
    ),
    "refused": ProblemKind(
        422,
        "A rule refused this",
        "Nothing was done. `detail` says why and what to do next, `errors` which field.",
    ),
    "other-request": ProblemKind(
        422,
        "The Idempotency-Key came with another request before",
        "Use a new key for each new request.",
    ),
    "too-many-requests": ProblemKind(
        429,
        "Too many requests",
        "Wait for the seconds that Retry-After says.",
    ),
    "used-up": ProblemKind(
        429,
        "A share is used up, or a pause is not over",
        "Nothing was done. Send the same request again after the seconds that Retry-After says.",
    ),
    "broken": ProblemKind(
        500,
        "Something broke on our side",
        "Nothing was changed. Try again; if it stays, tell the operator the request's id.",
    ),
    "unavailable": ProblemKind(
        503,
        "The database cannot do this at the moment",
        "Send it again after the seconds that Retry-After says, with the same Idempotency-Key if "
        "it is a POST. If it stays, tell the operator the request's id.",
    ),
}
