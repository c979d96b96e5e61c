"""How far Twilio's clock is from ours, by the Date of its answers."""

from __future__ import annotations

import pytest

from sidscope.twilio_api import Account
from tests.support.httpserver import HttpServer, as_json, error

from .conftest import Waits, listing


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Sun, 01 Mar 2026 12:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 11:58:30 GMT", -90.0),
        ("Sun, 01 Mar 2026 12:00:05 -0000", 5.0),
        ("yesterday", None),
        ("", None),
    ],
)
async def test_the_date_of_an_answer(account: Account, server: HttpServer, date: str, skew: float | None) -> None:
    server.on("/v2/Flows", as_json(listing("flows", []), 200, Date=date))
    await account.flows()
    assert account.counters.clock_skew == skew


async def test_a_retry_after_date_counts_from_twilio_s_clock_not_ours(
    account: Account, server: HttpServer, waits: Waits
) -> None:
    """With our clock three days slow, the same date would mean three days of waiting."""
    refusal = error(429, Date="Wed, 04 Mar 2026 12:00:00 GMT", Retry_After="Wed, 04 Mar 2026 12:00:04 GMT")
    server.on("/v2/Flows", refusal, as_json(listing("flows", [])))
    await account.flows()
    assert len(waits.slept) == 1
    assert 4.0 <= waits.slept[0] < 5.0
