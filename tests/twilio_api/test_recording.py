"""Recording at the transport and replaying there: what goes into the file, and that the same comes out of it."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidscope.domain.records import ReadStatus
from sidscope.domain.value import replace
from sidscope.settings import Secret
from sidscope.twilio_api import Account, BadResponse, NotRecorded
from sidscope.twilio_api.recording import Recorder, RecordingError, Session, Take, read_session
from sidscope.twilio_api.replaying import Player, load_recording
from tests.support.httpserver import HttpServer, Reply, as_json, error

from .conftest import AC, CA, CH, FN, FW, NOW, PASSWORD, Opener, listing

SESSION = Session(AC, NOW, NOW - timedelta(hours=24))
PHONE = "+4915112345642"
FLOW = {"sid": FW, "friendly_name": "Main menu", "status": "published", "revision": 3}


class Ticking:
    """Each look at it is a millisecond later, so that no two answers bear the same time."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        self.now += timedelta(milliseconds=1)
        return self.now


def recorder(path: Path, **changes: Any) -> Recorder:
    return Recorder(path, replace(SESSION, **changes), Secret(PASSWORD), Ticking())


async def record(opener: Opener, server: HttpServer, path: Path, do: Callable[[Account], Any], **changes: Any) -> Any:
    tape = recorder(path, **changes)
    result = await do(opener(server.url, tape=tape))
    tape.close()
    assert tape.problem is None
    return result


async def replay(opener: Opener, path: Path, do: Callable[[Account], Any]) -> Any:
    """On an account that has no network: its address is nobody's."""
    return await do(opener("http://127.0.0.1:1", tape=load_recording(path)))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_an_answer_comes_out_as_it_went_in(opener: Opener, server: HttpServer, tmp_path: Path) -> None:
    server.on("/v2/Flows", as_json(listing("flows", [FLOW])))
    path = tmp_path / "tape"

    async def flows(account: Account) -> Any:
        return await account.flows()

    assert await record(opener, server, path, flows) == await replay(opener, path, flows)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, exchange, last = lines(path)
    assert first["recording"] == 1
    assert exchange["target"] == "/v2/Flows?PageSize=1000"
    assert exchange["at"] == 0.001
    assert last == {"end": 1}


async def test_nothing_secret_is_written(opener: Opener, server: HttpServer, tmp_path: Path) -> None:
    """Not even where a flow has put the token into its own variables, and nothing is masked."""
    body = {"context": {"flow": {"variables": {"token": PASSWORD, "quoted": json.dumps({"t": PASSWORD})}}}}
    headers = {"Set_Cookie": f"session={PASSWORD}", "X_Anything": "else", "Twilio_Request_Id": "RQ1"}
    server.on(f"/v2/Flows/{FW}/Executions/{FN}/Context", as_json(body, 200, **headers))
    for masked in (True, False):
        path = tmp_path / f"{masked}"
        await record(opener, server, path, lambda account: account.context(FW, FN), masked=masked)
        assert PASSWORD not in path.read_text()
        assert "Authorization" not in path.read_text()
        assert lines(path)[1]["headers"] == {"Content-Type": "application/json", "Twilio-Request-Id": "RQ1"}


async def test_addresses_are_masked_unless_told_otherwise(opener: Opener, server: HttpServer, tmp_path: Path) -> None:
    call = {"sid": CA, "from": PHONE, "to": "+15005550006", "status": "completed"}
    server.on(f"/2010-04-01/Accounts/{AC}/Calls/{CA}.json", as_json(call))

    async def read(account: Account) -> Any:
        return await account.call(CA)

    path = tmp_path / "masked"
    await record(opener, server, path, read)
    assert PHONE[1:] not in path.read_text()
    told = await replay(opener, path, read)
    assert told.from_.startswith("+49")
    assert told.status == "completed"
    path = tmp_path / "unmasked"
    assert await record(opener, server, path, read, masked=False) == await replay(opener, path, read)
    assert PHONE in path.read_text()


