from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.twilio_api.retry import Backoff, Policy, retry_after

from .conftest import NOW, HighestDraw

BACKOFF = Backoff(tries=5, patience=20.0, first=0.5, longest=3.0)


def test_ceilings_double_up_to_the_longest() -> None:
    waits = [BACKOFF.wait(tried, 0.0, None, HighestDraw()) for tried in range(1, 6)]
    assert waits == [0.5, 1.0, 2.0, 3.0, None]


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_jitter_is_full(seed: int, tried: int) -> None:
    wait = BACKOFF.wait(tried, 0.0, None, Random(seed))  # noqa: S311
    assert wait is not None
    assert 0.0 <= wait <= min(3.0, 0.5 * 2 ** (tried - 1))


@pytest.mark.parametrize(
    ("since", "asked", "wait"),
    [
        (0.0, 4.0, 4.5),  # what the server asks is the least, and not all come back at once
        (0.0, 19.0, 19.5),
        (0.0, 60.0, None),  # more than there is patience: give up now rather than ask too early
        (19.8, None, None),
        (19.5, None, 0.5),
        (0.0, float("inf"), None),
    ],
)
def test_patience_ends(since: float, asked: float | None, wait: float | None) -> None:
    assert BACKOFF.wait(1, since, asked, HighestDraw()) == wait


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("3", 3.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),
        ("9" * 5000, float("inf")),
        ("Sun, 01 Mar 2026 12:00:07 GMT", 7.0),
        ("Sun, 01 Mar 2026 13:00:07 +0100", 7.0),
        ("Sun, 01 Mar 2026 12:00:07 -0000", 7.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 99 Mar 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@settings(deadline=None)
@given(st.text())
def test_any_retry_after_can_be_read(header: str) -> None:
    seconds = retry_after(header, datetime(2026, 1, 1, tzinfo=UTC))
    assert seconds is None or seconds >= 0.0


def test_how_long_the_real_policy_holds_out() -> None:
    """A dead server is reported within 20 s whatever it does, a refusing one within a minute."""
    policy = Policy()
    for each_takes in (0.0, policy.connect, policy.read):
        assert _gives_up_after(policy.faults, each_takes) <= 25.0
        assert _gives_up_after(policy.refusals, each_takes) <= 60.0
    assert _gives_up_after(policy.faults, policy.whole) == policy.whole
    assert _gives_up_after(policy.faults, 0.0) > 4.0


def _gives_up_after(backoff: Backoff, each_takes: float) -> float:
    time, tried = each_takes, 1
    while (wait := backoff.wait(tried, time, None, HighestDraw())) is not None:
        time += wait + each_takes
        tried += 1
    return time
