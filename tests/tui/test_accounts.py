"""In a real terminal: a first start without credentials, and going from one account to another and back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sidscope.archive import Archive, archive_path
from tests.tui.samples import Filler
from tests.tui.test_terminal import ROOT, Tmux, tmux

__all__ = ["tmux"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Somebody with two profiles, neither of them active, and an archive of each account."""
    profiles = {}
    for name, digit, contact in (("acme", "1", "whatsapp:+4915111111111"), ("acme-prod", "2", "sms:+4915122222222")):
        sid = digit * 32
        profiles[name] = {"accountSid": "AC" + sid, "apiKey": "SK" + sid, "apiSecret": "hush"}
        path = archive_path(tmp_path / "data", "AC" + sid)
        with Archive.open(path, account_sid="AC" + sid) as archive:
            Filler(archive).add(int(digit), minutes=30, contact=contact, conversation=int(digit))
            archive.flush()
    folder = tmp_path / ".twilio-cli"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"profiles": profiles, "activeProject": None}))
    return tmp_path


def start(tmux: Tmux, home: Path, *arguments: str) -> None:
    env = f"env -u TWILIO_ACCOUNT_SID -u SIDSCOPE_DATA_DIR HOME={home} TEXTUAL_ANIMATIONS=none PYTHONPATH={ROOT}/src"
    command = f"{env} {sys.executable} -m sidscope --data-dir {home}/data --since 2020-01-01T00:00:00Z"
    tmux.start(" ".join([command, *arguments]), (120, 30))


def test_nothing_of_one_account_is_shown_under_the_name_of_another(tmux: Tmux, home: Path) -> None:
    start(tmux, home, "--offline", "--profile", "acme")
    tmux.waits_for("acme …1111", "+4915111111111", "FN01…01")
    tmux("send-keys", "P")
    tmux.waits_for("account: acme-prod", "it is explored now")
    tmux("send-keys", "prod", "Enter")
    screen = tmux.waits_for("acme-prod …2222", "+4915122222222", "FN02…02")
    assert "1111" not in screen
    assert "FN01…01" not in screen
    tmux("send-keys", "P")
    tmux.waits_for("account: acme ")
    tmux("send-keys", "Enter")  # the one that is explored now is named and not gone to
    tmux("send-keys", "Escape", "P")
    tmux("send-keys", "AC11", "Enter")
    screen = tmux.waits_for("acme …1111", "FN01…01")
    assert "2222" not in screen
    tmux("send-keys", "q")
    tmux.waits_for("exit=0")


def test_the_first_start_leads_to_the_demo_or_away(tmux: Tmux, home: Path) -> None:
    start(tmux, home)
    tmux.waits_for("Which Twilio account?", "acme-prod", "the demo")
    tmux("send-keys", "d")
    tmux.waits_for("simulated account", "● live")
    tmux("send-keys", "q")
    tmux.waits_for("exit=0")


def test_who_leaves_the_first_screen_gets_the_sentence_and_3(tmux: Tmux, home: Path) -> None:
    start(tmux, home)
    tmux.waits_for("Which Twilio account?")
    tmux("send-keys", "q")
    screen = tmux.waits_for("exit=3")
    assert "twilio-cli has no active profile" in screen
