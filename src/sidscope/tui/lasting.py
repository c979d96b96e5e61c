"""Large structures and Python's garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """For making what is here to stay: the collector does not look for garbage among it while it grows, nor walk
    through it ever after, which would hold the loop for many frames. Whoever lets go of it breaks its cycles."""
    collected = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collected:
            gc.enable()
