"""Opening an account and its archive for a command, by its options."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sidscope.archive import Archive, ArchiveError, archive_path, archived_accounts
from sidscope.commands.options import Options
from sidscope.domain.numbers import count
from sidscope.domain.value import value
from sidscope.safetext import safe
from sidscope.settings import Credentials, NoCredentials, Secret, api_url, resolve_credentials

if TYPE_CHECKING:
    from sidscope.config import Config
    from sidscope.twilio_api import Account, Policy
    from sidscope.twilio_api.recording import Recorder, Session
    from sidscope.twilio_api.replaying import Player

DEMO_SEED = 7
_MOST_NAMED = 5  # accounts in a sentence


@value
class Opened:
    """An archive, and the way to the account that fills it (None offline)."""

    account_sid: str
    label: str
    archive: Archive
    open_account: Callable[[], Awaitable[Account]] | None
    now: Callable[[], datetime]
    profile: str | None = None  # of twilio-cli
    region: str | None = None  # None: Twilio's default


@value
class Way:
    """How an account is reached: with which credentials (None: not at all), and what else ``connect`` wants."""

    account_sid: str
    label: str
    credentials: Credentials | None
    api_url: str | None = None
    asgi_app: Callable[..., Awaitable[None]] | None = None


@contextmanager
def opened(
    options: Options,
    env: Mapping[str, str],
    home: Path,
    now: Callable[[], datetime],
    *,
    tidy: bool = True,
    change: bool = False,
    config: Config | None = None,
) -> Iterator[Opened]:
    """The account and archive that the options name; closed at the end, so that what was seen is kept, and (unless
    not ``tidy``) what is older than the configuration says is forgotten. Offline the archive is only read, unless
    there is something to ``change`` in it. Without ``config`` that is read, and what is wrong in it is said.

    A session that is recorded or replayed has an archive of its own, in memory: a recording must hold all that its
    replay will need, and a replay is no news. Raises SettingsError or ArchiveError with one sentence each.
    """
    if config is None:
        from sidscope.config import read_config

        config, complaints = read_config(env)
        complain(complaints)
    player = _player(options)
    now = player.clock if player else now
    way = _replayed(player.session) if player else way_to(options, env, home, now)
    with ExitStack() as stack:
        recorder = _recorder(options, way, now)
        if recorder:
            stack.callback(recorder.close)
        archive = _archive(options, way.account_sid, only_read=options.offline and not change)
        stack.callback(archive.close)
        if archive.notice:
            _say(archive.notice)
        open_account = None if options.offline else opener(way, tape=recorder or player)
        if open_account and archive.path and archive.oldest_started() is None:
            archive.expect()  # a first look at an account: much comes, as soon as the network's modules are loaded
        profile = way.credentials.profile if way.credentials else None
        region = way.credentials.region if way.credentials else None
        yield Opened(way.account_sid, way.label, archive, open_account, now, profile, region)
        if tidy and archive.path is not None:
            forget_old(archive, way.account_sid, config.keep, now())
    if recorder:
        _tell_recorded(recorder)


def complain(complaints: Sequence[str]) -> None:
    """Says on stderr what is wrong in the configuration file: the first of it."""
    if complaints:
        others = f" And {len(complaints) - 1:,} more: sidscope doctor lists them." if len(complaints) > 1 else ""
        _say(f"{safe(complaints[0], 500)}{others}")


def forget_old(archive: Archive, account_sid: str, keep: timedelta | None, now: datetime) -> None:
    """Purges what has given no sign of life for longer than ``keep``, if there is any. An archive that was only read is
    opened anew for it, where its file may be written."""
    oldest = archive.oldest_started()
    if keep is None or oldest is None or oldest >= now - keep or archive.path is None:
        return
    if not archive.read_only:
        archive.purge(now - keep)
    elif _writable(archive.path):
        with Archive.open(archive.path, account_sid=account_sid) as ours:
            ours.purge(now - keep)


def opener(
    way: Way, *, tape: Recorder | Player | None = None, policy: Policy | None = None
) -> Callable[[], Awaitable[Account]] | None:
    """Opens the account when it is called, which loads the network's modules; None if there is no way to it."""
    credentials = way.credentials
    if credentials is None:
        return None

    async def open_account() -> Account:
        from sidscope.twilio_api import connect

        return connect(credentials, api_url=way.api_url, asgi_app=way.asgi_app, tape=tape, policy=policy)

    return open_account


