"""Flask without what it does for others at every request, and our pages do not need."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment


class LeanEnvironment(Environment):
    """An environment whose templates share one plain dictionary of globals."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template: Jinja's chain of two is searched in Python at each import."""
        return self.globals if d is None else super().make_globals(d)


class LeanFlask(Flask):
    """A Flask application without coroutines."""

    jinja_environment = LeanEnvironment

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself; Flask looks at each hook and view whether it is a coroutine."""
        return func
