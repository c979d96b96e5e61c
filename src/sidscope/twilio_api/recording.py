"""A session with Twilio on file: what was asked, what was answered, and when.

JSON lines: first the session (account, region, when it began), then one line for every exchange, retries and faults
included, last a line that says how many there were. No credentials, no request headers; addresses and texts masked
unless told otherwise (:mod:`sidscope.domain.masking`). Knows nothing of HTTP: the transport brings plain values.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sidscope.domain.masking import Masker
from sidscope.domain.sids import is_sid
from sidscope.domain.times import iso, parse_time
from sidscope.domain.value import NOTHING, value
from sidscope.settings import Secret, SettingsError, api_url

VERSION: Final = 1
PRIVATE: Final = 0o600

HEADERS: Final = ("Content-Type", "Date", "Retry-After", "Twilio-Concurrent-Requests", "Twilio-Request-Id")
"""Those that say something; all others are left out."""

# When the last answer of a task came: what is made of it bears the same time in the recording and in its replay.
answered: ContextVar[datetime | None] = ContextVar("answered", default=None)


class RecordingError(SettingsError):
    """A file that cannot be recorded to or replayed; one sentence."""


class RecordingFailed(SettingsError):
    """The session went on, but the recording could not be written to its end."""

    exit_code = 1


@value
class Session:
    """What a replay must know besides the exchanges. ``since`` and ``until`` are what was looked at, and
    ``since_given`` whether somebody had typed that."""

    account_sid: str
    started: datetime
    since: datetime
    until: datetime | None = None
    region: str | None = None
    edge: str | None = None
    api_url: str | None = None
    masked: bool = True
    since_given: bool = False


@value
class Take:
    """What came of one request: an answer, or else a fault (the name of its error, its words, whether it passes)."""

    status: int = 0
    headers: Mapping[str, str] = NOTHING
    body: str = ""
    fault: str | None = None
    says: str = ""
    passing: bool = False


class Recorder:
    """Writes a session down while it goes on. Belongs to one event loop; ``path`` must not exist yet.

    What the disk refuses never disturbs the session: see :attr:`problem`. Raises RecordingError.
    """

    def __init__(self, path: Path, session: Session, secret: Secret, now: Callable[[], datetime]) -> None:
        self.path = path
        self.session = session
        self.exchanges = 0
        self.problem: str | None = None
        """One sentence if the recording could not be written to its end."""
        self._secret = secret
        self._masker = Masker() if session.masked else None
        self._now = now
        try:
            self._file = open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="ascii")  # noqa: SIM115
        except FileExistsError:
            raise RecordingError(f"{path} is there already: choose another file for --record.") from None
        except OSError as error:
            raise RecordingError(f"{path} cannot be written ({error.strerror}): choose another for --record.") from None
        os.chmod(path, PRIVATE)  # whatever the umask took away
        self._write(_header(session))

    def now(self) -> datetime:
        """The time; just after an answer, the one that was written down for it."""
        return answered.get() or self._now()

    def note(self, target: str, take: Take) -> None:
        """One exchange has ended: ``target`` is the path and query that was asked for."""
        moment = self._now()
        answered.set(moment)
        if self._file.closed:
            return
        line: dict[str, Any] = {"at": (moment - self.session.started).total_seconds(), "method": "GET"}
        line["target"] = self._masker.target(target) if self._masker else target
        if take.fault is None:
            body = self._masker.body(take.body, target, take.status) if self._masker else take.body
            headers = {name: take.headers[name] for name in HEADERS if name in take.headers}
            line |= {"status": take.status, "headers": headers, "body": self._secret.blotted(body)}
        else:
            line |= {"fault": take.fault, "says": self._secret.blotted(take.says), "passing": take.passing}
        self.exchanges += 1
        self._write(line)

    def close(self) -> None:
        """End the recording; without this it counts as cut off."""
        if self._file.closed:
            return
        self._write({"end": self.exchanges})
        try:
            self._file.close()
        except OSError as error:
            self._failed(error)

    def _write(self, line: Mapping[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line) + "\n")
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        self.problem = f"The recording {self.path} is not complete ({error.strerror}): make room and record again."
        with contextlib.suppress(OSError):
            self._file.close()


def read_session(path: Path) -> Session:
    """The session of a recording, of which only the first line is read. Raises RecordingError."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return session_of(path, file.readline())
    except OSError as error:
        raise unreadable(path, error) from None


def _header(session: Session) -> dict[str, Any]:
    return {
        "recording": VERSION,
        "account_sid": session.account_sid,
        "started": session.started.astimezone(UTC).isoformat(),
        "since": session.since.astimezone(UTC).isoformat(),
        "until": iso(session.until),
        "region": session.region,
        "edge": session.edge,
        "api_url": session.api_url,
        "masked": session.masked,
        "since_given": session.since_given,
    }


def session_of(path: Path, line: str) -> Session:
    document = read_object(line)
    version = document.get("recording") if document else None
    if document is None or not isinstance(version, int):
        raise RecordingError(f"{path} is no recording: --replay plays what --record has written.")
    if version > VERSION:
        raise RecordingError(f"{path} was recorded by a newer sidscope: update this one to replay it.")
    account, started, since = (document.get(name) for name in ("account_sid", "started", "since"))
    began, earliest = parse_time(started), parse_time(since)
    if not is_sid(account, "AC") or began is None or earliest is None or not isinstance(account, str):
        raise RecordingError(f"{path}:1 is broken: the recording cannot be replayed.")
    region, edge = (_text(document, name) for name in ("region", "edge"))
    try:
        url = api_url({"SIDSCOPE_API_URL": _text(document, "api_url") or ""})
    except SettingsError:
        raise RecordingError(f"{path}:1 names an API that is no origin: the recording cannot be replayed.") from None
    until = parse_time(document.get("until"))
    masked, given = document.get("masked") is not False, document.get("since_given") is True
    return Session(account, began, earliest, until, region, edge, url, masked, given)


def read_exchange(document: Mapping[str, Any]) -> tuple[str, float, Take] | None:
    at, target, headers = document.get("at"), document.get("target"), document.get("headers", {})
    if not isinstance(at, int | float) or not math.isfinite(at) or abs(at) > 1e9 or not isinstance(target, str):
        return None
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        return None
    fault = _text(document, "fault")
    if fault is not None:
        return target, at, Take(fault=fault, says=_text(document, "says") or "", passing=bool(document.get("passing")))
    status, body = document.get("status"), document.get("body")
    if not isinstance(status, int) or not 100 <= status <= 599 or not isinstance(body, str):
        return None
    return target, at, Take(status, headers, body)


def read_object(line: str) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None


def unreadable(path: Path, error: OSError) -> RecordingError:
    return RecordingError(f"{path} cannot be read ({error.strerror}): --replay needs what --record has written.")
