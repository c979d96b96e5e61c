"""A story put into cells: lanes, executions, agent tasks, windows, axis. A pure function of what is known, the width,
the view and the moment; what it gives stands wholly inside the width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Final, NamedTuple

from sidscope.domain.axis import Axis, Fold, Label, axis, days, local, times
from sidscope.domain.record import Record, Verdict
from sidscope.domain.records import EPOCH
from sidscope.domain.story import AgentTask, Lane, Story, began, ended
from sidscope.domain.value import value
from sidscope.domain.window import Span

MOST_ZOOM: Final = 8
"""So often can the picture be doubled in width: seconds, for a story of hours."""

_SILENCE: Final = 4 * 3600.0
"""Seconds in which nothing begins or ends that are folded at zoom 0; half of it at each further one."""

_FINEST: Final = 60.0  # seconds a cell, at zoom 0: silence is not folded to make minutes long

MORE_LEFT, MORE_RIGHT, CHOSEN, NOW = "‹", "›", "▾", "now"
"""What the axis says besides days and times: there is more on that side; the selected execution's time; the present."""


class View(NamedTuple):
    """The part of the axis that is shown: it is ``2 ** zoom`` times as wide as the picture, of which so many cells lie
    to the left."""

    zoom: int = 0
    offset: int = 0


class Bar(NamedTuple):
    """Executions that begin in one cell, until the last of them ends or the next bar begins."""

    at: int
    cells: int
    keys: tuple[str, ...]
    linked: bool = False  # all but the first were handed over, and there is room to draw each with its link
    handed: bool = False  # the first of them was handed over from a bar before
    running: bool = False  # to the present moment
    cut: bool = False  # began left of the view


class Stretch(NamedTuple):
    """The cells in which a lane's conversation is known to have been open."""

    at: int
    cells: int


class Spell(NamedTuple):
    """The cells of an agent's task."""

    at: int
    cells: int
    task: AgentTask


class Band(NamedTuple):
    """The cells of a customer service window; ``lapsed`` is the cell in which it lapsed, ``inbound`` those of known
    messages."""

    at: int
    cells: int
    span: Span
    lapsed: int | None
    inbound: tuple[int, ...]


@value
class Track:
    """A lane in cells; ``closed`` is the cell of the mark that it was closed."""

    lane: Lane
    line: Stretch | None
    bars: tuple[Bar, ...]
    tasks: tuple[Spell, ...]
    closed: int | None

    @property
    def in_view(self) -> bool:
        """Whether anything of it is."""
        return bool(self.line or self.bars or self.tasks)


@value
class Picture:
    """Everything that is drawn, in cells from the left edge of the view."""

    cells: int
    view: View
    days: tuple[Label, ...]
    times: tuple[Label, ...]
    folds: tuple[Fold, ...]
    now: int | None
    selected: int | None
    bands: tuple[Band, ...]
    tracks: tuple[Track, ...]
    more_left: bool
    more_right: bool

    def key_at(self, track: int, cell: int) -> str | None:
        """The execution drawn in this cell of a lane; of several the first."""
        for bar in self.tracks[track].bars:
            if bar.at <= cell < bar.at + bar.cells:
                step = (cell - bar.at) // 2 if bar.linked else 0
                return bar.keys[min(step, len(bar.keys) - 1)]
        return None


def ruler(story: Story, now: datetime, cells: int, zoom: int) -> Axis:
    """The axis from the story's beginning until now."""
    times = 1 << zoom
    return axis(set(_moments(story, now)) | {now}, cells * times, silence=_SILENCE / times, finest=_FINEST / times)


def _moments(story: Story, now: datetime) -> Iterator[datetime]:
    for lane in story.lanes:
        for record in lane.records:
            if began(record) != EPOCH:
                yield began(record)
                yield ended(record) or now
        for task in lane.tasks:
            yield task.started
            yield task.ended or task.started
        if lane.closed:
            yield max(lane.closed, began(lane.records[0]))
        if began(lane.records[0]) != EPOCH:
            yield lane.begins
    for span in story.windows:
        if span.lapses <= now:
            yield span.lapses


