"""The answers that hold a context, in which the context itself is only found, not decoded: nothing else is as large and
comes as often, and a tenth of the time goes to seeing that it is sound."""

from __future__ import annotations

from typing import Any

import msgspec

from sidscope.domain.jsontext import JsonText, read_json, spell_json
from sidscope.twilio_api.errors import BadResponse


class _Envelope(msgspec.Struct):
    """ExecutionContext and ExecutionStepContext of https://www.twilio.com/docs/studio/rest-api/v2."""

    context: msgspec.Raw = msgspec.Raw(b"null")
    execution_sid: Any = None


_DECODER = msgspec.json.Decoder(_Envelope)


def context_in(answer: str) -> JsonText:
    """What an answer has under "context", sound JSON. Raises BadResponse, or ValueError as :func:`read_json`."""
    try:
        envelope = _DECODER.decode(answer)
        found, named = bytes(envelope.context), envelope.execution_sid is not None
    except msgspec.DecodeError:  # lone surrogates, or none at all
        whole = read_json(answer)
        if not isinstance(whole, dict):
            raise BadResponse("an answer of another shape than described") from None
        found, named = spell_json(whole.get("context")), whole.get("execution_sid") is not None
    if found == b"null" and not named:
        raise BadResponse("an answer that is no context")
    return JsonText(found)
