"""The named stories: one for each verdict, each of its ways, each anomaly and each oddity. In every world.

What each execution must come out as is claimed by hand beside it; tests hold the truth against these claims.
Claims are for somebody who reads the whole story with ``--explain``.
"""

from __future__ import annotations

from sidscope.demo.long_stories import LONG_STORIES
from sidscope.demo.odd_stories import ODD_STORIES
from sidscope.demo.script import Agent, Happens, Rings, Story, Writes

_VERDICTS = (
    Story(
        "first_seen",
        "Writes for the first time.",
        (Writes(at=-3.1, replies=(1, 2.5), expect="first_seen inferred"),),
    ),
    Story(
        "reentry",
        "The flow had ended, the conversation was still open: the same conversation, a new execution.",
        (
            Writes(at=-5, expect="first_seen inferred"),
            Writes(at=-4.2, replies=(1,), expect="reentry observed"),
            Writes(at=-1.7, expect="reentry observed"),
        ),
    ),
    Story(
        "handover",
        "The entry flow replays the message to the support flow on the same conversation.",
        (Writes(at=-6.13, replay=("support",), replies=(2,), expect="first_seen inferred; handover observed"),),
    ),
    Story(
        "handover_chain",
        "Replayed twice; later the customer comes back and is replayed again.",
        (
            Writes(
                at=-8.4,
                replay=("support", "private"),
                expect="first_seen inferred; handover observed; handover observed",
            ),
            Writes(at=-2.4, replay=("support",), expect="reentry observed; handover observed"),
        ),
    ),
    Story(
        "new_session",
        "Webchat: every session has its own conversation.",
        (
            Writes(at=-7.2, channel="webchat", flow="webchat", replies=(1, 3), expect="new_session observed"),
            Writes(
                at=-2.3,
                channel="webchat",
                flow="webchat",
                agent=Agent(after=2, ends=25),
                expect="new_session observed",
            ),
        ),
    ),
    Story(
        "new_call",
        "Calls twice.",
        (
            Rings(at=-6.6, expect="new_call observed"),
            Rings(at=-1.2, agent=Agent(after=2, ends=12, shape="voice"), lasts=16, expect="new_call observed"),
        ),
    ),
    Story(
        "no_conversation",
        "Plain Programmable Messaging on WhatsApp: no conversation ever, two runs with a day between.",
        (
            Writes(at=-45, flow="messaging", expect="no_conversation observed"),
            Writes(at=-12, flow="messaging", replies=(1,), expect="no_conversation observed"),
            Writes(at=-11.5, flow="messaging", expect="no_conversation observed"),
            Writes(at=-0.9, flow="messaging", expect="no_conversation observed"),
        ),
    ),
    Story(
        "new_after_task_completed",
        "An agent completed the task, which closed the conversation: the next message opens another one.",
        (
            Writes(at=-9.3, agent=Agent(after=3, ends=42), expect="first_seen inferred"),
            Writes(at=-7.05, expect="new_after_task observed"),
        ),
    ),
    Story(
        "new_after_task_deleted",
        "The task is already deleted at Twilio, and so is the conversation.",
        (
            Writes(at=-10.3, agent=Agent(after=3, ends=30, purged=5), expect="first_seen inferred"),
            Happens(at=-9.2, what="deleted"),
            Writes(at=-6.4, expect="new_after_task inferred"),
        ),
    ),
    Story(
        "new_after_task_purged",
        "TaskRouter has forgotten the completed task; the conversation is still there, closed.",
        (
            Writes(at=-10.6, agent=Agent(after=3, ends=30, purged=5), expect="first_seen inferred"),
            Writes(at=-6.7, expect="new_after_task inferred"),
        ),
    ),
    Story(
        "new_after_task_wrapping",
        "The agent ended the chat and is still wrapping up: the conversation is closed.",
        (
            Writes(at=-4.3, agent=Agent(after=3, ends=30, status="wrapping"), expect="first_seen inferred"),
            Writes(at=-1.4, expect="new_after_task observed"),
        ),
    ),
    Story(
        "new_after_last_task",
        "The first task was cancelled and left the conversation open; the second one was completed.",
        (
            Writes(at=-15, agent=Agent(after=2, takes=None, ends=60, status="canceled"), expect="first_seen inferred"),
            Writes(at=-12.6, agent=Agent(after=2, ends=20), expect="reentry observed"),
            Writes(at=-11.2, expect="new_after_task observed"),
        ),
    ),
    Story(
        "new_after_close",
        "A timer closed the conversation; no agent had been involved.",
        (
            Writes(at=-8.9, expect="first_seen inferred"),
            Happens(at=-6.9, what="closed"),
            Writes(at=-5.1, expect="new_after_close observed"),
        ),
    ),
    Story(
        "new_after_close_deleted",
        "Somebody deleted the conversation.",
        (
            Writes(at=-8.7, expect="first_seen inferred"),
            Happens(at=-8.1, what="deleted"),
            Writes(at=-4.9, expect="new_after_close inferred"),
        ),
    ),
    Story(
        "new_after_close_cancelled",
        "The task was cancelled and explains nothing; the conversation was closed later.",
        (
            Writes(at=-9.9, agent=Agent(after=2, takes=None, ends=30, status="canceled"), expect="first_seen inferred"),
            Happens(at=-8.3, what="closed"),
            Writes(at=-3.3, expect="new_after_close observed"),
        ),
    ),
    Story(
        "new_after_window",
        "A day and a half later; the customer had been removed from the old conversation.",
        (
            Writes(at=-40, replies=(3,), expect="first_seen inferred"),
            Happens(at=-39.5, what="left"),
            Writes(at=-2.1, expect="new_after_window inferred"),
        ),
    ),
    Story(
        "unexplained",
        "A function removed the customer from the conversation, which nothing here can tell.",
        (
            Writes(at=-9.1, expect="first_seen inferred"),
            Happens(at=-8.6, what="left"),
            Writes(at=-7.4, expect="unexplained unknown"),
        ),
    ),
    Story(
        "unexplained_by_reply",
        "More than a day after the first message, but the customer had answered in between: inside the window.",
        (
            Writes(at=-30, replies=(600,), lasts=610, expect="first_seen inferred"),
            Happens(at=-19, what="left"),
            Writes(at=-1.1, expect="unexplained unknown"),
        ),
    ),
    Story(
        "unknown_gone",
        "The context is past retention.",
        (Writes(at=-22, fate="gone", expect="unknown unknown"), Writes(at=-20.5, expect="first_seen inferred")),
    ),
    Story("unknown_empty", "The context is empty.", (Writes(at=-5.7, fate="empty", expect="unknown unknown"),)),
    Story(
        "unknown_denied",
        "Contexts of this flow are not for us.",
        (Writes(at=-5.6, flow="private", expect="unknown unknown"),),
    ),
    Story(
        "known_though_denied",
        "The context is denied, but the row names the conversation.",
        (Writes(at=-3.6, replay=("private",), expect="first_seen inferred; handover observed"),),
    ),
)

