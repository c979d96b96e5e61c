"""Whose account, with which secret, through which door: the credentials chain, profiles, paths, endpoints.

Everything here is a function of what it is given (an environment, a home directory), reads at most
twilio-cli's configuration file, and writes nothing. What it refuses, it refuses with a
:class:`SettingsError`: one sentence that says what is wrong and what to do, never holding a secret.

The chain and the file's format are twilio-cli's (its docs/general_usage.md; twilio-cli-core,
src/services/config.js and env.js).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn, Self, SupportsIndex

from sidscope.domain.patterns import later
from sidscope.domain.sids import is_sid
from sidscope.domain.value import NOTHING, value

_HIDDEN: Final = "•••"
_HOST_LABEL = later("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ORIGIN = later(
    r"https?://([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE | re.ASCII,
)
_SECRET_TEXT = later("[!#-&(-~]+")  # visible ASCII without quotation marks
_SECRET_VARIABLES = ("TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_AUTH_TOKEN")


class SettingsError(Exception):
    """Settings that cannot be used. The text is one sentence for the user; ``exit_code`` is the command's."""

    exit_code: ClassVar[int] = 2


class NoCredentials(SettingsError):
    """Nothing in the chain gives a whole set of credentials."""

    exit_code = 3


class UnknownProfile(SettingsError):
    """``--profile`` names a profile that twilio-cli does not have."""


class BrokenConfig(SettingsError):
    """twilio-cli's configuration file is needed, and cannot be read or understood."""


class BadSetting(SettingsError):
    """A value that cannot be meant, in an environment variable, an option or a profile."""


