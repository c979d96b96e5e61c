"""An explorer in which nothing changes paints nothing: lines whose age is another are painted anew, no others."""

from __future__ import annotations

from datetime import timedelta

from sidscope.archive import Archive
from tests.tui.explorer import exploring
from tests.tui.samples import NOW, Filler, filled


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
