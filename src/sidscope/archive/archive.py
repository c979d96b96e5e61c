"""The archive of one account: what the rest of sidscope uses."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sidscope.archive import connect, files
from sidscope.archive.finder import Finder
from sidscope.archive.pool import Pool, Shared
from sidscope.archive.reader import Reader
from sidscope.archive.types import MANY, ArchiveError, ArchiveInfo, Coverage, Item, PurgeResult
from sidscope.domain.record import Known
from sidscope.domain.records import Context, Execution, Flow, Lookups, StepContext, StepList

if TYPE_CHECKING:
    from sidscope.archive.writer import Writer


class Archive:
    """Everything seen of one account. All methods may be called from any thread; none belongs on an event loop.

    Writing goes to one thread (:meth:`write` returns at once, :meth:`flush` waits); reading uses a small pool of
    connections that never wait for the writer and see what has been committed. Any method may raise ArchiveError.
    Make one with :meth:`open` or :meth:`memory`, and :meth:`close` it: what was not flushed by then is written there.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        path: Path | None,
        writer: Writer | None,
        readers: Pool | Shared,
        notice: str | None = None,
    ) -> None:
        self.account_sid = account_sid
        self.path = path
        self.notice = notice
        """One sentence if a file that could not be used was set aside, else None."""
        self.patient = False
        """Whether whoever writes waits through a trouble that may pass (a lock, a full disk) instead of giving up."""
        self._writer = writer
        self._readers = readers

    @classmethod
    def open(cls, path: Path, *, account_sid: str, read_only: bool = False) -> Archive:
        """Open or make the archive in ``path`` (see :func:`archive_path`); older versions are migrated.

        A file that is newer, damaged or something else is set aside, never deleted: see :attr:`notice`. ``read_only``
        touches nothing and needs an archive of this version. Raises ArchiveError.
        """
        if read_only:
            immutable = connect.open_reader(path, account_sid)
            readers = Pool(lambda: connect.reader_connection(path, immutable=immutable), path)
            return cls(account_sid=account_sid, path=path, writer=None, readers=readers)
        from sidscope.archive.writer import Writer

        db, notice = connect.open_writer(path, account_sid)
        writer = Writer(db, contextlib.nullcontext, "The archive", lambda: files.mark_damaged(path), path)
        readers = Pool(lambda: connect.reader_connection(path), path)
        return cls(account_sid=account_sid, path=path, writer=writer, readers=readers, notice=notice)

    @classmethod
    def memory(cls, account_sid: str) -> Archive:
        """An archive that leaves nothing behind. Readers and writer take turns on its one connection."""
        from sidscope.archive.writer import Writer

        db = connect.memory_connection(account_sid)
        shared = Shared(db)
        writer = Writer(db, shared.turn, "The archive in memory", lambda: None)
        return cls(account_sid=account_sid, path=None, writer=writer, readers=shared)

    def close(self) -> None:
        """Write what waits and let go of the file. Raises ArchiveError if something could not be written."""
        try:
            if self._writer is not None:
                writer, self._writer = self._writer, None
                writer.close()
        finally:
            self._readers.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- writing

    def write(self, *items: Item) -> None:
        """Enqueue; the order is kept. Returns at once unless thousands of items wait (see :attr:`room`): then it blocks
        until there is room again, so that memory does not grow without bound. Async callers: ``asyncio.to_thread``, or
        look at :attr:`room` first. Raises ArchiveError if the writer is in trouble and the queue is full.

        A context or steps of an execution that the archive does not hold are dropped: it was purged meanwhile.
        """
        self._writing.put(items)

    def expect(self, contexts: int = MANY) -> None:
        """So many contexts are about to be written: what makes that fast may get ready. Returns at once."""
        if self._writer is not None:
            self._writer.expect(contexts)

    @property
    def room(self) -> bool:
        """Whether :meth:`write` would return at once."""
        return self._writing.room

    def flush(self) -> None:
        """Wait until everything written so far is committed. Raises ArchiveError if the writer is in trouble."""
        self._writing.flush()

    @property
    def problem(self) -> str | None:
        """One sentence while the writer cannot write (it keeps trying where that makes sense), else None."""
        return self._writer.problem if self._writer else None

    @property
    def recovers(self) -> bool:
        """Whether the writer is in no trouble but such as may pass (a lock, a full disk): then it tries again."""
        return self._writer is not None and self._writer.recovers

    @property
    def on_commit(self) -> Callable[[list[str]], None] | None:
        """Called in the writer thread after each commit with the keys of the executions (sid_key of the FN) of which
        something is known now that was not before. Must return fast. What it raises comes out at flush and close."""
        return self._writing.on_commit

    @on_commit.setter
    def on_commit(self, callback: Callable[[list[str]], None] | None) -> None:
        self._writing.on_commit = callback

    @property
    def _writing(self) -> Writer:
        if self._writer is None:
            raise ArchiveError(f"The archive {self.path or 'in memory'} is closed or was opened to be read only.")
        return self._writer

    @property
    def read_only(self) -> bool:
        """Whether it was opened to be read only."""
        return self._writer is None

    # --- reading

    def flows(self) -> list[Flow]:
        """All flows, by name."""
        with self._readers.snapshot() as db:
            return Reader(db).flows()

    def execution_count(self) -> int:
        with self._readers.snapshot() as db:
            return Reader(db).execution_count()

    def oldest_started(self) -> datetime | None:
        """When the oldest known execution started."""
        with self._readers.snapshot() as db:
            return Reader(db).oldest_started()

    def known(self, fns: Iterable[str], *, related: bool = True) -> dict[str, Known]:
        """Those of these executions that are known, by sid_key. Without ``related`` their facts have no related SIDs,
        for which each context would be read: ten times as fast where thousands are loaded."""
        with self._readers.snapshot() as db:
            return Reader(db).known(fns, related=related)

    def window(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        *,
        related: bool = True,
    ) -> list[Known]:
        """Executions that started in [since, until), newest first."""
        with self._readers.snapshot() as db:
            return Reader(db).window(since, until, limit, related=related)

    def starts(
        self, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> list[tuple[str, datetime]]:
        """FN and start of the executions that started in [since, until), newest first: no more than that is read."""
        with self._readers.snapshot() as db:
            return Reader(db).starts(since, until, limit)

    def neighbourhood(self, fns: Iterable[str], *, related: bool = True) -> list[Known]:
        """These executions and all that are reached from them over the same conversation, the same call, or the same
        contact and channel, newest first: what correlate() needs for the full truth about them."""
        with self._readers.snapshot() as db:
            return Reader(db).by_id(Finder(db).neighbourhood(fns), related=related)

    def needs_context(self, since: datetime | None = None, until: datetime | None = None) -> list[Execution]:
        """Executions of [since, until) that cannot be grouped before their context is read (again), newest first.

        Refused and failed contexts are among them: the caller tries those once a run.
        """
        with self._readers.snapshot() as db:
            return Reader(db).needs_context(since, until)

    def unread(self, rows: Iterable[Execution]) -> list[Execution]:
        """Those of these rows, as Twilio just sent them, whose context was not read for the row as it is now."""
        with self._readers.snapshot() as db:
            return Reader(db).unread(rows)

    def changes_elsewhere(self, after: int | None = None) -> tuple[int, list[str]]:
        """The keys of the executions of which others (not this archive's own writer) have written something since
        ``after``, and what to give as ``after`` the next time; without it, only that. Flat in cost: how a screen
        learns what another process brought in (:attr:`on_commit` only tells of this one)."""
        with self._readers.snapshot() as db:
            return Reader(db).changes(after, self._writer.origin if self._writer else None)

    def active(self, flow_sid: str | None = None) -> list[Execution]:
        """Executions last seen active (of one flow), newest first: what a list of ended ones may have changed."""
        with self._readers.snapshot() as db:
            return Reader(db).active(flow_sid)

    def search(self, key: str, prefix: bool = False, limit: int = 1000) -> list[str]:
        """The keys of at most ``limit`` executions that are, have or mention this SID (in any case) or this address
        (exactly as spelled), newest first. With ``prefix``, of those that have one that begins so."""
        with self._readers.snapshot() as db:
            return Finder(db).search(key, prefix=prefix, limit=limit)

    def contact_search(self, address: str) -> list[str]:
        """The keys of all executions of this contact, newest first, those included whose conversation alone tells.

        ``+49…`` also finds ``whatsapp:+49…``, not the other way round.
        """
        with self._readers.snapshot() as db:
            return Finder(db).of_contact(address)

    def context(self, fn: str) -> Context | None:
        """What came of reading this execution's context; None if it was never read."""
        with self._readers.snapshot() as db:
            return Reader(db).context(fn)

    def steps(self, fn: str) -> StepList | None:
        """What came of reading this execution's steps; None if they never were."""
        with self._readers.snapshot() as db:
            return Reader(db).steps(fn)

    def step_context(self, step: str) -> StepContext | None:
        """What came of reading the context of this step (FT); None if it never was."""
        with self._readers.snapshot() as db:
            return Reader(db).step_context(step)

    def lookups(
        self,
        conversations: Iterable[str] = (),
        tasks: Iterable[str] = (),
        contacts: Iterable[str] = (),
        calls: Iterable[str] = (),
    ) -> Lookups:
        """What has been looked up of these."""
        with self._readers.snapshot() as db:
            return Reader(db).lookups(conversations, tasks, contacts, calls)

    def coverage(self, flow_sid: str) -> Coverage | None:
        """The latest span of this flow's executions that has been completely listed."""
        return next(iter(self.covered(flow_sid)), None)

    def covered(self, flow_sid: str) -> list[Coverage]:
        """All such spans, newest first; they do not touch each other."""
        with self._readers.snapshot() as db:
            return Reader(db).covered(flow_sid)

    # --- upkeep

    def info(self) -> ArchiveInfo:
        """Counts and sizes."""
        from sidscope.archive import upkeep

        with self._readers.snapshot() as db:
            return upkeep.info(db, self.path)

    def purge(self, older_than: datetime) -> PurgeResult:
        """Forget every execution whose last sign of life is older, active or not, and all that hangs on it alone."""
        from sidscope.archive import upkeep

        writer = self._writing
        result, gone = writer.run(lambda db: upkeep.purge(db, older_than))
        if gone and writer.on_commit is not None:
            writer.on_commit(gone)
        return result
