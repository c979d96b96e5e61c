"""The archive: finding a SID among a million executions, and how much room an execution takes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sidscope.archive import Archive, ContextWrite, archive_path
from sidscope.domain.records import Context, ReadStatus
from tests.benchmarks import archives
from tests.benchmarks.figures import Figure, in_turns, percentile, ratio, seconds
from tests.benchmarks.network import environment, fresh_dir
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.synthetic import ACCOUNT, Population


def run(*arguments: object) -> float:
    """Seconds of one whole ``sidscope``."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "sidscope", *map(str, arguments)],
        env=environment(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def sid(sizes: Sizes) -> list[Figure]:
    """``find`` of any SID, as a process and as a question to the archive, also beside a busy writer."""
    population = Population(datetime.now(UTC), sizes.archived, span=timedelta(days=60))
    chance = Random(5)

    def any_sid() -> str:
        return chance.choice(archives.some_sids(population, chance.randrange(sizes.archived)))

    with fresh_dir() as folder:
        path = archives.filled(folder, population)
        find, version = in_turns(
            sizes.rounds * sizes.starts,
            lambda: run("find", any_sid(), "--offline", "--data-dir", folder),
            lambda: run("--version"),
        )
        with Archive.open(path, account_sid=ACCOUNT) as archive:
            alone = [_asked(archive, any_sid()) for _ in range(sizes.lookups)]
            with _busy(archive, Population(datetime.now(UTC), 10**9)):
                beside = [_asked(archive, any_sid()) for _ in range(sizes.lookups)]
    among = f"among {sizes.archived:,} executions"
    return [
        Figure(
            "sid",
            f"find of any SID {among}, whole process, of the time of --version",
            ratio(find, version),
            at_most=2,
            ours=seconds(find),
            baseline=seconds(version),
            rounds=sizes.rounds * sizes.starts,
        ),
        _p99(f"the query itself {among}, p99", alone, 1),
        _p99("the query beside a busy writer, p99", beside, 5),
    ]


def _p99(what: str, times: list[float], at_most: float) -> Figure:
    return Figure("sid", what, 1000 * percentile(times, 0.99), at_most=at_most, unit="ms", ours=seconds(times))


def _asked(archive: Archive, wanted: str) -> float:
    began = time.perf_counter()
    found = archive.search(wanted)
    took = time.perf_counter() - began
    assert found, f"{wanted} was not found"
    return took


@contextmanager
def _busy(archive: Archive, population: Population) -> Iterator[None]:
    """The archive's writer, as busy as a cold sync makes it."""
    over = threading.Event()
    bodies = [population.context(number) for number in range(50)]

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            row = archives.execution(population, number)
            context = Context(row.sid, ReadStatus.OK, population.zero, bodies[number % len(bodies)])
            archive.write(row, ContextWrite(context, row))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # as the explorer does
    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(interval)


def archive(sizes: Sizes) -> list[Figure]:
    """Bytes on disk for executions with their contexts."""
    population = Population(datetime.now(UTC), sizes.executions)
    with fresh_dir() as folder:
        path = archive_path(folder, ACCOUNT)
        plain = archives.written(path, population, population.numbers())
        used = _bytes(path)
    each = population.executions
    return [
        Figure(
            "archive",
            "bytes per execution with a 16 KB context, SID index included, of its JSON",
            used / plain,
            at_most=0.35,
            ours=f"{used / each:,.0f} B",
            baseline=f"{plain / each:,.0f} B",
        )
    ]


def _bytes(path: Path) -> int:
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