async def test_refusals_and_faults_come_again_too(opener: Opener, server: HttpServer, tmp_path: Path) -> None:
    ok = as_json({"sid": CH, "state": "closed"})
    path = tmp_path / "tape"
    server.on(f"/v1/Conversations/{CH}", error(429), Reply(200, b"{" * 50, cut=9), ok, error(403))

    async def twice(account: Account) -> Any:
        first, second = await account.conversation(CH), await account.conversation(CH)
        return first, second, account.counters.throttled, account.counters.retries

    there = await record(opener, server, path, twice)
    assert there == await replay(opener, path, twice)
    assert (there[0].read_status, there[1].read_status, *there[2:]) == (ReadStatus.OK, ReadStatus.DENIED, 1, 2)


async def test_giving_up_comes_again_too(opener: Opener, server: HttpServer, tmp_path: Path) -> None:
    path = tmp_path / "tape"
    server.on(f"/v1/Conversations/{CH}", Reply(200, b"no JSON"))

    async def read(account: Account) -> Any:
        return await account.conversation(CH), type(account.last_problem)

    assert (await record(opener, server, path, read))[1] is BadResponse
    assert (await replay(opener, path, read))[1] is BadResponse


async def test_what_was_not_recorded_is_not_made_up(opener: Opener, server: HttpServer, tmp_path: Path) -> None:
    path = tmp_path / "tape"
    await record(opener, server.on("/v2/Flows", as_json(listing("flows", []))), path, lambda it: it.flows())

    async def other(account: Account) -> Any:
        talk = await account.conversation(CH)
        assert talk.read_status is ReadStatus.FAILED
        assert isinstance(account.last_problem, NotRecorded)
        await account.execution(FW, FN)

    with pytest.raises(NotRecorded, match=r"the recording does not hold this request; .* \(GET /v2/Flows/"):
        await replay(opener, path, other)


async def test_each_answer_bears_its_time_whatever_the_order(
    opener: Opener, server: HttpServer, tmp_path: Path
) -> None:
    others = [CH[:-2] + f"{number:02x}" for number in range(20)]
    for sid in others:
        server.on(f"/v1/Conversations/{sid}", as_json({"sid": sid, "state": "active"}))
    path = tmp_path / "tape"

    async def all_of(account: Account, order: list[str]) -> dict[str, Any]:
        talks = await asyncio.gather(*(account.conversation(sid) for sid in order))
        return {talk.sid: talk for talk in talks}

    there = await record(opener, server, path, lambda it: all_of(it, others))
    again = await replay(opener, path, lambda it: all_of(it, others[::-1]))
    assert there == again
    assert len({talk.read_at for talk in there.values()}) == len(others)


# The player


def target(since: str | None = None, until: str | None = None, **others: str) -> str:
    bounds = {"DateCreatedFrom": since, "DateCreatedTo": until}
    pairs = {name: value for name, value in bounds.items() if value} | others
    return "/v2/Flows/FW/Executions?" + "&".join(f"{name}={value}" for name, value in pairs.items())


async def asked(player: Player, request: str) -> str | None:
    take = await player.take(request)
    return take.body if take else None


async def test_the_same_request_gets_its_answers_in_order_and_the_last_one_for_good() -> None:
    player = Player(SESSION, [("/x?b=2&a=1", 1.0, Take(200, body="one")), ("/x?a=1&b=2", 9.0, Take(200, body="two"))])
    assert [await asked(player, "/x?a=1&b=2") for _ in range(3)] == ["one", "two", "two"]


