"""Folders in memory for what tests write and nobody keeps: databases, mostly.

Copying a database for a test is most of what the test costs, and on a disk several times as much.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 3 * 1024**3  # bytes; containers often have 64 MB, which is none


def scratch(prefix: str) -> Path:
    """A new folder, in memory if there is room; whoever asks for it removes it."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if _has_room() else None))


def _has_room() -> bool:
    try:
        return shutil.disk_usage(MEMORY).free >= ROOM
    except OSError:
        return False
