"""Screenshots on disk: SVG files that only their owner can read, in a directory of their own. No Textual."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path


class NotSaved(Exception):
    """The picture could not be written; the message is one sentence."""


def save_screenshot(folder: Path, svg: str, now: datetime) -> Path:
    """Writes the picture into a new file (0600) in ``folder`` (0700, made if it is not there); never over another one.

    Raises NotSaved.
    """
    stem = f"sidscope-{now:%Y%m%dT%H%M%SZ}"  # no digits alone: masked, the path would lose them as a number
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, 1000):
            path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.svg"
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(svg)
            return path
    except OSError as error:
        raise NotSaved(f"The screenshot cannot be written into {folder}: {error.strerror or error}.") from None
    raise NotSaved(f"{folder} holds too many screenshots of this second.")
