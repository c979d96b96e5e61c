"""The picture of a story as rows of inks: lanes of signs that read without colour. Pure.

A conversation is a line ``──``, an execution a block ``█`` on it (its tail ``▄`` until it ends), a digit where several
begin in one cell, ``⇢`` before one that was handed over, an agent's task ``╞══╡``, a closing ``╳``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from sidscope.domain.picture import CHOSEN, MORE_LEFT, MORE_RIGHT, NOW, Band, Bar, Picture, Spell, Track, View, layout
from sidscope.domain.record import Basis, Record
from sidscope.domain.records import ReadStatus
from sidscope.domain.sids import short
from sidscope.domain.story import AgentTask, LaneKind, Story
from sidscope.domain.times import say_span
from sidscope.domain.value import value
from sidscope.safetext import width
from sidscope.tui.canvas import Canvas
from sidscope.tui.ink import Ink, Row, reversed_ink, shown
from sidscope.tui.marks import ANOMALY
from sidscope.tui.picture_signs import (
    CLOSED,
    HANDED,
    HERE,
    INBOUND,
    LAPSED,
    LINE,
    PRESENT,
    RUNS,
    SILENT,
    START,
    TAIL,
    TASK,
    TASK_BRIEF,
    TASK_FROM,
    TASK_TO,
    WINDOW,
)
from sidscope.tui.words import ago, clock, count, zone

LEAST_HIGH: Final = 3
"""Rows below which there is no picture: axis and two lanes."""

_ROOMY: Final = 52  # cells from which on the lanes' labels say how their state is known
_WIDE_LABEL, _LABEL = 18, 15


@value
class Drawn:
    """Rows of a picture, and what a click on them means: the track that each row is about, and where tracks begin."""

    rows: tuple[Row, ...]
    picture: Picture
    tracks: tuple[int | None, ...]
    left: int

    def key_at(self, row: int, cell: int) -> str | None:
        """The execution that is drawn there."""
        track = self.tracks[row] if 0 <= row < len(self.tracks) else None
        return self.picture.key_at(track, cell - self.left) if track is not None else None


def label_cells(cells: int) -> int:
    """How many cells the lanes' labels take in a picture of so many."""
    return _WIDE_LABEL if cells >= _ROOMY else _LABEL


def track_cells(cells: int) -> int:
    """How many cells are left for time; the last one stays free."""
    return max(1, cells - label_cells(cells) - 1)


def draw(story: Story, now: datetime, cells: int, height: int, view: View, selected: str | None) -> Drawn:
    """The picture in at most so many rows; the lane of the selected execution is among those that are shown."""
    left = label_cells(cells)
    picture = layout(story, now, track_cells(cells), view, zone(), selected)
    frame = 1 + (height >= 5) + bool(picture.bands and height >= 4)
    lanes, tall = _lanes(picture, story.lane_of(selected), height - frame)
    earlier, later = lanes.start, len(picture.tracks) - lanes.stop
    brush = _Brush(picture, story, now, left, selected)
    rows: list[Row] = []
    tracks: list[int | None] = []
    if height >= 5:
        rows.append(brush.days(f"↑ {earlier} earlier" if earlier else _zoom(view)))
    hidden = f"↓ {later} later" if later else f"↑ {earlier} earlier" if earlier and height < 5 else ""
    rows.append(brush.times(hidden or (_zoom(view) if earlier or height < 5 else "")))
    if picture.bands and height >= 4:
        rows.append(brush.windows())
    tracks += [None] * len(rows)
    for index in lanes:
        lane = brush.tall(picture.tracks[index]) if tall else [brush.flat(picture.tracks[index])]
        rows += lane
        tracks += [index] * len(lane)
    return Drawn(tuple(rows), picture, tuple(tracks), left)


def _zoom(view: View) -> str:
    return f"×{1 << view.zoom}" if view.zoom else ""


