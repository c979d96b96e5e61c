"""Whose account is explored, which others there are, and the colour each is known by."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sidscope.domain.value import NOTHING, value
from sidscope.settings import ProfileInfo

_PRODUCTION: Final = "#d9434f"
_OTHERS: Final = ("#3f8f83", "#4f7fd0", "#8a6fc4", "#a8762c", "#4f9350", "#a8608f")


@value
class Accounts:
    """The profiles of twilio-cli, and which one (None: none of them) is explored now.

    ``check`` gives a sentence for a profile that cannot be used, else None.
    """

    present: str | None = None
    profiles: Sequence[ProfileInfo] = ()
    check: Callable[[str], str | None] = lambda name: None
    colours: Mapping[str, str] = NOTHING

    @property
    def others(self) -> bool:
        """Whether there is another profile to go to."""
        return any(profile.name != self.present for profile in self.profiles)

    @property
    def colour(self) -> str | None:
        """The colour of the present profile; None where there is none (environment, demo)."""
        return colour_of(self.present, self.colours) if self.present else None


def colour_of(profile: str, colours: Mapping[str, str]) -> str:
    """The colour that the configuration gives a profile, else red for production, else one that stays the same."""
    if profile in colours:
        return colours[profile]
    if "prod" in profile.lower():
        return _PRODUCTION
    return _OTHERS[zlib.crc32(profile.encode()) % len(_OTHERS)]
