"""The one way to Twilio: twilio-python's HTTP client over httpx. All imports of httpx stand here.

httpx's own connection pool collapses at 50 connections (encode/httpx #3215), so requests go over the
httpx-aiohttp transport; for a simulated account in this process, over httpx's ASGI transport. Proxies of the
environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY) are honoured, certificates are verified
(SSL_CERT_FILE, SSL_CERT_DIR too), redirects are not followed.

The SDK never learns the secret: it stands in the ``Authorization`` header alone, which is made here, after the
address has been found to be the account's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any, cast

import aiohttp
import httpx
from httpx_aiohttp import HttpxAiohttpClient
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from sidscope.domain.value import value
from sidscope.settings import Credentials
from sidscope.twilio_api.errors import (
    BadResponse,
    ForeignOrigin,
    NotFound,
    NotRecorded,
    ServerFault,
    Throttled,
    TwilioApiError,
    Unreachable,
    asked,
    error_for,
)
from sidscope.twilio_api.origin import Origin, path_of
from sidscope.twilio_api.pace import Pace
from sidscope.twilio_api.recording import Recorder, Take
from sidscope.twilio_api.replaying import Player
from sidscope.twilio_api.retry import Policy, retry_after
from sidscope.twilio_api.throttle import Counters, Outcome, Throttle

MOST_BYTES = 32 * 1024 * 1024
"""The largest body, after decompression, that is read at all."""

_ENCODINGS = ("", "identity", "gzip", "deflate")  # those whose 16 KB cannot become gigabytes in one step

_FORWARDED = ("User-Agent", "X-Twilio-Client", "Accept")  # what the SDK's headers say that matters

_log = logging.getLogger(__name__)

# httpx logs every URL at INFO, and a query may hold a customer's address.
logging.getLogger("httpx").setLevel(logging.WARNING)


class HttpxClient(HttpxAiohttpClient):
    """httpx over aiohttp, proxies of the environment included; nothing between a request and its exchange."""

    async def exchange(self, request: httpx.Request) -> httpx.Response:
        """Send once and leave the body to be read: ``send`` would look for redirects, cookies and hooks, at a fifth of
        the whole cost."""
        request.extensions["timeout"] = self.timeout.as_dict()
        response = await self._transport_for_url(request.url).handle_async_request(request)
        response.request = request
        return response

    def _init_proxy_transport(self, proxy: httpx.Proxy, *args: Any, **options: Any) -> httpx.AsyncBaseTransport:
        if proxy.url.scheme not in ("http", "https"):  # aiohttp would talk HTTP to a SOCKS proxy
            raise ValueError("not an HTTP proxy")
        return super()._init_proxy_transport(proxy, *args, **options)


def network_client(policy: Policy, connections: int) -> HttpxClient:
    """An httpx client over aiohttp. Raises Unreachable if the environment names a proxy that cannot be used."""
    try:
        return HttpxClient(
            verify=httpx.create_ssl_context(),  # once: the client would make one for each proxy
            timeout=_timeouts(policy),
            limits=httpx.Limits(max_connections=connections, keepalive_expiry=30.0),
        )
    except (ValueError, httpx.InvalidURL):
        problem = "the proxy settings of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) cannot be used"
    raise Unreachable(problem)


def in_process_client(app: Callable[..., Awaitable[None]], policy: Policy) -> HttpxClient:
    """An httpx client whose network is an ASGI application in this process."""
    return HttpxClient(transport=httpx.ASGITransport(app=app), timeout=_timeouts(policy))


def no_client() -> HttpxClient:
    """An httpx client without any network, for a replay."""
    return HttpxClient(transport=httpx.AsyncBaseTransport())


def _timeouts(policy: Policy) -> httpx.Timeout:
    return httpx.Timeout(connect=policy.connect, read=policy.read, write=policy.read, pool=None)


@value
class _Answer:
    """A whole answer, whatever its status."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8-sig", errors="replace")


@value
class _Fault:
    """No answer, or none that could be read; ``passing`` if it may be better the next time."""

    error: TwilioApiError
    passing: bool


