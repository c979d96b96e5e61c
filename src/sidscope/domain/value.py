"""Values: what nearly every class of sidscope is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, TypeVar, dataclass_transform

T = TypeVar("T")

NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})
"""What a mapping of a value is unless it is told: without entries, for good."""


@dataclass_transform(frozen_default=True)
def value(made: type[T]) -> type[T]:
    """A class of values: made from its fields in their order, compared and hashed by them, with slots, never changed.

    To the type checker it is a frozen dataclass, and it reads like one; that it does not change is the checker's to
    see. It is none at run time, for all that starts is in a hurry: with ``dataclasses`` (and ``inspect``, which that
    loads) the classes that ``sidscope find`` needs take three times as long to define, a fifth of the whole command,
    and ``frozen`` makes an instance, of which a list holds a hundred thousand, three times as slow to make.
    """
    names = tuple(made.__annotations__)
    body = {name: it for name, it in made.__dict__.items() if name not in (*names, "__dict__", "__weakref__")}
    body |= {"__qualname__": made.__qualname__, "__slots__": names, "__match_args__": names}
    body |= {"__init__": _maker(made, names), "__astuple__": staticmethod(_reader(names))}
    body |= {"__eq__": _equal, "__hash__": _hashed, "__reduce__": _reduced}
    body.setdefault("__repr__", _shown)
    built: type[T] = type(made.__name__, made.__bases__, body)
    return built


def names_of(made: type[object]) -> tuple[str, ...]:
    """The fields of a class of values, in their order."""
    names: tuple[str, ...] = made.__dict__["__match_args__"]
    return names


def replace(one: T, **others: Any) -> T:
    """The same value but for these fields; what Python 3.13 calls ``copy.replace``.

    Raises:
        TypeError: it has no such field.
    """
    made = type(one)
    names = names_of(made)
    fields = [others.pop(name) if name in others else getattr(one, name) for name in names]
    if others:
        raise TypeError(f"{made.__qualname__} has no field {next(iter(others))!r}")
    return made(*fields)


def _maker(made: type[object], names: tuple[str, ...]) -> Any:
    """``__init__`` as one would write it."""
    given = {f"default_{name}": made.__dict__[name] for name in names if name in made.__dict__}
    parameters = (f"{name}=default_{name}" if f"default_{name}" in given else name for name in names)
    lines = "\n ".join(f"self.{name} = {name}" for name in names) or "pass"
    exec(f"def __init__(self, {', '.join(parameters)}):\n {lines}", given)  # noqa: S102  # as dataclasses do
    init = given["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads all fields at once."""
    return attrgetter(*names) if len(names) > 1 else lambda one: tuple(getattr(one, name) for name in names)


def _equal(one: Any, other: Any) -> Any:
    if one is other:
        return True
    read = one.__class__.__astuple__
    return read(one) == read(other) if other.__class__ is one.__class__ else NotImplemented


def _hashed(one: Any) -> int:
    return hash(one.__class__.__astuple__(one))


def _shown(one: Any) -> str:
    made = one.__class__
    told = (f"{name}={it!r}" for name, it in zip(made.__match_args__, made.__astuple__(one), strict=True))
    return f"{made.__qualname__}({', '.join(told)})"


def _reduced(one: Any) -> tuple[Any, ...]:
    return one.__class__, one.__class__.__astuple__(one)
