"""Values: what nearly every class of sidscope is."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(made: type[T]) -> type[T]:
    """A dataclass that is compared by its fields, can be hashed, has slots and is never changed.

    That it does not change is the type checker's to see. The standard library's ``frozen`` holds it at run time too,
    for three times as long to define a class and to make an instance: with a hundred such classes to import and some
    hundred thousand instances in an explorer, those are the start of every command and the time that a list takes.
    """
    built: Any = dataclass(eq=False, repr=False, slots=True)(made)  # a class with fields, which mypy does not see
    names = tuple(each.name for each in fields(built))
    told = tuple(each.name for each in fields(built) if each.repr)
    if len(names) == 1:
        only = attrgetter(names[0])
        compared: Any = lambda one: (only(one),)  # noqa: E731
    else:
        compared = attrgetter(*names) if names else lambda one: ()

    def equal(one: T, other: object) -> bool:
        if one is other:
            return True
        return compared(one) == compared(other) if other.__class__ is one.__class__ else NotImplemented

    def hashed(one: T) -> int:
        return hash(compared(one))

    def shown(one: T) -> str:
        return f"{type(one).__qualname__}({', '.join(f'{name}={getattr(one, name)!r}' for name in told)})"

    built.__eq__ = equal
    built.__hash__ = hashed
    if "__repr__" not in built.__dict__:
        built.__repr__ = shown
    value_class: type[T] = built
    return value_class
