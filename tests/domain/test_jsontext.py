"""JSON as text: the same values as the standard library reads, whatever was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidscope.domain.jsontext import JsonText, decoded, read_json, spell_json
from tests.support.jsonvalues import JSON_VALUES


@given(JSON_VALUES, st.booleans())
def test_reads_what_the_standard_library_reads(value: Any, ascii_only: bool) -> None:
    spelled = json.dumps(value, ensure_ascii=ascii_only)
    assert same(read_json(spelled), json.loads(spelled))
    assert same(read_json(spelled.encode("utf-8", "surrogatepass")), json.loads(spelled))


@given(JSON_VALUES)
def test_what_is_spelled_is_read_again(value: Any) -> None:
    spelled = spell_json(value)
    assert same(json.loads(spelled.decode("utf-8", "surrogatepass")), json.loads(json.dumps(value)))
    assert same(decoded(JsonText(spelled)), json.loads(json.dumps(value)))


def same(one: Any, other: Any) -> bool:
    """Equal, and 1 is not 1.0 or true."""
    return json.dumps(one) == json.dumps(other)


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "-1e999"])
def test_what_is_no_number_of_json_is_what_python_takes_it_for(text: str) -> None:
    value = read_json(f'{{"a": [{text}]}}')
    assert same(value, json.loads(f'{{"a": [{text}]}}'))
    assert same(read_json(spell_json(value)), value)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "tru", "'a'", '"a\nb"', '"\\q"', "01", "1.", "[] []", "\ufeff[]"])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (any of them)
        read_json(text)


def test_nested_too_deep() -> None:
    with pytest.raises(RecursionError):
        read_json("[" * 100_000 + "]" * 100_000)


def test_what_came_as_text_stays_as_it_is() -> None:
    assert spell_json(JsonText(b'{ "a" : 1 }')) == b'{ "a" : 1 }'
    assert decoded(JsonText(b'{ "a" : 1 }')) == {"a": 1}
    assert decoded({"a": 1}) == {"a": 1}
