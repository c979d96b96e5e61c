"""What ``sidscope doctor`` sees on this machine: terminal, clipboard, archive, configuration, versions."""

from __future__ import annotations

import os
import platform
import sqlite3
import stat
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from sidscope.archive import (
    Archive,
    ArchiveError,
    ArchiveInfo,
    UnusableArchive,
    archive_path,
    archived_accounts,
    check_directory,
)
from sidscope.commands.findings import OK, SKIPPED, WARNING, WRONG, Finding
from sidscope.commands.options import Options
from sidscope.domain.numbers import count
from sidscope.domain.times import say_time
from sidscope.twilio_api import Policy
from sidscope.twilio_api.retry import Backoff

PATIENCE: Final = Policy(
    connect=3.0, read=5.0, whole=10.0, faults=Backoff(tries=2, patience=4.0, first=0.2, longest=1.0)
)
"""Who asks how things are wants to know soon."""

_SMALLEST: Final = (60, 15)  # cells in which the explorer is usable
_AROUND: Final = (("tmux", "TMUX"), ("screen", "STY"), ("SSH", "SSH_CONNECTION"))
_PACKAGES: Final = ("textual", "twilio", "httpx", "httpx-aiohttp", "aiohttp", "platformdirs")


def terminal(env: Mapping[str, str]) -> list[Finding]:
    """The terminal that the explorer would have: it reads stdin and paints on stderr."""
    name = env.get("TERM", "")
    around = [word for word, variable in _AROUND if env.get(variable)]
    colours = env.get("COLORTERM") or "no COLORTERM"
    says = ", ".join([f"TERM={name or '(unset)'}", colours, *(f"inside {word}" for word in around)])
    if env.get("NO_COLOR"):
        says += ", NO_COLOR"
    if name in ("", "dumb"):
        do = "set TERM to what your terminal is, such as xterm-256color"
        findings = [Finding("terminal", WARNING, f"{says}: the explorer cannot paint", do)]
    else:
        findings = [Finding("terminal", OK, says)]
    return [*findings, _size(), _encoding()]


def _size() -> Finding:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return Finding(
            "size", SKIPPED, "stdin and stderr are no terminal now; the explorer needs one, list and find do not"
        )
    columns, lines = os.get_terminal_size(sys.stderr.fileno())
    if columns < _SMALLEST[0] or lines < _SMALLEST[1]:
        do = f"make it {_SMALLEST[0]}×{_SMALLEST[1]} or larger"
        return Finding("size", WARNING, f"{columns}×{lines} is too small for the explorer", do)
    return Finding("size", OK, f"{columns}×{lines}")


def _encoding() -> Finding:
    encoding = (sys.stderr.encoding or "none").lower()
    if encoding.replace("-", "") != "utf8":
        do = "set a UTF-8 locale, such as LANG=C.UTF-8"
        return Finding("characters", WARNING, f"{encoding}: names and signs cannot all be shown", do)
    return Finding("characters", OK, "UTF-8")


def clipboard(env: Mapping[str, str]) -> Finding:
    """The way that a copy would take now."""
    from sidscope.tui.clipboard import likely_route

    route = likely_route(env)
    if route.route != "osc52":
        return Finding("clipboard", OK, route.sentence)
    do = "allow OSC 52 in the terminal's settings"
    if not env.get("SSH_CONNECTION"):
        do += ", or install wl-clipboard (Wayland), xclip or xsel (X11)"
    return Finding("clipboard", WARNING, route.sentence, do)


def archive(options: Options, account_sid: str | None) -> list[Finding]:
    """What is kept of this account, whether others can read it, and what was set aside. Touches nothing."""
    if options.demo or options.no_archive:
        who = "the demo" if options.demo else "--no-archive"
        return [Finding("archive", OK, f"in memory: {who} keeps nothing")]
    path = None if account_sid is None else archive_path(options.data_dir, account_sid)
    try:
        kept = archived_accounts(options.data_dir)
        if not kept or (path and path.stem not in kept):
            check_directory(options.data_dir)
        if path is None or account_sid is None:
            says = f"{options.data_dir} holds {len(kept)}; whose to look at is not known"
            return [Finding("archive", SKIPPED, says)]
        if path.stem not in kept:
            return [Finding("archive", OK, f"none yet: {_shown(path)}")]
        with Archive.open(path, account_sid=account_sid, read_only=True) as opened:
            info = opened.info()
    except ArchiveError as error:
        told = str(error).replace(str(path), _shown(path)) if path else str(error)
        says, _, do = told.rstrip(".").rpartition(": ")
        if isinstance(error, UnusableArchive):
            do = "nothing: the next start sets it aside, deletes nothing, and begins a new one"
        return [Finding("archive", WRONG, says, do)]
    return [Finding("archive", OK, _about(path, info)), _privacy(path), *_aside(path)]


def _shown(path: Path) -> str:
    """Where it is, of the account's SID no more than the tail."""
    return f"{path.parent}{os.sep}AC…{path.name.partition('.')[0][-4:]}.{path.name.partition('.')[2]}"


def _about(path: Path, info: ArchiveInfo) -> str:
    since = f" since {say_time(info.oldest)}" if info.oldest else ""
    executions = count(info.counts.get("executions", 0), "execution") + since
    return f"{_shown(path)}: {info.bytes / 1e6:,.1f} MB, schema {info.schema_version}, {executions}"


def _privacy(path: Path) -> Finding:
    """Whether group or others have any right to it. The directory may be somebody's own; the file must be private."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        do = f"chmod go-rwx {path.parent}{os.sep}AC* (sidscope does it at its next start)"
        return Finding("archive access", WARNING, f"others on this machine may have read it (mode {mode:o})", do)
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        do = "change its permissions, or choose another with --data-dir"
        return Finding("archive access", WRONG, "it cannot be written", do)
    return Finding("archive access", OK, f"yours alone (mode {mode:o})")


def _aside(path: Path) -> list[Finding]:
    kept = [
        file
        for file in sorted(path.parent.glob(f"{path.name}.kept-*"))
        if not file.name.endswith(("-wal", "-shm", "-journal"))
    ]
    if not kept:
        return []
    says = (
        f"{len(kept)} could not be used and {'was' if len(kept) == 1 else 'were'} kept, the last as {_shown(kept[-1])}"
    )
    return [Finding("old archives", WARNING, says, "delete what you do not need")]


def configuration(env: Mapping[str, str]) -> list[Finding]:
    """What is wrong in the configuration file, its keys included."""
    from sidscope.config import check_keys, config_path, read_config

    path = config_path(env)
    config, complaints = read_config(env)
    if config.keys:
        from sidscope.tui.commands import BY_ID  # the one check that loads Textual

        complaints += check_keys(config.keys, BY_ID, config.key_places)
    if complaints:
        return [Finding("configuration", WRONG, complaint, f"edit {path}") for complaint in complaints]
    return [Finding("configuration", OK, str(path) if path.exists() else f"none, the defaults are used ({path})")]


def versions() -> list[Finding]:
    """Of everything that a bug report should name."""
    from sidscope import __version__

    system = f"{platform.system()} {platform.release()} {platform.machine()}".strip()
    own = [f"sidscope {__version__}", f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}", system]
    missing = []
    for package in _PACKAGES:
        try:
            own.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    findings = [Finding("versions", OK, ", ".join(own))]
    if missing:
        findings.append(
            Finding("packages", WRONG, f"not installed: {', '.join(missing)}", "install sidscope again, with pip")
        )
    return findings
