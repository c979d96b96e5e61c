"""The only room that talks to Twilio: twilio-python's resources over a transport of our own.

Importing it costs next to nothing, so that its errors can be named anywhere: the account is loaded when its name
is used, the SDK and the HTTP libraries by :func:`connect`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sidscope.twilio_api.errors import (
    BadCredentials,
    BadResponse,
    Denied,
    ForeignOrigin,
    NotFound,
    NotRecorded,
    Rejected,
    ServerFault,
    Throttled,
    TwilioApiError,
    Unreachable,
)

if TYPE_CHECKING:
    from sidscope.twilio_api.account import Account, connect
    from sidscope.twilio_api.records import Message
    from sidscope.twilio_api.retry import Policy
    from sidscope.twilio_api.throttle import CAP, START, Counters

__all__ = [
    "CAP",
    "START",
    "Account",
    "BadCredentials",
    "BadResponse",
    "Counters",
    "Denied",
    "ForeignOrigin",
    "Message",
    "NotFound",
    "NotRecorded",
    "Policy",
    "Rejected",
    "ServerFault",
    "Throttled",
    "TwilioApiError",
    "Unreachable",
    "connect",
]

_LATE = {
    "Account": "account",
    "connect": "account",
    "Message": "records",
    "Policy": "retry",
    "CAP": "throttle",
    "START": "throttle",
    "Counters": "throttle",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
