"""Numbers as sentences have them."""

from __future__ import annotations


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 execution``, ``1,204 executions``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
