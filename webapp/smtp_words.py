"""What Gatehouse says when a mail server gives no answer of its own.

Kept in English with the mail, and given in the reader's language by `stored_english.translated_by`.
"""

from __future__ import annotations

from webapp.languages import marked

NO_SIGN_IN = marked("Signing in is not possible: %(reason)s")
NOT_ASCII = marked("The user name or the password for the mail server is not plain ASCII")
REFUSED = marked("Connection refused by %(where)s")
SLOW = marked("%(where)s did not answer in time")
UNTRUSTED = marked(
    "The certificate of %(where)s was not accepted: %(reason)s. Nothing was sent. The operator has "
    "to put it right, or name its authority in SSL_CERT_FILE"
)
INSECURE = marked("No secure connection to %(where)s: %(reason)s")
NO_TLS = marked(
    "%(where)s does not offer STARTTLS, so nothing was sent. The operator has to set MAIL_USE_TLS, "
    "MAIL_USE_SSL and MAIL_PORT as the mail server has them"
)
CLOSED = marked("Connection closed by %(where)s")
UNREACHED = marked("No connection to %(where)s: %(reason)s")
NO_SMTPUTF8 = marked("%(where)s takes only ASCII letters before the @ (no SMTPUTF8)")
NOT_SMTP = marked("%(where)s gave an answer that is not SMTP")

WITH_VALUES = (
    *(NO_SIGN_IN, REFUSED, SLOW, UNTRUSTED, INSECURE, NO_TLS),
    *(CLOSED, UNREACHED, NO_SMTPUTF8, NOT_SMTP),
)
