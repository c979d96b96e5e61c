"""The machine that a figure was measured on, and how processes are spread over it."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("textual", "twilio", "httpx", "httpx-aiohttp", "aiohttp")


def description() -> dict[str, Any]:
    """What a reader of figures wants to know: processor, cores, versions. No names, no paths."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "sqlite": sqlite3.sqlite_version,
        "sidscope": version("sidscope"),
        **{name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def pinned(core: int) -> dict[str, Any]:
    """Options for ``subprocess.Popen`` that keep a server on one processor, where the system can do that, so that who
    is measured always finds another one free. (What is measured may use them all, as at home.)"""
    if sys.platform == "linux" and (os.cpu_count() or 1) > 1:
        return {"preexec_fn": lambda: os.sched_setaffinity(0, {core})}
    return {}
