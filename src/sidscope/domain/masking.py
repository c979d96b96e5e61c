"""Stand-ins for everything personal in what Twilio sends: for recordings, masked screens and masked outputs.

What stays is listed here, all else goes: SIDs, times, Twilio's own words, names of flows and widgets, keys, small
numbers. Every other text gets a stand-in, the same text always the same one and different texts different ones;
addresses keep their channel's prefix and the shape of a phone number. So grouping and verdicts come out as they did.
JSON inside strings is masked inside and stays JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from sidscope.domain.patterns import later
from sidscope.domain.transitions import TRANSITIONS

_SID: Final = later(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9a-fA-F]{32}(?![0-9A-Za-z])")
_ADDRESS: Final = later(r"(?P<prefix>[a-z]{2,12}:)?(?P<plus>\+|(?=[0-9]{3}))(?P<digits>[0-9]{2,20})", re.IGNORECASE)
_OTHER_ADDRESS: Final = later(
    "(?P<prefix>(?:whatsapp|messenger|rcs|sms|tel|sips?|client|chat|instagram|viber|line|telegram):)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_KEY_THAT_TELLS: Final = later(
    r"(?:[a-z]{2,12}:)?\+?[0-9]{5,}|[^\s@]+@[^\s@]+\.[^\s@]+|(?:whatsapp|messenger|rcs|client|sips?):.*"
)
_MOMENT: Final = later(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT)"
)
_URL: Final = later(r"(?P<origin>https://[a-z0-9.-]+\.twilio\.com)(?P<target>/.*)", re.DOTALL)
_PAGE_URL: Final = later(r"(?P<origin>https?://[A-Za-z0-9.:\[\]-]+)(?P<target>/.*)", re.DOTALL)
_SEGMENT: Final = later(r"v\d|\d{4}-\d\d-\d\d|\d{1,4}|(?:[A-Z][A-Za-z]{2,30}|[A-Za-z]{2}[0-9a-fA-F]{32})(?:\.json)?")
_PLAIN: Final = later("[A-Za-z][A-Za-z0-9 _.()-]{0,40}")
_IN_TEXT: Final = later(r"[^\s@\"'<>]+@[^\s@\"'<>]+|(?:[a-z]{2,12}:)?\+?[0-9]{7,20}")

TWILIOS_WORDS: Final = frozenset(
    {
        *(name for name, _, _ in TRANSITIONS),
        *("active", "inactive", "closed", "ended", "initializing", "handed off"),
        *("queued", "sending", "sent", "delivered", "undelivered", "received", "receiving", "read", "accepted"),
        *("ringing", "in-progress", "completed", "busy", "no-answer", "canceled", "failed", "bridged", "hangup"),
        *("pending", "reserved", "assigned", "wrapping"),
        *("inbound", "outbound", "outbound-api", "outbound-dial", "outbound-call", "outbound-reply"),
        *("web", "webchat", "chat", "sms", "mms", "whatsapp", "messenger", "rcs", "voice", "conversation", "studio"),
        *("WEB", "WEBCHAT", "CHAT", "SMS", "MMS", "WHATSAPP", "MESSENGER", "RCS", "SDK", "API", "ACTIVE", "INACTIVE"),
        *("onMessageAdded", "onMessageSent", "onConversationAdded", "onParticipantAdded", "incomingMessage (chat)"),
        *("ChatTranscript", "customer", "api", "system", "machine", "human", "unknown", "true", "false"),
        *("application/json", "2010-04-01", "Etc/UTC", "UTC"),
    }
)
"""Values that Twilio itself writes into contexts and resources; they tell nothing about anybody."""

_FREE: Final = frozenset({"context", "attributes", "conversation_attributes"})
"""Where others than Twilio decide what stands in it."""

_ENVELOPE: Final = frozenset(
    {
        "status",
        "state",
        "conversation_state",
        "conversation_created_by",
        "type",
        "direction",
        "assignment_status",
        "key",
    }
    | {"task_channel_unique_name", "api_version", "price_unit", "answered_by"}
)
"""Fields of resources with a fixed set of words."""

_NAMES: Final = frozenset(
    {"friendly_name", "name", "transitioned_from", "transitioned_to", "event", "next", "initial_state"}
)
"""Names that the flow's author gave: kept where they are those of flows, steps and widgets."""

_PAGES: Final = frozenset({"url", "next_page_url", "previous_page_url", "first_page_url"})  # also a proxy's own
_CODES: Final = frozenset({"ErrorCode", "error_code", "status_code"})
_BODIES: Final = frozenset({"body", "text"})
_ERROR_TEXTS: Final = ("message", "detail", "title", "more_info", "user_error")
_QUERY: Final = frozenset({"PageSize", "Page", "Status", "Order", "State"})
_FLOWS: Final = later(r"/v2/Flows(?:/[^/]+(?:/Revisions(?:/\w+)?)?)?")
_STEPS: Final = later(r".*/Steps(?:/[^/]+)?")
_SMALL: Final = 1_000_000  # larger numbers may be somebody's, if no time
_NESTED: Final = 4  # layers of JSON in strings, as in domain.jsontree


