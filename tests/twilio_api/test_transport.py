"""The transport against a real socket: what fails, how, and what is done about it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
import os
import shutil
import ssl
import subprocess
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from sidscope.domain.jsontext import decoded
from sidscope.domain.records import ReadStatus
from sidscope.settings import Credentials, Secret
from sidscope.twilio_api import (
    Account,
    BadCredentials,
    BadResponse,
    Denied,
    ForeignOrigin,
    NotFound,
    Policy,
    Rejected,
    ServerFault,
    Throttled,
    TwilioApiError,
    Unreachable,
    connect,
)
from sidscope.twilio_api.transport import MOST_BYTES
from tests.support.httpserver import HttpServer, Reply, Request, as_json, error, zipped

from .conftest import AC, CH, FN, FW, PASSWORD, SK, Opener, Waits, listing

FLOWS = "/v2/Flows"
CONTEXT = f"/v2/Flows/{FW}/Executions/{FN}/Context"
FINE = as_json(listing("flows", [{"sid": FW, "friendly_name": "Hello"}]))
BODY = {"context": {"trigger": {}}, "execution_sid": FN, "flow_sid": FW, "account_sid": AC}
QUICK = Policy(connect=0.2, read=0.2, whole=0.3)

# -- retries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        error(500),
        error(502),
        error(503),
        error(504),
        error(408),
        error(429, 20429),
        Reply(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}),
        Reply(reset=True),
        Reply(body=FINE.body, cut=0),
        Reply(body=FINE.body, cut=20),
        Reply(raw=b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"me'),
        Reply(raw=b"HTTP/1.1 200"),
        Reply(raw=b"SSH-2.0-OpenSSH_9.6\r\n"),
        Reply(raw=b""),
    ],
    ids=str,
)
async def test_a_passing_fault_is_overcome(account: Account, server: HttpServer, waits: Waits, fault: Reply) -> None:
    server.on(FLOWS, fault, fault, FINE)
    assert [flow.sid for flow in await account.flows()] == [FW]
    tries = len(server.asked(FLOWS))  # aiohttp itself repeats once on a connection that had grown stale
    assert tries >= 3
    assert len(waits.slept) == account.counters.retries <= 2
    assert account.counters.requests == account.counters.retries + 1
    assert account.counters.in_flight == 0


@pytest.mark.parametrize("fault", [Reply(stall=True, body=b"{}", headers={"Content-Length": "9"})], ids=["stall"])
async def test_a_server_that_falls_silent_is_asked_again(opener: Opener, server: HttpServer, fault: Reply) -> None:
    account = opener(server.url, policy=QUICK)
    server.on(FLOWS, fault, FINE)
    assert len(await account.flows()) == 1
    assert account.counters.retries == 1


async def test_a_request_takes_only_so_long_as_a_whole(opener: Opener, server: HttpServer) -> None:
    """Though a piece comes every now and then, and the whole answer in some seconds."""
    server.on(FLOWS, replace(FINE, drip=0.03))
    account = opener(server.url, policy=Policy(connect=9.0, read=9.0, whole=0.1))
    with pytest.raises(Unreachable, match="did not answer in time"):
        await account.flows()


@pytest.mark.parametrize(
    ("reply", "kind", "tries"),
    [
        (error(500, 20500), ServerFault, 6),
        (Reply(503, b"<h1>down</h1>"), ServerFault, 6),
        (Reply(reset=True), Unreachable, 6),
        (Reply(raw=b"220 smtp ready\r\n"), BadResponse, 6),
        (error(400, 20001), Rejected, 1),
        (error(401, 20003, "Authenticate"), BadCredentials, 1),
        (error(403, 20403), Denied, 1),
        (error(404, 20404), NotFound, 1),
        (error(410), NotFound, 1),
        (Reply(302, headers={"Location": "https://studio.twilio.com/v2/Flows"}), BadResponse, 1),
        (Reply(302, headers={"Location": "http://["}), BadResponse, 1),
        (Reply(302, headers={"Location": "http:nowhere"}), BadResponse, 1),
        (Reply(302, headers={"Location": "//\xe9\xff:x/"}), BadResponse, 1),
        (Reply(204), BadResponse, 1),
    ],
    ids=str,
)
async def test_what_persists_is_reported(
    account: Account, server: HttpServer, waits: Waits, reply: Reply, kind: type[TwilioApiError], tries: int
) -> None:
    server.on(FLOWS, reply)
    with pytest.raises(kind) as caught:
        await account.flows()
    assert type(caught.value) is kind
    assert caught.value.request == "GET /v2/Flows"
    assert account.counters.requests == tries
    assert len(server.asked()) >= tries
    assert account.counters.retries == tries - 1
    assert sum(waits.slept) <= 60
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


async def test_a_server_that_always_refuses_is_given_up(account: Account, server: HttpServer, waits: Waits) -> None:
    server.on(FLOWS, error(429, 20429, "Too Many Requests"))
    with pytest.raises(Throttled, match="Too Many Requests"):
        await account.flows()
    assert 8 <= account.counters.requests <= 14
    assert account.counters.throttled == account.counters.requests
    assert 20 <= waits.time - 1000 <= 45


async def test_nobody_there(opener: Opener) -> None:
    async with HttpServer() as server:
        url = server.url
    with pytest.raises(Unreachable, match=r"cannot connect to 127\.0\.0\.1: .*refused"):
        await opener(url).flows()


async def test_while_nobody_is_there_each_request_is_tried_once(opener: Opener) -> None:
    async with HttpServer() as server:
        url = server.url
    account = opener(url)
    for _ in range(3):
        with pytest.raises(Unreachable):
            await account.flows()
    assert account.counters.requests == 6 + 1 + 1


async def test_after_somebody_answered_again_faults_are_repeated_again(account: Account, server: HttpServer) -> None:
    server.on(FLOWS, *[Reply(reset=True)] * 30)
    with pytest.raises(Unreachable):
        await account.flows()
    server.on(FLOWS, FINE, Reply(reset=True), Reply(reset=True), Reply(reset=True), FINE)
    assert len(await account.flows()) == 1
    assert len(await account.flows()) == 1


# -- 429 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("Sun, 01 Mar 2026 12:00:09 GMT", 9.0), (None, 0.0), ("nonsense", 0.0)],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_the_least_that_is_waited(
    account: Account, server: HttpServer, waits: Waits, status: int, value: str | None, seconds: float
) -> None:
    server.on(FLOWS, error(status) if value is None else error(status, Retry_After=value), FINE)
    await account.flows()
    assert len(waits.slept) == 1
    assert seconds <= waits.slept[0] <= seconds + 0.5


async def test_only_the_refused_request_waits(account: Account, server: HttpServer, waits: Waits) -> None:
    other = FN[:-1] + "f"
    server.on(CONTEXT, error(429, Retry_After="30"), as_json(BODY))
    server.on(CONTEXT.replace(FN, other), as_json(BODY))
    both = await asyncio.gather(account.context(FW, FN), account.context(FW, other))
    assert [c.read_status for c in both] == [ReadStatus.OK, ReadStatus.OK]
    assert len(waits.slept) == 1
    assert account.counters.throttled == 1


async def test_more_than_there_is_patience_for_is_not_waited(
    account: Account, server: HttpServer, waits: Waits
) -> None:
    server.on(FLOWS, error(429, Retry_After="86400"))
    with pytest.raises(Throttled):
        await account.flows()
    assert waits.slept == []


async def test_a_server_that_refuses_everything_is_found_out_once_for_all(account: Account, server: HttpServer) -> None:
    """When nothing has got through for longer than the patience, further requests do not start anew."""
    server.on(FLOWS, error(429))
    for _ in range(2):
        with pytest.raises(Throttled):
            await account.flows()
        assert account.counters.throttled == account.counters.requests
    assert account.counters.requests <= 14 + 1
    assert account.counters.limit == 1


async def test_never_more_at_once_than_the_server_takes(opener: Opener) -> None:
    """A server with a limit of 4: everything arrives, and after the first refusals hardly any follow."""
    busy = peak = 0

    async def limited(request: Request) -> Reply:
        nonlocal busy, peak
        if busy >= 4:
            return error(429, 20429)
        busy += 1
        peak = max(peak, busy)
        await asyncio.sleep(0.002)
        busy -= 1
        return as_json(BODY, Twilio_Concurrent_Requests="4")

    async with HttpServer(limited) as server:
        account = opener(server.url)
        contexts = await asyncio.gather(*(account.context(FW, f"FN{n:032x}") for n in range(150)))
    assert {c.read_status for c in contexts} == {ReadStatus.OK}
    assert peak == 4
    assert account.counters.throttled <= 30
    assert account.counters.concurrent_reported == 4
    assert account.counters.in_flight == 0


async def test_connections_are_no_more_than_the_cap_and_are_kept(opener: Opener, server: HttpServer) -> None:
    server.on(FLOWS, FINE)
    account = opener(server.url, max_concurrency=3)
    await asyncio.gather(*(account.flows() for _ in range(30)))
    assert account.counters.limit == 3
    assert server.connections <= 3
    assert len(server.asked(FLOWS)) == 30


async def test_a_cancelled_request_gives_its_place_back(opener: Opener) -> None:
    asked = asyncio.Event()

    async def silent(request: Request) -> Reply:
        asked.set()
        await asyncio.Event().wait()
        return FINE

    async with HttpServer(silent) as server:
        account = opener(server.url, max_concurrency=1)
        tasks = [asyncio.create_task(account.flows()) for _ in range(3)]
        await asked.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert account.counters.in_flight == 0


# -- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>Welcome to the hotel WLAN</html>", headers={"Content-Type": "text/html"}),
        Reply(body=b""),
        Reply(body=b"{"),
        Reply(body=b"null"),
        Reply(body=b"[]"),
        Reply(body=b"7"),
        Reply(body=b'"flows"'),
        Reply(body=b"[" * 100_000),
        Reply(body=b'{"meta": ' + b"9" * 5000 + b"}"),
        Reply(body=b"{}"),
        as_json({"meta": None, "flows": []}),
        as_json({"meta": {"key": "flows"}}),
        as_json({"meta": {"key": ["flows"]}, "flows": []}),
        as_json({"meta": {"key": "flows"}, "flows": None}),
        as_json({"meta": {"key": "flows"}, "flows": {"sid": FW}}),
        as_json(listing("flows", [None])),
        as_json(listing("flows", ["FW"])),
        as_json(listing("flows", [{"friendly_name": "no sid"}])),
        as_json(listing("flows", [{"sid": "../../v1/Workspaces"}])),
        as_json({"meta": {"key": "flows", "next_page_url": 7}, "flows": []}),
        Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
        Reply(body=b"\x00\x01", headers={"Content-Encoding": "zstd"}),
        Reply(body=gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), headers={"Content-Encoding": "gzip, gzip"}),
        Reply(body=gzip.compress(FINE.body, mtime=0)[:30], headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda reply: repr(reply.body[:40]),
)
async def test_an_answer_that_cannot_be_used_says_so(
    account: Account, server: HttpServer, waits: Waits, reply: Reply
) -> None:
    server.on(FLOWS, reply)
    with pytest.raises(BadResponse) as caught:
        await account.flows()
    assert waits.slept == []
    assert caught.value.__context__ is None  # the SDK's exception holds the whole body
    assert caught.value.request == "GET /v2/Flows"


async def test_a_gzip_bomb_is_not_inflated(account: Account, server: HttpServer) -> None:
    server.on(FLOWS, zipped(b" " * (MOST_BYTES + 1)))
    with pytest.raises(BadResponse, match="more than 32 MB"):
        await account.flows()


async def test_a_body_of_the_largest_size_is_read(account: Account, server: HttpServer) -> None:
    server.on(FLOWS, zipped(FINE.body + b" " * (MOST_BYTES - len(FINE.body))))
    assert len(await account.flows()) == 1


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b"\n "])
async def test_odd_bytes_do_not_hide_the_rest(account: Account, server: HttpServer, prefix: bytes) -> None:
    body = json.dumps(BODY | {"context": {"name": "PLACE"}}).encode().replace(b"PLACE", b"J\xfcrgen \\ud800")
    server.on(CONTEXT, Reply(body=prefix + body))
    context = await account.context(FW, FN)
    assert decoded(context.body) == {"name": "J\ufffdrgen \ud800"}


# -- where it goes, and with what -------------------------------------------------------------------------------------


async def test_what_is_sent(account: Account, server: HttpServer) -> None:
    server.on(FLOWS, FINE)
    await account.flows()
    sent = server.requests[0]
    assert (sent.method, sent.target) == ("GET", "/v2/Flows?PageSize=1000")
    assert sent.headers["authorization"] == "Basic " + base64.b64encode(f"{SK}:{PASSWORD}".encode()).decode()
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["accept-encoding"] == "gzip, deflate"
    assert sent.headers["user-agent"].startswith("twilio-python/")
    assert set(sent.headers) == {
        *("host", "accept", "accept-encoding", "authorization", "user-agent", "x-twilio-client")
    } | ({"connection"} & set(sent.headers))


async def test_cookies_are_not_kept(account: Account, server: HttpServer) -> None:
    server.on(FLOWS, as_json(listing("flows", []), Set_Cookie="track=me; Path=/"))
    await account.flows()
    await account.flows()
    assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize("region", [None, "ie1"])
async def test_next_pages_are_followed_as_they_are(opener: Opener, server: HttpServer, region: str | None) -> None:
    """To the api_url, whether they name Twilio's host or the api_url itself, with path and query as sent."""
    query = "PageSize=2&Page=1&PageToken=PA%3D%2B0"
    server.on(
        FLOWS,
        as_json(listing("flows", [{"sid": "FW1"}], f"https://studio.twilio.com/v2/Flows?{query}1")),
        as_json(listing("flows", [{"sid": "FW2"}], f"{server.url}/v2/Flows?{query}2")),
        as_json(listing("flows", [{"sid": "FW3"}], None)),
    )
    flows = await opener(server.url, region=region).flows()
    assert [flow.sid for flow in flows] == ["FW1", "FW2", "FW3"]
    assert [r.target for r in server.requests[1:]] == [f"/v2/Flows?{query}1", f"/v2/Flows?{query}2"]


