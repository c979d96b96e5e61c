"""A context as the JSON text that it came as: indented lines, each knowing its node of the tree. Never recursive."""

from __future__ import annotations

import json
from typing import NamedTuple

from sidscope.tui.json_tree import JsonTree


class RawLine(NamedTuple):
    """One line: how deep it stands, the member's name with its colon, the value or bracket, a comma, and the node
    (-1: the whole)."""

    depth: int
    name: str
    value: str
    ink: str
    comma: str
    node: int


def raw_lines(tree: JsonTree) -> list[RawLine]:
    """Every line of the JSON, strings that hold JSON left as strings."""
    nodes = tree.nodes
    scalar = len(nodes) == 1 and nodes[0].key == "" and not nodes[0].path and not nodes[0].holds
    if scalar:
        return [RawLine(0, "", json.dumps(nodes[0].source, ensure_ascii=False), nodes[0].kind, "", 0)]
    lines = [RawLine(0, "", "[" if tree.listed else "{", "rail", "", -1)]
    open_: list[tuple[int, bool, str]] = []  # node, whether it is a list, the comma after its end
    index = 0
    while index < len(nodes):
        node = nodes[index]
        while open_ and nodes[open_[-1][0]].end <= index:
            lines.append(_closing(open_.pop(), len(open_) + 1))
        listed = open_[-1][1] if open_ else tree.listed
        last = node.end >= (nodes[open_[-1][0]].end if open_ else len(nodes))
        comma = "" if last else ","
        name = "" if listed else f"{json.dumps(node.key, ensure_ascii=False)}: "
        depth = len(open_) + 1
        if node.holds and not node.in_string and node.end > index + 1:
            array = node.kind == "array"
            lines.append(RawLine(depth, name, "[" if array else "{", "rail", "", index))
            open_.append((index, array, comma))
            index += 1
            continue
        kind = "string" if node.in_string else "sid" if node.has_sid else "rail" if node.holds else node.kind
        lines.append(RawLine(depth, name, json.dumps(node.source, ensure_ascii=False), kind, comma, index))
        index = node.end
    while open_:
        lines.append(_closing(open_.pop(), len(open_) + 1))
    lines.append(RawLine(0, "", "]" if tree.listed else "}", "rail", "", -1))
    return lines


def _closing(opened: tuple[int, bool, str], depth: int) -> RawLine:
    node, array, comma = opened
    return RawLine(depth, "", "]" if array else "}", "rail", comma, node)


def raw_text(tree: JsonTree) -> str:
    """The whole, to be copied."""
    return "\n".join(f"{'  ' * line.depth}{line.name}{line.value}{line.comma}" for line in raw_lines(tree))