class Masker:
    """The stand-ins of one recording. Not to be shared by threads. Other stand-ins: override :meth:`number` and
    :meth:`text`."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._numbers: dict[str, str] = {}

    def target(self, target: str) -> str:
        """A request's path and query."""
        path, mark, query = target.partition("?")
        segments = (part if not part or _SEGMENT.fullmatch(part) else self.text(part) for part in path.split("/"))
        masked = "/".join(segments)
        if not mark:
            return masked
        pairs = [(name, self._parameter(name, value)) for name, value in parse_qsl(query, keep_blank_values=True)]
        return f"{masked}?{urlencode(pairs)}"

    def body(self, body: str, target: str, status: int) -> str:
        """An answer's body; one that is no JSON, or too deep to look through, is left out."""
        try:
            document = json.loads(body)
            path = target.partition("?")[0]
            if status >= 400:
                return json.dumps(self._error(document))
            named = bool(_FLOWS.fullmatch(path) or _STEPS.fullmatch(path))
            return json.dumps(self.tree(document, named=named))
        except (ValueError, RecursionError):
            return ""

    def _parameter(self, name: str, value: str) -> str:
        if name == "PageToken":
            return self.text(value)
        return value if name in _QUERY and (_PLAIN.fullmatch(value) or len(value) < 5) else self.leaf(value)

    def _error(self, document: Any) -> Any:
        """Twilio's own sentences stay, without what may be an address in them."""
        if not isinstance(document, dict):
            return None
        kept: dict[str, Any] = {key: document[key] for key in ("code", "status") if isinstance(document.get(key), int)}
        texts = {key: value for key in _ERROR_TEXTS if isinstance(value := document.get(key), str)}
        return kept | {key: self._sentence(value) for key, value in texts.items()}

    def _sentence(self, text: str) -> str:
        pieces = _SID.split(text)
        scrubbed = [_IN_TEXT.sub(lambda found: self.leaf(found[0]), piece) for piece in pieces]
        sids = [*_SID.findall(text), ""]
        return "".join(piece + sid for piece, sid in zip(scrubbed, sids, strict=True))

    def tree(self, document: Any, *, named: bool, free: bool = False) -> Any:
        """Any JSON, masked in place; without recursion, for it may be deep."""
        holder = {"": document}
        stack: list[tuple[Any, bool]] = [(holder, free)]
        while stack:
            branch, free = stack.pop()
            if isinstance(branch, dict):
                items = list(branch.items())
                branch.clear()
                for key, value in items:
                    within = free or key in _FREE
                    name = self._key(key)
                    while name in branch:  # two keys with one stand-in
                        name += "′"
                    branch[name] = new = self._value(key, value, named=named, free=within)
                    if isinstance(new, dict | list):
                        stack.append((new, within))
            else:
                for index, value in enumerate(branch):
                    branch[index] = new = self._value("", value, named=named, free=free)
                    if isinstance(new, dict | list):
                        stack.append((new, free))
        return holder[""]

    def _value(self, key: str, value: Any, *, named: bool, free: bool) -> Any:
        """A leaf's stand-in; a branch as it is."""
        if isinstance(value, str):
            if not free and ((key in _ENVELOPE and _PLAIN.fullmatch(value)) or (named and key in _NAMES)):
                return value
            if not free and key in _PAGES and (url := _PAGE_URL.fullmatch(value)):
                return url["origin"] + self.target(url["target"])
            return self.leaf(value, key)
        if isinstance(value, int) and not isinstance(value, bool):
            small = -_SMALL < value < _SMALL or key == "millis"
            return value if small else self.large(value)
        if isinstance(value, float) and key != "millis":
            return 0.0  # a place, a price: whatever it is, it is not needed
        return value

    def _key(self, key: str) -> str:
        return self.leaf(key) if _KEY_THAT_TELLS.fullmatch(key) else key

    def leaf(self, text: str, key: str = "", layers: int = _NESTED) -> str:
        if not text.strip() or _SID.fullmatch(text) or _MOMENT.fullmatch(text):
            return text
        if text in TWILIOS_WORDS and key.lower() not in _BODIES:
            return text
        if key in _CODES and re.fullmatch("[0-9]{1,5}", text):
            return text
        if text.lstrip()[:1] in ("{", "[", '"') and (inside := self._inside(text, layers)) is not None:
            return inside
        if url := _URL.fullmatch(text):
            return url["origin"] + self.target(url["target"])
        if address := _ADDRESS.fullmatch(text):
            return (address["prefix"] or "") + self.number(address["plus"], address["digits"])
        if other := _OTHER_ADDRESS.fullmatch(text):
            return other["prefix"] + self.leaf(other["rest"])
        return self.text(text)

    def _inside(self, text: str, layers: int) -> str | None:
        """JSON in a string, masked inside; None if it is none."""
        try:
            document = json.loads(text)
            if isinstance(document, dict | list):
                return json.dumps(self.tree(document, named=False, free=True))
            if isinstance(document, str) and layers > 1 and _holds_json(document):
                return json.dumps(self.leaf(document, layers=layers - 1))
        except (ValueError, RecursionError):
            pass
        return None

    def large(self, value: int) -> Any:
        """What stands for a number that may be somebody's."""
        return int(self.number("", str(abs(value))))

    def number(self, plus: str, digits: str) -> str:
        """``+49 151 …`` becomes ``+4900000000017``: as long, and with the same country as far as that is easy."""
        if digits not in self._numbers:
            head = digits[:1] if len(digits) < 7 or digits[0] in "17" else digits[:2]
            tail = str(len(self._numbers) + 1)
            self._numbers[digits] = head + tail.zfill(len(digits) - len(head))
        return plus + self._numbers[digits]

    def text(self, text: str) -> str:
        """``masked-17``, and after it the SIDs that stand in the text."""
        if text not in self._texts:
            self._texts[text] = " ".join([f"masked-{len(self._texts) + 1}", *_SID.findall(text)])
        return self._texts[text]


def _holds_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[", '"')