@pytest.mark.parametrize(
    "following",
    [
        "{other}/v2/Flows?Page=1",
        "https://evil.example/v2/Flows?Page=1",
        "https://studio.twilio.com.evil.example/v2/Flows",
        "https://studio.twilio.com@127.0.0.1/v2/Flows",
        "/v2/Flows?Page=1",
        "nonsense",
    ],
)
async def test_a_page_elsewhere_is_not_asked_for(account: Account, server: HttpServer, following: str) -> None:
    async with HttpServer() as other:
        server.on(FLOWS, as_json(listing("flows", [], following.format(other=other.url))))
        with pytest.raises(ForeignOrigin):
            await account.flows()
        assert other.connections == 0
    assert len(server.requests) == 1
    assert account.counters.requests == 1


@pytest.mark.parametrize("following", ["http://studio.twilio.com/v2/Flows?Page=1", "{other}/v2/Flows"])
async def test_without_an_api_url_only_https_to_twilio_is_asked(
    opener: Opener, server: HttpServer, following: str
) -> None:
    seen: list[str] = []

    async def app(scope: dict, receive: object, send) -> None:  # type: ignore[no-untyped-def, type-arg]
        seen.append(f"{scope['scheme']}://{dict(scope['headers'])[b'host'].decode()}{scope['path']}")
        page = listing("flows", [], following.format(other=server.url) if len(seen) > 1 else SECOND)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(page).encode()})

    with pytest.raises(ForeignOrigin):
        await opener(None, asgi_app=app, region="ie1").flows()
    assert seen == ["https://studio.ie1.twilio.com/v2/Flows"] * 2
    assert server.connections == 0


