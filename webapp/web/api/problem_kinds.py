"""Every kind of error that the API answers with: one table."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of problem: its status, its title, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS: dict[str, Kind] = {
    "unreadable": Kind(
        400,
        "The request cannot be read",
        "Send JSON in UTF-8: an object whose names are those of the documentation.",
    ),
    "contradiction": Kind(
        400,
        "The same was sent with two different values",
        "Send it once: in the address, in its query or in the body, as the documentation has it.",
    ),
    "idempotency-key-unreadable": Kind(
        400,
        "The Idempotency-Key cannot be read",
        "Send 1 to 255 printable ASCII characters, for instance a random UUID.",
    ),
    "unauthorized": Kind(
        401,
        "Nobody is known by this request",
        "Send Authorization: Bearer with an API key or a session's token that has not ended.",
    ),
    "second-factor-needed": Kind(
        401,
        "A code is needed beside the password",
        "Send the same request with the code that the app shows now, or with a recovery code.",
    ),
    "forbidden": Kind(
        403,
        "This is not yours to do",
        "A key can do what its maker may do at present. Ask an admin of the organization.",
    ),
    "missing-scope": Kind(
        403,
        "The key was made without the scope",
        "Make another key with the scope that this call asks for.",
    ),
    "suspended": Kind(
        403,
        "The organization is suspended",
        "Ask the operator of the installation.",
    ),
    "not-found": Kind(
        404,
        "There is nothing here",
        "Check the address and the id. What belongs to another organization looks the same.",
    ),
    "method-not-allowed": Kind(
        405,
        "This address is not used like that",
        "The header Allow says which methods there are.",
    ),
    "under-way": Kind(
        409,
        "The same request is being done at this moment",
        "Repeat it with the same Idempotency-Key after the seconds that Retry-After says.",
    ),
    "link-ended": Kind(
        410,
        "The link has ended",
        "It ran out, was used, or was revoked. Ask whoever invited for a new one.",
    ),
    "changed-meanwhile": Kind(
        412,
        "It is not as you got it any more",
        "Nothing was done. Get it again, and send the change with its new ETag as If-Match.",
    ),
    "too-large": Kind(
        413,
        "This is too much at once",
        "Send less: 256 KB in all, 8 MB when many are invited.",
    ),
    "not-json": Kind(
        415,
        "The body is not JSON",
        "Send Content-Type: application/json.",
    ),
    "invalid": Kind(
        422,
        "Some of this is not as the documentation says",
        "The list `errors` has a JSON pointer to each place, and what is wrong there.",
    ),
    "refused": Kind(
        422,
        "A rule refused this",
        "Nothing was done. `detail` says why and what to do next, `errors` which field.",
    ),
    "other-request": Kind(
        422,
        "The Idempotency-Key came with another request before",
        "Use a new key for each new request.",
    ),
    "too-many-requests": Kind(
        429,
        "Too many requests",
        "Wait for the seconds that Retry-After says.",
    ),
    "used-up": Kind(
        429,
        "A share is used up, or a pause is not over",
        "Nothing was done. Send the same request again after the seconds that Retry-After says.",
    ),
    "broken": Kind(
        500,
        "Something broke on our side",
        "Nothing was changed. Try again; if it stays, tell the operator the request's id.",
    ),
    "unavailable": Kind(
        503,
        "The database cannot do this at the moment",
        "Send it again after the seconds that Retry-After says, with the same Idempotency-Key if "
        "it is a POST. If it stays, tell the operator the request's id.",
    ),
}
