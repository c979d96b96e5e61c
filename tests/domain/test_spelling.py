"""What was meant by what is pasted: links, SIDs out of sentences, numbers as people write them."""

from __future__ import annotations

import pytest

from sidscope.domain.console import console_url
from sidscope.domain.spelling import as_query, beginning_of_sid, one_thing
from tests.tui.samples import sid

CH, FN, FW, IS = sid("CH", 1), sid("FN", 1), sid("FW", 1), sid("IS", 1)
NUMBER = "+491501232000"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (CH, CH),
        (f"  {FN} ", FN),
        (f"{FN},", FN),
        (console_url(FN, flow_sid=FW), FN),
        (console_url(FN, flow_sid=FW, region="ie1"), FN),
        (console_url(CH, service_sid=IS), CH),
        (f"https://api.twilio.com/2010-04-01/Accounts/{sid('AC', 1)}/Messages/{sid('SM', 1)}.json", sid("SM", 1)),
        (f"www.twilio.com/console/studio/flows/{FW}/executions/{FN}?x=1#y", FN),
        ("https://www.twilio.com/console", None),
        ("+49 (151) 234-5678", "+491512345678"),
        (NUMBER, NUMBER),
        ("0049 1501232000", NUMBER),
        ("00491501232000", NUMBER),
        ("+49.1501.232.000", NUMBER),
        ("+49 (0) 1501 232000", NUMBER),
        ("(+49) 1501\u2011232\u00a0000", NUMBER),
        ("whatsapp:0049 1501 232000", f"whatsapp:{NUMBER}"),
        ("whatsapp: +49 1501 232000", f"whatsapp:{NUMBER}"),
        ("(491501) 232-000", "491501232000"),
        ("491501 232000", "491501232000"),
        ("whatsapp:+491512345678", "whatsapp:+491512345678"),
        ("client:Ada Lovelace", None),
        ("client:ada", "client:ada"),
        ("Client:Ada.", "client:Ada."),
        (f"{FN}.", FN),
        (f"({FN}),", FN),
        (f"‹{FN}›", FN),
        (f"“{FN}”.", FN),
        (f"<{console_url(FN, flow_sid=FW)}>", FN),
        (f"\u202a{FN}\u202c", FN),
        (f"{FN[:20]}\u00ad{FN[20:]}", FN),
        (FN.lower(), FN.lower()),
        ("WhatsApp:+49 1501 232000", f"whatsapp:{NUMBER}"),
        ("whatsapp:491501232000", f"whatsapp:{NUMBER}"),
        ("messenger:491501232000", "messenger:491501232000"),
        ("tel:+49-1501-232000", NUMBER),
        ("sms:+491501232000", NUMBER),
        ("+４９ １５０１ ２３２０００", NUMBER),
        ("\u202a+49 1501 232000\u202c", NUMBER),
        ("'+491501232000'.", NUMBER),
        ("Contact:+491512345678", None),
        ("contact:+491512345678", None),
        ("-491501232000", None),
        ("status:active", None),
        ("12345", None),
        ("2026-11-26", None),
        ("+49 1501 232000 +49 1501 232001", None),
        (f"{CH}, {FN}", None),
        ("", None),
    ],
)
def test_what_is_a_sid_or_an_address_as_a_whole(text: str, wanted: str | None) -> None:
    assert one_thing(text) == wanted


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (f"{CH}, {FN}", f"{CH} {FN}"),
        (f"{CH};{FN}\n{FW},", f"{CH} {FN} {FW}"),
        (f"“{CH}”, “{FN}”.", f"{CH} {FN}"),
        ('"1234 5678 9012"', '"1234 5678 9012"'),
        (console_url(FN, flow_sid=FW), FN),
        ("(491501) 232-000", "491501232000"),
        ("0049 1501 232-000", NUMBER),
        ("1234 5678 9012", "1234 5678 9012"),
        ("-491501232000", "-491501232000"),
        ("flow:a,b status:active", "flow:a,b status:active"),
        (f"{CH}, status:active", f"{CH}, status:active"),
        ("Release 2026-11-26", "Release 2026-11-26"),
        ("https://example.org/x", "https://example.org/x"),
        (" menu ", " menu "),
        ("", ""),
    ],
)
def test_as_a_query_only_what_surely_means_one_thing_is_spelled_anew(text: str, query: str) -> None:
    assert as_query(text) == query


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("CH12ab", "CH12ab"),
        (" ‹ch12AB›.", "CH12ab"),
        (FN[:-4], FN[:-4]),
        (FN[:-1], None),
        (FN, None),
        ("CH12a", None),
        ("facade", None),
        ("XX12ab", None),
        ("CHRISTINE1", None),
    ],
)
def test_what_is_surely_the_beginning_of_a_sid(text: str, beginning: str | None) -> None:
    assert beginning_of_sid(text) == beginning
