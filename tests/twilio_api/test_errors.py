from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.twilio_api import errors
from sidscope.twilio_api.errors import error_for, plain

PROBLEM = {"type": "https://x/1", "title": "Gone wrong", "status": 404, "code": 20404, "detail": "No such flow"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, errors.BadResponse),
        (302, errors.BadResponse),
        (400, errors.Rejected),
        (401, errors.BadCredentials),
        (403, errors.Denied),
        (404, errors.NotFound),
        (407, errors.Unreachable),
        (409, errors.Rejected),
        (410, errors.NotFound),
        (429, errors.Throttled),
        (500, errors.ServerFault),
        (503, errors.ServerFault),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[errors.TwilioApiError]) -> None:
    error = error_for(status, "", "GET /v2/Flows")
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, None, f"HTTP {status}")


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ('{"code": 20003, "message": "Authenticate", "status": 401}', "Authenticate (HTTP 401)", 20003),
        (json.dumps(PROBLEM), "No such flow (HTTP 401)", 20404),
        (json.dumps({**PROBLEM, "detail": None}), "Gone wrong (HTTP 401)", 20404),
        ('{"message": 7, "code": "x"}', "HTTP 401", None),
        ('{"message": "a\\u001b[31mred\\nnext\\u202e"}', "a [31mred next (HTTP 401)", None),
        ("<html><h1>Bad gateway</h1></html>", "HTTP 401", None),
        ("[1]", "HTTP 401", None),
        ("[" * 100_000, "HTTP 401", None),
        ("", "HTTP 401", None),
    ],
)
def test_the_words_are_twilios_where_it_has_any(body: str, message: str, code: int | None) -> None:
    error = error_for(401, body, "GET /")
    assert (error.message, error.code) == (message, code)


def test_an_error_tells_what_was_asked() -> None:
    assert str(error_for(404, "", "GET /v2/Flows/FW1")) == "HTTP 404 (GET /v2/Flows/FW1)"


@settings(deadline=None)
@given(st.text())
def test_plain_text_is_one_short_printable_line(text: str) -> None:
    line = plain(text)
    assert line == "" or line.isprintable()
    assert len(line) <= 300
