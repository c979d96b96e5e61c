"""The configuration file: keys, saved queries, looks. What is wrong in it is said, and the rest still counts.

``config.toml`` in the platform's configuration directory, or where SIDSCOPE_CONFIG says. Nothing in it is secret, and
nothing is ever written to it. ::

    theme = "dark"          # dark, light, ansi-dark, ansi-light
    utc = false             # times in UTC instead of the local zone
    clipboard = "auto"      # auto, tmux, native, osc52, file
    keep = "30d"            # how long the archive keeps what it has seen; or "forever"

    [keys]                  # command = its keys instead of its own, by commas
    down = "j, down"

    [queries]               # name = query, for the palette
    "stuck on WhatsApp" = "anomaly:stuck channel:whatsapp"

    [profiles.production]   # a twilio-cli profile
    colour = "red"          # or "#cc0000"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sidscope.domain.patterns import later
from sidscope.domain.query import QueryError, parse_query
from sidscope.domain.times import parse_span
from sidscope.domain.value import NOTHING, value
from sidscope.keymap import check_keys

__all__ = [
    "CLIPBOARDS",
    "COLOURS",
    "THEMES",
    "Config",
    "check_keys",
    "config_path",
    "in_short",
    "load_config",
    "read_config",
]

THEMES: Final = ("dark", "light", "ansi-dark", "ansi-light")
CLIPBOARDS: Final = ("auto", "tmux", "native", "osc52", "file")
COLOURS: Final = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "magenta", "pink", "white", "gray")
"""The names of colours that a profile may have; ``#rrggbb`` and ``#rgb`` do as well."""

_SETTINGS: Final = ("theme", "utc", "clipboard", "keep", "keys", "queries", "profiles")
KEEP: Final = timedelta(days=30)
"""How long Twilio itself keeps contexts and contact addresses at most (its API description: deleteSla 30)."""
FOREVER: Final = "forever"
_UNUSABLE: Final = "the defaults are used, and nothing is forgotten"
_LEAST_KEPT: Final = timedelta(hours=1)  # less would forget what is on the screen
_MOST: Final = 1_000_000  # bytes; nobody's configuration is as long
_HEX: Final = later("#(?:[0-9a-fA-F]{3}){1,2}")


@value
class Config:
    """What the user decided; the defaults where there is no file."""

    theme: str = "dark"
    utc: bool = False
    clipboard: str = "auto"
    keep: timedelta | None = KEEP
    """How long the archive keeps what it has seen; None: for ever, which is what an unusable file or value means too,
    for what is forgotten cannot be had again."""
    keys: Mapping[str, str] = NOTHING
    """Command → the key (or keys, separated by commas) that it is bound to instead of its own."""
    key_places: Mapping[str, str] = NOTHING
    """Command → the file and line that binds it, for :func:`~sidscope.keymap.check_keys`."""
    queries: Mapping[str, str] = NOTHING
    """Name → query, for the palette."""
    colours: Mapping[str, str] = NOTHING
    """Profile → the colour it is marked with, one of :data:`COLOURS` or ``#rrggbb``."""


_ALL_KEPT: Final = Config(keep=None)


def config_path(env: Mapping[str, str]) -> Path:
    """Where the file is looked for; it need not exist."""
    given = env.get("SIDSCOPE_CONFIG", "").strip()
    if given:
        try:
            return Path(given).expanduser()
        except RuntimeError:  # a ~user that there is not: then there is no such file either
            return Path(given)
    from platformdirs import user_config_path

    return user_config_path("sidscope", appauthor=False) / "config.toml"


def read_config(env: Mapping[str, str]) -> tuple[Config, list[str]]:
    """The configuration of this user; see :func:`load_config`. A file that SIDSCOPE_CONFIG names must be there."""
    return load_config(config_path(env), needed=bool(env.get("SIDSCOPE_CONFIG", "").strip()))


def load_config(path: Path, *, needed: bool = False) -> tuple[Config, list[str]]:
    """The configuration, and a sentence with file and line for everything in it that cannot be used.

    Never raises: what cannot be used counts as not there. ``needed``: also complain where there is no file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except FileNotFoundError:
        return (_ALL_KEPT, [f"{path} is not there: {_UNUSABLE}."]) if needed else (Config(), [])
    except OSError as error:
        return _ALL_KEPT, [f"{path} cannot be read ({error.strerror}): {_UNUSABLE}."]
    if len(data) > _MOST:
        return _ALL_KEPT, [f"{path} is longer than any configuration: {_UNUSABLE}."]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _ALL_KEPT, [f"{path}:{line}: this is not UTF-8 text; {_UNUSABLE}."]
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _ALL_KEPT, [_not_toml(path, text, str(error))]
    except (ValueError, RecursionError):  # an integer of thousands of digits, a thousand brackets
        return _ALL_KEPT, [f"{path} is beyond reason: {_UNUSABLE}."]
    reading = _Reading(path, text)
    return reading.config(document), reading.complaints


def in_short(complaint: str) -> str:
    """The complaint with the file's name alone instead of its path, for where there is little room."""
    place, colon, what = complaint.partition(": ")
    return re.split(r"[/\\]", place)[-1] + colon + what


def _not_toml(path: Path, text: str, problem: str) -> str:
    what, _, where = problem.rpartition(" (at ")
    found = re.fullmatch(r"line (\d+), column \d+\)", where)
    line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1  # "end of document"
    return f"{path}:{line}: this is not TOML ({_shown(what)}); {_UNUSABLE}."


