"""Where requests, and with them the credentials, may go: to the account's hosts and nowhere else."""

from __future__ import annotations

import re

from sidscope.domain.patterns import later
from sidscope.twilio_api.errors import ForeignOrigin

# One strict pattern for the whole address: what it does not cover (user names, backslashes, spaces, fragments,
# other ports) could be read differently by whoever sends it.
_URL = later(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
    r"(?P<rest>(?:/[!$-;=?-Z_a-z~\[\]%|^`{}]*)?)",
    re.IGNORECASE | re.ASCII,
)
_DEFAULT_PORT = {"http": 80, "https": 443}


def is_twilio_host(url: str) -> bool:
    """Whether ``url`` is an address at \\*.twilio.com."""
    match = _URL.fullmatch(url)
    return match is not None and match["host"].lower().endswith(".twilio.com")


class Origin:
    """Decides where the request for a Twilio address really goes.

    Without ``api_url``: there, if it is https to a host of twilio.com, and nowhere otherwise. With it (a
    recording proxy, the simulator): to ``api_url``, with path and query as they were, and only for addresses
    that are Twilio's or ``api_url``'s own.
    """

    def __init__(self, api_url: str | None = None) -> None:
        self._api: tuple[str, str, int] | None = None
        self._base = ""
        if api_url is not None:
            match = _URL.fullmatch(api_url.rstrip("/"))
            if match is None or match["rest"]:
                raise ValueError("not an origin: http(s)://host[:port]")
            self._api = _origin(match)
            self._base = f"{match['scheme'].lower()}://{match['host']}" + (f":{match['port']}" if match["port"] else "")

    def pin(self, url: str) -> str:
        """The address to send the request for ``url`` to. Raises ForeignOrigin if there is none."""
        match = _URL.fullmatch(url) if isinstance(url, str) else None
        if match is None:
            raise ForeignOrigin("Twilio named a page that is no proper address; nothing was sent there")
        scheme, host, port = _origin(match)
        at_twilio = host.endswith(".twilio.com") and port == _DEFAULT_PORT[scheme]
        if self._api is not None and (at_twilio or (scheme, host, port) == self._api):
            return self._base + match["rest"]
        if self._api is None and at_twilio and scheme == "https":
            return f"https://{host}{match['rest']}"
        raise ForeignOrigin(
            f"Twilio named a page at {scheme}://{host}, which is not the account's; nothing was sent there"
        )


def path_of(url: str) -> str:
    """The path of ``url`` without its query, for messages: a query may hold a customer's address."""
    match = _URL.fullmatch(url)
    return match["rest"].partition("?")[0] or "/" if match else "?"


def _origin(match: re.Match[str]) -> tuple[str, str, int]:
    scheme, host = match["scheme"].lower(), match["host"].lower()
    return scheme, host, int(match["port"] or _DEFAULT_PORT[scheme])
