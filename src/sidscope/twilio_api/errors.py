"""Everything that can go wrong between us and Twilio, in our own words.

::

    TwilioApiError
    ├── BadCredentials    401: the account SID, key or secret is wrong
    ├── Denied            403: the credentials are right, but may not read this
    ├── NotFound          404, 410: no such thing, or no longer
    ├── Rejected          any other 4xx: Twilio does not accept the request as it stands
    ├── Throttled         429, again and again until we gave up
    ├── ServerFault       5xx, again and again until we gave up
    ├── Unreachable       no answer: no connection, a time-out, a connection that broke, until we gave up
    ├── BadResponse       an answer that cannot be used: no JSON, the wrong shape, too big, a redirect
    ├── ForeignOrigin     an address outside of the account's hosts; nothing was sent
    └── NotRecorded       a replay was asked for what its recording does not hold

No exception of twilio-python, httpx or aiohttp leaves this room, and none is kept as the cause of one of
ours: theirs carry request headers and whole bodies.
"""

from __future__ import annotations

import json
from contextvars import ContextVar

asked: ContextVar[str] = ContextVar("asked", default="")
"""What this task has asked for last ("GET /path"): names the request when its answer turns out useless later."""

_LONGEST_MESSAGE = 300


class TwilioApiError(Exception):
    """A request to Twilio that did not give what was asked for.

    ``message`` is one line of plain text, ``request`` is "GET /path" without its query (which may hold a
    customer's address), ``status`` the HTTP status if there was an answer, ``code`` Twilio's own error code
    (20404…) if it gave one. None of them ever holds a secret.
    """

    def __init__(self, message: str, *, request: str = "", status: int | None = None, code: int | None = None) -> None:
        self.message = plain(message)
        self.request = plain(request)
        self.status = status
        self.code = code
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} ({self.request})" if self.request else self.message


class BadCredentials(TwilioApiError):
    """Twilio does not know these credentials (401)."""


class Denied(TwilioApiError):
    """These credentials may not read this (403)."""


class NotFound(TwilioApiError):
    """There is no such thing, or no longer (404, 410)."""


class Rejected(TwilioApiError):
    """Twilio does not accept the request as it stands (any other 4xx)."""


class Throttled(TwilioApiError):
    """Too many requests (429) for so long that we gave up."""


class ServerFault(TwilioApiError):
    """Twilio answered with a fault of its own (5xx) for so long that we gave up."""


class Unreachable(TwilioApiError):
    """Nobody answered, for so long that we gave up."""


class BadResponse(TwilioApiError):
    """The answer cannot be used: no JSON, the wrong shape, too big, or a redirect."""


class ForeignOrigin(TwilioApiError):
    """The address is none of the account's; nothing was sent there."""


class NotRecorded(TwilioApiError):
    """The recording that is replayed does not hold this request."""


_BY_STATUS: dict[int, type[TwilioApiError]] = {
    401: BadCredentials,
    403: Denied,
    404: NotFound,
    407: Unreachable,  # the proxy of the environment wants a password: Twilio was never reached
    410: NotFound,
    429: Throttled,
}


def error_for(status: int, body: str, request: str) -> TwilioApiError:
    """The error that an answer with this status stands for; its words are Twilio's where the body has any.

    Knows both shapes of Twilio's error bodies: ``{code, message, status}`` and RFC 9457's
    ``{type, title, status, code, detail}`` (twilio-python, ``base/version.py``).
    """
    kind = _BY_STATUS.get(status)
    if kind is None:
        kind = ServerFault if status >= 500 else Rejected if status >= 400 else BadResponse
    words, code = _words_of(body)
    return kind(f"{words} (HTTP {status})" if words else f"HTTP {status}", request=request, status=status, code=code)


def plain(text: str) -> str:
    """``text`` as one line without control or other unprintable characters, shortened."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST_MESSAGE]).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


def _words_of(body: str) -> tuple[str | None, int | None]:
    """Message and code out of an error body; (None, None) for anything that is not Twilio's JSON."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):  # an HTML page of a proxy, an empty body
        return None, None
    if not isinstance(payload, dict):
        return None, None
    words = next((w for k in ("message", "detail", "title") if isinstance(w := payload.get(k), str) and w), None)
    code = payload.get("code")
    return words, code if isinstance(code, int) and not isinstance(code, bool) else None