def _lanes(picture: Picture, chosen: int | None, room: int) -> tuple[range, bool]:
    """Which lanes are shown, and whether each gets two rows: all if they fit, else those around the chosen one, and
    rather those of which something is in view."""
    total = len(picture.tracks)
    if 2 * total <= room:
        return range(total), True
    if total <= room:
        return range(total), False
    visible = [index for index, track in enumerate(picture.tracks) if track.in_view]
    low, high = (visible[0], visible[-1] + 1) if visible else (0, total)
    at = chosen if chosen is not None and low <= chosen < high else high - 1
    if 2 * (high - low) <= room:
        return range(low, high), True
    if high - low <= room:
        return range(low, high), False
    begin = max(low, min(at - room // 2, high - room))
    return range(begin, begin + room), False


class _Brush:
    """Draws the rows of one picture."""

    def __init__(self, picture: Picture, story: Story, now: datetime, left: int, selected: str | None) -> None:
        self._picture, self._story, self._now = picture, story, now
        self._left, self._selected = left, selected
        self._above = selected is not None  # as long as the selected execution's lane is still to come
        self._records = {
            key: record for lane in story.lanes for key, record in zip(lane.keys, lane.records, strict=True)
        }

    def _canvas(self) -> Canvas:
        return Canvas(self._picture.cells)

    def _row(self, label: Sequence[Ink], canvas: Canvas) -> Row:
        line = Canvas(self._left)
        at = 0
        for text, ink in label:
            at += line.write(at, text, ink, self._left - 1 - at)
        return Row((*line.inks(), *canvas.inks(), Ink(" ")))

    # --- the frame

    def days(self, label: str) -> Row:
        """The days, and how many lanes are above those that are shown."""
        canvas = self._canvas()
        for at, text in self._picture.days:
            canvas.write(at, text, "strong" if text == NOW else "accent" if text[0] == CHOSEN else "title")
        return self._row((Ink(" "), Ink(label, "dim")), canvas)

    def times(self, label: str) -> Row:
        """Times of day, what is folded, and now."""
        picture, canvas = self._picture, self._canvas()
        for fold in picture.folds:
            text = _silence(fold.span)
            text = f"⟨{text}⟩" if len(text) + 2 <= fold.cells else text
            canvas.write(fold.at + (fold.cells - len(text)) // 2, text, "faint")
        for at, text in picture.times:
            canvas.write(at, text, "accent" if text[0] == CHOSEN else "dim")
        if picture.more_left:
            canvas.draw(0, MORE_LEFT, "accent")
        if picture.more_right:
            canvas.draw(picture.cells - 1, MORE_RIGHT, "accent")
        return self._row((Ink(" "), Ink(label, "dim")), canvas)

    def windows(self) -> Row:
        """WhatsApp's windows: open ``━``, a known message of the customer ``┻``, lapsed ``┫``."""
        canvas = self._canvas()
        self._rails(canvas)
        for band in self._picture.bands:
            canvas.draw(
                band.at, WINDOW, "good" if band.span.open_at(self._now) else "dim", times=band.cells, taken=False
            )
            for at in band.inbound:
                canvas.draw(at, INBOUND, "good" if band.span.open_at(self._now) else "dim", taken=False)
            if band.lapsed is not None:
                canvas.draw(band.lapsed, LAPSED, "dim")
        for number, band in enumerate(self._picture.bands):
            self._band_text(canvas, band, self._picture.bands[number + 1 :])
        return self._row((Ink(" 24-hour window", "dim"),), canvas)

    def _band_text(self, canvas: Canvas, band: Band, later: Sequence[Band]) -> None:
        """When it lapsed; of the open one, where its end is in view, what is left: right of a message of the customer,
        of the last one if there is room (else the line above the tabs says it alone)."""
        if band.lapsed is not None:
            end = later[0].at if later else self._picture.cells
            text = f" lapsed {clock(band.span.lapses)[:5]}"
            if band.lapsed + 1 + len(text) < end:
                canvas.write(band.lapsed + 1, text, "dim")
            return
        if not band.span.open_at(self._now) or self._picture.now is None:
            return
        left = say_span(band.span.left(self._now))
        marks = [*(band.inbound or (band.at - 1,)), band.at + band.cells]
        texts = (f" {left} left, until {clock(band.span.lapses)[:5]} ", f" {left} left ")
        for mark, following in reversed(list(pairwise(marks))):
            for text in texts:
                if len(text) + 3 <= following - mark - 1:
                    canvas.write(following - len(text) - 2, text, "good")
                    return

    def _rails(self, canvas: Canvas) -> None:
        """Now; and what leads from the axis down to the selected execution."""
        if self._picture.now is not None:
            canvas.draw(self._picture.now, PRESENT, "rail", taken=False)
        if self._picture.selected is not None and self._above:
            canvas.draw(self._picture.selected, HERE, "accent", taken=False)

    # --- lanes

    def flat(self, track: Track) -> Row:
        """A lane in one row: the task is part of the line."""
        canvas = self._canvas()
        self._line(canvas, track, track.tasks)
        self._bars(canvas, track, long=False)
        for spell in track.tasks:
            self._task_word(canvas, spell)
        row = self._row(self._label(track), canvas)
        self._above = self._above and not self._mine(track)
        return row

    def tall(self, track: Track) -> list[Row]:
        """A lane in two rows: what is known of it and its agents' tasks are below the line."""
        canvas = self._canvas()
        self._line(canvas, track, ())
        self._bars(canvas, track, long=True)
        if track.closed is not None and track.lane.closed is not None:
            words = f" {clock(track.lane.closed)[:5]}"
            if canvas.room(track.closed + 1) > len(words):
                canvas.write(track.closed + 1, words, "faint")
        self._above = self._above and not self._mine(track)
        below = self._canvas()
        self._rails(below)
        for spell in track.tasks:
            self._spell(below, spell)
        for number, spell in enumerate(track.tasks):
            ends = track.tasks[number + 1].at if number + 1 < len(track.tasks) else self._picture.cells
            self._task_words(below, spell, ends)
        rows = [self._row(self._label(track), canvas)]
        known = self._known(track)
        if known or track.tasks:
            rows.append(self._row((Ink(f"  {known}", "faint"),), below))
        return rows

    def _line(self, canvas: Canvas, track: Track, tasks: Sequence[Spell]) -> None:
        self._rails(canvas)
        if track.line is not None:
            canvas.draw(track.line.at, LINE, "rail", times=track.line.cells, taken=False)
            for fold in self._picture.folds:
                for cell in range(fold.at, fold.at + fold.cells):
                    if track.line.at <= cell < track.line.at + track.line.cells:
                        canvas.draw(cell, SILENT, "rail", taken=False)
        for spell in tasks:
            self._spell(canvas, spell)
        if track.closed is not None:
            canvas.draw(track.closed, CLOSED, "strong")

    def _spell(self, canvas: Canvas, spell: Spell) -> None:
        ink = "new" if spell.task.open else "dim"
        canvas.draw(spell.at, TASK, ink, times=spell.cells)
        if spell.cells > 1:
            canvas.draw(spell.at, TASK_FROM, ink)
            if not spell.task.open:
                canvas.draw(spell.at + spell.cells - 1, TASK_TO, ink)
        elif not spell.task.open:
            canvas.draw(spell.at, TASK_BRIEF, ink)

    def _task_word(self, canvas: Canvas, spell: Spell) -> None:
        """The task's status in one word, in its span or after it, where nothing else is."""
        word, ink = f" {_status(spell.task)} ", "new" if spell.task.open else "dim"
        at = spell.at + (spell.cells - len(word)) // 2
        if len(word) + 2 <= spell.cells and canvas.holds(at - 1, len(word) + 2, TASK):
            canvas.write(at, word, ink)
        elif canvas.room(spell.at + spell.cells) > len(word):
            canvas.write(spell.at + spell.cells, word, ink)

    def _task_words(self, canvas: Canvas, spell: Spell, ends: int) -> None:
        task, status = spell.task, _status(spell.task)
        ink = "new" if task.open else "dim"
        for words in (f" {short(task.sid)} {status} ", f" {status} "):
            if len(words) + 4 <= spell.cells:
                canvas.write(spell.at + (spell.cells - len(words)) // 2, words, ink)
                return
        for words in (f"{short(task.sid)} {status}", status):
            at = spell.at + spell.cells + 1
            if at + len(words) < ends:
                canvas.write(at, words, ink)
                return
            if spell.at - len(words) - 1 > 0 and canvas.room_before(spell.at) > len(words) + 1:
                canvas.write(spell.at - len(words) - 1, words, ink)
                return

    def _bars(self, canvas: Canvas, track: Track, *, long: bool) -> None:
        for bar in track.bars:
            self._bar(canvas, bar)
        order = sorted(track.bars, key=lambda bar: self._selected not in bar.keys)
        for bar in order:
            self._name(canvas, bar, long=long)

    def _bar(self, canvas: Canvas, bar: Bar) -> None:
        chosen = self._selected in bar.keys
        ink = self._bar_ink(bar)
        canvas.draw(bar.at, TAIL, "accent" if chosen and len(bar.keys) == 1 else ink, times=bar.cells)
        if bar.linked:
            for step in range(len(bar.keys)):
                own = "accent" if bar.keys[step] == self._selected else ink
                if step:
                    canvas.draw(bar.at + 2 * step - 1, HANDED, "same")
                canvas.draw(bar.at + 2 * step, START, own)
        elif not bar.cut:
            several = str(len(bar.keys)) if len(bar.keys) < 10 else "+"
            head = "accent" if chosen else ink
            canvas.draw(bar.at, *((START, head) if len(bar.keys) == 1 else (several, reversed_ink(head))))
        if bar.running and not bar.linked:
            end = bar.at + bar.cells - 1
            if end > bar.at:
                canvas.draw(end, RUNS, ink)
        if bar.handed and not bar.cut and bar.at and canvas.room_before(bar.at):
            canvas.draw(bar.at - 1, HANDED, "same")

    def _bar_ink(self, bar: Bar) -> str:
        members = [self._records[key] for key in bar.keys]
        if any(record.anomalies for record in members):
            return "warn"
        if any(record.active for record in members):
            return "good"
        verdicts = {record.verdict for record in members}
        return "same" if verdicts <= {"reentry", "handover"} else "plain"

    def _name(self, canvas: Canvas, bar: Bar, *, long: bool) -> None:
        """Names a bar to its right, else to its left; a cell stays free between a name and what it does not name."""
        ink = "accent" if self._selected in bar.keys else "sid" if long else "dim"
        after = bar.at + bar.cells
        room, before = canvas.room(after), canvas.room_before(bar.at)
        if bar.handed and not bar.cut:
            before = canvas.room_before(bar.at - 1)
        for words in self._names(bar, long=long):
            taken = width(shown(words))
            if taken + 1 < room or (taken + 1 == room and after + room == self._picture.cells):
                canvas.write(after, f" {words}", ink)
                return
            if taken + 2 < before and after + room == self._picture.cells:
                canvas.write(bar.at - taken - 1, f"{words} ", ink)
                return
            if taken + 6 < bar.cells and not bar.linked:
                canvas.write(bar.at + 2, f" {words} ", ink)
                return

    def _names(self, bar: Bar, *, long: bool) -> list[str]:
        members = [self._records[key] for key in bar.keys]
        record = self._records[self._selected if self._selected in bar.keys else bar.keys[0]]
        warning = f"{ANOMALY.sign} " if any(one.anomalies for one in members) else ""
        again = [one.reentry_number + 1 for one in members if one.verdict in ("reentry", "handover")]
        mark = f"↻{again[0]}" if again else ""
        if len(again) > 1:
            mark += f"–{again[-1]}"
        flow = shown(record.flow_name or short(record.flow_sid), 40)
        names = [f"{warning}{mark}".strip()] if warning or mark else []
        if long and len(members) <= 3:
            sid = short(record.execution_sid)
            own = f"↻{record.reentry_number + 1}" if record.verdict in ("reentry", "handover") else ""
            start = f"{warning}{own} " if own else warning
            names = [f"{start}{sid} {flow}", f"{start}{sid}", *names]
        return names

    # --- labels

    def _mine(self, track: Track) -> bool:
        return self._selected in track.lane.keys

    def _label(self, track: Track) -> list[Ink]:
        lane = track.lane
        mine = self._mine(track)
        lead = Ink("▶" if mine else " ", "accent")
        match lane.kind:
            case LaneKind.CALLS:
                return [lead, Ink(count(len(lane.records), "call"), "strong" if mine else "plain")]
            case LaneKind.NONE:
                return [lead, Ink("no conversation", "strong" if mine else "plain")]
            case LaneKind.UNKNOWN:
                return [lead, Ink("CH unknown", "strong" if mine else "plain")]
        state, ink = self._state(track)
        return [lead, Ink(short(lane.sid or ""), "sidstrong" if mine else "sid"), Ink(f" {state}", ink)]

    def _state(self, track: Track) -> tuple[str, str]:
        lane = track.lane
        if lane.state is None:
            return ("?" if lane.read_status is ReadStatus.PENDING else "⊘"), "dim"
        word = f"{lane.state}?" if lane.basis is Basis.INFERRED else lane.state
        return word, "good" if lane.open else "dim"

    def _known(self, track: Track) -> str:
        lane = track.lane
        if lane.kind is not LaneKind.CONVERSATION:
            return ""
        if lane.basis is Basis.INFERRED:
            return "inferred"
        match lane.read_status:
            case ReadStatus.DENIED:
                return "reading denied"
            case ReadStatus.FAILED:
                return "reading failed"
            case ReadStatus.GONE | ReadStatus.OK if lane.read_at is not None:
                return f"read {ago(lane.read_at, self._now)}"
        return "not read"


def _status(task: AgentTask) -> str:
    return task.status or {
        ReadStatus.GONE: "deleted", ReadStatus.DENIED: "denied", ReadStatus.FAILED: "not readable",
    }.get(task.read_status, "not read")  # fmt: skip


def _silence(span: timedelta) -> str:
    """How long nothing happened, in one unit and few cells."""
    seconds = span.total_seconds()
    for unit, name, most in ((60, "m", 100), (3600, "h", 73)):
        if seconds / unit < most:
            return f"{max(1, round(seconds / unit))} {name}"
    return f"{round(seconds / 86400)} d"


__all__ = ["LEAST_HIGH", "Drawn", "Record", "draw", "label_cells", "track_cells"]
