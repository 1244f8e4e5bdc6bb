"""The turnstile in front of SQLite: one at a time, whoever they are."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import threading

from webapp.sqlite_write_lock import Turnstile


def test_of_many_threads_one_passes_at_a_time(tmp_path):
    stile, start = Turnstile(str(tmp_path / "writer")), threading.Barrier(8)
    inside, most = [], []

    def pass_through() -> None:
        start.wait()
        for _ in range(20):
            with stile.turn(30):
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
    stile = Turnstile(str(tmp_path / "writer"))
    here, there = multiprocessing.Pipe()
    with stile.turn(1):  # so that its file is open
        pass
    # Forked, as RQ's work-horse is from its worker: it must not share its parent's turn.
    child = multiprocessing.get_context("fork").Process(target=hold, args=(stile, there))
    child.start()
    assert here.recv() == "inside"
    assert not is_free(stile)
    went_on = False
    with stile.turn(0.05):
        went_on = True  # whoever has waited long enough lets SQLite decide
    assert went_on
    assert not is_free(stile)
    os.kill(child.pid, signal.SIGKILL)
    child.join(30)
    assert is_free(stile)
    with stile.turn(30):
        assert not is_free(stile)
    assert is_free(stile)


def test_where_no_file_can_be_everybody_passes(tmp_path):
    passed = []
    with Turnstile(str(tmp_path / "none" / "writer")).turn(1):
        passed.append(1)
    assert passed


def hold(stile: Turnstile, there) -> None:
    with stile.turn(30):
        there.send("inside")
        signal.pause()


def is_free(stile: Turnstile) -> bool:
    with open(stile.path, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
