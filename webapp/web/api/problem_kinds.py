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
        "Send a JSON object in UTF-8, with the field names from the documentation.",
    ),
    "contradiction": ProblemKind(
        400,
        "A field was sent with two different values",
        "Send it once: in the path, the query or the body, as the documentation shows.",
    ),
    "idempotency-key-unreadable": ProblemKind(
        400,
        "The Idempotency-Key cannot be read",
        "Send 1 to 255 printable ASCII characters, such as a random UUID.",
    ),
    "unauthorized": ProblemKind(
        401,
        "You are not signed in",
        "Send `Authorization: Bearer` with a valid API key or session token.",
    ),
    "second-factor-needed": ProblemKind(
        401,
        "A second-factor code is needed",
        "Send the same request with the current code from the app, or with a recovery code.",
    ),
    "forbidden": ProblemKind(
        403,
        "You do not have permission to do this",
        "A key can do no more than the person who created it. Ask an admin of the organization.",
    ),
    "missing-scope": ProblemKind(
        403,
        "The key lacks a permission",
        "Create a key with the permission (scope) that this call needs.",
    ),
    "suspended": ProblemKind(
        403,
        "The organization is suspended",
        "Ask the operator of the installation.",
    ),
    "access-ended": ProblemKind(
        403,
        "Access has ended",
        "The membership had an end, which has come. `detail` says when, and whom to ask.",
    ),
    "not-found": ProblemKind(
        404,
        "There is nothing here",
        "Check the address and the id. Things of other organizations are also not found.",
    ),
    "method-not-allowed": ProblemKind(
        405,
        "This method is not allowed here",
        "The header `Allow` lists the allowed methods.",
    ),
    "under-way": ProblemKind(
        409,
        "The same request is still being processed",
        "Repeat it with the same `Idempotency-Key` after the seconds in `Retry-After`.",
    ),
    "link-ended": ProblemKind(
        410,
        "The link no longer works",
        "It expired, was used, or was revoked. Ask the person who invited you for a new one.",
    ),
    "changed-meanwhile": ProblemKind(
        412,
        "Somebody has changed it since",
        "Nothing was done. Get it again, and send your change with the new `ETag` as `If-Match`.",
    ),
    "too-large": ProblemKind(
        413,
        "The request is too large",
        "Send at most 256 KB, or 8 MB when you invite many.",
    ),
    "not-json": ProblemKind(
        415,
        "The body is not JSON",
        "Send `Content-Type: application/json`.",
    ),
    "invalid": ProblemKind(
        422,
        "The request does not match the documentation",
        "The list `errors` points to each place and says what is wrong there.",
    ),
    "refused": ProblemKind(
        422,
        "The request was refused",
        "Nothing was done. `detail` says why and what to do next, `errors` names the fields.",
    ),
    "other-request": ProblemKind(
        422,
        "The Idempotency-Key was used for another request",
        "Use a new key for each new request.",
    ),
    "too-many-requests": ProblemKind(
        429,
        "Too many requests",
        "Wait for the seconds in `Retry-After`.",
    ),
    "used-up": ProblemKind(
        429,
        "A limit has been reached, or it is too soon",
        "Nothing was done. Send the same request again after the seconds in `Retry-After`.",
    ),
    "broken": ProblemKind(
        500,
        "Something broke on our side",
        "Nothing was changed. Try again. If it keeps failing, give the operator the request's id.",
    ),
    "unavailable": ProblemKind(
        503,
        "The database is not available right now",
        "Repeat it after the seconds in `Retry-After`, with the same `Idempotency-Key` if it is a "
        "POST. If it keeps failing, give the operator the request's id.",
    ),
}
