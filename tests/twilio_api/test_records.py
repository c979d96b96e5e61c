from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.domain.records import Step
from sidscope.twilio_api import records
from sidscope.twilio_api.errors import BadResponse

from .conftest import CH, FN, FT, FW, NOW

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-02T12:00:00Z", NOON),
        ("2026-01-02T12:00:00.250Z", NOON + timedelta(milliseconds=250)),
        ("2026-01-02T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2026-01-02T14:00:00+02:00", NOON),
        ("2026-01-02T14:00:00+0200", NOON),
        ("2026-01-02T12:00:00", NOON),
        ("Fri, 02 Jan 2026 12:00:00 +0000", NOON),
        ("Fri, 02 Jan 2026 14:00:00 +0200", NOON),
        ("Fri, 02 Jan 2026 12:00:00 GMT", NOON),
        (NOON.astimezone(timezone(timedelta(hours=9))), NOON),
        (NOON.replace(tzinfo=None), NOON),
        ("yesterday", None),
        ("2026-13-02T12:00:00Z", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("Fri, 99 Jan 2026 12:00:00 +0000", None),
        ("", None),
        (None, None),
        (1767355200, None),
        ({"year": 2026}, None),
    ],
)
def test_times_come_in_many_forms(value: object, expected: datetime | None) -> None:
    assert records.moment(value) == expected


@settings(deadline=None)
@given(st.text() | st.integers() | st.none() | st.datetimes() | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*"))
def test_any_time_is_a_utc_time_or_none(value: object) -> None:
    moment = records.moment(value)
    assert moment is None or moment.utcoffset() == timedelta(0)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "sid",
    "friendly_name",
    "status",
    "revision",
    "date_created",
    "date_updated",
    "contact_channel_address",
    "initiated_by",
    "flow_version",
    "name",
    "transitioned_from",
    "transitioned_to",
    "type",
    "parent_step_sid",
    "state",
    "timers",
    "chat_service_sid",
    "messaging_binding",
    "identity",
    "participant_messaging_binding",
    "conversation_sid",
    "conversation_state",
    "conversation_date_created",
    "conversation_date_updated",
    "assignment_status",
    "workspace_sid",
    "reason",
    "attributes",
]


@settings(deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(FIELDS, ANYTHING)), st.booleans())
def test_fields_of_any_type_make_a_record_or_a_bad_response(fields: dict[str, Any], with_sid: bool) -> None:
    if with_sid:
        fields |= {"sid": CH, "conversation_sid": CH}
    it = SimpleNamespace(**fields)
    for make in (
        lambda: records.flow(it),
        lambda: records.execution(it, FW),
        lambda: records.step(it, FW, FN),
        lambda: records.conversation(it, CH, NOW),
        lambda: records.participant(it, CH),
        lambda: records.membership(it),
        lambda: records.task(it, "WT1", "WS1", NOW),
        lambda: records.call(fields, "CA1", NOW),
        lambda: records.message(fields, "SM1", NOW),
    ):
        try:
            make()
        except BadResponse:
            assert not with_sid


@pytest.mark.parametrize("sid", [None, "", 7, "../Flows", "FW1?x=", "FW 1", "F\u0661", "x" * 65, ["FW"]])
def test_a_sid_must_be_fit_for_a_path(sid: object) -> None:
    with pytest.raises(BadResponse):
        records.usable_sid(sid)


@pytest.mark.parametrize(
    ("state", "timer", "updated", "closed"),
    [
        ("closed", None, "2026-01-02T12:00:00Z", NOON),
        ("closed", "2026-01-02T12:00:00.000Z", "2026-01-02T15:00:00Z", NOON),
        ("closed", "2026-01-09T12:00:00Z", "2026-01-02T12:00:00Z", NOON),
        ("closed", "2026-01-02T12:00:00Z", None, NOON),
        ("closed", "nonsense", None, None),
        ("active", "2026-01-02T12:00:00Z", "2026-01-02T11:00:00Z", None),
        ("inactive", None, "2026-01-02T11:00:00Z", None),
    ],
)
def test_when_a_conversation_closed(
    state: str, timer: str | None, updated: str | None, closed: datetime | None
) -> None:
    it = SimpleNamespace(
        sid=CH,
        state=state,
        timers={"date_closed": timer} if timer else None,
        date_updated=updated,
        date_created=None,
        chat_service_sid=None,
    )
    assert records.conversation(it, CH, NOW).date_closed == closed


def step(number: int, second: int | None) -> Step:
    when = None if second is None else NOON + timedelta(seconds=second)
    return Step(f"{FT[:-1]}{number}", FN, FW, None, None, None, date_created=when)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([(3, 9), (2, 5), (1, 5), (0, 0)], [0, 1, 2, 3]),  # newest first, as Twilio does; equal times keep their order
        ([(0, 0), (1, 5), (2, 9)], [0, 1, 2]),
        ([(1, None), (0, None)], [0, 1]),
        ([(0, 4)], [0]),
        ([], []),
    ],
)
def test_steps_come_oldest_first(listed: list[tuple[int, int | None]], expected: list[int]) -> None:
    ordered = records.oldest_first(step(*each) for each in listed)
    assert [int(s.sid[-1]) for s in ordered] == expected
