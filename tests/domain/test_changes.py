"""What changed between two contexts: leaf by leaf, any JSON, any depth."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.domain.changes import Change, ChangeKind, Changes, Noise, changes
from sidscope.domain.jsontree import decode, path_join

from .builders import sid
from .test_properties import JSON, some

ADDED, REMOVED, CHANGED = ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED


def told(found: Changes) -> list[tuple[str, str, Any, Any]]:
    return [(each.path, each.kind.value, each.old, each.new) for each in found.items]


CASES: list[tuple[Any, Any, list[tuple[str, str, Any, Any]]]] = [
    ({}, {}, []),
    ({"a": 1}, {"a": 1.0}, []),
    ({"a": 1}, {"a": True}, [("a", "changed", 1, True)]),
    ({"a": None}, {}, [("a", "removed", None, None)]),
    ({}, {"a": None}, [("a", "added", None, None)]),
    ({"a": {"b": "x"}}, {"a": {"b": "y", "c d": 2}}, [("a.b", "changed", "x", "y"), ('a["c d"]', "added", None, 2)]),
    ({"a": 1, "b": 2}, {"b": 2, "c": 3}, [("c", "added", None, 3), ("a", "removed", 1, None)]),
    ({"a": [1, 2]}, {"a": [1, 3, {"x": 4}]}, [("a[1]", "changed", 2, 3), ("a[2].x", "added", None, 4)]),
    ({"a": {"b": 1}}, {"a": "text"}, [("a", "added", None, "text"), ("a.b", "removed", 1, None)]),
    ({"a": {}}, {"a": {"b": 1}}, [("a.b", "added", None, 1)]),
    ({"a": {}}, {}, [("a", "removed", {}, None)]),
    ({"a": {}}, {"a": [1]}, [("a", "removed", {}, None), ("a[0]", "added", None, 1)]),
    ({"a": {}}, {"a": []}, [("a", "changed", {}, [])]),
    ({"a": {"b": 1}}, {"a": [1]}, [("a[0]", "added", None, 1), ("a.b", "removed", 1, None)]),
    ({"a": '{"b": 1}'}, {"a": {"b": 1}}, []),
    ({"a": '{"b": 1}'}, {"a": '{"b":  2}'}, [("a.b", "changed", 1, 2)]),
    ('"{\\"a\\": 1}"', {"a": 2}, [("a", "changed", 1, 2)]),
    (None, {"a": {"b": 1}}, [("", "removed", None, None), ("a.b", "added", None, 1)]),
    (1, 2, [("", "changed", 1, 2)]),
]


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_what_differs(before: Any, after: Any, expected: list[tuple[str, str, Any, Any]]) -> None:
    assert told(changes(before, after)) == expected


OLD, NEW = "2026-11-22T11:58:04Z", "2026-11-22T11:59:04.123Z"


@pytest.mark.parametrize(
    ("key", "before", "after", "noise"),
    [
        ("DateCreated", OLD, NEW, Noise.TIME),
        ("at", "Sun, 22 Nov 2026 11:58:04 +0000", NEW, Noise.TIME),
        ("date_updated", 1763812800, 1763812801, Noise.TIME),
        ("millis", 1763812800000, 1763812801000, Noise.TIME),
        ("MessageSid", sid("IM", 1), sid("IM", 2).upper(), Noise.SID),
        ("MessageSid", sid("IM", 1), None, None),
        ("timeout", 10, 20, None),
        ("number", "20261122", "20261123", None),
        ("when", "2026-11-22", "tomorrow", None),
        ("when", "Sun, 99 Nov 2026 11:58:04 +0000", "Sun, 98 Nov 2026 11:58:04 +0000", None),
        ("body", f"see {sid('IM', 1)}", f"see {sid('IM', 2)}", None),
    ],
)
def test_times_and_sids_are_kept_apart(key: str, before: Any, after: Any, noise: Noise | None) -> None:
    found = changes({"a": {key: before}}, {"a": {key: after}})
    expected = Change(f"a.{key}", CHANGED, before, after, noise)
    assert (found.noise if noise else found.items) == (expected,)
    assert found.total == 1


def test_new_and_lost_ones_are_noise_too() -> None:
    found = changes({"a": {"x": OLD}}, {"b": {"Sid": sid("SM"), "Body": "yes"}})
    assert told(found) == [("b.Body", "added", None, "yes")]
    assert [(each.kind, each.noise) for each in found.noise] == [(ADDED, Noise.SID), (REMOVED, Noise.TIME)]


def test_no_more_than_the_limit_is_kept_and_the_rest_is_counted() -> None:
    before = {f"k{n}": sid("IM", n) if n % 2 else n for n in range(100)}
    found = changes(before, {}, limit=10)
    assert (len(found.items), len(found.noise), found.more, found.more_noise, found.total) == (10, 10, 40, 40, 100)


def test_depth_is_no_matter() -> None:
    def deep(leaf: Any, levels: int) -> Any:
        for level in range(levels):
            leaf = {"a": leaf} if level % 2 else [leaf]
        return leaf

    (change,) = changes(deep(1, 300), deep(2, 300)).items
    assert (change.kind, change.old, change.new) == (CHANGED, 1, 2)
    assert change.path.count("a") == 150
    wrapped = json.dumps(deep(json.dumps(deep(1, 200)), 200))
    assert changes(wrapped, deep(deep(1, 200), 200)).total == 0


# --- anything at all


Way = tuple[tuple[str, Any], ...]
"""Each step: k for a key or i for an index, and which."""


def leaves(value: Any) -> Iterator[tuple[Way, Any]]:
    """Every scalar and empty container with its way, the slow and simple way round."""
    value = decode(value)
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from (((("k", key), *way), leaf) for way, leaf in leaves(member))
    elif isinstance(value, list) and value:
        for index, member in enumerate(value):
            yield from (((("i", index), *way), leaf) for way, leaf in leaves(member))
    else:
        yield (), value


def filled(value: Any) -> dict[Way, type]:
    """Every container that holds something, with its way."""
    return {
        way[:count]: dict if way[count][0] == "k" else list for way, _ in leaves(value) for count in range(len(way))
    }


def missing(leaf: Any, way: Way, other: dict[Way, type]) -> bool:
    """Whether the leaf is lost in the other one; an empty object is not if it only has been filled."""
    return not (isinstance(leaf, dict | list) and other.get(way) is type(leaf))


def spelled(way: Way) -> str:
    path = ""
    for _, key in way:
        path = path_join(path, key)
    return path


def equal(old: Any, new: Any) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, float) and isinstance(new, float) and math.isnan(old) and math.isnan(new):
        return True
    return (type(old) is type(new) or {type(old), type(new)} == {int, float}) and bool(old == new)


@some
@given(JSON, JSON)
def test_it_is_the_difference_of_the_leaves(before: Any, after: Any) -> None:
    old, new = dict(leaves(before)), dict(leaves(after))
    in_old, in_new = filled(before), filled(after)
    expected = sorted(
        [(spelled(way), "added") for way in new.keys() - old.keys() if missing(new[way], way, in_old)]
        + [(spelled(way), "removed") for way in old.keys() - new.keys() if missing(old[way], way, in_new)]
        + [(spelled(way), "changed") for way in old.keys() & new.keys() if not equal(old[way], new[way])]
    )
    found = changes(before, after, limit=10**6)
    assert sorted((each.path, each.kind.value) for each in (*found.items, *found.noise)) == expected
    assert changes(before, before).total == 0


@settings(deadline=None, max_examples=50)
@given(JSON, JSON, st.integers(0, 3))
def test_both_ways_round_are_mirrored(before: Any, after: Any, limit: int) -> None:
    there, back = changes(before, after, limit=limit), changes(after, before, limit=limit)
    assert there.total == back.total
    assert len(there.items) == len(back.items) <= limit
    assert len(there.noise) == len(back.noise) <= limit
