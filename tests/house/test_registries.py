"""What is declared in the rooms of its nouns is known in every process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.declared import MAIL_KINDS
from tests.support.settings import environment
from webapp.config import ROOT
from webapp.domain.mail import kinds

TELL = """
from webapp import create_app
from webapp.config import Settings
from webapp.domain.mail import kinds

create_app(Settings.from_env())
print(*kinds.KINDS)
"""


def test_every_process_that_makes_an_application_knows_every_kind_of_mail():
    """In a fresh process: here other tests have imported the rooms."""
    told = subprocess.run(
        [sys.executable, "-c", TELL],
        cwd=ROOT,
        env=environment("sqlite:///nowhere.db", "redis://127.0.0.1:1", 25),
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(told.stdout.split()) == sorted(MAIL_KINDS)


def test_two_files_cannot_declare_mails_of_one_kind(app):
    with pytest.raises(ValueError, match="declared twice"):
        kinds.composes("welcome", cause="a test", share=None)(lambda delivery: None)


def test_every_kind_says_who_causes_it(app):
    assert all(kind.cause for kind in kinds.KINDS.values())
