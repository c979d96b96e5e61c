"""``sidscope doctor``: each thing that can be wrong is named, with the way out, and nothing secret is said."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidscope.commands.doctor_reach import clock
from sidscope.demo import World
from sidscope.tui.clipboard import likely_route

from .conftest import CommandLine, Done, Served, serve

REACH = (
    *("flows", "executions", "contexts", "conversations", "participants", "workspaces", "tasks", "calls", "messages"),
)
KINDS = {
    "conversations": {"conversations", "participants"},
    "taskrouter": {"workspaces"},
    "api": {"calls", "messages"},
    "studio": {"flows"},
}
"""What cannot be read where a product is denied."""


def findings(done: Done) -> dict[str, dict[str, Any]]:
    documents = json.loads(done.out)
    assert all(set(document) == {"check", "status", "says", "do"} for document in documents)
    assert all(document["status"] in ("ok", "warning", "wrong", "skipped") for document in documents)
    assert all(document["do"] for document in documents if document["status"] in ("warning", "wrong"))
    return {document["check"]: document for document in documents}


@pytest.fixture
def open_account(doctor: CommandLine) -> Iterator[Served]:
    """An account of which everything may be read."""
    for served in serve(World(3, executions=40, private=False)):
        doctor.environment |= served.environment
        yield served


@pytest.fixture
def doctor(sidscope: CommandLine) -> CommandLine:
    sidscope.environment |= {"TERM": "xterm-256color", "SIDSCOPE_CONFIG": str(sidscope.home / "config.toml")}
    (sidscope.home / "config.toml").write_text("utc = true\n")
    return sidscope


def test_all_is_well(doctor: CommandLine, open_account: Served) -> None:
    found = findings(doctor("doctor", "--json"))
    assert {check: found[check]["status"] for check in REACH} == dict.fromkeys(REACH, "ok")
    assert found["credentials"]["status"] == "ok"
    assert found["credentials"]["says"].endswith(f"account …{open_account.world.account_sid[-4:]}, an API key")
    assert found["address"]["status"] == "warning"  # SIDSCOPE_API_URL leads to the test's account
    assert found["clock"] == {
        "check": "clock",
        "status": "ok",
        "says": "agrees with Twilio's, to a second or two",
        "do": None,
    }
    assert "Twilio counted 1 request of the account at once" in found["speed"]["says"]
    assert found["archive"]["says"].startswith("none yet: ")
    assert found["configuration"]["says"] == str(doctor.home / "config.toml")
    assert "textual 8." in found["versions"]["says"]
    assert len(open_account.app.log) == len(REACH)  # one request each
    assert doctor("doctor").code == 0


def test_for_people_it_is_a_word_and_a_sign(doctor: CommandLine, account: Served) -> None:
    lines = doctor("doctor").out.splitlines()
    assert any(line.startswith("✓ ok       flows ") for line in lines)
    assert any(line.startswith("! warning  address ") for line in lines)
    assert any(line.strip() == "→ unset it to ask Twilio itself" for line in lines)


def test_nothing_secret_is_said(doctor: CommandLine, account: Served) -> None:
    doctor("list", "--since", "1h")
    for arguments in (("doctor",), ("doctor", "--json"), ("doctor", "--offline")):
        done = doctor(*arguments)
        login = account.world.credentials()
        for secret in (login.password, login.username, login.account_sid):
            assert secret.lower() not in (done.out + done.err).lower()


@pytest.fixture(params=sorted(KINDS))
def denying(request: pytest.FixtureRequest, doctor: CommandLine) -> Iterator[str]:
    """An account of which one product may not be read."""
    for served in serve(World(3, executions=40, private=False), denied=[request.param]):
        doctor.environment |= served.environment
        yield request.param


def test_a_denied_product_is_named_with_the_way_out(doctor: CommandLine, denying: str) -> None:
    done = doctor("doctor", "--json")
    found = findings(done)
    wrong = {check for check in REACH if found[check]["status"] == "wrong"}
    assert wrong == KINDS[denying]
    for check in wrong:
        assert found[check]["says"].startswith("denied: ")
        assert found[check]["do"].startswith("give the key read access to ")
    assert done.code == 1


def test_a_401_for_one_product_is_no_refusal_of_the_credentials(doctor: CommandLine, account: Served) -> None:
    account.faulty.answer("/Calls/", 401)
    done = doctor("doctor", "--json")
    assert findings(done)["calls"]["says"].startswith("denied: ")
    assert findings(done)["messages"]["status"] == "ok"
    assert done.code == 1


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("what", "path"), [("executions", "Executions$"), ("contexts", "/Context$")])
def test_one_flow_that_is_denied_is_named_and_is_no_alarm(
    doctor: CommandLine, open_account: Served, what: str, path: str, status: int
) -> None:
    doctor("doctor")
    asked = next(request for request in open_account.faulty.requests if request.endswith("/Executions"))
    first = next(flow for flow in open_account.world.flows if flow.sid in asked)
    open_account.faulty.answer(f"{first.sid}.*{path}", status)
    done = doctor("doctor", "--json")
    found = findings(done)
    assert found[what]["status"] == "warning"
    assert f"but denied in “{first.name}”. Executions of such a flow" in found[what]["says"]
    assert found["executions" if what == "contexts" else "contexts"]["status"] == "ok"
    assert "refused" not in done.out
    assert done.code == 0


@pytest.mark.parametrize("path", ["Executions$", "/Context$"])
def test_where_no_flow_can_be_read_it_is_an_alarm(doctor: CommandLine, open_account: Served, path: str) -> None:
    open_account.faulty.answer(path, 403)
    done = doctor("doctor", "--json")
    what = "contexts" if "Context" in path else "executions"
    assert findings(done)[what]["status"] == "wrong"
    assert findings(done)[what]["says"].startswith("denied: ")
    assert done.code == 1


def test_a_server_at_fault_is_not_a_denial(doctor: CommandLine, account: Served) -> None:
    account.faulty.answer("/Workspaces", 503)
    done = doctor("doctor", "--json")
    assert findings(done)["workspaces"]["says"].startswith("failed: ")
    assert findings(done)["tasks"]["says"] == "not asked: no workspace is known"
    assert done.code == 1


def test_a_proxy_is_named_and_its_password_is_not(doctor: CommandLine, account: Served) -> None:
    done = doctor("doctor", "--json", HTTPS_PROXY="http://me:hush@proxy.invalid:3128", NO_PROXY="127.0.0.1")
    assert findings(done)["proxy"]["says"] == "requests go through that of HTTPS_PROXY"
    assert "hush" not in done.out


def test_refused_credentials(doctor: CommandLine, account: Served) -> None:
    done = doctor("doctor", "--json", TWILIO_API_SECRET="not-the-secret")
    found = findings(done)
    assert found["flows"]["says"].startswith("the credentials are refused: ")
    assert "versions" in found
    assert done.code == 3
    assert "not-the-secret" not in done.out


def test_nobody_answers(doctor: CommandLine, account: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = doctor("doctor", "--json", SIDSCOPE_API_URL=f"http://127.0.0.1:{port}")
    found = findings(done)
    assert found["flows"]["says"].startswith("unreachable: cannot connect to 127.0.0.1")
    assert "HTTPS_PROXY" in found["flows"]["do"]
    assert f"that http://127.0.0.1:{port} (SIDSCOPE_API_URL) is let through" in found["flows"]["do"]
    assert found["clock"]["status"] == "skipped"
    assert done.code == 4


@pytest.mark.parametrize(
    ("environment", "code", "sentence"),
    [
        ({}, 3, "No Twilio credentials"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "0" * 32}, 3, "TWILIO_ACCOUNT_SID is set without a secret"),
        ({"TWILIO_ACCOUNT_SID": "mine"}, 2, "TWILIO_ACCOUNT_SID is not an account SID"),
    ],
)
def test_without_credentials_it_says_what_it_can(
    doctor: CommandLine, environment: dict[str, str], code: int, sentence: str
) -> None:
    done = doctor("doctor", "--json", **environment)
    found = findings(done)
    assert found["credentials"]["status"] == "wrong"
    assert found["credentials"]["says"].startswith(sentence)
    assert found["Twilio"]["status"] == "skipped"
    assert found["configuration"]["status"] == "ok"
    assert done.code == code


def test_offline_nothing_is_asked(doctor: CommandLine, account: Served) -> None:
    done = doctor("doctor", "--offline", "--json")
    assert findings(done)["Twilio"]["says"] == "not asked: --offline"
    assert account.app.log == []
    assert done.code == 0


def test_offline_needs_no_credentials(doctor: CommandLine) -> None:
    done = doctor("doctor", "--offline", "--json")
    assert findings(done)["credentials"]["status"] == "warning"
    assert done.code == 0


def test_offline_the_account_alone_will_do(doctor: CommandLine, account: Served) -> None:
    doctor("list", "--since", "1h")
    doctor.environment = {"SIDSCOPE_CONFIG": doctor.environment["SIDSCOPE_CONFIG"]}
    sid = account.world.account_sid
    one = findings(doctor("doctor", "--offline", "--json"))["credentials"]
    named = findings(doctor("doctor", "--offline", "--json", TWILIO_ACCOUNT_SID=sid))["credentials"]
    need = "none, and --offline needs none: {} is enough, of …" + sid[-4:]
    assert (one["status"], one["says"]) == ("ok", need.format("that there is one archive"))
    assert (named["status"], named["says"]) == ("ok", need.format("the account's SID"))
    the_archive(doctor).with_name(f"AC{'0' * 32}.sqlite3").touch()
    done = doctor("doctor", "--offline", "--json")
    several = findings(done)["credentials"]
    assert several["status"] == "warning"
    assert several["says"].endswith(
        f"holds archives of 2 accounts: set TWILIO_ACCOUNT_SID to one of AC…0000, AC…{sid[-4:]}."
    )
    assert sid not in done.out


def test_the_demo_is_looked_at_like_an_account(doctor: CommandLine) -> None:
    done = doctor("doctor", "--demo", "--json")
    found = findings(done)
    assert {found[check]["status"] for check in REACH} == {"ok"}
    assert found["archive"]["says"] == "in memory: the demo keeps nothing"
    assert done.code == 0


def test_it_takes_no_words(doctor: CommandLine) -> None:
    done = doctor("doctor", "status:active")
    assert done.code == 2
    assert done.sentence() == "doctor looks at everything: it takes options, no words."


# The machine


def the_archive(doctor: CommandLine) -> Path:
    (path,) = doctor.data_dir.glob("*.sqlite3")
    return path


def test_the_archive_is_described(doctor: CommandLine, account: Served) -> None:
    doctor("list", "--since", "6h")
    found = findings(doctor("doctor", "--json"))
    tail = account.world.account_sid[-4:]
    assert found["archive"]["says"].startswith(f"{doctor.data_dir}/AC…{tail}.sqlite3: ")
    assert " executions since 20" in found["archive"]["says"]
    assert found["archive access"]["says"] == "yours alone (mode 600)"
    the_archive(doctor).chmod(0o644)
    found = findings(doctor("doctor", "--json"))
    assert found["archive access"]["status"] == "warning"
    assert found["archive access"]["do"].startswith("chmod go-rwx ")


def test_a_damaged_archive_is_said_and_left_as_it_is(doctor: CommandLine, account: Served) -> None:
    doctor("list", "--since", "1h")
    path = the_archive(doctor)
    for side_file in doctor.data_dir.glob("*.sqlite3-*"):
        side_file.unlink()
    path.write_bytes(b"this is no database " * 500)
    before = sorted(doctor.data_dir.iterdir())
    done = doctor("doctor", "--json")
    assert findings(done)["archive"]["status"] == "wrong"
    assert "the next start sets it aside" in findings(done)["archive"]["do"]
    assert done.code == 1
    assert sorted(doctor.data_dir.iterdir()) == before
    doctor("list", "--since", "1h")  # sets it aside
    assert "-corrupt" in findings(doctor("doctor", "--json"))["old archives"]["says"]


@pytest.mark.parametrize("where", ["file", "file/below", "closed", "closed/below"])
@pytest.mark.parametrize("arguments", [("doctor",), ("doctor", "--offline")])
def test_a_data_directory_that_cannot_be_used_is_one_failed_check(
    doctor: CommandLine, account: Served, where: str, arguments: tuple[str, ...]
) -> None:
    if where.startswith("closed"):
        if os.geteuid() == 0:
            pytest.skip("nothing is forbidden to root")
        (doctor.home / "closed").mkdir(mode=0)
    (doctor.home / "file").write_text("mine")
    directory = doctor.home / where
    done = doctor(*arguments, "--json", SIDSCOPE_DATA_DIR=str(directory))
    found = findings(done)
    assert found["archive"]["status"] == "wrong"
    assert found["archive"]["do"].endswith("choose another with --data-dir, or use --no-archive")
    assert "versions" in found  # it went on
    assert done.code == 1
    listed = doctor("list", "--data-dir", directory)  # what is advised is what is said then
    assert listed.code == 1
    assert f"{found['archive']['do']}." in listed.sentence()


def test_a_broken_configuration_is_said_with_its_lines(doctor: CommandLine) -> None:
    config = doctor.home / "config.toml"
    config.write_text("utc = 'yes'\n[keys]\nhlep = 'f1'\n")
    done = doctor("doctor", "--offline", "--json")
    wrong = [document["says"] for document in json.loads(done.out) if document["check"] == "configuration"]
    assert wrong == [
        f"{config}:1: utc is true or false, not 'yes'.",
        f"{config}:3: keys.hlep: there is no such command (is help meant?).",
    ]
    assert done.code == 1


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_terminal_that_cannot_paint(doctor: CommandLine, term: str) -> None:
    found = findings(doctor("doctor", "--offline", "--json", TERM=term, TMUX="x", SSH_CONNECTION="y", NO_COLOR="1"))
    assert found["terminal"]["status"] == "warning"
    assert "inside tmux, inside SSH, NO_COLOR" in found["terminal"]["says"]


def test_what_the_environment_says_cannot_drive_the_terminal(doctor: CommandLine) -> None:
    done = doctor("doctor", "--offline", TERM="x\x1b]0;title\x07")
    assert "\x1b" not in done.out
    assert "␛" in done.out


@pytest.mark.parametrize(
    ("tools", "environment", "route"),
    [
        (["tmux", "xclip"], {"TMUX": "x", "DISPLAY": ":0"}, "tmux"),
        (["tmux", "xclip"], {"DISPLAY": ":0"}, "tool"),
        (["wl-copy"], {"WAYLAND_DISPLAY": "w"}, "tool"),
        (["xclip"], {"DISPLAY": ":0", "SSH_CONNECTION": "s"}, "osc52"),
        (["xclip"], {}, "osc52"),
        ([], {"TMUX": "x", "DISPLAY": ":0"}, "osc52"),
    ],
)
def test_the_clipboards_route_is_told_without_copying(
    tmp_path: Path, tools: list[str], environment: dict[str, str], route: str
) -> None:
    for tool in tools:
        (tmp_path / tool).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (tmp_path / tool).chmod(0o755)
    assert likely_route({"PATH": str(tmp_path), **environment}, "linux").route == route
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("skew", "status", "says"),
    [
        (None, "skipped", "no answer told the time"),
        (0.4, "ok", "agrees"),
        (-2.9, "ok", "agrees"),
        (30.0, "warning", "this machine's is 30 s behind Twilio's"),
        (-3700.0, "wrong", "this machine's is 1 h 1 m ahead of Twilio's: ages and windows are wrong by that"),
    ],
)
def test_the_clock(skew: float | None, status: str, says: str) -> None:
    finding = clock(skew)
    assert finding.status == status
    assert finding.says.startswith(says)
