"""Serves a simulated account on 127.0.0.1, for trying sidscope over a real socket."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence

from sidscope.demo.app import SimulatedAccount
from sidscope.demo.world import World


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sidscope.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (default)")
    parser.add_argument("--executions", type=int, default=300)
    parser.add_argument("--flows", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--limit", type=int, default=None, metavar="N", help="429 above this many requests at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--arrival", type=float, default=9.0, metavar="SECONDS", help="between new customers; 0: none")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until interrupted; prints what to export first."""
    asked = options(arguments)
    try:
        import uvicorn  # a development dependency, needed only here
    except ImportError:
        sys.exit("This needs uvicorn, which sidscope does without: pip install uvicorn. sidscope --demo needs nothing.")
    world = World(asked.seed, executions=asked.executions, flows=asked.flows, arrival=asked.arrival or None)
    app = SimulatedAccount(world, latency=asked.latency, concurrency_limit=asked.limit)
    try:
        listening = socket.create_server(("127.0.0.1", asked.port))
    except (OSError, OverflowError) as error:
        sys.exit(f"Port {asked.port} cannot be served on 127.0.0.1 ({error}): choose another --port.")
    login = world.credentials()
    lines = (
        f"export SIDSCOPE_API_URL=http://127.0.0.1:{listening.getsockname()[1]}",
        f"export TWILIO_ACCOUNT_SID={login.account_sid}",
        f"export TWILIO_API_KEY={login.username}",
        f"export TWILIO_API_SECRET={login.password}",
    )
    print("\n".join(lines), flush=True)  # noqa: T201 - this is its output
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])
