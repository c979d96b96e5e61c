"""What was searched for, made to stand out in a line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sidscope.tui.ink import Ink


def highlighted(parts: Iterable[Ink], wanted: str, ink: str = "match") -> Iterator[Ink]:
    """The same text, with every place where ``wanted`` stands (whatever the case) in another ink."""
    sought = wanted.casefold()
    for part in parts:
        text, folded = part.text, part.text.casefold()
        if not sought or sought not in folded or len(folded) != len(text):
            # (Where folding makes a text longer, places in the one are not places in the other.)
            yield part
            continue
        at = 0
        while (found := folded.find(sought, at)) >= 0:
            if found > at:
                yield Ink(text[at:found], part.ink)
            yield Ink(text[found : found + len(sought)], ink)
            at = found + len(sought)
        if at < len(text):
            yield Ink(text[at:], part.ink)
