"""The place where the explorer was left, from one start to the next."""

from __future__ import annotations

import sys
from pathlib import Path

from sidscope.commands.options import Options
from sidscope.safetext import safe
from sidscope.tui.place import PlaceNotSaved, SavedPlace, load_place, place_path, save_place


class PlaceKeeper:
    """Keeps the place of one account beside its archive."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[SavedPlace, str | None]:
        """The last place, and a sentence if there was one that cannot be used."""
        return load_place(self._path)

    def save(self, place: SavedPlace) -> None:
        """Keeps the place; if that fails, says so on stderr, for there is nothing else to be done."""
        if not self._path.parent.is_dir():  # offline without an archive: nothing is made
            return
        try:
            save_place(self._path, place)
        except PlaceNotSaved as error:
            sys.stderr.write(f"sidscope: {safe(str(error), 1000)}\n")


def place_keeper(options: Options, account_sid: str) -> PlaceKeeper | None:
    """Who keeps the place of this account; None where nothing is to be kept."""
    if options.demo or options.no_archive or options.record or options.replay:
        return None
    return PlaceKeeper(place_path(options.data_dir, account_sid))
