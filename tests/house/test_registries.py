"""What is declared in the rooms of its nouns is known in every process."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from tests.support import calls
from tests.support.declared import MAIL_KINDS, SWEEPS
from tests.support.settings import environment
from webapp.config import ROOT
from webapp.domain import upkeep
from webapp.domain.mail import kinds

TELL = """
import json

from webapp import create_app
from webapp.config import Settings
from webapp.domain import upkeep
from webapp.domain.mail import kinds

create_app(Settings.from_env())
sweeps = {name: sorted(getattr(upkeep, name).verbs) for name in ("renews", "forgets", "sums_up")}
print(json.dumps({"kinds": sorted(kinds.KINDS), "sweeps": sweeps}))
"""


def test_every_process_that_makes_an_application_knows_every_kind_of_mail_and_every_sweep():
    """In a fresh process: here other tests have imported the rooms."""
    told = subprocess.run(
        [sys.executable, "-c", TELL],
        cwd=ROOT,
        env=environment("sqlite:///nowhere.db", "redis://127.0.0.1:1", 25),
        capture_output=True,
        text=True,
        check=True,
    )
    sweeps = {
        occasion: [f"webapp.domain.{verb}" for verb in sorted(verbs)]
        for occasion, verbs in SWEEPS.items()
    }
    assert json.loads(told.stdout) == {"kinds": sorted(MAIL_KINDS), "sweeps": sweeps}


def test_whatever_forgets_is_swept(app):
    """But for what is called at other times: forms that are kept for an hour go every minute."""
    forgetting = {
        f"{module}.{name}"
        for (module, name), node in calls.functions().items()
        if module.startswith("webapp.domain.")
        and isinstance(node, ast.FunctionDef)
        and name.startswith("forget")
        and not ast.unparse(node.args)
    }
    assert forgetting - set(upkeep.forgets.verbs) == {"webapp.domain.accounts.kept_forms.forget"}


def test_two_files_cannot_declare_mails_of_one_kind(app):
    with pytest.raises(ValueError, match="declared twice"):
        kinds.composes("welcome", cause="a test", share=None)(lambda delivery: None)


def test_every_kind_says_who_causes_it(app):
    assert all(kind.cause for kind in kinds.KINDS.values())
