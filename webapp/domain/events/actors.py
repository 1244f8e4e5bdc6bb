"""Who causes an event: a user or the operator."""

from __future__ import annotations

from webapp.models import User


class Operator:
    """The person who runs commands on the server: not a user of any organization."""

    id = None


OPERATOR = Operator()
Actor = User | Operator
