"""The product's voice where a look-up tells something else, fails, or was never made: each sentence word for word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from sidscope.domain.record import Known
from sidscope.domain.records import Conversation, Memberships, ReadStatus, Task

from .builders import (
    NOW,
    PHONE,
    WEB,
    WHATSAPP,
    conversation,
    ctx,
    ex,
    flex,
    known,
    memberships,
    records,
    replay,
    seconds,
    sid,
    talk,
    task,
)

Told = Conversation | Task | Memberships
GONE, DENIED, FAILED, PENDING = ReadStatus.GONE, ReadStatus.DENIED, ReadStatus.FAILED, ReadStatus.PENDING
OPEN, CLOSED, DELETED = conversation(1), conversation(1, closed=4), conversation(1, status=GONE)

SENT = [talk(1, 0, 1, agent=flex(1)), talk(2, 5, 2)]
PLAIN = [talk(1, 0, 1), talk(2, 5, 2)]
LATE = [talk(1, 0, 1), talk(2, 30, 2)]
AGAIN = [talk(1, 0, 1), talk(2, 5, 1)]
NEW = "New conversation although the window was open for at least another 19 h:"
READ = "(read 2026-12-01 12:00:00 UTC)"


def sentence(items: Sequence[Known], *told: Told) -> str:
    """What is said of the execution with the highest number."""
    found = records(items, *told)
    return found[max(found)].verdict_reason


@pytest.mark.parametrize(
    ("items", "told", "said"),
    [
        # an agent's task, and what is known of it
        (
            SENT,
            [],
            f"{NEW} CH00…01 had been sent to an agent, whose task probably closed it; task WT00…01 was not read.",
        ),
        (
            SENT,
            [task(1, status=DENIED)],
            f"{NEW} CH00…01 had been sent to an agent, whose task probably closed it;"
            " these credentials may not read task WT00…01.",
        ),
        (
            SENT,
            [task(1, status=FAILED)],
            f"{NEW} CH00…01 had been sent to an agent, whose task probably closed it; reading task WT00…01 failed.",
        ),
        (
            [talk(1, 0, 1, agent=flex(None)), talk(2, 5, 2)],
            [],
            f"{NEW} CH00…01 had been sent to an agent, whose task probably closed it; the task's SID is not known.",
        ),
        (
            SENT,
            [task(1, status=DENIED), CLOSED],
            f"{NEW} CH00…01 had been sent to an agent and was closed 1 h before (2026-11-01 16:00 UTC);"
            " these credentials may not read task WT00…01.",
        ),
        (
            SENT,
            [task(1, status=FAILED), DELETED],
            f"{NEW} CH00…01 had been sent to an agent and is deleted at Twilio; reading task WT00…01 failed.",
        ),
        (
            SENT,
            [task(1, status=GONE)],
            f"{NEW} the agent's task WT00…01 on CH00…01 is deleted at Twilio, so it had ended; CH00…01 was not read.",
        ),
        (
            SENT,
            [task(1, status=GONE), conversation(1, status=DENIED)],
            f"{NEW} the agent's task WT00…01 on CH00…01 is deleted at Twilio, so it had ended;"
            " these credentials may not read CH00…01.",
        ),
        (
            SENT,
            [task(1, status=GONE), CLOSED],
            f"{NEW} the agent's task WT00…01 on CH00…01 is deleted at Twilio, so it had ended;"
            " CH00…01 was closed 1 h before (2026-11-01 16:00 UTC).",
        ),
        (
            SENT,
            [task(1, status=GONE), DELETED],
            f"{NEW} the agent's task WT00…01 on CH00…01 is deleted at Twilio, so it had ended; CH00…01 is deleted too.",
        ),
        (
            SENT,
            [task(1, "completed"), conversation(1, closed=1 + seconds(2))],
            f"{NEW} the agent's task WT00…01 on CH00…01 was completed 4 h before (2026-11-01 13:00 UTC),"
            " which closed it.",
        ),
        (
            SENT,
            [task(1, "completed"), CLOSED],  # long after the task, so by something else
            f"{NEW} the agent's task WT00…01 on CH00…01 was completed 4 h before (2026-11-01 13:00 UTC);"
            " CH00…01 was closed 1 h before (2026-11-01 16:00 UTC).",
        ),
        (
            SENT,
            [task(1, "completed")],
            f"{NEW} the agent's task WT00…01 on CH00…01 was completed 4 h before (2026-11-01 13:00 UTC),"
            " which closes a conversation; CH00…01 was not read.",
        ),
        (
            SENT,
            [task(1, "completed"), conversation(1, status=FAILED)],
            f"{NEW} the agent's task WT00…01 on CH00…01 was completed 4 h before (2026-11-01 13:00 UTC),"
            " which closes a conversation; reading CH00…01 failed.",
        ),
        (
            SENT,
            [task(1, "completed"), DELETED],
            f"{NEW} the agent's task WT00…01 on CH00…01 was completed 4 h before (2026-11-01 13:00 UTC),"
            " and CH00…01 is deleted at Twilio.",
        ),
        (
            SENT,
            [task(1, "completed"), OPEN],
            f"{NEW} the agent's task WT00…01 on CH00…01 was completed 4 h before (2026-11-01 13:00 UTC),"
            f" although CH00…01 is active {READ}.",
        ),
        (
            [talk(1, 0, 1, agent=flex(1)), talk(2, 0.5, 2)],  # completed after the new one had begun
            [task(1, "completed"), conversation(1, closed=0.25)],
            "New conversation although the window was open for at least another 23 h 30 m: the agent's task WT00…01 on"
            " CH00…01 is completed; CH00…01 was closed 15 m before (2026-11-01 12:15 UTC).",
        ),
        (
            SENT,
            [task(1, "wrapping"), CLOSED],
            f"{NEW} CH00…01 was closed 1 h before (2026-11-01 16:00 UTC); the agent's task WT00…01 on it is wrapping.",
        ),
        (
            SENT,
            [task(1, "assigned"), DELETED],
            f"{NEW} CH00…01 is deleted at Twilio; the agent's task WT00…01 on it is assigned.",
        ),
        (
            SENT,
            [task(1, "assigned")],
            f"{NEW} CH00…01 had been sent to an agent, whose task WT00…01 is assigned; CH00…01 was not read.",
        ),
        (
            SENT,
            [task(1, "assigned"), conversation(1, status=DENIED)],
            f"{NEW} CH00…01 had been sent to an agent, whose task WT00…01 is assigned;"
            " these credentials may not read CH00…01.",
        ),
        # closed or deleted without a task that explains it
        (
            PLAIN,
            [CLOSED],
            f"{NEW} CH00…01 was closed 1 h before (2026-11-01 16:00 UTC); no agent's task is known on it.",
        ),
        (PLAIN, [DELETED], f"{NEW} CH00…01 is deleted at Twilio; no agent's task is known on it."),
        (
            PLAIN,
            [conversation(1, closed=9)],  # Twilio's date is that of the last change
            f"{NEW} CH00…01 is closed; no agent's task is known on it.",
        ),
        (
            SENT,
            [task(1, "canceled"), CLOSED],
            f"{NEW} CH00…01 was closed 1 h before (2026-11-01 16:00 UTC);"
            " the agent's task WT00…01 on it had been cancelled, which closes nothing.",
        ),
        # later than the window
        (
            LATE,
            [],
            "New conversation: the contact's last known message was 1 d 6 h before (2026-11-01 12:00 UTC),"
            " so the 24-hour window had lapsed; CH00…01 was not read.",
        ),
        (
            LATE,
            [conversation(1, status=DENIED)],
            "New conversation: the contact's last known message was 1 d 6 h before (2026-11-01 12:00 UTC),"
            " so the 24-hour window had lapsed; these credentials may not read CH00…01.",
        ),
        (
            LATE,
            [conversation(1, "inactive")],
            "New conversation: the contact's last known message was 1 d 6 h before (2026-11-01 12:00 UTC),"
            f" so the 24-hour window had lapsed; CH00…01 is inactive {READ}.",
        ),
        (
            [talk(1, 0, 1, contact=PHONE), talk(2, 30, 2, contact=PHONE)],
            [],
            "New conversation: the contact's last known message was 1 d 6 h before (2026-11-01 12:00 UTC),"
            " which is more than 24 h; CH00…01 was not read.",
        ),
        # nothing explains it
        (
            PLAIN,
            [],
            "New conversation, 5 h after the last known message. Nothing known explains it; reading CH00…01 would.",
        ),
        (
            PLAIN,
            [conversation(1, status=DENIED)],
            "New conversation, 5 h after the last known message. Nothing known explains it; reading CH00…01 would,"
            " but these credentials may not.",
        ),
        (
            PLAIN,
            [conversation(1, status=FAILED)],
            "New conversation, 5 h after the last known message. Nothing known explains it; reading CH00…01 would,"
            " but that failed.",
        ),
        (
            PLAIN,
            [OPEN],
            f"New conversation, 5 h after the last known message. Nothing known explains it: CH00…01 is active {READ}.",
        ),
        # the same conversation again
        (AGAIN, [], "Same conversation: CH00…01 was still open 5 h after FN00…01 had started on it."),
        (
            AGAIN,
            [OPEN],
            f"Same conversation: CH00…01 was still open 5 h after FN00…01 had started on it. It is active {READ}.",
        ),
        (
            AGAIN,
            [conversation(1, closed=9)],
            "Same conversation: CH00…01 was still open 5 h after FN00…01 had started on it."
            " It was closed later (2026-11-01 21:00 UTC).",
        ),
        (
            AGAIN,
            [DELETED],
            "Same conversation: CH00…01 was still open 5 h after FN00…01 had started on it. It has been deleted since.",
        ),
        (
            AGAIN,
            [conversation(1, status=DENIED)],
            "Same conversation: CH00…01 was still open 5 h after FN00…01 had started on it."
            " What became of it is not known: these credentials may not read it.",
        ),
        (
            AGAIN,
            [CLOSED],
            "Same conversation: CH00…01 was used again 5 h after FN00…01, although it had been closed 1 h before"
            " (2026-11-01 16:00 UTC).",
        ),
        # handed over, without a message that says so
        (
            [replay(1, 0, 1, flow=1), replay(2, seconds(1), 1, flow=2)],
            [],
            "Same conversation: CH00…01 was handed over by FN00…01 in FW00…01; this one started 1 s later.",
        ),
        # the first, where little is known
        ([talk(1, 0, 1)], [], "First seen: no earlier conversation of this contact on WhatsApp is known."),
        (
            [replay(1, 0, 1)],
            [],
            "First seen: nothing earlier is known on CH00…01, whose contact is not known either.",
        ),
        # what cannot be known
        ([known(ex(), status=GONE)], [], "Conversation unknown: Twilio no longer has the execution's context."),
        (
            [known(ex(), status=DENIED)],
            [],
            "Conversation unknown: these credentials may not read the execution's context.",
        ),
        ([known(ex(), status=FAILED)], [], "Conversation unknown: reading the execution's context failed."),
        ([known(ex(), status=PENDING)], [], "Conversation unknown: the execution's context has not been read yet."),
        ([known(ex(), {})], [], "Conversation unknown: the execution's context is empty."),
        # without a conversation
        (
            [known(ex(by=sid("RQ")), ctx(request={"to": PHONE}))],
            [],
            "No conversation: started by the REST API, and the context names none.",
        ),
        ([talk(1, 0, None)], [], "No conversation: started by a message, and the context names none."),
        (
            [talk(1, 0, None), talk(2, 23, None)],
            [],
            "No conversation: started by a message, and the context names none."
            " Grouped with FN00…01 (inferred): each starts within 24 h of the one before.",
        ),
        ([known(ex(by=sid("CA")))], [], "New call: every call has its own SID, here CA00…01."),
        (
            [known(ex(1, by=sid("CA"))), known(ex(2, by=sid("CA"), hours=1))],
            [],
            "Same call: CA00…01 came from FN00…01 in FW00…01, 1 h later.",
        ),
        (
            [talk(1, 0, 1, contact=WEB)],
            [],
            "New webchat session: every session has its own conversation, here CH00…01.",
        ),
    ],
)
def test_a_sentence(items: Sequence[Known], told: Sequence[Told], said: str) -> None:
    assert sentence(items, *told) == said


def test_a_sentence_changes_with_what_is_known_and_not_with_the_time() -> None:
    items = [*AGAIN, talk(3, 40, 2), known(ex(4, hours=41, status="active"), status=PENDING)]
    told = (OPEN, memberships(WHATSAPP, (1, "active", None)))
    assert records(items, *told) == records(items, *told, now=NOW + timedelta(days=3))


@pytest.mark.parametrize(
    ("items", "told", "said"),
    [
        (
            [talk(1, 0, 1, contact=WEB), talk(2, 1, 1, contact=WEB)],
            [],
            ["Webchat used CH00…01 again; every session should have a conversation of its own."],
        ),
        (AGAIN, [CLOSED], ["A closed conversation takes no messages."]),
        (
            [talk(1, 0, 1, sender="+1"), talk(2, 5, 2, sender="+1")],
            [OPEN],
            ["CH00…01, of the same contact and sender, was open too: there should be one at a time."],
        ),
        (
            [talk(1, 0, None, message=7), talk(2, seconds(5), None, message=7, flow=2)],
            [],
            ["The same message had started FN00…01 in FW00…01 too; this one 5 s later."],
        ),
        (
            [talk(1, 0, 1), talk(2, seconds(1), None, flow=2)],
            [],
            ["The same contact had started FN00…01 in FW00…01 too; this one 1 s later."],
        ),
        (
            [known(ex(1, by=sid("CA"), status="active", updated=3))],
            [],
            ["Active, but without a sign of life since 2026-11-01 15:00 UTC."],
        ),
        (
            [known(ex(1, address=sid("CH"), status="active")), talk(2, 0, 1)],
            [],
            [],
        ),
    ],
)
def test_what_is_said_of_an_anomaly(items: Sequence[Known], told: Sequence[Told], said: list[str]) -> None:
    found = records(items, *told)
    record = found[max(found)]
    assert list(record.anomaly_reasons) == said
    assert len(record.anomalies) == len(said)
    assert "anomaly_reasons" not in record.as_dict()
