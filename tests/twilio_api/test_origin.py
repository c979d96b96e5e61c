from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.twilio_api.errors import ForeignOrigin
from sidscope.twilio_api.origin import Origin, path_of

API = "http://127.0.0.1:8080"

FOREIGN = [
    "https://evil.example/v2/Flows",
    "https://twilio.com.evil.example/v2/Flows",
    "https://eviltwilio.com/v2/Flows",
    "https://twilio.com/v2/Flows",
    "https://studio.twilio.com@evil.example/v2/Flows",
    "https://user:pw@studio.twilio.com/v2/Flows",
    "https://evil.example\\.twilio.com/v2/Flows",
    "https://evil.example\\@studio.twilio.com/",
    "https://evil.example#.twilio.com/",
    "https://evil.example?.twilio.com/",
    "https://evil.example/.twilio.com",
    "https://studio.twilio.com:8443/v2/Flows",
    "https://studio.twilio.com./v2/Flows",
    "https://studio.twilio.com /v2/Flows",
    "https://studio.twilio.com/v2/Flows\r\nX: y",
    "https://studio.twilio.com\n/v2",
    "https://studio.tw\u0131lio.com/v2/Flows",
    "https://studio.twilio\u3002com/v2/Flows",
    "https://\u017ftudio.twilio.com/v2/Flows",
    "//studio.twilio.com/v2/Flows",
    "/v2/Flows",
    "ftp://studio.twilio.com/v2/Flows",
    "file:///etc/passwd",
    "https://[::1]/v2/Flows",
    "",
]


@pytest.mark.parametrize("url", [*FOREIGN, "http://studio.twilio.com/v2/Flows", f"{API}/v2/Flows"])
def test_credentials_go_to_twilio_over_https_and_nowhere_else(url: str) -> None:
    with pytest.raises(ForeignOrigin):
        Origin().pin(url)


@pytest.mark.parametrize("url", [*FOREIGN, "http://127.0.0.1:8081/v2/Flows", "https://127.0.0.1:8080/v2/Flows"])
def test_with_an_api_url_only_twilios_addresses_and_its_own_are_followed(url: str) -> None:
    with pytest.raises(ForeignOrigin):
        Origin(API).pin(url)


@pytest.mark.parametrize("host", ["studio", "studio.ie1", "studio.dublin.ie1", "api", "taskrouter", "conversations"])
def test_every_host_of_twilio_is_reached_as_it_is(host: str) -> None:
    url = f"https://{host}.twilio.com/v2/Flows?PageSize=50&PageToken=a%3D%2B%2F"
    assert Origin().pin(url) == url


def test_spelling_of_the_host_does_not_matter() -> None:
    assert Origin().pin("HTTPS://Studio.TWILIO.com:443/v2/Flows") == "https://studio.twilio.com/v2/Flows"


@pytest.mark.parametrize(
    ("api_url", "url", "pinned"),
    [
        (API, "https://studio.twilio.com/v2/Flows?PageToken=a%3D%2B", f"{API}/v2/Flows?PageToken=a%3D%2B"),
        (API, "https://studio.dublin.ie1.twilio.com/v2/Flows", f"{API}/v2/Flows"),
        (API, "http://studio.twilio.com/v2/Flows", f"{API}/v2/Flows"),
        (API, f"{API}/v2/Flows?Page=1", f"{API}/v2/Flows?Page=1"),
        (API + "/", "https://api.twilio.com/2010-04-01/x.json", f"{API}/2010-04-01/x.json"),
        ("http://sim_host", "http://SIM_host:80/v2/Flows", "http://sim_host/v2/Flows"),
        ("http://[::1]:9", "https://api.twilio.com/x", "http://[::1]:9/x"),
        ("https://proxy.example", "https://proxy.example/x", "https://proxy.example/x"),
    ],
)
def test_an_api_url_replaces_the_origin_and_nothing_else(api_url: str, url: str, pinned: str) -> None:
    assert Origin(api_url).pin(url) == pinned


@pytest.mark.parametrize("api_url", ["localhost:80", "http://h/path", "ftp://h", "http://u:p@h", "http://h?x"])
def test_an_api_url_is_an_origin(api_url: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        Origin(api_url)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_whatever_stands_before_twilios_name_stays_out_of_it(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}.twilio.com", f"https://studio.twilio.com{text}"):
        try:
            pinned = Origin().pin(url)
        except ForeignOrigin:
            continue
        host, _, rest = pinned.removeprefix("https://").partition("/")
        assert host.endswith(".twilio.com")
        assert not set(host) - set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
        assert not set(rest) & set(" \r\n\t\\#")


def test_messages_name_paths_without_queries() -> None:
    assert path_of("https://x.twilio.com/v1/ParticipantConversations?Address=%2B49") == "/v1/ParticipantConversations"
    assert path_of("nonsense") == "?"
