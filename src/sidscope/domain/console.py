"""Addresses in the Twilio Console, per kind of SID. They open in the account that the browser is logged in to.

The forms are those that public documents and code use; older pages of the Console are framed:
``console.twilio.com/{region}/…?frameUrl=/console/…``. That frame for a single execution outside of us1, and any address
of a single task, nobody has confirmed, so a task leads to the list of its workspace.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from sidscope.domain.sids import is_sid

HOME_REGION: Final = "us1"
"""Where an account is unless its credentials say otherwise."""


def console_url(
    sid: str,
    *,
    region: str | None = None,
    flow_sid: str | None = None,
    service_sid: str | None = None,
    workspace_sid: str | None = None,
) -> str | None:
    """The page of an execution (needs its flow), a flow, a conversation (needs its service, IS), a call, or of the
    tasks of a workspace (for a task: needs it); None for anything else, or where what is needed is not known."""
    region = quote(region or HOME_REGION, safe="")
    if is_sid(sid, "FN") and is_sid(flow_sid, "FW"):
        return _execution(region, f"/console/studio/flows/{flow_sid}/executions/{sid}")
    if is_sid(sid, "FW"):
        return _framed(region, f"service/studio/{sid}/studio-flow-instance-canvas", f"/console/studio/flows/{sid}")
    if is_sid(sid, "CH") and is_sid(service_sid, "IS"):
        path = f"/console/conversations/services/{service_sid}/conversations/{sid}"
        return _framed(region, "develop/conversations/manage/services", path)
    if is_sid(sid, "CA"):
        return _framed(region, "monitor/logs/calls", f"/console/voice/calls/logs/{sid}")
    workspace = sid if is_sid(sid, "WS") else workspace_sid if is_sid(sid, "WT") else None
    if is_sid(workspace, "WS"):
        path = f"/console/taskrouter/workspaces/{workspace}/tasks"
        if region == HOME_REGION:
            return f"https://www.twilio.com{path}"
        return _framed(region, "develop/taskrouter/workspaces", path)
    return None


def _execution(region: str, path: str) -> str:
    if region == HOME_REGION:
        return f"https://www.twilio.com{path}"
    return _framed(region, "develop/studio/flows", path)


def _framed(region: str, page: str, path: str) -> str:
    if region != HOME_REGION:
        path += f"?x-target-region={region}"
    return f"https://console.twilio.com/{region}/{page}?frameUrl={quote(path, safe='')}"