async def test_a_narrower_list_is_answered_by_a_wider_one() -> None:
    days = [(target(f"2026-11-{day}T00:00:00Z"), 0.0, Take(200, body=f"{day}")) for day in (10, 20)]
    player = Player(
        SESSION, [*days, (target("2026-11-01T00:00:00Z", "2026-11-09T00:00:00Z"), 0.0, Take(body="closed"))]
    )
    assert await asked(player, target("2026-11-21T00:00:00Z", PageSize="50")) == "20"
    assert await asked(player, target("2026-11-19T00:00:00Z")) == "10"
    assert await asked(player, target("2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z")) == "10"
    assert await asked(player, target("2026-11-02T00:00:00Z", "2026-11-08T00:00:00Z")) == "closed"
    assert await asked(player, target("2026-11-02T00:00:00Z", "2026-11-10T00:00:00Z")) is None
    assert await asked(player, target("2026-11-02T00:00:00Z")) is None
    assert await asked(player, target("2026-11-21T00:00:00Z", Status="active")) is None
    assert await asked(player, target()) is None


async def test_the_clock_is_that_of_the_recording() -> None:
    seconds = [100.0]
    player = Player(SESSION, [("/x", 7.0, Take(200))], clock=lambda: seconds[0])
    assert player.clock() == NOW
    seconds[0] += 2
    assert player.clock() == NOW + timedelta(seconds=2)
    await player.take("/x")
    assert player.clock() == NOW + timedelta(seconds=7)
    seconds[0] += 60
    assert player.clock() == NOW + timedelta(seconds=62)
    assert player.now() == NOW + timedelta(seconds=7)


# The file


def whole(path: Path) -> bytes:
    tape = recorder(path, region="ie1", api_url="http://localhost:8080", since_given=True)
    tape.note("/v2/Flows", Take(200, {"Date": "x"}, "{}"))
    tape.note("/v2/Flows", Take(fault="Unreachable", says="gone", passing=True))
    tape.close()
    return path.read_bytes()


def test_a_session_comes_back_whole(tmp_path: Path) -> None:
    whole(tmp_path / "tape")
    session = replace(SESSION, region="ie1", api_url="http://localhost:8080", since_given=True)
    assert read_session(tmp_path / "tape") == session
    assert load_recording(tmp_path / "tape").session == session


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: b"", " is no recording: --replay plays what --record has written."),
        (lambda data: b"\x00\xff", " is no recording"),
        (lambda data: b"[1]", " is no recording"),
        (lambda data: data.replace(b'"recording": 1', b'"recording": 2'), " was recorded by a newer sidscope"),
        (lambda data: data.replace(AC.encode(), b"alice"), ":1 is broken"),
        (lambda data: data.replace(b"http://localhost:8080", b"http://a@b/c"), ":1 names an API that is no origin"),
        (lambda data: data.replace(b'"status": 200', b'"status": "200"'), ":2 is not a line of a recording"),
        (lambda data: data.replace(b'"at": 0.00', b'"at": NaN, "b": 0.00'), ":2 is not a line of a recording"),
        (lambda data: data[: data.rindex(b'{"end"')], " is cut off after 2 requests: record again, and end it with q."),
        (lambda data: data[:-20], " is cut off after 1 request:"),
        (lambda data: data.replace(b'"end": 2', b'"end": 3'), " is cut off after 2 requests"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, change: Callable[[bytes], bytes], sentence: str) -> None:
    path = tmp_path / "tape"
    data = whole(path)
    path.write_bytes(change(data))
    with pytest.raises(RecordingError) as caught:
        load_recording(path)
    assert str(caught.value).startswith(f"{path}{sentence}")
    assert caught.value.exit_code == 2


@given(st.data())
def test_no_part_of_a_recording_is_taken_for_the_whole(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tape"
        content = whole(path)
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 2))])
        with pytest.raises(RecordingError):
            load_recording(path)


@given(st.binary() | st.lists(st.sampled_from(['{"recording": 1}', '{"end": 0}', "{}", "\n", AC])).map("".join))
def test_no_bytes_whatever_do_worse(data: bytes | str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tape"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        with pytest.raises(RecordingError):
            load_recording(path)


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "tape"
    path.write_text("mine")
    with pytest.raises(RecordingError, match="is there already: choose another file for --record"):
        recorder(path)
    assert path.read_text() == "mine"
    with pytest.raises(RecordingError, match=r"cannot be written \(No such file or directory\)"):
        recorder(tmp_path / "none" / "tape")
