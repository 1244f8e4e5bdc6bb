"""Development only: reading the mail that the local catcher received."""

from __future__ import annotations

from email import message_from_binary_file
from email.message import EmailMessage
from email.policy import default
from typing import NamedTuple

from flask import Blueprint, Response, abort

from webapp.config import INSTANCE
from webapp.web import pages

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")

FOLDER = INSTANCE / "mailbox" / "new"
MOST = 200


class Mail(NamedTuple):
    """A received mail, for reading."""

    key: str
    to: str
    sender: str
    subject: str
    date: str
    text: str


@blueprint.get("")
def index() -> Response:
    """All mail, newest first."""
    files = sorted(FOLDER.glob("*"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return pages.render("mailbox/index.html", mails=[_mail(file.name) for file in files[:MOST]])


@blueprint.get("/<key>")
def message(key: str) -> Response:
    """One mail, with its links made clickable."""
    if key not in {file.name for file in FOLDER.glob("*")}:
        abort(404)
    return pages.render("mailbox/message.html", mail=_mail(key))


def _mail(key: str) -> Mail:
    with (FOLDER / key).open("rb") as file:
        mail = message_from_binary_file(file, EmailMessage, policy=default)
    body = mail.get_body(("plain",))
    return Mail(
        key,
        str(mail["To"]),
        str(mail["From"]),
        str(mail["Subject"]),
        str(mail["Date"]),
        body.get_content() if body else "",
    )
