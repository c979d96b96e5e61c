"""Contexts as foldable lines: any JSON, any depth, JSON inside strings."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sidscope.tui.json_tree import JsonTree
from tests.tui.samples import sid

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def keys(tree: JsonTree) -> list[str]:
    return [tree.nodes[index].key for index in tree.shown]


def test_the_first_levels_stand_open_and_what_widgets_hold_is_folded() -> None:
    tree = JsonTree({"widgets": {"ask": {"inbound": {"Body": "Hi"}}}, "flow": {"sid": "x"}})
    assert keys(tree) == ["widgets", "ask", "inbound", "flow", "sid"]
    tree.fold(2, folded=False)
    assert keys(tree) == ["widgets", "ask", "inbound", "Body", "flow", "sid"]
    tree.fold(0)
    assert keys(tree) == ["widgets", "flow", "sid"]


def test_json_inside_a_string_opens_like_any_other_and_copies_as_it_came() -> None:
    inner = json.dumps({"conversationSid": sid("CH", 1)})
    tree = JsonTree({"attributes": inner})
    assert keys(tree) == ["attributes", "conversationSid"]
    assert tree.nodes[0].in_string
    assert tree.nodes[1].has_sid
    assert tree.nodes[1].path == "attributes.conversationSid"
    assert tree.value_text(0) == inner
    assert tree.value_text(1) == sid("CH", 1)


def test_two_hundred_levels_and_sixty_kilobytes_are_instant() -> None:
    deep: Any = "end"
    for _ in range(200):
        deep = {"in": deep}
    wide = {f"widget_{number}": {"inbound": {"Body": "x" * 60, "n": number}} for number in range(600)}
    begun = time.process_time()
    tree = JsonTree({"deep": deep, "widgets": wide})
    tree.fold_all(folded=False)
    assert time.process_time() - begun < 1.0
    assert max(node.depth for node in tree.nodes) == 200
    assert len(tree.shown) == len(tree.nodes)


@given(json_values)
def test_any_json_folds_and_unfolds_without_loss(body: Any) -> None:
    tree = JsonTree(body)
    tree.fold_all(folded=False)
    assert tree.shown == list(range(len(tree.nodes)))
    for index, node in enumerate(tree.nodes):
        parent = tree.parent(index)
        assert (parent is None) == (node.depth == 0)
        assert node.end > index
        assert isinstance(tree.value_text(index), str)
    for index in range(len(tree.nodes)):
        tree.fold(index, folded=True)
    assert all(tree.nodes[index].depth == 0 for index in tree.shown)
