"""`m`: nothing of anybody on the whole screen, in copies and in screenshots, while everything else goes on working."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from sidscope.archive import Archive, StepContextWrite, StepsWrite, row_stamp
from sidscope.domain.records import ReadStatus, Step, StepContext
from sidscope.tui import discretion
from sidscope.veil import hide_record
from tests.tui.explorer import User, exploring
from tests.tui.samples import NOW, Filler, context, record, sid

NUMBER, IDENTITY, SAID, SENDER = "4917612345678", "Geraldine Ferrars", "mein Hund heisst Bello", "4930987654321"
PEOPLE = re.compile(rf"{NUMBER[4:]}|Geraldine|Ferrars|Hund|Bello|{SENDER[4:]}|Liebling|0301234567")
WIDGET = "ask_name"


@pytest.fixture
def private(archive: Archive) -> Archive:
    """Two people whose every trait is told somewhere; the newest execution's steps are read."""
    filler = Filler(archive)
    widget = {"inbound": {"Body": SAID, "From": f"whatsapp:+{NUMBER}"}, f"+{NUMBER}": {"nested": f"call +{NUMBER}"}}
    body = context(f"whatsapp:+{NUMBER}", sid("CH", 1), **{WIDGET: widget})
    body["trigger"]["message"] |= {"To": f"whatsapp:+{SENDER}", "Body": SAID, "ProfileName": IDENTITY}
    body["flow"]["variables"] = {"pet": "Liebling", "json": '{"name": "Liebling", "phone": "0301234567"}'}
    row = filler.add(1, minutes=5, contact=f"whatsapp:+{NUMBER}", body=body)
    filler.add(2, minutes=50, contact=f"whatsapp:+{NUMBER}", body=body)
    webchat = {"trigger": {"conversation": {"ConversationSid": sid("CH", 2), "Source": "SDK", "Author": IDENTITY}}}
    filler.add(3, minutes=70, contact=IDENTITY, body=webchat)
    steps = tuple(
        Step(sid("FT", number), row.sid, row.flow_sid, name, before, after, date_created=row.date_created)
        for number, name, before, after in (
            (1, "incomingMessage", "Trigger", WIDGET),
            (2, "failed", WIDGET, "Ended"),
        )
    )
    failed = {"widgets": {WIDGET: {"ErrorMessage": f"no route to {IDENTITY}", "pet": "Liebling"}}}
    archive.write(
        StepsWrite(row.sid, steps, NOW, row_stamp=row_stamp(row)),
        StepContextWrite(StepContext(steps[0].sid, row.sid, ReadStatus.OK, NOW, body)),
        StepContextWrite(StepContext(steps[1].sid, row.sid, ReadStatus.OK, NOW, body | failed)),
    )
    archive.flush()
    return archive


def told(user: User) -> list[str]:
    return [line for line in user.lines if PEOPLE.search(line)]


async def walk(user: User) -> list[str]:
    """Everything that the explorer has to show; the lines that tell who somebody is."""
    seen: list[str] = []

    async def look(*keys: str) -> None:
        for key in keys:
            await user.press(key)
            await user.until(lambda: user.app.pane.detail is not None or not user.app.session.lines, "the detail")
            seen.extend(told(user))

    await look("home", "j", "j", "g", "j", "g", "g", "g", "home")
    await look("1", "4", "tab", "G", "k", "k", "k", "tab")
    await look("2", "tab", "z", "G", *["k"] * 12, "v", "home", *["j"] * 8, "v", "tab")
    await look("3", "tab")
    await user.until(lambda: user.app.looking.detail is not None, "the steps")
    await look("home", "j", "enter", "j", "enter")
    await user.until(lambda: user.app.looking.idle, "the step")
    await look("j", "j", "j", "j", "tab")
    await look("space", "Y")
    await look("escape", "question_mark", "escape", "ctrl+p", "escape", "s", "escape", "R", "escape")
    await look("slash")
    await user.type("contact:")
    seen += told(user)
    await user.paste(f"whatsapp:+{NUMBER}")
    seen += told(user)
    assert user.app.session.shown == 2, "the filter still works"
    await look("escape")
    user.app.trouble(f"Twilio: 'To' +{NUMBER} is not valid")
    user.app.notify(f"about whatsapp:+{NUMBER}", markup=False)
    await user.settled()
    seen += told(user)
    seen += [user.toast] if PEOPLE.search(user.toast) else []
    return seen


async def test_masked_nobody_can_be_made_out_anywhere(private: Archive) -> None:
    async with exploring(private, masked=True) as user:
        assert user.sees("masked", "+49 … 78")
        assert await walk(user) == []


