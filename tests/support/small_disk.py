"""A small disk in memory, which tests may fill; mounting it needs root."""

from __future__ import annotations

import errno
import functools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SmallDisk:
    """A folder that is a file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take up all the room that is left."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC

    def make_room(self) -> None:
        """Give it back."""
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path, megabytes: float) -> Iterator[SmallDisk]:
    """A disk at this folder, which is made, for the length of the block."""
    folder.mkdir()
    size = f"size={megabytes * 1024:.0f}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", folder], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: a process that has just ended may still be seen to use it.
        subprocess.run(["umount", "--lazy", folder], check=True)


@functools.cache
def can_be_mounted() -> bool:
    """Whether this user may mount one here."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as name:
        try:
            with small_disk(Path(name) / "disk", 0.1):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False