def _archive(options: Options, account_sid: str, *, only_read: bool) -> Archive:
    if options.demo or options.no_archive or options.record or options.replay:
        return Archive.memory(account_sid)
    path = archive_path(options.data_dir, account_sid)
    unwritable = not _writable(path)
    if only_read or (options.offline and unwritable):  # an archive that is not there is not made
        try:
            return Archive.open(path, account_sid=account_sid, read_only=True)
        except ArchiveError:
            if unwritable:
                raise
    return Archive.open(path, account_sid=account_sid)  # migrated if it is older, set aside if it is damaged


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def way_to(options: Options, env: Mapping[str, str], home: Path, now: Callable[[], datetime]) -> Way:
    """The account that the options name. Raises SettingsError, and ArchiveError where only archives could tell."""
    if options.demo:
        return _demo(now)
    try:
        credentials = resolve_credentials(options.profile, env, home, secret=not options.offline)
    except NoCredentials:
        if not options.offline or options.profile is not None:
            raise
        archived = archived_accounts(options.data_dir)
        if not archived:
            raise
        if len(archived) > 1:
            raise NoCredentials(_several(options.data_dir, archived)) from None
        return Way(archived[0], "offline", None)
    url = None if options.offline else api_url(env)
    return Way(credentials.account_sid, credentials.profile or "environment", credentials, url)


def _several(directory: Path, archived: Sequence[str]) -> str:
    named, more = ", ".join(archived[:_MOST_NAMED]), len(archived) - _MOST_NAMED
    others = f" and {count(more, 'other')}" if more > 0 else ""
    return f"{directory} holds archives of {len(archived)} accounts: set TWILIO_ACCOUNT_SID to one of {named}{others}."


def _demo(now: Callable[[], datetime]) -> Way:
    from sidscope.demo import SimulatedAccount, World

    world = World(seed=DEMO_SEED, now=now(), private=False)
    login = world.credentials()
    credentials = Credentials(login.account_sid, login.username, Secret(login.password))
    return Way(world.account_sid, "demo", credentials, asgi_app=SimulatedAccount(world, clock=now))


# Sessions on file


def _player(options: Options) -> Player | None:
    if options.replay is None:
        return None
    from sidscope.twilio_api.replaying import load_recording

    return load_recording(options.replay)


def _replayed(session: Session) -> Way:
    credentials = Credentials(session.account_sid, session.account_sid, Secret(""), session.region, session.edge)
    return Way(session.account_sid, "replay", credentials, session.api_url)


def _recorder(options: Options, way: Way, now: Callable[[], datetime]) -> Recorder | None:
    credentials = way.credentials
    if options.record is None or credentials is None:
        return None
    from sidscope.twilio_api.recording import Recorder, Session

    session = Session(
        account_sid=way.account_sid,
        started=options.started,
        since=options.since,
        until=options.until,
        region=credentials.region,
        edge=credentials.edge,
        api_url=way.api_url,
        masked=not options.record_unmasked,
        since_given=options.since_given,
    )
    return Recorder(options.record, session, credentials.password, now)


def _tell_recorded(recorder: Recorder) -> None:
    """What was recorded, on stderr; raises RecordingFailed if not all was."""
    from sidscope.twilio_api.recording import RecordingFailed

    if recorder.problem:
        raise RecordingFailed(recorder.problem)
    how = "addresses and texts masked" if recorder.session.masked else "NOT masked"
    requests = count(recorder.exchanges, "request")
    _say(f"Recorded {requests} in {recorder.path}, {how}: look through it before you send it.")


def _say(sentence: str) -> None:
    print(f"sidscope: {safe(sentence, 1000)}", file=sys.stderr)  # noqa: T201
