"""One thing that ``sidscope doctor`` has looked at."""

from __future__ import annotations

from typing import Final

from sidscope.domain.value import value

OK: Final = "ok"
WARNING: Final = "warning"
WRONG: Final = "wrong"
SKIPPED: Final = "skipped"


@value
class Finding:
    """``status``: ok, warning (it works, but), wrong, or skipped (not looked at). ``do``: the way out, if any.

    The texts may quote strangers: they are made harmless where they are shown.
    """

    check: str
    status: str
    says: str
    do: str = ""
