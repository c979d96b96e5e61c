"""The story of a contact as lines: one sentence per execution, oldest first, with the evidence under it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sidscope.domain.record import Basis, Evidence, Record
from sidscope.domain.records import Channel
from sidscope.domain.sids import is_sid, short
from sidscope.domain.times import reads_in, say_span
from sidscope.domain.window import WINDOW
from sidscope.tui.detail import Detail
from sidscope.tui.groups import record_key, started
from sidscope.tui.ink import BLANK, Ink, Row, fit, wrap
from sidscope.tui.marks import ANOMALY, CONTEXTS, anomaly_words, state_mark, verdict_mark
from sidscope.tui.words import age, clock, count, day, told

_BAR = 8  # cells of the window's bar: 24 hours


def story_rows(detail: Detail, now: datetime, cells: int) -> list[Row]:
    """The whole story for a pane of ``cells``; the rows of the selected execution stand out."""
    rows = [_summary(detail)]
    shown_day = None
    for record in detail.story:
        today = day(started(record), now)
        if today != shown_day:
            rows += [BLANK, Row((Ink(f"  {today}", "title"),))]
            shown_day = today
        rows += _sentence(record, record_key(record) == detail.key, now, cells)
    return rows


def reads_of(detail: Detail) -> tuple[datetime, ...]:
    """When what a story tells was read, as far as it says how long ago that is."""
    reads = {lane.read_at for lane in detail.drawn.lanes if lane.read_at}
    for record in detail.story:
        reads.update(reads_in(record.verdict_reason))
    return tuple(reads)


def ticking(detail: Detail, reads: Sequence[datetime], now: datetime) -> tuple[str, ...]:
    """Every word of a story, picture and sentences, that becomes another one by itself: they are made anew when this
    has changed. With the minute the axis goes on too."""
    left = [say_span(window.left(now)) for window in detail.windows[-1:] if window.open_at(now)]
    return (f"{now:%d %H:%M}", *left, *(age(read, now) for read in reads))


def heading(detail: Detail, now: datetime) -> tuple[list[Ink], list[Ink]]:
    """Who the story is about; and WhatsApp's 24 hours: what is left, as far as inbound messages are known."""
    record = detail.record
    left = [
        Ink(f"  {record.contact}" if record.contact else "  contact unknown", "strong" if record.contact else "dim")
    ]
    if record.channel != Channel.WHATSAPP:
        return left, [Ink(f"{record.channel or 'channel unknown'} ", "dim")]
    if not detail.windows:
        return left, [Ink("24-hour window unknown ", "dim")]
    last = detail.windows[-1]
    if not last.open_at(now):
        return left, [Ink("24-hour window ", "dim"), Ink(f"lapsed {say_span(now - last.lapses)} ago ", "dim")]
    remaining = last.left(now)
    full = max(1, min(_BAR, round(_BAR * (remaining / WINDOW))))
    return left, [
        Ink("window ", "dim"),
        Ink("━" * full, "good"),
        Ink("╌" * (_BAR - full), "rail"),
        Ink(f" {say_span(remaining)} left ", "good"),
    ]


def _summary(detail: Detail) -> Row:
    story = detail.story
    conversations = {each.conversation_sid.upper() for each in story if each.conversation_sid}
    known = count(len(story), "execution")
    if conversations:
        known += " · " + count(len(conversations), "conversation")
    if detail.drawn.elsewhere:
        known += f" · {detail.drawn.elsewhere:,} more with another number of yours"
    return Row((Ink(f"  {known}", "dim"),))


def _sentence(record: Record, selected: bool, now: datetime, cells: int) -> Iterator[Row]:
    key, why, state = record_key(record), verdict_mark(record), state_mark(record)
    head = [
        Ink(" ▶ " if selected else "   ", "accent"),
        Ink(clock(started(record)), "strong" if selected else "plain"),
        Ink(f"  {fit(f'{why.sign} {why.word}', 14)}", why.ink),
        Ink(f" {short(record.execution_sid)} ", "sidstrong" if selected else "sid"),
        Ink(f"{state.sign} ", state.ink),
        Ink(record.flow_name or short(record.flow_sid), "dim"),
    ]
    yield Row(tuple(head), value=record.execution_sid, goto=key, stands=True)
    for line in wrap(told(record.verdict_reason, now), cells - 7):
        yield Row((Ink(f"     {line}", "plain" if selected else "dim"),))
    for words in anomaly_words(record):
        for line_number, line in enumerate(wrap(told(words, now), cells - 9)):
            yield Row((Ink(f"     {ANOMALY.sign if line_number == 0 else ' '} {line}", ANOMALY.ink),))
    unread = CONTEXTS.get(record.context_status)
    if unread is not None and record.verdict != "unknown":
        yield Row((Ink(f"     {unread.sign} context {unread.word}", unread.ink),))
    if selected:
        if record.verdict_basis == Basis.INFERRED:
            yield Row((Ink("     inferred from contexts and times, not said by Twilio", "faint"),))
        for item in record.evidence:
            for line_number, line in enumerate(wrap(_evidence(item), cells - 9)):
                yield Row((Ink(f"     {'·' if line_number == 0 else ' '} {line}", "faint"),))


def _evidence(item: Evidence) -> str:
    words = [item.fact]
    if item.sid:
        words.append(short(item.sid) if is_sid(item.sid) else item.sid)
    if item.time:
        words.append(clock(item.time))
    return " ".join(words) + (f" ({item.source})" if item.source else "")
