"""The rooms of the code: who may import whom, and what a command loads before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import sidscope

ROOT = Path(__file__).parent.parent
SCREEN = {"textual", "sidscope.tui"}
NETWORK = {"twilio", "httpx", "httpx_aiohttp", "aiohttp", "requests", "asyncio", "ssl"}
IO = NETWORK | {"sqlite3", "subprocess", "platformdirs"}


def run_python(code: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter without a Twilio account; the names of the modules it loaded stand on its last line."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nimport json; print(json.dumps([*sys.modules]))", *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith(("TWILIO_", "SIDSCOPE_"))}
        | {"HOME": str(home), "SIDSCOPE_DATA_DIR": str(home / "data")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def loaded(done: subprocess.CompletedProcess[str]) -> set[str]:
    assert done.returncode == 0, done.stderr
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    return modules | {name.partition(".")[0] for name in modules}


RUN_COMMAND = """
sys.argv[0] = "sidscope"
from sidscope.cli import main
try:
    code = main()
except SystemExit as end:
    code = end.code
if code:
    sys.exit(code)
"""


def test_nothing_imports_upwards() -> None:
    """The contracts in pyproject.toml."""
    lint = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_words_load_nothing_but_the_standard_library(tmp_path: Path) -> None:
    modules = sorted((ROOT / "src/sidscope/domain").glob("*.py"))
    assert modules
    imports = "\n".join(f"import sidscope.domain.{it.stem}" for it in modules if it.stem != "__init__")
    found = loaded(run_python(imports, home=tmp_path))
    assert not found & (IO | SCREEN | {"rich"})
    assert {name for name in found if name.startswith("sidscope.") and name.count(".") == 1} == {"sidscope.domain"}


@pytest.mark.parametrize("module", ["sidscope", "sidscope.settings", "sidscope.safetext", "sidscope.cli"])
def test_light_modules_are_light(tmp_path: Path, module: str) -> None:
    assert not loaded(run_python(f"import {module}", home=tmp_path)) & (IO | SCREEN | {"rich"})


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["list", "--help"], ["find", "--help"]])
def test_saying_what_it_is_loads_neither_screen_nor_network(tmp_path: Path, arguments: list[str]) -> None:
    done = run_python(RUN_COMMAND, *arguments, home=tmp_path)
    assert not loaded(done) & (NETWORK | SCREEN | {"rich", "sqlite3"})
    if arguments == ["--version"]:
        assert done.stdout.splitlines()[0] == f"sidscope {sidscope.__version__}"
    else:
        assert "usage:" in done.stdout.lower()


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--demo", "--limit", "3", "--format", "jsonl"],
        ["find", "--demo", "--format", "json", "+4900000000"],
        ["list", "--demo", "--limit", "3"],
    ],
)
def test_the_command_line_never_loads_the_screen(tmp_path: Path, arguments: list[str]) -> None:
    found = run_python(RUN_COMMAND.replace("if code:", "if code not in (0, 1):"), *arguments, home=tmp_path)
    assert not loaded(found) & SCREEN
