"""What asking Twilio for a SID or address costs. Pure."""

from __future__ import annotations

from typing import Final

from sidscope.domain.sids import kind_of
from sidscope.tui.words import count

_BESIDE_FLOWS: Final = {"execution": 2, "conversation": 3, "call": 2, "task": 3, "message": 2, "address": 3}
"""Requests besides one for each flow: the list of flows, the thing itself, what leads from it to executions."""


def cost(wanted: str, flows: int) -> str:
    """What :mod:`sidscope.sync.finder` will spend on it, in words. ``flows``: how many there are; 0 if unknown."""
    kind = kind_of(wanted) or "address"
    if not flows:
        return "a request for each flow, and a few more"
    requests = count(1 if kind == "flow" else flows + _BESIDE_FLOWS.get(kind, 1), "request")
    if kind == "execution":  # the first flow that has it ends the search
        return f"up to {requests}"
    return f"at least {requests}"