class TwilioTransport(AsyncHttpClient):
    """Sends the SDK's requests and gives it only answers that are 200; for all else raises an error of ours.

    Repeats what failed for a while (GET only), keeps all requests of the account behind one throttle, and lets
    credentials go nowhere but to the account's hosts.
    """

    def __init__(
        self,
        client: HttpxClient,
        credentials: Credentials,
        *,
        origin: Origin,
        throttle: Throttle,
        counters: Counters,
        policy: Policy,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        now: Callable[[], datetime],
        chance: Random,
        tape: Recorder | Player | None = None,
    ) -> None:
        super().__init__(logging.getLogger("twilio.http_client"), is_async=True)
        self._client = client
        self._authorization = _basic(credentials)
        self._origin = origin
        self._throttle = throttle
        self._counters = counters
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._chance = chance
        self._tape = tape
        self._pace = Pace()
        self._down = False  # one request has given up on connections or 5xx, and none has got through since

    async def request(  # type: ignore[override]  # as the SDK's own asynchronous clients do
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the SDK's signature)
        allow_redirects: bool = False,
    ) -> Response:
        """The SDK's door, for reading only: sidscope never changes anything at Twilio.

        ``auth``, ``timeout`` and ``allow_redirects`` are not the SDK's to decide and are ignored.
        """
        if method != "GET":
            raise ValueError(f"{method}: sidscope only reads")
        what = f"GET {path_of(uri)}"
        asked.set(what)
        answer = await self._persist(self._build(uri, what, params, headers or {}), what)
        return Response(answer.status, answer.text, answer.headers)

    async def close(self) -> None:
        """Close all connections."""
        self._throttle.close()
        await self._client.aclose()

    def _build(self, uri: str, what: str, params: dict[str, object] | None, headers: dict[str, str]) -> httpx.Request:
        sent = {name: headers[name] for name in _FORWARDED if name in headers}
        sent |= {"Accept-Encoding": "gzip, deflate", "Authorization": self._authorization}
        try:
            # Empty parameters must not reach httpx: it would drop the query of a next_page_url.
            return httpx.Request("GET", self._origin.pin(uri), params=cast(Any, params or None), headers=sent)
        except (ForeignOrigin, httpx.InvalidURL) as reason:
            problem = str(reason)
        raise ForeignOrigin(problem, request=what)

    async def _persist(self, request: httpx.Request, what: str) -> _Answer:
        """Send until there is an answer to keep or no hope left; raise our error then."""
        tried = 0
        began: float | None = None
        while True:
            sent_at, result = await self._in_turn(request, what, again=tried > 0)
            tried += 1
            began = sent_at if began is None else began
            if isinstance(result, _Fault):
                error, passing, told = result.error, result.passing, None
            elif result.status == 200:
                return result
            else:
                error = error_for(result.status, result.text, what)
                passing = result.status in (408, 429) or result.status >= 500
                now = _date(result.headers.get("Date")) or self._now()  # by the clock that the date was told by
                told = retry_after(result.headers.get("Retry-After"), now)
            wait: float | None = None
            if passing and not (self._down and isinstance(error, Unreachable | ServerFault)):
                wait = self._wait(error, tried, self._clock() - began, told)
            if wait is None:
                self._down = isinstance(error, Unreachable | ServerFault)
                if not isinstance(error, NotFound):  # gone is an answer
                    _log.warning("%s: %s, status %s, code %s", what, type(error).__name__, error.status, error.code)
                raise error
            _log.debug("%s: %s, again in %.1f s", what, type(error).__name__, wait)
            await self._sleep(wait)
            self._counters.retries += 1

    def _wait(self, error: TwilioApiError, tried: int, since: float, told: float | None) -> float | None:
        if isinstance(error, Throttled):
            since = max(since, self._throttle.refused_for())
            return self._policy.refusals.wait(tried, since, told, self._chance)
        return self._policy.faults.wait(tried, since, told, self._chance)

    async def _in_turn(self, request: httpx.Request, what: str, *, again: bool) -> tuple[float, _Answer | _Fault]:
        """One try, when the throttle says so, and when it was sent."""
        permit = await self._throttle.enter(again=again)
        outcome = Outcome.UNKNOWN
        sent_at = self._clock()
        try:
            self._counters.requests += 1
            result = await self._send(request, what)
            if isinstance(result, _Answer):
                if result.status < 500:
                    self._down = False
                    outcome = Outcome.REFUSED if result.status == 429 else Outcome.ANSWERED
                self._note(result)
                _log.info("%s: %d", what, result.status)
        finally:
            self._throttle.leave(permit, outcome)
        return sent_at, result

    def _note(self, answer: _Answer) -> None:
        if answer.status == 429:
            self._counters.throttled += 1
        reported = answer.headers.get("Twilio-Concurrent-Requests", "")
        if reported.isascii() and reported.isdigit():
            self._counters.concurrent_reported = int(reported[:9])
        server = _date(answer.headers.get("Date"))
        if server is not None:
            self._counters.clock_skew = (server - self._now()).total_seconds()

    async def _send(self, request: httpx.Request, what: str) -> _Answer | _Fault:
        """One exchange: on the wire, and written down if the session is recorded; or out of a recording."""
        if isinstance(self._tape, Player):
            return _played(await self._tape.take(_target(request)), what)
        result = await self._exchange(request, what)
        if self._tape is not None:
            self._tape.note(_target(request), _taken(result))
        return result

    async def _exchange(self, request: httpx.Request, what: str) -> _Answer | _Fault:
        """One exchange on the wire.

        Failures are returned, not raised, so that no exception of the libraries becomes the context of ours:
        theirs hold the request, its headers, and so the secret.
        """
        try:
            async with asyncio.timeout(self._policy.whole):
                response = await self._client.exchange(request)
                try:
                    await self._pace.turn()
                    return await self._read(response, what)
                finally:
                    await response.aclose()
        except (
            httpx.HTTPError,
            httpx.StreamError,
            httpx.InvalidURL,
            aiohttp.ClientError,
            OSError,
            UnicodeError,
        ) as fault:
            return _explain(fault, request.url.host, what)

    async def _read(self, response: httpx.Response, what: str) -> _Answer | _Fault:
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            return _Fault(BadResponse("an answer in an encoding nobody asked for", request=what), passing=False)
        body = bytearray()
        pieces: AsyncIterable[bytes] = response.aiter_bytes()
        if encoding in ("", "identity") and isinstance(response.stream, httpx.AsyncByteStream):
            pieces = response.stream  # there is nothing to decode
        async for piece in pieces:
            body += piece
            if len(body) > MOST_BYTES:
                return _Fault(BadResponse(f"an answer of more than {MOST_BYTES >> 20} MB", request=what), passing=False)
        return _Answer(response.status_code, response.headers, bytes(body))


