"""A context as foldable lines: every member once, in document order, JSON inside strings opened up. Never recursive."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sidscope.domain.jsontree import decode, path_join
from sidscope.domain.sids import sids_in

OPEN_LEVELS = 2
"""So many levels stand open at first: the names of the widgets, and what each one holds, folded."""


@dataclass(slots=True)
class Node:
    """One member. ``end`` is the index after the last one inside it; ``source`` the value as Twilio sent it."""

    depth: int
    key: str
    path: str
    source: Any
    kind: str  # object | array | string | number | literal
    text: str
    end: int = 0
    in_string: bool = False  # an object or array that came inside a string
    has_sid: bool = False

    @property
    def holds(self) -> bool:
        """Whether there is anything inside to fold."""
        return self.kind in ("object", "array")


class JsonTree:
    """The nodes of a body, and which of them are on show with the present folds."""

    def __init__(self, body: Any) -> None:
        self.body = body
        self.listed = isinstance(decode(body), list)  # the outermost level has numbers, not names
        self._folded_text: list[str] | None = None
        self.nodes = list(_nodes(body))
        _close(self.nodes)
        self.folded = {index for index, node in enumerate(self.nodes) if node.holds and node.depth >= OPEN_LEVELS}
        self.shown: list[int] = []
        self._flatten()

    def _flatten(self) -> None:
        shown, index, nodes = [], 0, self.nodes
        while index < len(nodes):
            shown.append(index)
            index = nodes[index].end if index in self.folded else index + 1
        self.shown = shown

    def fold(self, index: int, folded: bool | None = None) -> bool:
        """Folds or unfolds (None: the other way round) the node at ``index``; whether that changed anything."""
        node = self.nodes[index]
        is_folded = index in self.folded
        target = not is_folded if folded is None else folded
        if not node.holds or node.end == index + 1 or target == is_folded:
            return False
        self.folded.symmetric_difference_update({index})
        self._flatten()
        return True

    def fold_all(self, folded: bool) -> None:
        """Folds all but the outermost level, or unfolds everything."""
        self.folded = {i for i, node in enumerate(self.nodes) if node.holds and node.depth >= 1} if folded else set()
        self._flatten()

    def fold_like(self, other: JsonTree) -> None:
        """Folds what is folded in another reading of the same; what that did not hold stays as it is."""
        folds = {node.path: index in other.folded for index, node in enumerate(other.nodes) if node.holds}
        self.folded = {i for i, node in enumerate(self.nodes) if node.holds and folds.get(node.path, i in self.folded)}
        self._flatten()

    def nearest(self, path: str) -> int | None:
        """The node with this path; where it is not there any more, what would hold it."""
        found = None
        for index, node in enumerate(self.nodes):
            if node.path == path:
                return index
            if node.holds and path.startswith((f"{node.path}.", f"{node.path}[")):
                found = index
        return found

    def reveal(self, index: int) -> int:
        """Unfolds whatever holds the node; its place among those shown."""
        around = self.parent(index)
        closed = set()
        while around is not None:
            if around in self.folded:
                closed.add(around)
            around = self.parent(around)
        if closed:
            self.folded -= closed
            self._flatten()
        return bisect_left(self.shown, index)

    def matches(self, text: str) -> list[int]:
        """The nodes whose name or value holds ``text``, whatever the case, folded away or not."""
        if not text:
            return []
        if self._folded_text is None:
            self._folded_text = [f"{node.key}\n{'' if node.holds else node.text}".casefold() for node in self.nodes]
        wanted = text.casefold()
        return [index for index, each in enumerate(self._folded_text) if wanted in each]

    def parent(self, index: int) -> int | None:
        """The node that holds this one."""
        depth = self.nodes[index].depth
        while index > 0:
            index -= 1
            if self.nodes[index].depth < depth:
                return index
        return None

    def value_text(self, index: int) -> str:
        """What copying the node gives: a string as it is, anything else as JSON."""
        source = self.nodes[index].source
        return source if isinstance(source, str) else json.dumps(source, ensure_ascii=False)


def _nodes(body: Any) -> Iterator[Node]:
    root = decode(body)
    stack: list[tuple[int, str, str, Any]] = []
    if isinstance(root, dict | list):
        stack.extend(reversed([(0, key, path, item) for key, path, item in _members("", root)]))
    else:
        stack.append((0, "", "", root))
    while stack:
        depth, key, path, source = stack.pop()
        value = decode(source)
        if isinstance(value, dict | list):
            kind = "object" if isinstance(value, dict) else "array"
            yield Node(depth, key, path, source, kind, _summary(value), in_string=isinstance(source, str))
            stack.extend(reversed([(depth + 1, name, way, item) for name, way, item in _members(path, value)]))
        else:
            yield _leaf(depth, key, path, value)


def _members(path: str, value: Any) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, path_join(path, key), item
    else:
        for index, item in enumerate(value):
            yield str(index), path_join(path, index), item


def _summary(value: dict[str, Any] | list[Any]) -> str:
    if isinstance(value, dict):
        return f"{{{len(value)}}}" if value else "{}"
    return f"[{len(value)}]" if value else "[]"


def _leaf(depth: int, key: str, path: str, value: Any) -> Node:
    if isinstance(value, str):
        has_sid = next(sids_in(value), None) is not None if len(value) < 10_000 else False
        return Node(depth, key, path, value, "string", value, has_sid=has_sid)
    if value is None or isinstance(value, bool):
        return Node(depth, key, path, value, "literal", json.dumps(value))
    return Node(depth, key, path, value, "number", json.dumps(value))


def _close(nodes: list[Node]) -> None:
    """Works out where each node's inside ends."""
    open_: list[int] = []
    for index, node in enumerate(nodes):
        while open_ and nodes[open_[-1]].depth >= node.depth:
            nodes[open_.pop()].end = index
        open_.append(index)
    for index in open_:
        nodes[index].end = len(nodes)