SECOND = "https://studio.twilio.com/v2/Flows?Page=1"


async def test_the_environments_proxy_is_used(
    opener: Opener, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean_of_proxies(monkeypatch)
    monkeypatch.setenv("HTTP_PROXY", server.url.replace("://", "://me:pw@"))
    server.on(FLOWS, FINE)
    assert len(await opener("http://twilio.invalid").flows()) == 1
    sent = server.requests[0]
    assert sent.target == "http://twilio.invalid/v2/Flows?PageSize=1000"
    assert sent.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"me:pw").decode()


async def test_no_proxy_for_whom_the_environment_says_so(
    opener: Opener, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean_of_proxies(monkeypatch)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.on(FLOWS, FINE)
    assert len(await opener(server.url).flows()) == 1


async def test_a_proxy_for_https_sees_no_credentials(
    opener: Opener, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean_of_proxies(monkeypatch)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    with pytest.raises(Unreachable, match="proxy of the environment"):
        await opener(None).flows()
    assert server.requests
    for sent in server.requests:
        assert (sent.method, sent.target) == ("CONNECT", "studio.twilio.com:443")
        assert "authorization" not in sent.headers


@pytest.mark.parametrize("proxy", ["nonsense://me:pw@here", "http://me:pw@here:port", "socks5://me:pw@127.0.0.1:9"])
async def test_a_proxy_that_cannot_be_used_is_one_sentence(
    opener: Opener, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    clean_of_proxies(monkeypatch)
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(Unreachable, match="proxy") as caught:
        await opener("http://twilio.invalid").flows()
    assert "pw" not in str(caught.value)


def clean_of_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """For a server on this machine that no authority knows."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -subj /CN=localhost"
    command += " -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", tmp_path / "k")
    return context


async def test_a_certificate_nobody_vouches_for_is_refused(opener: Opener, self_signed: ssl.SSLContext) -> None:
    async with HttpServer(tls=self_signed) as server:
        account = opener(server.url)
        with pytest.raises(Unreachable, match=r"certificate of .* is not to be trusted"):
            await account.flows()
        assert server.requests == []
        assert account.counters.requests == 1  # it will not be any better the next time


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(account: Account, server: HttpServer, status: int) -> None:
    async with HttpServer() as elsewhere:
        elsewhere.on("/steal", FINE)
        server.on(FLOWS, Reply(status, headers={"Location": f"{elsewhere.url}/steal"}))
        with pytest.raises(BadResponse):
            await account.flows()
        assert elsewhere.requests == []


# -- secrets ----------------------------------------------------------------------------------------------------------

HIDDEN = (PASSWORD, base64.b64encode(f"{SK}:{PASSWORD}".encode()).decode()[4:-4])


@pytest.mark.parametrize(
    "reply",
    [error(401), error(500), Reply(reset=True), Reply(raw=b"garbage\r\n"), Reply(body=b"{"), Reply(stall=True)],
    ids=str,
)
async def test_no_error_knows_the_secret(
    opener: Opener, server: HttpServer, caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    caplog.set_level(logging.DEBUG)
    server.on(FLOWS, reply)
    account = opener(server.url, policy=QUICK)
    with pytest.raises(TwilioApiError) as caught:
        await account.flows()
    everything = [repr(caught.value), str(caught.value), *map(str, vars(caught.value).values()), caplog.text]
    everything += traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    for text in everything:
        assert not any(hidden in text for hidden in HIDDEN)


async def test_no_log_knows_secrets_addresses_or_bodies(
    account: Account, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.on("/v1/ParticipantConversations", as_json(listing("conversations", [{"conversation_sid": CH}])))
    await account.memberships("whatsapp:+4915112345678")
    for hidden in (*HIDDEN, "15112345678", CH):
        assert hidden not in caplog.text


async def test_the_sdk_has_no_secret(account: Account) -> None:
    client = account._client
    assert client.password is None
    assert PASSWORD not in repr(vars(client))


# -- what it costs to name it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import sidscope.twilio_api", {"asyncio", "httpx", "aiohttp", "twilio", "requests", "ssl"}),
        ("from sidscope.twilio_api import Account, connect, Policy, Counters, Message", {"httpx", "aiohttp", "twilio"}),
    ],
)
def test_imports_are_late(code: str, absent: set[str]) -> None:
    program = f"import sys; {code}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert not {name.split(".")[0] for name in loaded.stdout.split()} & absent - {
        name for name in ("ssl",) if "certifi" in loaded.stdout
    }


def test_connecting_needs_no_loop_and_sends_nothing() -> None:
    account = connect(Credentials(AC, SK, Secret(PASSWORD)), api_url="http://127.0.0.1:9")
    assert account.counters.requests == 0
    asyncio.run(account.close())
