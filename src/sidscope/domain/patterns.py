"""Regular expressions that are compiled when they are first used.

There are some sixty in the whole program, a sixth of a millisecond each, and a command needs a few of them: what it
does not use should not be in the time that it takes to start.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self.pattern, self.flags), name)  # re keeps what it has compiled
        setattr(self, name, value)  # it is there from now on, without a detour
        return value


def later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What ``re.compile`` gives, compiled at its first use.

    Raises:
        re.error: at its first use.
    """
    return cast("re.Pattern[str]", _Pattern(pattern, flags))
