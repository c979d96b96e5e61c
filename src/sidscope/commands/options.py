"""The options of the command line as values: parsed, checked, in one place."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sidscope.domain.anomalies import STUCK_AFTER
from sidscope.domain.query import Query, QueryError, parse_query
from sidscope.domain.sids import SHORTEST_BEGINNING, is_sid_prefix
from sidscope.domain.spelling import as_query
from sidscope.domain.times import parse_since, parse_span
from sidscope.domain.value import value
from sidscope.settings import SettingsError, data_dir
from sidscope.veil import hide_addresses

if TYPE_CHECKING:
    from sidscope.twilio_api.recording import Session


class UsageError(SettingsError):
    """The command line itself is wrong: exit code 2."""


def not_a_sid(text: str) -> UsageError:
    """What to say of a SID that is none."""
    whole = "a SID is two letters and 32 hexadecimal digits"
    return UsageError(f"{text} is not a SID: {whole}; of one that the archive knows the first six characters will do.")


DEFAULT_SINCE = timedelta(hours=24)

COMMANDS: Final = ("pick", "list", "find", "stats", "archive", "doctor")

PICKED = ("execution", "conversation", "call", "task")
"""What `pick` can pick."""

FORMATS = {"list": ("table", "json", "jsonl", "csv"), "find": ("tree", "json", "markdown"), "stats": ("table", "json")}

_FITTING: Final = {
    "archive": ("--profile", "--data-dir"),
    "doctor": ("--demo", "--profile", "--no-archive", "--offline", "--data-dir"),
}
"""The common options that change something, for commands where not all do."""


@value
class Options:
    """What was asked for, at ``started``, from which spans count. ``since_given`` says that it was typed, not
    assumed."""

    started: datetime
    query_text: str
    query: Query
    demo: bool
    profile: str | None
    since: datetime
    since_span: timedelta | None
    since_given: bool
    until: datetime | None
    explain: bool
    data_dir: Path
    limit: int | None
    offline: bool
    no_archive: bool
    stuck_after: timedelta
    format: str
    older_than: datetime | None
    record: Path | None = None
    record_unmasked: bool = False
    replay: Path | None = None
    kind: str = PICKED[0]
    no_mask: bool = False
    mask: bool = False

    def spoken(self, sentence: str) -> str:
        """A sentence for the user, without addresses if they are to be masked."""
        return hide_addresses(sentence) if self.mask else sentence


def nearest_command(text: str) -> str | None:
    """The command that somebody who typed this one word may have meant."""
    from difflib import get_close_matches

    near = get_close_matches(text.strip(), COMMANDS, n=1, cutoff=0.75) if len(text) <= 20 else []
    return near[0] if near else None


def add_session(parser: argparse.ArgumentParser) -> None:
    """The options of the commands that talk to Twilio so that it can be recorded."""
    tape = parser.add_argument_group("a session on file, for bug reports")
    tape.add_argument("--record", metavar="FILE", help="write down what Twilio answers, without secrets, masked")
    tape.add_argument("--record-unmasked", action="store_true", help="addresses, names and texts as they are")
    tape.add_argument("--replay", metavar="FILE", help="the same again from that file: no network, no credentials")


def add_common(parser: argparse.ArgumentParser, command: str) -> None:
    """The options that every command takes. Its help names those that change something."""
    fitting = _FITTING.get(command)

    def add(group: argparse._ArgumentGroup, option: str, help: str, **more: Any) -> None:
        group.add_argument(option, help=help if not fitting or option in fitting else argparse.SUPPRESS, **more)

    where = parser.add_argument_group("which account")
    add(where, "--demo", "the simulated account: no credentials, no network", action="store_true")
    add(where, "--profile", "a twilio-cli profile", metavar="NAME")
    add(where, "--no-archive", "keep nothing on this machine after the end", action="store_true")
    add(where, "--offline", "what the archive knows; nothing is asked of Twilio", action="store_true")
    add(where, "--data-dir", "where archives live (also SIDSCOPE_DATA_DIR)", metavar="DIR")
    what = parser.add_argument_group("what to read")
    add(what, "--since", "24h, 7d or an ISO 8601 time (default 24h)", metavar="WHEN")
    add(what, "--until", "the same; default now", metavar="WHEN")
    add(
        what,
        "--explain",
        "spend the look-ups that turn inferred verdicts into observed ones",
        action="store_true",
    )
    add(what, "--mask", "hide addresses and texts, in JSON too, to show it to others", action="store_true")
    add(what, "--limit", "show at most the newest N executions", metavar="N")
    add(what, "--stuck-after", "how long an active execution may be silent (default 2h)", metavar="SPAN")


def options_of(
    parsed: argparse.Namespace, query: Sequence[str], env: Mapping[str, str], now: datetime, *, command: str
) -> Options:
    """Checks what was typed. Raises UsageError or another SettingsError with one sentence."""
    if parsed.demo and parsed.profile is not None:
        raise UsageError("--demo is the simulated account: leave out --profile.")
    text = " ".join(query)
    older_than = getattr(parsed, "older_than", None)
    session = _session(parsed)
    now = session.started if session else now
    since = session.since if session else now - DEFAULT_SINCE
    since = _moment("--since", parsed.since, now) if parsed.since is not None else since
    until = session.until if session else None
    until = _moment("--until", parsed.until, now) if parsed.until is not None else until
    if until is not None and until <= since:
        raise UsageError("--until must be later than --since.")
    try:
        parsed_query = parse_query(as_query(text)) if command != "find" else Query()
    except QueryError as error:
        raise UsageError(
            f"The query cannot be understood at character {error.position + 1}: {error.message}."
        ) from None
    if command == "list":  # in the explorer's box it may be a longer beginning in the making
        for term in parsed_query.terms:
            slip = is_sid_prefix(term.value) and len(term.value) < SHORTEST_BEGINNING
            if not term.key and slip and any(map(str.isdigit, term.value)):  # CAfe is a word
                raise UsageError(f"{term.value} is not a SID, and too short for the beginning of one (CH12ab).")
    record, replay = getattr(parsed, "record", None), getattr(parsed, "replay", None)
    return Options(
        started=now,
        query_text=text,
        query=parsed_query,
        demo=parsed.demo,
        profile=parsed.profile,
        since=since,
        since_span=parse_span(parsed.since) if parsed.since is not None else DEFAULT_SINCE,
        since_given=parsed.since is not None or bool(session and session.since_given),
        until=until,
        explain=parsed.explain,
        data_dir=data_dir(parsed.data_dir, env),
        limit=_count("--limit", parsed.limit),
        offline=parsed.offline,
        no_archive=parsed.no_archive,
        stuck_after=_span("--stuck-after", parsed.stuck_after) or STUCK_AFTER,
        format=getattr(parsed, "format", "table"),
        older_than=_moment("--older-than", older_than, now) if older_than is not None else None,
        record=Path(record) if record is not None else None,
        record_unmasked=getattr(parsed, "record_unmasked", False),
        replay=Path(replay) if replay is not None else None,
        kind=getattr(parsed, "kind", PICKED[0]),
        no_mask=_no_mask(parsed),
        mask=parsed.mask,
    )


def _no_mask(parsed: argparse.Namespace) -> bool:
    no_mask = bool(getattr(parsed, "no_mask", False))
    if no_mask and parsed.format != "markdown":
        raise UsageError("--no-mask goes with --format markdown.")
    if no_mask and parsed.mask:
        raise UsageError("--mask and --no-mask exclude each other.")
    return no_mask


def _session(parsed: argparse.Namespace) -> Session | None:
    """What --replay plays; raises a SettingsError if that is no recording, or for options that make no sense."""
    record, replay = getattr(parsed, "record", None), getattr(parsed, "replay", None)
    if record is not None and parsed.offline:
        raise UsageError("--offline asks Twilio nothing, so there is nothing to --record.")
    if getattr(parsed, "record_unmasked", False) and record is None:
        raise UsageError("--record-unmasked goes with --record FILE.")
    if replay is None:
        return None
    others = {"--record": record, "--demo": parsed.demo, "--offline": parsed.offline, "--profile": parsed.profile}
    for option, given in others.items():
        if given:
            raise UsageError(f"--replay plays the account of its recording: leave out {option}.")
    from sidscope.twilio_api.recording import read_session

    return read_session(Path(replay))


def _moment(option: str, text: str, now: datetime) -> datetime:
    moment = parse_since(text, now)
    if moment is None:
        raise UsageError(f"{option} {text!r} is no time: give a span such as 24h or 7d, or an ISO 8601 time.")
    return moment


def _span(option: str, text: str | None) -> timedelta | None:
    if text is None:
        return None
    span = parse_span(text)
    if span is None:
        raise UsageError(f"{option} {text!r} is no span: give 90m, 2h or 7d.")
    return span


def _count(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.removeprefix("-").isdigit():
        raise UsageError(f"{option} {text!r} is no number: give 1 or more.")
    if int(text) < 1:
        raise UsageError(f"{option} {text} would show nothing: give 1 or more.")
    return int(text)
