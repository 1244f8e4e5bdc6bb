"""A second try where the connection to the database was cut and nothing had been written.

A restart of the server, or a failover, cuts the connection that a request is reading by. Until its
first transaction begins nothing was done, so the view may as well begin again.
"""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from webapp import begun
from webapp.db import db
from webapp.lean_flask import LeanFlask

UPLOAD = "multipart/form-data"  # its files were read, perhaps to the end


class Application(LeanFlask):
    """An application whose views are called again, once, over a new connection."""

    def dispatch_request(self) -> ResponseReturnValue:
        """The answer of the view."""
        before = begun.count()
        try:
            return super().dispatch_request()
        except DBAPIError as error:
            is_cut = error.connection_invalidated and request.mimetype != UPLOAD
            if not is_cut or begun.count() != before:
                raise
            db.session.rollback()  # its connection goes back to the pool, which replaces it
        return super().dispatch_request()
