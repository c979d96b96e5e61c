"""Three long stories: people who have been with us for days."""

from __future__ import annotations

from sidscope.demo.script import Agent, Happens, Request, Rings, Story, Writes

LONG_STORIES = (
    Story(
        "long_whatsapp",
        "Five days on WhatsApp: re-entries, agents, a parked conversation, windows that lapse.",
        (
            Writes(at=-118, replies=(2,), expect="first_seen inferred"),
            Writes(at=-117.2, expect="reentry observed"),
            Writes(at=-110, agent=Agent(after=3, ends=50), replies=(1,), expect="reentry observed"),
            Writes(at=-96.5, expect="new_after_task observed"),
            Happens(at=-95, what="inactive"),
            Writes(at=-66, replies=(1, 4), lasts=9, expect="reentry observed"),
            Writes(at=-64.3, agent=Agent(after=2, takes=None, ends=60, status="canceled"), expect="reentry observed"),
            Writes(at=-48, expect="reentry observed"),
            Happens(at=-44, what="closed"),
            Writes(at=-31, replies=(3,), expect="new_after_close observed"),
            Writes(at=-27.5, replay=("support",), expect="reentry observed; handover observed"),
            Writes(at=-19, agent=Agent(after=4, ends=35, purged=10), expect="reentry observed"),
            Writes(at=-16.2, expect="new_after_task inferred"),
            Writes(at=-9.45, replies=(1,), expect="reentry observed"),
            Writes(at=-0.4, agent=Agent(after=3), expect="reentry observed"),
        ),
    ),
    Story(
        "long_mixed",
        "Three days on every channel at once: WhatsApp, calls, surveys by SMS, webchat.",
        (
            Writes(at=-70, agent=Agent(after=2, ends=30), expect="first_seen inferred"),
            Request(at=-68, what="survey", odd=("survey_task",), replies=(3,), expect="no_conversation observed"),
            Rings(at=-52, expect="new_call observed"),
            Writes(at=-47, expect="new_after_task observed"),
            Writes(at=-46.1, replay=("support",), expect="reentry observed; handover observed"),
            Writes(at=-30.2, channel="webchat", flow="webchat", expect="new_session observed"),
            Rings(at=-28, agent=Agent(after=3, ends=9, shape="voice"), lasts=14, expect="new_call observed"),
            Request(at=-26.4, what="survey", odd=("survey_task",), expect="no_conversation observed"),
            Writes(at=-21, channel="sms", expect="first_seen inferred"),
            Writes(at=-18.5, channel="sms", expect="reentry observed"),
            Writes(at=-7.3, agent=Agent(after=2, ends=25), expect="reentry observed"),
            Request(at=-6, what="survey", odd=("survey_task",), replies=(1,), expect="no_conversation observed"),
            Writes(at=-1.9, expect="new_after_task observed"),
            Rings(at=-0.6, lasts=3, expect="new_call observed"),
        ),
    ),
    Story(
        "long_complaint",
        "Two days of one complaint: handovers, four agents, deleted tasks, a missing explanation.",
        (
            Writes(
                at=-46,
                replay=("support",),
                agent=Agent(after=5, ends=40),
                expect="first_seen inferred; handover observed",
            ),
            Writes(
                at=-44.2,
                replay=("support",),
                agent=Agent(after=4, ends=70, purged=3),
                expect="new_after_task observed; handover observed",
            ),
            Writes(at=-41, expect="new_after_task inferred"),
            Writes(at=-39.9, agent=Agent(after=2, ends=95), expect="reentry observed"),
            Writes(at=-39.1, expect="reentry observed"),
            Writes(at=-22.6, replies=(2, 6, 11), lasts=14, expect="new_after_task observed"),
            Writes(at=-20.1, expect="reentry observed"),
            Happens(at=-18.4, what="left"),
            Writes(at=-17.3, expect="unexplained unknown"),
            Writes(at=-10.9, agent=Agent(after=3, ends=30, status="wrapping"), expect="reentry observed"),
            Writes(at=-5.45, expect="new_after_task observed"),
            Writes(at=-2.85, replay=("private",), expect="reentry observed; handover observed"),
            Writes(at=-0.25, lasts=200, replies=(4,), expect="reentry observed"),
        ),
    ),
)
