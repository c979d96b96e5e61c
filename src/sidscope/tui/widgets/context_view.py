"""An execution's context as a foldable tree or as raw JSON, searchable; or the sight that stands in its place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from sidscope.domain.liquid import Liquid, liquid_of
from sidscope.domain.sids import is_sid, sids_in
from sidscope.tui.highlight import highlighted
from sidscope.tui.ink import Ink, Row, wrap
from sidscope.tui.json_tree import JsonTree
from sidscope.tui.raw_json import RawLine, raw_lines, raw_text
from sidscope.tui.widgets.line_view import LineView
from sidscope.tui.widgets.rows_view import Maker

DEEPEST_INDENT = 12
"""Levels beyond this are told by a number instead of further indentation."""


class ContextView(LineView):
    """A tree (:meth:`show_tree`) or rows (:meth:`show_rows`)."""

    DEFAULT_CSS = """
    ContextView { background: transparent; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.json: JsonTree | None = None
        self.wanted = ""
        self.found: list[int] = []  # the nodes that match what is searched for, in order
        self.raw = False
        self._raw: list[RawLine] = []
        self._maker: Maker | None = None
        self._rows: Sequence[Row] = ()

    def show_tree(self, tree: JsonTree, *, again: bool = False) -> None:
        """Shows a context. ``again``: it is another reading of the one that is shown, which keeps its folds, and the
        cursor its member on its line of the screen."""
        before, at = (self.json, self.node_index) if again else (None, None)
        if tree is self.json or (before is not None and before.body == tree.body):
            return
        y = self._at - round(self.scroll_y)
        self.json, self._maker, self._rows = tree, None, ()
        if before is not None:
            tree.fold_like(before)
        self._raw = raw_lines(tree) if self.raw else []
        self.found = tree.matches(self.wanted)
        self._restart()
        if before is not None and at is not None:
            self._at = self._line_of(tree.nearest(before.nodes[at].path))
            self.scroll_to(y=max(0, self._at - y), animate=False, force=True)

    def show_rows(self, maker: Maker) -> None:
        """Shows words instead."""
        self.json, self._maker, self._raw, self.found = None, maker, [], []
        self._rows = maker(self.cells) if self.cells > 0 else ()
        self._restart()

    def _restart(self) -> None:
        self._at = 0
        self.resize_lines()
        self.scroll_to(y=0, animate=False, force=True)
        self.repaint()

    def line_count(self) -> int:
        if self.json is None:
            return len(self._rows)
        return len(self._raw) if self.raw else len(self.json.shown)

    def can_stand(self, index: int) -> bool:
        return self.json is not None or self._rows[index].stands

    def line_parts(self, index: int, cells: int) -> Sequence[Ink]:
        if self.json is None:
            return self._rows[index].parts
        if self.raw:
            parts = self._raw_parts(self._raw[index], cells)
            node = self._raw[index].node
        else:
            node = self.json.shown[index]
            parts = self._node_parts(self.json, node, cells)
        if self.wanted and self._is_found(node):
            return [*parts[:1], *highlighted(parts[1:], self.wanted)]
        return parts

    def _node_parts(self, tree: JsonTree, at: int, cells: int) -> list[Ink]:
        node = tree.nodes[at]
        sign = ("▸ " if at in tree.folded else "▾ ") if node.holds and node.end > at + 1 else "  "
        parts = [Ink(f" {_indent(node.depth)}", "rail"), Ink(sign, "dim"), Ink(node.key, "key")]
        if node.key:
            parts.append(Ink(": ", "rail"))
        if node.holds:
            parts.append(Ink(node.text, "dim"))
            if node.in_string:
                parts.append(Ink("  inside a string", "faint"))
        elif node.kind == "string":
            ink = "sid" if node.has_sid else "string"
            text = node.text if is_sid(node.text) else f'"{self._cut(node.text, cells * 2)}"'
            parts.append(Ink(text, ink))
        else:
            parts.append(Ink(node.text, node.kind))
        return parts

    def _raw_parts(self, line: RawLine, cells: int) -> list[Ink]:
        value = self._cut(line.value, cells * 2)
        return [
            Ink(f" {_indent(line.depth)}", "rail"),
            Ink(line.name, "key"),
            Ink(value, line.ink),
            Ink(line.comma, "rail"),
        ]

    def _cut(self, text: str, most: int) -> str:
        """A text no longer than can be seen, from a little before what is searched for."""
        if len(text) <= most:
            return text
        found = text.casefold().find(self.wanted.casefold()) if self.wanted else -1
        return f"…{text[found - 10 : found - 10 + most]}" if found > most // 4 else text[:most]

    def _is_found(self, node: int) -> bool:
        place = bisect_left(self.found, node)
        return place < len(self.found) and self.found[place] == node

    # --- what is under the cursor

    @property
    def node_index(self) -> int | None:
        """The tree's node under the cursor."""
        if self.json is None or self._at >= self.line_count():
            return None
        node = self._raw[self._at].node if self.raw else self.json.shown[self._at]
        return node if node >= 0 else None

    @property
    def value(self) -> str | None:
        """What `y` copies here; at the outermost brackets of raw JSON, all of it."""
        at = self.node_index
        if self.json is None or at is None:
            return raw_text(self.json) if self.json and self.raw else None
        return self.json.value_text(at)

    @property
    def sid(self) -> str | None:
        """The SID under the cursor, the first one if the text holds several."""
        at = self.node_index
        if self.json is None or at is None or not self.json.nodes[at].has_sid:
            return None
        return next(sids_in(self.json.nodes[at].text), None)

    @property
    def liquid(self) -> Liquid | None:
        """How a flow would name the value under the cursor."""
        at = self.node_index
        return liquid_of(self.json.body, self.json.nodes[at].path) if self.json and at is not None else None

    def path_rows(self, cells: int) -> list[str]:
        """The path of the node under the cursor and, of a string too long for its line, the whole text."""
        at = self.node_index
        if self.json is None or at is None:
            return []
        node = self.json.nodes[at]
        lines = [node.path]
        if node.kind == "string" and len(node.text) + 2 * node.depth + len(node.key) + 8 > cells:
            lines += list(wrap(node.text[:2000], cells))[:6]
        return lines

    # --- searching

    def search(self, wanted: str) -> None:
        """Marks what matches and goes to the first match from the cursor on."""
        self.wanted = wanted
        self.found = self.json.matches(wanted) if self.json else []
        self.repaint()
        at = self.node_index
        if self.found:
            place = bisect_left(self.found, at or 0)
            self.go_to_node(self.found[place % len(self.found)])

    def next_match(self, step: int) -> int | None:
        """Goes to the next (1) or previous (-1) match, round the end; its number from 1, None if there is none."""
        at = self.node_index
        if not self.found:
            return None
        at = -1 if at is None else at
        if step > 0:
            place = bisect_right(self.found, at) % len(self.found)
        else:
            place = (bisect_left(self.found, at) - 1) % len(self.found)
        self.go_to_node(self.found[place])
        return place + 1

    @property
    def match_number(self) -> int:
        """Which match the cursor is on, from 1; 0 if on none."""
        at = self.node_index
        return bisect_left(self.found, at) + 1 if at is not None and self._is_found(at) else 0

    def go_to_node(self, node: int) -> None:
        """Puts the cursor on a node of the tree, unfolding what holds it."""
        if self.json is None:
            return
        if not self.raw:
            self.json.reveal(node)
            self.resize_lines()
            self.repaint()
        self.move_to(self._line_of(node))

    def _line_of(self, node: int | None) -> int:
        """The line that shows a node, or else what holds it."""
        if self.json is None or node is None:
            return 0
        if not self.raw:
            return bisect_right(self.json.shown, node) - 1
        # A node inside a string has no line of its own: the string has.
        starts = [line.node for line in self._raw]
        return starts.index(max(start for start in starts if start <= node))

    def toggle_raw(self) -> None:
        """Shows the raw JSON in place of the tree, or the tree again; the cursor stays on its node."""
        at = self.node_index or 0
        if self.json is None or not self.json.nodes:
            return
        self.raw = not self.raw
        self._raw = raw_lines(self.json) if self.raw else []
        self._at = 0
        self.resize_lines()
        self.repaint()
        self.go_to_node(at)
        self.post_message(self.Moved(self))

    # --- folding

    def fold(self, folded: bool | None = None) -> None:
        """Folds or unfolds the node under the cursor; folding one that is folded or holds nothing goes to its
        parent. Raw JSON does not fold."""
        at = self.node_index
        if self.json is None or at is None or self.raw:
            return
        if self.json.fold(at, folded):
            self.resize_lines()
            self.repaint()
            self.post_message(self.Moved(self))
        elif folded:
            parent = self.json.parent(at)
            if parent is not None:
                self.move_to(self.json.shown.index(parent), -1)

    def toggle_all(self) -> None:
        """Unfolds everything, or folds it if all stands open; the cursor stays on what it stands in."""
        at = self.node_index
        if self.json is None or at is None or self.raw:
            return
        self.json.fold_all(not self.json.folded)
        shown = {index: position for position, index in enumerate(self.json.shown)}
        while at not in shown:
            at = self.json.parent(at) or 0
        self._at = shown[at]
        self.resize_lines()
        self.repaint()
        self.show_cursor()

    def on_resize(self) -> None:
        if self._maker is not None:
            self._rows = self._maker(self.cells)
        super().on_resize()


def _indent(depth: int) -> str:
    deep = depth - DEEPEST_INDENT
    return "  " * min(depth, DEEPEST_INDENT) + (f"{deep}› " if deep > 0 else "")
