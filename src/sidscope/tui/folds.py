"""Which groups of the list are folded."""

from __future__ import annotations

from collections.abc import KeysView, Set
from dataclasses import dataclass, field

Fold = tuple[bool, frozenset[str]]
"""Whether all is folded, and the keys of the groups of which the contrary is true."""


@dataclass(slots=True)
class FoldRule:
    """Which groups are folded: all or none, except those of which the contrary is true. The same object as long as
    there is a session: whoever lays out groups holds on to it."""

    all_folded: bool = False
    toggled: set[str] = field(default_factory=set)

    def __call__(self, key: str) -> bool:
        return self.all_folded is not (key in self.toggled)

    def toggle(self, key: str) -> None:
        """Folds a group, or unfolds it."""
        self.toggled ^= {key}

    def be(self, fold: Fold) -> None:
        """Becomes what another one was."""
        self.all_folded, toggled = fold
        self.toggled.clear()
        self.toggled.update(toggled)

    @property
    def fold(self) -> Fold:
        """How it is now."""
        return self.all_folded, frozenset(self.toggled)

    def among(self, keys: KeysView[str]) -> Set[str]:
        """Those of these that are folded."""
        return keys - self.toggled if self.all_folded else keys & self.toggled
