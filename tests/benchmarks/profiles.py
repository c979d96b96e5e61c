"""Where the time of a cold list goes: ``python -m tests.benchmarks.profiles`` (on Linux: it reads /proc).

Of each process that takes part, the processor time that it needs; of what is done with each row and each context before
it is in the archive, milliseconds. They are the reasons that README gives.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from sidscope.archive import ContextWrite, connect
from sidscope.archive.codec import pack
from sidscope.archive.facts import stored
from sidscope.archive.preparing import Prepared, prepare
from sidscope.archive.store import Store
from sidscope.domain.evidence import extract, mentioned
from sidscope.domain.jsontext import decoded
from sidscope.domain.records import Context, ReadStatus
from sidscope.twilio_api.envelope import context_in
from tests.benchmarks.archives import execution
from tests.benchmarks.mock import serving
from tests.benchmarks.network import environment, fresh_dir
from tests.benchmarks.synthetic import ACCOUNT, Population
from tests.benchmarks.terminal import processor_time, thread_times

OFTEN = 0.02
"""Seconds between two looks at what a process has spent."""

BATCH = 100


def processes(executions: int, latency: float) -> dict[str, float]:
    """One cold list: seconds from start to end, and of processor time."""
    spent: dict[str, dict[int, float]] = {
        "the thread that asks": {},
        "its other threads": {},
        "the one that writes": {},
    }
    with serving(Population(datetime.now(UTC), executions)) as mock, fresh_dir() as folder:
        mock.control(latency=latency)
        began = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "sidscope", "list", "--data-dir", str(folder)],
            env=environment(SIDSCOPE_API_URL=mock.url),
            stdout=subprocess.DEVNULL,
        ) as process:
            while process.poll() is None:
                with suppress(OSError):  # it, or one of its threads, ends meanwhile
                    for thread, seconds in thread_times(process.pid).items():
                        main = thread == process.pid
                        spent["the thread that asks" if main else "its other threads"][thread] = seconds
                    for child in _children(process.pid):
                        spent["the one that writes"][child] = processor_time(child)
                time.sleep(OFTEN)
        took = time.perf_counter() - began
    return {"from start to end": took, **{name: sum(threads.values()) for name, threads in spent.items()}}


def _children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]


def steps(executions: int) -> dict[str, float]:
    """Milliseconds for each row or context."""
    population = Population(datetime.now(UTC), executions)
    rows = [execution(population, number) for number in population.numbers()]
    bodies = [context_in(json.dumps(population.answer(number))) for number in population.numbers()]
    now = datetime.now(UTC)
    writes = [
        ContextWrite(Context(row.sid, ReadStatus.OK, now, body), row) for row, body in zip(rows, bodies, strict=True)
    ]
    told = [decoded(body) for body in bodies]
    pairs = list(zip(rows, told, strict=True))
    facts = [extract(row, each, read=True, related=False) for row, each in pairs]
    prepared = prepare(writes)
    with fresh_dir() as folder:
        db, _ = connect.open_writer(folder / "archive" / "profiled.sqlite3", ACCOUNT)
        with closing(db):
            store = Store(db)

            def write(items: Sequence[Prepared]) -> None:
                for start in range(0, len(items), BATCH):
                    store.commit(items[start : start + BATCH])

            work: dict[str, Callable[[], object]] = {
                "a row: all": lambda: write(rows),
                "a context: to decode it": lambda: [decoded(body) for body in bodies],
                "a context: its facts": lambda: [extract(row, each, read=True, related=False) for row, each in pairs],
                "a context: its SIDs": lambda: [mentioned(each) for each in told],
                "a context: its SIDs and facts, as they are stored": lambda: [
                    stored(row.sid, each, body) for row, each, body in zip(rows, facts, told, strict=True)
                ],
                "a context: to compress it": lambda: [pack(body) for body in bodies],
                "a context: all of that": lambda: prepare(writes),
                "a context: to write it": lambda: write(prepared),
            }
            gc.collect()
            gc.disable()
            try:
                return {name: 1000 * _seconds(each) / executions for name, each in work.items()}
            finally:
                gc.enable()


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--executions", type=int, default=2_000)
    parser.add_argument("--latency", type=float, default=0.020, help="seconds")
    given = parser.parse_args(arguments)
    if sys.platform != "linux":
        parser.error("this reads /proc: it needs Linux")
    told = [f"a cold list of {given.executions:,} at {1000 * given.latency:g} ms: seconds of processor time"]
    told += [f"  {name:52}{each:7.2f} s" for name, each in processes(given.executions, given.latency).items()]
    told += ["for each row and context: processor time"]
    told += [f"  {name:52}{each:7.3f} ms" for name, each in steps(given.executions).items()]
    print("\n".join(told))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
