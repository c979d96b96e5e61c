"""Values: made, compared, shown, copied."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from sidscope.domain.value import NOTHING, names_of, replace, value


@value
class Point:
    """A point."""

    x: int
    y: int = 0
    """What a docstring below a field says is no field."""

    @property
    def far(self) -> bool:
        return abs(self.x) + abs(self.y) > 10

    def moved(self) -> Point:
        return replace(self, x=self.x + 1)


@value
class Other:
    x: int
    y: int = 0


@value
class Single:
    only: list[int]


@value
class Nothing:
    """Has no fields."""


def test_it_is_made_from_its_fields_in_their_order() -> None:
    assert (Point(1).x, Point(1).y) == (1, 0)
    assert Point(1, 2) == Point(y=2, x=1)
    assert names_of(Point) == ("x", "y")
    assert (names_of(Single), names_of(Nothing)) == (("only",), ())
    make: Any = Point
    for wrong in ((), (1, 2, 3)):
        with pytest.raises(TypeError, match=r"Point\.__init__"):
            make(*wrong)


def test_it_is_compared_and_hashed_by_its_fields() -> None:
    for another in (Point(2, 1), Other(1, 2), (1, 2)):
        assert Point(1, 2) != another
    assert {Point(1, 2), Point(1, 2)} == {Point(1, 2)}
    assert Single([1]) == Single([1]) != Single([2])
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_it_has_slots_and_what_else_its_class_has() -> None:
    assert not hasattr(Point(1), "__dict__")
    assert Point(20).far
    assert not Point(2).far
    assert Point.__doc__ == "A point."
    assert Point.__module__ == __name__
    with pytest.raises(AttributeError):
        Point(1).z = 3  # type: ignore[attr-defined]


def test_it_shows_its_fields() -> None:
    assert repr(Point(1)) == "Point(x=1, y=0)"
    assert repr(Single([1])) == "Single(only=[1])"
    assert repr(Nothing()) == "Nothing()"


def test_it_is_replaced_field_by_field() -> None:
    assert Point(1, 2).moved() == Point(2, 2)
    assert replace(Single([1]), only=[2]) == Single([2])
    assert replace(Point(1, 2)) == Point(1, 2)
    with pytest.raises(TypeError, match="Point has no field 'z'"):
        replace(Point(1), z=3)


@pytest.mark.parametrize("one", [Point(1, 2), Single([1]), Nothing()])
def test_it_can_be_copied_and_sent_to_another_process(one: object) -> None:
    assert copy.deepcopy(one) == one
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(one, protocol)) == one  # noqa: S301


def test_an_empty_mapping_stays_empty() -> None:
    anything: Any = NOTHING
    with pytest.raises(TypeError):
        anything["x"] = 1
