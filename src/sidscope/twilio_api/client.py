"""twilio-python's client, kept from what it should not know or do."""

from __future__ import annotations

from twilio.http import AsyncHttpClient
from twilio.rest import Client

from sidscope.settings import Credentials
from sidscope.twilio_api.origin import is_twilio_host


class _Client(Client):
    def get_hostname(self, uri: str) -> str:
        """Region and edge belong into Twilio's host names alone: the SDK would cut any other to pieces."""
        return str(super().get_hostname(uri)) if is_twilio_host(uri) else uri


def sdk_client(credentials: Credentials, http_client: AsyncHttpClient) -> Client:
    """The SDK's client for an account. It gets no secret: the transport alone has it."""
    return _Client(  # type: ignore[no-untyped-call]
        credentials.username,
        None,
        account_sid=credentials.account_sid,
        region=credentials.region,
        edge=credentials.edge,
        http_client=http_client,
        environment={"SIDSCOPE": "1"},  # not empty, else the SDK would take TWILIO_* of the process
    )
