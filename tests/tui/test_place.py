"""Where one was comes back at the next start; a file that cannot be used is no trouble."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.archive import Archive
from sidscope.tui.ordering import Grouping
from sidscope.tui.place import PlaceNotSaved, SavedPlace, load_place, place_path, save_place
from tests.tui.explorer import exploring
from tests.tui.samples import ACCOUNT, filled, sid

texts = st.text(max_size=60)
places = st.builds(
    SavedPlace,
    grouping=st.sampled_from(Grouping),
    filter_text=texts,
    filter_on=st.booleans(),
    execution_sid=st.none() | texts,
    folds=st.dictionaries(st.sampled_from(Grouping), st.tuples(st.booleans(), st.frozensets(texts, max_size=5))),
    history=st.lists(texts, max_size=50).map(tuple),
)


@settings(deadline=None)
@given(place=places)
def test_what_is_saved_comes_back(tmp_path_factory: pytest.TempPathFactory, place: SavedPlace) -> None:
    path = tmp_path_factory.mktemp("place") / "place.json"
    save_place(path, place)
    assert load_place(path) == (place, None)


@settings(deadline=None)
@given(data=st.binary(max_size=300) | st.recursive(st.none() | texts, st.lists).map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_survived_with_one_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("place") / "place.json"
    path.write_bytes(data)
    place, notice = load_place(path)
    assert place == SavedPlace()
    assert notice is not None
    assert "damaged" in notice


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"grouping": "colour"},
        {"filter": 5},
        {"cursor": []},
        {"folds": []},
        {"folds": {"flow": {"all": True, "others": [1]}}},
        {"history": [None]},
    ],
)
def test_whatever_is_wrong_in_it_makes_it_count_as_not_there(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "place.json"
    save_place(path, SavedPlace(filter_text="status:active"))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    place, notice = load_place(path)
    assert place == SavedPlace()
    assert notice is not None


def test_no_file_is_nothing_to_speak_of(tmp_path: Path) -> None:
    assert load_place(tmp_path / "none.json") == (SavedPlace(), None)


def test_it_is_for_its_owner_alone_and_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = place_path(tmp_path, ACCOUNT)
    save_place(path, SavedPlace(filter_text="first"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    save_place(path, SavedPlace(filter_text="second"))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    with pytest.raises(PlaceNotSaved, match="could not be written"):
        save_place(tmp_path / "nowhere" / "place.json", SavedPlace())


def test_its_name_is_one_that_the_archive_s_directory_knows_as_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    path = place_path(folder, ACCOUNT)
    Archive.open(folder / path.name.removesuffix(".place.json"), account_sid=ACCOUNT).close()
    save_place(path, SavedPlace())
    folder.chmod(0o755)
    Archive.open(folder / path.name.removesuffix(".place.json"), account_sid=ACCOUNT).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_grouping_folds_filter_cursor_and_history_are_there_again(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("g", "slash")
        await user.type("channel:whatsapp")
        await user.press("enter")
        await user.until(lambda: user.app.focused is user.app.list)
        await user.press("f", "home", "h")
        await user.press("G")
        place, row = user.app.place, user.row
    assert place.grouping is Grouping.CONTACT
    assert place.execution_sid is not None
    async with exploring(archive, place=place) as user:
        assert user.app.session.grouping is Grouping.CONTACT
        assert user.app.box.text == "channel:whatsapp"
        assert user.sees("filter off")
        assert user.cursor_sid == place.execution_sid
        assert user.row == row
        assert user.sees("▸")
        await user.press("f")
        assert user.app.session.shown < 10 or user.sees("of 10")
        await user.press("x", "slash", "up")
        assert user.app.box.text == "channel:whatsapp"


async def test_who_was_at_the_top_is_at_the_top_again(archive: Archive) -> None:
    filler = filled(archive)
    async with exploring(archive) as user:
        place = user.app.place
    assert place.execution_sid is None
    filler.add(60, minutes=1, contact="whatsapp:+4915100000060", conversation=60)
    archive.flush()
    async with exploring(archive, place=place) as user:
        assert user.cursor_sid == sid("FN", 60)


async def test_what_is_asked_for_at_the_start_counts_more_than_the_last_place(archive: Archive) -> None:
    filled(archive)
    place = SavedPlace(grouping=Grouping.FLOW, filter_text="status:active", execution_sid=sid("FN", 1))
    async with exploring(archive, place=place, query="contact:+4915100000002") as user:
        assert user.app.box.text == "contact:+4915100000002"
        assert user.app.session.grouping is Grouping.FLOW
        assert user.app.session.shown == 1
    async with exploring(archive, place=place, query=sid("FN", 4)) as user:
        assert user.app.box.text == ""
        assert user.app.session.shown == 10
        assert user.cursor_sid == sid("FN", 4)


async def test_a_broken_place_is_told_once(archive: Archive, tmp_path: Path) -> None:
    filled(archive)
    path = tmp_path / "x.place.json"
    path.write_text("{")
    place, notice = load_place(path)
    async with exploring(archive, place=place, notice=notice) as user:
        assert "damaged" in user.toast
        assert len(user.app._notifications) == 1
        assert user.cursor_sid == sid("FN", 3)
