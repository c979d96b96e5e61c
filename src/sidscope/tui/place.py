"""Where the user was, kept from one start to the next: one small JSON file per account, readable by its owner alone.

It stands beside the account's archive and holds nothing that is needed: a file that cannot be understood is ignored
with one sentence, and written anew at the end.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sidscope.archive import archive_path
from sidscope.domain.value import NOTHING, value
from sidscope.tui.ordering import Grouping
from sidscope.tui.session import Folds
from sidscope.tui.trail import TEXTS

VERSION: Final = 1
FOLDS_KEPT: Final = 1_000
LONGEST_TEXT: Final = 500
_MOST: Final = 1_000_000  # bytes; ours is never as long


@value
class SavedPlace:
    """What comes back at the next start."""

    grouping: Grouping = Grouping.CONVERSATION
    filter_text: str = ""
    filter_on: bool = True
    execution_sid: str | None = None
    """What the cursor stood on; None: it was at the top, where what is new comes in."""
    folds: Folds = NOTHING
    history: tuple[str, ...] = ()
    """The texts that the box has held, the oldest first."""


class PlaceNotSaved(Exception):
    """The place could not be written; the message is one sentence."""


def place_path(data_dir: Path, account_sid: str) -> Path:
    """The file of one account."""
    archive = archive_path(data_dir, account_sid)
    return archive.with_name(f"{archive.name}.place.json")


def load_place(path: Path) -> tuple[SavedPlace, str | None]:
    """The place, and one sentence if there is a file that cannot be used. Never raises."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except FileNotFoundError:
        return SavedPlace(), None
    except OSError as error:
        return SavedPlace(), f"Where you were last time could not be read ({error.strerror}): {path}"
    try:
        return _from_json(json.loads(data[:_MOST])), None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return SavedPlace(), f"Where you were last time is not known: {path} is damaged"


def save_place(path: Path, place: SavedPlace) -> None:
    """Writes the whole file or nothing. Raises PlaceNotSaved."""
    try:
        handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # for its owner alone: 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(_to_json(place), file, ensure_ascii=True, indent=1)
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise PlaceNotSaved(f"Where you were could not be written to {path}: {error.strerror}.") from None


def _to_json(place: SavedPlace) -> dict[str, Any]:
    return {
        "version": VERSION,
        "grouping": place.grouping.value,
        "filter": place.filter_text,
        "filter_on": place.filter_on,
        "cursor": place.execution_sid,
        "folds": {
            grouping.value: {"all": all_folded, "others": sorted(others)[:FOLDS_KEPT]}
            for grouping, (all_folded, others) in place.folds.items()
        },
        "history": list(place.history[-TEXTS:]),
    }


def _from_json(document: Mapping[str, Any]) -> SavedPlace:
    """Raises ValueError, TypeError, KeyError or AttributeError for anything that was not written here."""
    if document["version"] != VERSION:
        raise ValueError("another version")
    cursor = document["cursor"]
    return SavedPlace(
        grouping=Grouping(document["grouping"]),
        filter_text=_text(document["filter"]),
        filter_on=document["filter_on"] is True,
        execution_sid=None if cursor is None else _text(cursor),
        folds={
            Grouping(name): (fold["all"] is True, frozenset(map(_text, fold["others"])))
            for name, fold in document["folds"].items()
        },
        history=tuple(map(_text, document["history"]))[-TEXTS:],
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value[:LONGEST_TEXT]
