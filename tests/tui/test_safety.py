"""Strangers' text only shows: no control sequence, no markup, no local variable ever reaches the terminal."""

from __future__ import annotations

import base64
import logging
import os
import re
import select
import sys
import time
from pathlib import Path

import pytest

from sidscope.archive import Archive
from sidscope.domain.records import Flow
from sidscope.domain.value import replace
from sidscope.settings import Credentials, Secret
from sidscope.tui import discretion
from tests.tui.explorer import User, exploring
from tests.tui.samples import Filler, context, open_archive, sid

EVIL = "\x1b]52;c;ZXZpbA==\x07 \x9b31m [/] [bold red]x[/nope] \u202egnp.exe \r\n\t\x00 ${jndi} \ud800"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(user: User) -> None:
    for line in user.lines:
        assert not CONTROL.search(line), repr(line)


async def test_no_stranger_s_text_reaches_the_screen_raw(archive: Archive) -> None:
    archive.write(Flow(sid("FW", 3), f"flow {EVIL}"))
    body = context(f"whatsapp:{EVIL}", sid("CH", 1), **{f"widget {EVIL}": {f"key {EVIL}": EVIL, "long": EVIL * 40}})
    filler = Filler(archive)
    filler.add(1, minutes=5, contact=f"whatsapp:{EVIL}", body=body, flow=3)
    filler.add(2, minutes=300, contact=f"whatsapp:{EVIL}", body=body, flow=3)
    archive.flush()
    async with exploring(archive) as user:
        await user.waits_for("[bold red]x[/nope]")
        harmless(user)
        for key in ("2", "3", "1", "g", "g", "g", "question_mark", "escape"):
            await user.press(key)
            harmless(user)
        await user.press("2", "tab", "z", "G")
        for _ in range(6):
            harmless(user)
            await user.press("k")
        await user.press("y")
        await user.until(lambda: user.toast)
        assert not CONTROL.search(user.toast.replace("\n", ""))
        harmless(user)
        await user.press("escape", "slash")
        await user.paste(EVIL)
        harmless(user)
        user.app.trouble(f"Twilio: {EVIL}")
        await user.settled()
        harmless(user)
        assert user.app.problem is not None


async def test_what_is_copied_is_the_value_without_anything_that_acts_when_it_is_pasted(archive: Archive) -> None:
    Filler(archive).add(1, minutes=5, body=context(f"whatsapp:{EVIL[:-1]}", sid("CH", 1)))
    archive.flush()
    async with exploring(archive) as user:
        await user.press("2", "tab")
        await user.waits_for("trigger")
        await user.press("y")
        await user.until(lambda: user.terminal)
        copied = base64.b64decode(user.terminal[0].removeprefix("\x1b]52;c;").removesuffix("\a")).decode()
        assert "␛]52;c;ZXZpbA==␇" in copied or "\\u001b]52" in copied
        assert "[bold red]x[/nope]" in copied
        assert not CONTROL.search(copied.replace("\n", "").replace("\t", ""))


async def test_a_fault_of_our_own_prints_one_plain_sentence_without_local_variables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)  # what pytest would print is not ours
    credentials = Credentials("AC1", "SK1", Secret("hunter2hunter2"))

    def fault() -> None:
        password = credentials.password.reveal()
        raise RuntimeError(f"wrong [/] {EVIL} {credentials!r} {len(password)}")

    async def crash() -> None:
        with open_archive(tmp_path) as archive:
            async with exploring(archive) as user:
                user.app.call_later(fault)
                await user.pilot.pause()

    with pytest.raises(RuntimeError):
        await crash()
    printed = "".join(capsys.readouterr())
    assert "hunter2" not in printed
    assert "password" not in printed.replace("password=", "")
    assert not CONTROL.search(printed.replace("\n", ""))


def test_the_evil_is_evil() -> None:
    assert CONTROL.search(EVIL)
    assert replace(Flow("FW", "a"), friendly_name=EVIL).friendly_name == EVIL


