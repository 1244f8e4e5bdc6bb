"""Others' sides of OpenID Connect from npm, run by Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

from tools import find
from webapp.config import ROOT

SCRIPTS = ROOT / "tests/openid"


def run(script: str, *arguments: str, sent: object = None) -> Any:
    """What a script of tests/openid prints as JSON; `sent` goes to its standard input."""
    folder, node = find.openid_parties(), find.node()
    assert folder is not None
    assert node is not None
    # Modules are looked for from where the script lies.
    shutil.copyfile(SCRIPTS / script, folder / script)
    done = subprocess.run(
        [node, folder / script, *arguments],
        input=json.dumps(sent),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])  # after what libraries say
