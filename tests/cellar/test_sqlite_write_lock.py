"""The lock for SQLite's writers: one at a time, of all threads and processes."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import threading

from webapp.sqlite_write_lock import WriteLock


def test_of_many_threads_one_passes_at_a_time(tmp_path):
    lock, start = WriteLock(str(tmp_path / "writer")), threading.Barrier(8)
    inside, most = [], []

    def pass_through() -> None:
        start.wait()
        for _ in range(20):
            with lock.hold(30):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=pass_through) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (max(most), len(most)) == (1, 160)


def test_a_process_waits_for_another_and_one_that_is_killed_holds_nobody_up(tmp_path):
    lock = WriteLock(str(tmp_path / "writer"))
    here, there = multiprocessing.Pipe()
    with lock.hold(1):  # so that its file is open
        pass
    # Forked, as RQ's work-horse is from its worker: it must not share its parent's lock.
    child = multiprocessing.get_context("fork").Process(target=hold, args=(lock, there))
    child.start()
    assert here.recv() == "inside"
    assert not is_free(lock)
    went_on = False
    with lock.hold(0.05):
        went_on = True  # whoever has waited long enough lets SQLite decide
    assert went_on
    assert not is_free(lock)
    os.kill(child.pid, signal.SIGKILL)
    child.join(30)
    assert is_free(lock)
    with lock.hold(30):
        assert not is_free(lock)
    assert is_free(lock)


def test_where_no_file_can_be_everybody_passes(tmp_path):
    passed = []
    with WriteLock(str(tmp_path / "none" / "writer")).hold(1):
        passed.append(1)
    assert passed


def hold(lock: WriteLock, there) -> None:
    with lock.hold(30):
        there.send("inside")
        signal.pause()


def is_free(lock: WriteLock) -> bool:
    with open(lock.path, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
