"""The one thread that writes, in batches, through a connection of its own."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sidscope.archive.connect import is_busy, is_corrupt, is_passing
from sidscope.archive.helper import Helper
from sidscope.archive.preparing import Prepared, weight
from sidscope.archive.store import Store
from sidscope.archive.types import MANY, ArchiveError, Item

Result = TypeVar("Result")
Turn = Callable[[], contextlib.AbstractContextManager[object]]
Commit = Callable[[list[str]], None]

_BATCH_SECONDS: Final = 0.020
_BATCH: Final = 100  # enough to commit at once
_LARGEST_BATCH: Final = 2_000  # where the queue is long: fewer commits, still short transactions
_ROOM: Final = 20_000  # rows that may wait: some 20 MB, half a second of work
_PATIENCE: Final = 5.0  # seconds for which another process may hold the lock before that is a problem
_PAUSE: Final = 1.0  # between attempts while the disk is full


@dataclass(slots=True)
class _Entry:
    items: Sequence[Item] = ()
    job: Callable[[sqlite3.Connection], Any] | None = None
    weight: int = 1
    result: Any = None
    error: Exception | None = None


class Writer:
    """Takes items from any thread; a trouble that may pass (disk full) is tried again until it does, and shows in
    :attr:`problem` meanwhile."""

    def __init__(
        self, db: sqlite3.Connection, turn: Turn, name: str, on_damage: Callable[[], None], path: Path | None = None
    ) -> None:
        self.on_commit: Commit | None = None
        self._db = db
        self._turn = turn
        self._name, self._path = name, path
        self._on_damage = on_damage
        self.origin = int.from_bytes(os.urandom(7))
        """What tells this writer's changes from those of other processes."""
        self._store = Store(db, self.origin)
        self._helper = Helper(path, self.origin)
        self._condition = threading.Condition()
        self._queue: deque[_Entry] = deque()
        self._weight = 0  # of the queue and of the batch at work
        self._put = 0
        self._done = 0
        self._hurried = 0  # somebody waits for this entry
        self._closing = False
        self._problem: str | None = None  # may pass
        self._broken: str | None = None  # will not
        self._observer: str | None = None  # on_commit raised
        self._thread: threading.Thread | None = None

    @property
    def problem(self) -> str | None:
        """One sentence while what is written does not reach the archive, else None."""
        return self._broken or self._problem or self._observer

    @property
    def recovers(self) -> bool:
        """Whether :attr:`problem`, if there is one, may pass."""
        return not (self._broken or self._observer)

    @property
    def room(self) -> bool:
        """Whether :meth:`put` would return at once."""
        return self._weight < _ROOM

    def expect(self, contexts: int) -> None:
        """So many contexts are about to come. Returns at once."""
        if contexts < MANY or self._helper.wanted:
            return
        with self._condition:
            if not (self._closing or self._broken):
                self._helper.wanted = True
                self._append(_Entry(job=lambda _: self._helper.start()))

    def put(self, items: Sequence[Item]) -> None:
        """Enqueue; waits while too much is waiting. Raises ArchiveError if it would wait for a writer in trouble."""
        if items:
            self._enqueue(_Entry(items=items, weight=sum(map(weight, items))))

    def run(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        """Have ``job`` done by the writer thread, after all that was written before; it makes its own transactions."""
        entry = _Entry(job=job)
        self._wait_for(self._enqueue(entry))
        if entry.error is not None:
            raise entry.error
        result: Result = entry.result
        return result

    def flush(self) -> None:
        """Wait until all that was put so far is committed. Raises ArchiveError if it is not going to be."""
        self._wait_for(self._put)
        if self._observer:
            raise ArchiveError(self._observer)

    def close(self) -> None:
        """Write what waits, end the thread, close the connection. Raises ArchiveError if something was lost."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        with self._turn():
            self._db.close()
        if self.problem:
            raise ArchiveError(self.problem)

    def _enqueue(self, entry: _Entry) -> int:
        with self._condition:
            self._refuse_if_broken()
            # The writer itself (in on_commit) must never wait for itself.
            while not self.room and threading.current_thread() is not self._thread:
                if self._problem:
                    raise ArchiveError(self._problem)
                self._condition.wait()
                self._refuse_if_broken()
            self._append(entry)
            return self._put

    def _append(self, entry: _Entry) -> None:
        self._queue.append(entry)
        self._weight += entry.weight
        self._put += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sidscope-archive", daemon=True)
            self._thread.start()
        self._condition.notify_all()

    def _refuse_if_broken(self) -> None:
        if self._closing:
            raise ArchiveError(f"{self._name} is closed.")
        if self._broken:
            raise ArchiveError(self._broken)

    def _wait_for(self, ticket: int) -> None:
        with self._condition:
            self._hurried = max(self._hurried, ticket)
            self._condition.notify_all()
            while self._done < ticket:
                problem = self._broken or self._problem
                if problem:
                    raise ArchiveError(problem)
                self._condition.wait()

    # --- in the writer thread

    def _run(self) -> None:
        try:
            self._write()
        except Exception as error:
            # Our own mistake: trying again would not help, and hiding it would lose data silently.
            self._break(f"{self._name} could not be written ({type(error).__name__}: {error}).")
        finally:
            self._helper.end()

    def _write(self) -> None:
        while batch := self._next_batch():
            if not self._work(batch):
                break
            with self._condition:
                self._weight -= sum(entry.weight for entry in batch)
                self._done += len(batch)
                self._condition.notify_all()

    def _next_batch(self) -> list[_Entry]:
        """What to write next; empty when all is done and nothing will come."""
        with self._condition:
            while not self._queue and not self._closing:
                if not self._condition.wait(self._helper.patience):
                    self._helper.end()
            deadline = time.monotonic() + _BATCH_SECONDS
            while self._weight < _BATCH and not self._closing and self._hurried <= self._done:
                left = deadline - time.monotonic()
                if left <= 0 or (self._queue and self._queue[-1].job):
                    break
                self._condition.wait(left)
            batch: list[_Entry] = []
            weight = 0
            while self._queue and weight < _LARGEST_BATCH:
                if self._queue[0].job:
                    if not batch:
                        batch.append(self._queue.popleft())
                    break
                batch.append(self._queue.popleft())
                weight += batch[-1].weight
            return batch

    def _work(self, batch: list[_Entry]) -> bool:
        """Write one batch, however long that takes; False if it had to be given up."""
        if batch[0].job:
            self._do(batch[0], batch[0].job)
            return True
        items = [item for entry in batch for item in entry.items]
        changed = self._helper.write(items)
        if changed is None:
            changed = self._write_here(self._helper.prepare(items))
        if changed is None:
            return False
        self._report(None)
        self._tell(changed)
        return True

    def _write_here(self, prepared: list[Prepared]) -> list[str] | None:
        """The keys of the executions that have changed; None if it had to be given up."""
        began = time.monotonic()
        while True:
            last = self._closing
            try:
                with self._turn():
                    changed = self._store.commit(prepared)
                    return self._store.all_changed() if self._helper.unsure else changed
            except sqlite3.Error as error:
                if is_corrupt(error):
                    self._on_damage()
                if not is_passing(error):
                    self._break(self._sentence(error))
                    return None
                if not is_busy(error) or time.monotonic() - began > _PATIENCE:
                    self._report(self._sentence(error))
                if last:
                    self._break(self._sentence(error))
                    return None
                if not is_busy(error):
                    self._pause()

    def _do(self, entry: _Entry, job: Callable[[sqlite3.Connection], Any]) -> None:
        try:
            with self._turn():
                entry.result = job(self._db)
        except sqlite3.Error as error:
            entry.error = ArchiveError(self._sentence(error))
        except Exception as error:
            entry.error = error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _tell(self, changed: list[str]) -> None:
        observer = self.on_commit
        if observer is None or not changed:
            return
        try:
            observer(changed)
        except Exception as error:
            # What was written is safe; the observer's mistake comes out at flush() and close().
            self._observer = f"The observer of {self._name} failed ({type(error).__name__}: {error})."

    def _sentence(self, error: sqlite3.Error) -> str:
        advice = {
            "SQLITE_FULL": "free some space on its disk",
            "SQLITE_READONLY": "make it writable",
            "SQLITE_CORRUPT": "it is damaged; start sidscope again and it will be kept aside",
            "SQLITE_NOTADB": "it is damaged; start sidscope again and it will be kept aside",
            "SQLITE_BUSY": "another program keeps it locked",
        }
        name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
        where = f" It is {self._path}." if self._path else ""  # last: where there is little room the reason is seen
        advised = advice.get(name, "check its disk and permissions")
        return f"{self._name} cannot be written ({error}): {advised}.{where}"

    def _report(self, problem: str | None) -> None:
        with self._condition:
            if problem != self._problem:
                self._problem = problem
                self._condition.notify_all()

    def _break(self, problem: str) -> None:
        with self._condition:
            self._broken = problem
            self._condition.notify_all()

    def _pause(self) -> None:
        with self._condition:
            self._condition.wait_for(lambda: self._closing, timeout=_PAUSE)
