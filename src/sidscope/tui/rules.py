"""The Rules screen: what sidscope goes by, and how often each rule holds in what is loaded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from sidscope.domain.phrases import CHANNEL_NAMES
from sidscope.domain.record import Anomaly, Verdict
from sidscope.domain.records import Channel
from sidscope.domain.rulebook import BELONGING, COMPARING, MEANINGS, ODD_MEANINGS, ON_CHANNEL, WINDOW
from sidscope.domain.stats import ALL, PER_CONVERSATION, UNREAD, Stats
from sidscope.tui.ink import BLANK, Ink, Row, fit, wrap
from sidscope.tui.marks import ANOMALY, CHANNELS, VERDICTS, Mark
from sidscope.tui.picture_signs import LEGEND
from sidscope.tui.words import count

_NAME: Final = 29  # cells for what the figures of a line are about
_NOUGHT: Final = "·"  # the eye finds the figures between them
_BESIDE: Final = 40  # cells from which on words stand beside the figures
_MOST_WORDS: Final = 96  # cells of a line of text, however wide the screen is


class _Column(NamedTuple):
    """The figures of one channel by label, each in ``width`` cells."""

    name: str
    figures: Mapping[str, str]
    width: int


class _Table(NamedTuple):
    """The channels that fit, and the names of the others."""

    columns: tuple[_Column, ...] = ()
    left_out: tuple[str, ...] = ()


def rules_rows(stats: Stats | None, cells: int, *, complete: bool) -> list[Row]:
    """The screen in ``cells``. ``stats``: None while they are counted for the first time; ``complete``: whether all
    that the archive has of this time is loaded."""
    table = _table(stats, cells) if stats else _Table()
    loaded = f"{count(stats.total.executions, 'execution')} loaded" if stats else "counting…"
    so_far = " so far" if stats and not complete else ""
    rows = [
        Row((Ink("  Rules", "strong"), Ink(f"   {loaded}{so_far}", "plain"))),
        Row((Ink("  esc closes · sidscope stats prints this", "faint"),)),
    ]
    rows += [BLANK, _heading("What belongs together", table), *_prose(BELONGING, cells)]
    rows += [_figures(label, Mark(" ", "", "plain"), table) for label in ("executions", *PER_CONVERSATION)]
    rows += [BLANK, _heading("Why this conversation", table), *_prose(COMPARING, cells)]
    for verdict in Verdict:
        mark = VERDICTS[verdict.value]
        rows += _explained(_figures(verdict.value, mark, table), MEANINGS[verdict], cells)
    rows += [BLANK, _heading("Anomalies, beside it", table)]
    for anomaly in Anomaly:
        rows += _explained(_figures(anomaly.value, ANOMALY, table), ODD_MEANINGS[anomaly], cells)
    if table.left_out:
        rows += [BLANK, *_prose((f"Too narrow for {', '.join(table.left_out)}: sidscope stats has them.",), cells)]
    rows += [BLANK, Row((Ink("  The picture of a story", "title"),))]
    for sign, words, ink in LEGEND:
        for number, line in enumerate(wrap(words, min(cells - 17, _MOST_WORDS))):
            rows.append(Row((Ink("  "), Ink(fit(sign if not number else "", 13), ink), Ink(line)), stands=True))
    rows += [BLANK, Row((Ink("  The 24-hour window", "title"),)), *_prose(WINDOW, cells)]
    for channel in Channel:
        if stats is None or channel.value in stats.channels:
            name = CHANNEL_NAMES.get(channel, channel.value)
            title = f"  {name[:1].upper()}{name[1:]}"
            rows += [BLANK, Row((Ink(title, "title"),)), *_prose((ON_CHANNEL[channel],), cells)]
    return rows


def _table(stats: Stats, cells: int) -> _Table:
    """As many channels as fit, the last ones left out first; all of them together always."""
    *channels, together = (_column(name, figures) for name, figures in stats.figures().items())
    shown, left = [together], cells - _NAME - 3 - together.width
    for column in channels:
        left -= column.width
        if left >= 0:
            shown.append(column)
    return _Table(tuple(shown), tuple(column.name for column in channels if column not in shown))


def _column(channel: str, figures: Mapping[str, str]) -> _Column:
    name = "unread" if channel == UNREAD else CHANNELS.get(channel, channel)
    return _Column(name, figures, 2 + max(map(len, (name, *figures.values()))))


def _heading(title: str, table: _Table) -> Row:
    names = "".join(column.name.rjust(column.width) for column in table.columns)
    return Row((Ink("  "), Ink(fit(title, _NAME), "title"), Ink(names, "dim")))


def _figures(label: str, mark: Mark, table: _Table) -> Row:
    parts = [Ink(f"  {mark.sign} ", mark.ink), Ink(fit(label, _NAME - 2))]
    for column in table.columns:
        figure = column.figures[label]
        text = (_NOUGHT if figure == "0" else figure).rjust(column.width)
        parts.append(Ink(text, "faint" if figure == "0" else "strong" if column.name == ALL else "plain"))
    return Row(tuple(parts), stands=True)


def _explained(figures: Row, words: str, cells: int) -> Iterator[Row]:
    """The figures with what they are about: beside them where there is room, else below."""
    taken = sum(len(part.text) for part in figures.parts) + 3
    beside = cells - taken >= _BESIDE
    indent = taken if beside else 4
    lines = [Ink(line, "dim") for line in wrap(words, min(cells - indent - 1, _MOST_WORDS))]
    if beside:
        figures = figures._replace(parts=(*figures.parts, Ink("   "), lines.pop(0)))
    yield figures
    for line in lines:
        yield Row((Ink(" " * indent), line))


def _prose(paragraphs: Iterable[str], cells: int) -> Iterator[Row]:
    for paragraph in paragraphs:
        for line in wrap(paragraph, min(cells - 4, _MOST_WORDS)):
            yield Row((Ink(f"  {line}", "plain"),), stands=True)  # so that the cursor comes to the very end