class Secret:
    """An auth token or API secret: shows as ``•••`` wherever text is made of it, until :meth:`reveal`.

    Equality takes constant time. It has no hash (that would tell secrets apart) and cannot be pickled; a
    copy is the thing itself, so a copy of what holds it keeps it closed.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself: for the transport's ``Authorization`` header and nothing else."""
        return self._value

    def blotted(self, text: str) -> str:
        """``text`` without the secret, should it stand in it, plain or inside JSON."""
        for spelled in {self._value, json.dumps(self._value)[1:-1]} - {""}:
            text = text.replace(spelled, _HIDDEN)
        return text

    def __repr__(self) -> str:
        return _HIDDEN

    def __format__(self, spec: str) -> str:
        return format(_HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac

        return hmac.compare_digest(self._octets(), other._octets())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")

    def _octets(self) -> bytes:
        return self._value.encode("utf-8", "surrogatepass")


@value
class Credentials:
    """What one account is reached with.

    ``username`` is an API key's SID, or the account SID where ``password`` is its auth token. ``region`` and
    ``edge`` are safe to stand in a host name; None means Twilio's default. ``profile`` is the twilio-cli
    profile they came from, None if from the environment.
    """

    account_sid: str
    username: str
    password: Secret
    region: str | None = None
    edge: str | None = None
    profile: str | None = None


@value
class ProfileInfo:
    """A twilio-cli profile as its file has it, nothing checked yet but that each value is text.

    ``legacy``: of the old kind, listed under "projects", whose key and secret are not in the file.
    """

    name: str
    account_sid: str | None
    region: str | None
    edge: str | None
    active: bool
    legacy: bool
    username: str | None
    password: Secret | None

    def __repr__(self) -> str:
        return f"ProfileInfo({self.name!r})"  # what stands as username may be anything


def resolve_credentials(profile: str | None, env: Mapping[str, str], home: Path, *, secret: bool = True) -> Credentials:
    """Credentials by the chain: ``profile`` if given, else the environment, else twilio-cli's active profile.

    Without ``secret`` they only say whose account it is, for what asks Twilio nothing: then whether there is a secret,
    and which, does not matter.

    TWILIO_ACCOUNT_SID being set means the environment: if the rest is missing, that is an error, for silently
    exploring the account of some profile instead would be worse. twilio-cli's file is then not even opened,
    so a broken one does not matter.

    Region: the profile's own, else TWILIO_REGION. Edge: TWILIO_EDGE, else the profile's own, else the file's
    (twilio-cli's order). Raises NoCredentials, UnknownProfile, BrokenConfig or BadSetting.
    """
    if profile is None and _value(env, "TWILIO_ACCOUNT_SID"):
        return _from_environment(env, secret=secret)
    config = _read_config(env, home)
    return _from_profile(config, _choose(config, profile, env), env, secret=secret)


def profiles(env: Mapping[str, str], home: Path) -> list[ProfileInfo]:
    """twilio-cli's profiles in the file's order, those of the old kind last; raises BrokenConfig."""
    return list(_read_config(env, home).profiles.values())


def config_dir(env: Mapping[str, str], home: Path) -> Path:
    """Where twilio-cli keeps its ``config.json``: TWILIO_CONFIG_DIR, else ``~/.twilio-cli``."""
    given = _value(env, "TWILIO_CONFIG_DIR")
    return Path(given) if given else home / ".twilio-cli"


def data_dir(option: str | None, env: Mapping[str, str]) -> Path:
    """Where archives live (not created here): ``option``, else SIDSCOPE_DATA_DIR, else the platform's place.

    Raises BadSetting for a ``~user`` that there is not.
    """
    given = option or _value(env, "SIDSCOPE_DATA_DIR")
    if given:
        try:
            return Path(given).expanduser().absolute()
        except RuntimeError:
            raise BadSetting(f"The data directory {given!r} is in nobody's home: give its full path.") from None
    from platformdirs import user_data_path

    return user_data_path("sidscope", appauthor=False)


def api_url(env: Mapping[str, str]) -> str | None:
    """SIDSCOPE_API_URL as ``scheme://host[:port]``, which replaces every Twilio origin; None if unset.

    Raises BadSetting for anything but an origin, without repeating it: it may hold a password.
    """
    given = _value(env, "SIDSCOPE_API_URL")
    if given is None:
        return None
    match = _ORIGIN.fullmatch(given)
    if match is None or (match["port"] and not 0 < int(match["port"]) <= 65535):
        raise BadSetting(
            "SIDSCOPE_API_URL is not an origin: give http://host:port or https://host:port, nothing after it."
        )
    return given.removesuffix("/").lower()


# The environment


def _value(env: Mapping[str, str], name: str) -> str | None:
    """A variable's value without surrounding space; None if unset or empty."""
    return env.get(name, "").strip() or None


def _from_environment(env: Mapping[str, str], *, secret: bool) -> Credentials:
    account = _value(env, "TWILIO_ACCOUNT_SID")
    if account is None or not is_sid(account, "AC"):
        raise BadSetting(
            "TWILIO_ACCOUNT_SID is not an account SID: copy it from Twilio's Console, AC and 32 hexadecimal digits."
        )
    username, password = _login(env, account) if secret else (account, "")
    return Credentials(
        account_sid=account,
        username=username,
        password=Secret(password),
        region=_label(_value(env, "TWILIO_REGION"), "TWILIO_REGION"),
        edge=_label(_value(env, "TWILIO_EDGE"), "TWILIO_EDGE"),
    )


def _login(env: Mapping[str, str], account: str) -> tuple[str, str]:
    key, secret, token = (_value(env, name) for name in _SECRET_VARIABLES)
    if key and secret:
        return _whole(key, "TWILIO_API_KEY"), _whole(secret, "TWILIO_API_SECRET")
    if token:
        return account, _whole(token, "TWILIO_AUTH_TOKEN")
    if key:
        raise NoCredentials("TWILIO_API_KEY is set without TWILIO_API_SECRET: set both, or TWILIO_AUTH_TOKEN.")
    if secret:
        raise NoCredentials("TWILIO_API_SECRET is set without TWILIO_API_KEY: set both, or TWILIO_AUTH_TOKEN.")
    raise NoCredentials(
        "TWILIO_ACCOUNT_SID is set without a secret: set TWILIO_API_KEY and TWILIO_API_SECRET, or "
        "TWILIO_AUTH_TOKEN, or unset it to use twilio-cli's profile."
    )


def _whole(value: str, origin: str) -> str:
    """A key or secret as it is, if every character of it can stand in one: catches copying mistakes early."""
    if not _SECRET_TEXT.fullmatch(value):
        raise BadSetting(f"{origin} holds a space, a quotation mark or the like: copy it again, exactly.")
    return value


def _label(value: str | None, origin: str) -> str | None:
    """A region or edge, if it is fit for a host name: credentials are sent to that host."""
    if value is not None and not _HOST_LABEL.fullmatch(value):
        raise BadSetting(f"{origin} is {value!r}: give a plain name such as 'ie1' or 'dublin'.")
    return value


# twilio-cli's file


@value
class _Config:
    path: Path
    exists: bool
    edge: str | None = None
    profiles: Mapping[str, ProfileInfo] = NOTHING


def _choose(config: _Config, wanted: str | None, env: Mapping[str, str]) -> ProfileInfo:
    """The profile of that name, or the active one; raises UnknownProfile or NoCredentials."""
    names = ", ".join(repr(name) for name in config.profiles)
    if wanted is not None:
        if wanted in config.profiles:
            return config.profiles[wanted]
        if not config.exists:
            raise UnknownProfile(f"No twilio-cli profile {wanted!r}: there is no file {config.path}.")
        raise UnknownProfile(f"No twilio-cli profile {wanted!r} in {config.path}: it has {names or 'none'}.")
    for profile in config.profiles.values():
        if profile.active:
            return profile
    if names:
        raise NoCredentials(f"twilio-cli has no active profile: give --profile, one of {names}.")
    if any(_value(env, name) for name in _SECRET_VARIABLES):
        raise NoCredentials("A Twilio secret is set without TWILIO_ACCOUNT_SID: set it too, or give --profile.")
    raise NoCredentials(
        "No Twilio credentials: set TWILIO_ACCOUNT_SID with TWILIO_API_KEY and TWILIO_API_SECRET, or run "
        "`twilio login`, or look around with --demo."
    )


def _from_profile(config: _Config, profile: ProfileInfo, env: Mapping[str, str], *, secret: bool) -> Credentials:
    which = f"the twilio-cli profile {profile.name!r}"
    if profile.legacy and secret:
        raise NoCredentials(
            f"The secret of {which} is in the system's keychain, not in {config.path}: make a new profile with "
            "`twilio profiles:create`."
        )
    if profile.account_sid is None or not is_sid(profile.account_sid, "AC"):
        raise _broken(config.path, f"profile {profile.name!r} has no valid accountSid")
    username, password = profile.username, profile.password
    if not secret:
        username, password = profile.account_sid, Secret("")
    elif username is None or password is None:
        raise _broken(config.path, f"profile {profile.name!r} lacks its apiKey or apiSecret")
    else:
        _whole(password.reveal(), f"The apiSecret of {which}")
        _whole(username, f"The apiKey of {which}")
    return Credentials(
        account_sid=profile.account_sid,
        username=username,
        password=password,
        region=_label(profile.region, f"The region of {which}")
        or _label(_value(env, "TWILIO_REGION"), "TWILIO_REGION"),
        edge=_label(_value(env, "TWILIO_EDGE"), "TWILIO_EDGE")
        or _label(profile.edge, f"The edge of {which}")
        or _label(config.edge, f"The edge in {config.path}"),
        profile=profile.name,
    )


def _read_config(env: Mapping[str, str], home: Path) -> _Config:
    path = config_dir(env, home) / "config.json"
    data, problem = _read_json(path)
    if problem:
        raise _broken(path, problem)
    if data is None:
        return _Config(path, exists=False)
    current, old = data.get("profiles") or {}, data.get("projects") or []
    if not isinstance(current, dict) or not all(isinstance(entry, dict) for entry in current.values()):
        raise _broken(path, "its profiles are not objects")
    if not isinstance(old, list) or not all(isinstance(entry, dict) for entry in old):
        raise _broken(path, "its projects are not a list of objects")
    entries = [(str(entry.get("id")), entry, True) for entry in old]
    entries = [(name, entry, False) for name, entry in current.items()] + [
        legacy for legacy in entries if legacy[0] not in current
    ]
    active = _text(data, "activeProject")
    if active not in [name for name, _, _ in entries]:
        # twilio-cli then takes the first of the old kind, never one of the others
        active = next((name for name, _, legacy in entries if legacy), None)
    return _Config(
        path=path,
        exists=True,
        edge=_text(data, "edge"),
        profiles={name: _profile(name, entry, name == active, legacy) for name, entry, legacy in entries},
    )


def _profile(name: str, entry: Mapping[str, Any], active: bool, legacy: bool) -> ProfileInfo:
    secret = _text(entry, "apiSecret")
    return ProfileInfo(
        name=name,
        account_sid=_text(entry, "accountSid"),
        region=_text(entry, "region"),
        edge=_text(entry, "edge"),
        active=active,
        legacy=legacy,
        username=_text(entry, "apiKey"),
        password=Secret(secret) if secret else None,
    )


def _text(entry: Mapping[str, Any], key: str) -> str | None:
    """A value as text without surrounding space, None if missing or empty; a wrong type fails its check later."""
    value = entry.get(key)
    return None if value is None else str(value).strip() or None


def _read_json(path: Path) -> tuple[dict[str, Any] | None, str]:
    """The file's object, or None where there is no file; and what is wrong with it, else "".

    Says so by value: an exception would carry the file's text, secrets and all, into a traceback.
    """
    try:
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, (error.strerror or "unreadable").lower()
    except UnicodeDecodeError:
        return None, "it is not UTF-8 text"
    except json.JSONDecodeError as error:
        return None, f"it is not JSON from line {error.lineno} on"
    except (RecursionError, ValueError):  # an integer of thousands of digits is a ValueError
        return None, "its JSON is beyond reason"
    return (data, "") if isinstance(data, dict) else (None, "it is not a JSON object")


def _broken(path: Path, problem: str) -> BrokenConfig:
    return BrokenConfig(
        f"twilio-cli's file {path} cannot be used ({problem}): repair it, or set TWILIO_ACCOUNT_SID with "
        "TWILIO_API_KEY and TWILIO_API_SECRET."
    )
