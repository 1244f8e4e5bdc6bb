"""The code of the release before, from the history of the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from webapp.config import ROOT

# Version 0.1.0: set with each release to that of the one before, as a checkout may have no tags.
COMMIT = "74cc9db8a39803e216dc1afed467531654c806b3"


def is_there() -> bool:
    """Whether this checkout has the history; a shallow clone has not."""
    asked = ["git", "cat-file", "-e", f"{COMMIT}^{{commit}}"]
    try:
        return subprocess.run(asked, cwd=ROOT, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def unpack(folder: Path) -> Path:
    """Its files, in a folder of their own."""
    done = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=BytesIO(done.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def tell(code: str, root: Path, settings: Mapping[str, str]) -> Any:
    """What a program in that folder says in JSON on its last line."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