async def test_a_toast_shows_markup_and_links_as_text_whoever_makes_it(archive: Archive) -> None:
    async with exploring(archive) as user:
        user.app.notify(f"[@click=app.quit]x[/] [bold]y {EVIL}")
        await user.settled()
        toast = list(user.app._notifications)[-1]
        assert not toast.markup
        assert not CONTROL.search(toast.message.replace("\n", ""))
        assert toast.message.startswith("[@click=app.quit]x[/] [bold]y")


def test_only_inks_and_the_box_ever_paint() -> None:
    """Whoever wants text on the screen has Ink for it, which is made safe where it is painted; Textual's own widgets
    and Rich's markup would be ways around."""
    folder = Path(discretion.__file__).parent
    for path in folder.rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        imported = {
            name for line in re.findall(r"from textual\.widgets import (.+)", code) for name in line.split(", ")
        }
        assert imported <= {"Input", "ContentSwitcher"}, path
        assert not re.search(r"from_markup|markup=True|render_str|console\.print|Content\(|Static|Label\b", code), path
        painters = re.findall(r"\bSegment\(", code)
        assert not painters or path.name in ("inked.py",), path
    assert "safe(" in (folder / "ink.py").read_text()


RAW = """
import sys
from sidscope.archive import Archive
from sidscope.domain.records import Flow
from tests.tui.samples import ACCOUNT, NOW, Filler, context, sid
from tests.tui.test_safety import EVIL
from sidscope.tui.app import ExplorerApp
deep = EVIL
for _ in range(200):
    deep = {EVIL: [deep]}
archive = Archive.memory(ACCOUNT)
archive.write(Flow(sid("FW", 3), f"flow {EVIL}"))
body = context(f"whatsapp:{EVIL}", sid("CH", 1), **{f"w {EVIL}": {"deep": deep, "long": EVIL * 25_000, EVIL: EVIL}})
Filler(archive).add(1, minutes=5, contact=f"whatsapp:{EVIL}", body=body, flow=3)
archive.flush()
app = ExplorerApp(archive, None, account_label=EVIL, now=lambda: NOW, complaints=(EVIL,), notice=EVIL)
keys = iter("2\tzGkkkv134?")
def press():
    from textual import events
    key = next(keys, None)
    if key is None:
        app.exit()
        return
    app.post_message(events.Key({"\t": "tab", "?": "question_mark"}.get(key, key), key))
    app.set_timer(0.1, press)
app.call_later(lambda: app.set_timer(1.0, press))
app.run()
"""
ALLOWED = re.compile(
    rb"\x1b\[[0-9;:?<>=$ ]*[A-Za-z~]"  # CSI: colours, cursor, modes
    rb"|\x1b\[[0-9;?]*\$p|\x1b[=>78cM]|\x1b\][0-9]+;\?(\x07|\x1b\\\\)"  # questions to the terminal
    rb"|\x1b\]22;[a-z]*\x07|\x1bP(zz|\+q[0-9a-fA-F;]*)\x1b\\\\"
)


def test_the_bytes_that_a_terminal_gets_hold_nothing_of_strangers_but_text() -> None:
    """Also a megabyte in one string and 200 levels of nesting; nor is the title ever set."""
    root = Path(__file__).parents[2]
    pid, terminal = os.forkpty()
    if pid == 0:  # pragma: no cover - the child
        os.chdir(root)
        os.environ.update(TERM="xterm-256color", TEXTUAL_ANIMATIONS="none", COLUMNS="120", LINES="40")
        os.execv(sys.executable, [sys.executable, "-c", RAW])  # noqa: S606
    seen, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline and select.select([terminal], [], [], 20)[0]:
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # the child has gone
            break
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, seen[-2000:]
    text = ALLOWED.sub(b"", seen)
    assert b"[bold red]x[/nope]" in text, "it was shown"
    assert not re.search(rb"\x1b\][02];", seen), "a title"
    assert not re.search(rb"[\x00-\x06\x07\x0b\x0c\x0e-\x1f\x7f]", text), "a control character"
    shown = text.decode("utf-8", "replace")
    assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069]", shown), "C1, or a change of direction"
