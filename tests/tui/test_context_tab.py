"""The Context tab: searching, links, raw JSON, Liquid paths."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidscope.archive import Archive, ContextWrite
from sidscope.domain.records import Context, ReadStatus
from sidscope.tui.highlight import highlighted
from sidscope.tui.ink import Ink
from sidscope.tui.json_tree import JsonTree
from sidscope.tui.raw_json import raw_text
from tests.tui.explorer import User, exploring
from tests.tui.samples import NOW, Filler, context, filled, sid

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON.filter(lambda body: not isinstance(body, str)))
def test_raw_json_is_the_same_json(body: Any) -> None:
    assert json.loads(raw_text(JsonTree(body))) == body


def test_raw_json_leaves_json_in_strings_as_it_came() -> None:
    body = {"attributes": '{"a": [1, {"b": 2}]}', "after": {}, "list": [[], {"x": "y"}]}
    assert json.loads(raw_text(JsonTree(body))) == body


def test_searching_finds_names_and_values_in_any_case_and_unfolds_what_holds_them() -> None:
    tree = JsonTree({"widgets": {"Ask": {"inbound": {"Body": "yes please"}}, "b": {"n": 7}}})
    assert [tree.nodes[at].path for at in tree.matches("ASK")] == ["widgets.Ask"]
    (body,) = tree.matches("Please")
    assert body not in tree.shown
    place = tree.reveal(body)
    assert tree.shown[place] == body
    assert tree.matches("") == []


def test_matches_stand_out_wherever_they_are() -> None:
    parts = list(highlighted([Ink("abcABC", "key"), Ink("x")], "bc"))
    assert parts == [Ink("a", "key"), Ink("bc", "match"), Ink("A", "key"), Ink("BC", "match"), Ink("x")]
    assert list(highlighted([Ink("İstanbul")], "ist")) == [Ink("İstanbul")]


@given(st.dictionaries(st.text(), JSON), st.dictionaries(st.text(), JSON), st.sets(st.integers(0, 30)))
def test_another_reading_is_folded_like_the_one_before_where_both_hold_the_same(
    body: dict[str, Any], more: dict[str, Any], turned: set[int]
) -> None:
    before, after = JsonTree(body), JsonTree(body | {f"new {key}": value for key, value in more.items()})
    for index in turned & set(range(len(before.nodes))):
        before.fold(index)
    after.fold_like(before)
    assert [after.nodes[at].path for at in after.shown][: len(before.shown)] == [
        before.nodes[at].path for at in before.shown
    ]
    for index, node in enumerate(before.nodes):
        assert after.nearest(node.path) == index


def test_of_what_is_not_there_any_more_the_nearest_is_what_would_hold_it() -> None:
    tree = JsonTree({"widgets": {"Ask": {"inbound": None}, "As": 1}, "w": [{"a": 1}]})
    paths = {"widgets.Ask.inbound.Body": "widgets.Ask", "widgets.Other": "widgets", "w[0].b": "w[0]", "gone": None}
    found = {path: tree.nearest(path) for path in paths}
    assert {path: None if at is None else tree.nodes[at].path for path, at in found.items()} == paths


async def test_while_the_context_grows_folds_and_cursor_stay(archive: Archive) -> None:
    body = context("whatsapp:+4915100000001", sid("CH", 1), Ask={"inbound": {"Body": "yes"}})
    more = {"aaa": {"new": 1}, **body}
    row = Filler(archive).add(1, minutes=1, active=True, body=body)
    archive.flush()
    async with exploring(archive) as user:
        view, wanted = user.app.pane.context, "widgets.Ask.inbound.Body"

        async def reads(grown: dict[str, Any], seconds: float) -> None:
            archive.write(ContextWrite(Context(row.sid, ReadStatus.OK, NOW + timedelta(seconds=seconds), grown), row))
            archive.flush()
            user.app.feed.changed([sid("FN", 1).upper()])
            await user.until(lambda: view.json is not None and len(view.json.body) == len(grown))
            await user.settled()

        def path() -> str | None:
            return view.json.nodes[view.node_index].path if view.json and view.node_index is not None else None

        await user.press("2", "tab")
        await user.waits_for("trigger: {1}", "ChannelSid")
        await user.press("slash")
        await user.type("yes")
        await user.press("enter")
        await user.until(lambda: path() == wanted)
        for seconds, key in ((100, "0"), (200, "v")):
            await user.press(key)
            at = view.cursor_index
            await reads(more, seconds)
            assert path() == wanted
            assert view.cursor_index > at
            await reads(body, seconds + 50)
            assert path() == wanted
            assert view.cursor_index == at
        await user.waits_for(wanted)


async def searches(user: User, text: str) -> None:
    """Types into the search line and goes back to the tree."""
    await user.until(lambda: user.app.situation.pane == "context" and user.app.pane.context.json is not None)
    await user.press("slash")
    await user.until(lambda: user.app.situation.pane == "box")
    await user.type(text)
    await user.until(lambda: user.app.pane.context.wanted == text)
    await user.press("enter")
    await user.until(lambda: user.app.situation.pane == "context")


async def test_slash_in_the_context_searches_n_goes_on_and_escape_ends_it(archive: Archive) -> None:
    deep = {"one": {"Body": "needle"}, "two": {"inner": {"Body": "a Needle too"}}}
    Filler(archive).add(1, minutes=5, body=context("whatsapp:+491", sid("CH", 1), **deep))
    archive.flush()
    async with exploring(archive) as user:
        await user.press("2", "tab")
        await searches(user, "needle")
        await user.waits_for("1 of 2 matches", "widgets.one.Body")
        await user.press("n")
        await user.waits_for("2 of 2 matches", "widgets.two.inner.Body")
        await user.press("n")
        await user.waits_for("1 of 2 matches")
        await user.press("N")
        await user.waits_for("widgets.two.inner.Body")
        assert user.app.box.text == ""
        await user.press("slash")
        await user.type("nowhere")
        await user.waits_for("nothing found")
        await user.press("escape")
        await user.until(lambda: user.app.situation.pane == "context")
        assert not user.sees("nothing found")


async def test_enter_on_a_sid_goes_to_the_other_execution_that_has_it(archive: Archive) -> None:
    filled(archive)
    Filler(archive).add(
        20, minutes=2, contact="whatsapp:+499", body=context("whatsapp:+499", None, x={"s": sid("CH", 2)})
    )
    archive.flush()
    async with exploring(archive) as user:
        user.app.finding.go_to(sid("FN", 20).upper())
        await user.press("2", "tab")
        await searches(user, sid("CH", 2))
        await user.press("enter")
        await user.until(lambda: user.cursor_sid == sid("FN", 4))


async def test_enter_on_a_sid_that_nothing_else_has_says_so(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        user.app.finding.go_to(sid("FN", 4).upper())
        await user.press("2", "tab")
        await searches(user, "ChannelSid")
        await user.press("enter")
        await user.until(lambda: "No other known execution has it: CH02…02" in user.toast)


async def test_p_copies_the_liquid_path_and_v_shows_the_raw_json(archive: Archive) -> None:
    body = context("whatsapp:+491", sid("CH", 1), ask={"inbound": {"Body": "hi"}}, flex={"attributes": '{"a": 1}'})
    Filler(archive).add(1, minutes=5, body=body)
    archive.flush()
    async with exploring(archive, size=(160, 50)) as user:
        await user.press("2", "tab")
        await searches(user, "hi")
        await user.press("n", "p")
        await user.until(lambda: "{{" in user.toast)
        await user.press("v")
        await user.waits_for('"attributes": "{\\"a\\": 1}"')
        await user.press("n", "y", "h", "z", "enter", "G", "y")
        await user.until(lambda: json.loads(user.app.pane.context.value or "") == body)
        await user.press("v")
        assert not user.sees('"attributes": "{')


@pytest.mark.parametrize("keys", [("z",), ("v",)])
async def test_a_large_and_deep_context_answers_at_once(archive: Archive, keys: tuple[str, ...]) -> None:
    deep: object = {"end": sid("WT", 5)}
    for _ in range(200):
        deep = {"in": deep}
    body = context("whatsapp:+491", sid("CH", 1), deep=deep, wide={f"k{n}": "v" * 50 for n in range(1000)})
    Filler(archive).add(1, minutes=5, body=body)
    archive.flush()
    async with exploring(archive) as user:
        await user.press("2", "tab")
        await user.until(lambda: user.app.pane.context.json is not None)
        await user.press(*keys, "slash")
        view = user.app.pane.context
        began = time.perf_counter()
        view.search("end")
        view.next_match(1)
        view.toggle_raw()
        view.toggle_raw()
        assert time.perf_counter() - began < 0.2
        await user.type("k999")
        await user.waits_for("1 match", "widgets.wide.k999")
