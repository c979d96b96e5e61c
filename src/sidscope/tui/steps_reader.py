"""What the Steps tab shows of one execution, read from the archive. Blocks: it runs in the feed's thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sidscope.archive import Archive
from sidscope.domain.changes import Changes, changes
from sidscope.domain.failure import Headline, failure_first
from sidscope.domain.records import ReadStatus, StepContext, StepList
from sidscope.domain.sids import sid_key
from sidscope.domain.steps import Path, Visit, path_of
from sidscope.domain.value import NOTHING, value
from sidscope.tui import discretion


@value
class Look:
    """What a stay in a widget changed. Without ``changes`` (it takes the contexts of two steps) ``status`` says what
    became of reading the one that is missing; None: it was never read."""

    changes: Changes | None = None
    status: ReadStatus | None = None
    still_here: bool = False  # compared with the execution's context, for no step leads out


@value
class StepsDetail:
    """The path of one execution, what to say of it first, and the stays that were looked into."""

    key: str
    read: StepList | None  # None: its steps were never read
    path: Path
    headline: Headline
    looks: Mapping[int, Look] = NOTHING  # by the index of the visit
    missing: frozenset[str] = frozenset()  # steps (FT, as spelled) whose contexts are wanted and not in the archive
    masked: bool = False  # whether addresses and texts are hidden in it


class StepsReader:
    """Reads paths and what changed in them."""

    def __init__(self, archive: Archive, now: Callable[[], datetime]) -> None:
        self._archive = archive
        self._now = now

    def detail(self, key: str, opened: Iterable[int]) -> StepsDetail | None:
        """The path of an execution; ``opened`` are the visits that are looked into. None if it is not known."""
        known = self._archive.known([key], related=False).get(key)
        if known is None:
            return None
        read = self._archive.steps(known.row.sid)
        path = path_of(read.steps if read else (), known.row, now=self._now(), complete=bool(read and read.final))
        own = self._archive.context(known.row.sid)
        body = own.body if own is not None and own.read_status is ReadStatus.OK else None
        contexts: dict[str, StepContext | None] = {}
        missing: set[str] = set()
        looks = {
            index: self._look(path, path.visits[index], body, contexts, missing)
            for index in sorted(opened)
            if index < len(path.visits)
        }
        headline = failure_first(path, discretion.body(body))
        return discretion.steps(StepsDetail(key, read, path, headline, looks, frozenset(missing)))

    def _look(
        self, path: Path, visit: Visit, body: Any, contexts: dict[str, StepContext | None], missing: set[str]
    ) -> Look:
        before = after = None
        wanted = steps_around(path, visit)
        for step in wanted:
            if step is None or step in contexts:
                continue
            contexts[step] = self._archive.step_context(step)
        absent = [step for step in wanted if step and not _readable(contexts[step])]
        missing.update(step for step in absent if not _gone(contexts[step]))
        if absent:
            worst = contexts[absent[-1]]
            return Look(status=worst.read_status if worst else None)
        before_step, after_step = wanted
        if before_step and (found := contexts[before_step]):
            before = found.body
        if after_step and (found := contexts[after_step]):
            after = found.body
        elif after_step is None:
            if body is None:
                return Look(still_here=True)
            after = body
        return Look(changes({} if before is None else before, after), ReadStatus.OK, after_step is None)


def steps_around(path: Path, visit: Visit) -> tuple[str | None, str | None]:
    """The steps (FT) whose contexts tell what the stay changed: the one before it (None: nothing was before), and the
    one that led out (None: none did)."""
    before = visit.step_in
    if before is None and visit.step_out is not None:
        earlier = None
        for step in path.steps:
            if sid_key(step.sid) == sid_key(visit.step_out):
                break
            earlier = step.sid
        before = earlier
    return before, visit.step_out


def _readable(context: StepContext | None) -> bool:
    return context is not None and context.read_status is ReadStatus.OK


def _gone(context: StepContext | None) -> bool:
    return context is not None and context.read_status is ReadStatus.GONE
