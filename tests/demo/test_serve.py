"""``python -m sidscope.demo``, and what the demo must not load."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import httpx

from sidscope.demo.serve import options


def test_it_serves_and_says_how_to_get_in() -> None:
    command = [sys.executable, "-m", "sidscope.demo", "--executions", "20", "--seed", "7", "--arrival", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(4)]
            told = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
            login = (told["TWILIO_API_KEY"], told["TWILIO_API_SECRET"])
            with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False, auth=login) as client:
                answer = client.get(f"{told['SIDSCOPE_API_URL']}/v2/Flows")
            assert answer.json()["flows"][0]["account_sid"] == told["TWILIO_ACCOUNT_SID"]
        finally:
            process.terminate()


def test_without_uvicorn_it_says_so_in_one_sentence() -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from sidscope.demo.serve import main; main([])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("This needs uvicorn")
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "sidscope.demo", "--executions", "5", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Port ")
    assert done.stderr.count("\n") == 1


def test_options() -> None:
    sizes = ["--executions", "5000", "--flows", "20", "--seed", "7"]
    asked = options(["--port", "0", *sizes, "--latency", "0.02", "--limit", "40"])
    assert (asked.executions, asked.flows, asked.latency, asked.limit, asked.seed) == (5000, 20, 0.02, 40, 7)


def test_the_oracle_knows_nothing_of_the_rules_it_judges() -> None:
    code = "import sys, sidscope.demo; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    for name in ("sidscope.domain", "sidscope.sync", "httpx", "textual", "rich", "uvicorn", "twilio"):
        assert name not in loaded