class _Reading:
    """One file being read: takes what is right and remembers what is not."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self.complaints: list[str] = []

    def config(self, document: dict[str, Any]) -> Config:
        for key in document:
            if key not in _SETTINGS:
                self._complain((key,), f"there is no setting {_shown(key)!r}{_nearest(key, _SETTINGS)}")
        keys = self._texts(document, "keys")
        return Config(
            theme=self._choice(document, "theme", THEMES),
            utc=self._flag(document, "utc"),
            clipboard=self._choice(document, "clipboard", CLIPBOARDS),
            keep=self._keep(document),
            keys=keys,
            key_places={command: self._place(("keys", command)) for command in keys},
            queries=self._queries(document),
            colours=self._colours(document),
        )

    def _complain(self, keys: tuple[str, ...], what: str) -> None:
        self.complaints.append(f"{self._place(keys)}: {what}.")

    def _place(self, keys: tuple[str, ...]) -> str:
        """The file and line that set ``keys``, a dotted path."""
        line = _line_of(self._text, keys)
        return f"{self._path}:{line}" if line else str(self._path)

    def _choice(self, document: dict[str, Any], key: str, allowed: tuple[str, ...]) -> str:
        value = document.get(key, allowed[0])
        if value in allowed:
            return str(value)
        near = _nearest(str(value), allowed)
        self._complain((key,), f"{key} cannot be {_shown(value)!r}{near}; there are {', '.join(allowed)}")
        return allowed[0]

    def _flag(self, document: dict[str, Any], key: str) -> bool:
        value = document.get(key, False)
        if not isinstance(value, bool):
            self._complain((key,), f"{key} is true or false, not {_shown(value)!r}")
            return False
        return value

    def _keep(self, document: dict[str, Any]) -> timedelta | None:
        value = document.get("keep")
        if value is None:
            return KEEP
        if value == FOREVER:
            return None
        span = parse_span(value) if isinstance(value, str) else None
        if span is None or span < _LEAST_KEPT:
            what = f'keep is a span of an hour or more such as "30d", or "{FOREVER}", not {_shown(value)!r}'
            self._complain(("keep",), f"{what}; nothing is forgotten")
            return None
        return span

    def _table(self, document: dict[str, Any], key: str) -> dict[str, Any]:
        value = document.get(key, {})
        if not isinstance(value, dict):
            self._complain((key,), f"{key} is a table, [{key}], not {_shown(value)!r}")
            return {}
        return value

    def _texts(self, document: dict[str, Any], key: str) -> dict[str, str]:
        table = self._table(document, key)
        for name, text in table.items():
            if not isinstance(text, str):
                self._complain((key, name), f"{key}.{_key(name)} is text, not {_shown(text)!r}")
        return {name: text for name, text in table.items() if isinstance(text, str)}

    def _queries(self, document: dict[str, Any]) -> dict[str, str]:
        queries: dict[str, str] = {}
        for name, text in self._texts(document, "queries").items():
            try:
                parse_query(text)
            except QueryError as error:
                where = f"at character {error.position + 1}"
                what = f"the query {_shown(name)!r} cannot be understood {where}: {_shown(error.message, 200)}"
                self._complain(("queries", name), what)
            else:
                queries[name] = text
        return queries

    def _colours(self, document: dict[str, Any]) -> dict[str, str]:
        colours: dict[str, str] = {}
        for name, profile in self._table(document, "profiles").items():
            if not isinstance(profile, dict):
                self._complain(("profiles", name), f"a profile is a table, [profiles.{_key(name)}]")
                continue
            for key, given in profile.items():
                if key != "colour":
                    near = _nearest(key, ("colour",))
                    self._complain(("profiles", name, key), f"a profile has a colour, no {_shown(key)!r}{near}")
                elif isinstance(given, str) and (given in COLOURS or _HEX.fullmatch(given)):
                    colours[name] = given
                else:
                    near = _nearest(str(given), COLOURS)
                    there = f"there are #rrggbb, {', '.join(COLOURS)}"
                    self._complain(("profiles", name, key), f"colour cannot be {_shown(given)!r}{near}; {there}")
        return colours


def _nearest(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # only where something is wrong

    close = get_close_matches(word[:80], list(known), n=1)
    return f" (is {close[0]!r} meant?)" if close else ""


def _shown(value: object, most: int = 60) -> Any:
    """A value for a sentence: long ones shortened, as text."""
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _key(name: str) -> str:
    """A key as it stands in the file."""
    return name if re.fullmatch("[A-Za-z0-9_-]{1,60}", name) else repr(_shown(name))


# Which line: tomllib does not tell, so each line is read as if it stood alone.


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The number of the line that sets ``keys`` (a dotted path), or begins the table that does."""
    best: tuple[int, int] | None = None
    for number, path in _keys_by_line(text):
        fits = path[: len(keys)] == keys or keys[: len(path)] == path
        closeness = min(len(path), len(keys))
        if fits and path and (best is None or closeness > best[0]):
            best = (closeness, number)
    return best[1] if best else None


def _keys_by_line(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            found = _path_in(stripped)
            if found is not None:
                table = found
                yield number, table
        elif "=" in stripped:
            found = _path_in(stripped.partition("=")[0] + "= 0")
            if found is not None:
                yield number, table + found


def _path_in(line: str) -> tuple[str, ...] | None:
    """The dotted path that a line of TOML names; None if it is not a whole line of it."""
    try:
        document: Any = tomllib.loads(line)
    except (ValueError, RecursionError):
        return None
    path: list[str] = []
    while isinstance(document, dict | list) and document:
        if isinstance(document, list):
            document = document[0]
        else:
            key, document = next(iter(document.items()))
            path.append(key)
    return tuple(path)
