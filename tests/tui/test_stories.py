"""What the Story tab shows of every named story, at both sizes, with and without colour, as approved by eye.

One explorer per look is walked through all of them. After a change of looks or words: read the difference, then
``pytest tests/tui/test_stories.py --snapshot-update``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from rich.segment import Segment
from rich.style import Style
from syrupy.assertion import SnapshotAssertion
from textual.strip import Strip

from sidscope.archive import Archive
from sidscope.demo import SimulatedAccount, World
from sidscope.demo.long_stories import LONG_STORIES
from sidscope.demo.stories import STORIES
from sidscope.settings import Credentials, Secret
from sidscope.sync.engine import Engine
from sidscope.tui.app import ExplorerApp
from sidscope.tui.commands import STORY
from sidscope.twilio_api import connect
from tests.tui.explorer import User, exploring, quiet_world
from tests.tui.samples import NOW

SIZES = {"140x40": (140, 40), "80x24": (80, 24)}


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[World, Archive]]:
    """An account whose named stories have been read to the last look-up."""
    world = quiet_world(executions=1)
    login = world.credentials()
    with Archive.memory(world.account_sid) as archive:

        async def read() -> None:
            credentials = Credentials(login.account_sid, login.username, Secret(login.password))
            app = SimulatedAccount(world, clock=lambda: NOW)
            account = connect(credentials, asgi_app=app, now=lambda: NOW)
            engine = Engine(account, archive, now=lambda: NOW)
            await engine.refresh(NOW - timedelta(days=7))
            for story in world.stories.values():
                await engine.story(story.sids[-1], agreed=True)
            await engine.stop()
            await account.close()

        asyncio.run(read())
        yield world, archive


def inks(app: ExplorerApp) -> dict[str, str]:
    """A letter for each colour of the palette."""
    picture = app.pane.picture
    names = {"p": "plain", "d": "dim", "f": "faint", "t": "title", "-": "rail", "g": "good", "w": "warn", "s": "same",
             "n": "new", "S": "sid", "b": "bad", "a": "accent"}  # fmt: skip
    return {str(picture.ink(name).color): letter for letter, name in reversed(names.items())}


def strips_of(app: ExplorerApp) -> list[Strip]:
    """The pane as it stands on the screen."""
    region = app.pane.region
    strips = app.screen._compositor.render_strips()[region.y : region.bottom]
    return [strip.crop(region.x, region.right) for strip in strips]


def shown(app: ExplorerApp) -> str:
    """What the pane says, as it reads without colour; under it the colours of the picture, a letter for each cell."""
    strips, letters = strips_of(app), inks(app)
    lines = [strip.text.rstrip() for strip in strips]
    while not lines[-1]:
        lines.pop()
    top = app.pane.picture.region.y - app.pane.region.y
    lines.append("colours:")
    for strip in strips[top : top + app.pane.picture.region.height]:
        lines.append("".join(_letters(segment, letters) for segment in strip).rstrip())
    return "\n".join(lines)


def _letters(segment: Segment, letters: dict[str, str]) -> str:
    color = str(segment.style.color) if segment.style else ""
    return "".join(" " if sign == " " else letters.get(color, "?") for sign in segment.text)


async def look_at(user: User, world: World, name: str) -> None:
    """The last execution of a named story is selected and its pane in front."""
    app, key = user.app, world.stories[name].sids[-1].upper()
    app.finding.go_to(key)
    app.focus_pane(STORY)
    await user.until(lambda: app.pane.detail is not None and app.pane.detail.key == key, name)
    before = None
    while before != (before := [strip.text for strip in strips_of(app)]):  # what follows a change of size
        await user.settled()


@pytest.mark.parametrize("size", SIZES)
async def test_every_named_story_looks_as_approved(
    size: str, told: tuple[World, Archive], snapshot: SnapshotAssertion
) -> None:
    world, archive = told
    pages = []
    async with exploring(archive, size=SIZES[size], since=None) as user:
        for story in STORIES:
            await look_at(user, world, story.name)
            pages.append(f"# {story.name}: {story.says}\n{shown(user.app)}")
    assert "\n\n".join(pages) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_without_colour_the_same_is_told_in_greys(
    size: str, told: tuple[World, Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, archive = told
    texts = []
    for colours in (True, False):
        if not colours:
            monkeypatch.setenv("NO_COLOR", "1")
        async with exploring(archive, size=SIZES[size], since=None) as user:
            for story in LONG_STORIES:
                await look_at(user, world, story.name)
                texts.append([strip.text for strip in strips_of(user.app)])
                inked = [segment.style for strip in strips_of(user.app) for segment in strip if segment.style]
                assert colours or all(_grey(style) for style in inked)
    assert texts[: len(LONG_STORIES)] == texts[len(LONG_STORIES) :]


def _grey(style: Style) -> bool:
    colours = [color.triplet for color in (style.color, style.bgcolor) if color is not None and color.triplet]
    return all(max(triplet) - min(triplet) <= 1 for triplet in colours)
