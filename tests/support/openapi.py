"""Twilio's official API descriptions as a judge of requests and of answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

DESCRIPTIONS = Path(__file__).resolve().parents[2].parent / "shared" / "openapi"

needs_descriptions = pytest.mark.skipif(
    not DESCRIPTIONS.is_dir(), reason="Twilio's API descriptions (../shared/openapi) are not here"
)


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))


def _is_rfc_2822(value: object) -> bool:
    return not isinstance(value, str) or bool(parsedate_to_datetime(value))


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)


_formats = FormatChecker(formats=())
_formats.checks("date-time", raises=ValueError)(_is_date_time)
_formats.checks("date-time-rfc-2822", raises=ValueError)(_is_rfc_2822)
_formats.checks("uri", raises=ValueError)(_is_uri)


class Operation:
    """One described GET."""

    def __init__(self, template: str, described: dict[str, Any], validator: Draft202012Validator):
        self.template = template
        self.pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)))
        self.parameters = {p["name"]: p["schema"] for p in described.get("parameters", ()) if p["in"] == "query"}
        self.validator = validator

    @property
    def specific(self) -> int:
        return len(re.sub(r"\{\w+\}", "", self.template))


@cache
def _operations() -> tuple[Operation, ...]:
    found = []
    for path in sorted(DESCRIPTIONS.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        components = _as_json_schema(document["components"])
        for template, methods in document["paths"].items():
            if described := methods.get("get"):
                answer = described["responses"]["200"]["content"]["application/json"]["schema"]
                schema = {**_as_json_schema(answer), "components": components}
                validator = Draft202012Validator(schema, format_checker=_formats)
                found.append(Operation(template, described, validator))
    return tuple(sorted(found, key=lambda o: -o.specific))


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` in the words of JSON Schema."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _as_json_schema(value) for key, value in node.items() if key not in ("nullable", "example")}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        schema["type"] = [node["type"], "null"]
    return schema


def operation(path: str) -> Operation | None:
    """What the descriptions say of ``GET path``."""
    return next((o for o in _operations() if o.pattern.fullmatch(path)), None)


def answer_problems(path: str, body: Any) -> list[str]:
    """Where ``body`` is not what ``GET path`` is described to answer."""
    described = operation(path)
    if described is None:
        return [f"GET {path} is not described"]
    return [f"{path} {error.json_path}: {error.message[:200]}" for error in described.validator.iter_errors(body)]


def request_problems(method: str, path: str, query: Iterable[tuple[str, str]]) -> list[str]:
    """Where a request is not one that the descriptions know."""
    described = operation(path)
    if method != "GET" or described is None:
        return [f"{method} {path} is not described"]
    return list(_query_problems(described, path, query))


def _query_problems(described: Operation, path: str, query: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in query:
        schema = described.parameters.get(name)
        if schema is None:
            yield f"{path}: no parameter {name}"
        elif schema.get("type") == "integer":
            number = int(value)
            if not schema.get("minimum", number) <= number <= schema.get("maximum", number):
                yield f"{path}: {name}={value} is out of bounds"
        elif schema.get("enum") and value not in schema["enum"]:
            yield f"{path}: {name}={value} is not one of {schema['enum']}"


@cache
def described_keys(path: str) -> frozenset[str]:
    """The keys of the resource that ``GET path`` answers."""
    described = operation(path)
    if described is None:
        raise LookupError(path)
    schema = described.validator.schema
    assert isinstance(schema, dict)
    if "$ref" in schema:
        schema = schema["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return frozenset(schema["properties"])
