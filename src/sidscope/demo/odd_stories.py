"""Named stories about oddities: where SIDs hide, what old rows lack, how one person is several contacts."""

from __future__ import annotations

from sidscope.demo.script import Agent, Happens, Request, Rings, Story, Writes

ODD_STORIES = (
    Story("active_now", "Is being served.", (Writes(at=-0.03, lasts=900, expect="first_seen inferred"),)),
    Story(
        "task_still_open",
        "Writes again while the agent's task is open: the conversation stays.",
        (
            Writes(at=-3.4, agent=Agent(after=2), expect="first_seen inferred"),
            Writes(at=-0.8, expect="reentry observed"),
        ),
    ),
    Story(
        "task_cancelled",
        "A cancelled task leaves its conversation open.",
        (
            Writes(at=-6.3, agent=Agent(after=2, takes=None, ends=20, status="canceled"), expect="first_seen inferred"),
            Writes(at=-4.6, expect="reentry observed"),
        ),
    ),
    Story(
        "start_conversation",
        "Started by REST with Start Conversation; the answer comes back on the same conversation.",
        (
            Request(at=-7.7, what="talk", channel="whatsapp", expect="first_seen inferred"),
            Writes(at=-6.8, expect="reentry observed"),
        ),
    ),
    Story(
        "conversation_in_widget",
        "Only the Start Conversation widget's own output names the conversation.",
        (Request(at=-7.8, what="talk", channel="whatsapp", talk_at="conversation", expect="first_seen inferred"),),
    ),
    Story(
        "conversation_in_outbound",
        "Only a sent message names the conversation.",
        (Request(at=-7.9, what="talk", channel="sms", talk_at="outbound", expect="first_seen inferred"),),
    ),
    Story(
        "conversation_in_inbound",
        "Only the customer's answer names the conversation.",
        (
            Request(
                at=-6.9,
                what="talk",
                channel="whatsapp",
                talk_at="inbound",
                replies=(1.5,),
                expect="first_seen inferred",
            ),
        ),
    ),
    Story(
        "conversation_in_attributes",
        "Programmable Messaging, handed to an agent: only the task's attributes name the conversation.",
        (
            Writes(
                at=-6.5,
                flow="messaging",
                talk_at="attributes",
                agent=Agent(after=3, ends=35),
                expect="first_seen inferred",
            ),
            Writes(at=-3.5, expect="new_after_task observed"),
        ),
    ),
    Story(
        "conversation_in_address",
        "A subflow whose trigger tells only its parent: the conversation is the flow's channel address.",
        (Writes(at=-4.7, talk_at="address", odd=("subflow",), expect="first_seen inferred"),),
    ),
    Story(
        "subflow", "A subflow inside one execution.", (Writes(at=-4.8, odd=("subflow",), expect="first_seen inferred"),)
    ),
    Story(
        "context_as_string",
        "The context is a JSON string; then strings inside strings.",
        (
            Writes(at=-5.2, fate="string", expect="first_seen inferred"),
            Writes(at=-4.1, fate="nested", agent=Agent(after=2, ends=30), expect="reentry observed"),
        ),
    ),
    Story(
        "capitals",
        "SIDs with capital digits in one context, small ones in the next.",
        (
            Writes(at=-5.4, odd=("capitals",), expect="first_seen inferred"),
            Writes(at=-4.5, expect="reentry observed"),
            Writes(at=-2.2, odd=("capitals",), replay=("support",), expect="reentry observed; handover observed"),
        ),
    ),
    Story(
        "legacy_webchat",
        "The old webchat: the conversation is trigger.message.ChannelSid; send-to-flex gives the whole task.",
        (
            Writes(at=-11.9, channel="webchat", flow="legacy", odd=("old",), expect="new_session observed"),
            Writes(
                at=-3.8,
                channel="webchat",
                flow="legacy",
                agent=Agent(after=2, ends=20, shape="task"),
                expect="new_session observed",
            ),
        ),
    ),
    Story(
        "outgoing_call",
        "A flow started by REST makes a call itself.",
        (Request(at=-2.6, what="call", expect="new_call observed"),),
    ),
    Story(
        "older_call",
        "An older row without initiated_by; another leg was dialled.",
        (
            Rings(
                at=-12.2,
                odd=("old", "dial"),
                agent=Agent(after=2, ends=10, shape="voice"),
                lasts=20,
                expect="new_call observed",
            ),
        ),
    ),
    Story(
        "older_row",
        "An older row without initiated_by.",
        (Writes(at=-12.4, odd=("old", "encrypted"), expect="first_seen inferred"),),
    ),
    Story(
        "redirected_call",
        "TwiML sends the same call on to another flow.",
        (Rings(at=-3.7, redirect="outbound", expect="new_call observed; new_call observed"),),
    ),
    Story(
        "survey",
        "A survey by SMS that carries the SID of the task it asks about.",
        (
            Request(at=-4.15, what="survey", odd=("survey_task",), replies=(2,), expect="no_conversation observed"),
            Request(at=-1.15, what="survey", odd=("survey_task",), expect="no_conversation observed"),
        ),
    ),
    Story(
        "job",
        "Started by REST; nothing is sent to anybody.",
        (Request(at=-3.45, what="job", expect="no_conversation observed"),),
    ),
    Story(
        "second_service",
        "A conversation outside the default service.",
        (
            Writes(at=-9.7, odd=("service",), expect="first_seen inferred"),
            Happens(at=-8.8, what="closed"),
            Writes(at=-4.65, odd=("service",), expect="new_after_close observed"),
        ),
    ),
    Story(
        "two_channels",
        "One person on WhatsApp, SMS and the telephone: three contacts.",
        (
            Writes(at=-6.05, expect="first_seen inferred"),
            Writes(at=-5.05, channel="sms", expect="first_seen inferred"),
            Rings(at=-4.05, expect="new_call observed"),
            Writes(at=-3.05, expect="reentry observed"),
        ),
    ),
    Story(
        "two_senders",
        "Writes to two of our numbers.",
        (
            Writes(at=-6.15, expect="first_seen inferred"),
            Writes(at=-5.15, line=1, expect="first_seen inferred"),
            Writes(at=-4.35, expect="reentry observed"),
        ),
    ),
    Story(
        "messenger",
        "Facebook Messenger.",
        (
            Writes(at=-8.2, channel="messenger", agent=Agent(after=2, ends=15), expect="first_seen inferred"),
            Writes(at=-5.25, channel="messenger", expect="new_after_task observed"),
        ),
    ),
    Story(
        "rcs",
        "RCS through Programmable Messaging.",
        (Writes(at=-4.25, flow="messaging", channel="rcs", replies=(1,), expect="no_conversation observed"),),
    ),
    Story(
        "unknown_channel",
        "A browser call in an older row whose context is gone: nothing tells what it was.",
        (Rings(at=-21, fate="gone", odd=("old", "client"), expect="unknown unknown"),),
    ),
    Story(
        "trigger_overwritten",
        "Later messages replace the first one in the trigger; the last one keeps the window open.",
        (
            Writes(at=-31, replies=(30, 660), lasts=670, odd=("overwritten",), expect="first_seen inferred"),
            Happens(at=-19.5, what="left"),
            Writes(at=-1.3, expect="unexplained unknown"),
        ),
    ),
    Story(
        "someone_elses_sids",
        "A function answers with the customer's last conversation, task and call elsewhere.",
        (
            Writes(at=-5.8, flow="messaging", odd=("crm",), expect="no_conversation observed"),
            Writes(at=-4.95, channel="messenger", odd=("crm",), expect="first_seen inferred"),
            Writes(at=-2.25, channel="messenger", odd=("survey_task",), expect="reentry observed"),
        ),
    ),
    Story(
        "nobody_left",
        "The address is deleted and the context is gone: only the message SID is left.",
        (Writes(at=-23, fate="gone", odd=("anonymous",), expect="unknown unknown"),),
    ),
    Story(
        "hand_over_failed",
        "Send to Flex failed, so no agent explains that the conversation was closed.",
        (
            Writes(at=-6.25, odd=("flex_failed",), expect="first_seen inferred"),
            Happens(at=-5.75, what="closed"),
            Writes(at=-2.95, expect="new_after_close observed"),
        ),
    ),
    Story(
        "call_that_texts",
        "Older calls: one sends an SMS, one comes from a browser; a call of ours is connected to another leg.",
        (
            Rings(at=-13, odd=("old", "texts"), expect="new_call observed"),
            Rings(at=-12.7, odd=("old", "client"), expect="new_call observed"),
            Request(at=-3.15, what="call", odd=("dial",), expect="new_call observed"),
        ),
    ),
    Story(
        "chatty",
        "Seventy answers inside one execution.",
        (Writes(at=-9.85, replies=tuple(1.5 * n for n in range(1, 71)), lasts=110, expect="first_seen inferred"),),
    ),
)