def reveal(axis: Axis, cells: int, view: View, moment: datetime) -> View:
    """The view moved just as far as needed to have a moment in it, with something around it."""
    at = axis.cell(moment)
    if view.offset <= at < view.offset + cells:
        return view
    return view._replace(offset=at - cells // 3)


def zoomed(story: Story, now: datetime, cells: int, view: View, zoom: int, moment: datetime | None) -> View:
    """The view at another zoom. The moment stays where it is if it is in view (but not at an edge, so that what is
    around it is seen), else the middle does."""
    before = ruler(story, now, cells, view.zoom)
    zoom = max(0, min(MOST_ZOOM, zoom))
    after = ruler(story, now, cells, zoom)
    at = before.cell(moment) - view.offset if moment else -1
    if moment is None or not 0 <= at < cells:
        at = cells // 2
        place = after.cell(datetime.fromtimestamp(before.time(view.offset + at), now.tzinfo))
    else:
        place = after.cell(moment)
        at = max(cells // 4, min(cells - cells // 4, at))
    return clamped(View(zoom, place - at), cells)


def clamped(view: View, cells: int) -> View:
    """The view kept on the axis."""
    return view._replace(offset=max(0, min((cells << view.zoom) - cells, view.offset)))


def layout(
    story: Story, now: datetime, cells: int, view: View, zone: tzinfo | None, selected: str | None = None
) -> Picture:
    """The picture of a story in so many cells; times of day in a zone (None: the machine's)."""
    cells = max(1, cells)
    rule = ruler(story, now, cells, view.zoom)
    view = clamped(view, cells)
    start = view.offset
    chosen = story.record(selected)
    at = rule.cell(began(chosen)) - start if chosen else -1
    now_at = rule.cell(now) - start
    more_left, more_right = start > 0, start + cells < rule.cells
    first = [Label(0, MORE_LEFT)] * more_left + [Label(cells - 1, MORE_RIGHT)] * more_right
    today = [Label(now_at, NOW)] if 0 <= now_at < cells else []
    own = []
    if chosen is not None and 0 <= at < cells:
        own.append(Label(at, f"{CHOSEN}{local(began(chosen).timestamp(), zone):%H:%M}"))
    clock = times(rule, start, cells, zone, [*first, *own])
    if not any(label.text[0] == CHOSEN for label in clock):
        today += own  # there is no room for it between two folds
    return Picture(
        cells=cells,
        view=view,
        days=days(rule, start, cells, zone, today),
        times=clock,
        folds=tuple(
            fold._replace(at=fold.at - start)
            for fold in rule.folds
            if fold.at >= start and fold.at + fold.cells <= start + cells
        ),
        now=now_at if 0 <= now_at < cells else None,
        selected=at if chosen is not None and 0 <= at < cells else None,
        bands=tuple(_bands(story, rule, now, start, cells)),
        tracks=tuple(_track(lane, rule, now, start, cells) for lane in story.lanes),
        more_left=more_left,
        more_right=more_right,
    )


def _clip(at: int, end: int, start: int, cells: int) -> tuple[int, int] | None:
    """Cells ``at`` to ``end`` (both included) as (first, how many) of the view; None if they are out of it."""
    low, high = max(at - start, 0), min(end - start, cells - 1)
    return (low, high - low + 1) if low <= high else None


def _track(lane: Lane, rule: Axis, now: datetime, start: int, cells: int) -> Track:
    whole = list(_bars(lane, rule, now))
    bars = []
    for bar in whole:
        part = _clip(bar.at, bar.at + bar.cells - 1, start, cells)
        if part is None:
            continue
        cut = bar.at < start
        short = bar.linked and part[1] < bar.cells
        bars.append(bar._replace(at=part[0], cells=part[1], cut=cut, linked=bar.linked and not short))
    spells = []
    for task in lane.tasks:
        until = task.ended or (now if task.open else task.started)
        part = _clip(rule.cell(task.started), rule.cell(until), start, cells)
        if part is not None:
            spells.append(Spell(*part, task))
    closed = None
    if lane.closed is not None:
        closed = rule.cell(lane.closed)
        while any(bar.at <= closed < bar.at + bar.cells for bar in whole):
            closed += 1
    line = None
    if lane.sid is not None:
        ends = [bar.at + bar.cells - 1 for bar in whole]
        ends += [rule.cell(task.ended or task.started) for task in lane.tasks]
        until_cell = closed if closed is not None else rule.cell(now) if lane.open else max(ends)
        until_cell = min(rule.cells - 1, max(until_cell, rule.cell(lane.begins)))
        part = _clip(rule.cell(lane.begins), until_cell, start, cells)
        line = Stretch(*part) if part else None
    shown = closed - start if closed is not None and 0 <= closed - start < cells else None
    return Track(lane, line, tuple(bars), tuple(spells), shown)


def _bars(lane: Lane, rule: Axis, now: datetime) -> Iterator[Bar]:
    heads: dict[int, list[tuple[str, Record]]] = {}
    for key, record in zip(lane.keys, lane.records, strict=True):
        heads.setdefault(rule.cell(began(record)), []).append((key, record))
    places = sorted(heads)
    for at, following in pairwise([*places, rule.cells]):
        keys, members = zip(*heads[at], strict=True)
        end = max(rule.cell(min(ended(record) or now, now)) for record in members)
        least = 2 * len(members) - 1
        linked = len(members) > 1 and _all_handed(members[1:]) and at + least <= following
        length = max(least if linked else 1, min(end, following - 1) - at + 1)
        yield Bar(
            at,
            length,
            keys,
            linked=linked,
            handed=_all_handed(members[:1]),
            running=any(record.active for record in members) and at + length - 1 >= end,
        )


def _all_handed(records: Sequence[Record]) -> bool:
    return all(record.verdict == Verdict.HANDOVER for record in records)


def _bands(story: Story, rule: Axis, now: datetime, start: int, cells: int) -> Iterator[Band]:
    for span in story.windows:
        part = _clip(rule.cell(span.opened), rule.cell(min(span.lapses, now)), start, cells)
        if part is None:
            continue
        lapsed = rule.cell(span.lapses) - start if span.lapses <= now else None
        marks = {rule.cell(time) - start for time in story.inbound if span.opened <= time <= span.last_inbound}
        yield Band(
            *part,
            span,
            lapsed if lapsed is not None and 0 <= lapsed < cells else None,
            tuple(sorted(cell for cell in marks if 0 <= cell < cells)),
        )
