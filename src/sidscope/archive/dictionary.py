"""Words that Twilio's payloads are made of: what deflate need not spell out in every single context.

Names of Studio's context, of the webhooks of Messages, Conversations, Calls and TaskRouter, and of sidscope's own
facts; the most frequent stand last, where deflate refers to them with the fewest bits. The words are part of the
stored format: whoever wants others adds a second dictionary under another codec.
"""

from __future__ import annotations

from typing import Final

_RARE = (
    "reservation interaction_context_sid webhook_ttid task_queue_entered_date workflow_name age_in_queue"
    " task_channel_unique_name queue_name assignmentCounter routing_target task_channel_sid addons queue_sid"
    " flexChannelInviteSid flexInteractionChannelSid flexInteractionSid conversation_id customerAddress customerName"
    " initiated_by initiatedBy assignment_status workflow_sid workspace_sid reason timeout priority"
    " RecordingUrl RecordingSid RecordingDuration RecordingStatus DialCallSid DialCallStatus DialCallDuration Digits"
    " QueueResult QueueSid QueueTime AnsweredBy ParentCallSid CallerName ForwardedFrom StirVerstat TaskAttributes"
    " CallerCity CallerState CallerZip CallerCountry CalledCity CalledState CalledZip CalledCountry"
    " FromCity FromState FromZip FromCountry ToCity ToState ToZip ToCountry Caller Called CallStatus Direction CallSid"
    " SmsSid SmsStatus SmsMessageSid MessageStatus NumSegments NumMedia MediaUrl0 MediaContentType0 ReferralNumMedia"
    " ProfileName WaId ButtonText ButtonPayload ApiVersion ErrorCode ErrorMessage OptOutType"
    " ClientIdentity EventType onMessageAdded onConversationAdded InstanceSid ServiceSid WebhookType WebhookSid"
    " RetryCount ParticipantSid MessagingServiceSid ChatServiceSid ChannelAttributes ChannelSid"
)
_JSON = (
    '"status_code":200,"content_type":"application/json","parsed":{"body":"{\\"",'
    '"routing":{"properties":{"date_updated":"date_created":"attributes":"{\\"channelType\\":\\"whatsapp\\",'
    '\\"customers\\":{\\"phone\\":\\"\\",\\"conversationSid\\":\\"CH","account_sid":"AC","sid":"WT","sid":"KD",'
    '"links":{"url":"https://taskrouter.twilio.com/v1/Workspaces/WS"https://conversations.twilio.com/v1/Conversations/'
    '"https://api.twilio.com/2010-04-01/Accounts/AC"/Messages/"https://studio.twilio.com/v2/Flows/FW"/Executions/FN'
    '"contact":{"channel":{"address":"whatsapp:+"}},"flow":{"sid":"FN","flow_sid":"FW","channel":{"address":"'
    '"variables":{"data":{}},"trigger":{"conversation":{"EventType":"onMessageAdded","message":{"call":{"request":{'
    '"ToCountry":"US","FromCountry":"DE","SmsStatus":"received","NumSegments":"1","NumMedia":"0","Direction":"inbound",'
    '"ApiVersion":"2010-04-01","MessageStatus":"sent","ProfileName":"","WaId":"","Media":null,"RetryCount":"0",'
    '"WebhookType":"studio","WebhookSid":"WH","ChannelAttributes":{}","Index":"0","Attributes":"{}",'
    '"ParticipantSid":"MB","MessagingServiceSid":"MG","ChatServiceSid":"IS","InstanceSid":"IS","ServiceSid":"IS",'
    '"From":"whatsapp:+","To":"whatsapp:+","Source":"WHATSAPP","Author":"whatsapp:+","CallSid":"CA","Body":"'
    '"MessageSid":"SM","MessageSid":"IM","ChannelSid":"CH","ConversationSid":"CH","AccountSid":"AC"'
    '"DateCreated":"2026-01-01T00:00:00.000Z","Sid":"IM"null,true,false,"widgets":{"inbound":{"outbound":{'
)
_FACTS = (
    '"],["CA","row","initiated_by"],["RE","widgets..RecordingSid"],"attributes","widgets.'
    '.routing.properties.attributes.conversationSid"],"widget","widgets..TaskSid"],"handoffs":[["'
    '["SM","trigger.message.MessageSid"],["SM","trigger.message.SmsSid"],["MB","trigger.conversation.ParticipantSid"],'
    '["IM","trigger.conversation.MessageSid"],["WH","trigger.conversation.WebhookSid"],["MG","trigger.conversation.'
    'MessagingServiceSid"],["IS","trigger.conversation.ChatServiceSid"],["IM","widgets..outbound.Sid"],'
    '["CH","widgets..outbound.ConversationSid"],["CH","widgets..inbound.ConversationSid"],["IM","widgets..inbound.'
    'MessageSid"],["MB","widgets..inbound.ParticipantSid"],["CH","widgets..inbound.ChannelSid"],["'
    '{"ch":["CH","row","contact_channel_address"],{"ch":["CH","trigger","trigger.conversation.ConversationSid"],'
    '"ca":["CA","row","initiated_by"],"wt":["WT","widget","widgets..sid"],"kd":["KD","sm":["SM","row","initiated_by"],'
    '"contact":["+","trigger","trigger.call.From"],"contact":["whatsapp:+","trigger","contact.channel.address"],'
    '"sender":["whatsapp:+","trigger","trigger.message.To"],"sender":["+","flow","flow.channel.address"],'
    '"channel":"webchat","channel":"sms","channel":"voice","trigger":"call","channel":"whatsapp","trigger":"message",'
    '"is":"IS","inbound":[["2026-01-01T00:00:00Z","date_created"],["2026-01-01T00:00:00.000Z","trigger.conversation.'
    'DateCreated"],["2026-01-01T00:00:00.000Z","widgets..inbound.DateCreated"]]}'
)

FIRST: Final[bytes] = (_RARE + _JSON + _FACTS).encode()
"""The dictionary of codec 1."""
