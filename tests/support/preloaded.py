"""What each command needs, imported once by the process that commands are forked from.

Besides our own modules these are what plugins of Flask's command line import when it starts.
"""

from __future__ import annotations

import gc

import flask_limiter.commands
import flask_migrate.cli
import flask_sqlalchemy.cli
import jinja2.ext

import jobs
import webapp.commands

__all__ = ["flask_limiter", "flask_migrate", "flask_sqlalchemy", "jinja2", "jobs", "webapp"]

gc.freeze()  # what will live on anyway is not looked through again in each of them
