"""An explorer in which nothing changes paints nothing: lines whose age is another are painted anew, no others."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

import pytest

from sidscope.archive import Archive
from tests.tui.explorer import exploring
from tests.tui.samples import NOW, Filler, filled, sid


async def test_only_lines_whose_age_is_another_are_painted_anew(archive: Archive) -> None:
    filler = Filler(archive)
    filler.add(1, minutes=0.5, contact="whatsapp:+4915100000001", conversation=1)
    filler.add(2, minutes=90, contact="whatsapp:+4915100000002", conversation=2)
    archive.flush()
    moments = [NOW]
    async with exploring(archive, now=lambda: moments[-1]) as user:
        await user.waits_for("30 s", "1 h")
        user.app._tick()
        await user.settled()
        painted = dict(user.app.list._strips)
        user.app._tick()
        await user.settled()
        assert dict(user.app.list._strips) == painted
        moments.append(NOW + timedelta(seconds=10))
        user.app._tick()
        await user.settled()
        assert user.sees("40 s", "1 h")
        kept = [strip for key, strip in user.app.list._strips.items() if painted.get(key) is strip]
        assert len(kept) == len(painted) - 1


async def test_what_has_just_been_painted_is_not_painted_again_when_time_passes(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("g")
        await user.waits_for("by contact")
        painted = dict(user.app.list._strips)
        user.app._tick()
        await user.settled()
        assert painted
        assert all(user.app.list._strips.get(key) is strip for key, strip in painted.items())


@pytest.mark.parametrize("seed", range(5))
async def test_lines_that_are_kept_painted_say_what_painting_all_anew_would_say(archive: Archive, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - no cryptography
    filler, moments = filled(archive), [NOW]

    def something_comes() -> None:
        number = chance.randrange(1, 16)
        filler.add(
            number,
            minutes=chance.choice((0.2, 7, 64, 300)),
            conversation=chance.choice((None, 1, 2)),
            active=chance.random() < 0.5,
            flow=chance.choice((1, 2)),
        )
        archive.flush()
        user.app.feed.changed([sid("FN", number).upper()])

    async with exploring(archive, now=lambda: moments[-1]) as user:
        for _ in range(40):
            if chance.random() < 0.4:
                something_comes()
                await asyncio.sleep(0.15)
            elif chance.random() < 0.2:
                moments.append(moments[-1] + timedelta(seconds=chance.choice((3, 40, 4_000))))
            else:
                await user.press(chance.choice(("j", "k", "end", "home", "g", "z", "h", "l", "space", "asterisk", "u")))
            user.app._tick()
            await user.settled()
            view = user.app.list
            kept = [view.render_line(y) for y in range(view.size.height)]
            view.repaint()
            assert [view.render_line(y) for y in range(view.size.height)] == kept