async def test_unmasked_all_of_it_is_there_to_be_seen(private: Archive) -> None:
    """So that the test above can fail."""
    async with exploring(private) as user:
        seen = "\n".join(await walk(user))
        for trait in (NUMBER, "Geraldine", "Hund", SENDER, "Liebling", "0301234567"):
            assert trait in seen, trait
        assert not user.sees("masked")


async def test_m_hides_at_once_and_shows_again(private: Archive) -> None:
    async with exploring(private) as user:
        await user.press("2")
        await user.waits_for("Hund")
        user.app.notify(f"+{NUMBER}", markup=False)
        await user.press("m")
        assert told(user) == []
        assert user.sees("masked")
        assert not list(user.app._notifications)
        await user.waits_for("•••")
        assert told(user) == []
        await user.press("m")
        await user.waits_for("Hund", NUMBER)
        assert not user.sees("masked")


async def test_a_detail_that_was_read_before_is_not_shown_after(private: Archive) -> None:
    async with exploring(private) as user:
        await user.until(lambda: user.app.pane.detail is not None, "the detail")
        late = user.app.pane.detail
        assert late is not None
        await user.press("m", "4")
        user.app._take_detail(late.key, late)
        assert told(user) == []
        await user.until(lambda: user.app.pane.detail is not None, "the masked one")
        assert told(user) == []


async def test_copying_gives_what_is_shown_and_sids_whole(private: Archive) -> None:
    async with exploring(private, masked=True) as user:
        await user.press("c")
        await user.until(lambda: user.toast)
        assert list(user.app.recent) == [sid("CH", 1)]
        await user.press("Y", "n")
        await user.until(lambda: len(user.app.recent) == 2)
        assert user.app.recent[-1] == "whatsapp:+49 … 78"
        await user.press("Y", "j")
        await user.until(lambda: len(user.app.recent) == 3)
        assert sid("CH", 1) in user.app.recent[-1]
        assert not PEOPLE.search(user.app.recent[-1])


async def test_the_archive_keeps_the_truth(private: Archive) -> None:
    async with exploring(private, masked=True) as user:
        assert user.app.session.selected is not None
        assert user.app.session.selected.contact == f"whatsapp:+{NUMBER}"
    read = private.context(sid("FN", 1))
    assert read is not None
    assert read.body["trigger"]["message"]["Body"] == SAID


async def test_a_screenshot_is_masked_private_and_said_where(private: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with exploring(private, data_dir=folder) as user:
        await user.press("2")
        await user.waits_for("Hund")
        await user.press("S")
        await user.until(lambda: user.toast)
        (picture,) = (folder / "screenshots").iterdir()
        assert str(picture) in user.toast.replace("\n", "")
        assert "masked" in user.toast
        svg = picture.read_text()
        assert not PEOPLE.search(svg)
        assert "trigger" in svg
        assert "•••" in svg
        assert stat.S_IMODE(picture.stat().st_mode) == 0o600
        assert stat.S_IMODE(picture.parent.stat().st_mode) == 0o700
        await user.waits_for("Hund")
        assert not discretion.masked()
        await user.press("m", "S")
        await user.until(
            lambda: picture.stem in user.toast and picture.name not in user.toast, "the second's whole path"
        )


async def test_a_screenshot_as_it_is_is_asked_for_and_says_so(private: Archive, tmp_path: Path) -> None:
    async with exploring(private, data_dir=tmp_path) as user:
        await user.press("2")
        await user.waits_for("Hund")
        await user.press("ctrl+s")
        await user.until(lambda: user.toast)
        assert "NOT masked" in user.toast
        (picture,) = (tmp_path / "screenshots").iterdir()
        assert "Hund" in picture.read_text()
        assert stat.S_IMODE(picture.stat().st_mode) == 0o600


async def test_a_masked_screen_is_masked_in_any_screenshot(private: Archive, tmp_path: Path) -> None:
    async with exploring(private, data_dir=tmp_path, masked=True) as user:
        await user.press("ctrl+s")
        await user.until(lambda: user.toast)
        await user.press("S")
        await user.until(lambda: len(list((tmp_path / "screenshots").iterdir())) == 2)
        for picture in (tmp_path / "screenshots").iterdir():
            assert not PEOPLE.search(picture.read_text())


def test_what_is_said_of_an_anomaly_is_masked_too() -> None:
    odd = record(1, contact=f"whatsapp:+{NUMBER}", anomalies=("stuck",), anomaly_reasons=(f"Flow +{NUMBER} is stuck.",))
    assert not PEOPLE.search(repr(hide_record(odd)))