def _target(request: httpx.Request) -> str:
    return request.url.raw_path.decode("ascii")


def _taken(result: _Answer | _Fault) -> Take:
    """What a recording keeps of it."""
    if isinstance(result, _Answer):
        return Take(status=result.status, headers=result.headers, body=result.text)
    return Take(fault=type(result.error).__name__, says=result.error.message, passing=result.passing)


def _played(take: Take | None, what: str) -> _Answer | _Fault:
    if take is None:
        missing = "the recording does not hold this request; record again with the same command and options"
        return _Fault(NotRecorded(missing, request=what), passing=False)
    if take.fault is None:
        return _Answer(take.status, httpx.Headers(dict(take.headers)), take.body.encode("utf-8", "replace"))
    kind = Unreachable if take.fault == Unreachable.__name__ else BadResponse
    return _Fault(kind(take.says, request=what), passing=take.passing)


def _date(header: str | None) -> datetime | None:
    """The time of a Date header (RFC 9110, 5.6.7); None if it tells none."""
    try:
        moment = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.username}:{credentials.password.reveal()}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _explain(fault: Exception, host: str, what: str) -> _Fault:
    """A library's exception in our words. Only its kind and the operating system's reason are taken over."""
    causes = list(_causes(fault))

    def of_kind(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if of_kind(ssl.SSLCertVerificationError, aiohttp.ClientConnectorCertificateError):
        return _Fault(Unreachable(f"the certificate of {host} is not to be trusted", request=what), passing=False)
    if isinstance(fault, httpx.DecodingError):
        return _Fault(BadResponse("an answer whose compression is broken", request=what), passing=False)
    if of_kind(httpx.InvalidURL, UnicodeError):
        # httpx reads the Location of a redirect even if nobody follows it.
        return _Fault(BadResponse(f"{host} answered a redirect to no address", request=what), passing=False)
    if of_kind(aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError):
        words = "the proxy of the environment does not let us through"
    elif of_kind(aiohttp.ClientResponseError):
        return _Fault(BadResponse(f"{host} answered something that is not HTTP", request=what), passing=True)
    elif of_kind(TimeoutError):
        words = f"{host} did not answer in time"
    elif of_kind(aiohttp.ClientConnectorError):
        words = f"cannot connect to {host}"
    else:
        words = f"the connection to {host} broke"
    reason = next((r for c in causes if (r := _reason(c))), None)
    return _Fault(Unreachable(f"{words}: {reason}" if reason else words, request=what), passing=True)


def _reason(cause: BaseException) -> str | None:
    """The operating system's words, not the library's."""
    if isinstance(cause, socket.gaierror):
        return cause.strerror
    return os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
