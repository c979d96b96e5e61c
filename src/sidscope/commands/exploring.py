"""``sidscope``: the explorer."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidscope.commands.opening import Opened, complain, opened
from sidscope.commands.options import Options, UsageError, nearest_command
from sidscope.commands.placing import place_keeper
from sidscope.domain.value import replace
from sidscope.settings import BrokenConfig, NoCredentials, SettingsError, profiles, resolve_credentials

if TYPE_CHECKING:
    from sidscope.config import Config
    from sidscope.sync.thread import EngineThread
    from sidscope.tui.accounts import Accounts
    from sidscope.tui.first_run import Chosen
    from sidscope.tui.picking import Picking


def run_explorer(options: Options, env: Mapping[str, str], home: Path, *, picking: Picking | None = None) -> int:
    """Explores until the user leaves; the exit code.

    Without credentials the first screen asks for an account. Going to another account is a new explorer on another
    archive and engine: nothing of the one before can show in it. With ``picking`` the user picks something, which it
    holds afterwards; that begins afresh and keeps no place. Raises UsageError where there is no terminal, and
    SettingsError where the account cannot be known.
    """
    _need_terminal(options, env, home)
    from sidscope.config import check_keys, read_config
    from sidscope.tui.commands import BY_ID
    from sidscope.tui.terminal import stdout_aside

    config, complaints = read_config(env)
    complaints += check_keys(config.keys, BY_ID, config.key_places)
    # SQLite gives up the interpreter at every row; beside a busy engine each return would wait 5 ms by default.
    sys.setswitchinterval(0.0005)
    try:
        with stdout_aside():
            return _explore_accounts(options, env, home, config, complaints, picking)
    finally:
        complain(complaints)


def _explore_accounts(
    options: Options,
    env: Mapping[str, str],
    home: Path,
    config: Config,
    complaints: Sequence[str],
    picking: Picking | None,
) -> int:
    """One explorer after the other, as the user goes from account to account; the exit code."""
    while True:
        try:
            code, profile = _explore(options, env, home, config, complaints, picking)
        except NoCredentials as error:
            chosen = _ask_for_an_account(str(error), env, home, config)
            if chosen is None:
                raise
            options = replace(options, demo=chosen.demo, profile=chosen.profile)
            continue
        if profile is None:
            return code
        let_go()
        # What was asked for on the command line was about the account before, and so is a recording.
        options = replace(options, profile=profile, demo=False, query_text="", record=None, replay=None)


def let_go() -> None:
    """Nothing of the explorer before stays in memory: what it had the collector pass over is garbage by now."""
    gc.unfreeze()
    gc.collect()


def _need_terminal(options: Options, env: Mapping[str, str], home: Path) -> None:
    from sidscope.tui.terminal import NoTerminal, require_terminal

    try:
        require_terminal()
    except NoTerminal as error:
        if not (options.demo or options.offline or options.replay):
            resolve_credentials(options.profile, env, home)  # that there are none is the more telling reason
        raise UsageError(str(error)) from None


def _ask_for_an_account(reason: str, env: Mapping[str, str], home: Path, config: Config) -> Chosen | None:
    from sidscope.tui.first_run import FirstRunApp
    from sidscope.tui.themes import named

    app = FirstRunApp(reason, accounts_of(None, env, home, config), look=named(config.theme).name)
    app.run()
    return app.chosen


def accounts_of(present: str | None, env: Mapping[str, str], home: Path, config: Config) -> Accounts:
    """The accounts that can be gone to; none if twilio-cli's file cannot be read."""
    from sidscope.tui.accounts import Accounts

    def check(profile: str) -> str | None:
        try:
            resolve_credentials(profile, env, home)
        except SettingsError as error:
            return str(error)
        return None

    try:
        known = profiles(env, home)
    except BrokenConfig:
        known = []
    return Accounts(present, known, check, config.colours)


def _explore(
    options: Options,
    env: Mapping[str, str],
    home: Path,
    config: Config,
    complaints: Sequence[str],
    picking: Picking | None,
) -> tuple[int, str | None]:
    """One explorer; the exit code, and the profile that the user left it for."""
    from sidscope.tui.app import ExplorerApp
    from sidscope.tui.discretion import masked

    with opened(options, env, home, lambda: datetime.now(UTC), config=config) as account:
        keeper = None if picking else place_keeper(options, account.account_sid)
        place, notice = keeper.load() if keeper else (None, None)
        app = ExplorerApp(
            account.archive,
            _engine_factory(account, options),
            account_label=f"{account.label} …{account.account_sid[-4:]}",
            query=options.query_text,
            since=options.since,
            demo=options.demo,
            now=account.now,
            data_dir=options.data_dir,
            region=account.region,
            place=place,
            notice=notice,
            picking=picking,
            config=config,
            complaints=complaints,
            accounts=accounts_of(account.profile, env, home, config),
            masked=options.mask or masked(),
            meant=nearest_command(options.query_text),
        )
        app.run()
        if keeper and app.left_at:  # also when the terminal was closed
            keeper.save(app.left_at)
        if app.return_code:
            kept = "; what was seen is kept in the archive" if account.archive.path else ""
            sys.stderr.write(f"sidscope: The explorer ended early{kept}.\n")
        return app.return_code or 0, app.going_to


def _engine_factory(account: Opened, options: Options) -> Callable[[Callable[[Any], None]], EngineThread] | None:
    open_account = account.open_account
    if open_account is None:
        return None

    def make(on_event: Callable[[Any], None]) -> EngineThread:
        from sidscope.sync.thread import EngineThread

        return EngineThread(
            open_account,
            account.archive,
            since=lambda: options.since,
            on_event=on_event,
            now=account.now,
        )

    return make