_ANOMALIES = (
    Story(
        "webchat_reused",
        "A webchat conversation used again.",
        (
            Writes(at=-6.2, channel="webchat", flow="webchat", expect="new_session observed"),
            Writes(
                at=-5.3,
                channel="webchat",
                flow="webchat",
                same_session=True,
                expect="reentry observed +webchat_reused",
            ),
        ),
    ),
    Story(
        "reentry_after_close",
        "A webhook replayed on a conversation that was closed two hours before.",
        (
            Writes(at=-9.6, expect="first_seen inferred"),
            Happens(at=-7.6, what="closed"),
            Writes(at=-5.5, on_closed=True, expect="reentry observed +reentry_after_close"),
        ),
    ),
    Story(
        "overlapping_conversations",
        "A function opened a second conversation beside the open one.",
        (
            Writes(at=-5.9, expect="first_seen inferred"),
            Writes(at=-3.9, second=True, odd=("service",), expect="unexplained unknown +overlapping_conversations"),
        ),
    ),
    Story(
        "message_started_several",
        "One message, two flows: through Conversations and through the sender's own webhook.",
        (
            Writes(
                at=-2.7,
                also="messaging",
                expect="first_seen inferred; no_conversation observed +message_started_several",
            ),
        ),
    ),
    Story(
        "message_sid_twice",
        "TwiML passes the very same message on to another flow.",
        (
            Writes(
                at=-2.9,
                flow="messaging",
                channel="sms",
                also="outbound",
                expect="no_conversation observed; no_conversation observed +message_started_several",
            ),
        ),
    ),
    Story("stuck", "Waits for an answer for ever.", (Writes(at=-7, lasts=None, expect="first_seen inferred +stuck"),)),
    Story(
        "stuck_call",
        "The hang-up was missed.",
        (Rings(at=-4.4, lasts=None, expect="new_call observed +stuck"),),
    ),
    Story(
        "stuck_silent",
        "Active, and the row does not say when it last did anything.",
        (
            Writes(
                at=-8,
                flow="messaging",
                channel="sms",
                lasts=None,
                odd=("silent",),
                expect="no_conversation observed +stuck",
            ),
        ),
    ),
)

STORIES: tuple[Story, ...] = (*_VERDICTS, *_ANOMALIES, *ODD_STORIES, *LONG_STORIES)
"""All named stories; each name is unique."""
