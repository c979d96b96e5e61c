"""The one box: what it offers, what it remembers, what it finds, and what it costs."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidscope.archive import Archive
from sidscope.demo import SimulatedAccount
from sidscope.domain.query import VALUES, QueryError, parse_query
from sidscope.tui.asking import cost
from sidscope.tui.completion import MOST, Vocabulary, ghost
from sidscope.tui.groups import Kind
from sidscope.tui.ordering import Grouping
from sidscope.tui.place import SavedPlace
from sidscope.tui.trail import TEXTS, History
from tests.tui.explorer import exploring, quiet_world, simulated
from tests.tui.samples import NOW, filled, record, sid

SEEN = (
    record(1, group=1),
    record(2, flow_name="Main menu", contact="+4930123456"),
    record(3, flow_name='a "quoted" one', contact="client:\x1b]52;evil"),
)
VOCABULARY = Vocabulary(lambda: SEEN, {"stuck on WhatsApp": "anomaly:stuck channel:whatsapp"})


def offered(text: str) -> list[str]:
    return [choice.text for choice in VOCABULARY.choices(text)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", "anomaly:stuck channel:whatsapp"),
        ("sta", "status:"),
        ("status:", "status:active"),
        ("status:e", "status:ended"),
        ("-verdict:re", "-verdict:reentry"),
        ("status:active chan", "status:active channel:"),
        ("status:active -chan", "status:active -channel:"),
        ("whats", "channel:whatsapp"),
        ("flow:sup", "flow:Support"),
        ("flow:menu", 'flow:"Main menu"'),
        ('flow:"mai', 'flow:"Main menu"'),
        ("contact:+4915", "contact:whatsapp:+4915100000001"),
        ("stuck on", "anomaly:stuck channel:whatsapp"),
    ],
)
def test_the_likeliest_comes_first(text: str, first: str) -> None:
    if text == "stuck on":  # a name of two words is found by its last one as well as by its first
        assert offered("stuck")[0] == first
    elif text == "whats":
        assert first in offered(text)
    else:
        assert offered(text)[0] == first


def test_nothing_that_could_do_harm_or_would_not_be_found_again_is_offered() -> None:
    assert not any("evil" in each for each in offered("contact:"))
    assert not any("quoted" in each for each in offered("flow:"))


def understood(text: str) -> bool:
    try:
        parse_query(text)
    except QueryError:
        return False
    return True


@given(st.text(max_size=40) | st.sampled_from(["status:", "-", '"', "flow:", "verdict:re"]))
def test_whatever_is_typed_what_is_offered_can_be_understood(text: str) -> None:
    choices = VOCABULARY.choices(text)
    assert len(choices) <= MOST
    for choice in choices:
        if not choice.text.endswith(":") and understood(re.sub(r"\S*\Z", "", text)):
            assert understood(choice.text)
    ghostly = ghost(text, choices)
    assert ghostly is None or ghostly.casefold().startswith(text.casefold())


def test_history_goes_back_and_forth_and_keeps_what_is_being_typed() -> None:
    history = History()
    for text in ("one", "two", "one", "  "):
        history.add(text)
    assert history.texts == ("two", "one")
    assert history.older("thr") == "one"
    assert history.older("one") == "two"
    assert history.older("two") is None
    assert history.newer() == "one"
    assert history.newer() == "thr"
    assert history.newer() is None


@given(st.lists(st.text(max_size=3)))
def test_history_holds_each_text_once_and_the_last_fifty(texts: list[str]) -> None:
    history = History()
    for text in texts:
        history.add(text)
    assert len(set(history.texts)) == len(history.texts) <= TEXTS
    shown, seen = "", []
    while (older := history.older(shown)) is not None:
        seen.append(older)
        shown = older
    assert tuple(reversed(seen)) == history.texts


def test_the_cost_is_said_by_kind_and_number_of_flows() -> None:
    assert cost(sid("FN", 1), 9) == "up to 11 requests"
    assert cost(sid("CH", 1), 9) == "at least 12 requests"
    assert cost("+4915112345678", 9) == "at least 12 requests"
    assert cost(sid("FW", 1), 9) == "at least 1 request"
    assert "each flow" in cost(sid("CH", 1), 0)


async def test_tab_completes_key_and_value_and_goes_on_to_the_next_value(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.waits_for("tab", "status:", "anomaly:")
        await user.type("verd")
        await user.press("tab")
        assert user.app.box.text == "verdict:"
        await user.waits_for(*VALUES["verdict"][:3])
        await user.press("tab")
        assert user.app.box.text == f"verdict:{VALUES['verdict'][0]}"
        await user.press("tab")
        assert user.app.box.text == f"verdict:{VALUES['verdict'][1]}"
        assert user.app.focused is user.app.box.line


@pytest.mark.parametrize("size", [(140, 40), (60, 16)])
async def test_the_row_of_choices_goes_along_with_tab(archive: Archive, size: tuple[int, int]) -> None:
    filled(archive)
    async with exploring(archive, size=size) as user:
        user.app.box.vocabulary = Vocabulary(
            lambda: [record(number, flow_name=f"A flow with a long name, no {number}") for number in range(50, 60)]
        )
        await user.press("slash")
        await user.type("flow:")

        def row() -> str:
            return next(line for line in user.lines if line.startswith("   tab "))

        assert "no 50" in row()
        for number in (*range(50, 60), 50):
            await user.press("tab")
            assert f"no {number}" in row()


async def test_one_word_that_is_nearly_a_command_and_finds_nothing_is_asked_about(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, query="lst", meant="list") as user:
        await user.waits_for("Nothing matches. Did you mean the command sidscope list?")
        await user.press("slash")
        await user.type("lsts")
        assert not user.sees("Did you mean")
    async with exploring(archive, query="support", meant="list") as user:
        assert not user.sees("Did you mean")


async def test_right_takes_what_stands_dimly_behind_the_cursor(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type("flow:sup")
        await user.waits_for("flow:support")
        await user.press("right")
        await user.waits_for("of 10 executions")
        assert user.app.box.text == "flow:Support"


async def test_a_saved_query_is_offered_by_its_name(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, queries={"re-entries": "verdict:reentry"}) as user:
        await user.press("slash")
        await user.type("re-e")
        await user.waits_for("★ re-entries")
        await user.press("tab")
        assert user.app.box.text == "verdict:reentry"
        await user.waits_for("2 of 10 executions")


async def test_a_mistake_is_named_under_the_place_where_it_is(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type("status:ended nonsense:x")
        await user.waits_for("▴ unknown term nonsense:", "(at character 14)")
        box, message = user.lines[1], user.lines[2]
        assert box.index("nonsense:x") == message.index("▴")
        await user.press("enter")
        assert user.app.focused is user.app.box.line


async def test_while_a_word_can_still_become_right_nothing_is_called_wrong(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type("status:en")
        await user.settled()
        assert not user.sees("no value")
        await user.type("x")
        await user.waits_for("status: has no value enx")


async def test_up_brings_back_what_the_box_held_and_down_what_was_typed(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type("status:active")
        await user.press("escape", "slash")
        await user.type("chan")
        await user.press("up")
        assert user.app.box.text == "status:active"
        await user.press("down")
        assert user.app.box.text == "chan"
        await user.press("down")
        await user.until(lambda: user.app.focused is user.app.list)


async def test_f_takes_the_filter_off_and_puts_it_on_again_and_its_text_stays(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, query="verdict:reentry") as user:
        assert user.app.session.shown == 2
        await user.press("f")
        assert user.app.session.shown == 10
        await user.waits_for("The filter is off: f puts it on again", "filter off")
        assert user.app.box.text == "verdict:reentry"
        await user.press("f")
        assert user.app.session.shown == 2
        assert not user.sees("filter off")


async def test_going_to_what_the_filter_hides_switches_it_off(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, query="verdict:reentry") as user:
        user.app.finding.go_to(sid("FN", 5).upper())
        await user.until(lambda: user.cursor_sid == sid("FN", 5))
        assert user.app.box.text == "verdict:reentry"
        assert user.sees("filter off")


async def test_a_sid_pasted_on_the_list_is_gone_to_at_once(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.paste(f"\n {sid('FN', 4)} \n")
        await user.until(lambda: user.cursor_sid == sid("FN", 4) and user.app.focused is user.app.list)
        assert user.app.box.text == ""
        assert user.app.session.shown == 10
        await user.press("left_square_bracket")
        await user.until(lambda: user.cursor_sid != sid("FN", 4))


@pytest.mark.parametrize(
    "pasted",
    [
        f"https://www.twilio.com/console/studio/flows/{sid('FW', 1)}/executions/{sid('FN', 4)}",
        f"{sid('FN', 4)},",
        "(491510) 000-0002",
        "0049 1510 0000002",
        "+49 1510/0000002",
    ],
)
async def test_a_link_and_numbers_as_people_write_them_are_gone_to_and_count_as_a_filter(
    archive: Archive, pasted: str
) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.paste(pasted)
        await user.until(lambda: user.cursor_sid == sid("FN", 4) and user.app.focused is user.app.list)
        await user.press("home", "slash")
        await user.paste(pasted)
        await user.waits_for("1 of 10 executions · enter goes there")


async def test_sids_parted_by_commas_must_all_hold_and_where_none_holds_all_it_says_so(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.paste(f"{sid('CH', 1)}, {sid('FN', 2)}")
        await user.waits_for("1 of 10 executions")
        await user.press("escape")
        await user.paste(f"{sid('FN', 1)};{sid('FN', 2)}")
        await user.waits_for("No execution names all 2 SIDs: leave only one")


async def test_other_text_pasted_on_the_list_is_a_filter_and_a_megabyte_is_nothing(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.paste("verdict:reentry")
        await user.until(lambda: user.app.session.shown == 2)
        await user.press("escape")
        await user.until(lambda: user.app.focused is user.app.list)
        await user.paste("[/] \x1b]52;c;AAAA\x07" * 70_000)
        await user.settled()
        assert len(user.app.box.text) <= 500
        assert "\x1b" not in user.app.box.text
        await user.press("ctrl+a", "left", "escape")
        await user.paste(" \n ")


async def test_started_with_a_number_it_opens_there(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, query="+4915100000002") as user:
        await user.until(lambda: user.cursor_sid == sid("FN", 4))
        assert user.app.box.text == ""
        assert user.app.session.shown == 10


async def test_started_with_a_sid_that_only_twilio_knows_it_is_asked_for_and_opened(tmp_path: Path) -> None:
    world = quiet_world()
    old = min(world.truth(NOW), key=lambda row: str(row["date_created"]))
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive), query=old["execution_sid"]) as user:
            await user.until(lambda: user.cursor_sid == old["execution_sid"], "the old execution")


async def test_asking_twilio_tells_its_cost_and_stops_with_esc(tmp_path: Path) -> None:
    world = quiet_world(executions=8, stories=())
    accounts: list[SimulatedAccount] = []
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive, accounts=accounts)) as user:
            await user.waits_for("● live")
            accounts[0].latency = 1.0
            await user.press("slash")
            await user.paste(sid("FN", 99))
            await user.waits_for("Not in the list: enter asks Twilio (up to")
            await user.press("enter")
            await user.waits_for("Asking Twilio for FN63…63: up to", "esc stops")
            await user.press("escape")
            await user.waits_for("Twilio is no longer asked for FN63…63")
            assert user.app.box.text == sid("FN", 99)
            accounts[0].latency = 0.0
            await asyncio.sleep(0.2)
            await user.settled()
            assert not user.sees("Twilio knows no such execution")
            await user.press("slash", "enter")
            await user.waits_for("Twilio knows no such execution")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (sid("CH", 99), r"Not in the list: enter asks Twilio \(at least \d+ requests\)"),
        ("whatsapp:+491512345678901", r"Not in the list: enter asks Twilio \(at least \d+ requests\)"),
        (sid("CH", 99)[:-1], r"▴ CH63…06 is not a SID: 31 digits after CH, not 32 \(at character 1\)"),
        (sid("CH", 99)[:-1] + "x", r"▴ CH63…6x is not a SID: x cannot be in one, only 0-9 and a-f \(at character 1\)"),
        ("statsu:active", r"▴ unknown term statsu: \(is status meant\? there are .*"),
        ("status:actve", r"▴ status: has no value actve \(is active meant\? there are active, ended\).*"),
    ],
)
async def test_at_80_columns_cost_and_mistakes_can_be_read_to_the_end(tmp_path: Path, text: str, told: str) -> None:
    world = quiet_world(executions=8, stories=())
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive), size=(80, 24)) as user:
            await user.waits_for("● live")
            await user.press("slash")
            await user.paste(text)
            await user.until(lambda: re.fullmatch(told, user.lines[2].strip()), told)


async def test_what_asking_costs_is_read_to_the_end_at_80_columns(tmp_path: Path) -> None:
    world = quiet_world(executions=8, stories=())
    accounts: list[SimulatedAccount] = []
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        engine = simulated(world, archive, accounts=accounts)
        async with exploring(archive, engine, size=(80, 24)) as user:
            await user.waits_for("● live")
            accounts[0].latency = 5.0
            user.app.finding.look_for("whatsapp:+4915012345678")
            await user.until(lambda: user.lines[2].rstrip().endswith("requests · esc stops"), "the cost")


async def test_an_account_is_no_execution_and_nothing_is_asked(tmp_path: Path) -> None:
    world = quiet_world(executions=8, stories=())
    accounts: list[SimulatedAccount] = []
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        engine = simulated(world, archive, accounts=accounts)
        async with exploring(archive, engine, query=world.account_sid, size=(80, 24)) as user:
            await user.all_read()
            assert user.app.box.message.endswith("is this account: all that is in the list is its own")

            def flows_listed() -> int:
                return sum(entry.path.split("?")[0].endswith("/Flows") for entry in accounts[0].log)

            spent = flows_listed()
            assert spent
            await user.press("slash")
            await user.paste(sid("AC", 9))
            await user.waits_for("is another account: this one is")
            await user.press("enter")
            await user.waits_for("is another account: this one is")
            assert not user.app.finding.asking
            assert flows_listed() == spent


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_filter_that_comes_back_says_what_it_does_from_the_start(
    archive: Archive, size: tuple[int, int]
) -> None:
    filled(archive)
    async with exploring(archive, place=SavedPlace(filter_text="verdict:reentry"), size=size) as user:
        assert user.app.box.message == "2 of 10 executions"
    async with exploring(archive, query="verdict:reentry", size=size) as user:
        assert user.app.box.message == "2 of 10 executions"


async def test_a_broken_filter_that_comes_back_is_told(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, place=SavedPlace(filter_text="verdict:reentry channel:voicejjh")) as user:
        await user.waits_for("▴ channel: has no value voicejjh")
        assert user.app.session.shown == 2  # what stands before the mistake counts


async def test_one_total_wherever_one_is_told(archive: Archive) -> None:
    filler = filled(archive)
    async with exploring(archive, query="verdict:reentry") as user:
        await user.press("j")
        filler.add(60, minutes=1, contact="whatsapp:+4915100000060", conversation=60)
        archive.flush()
        user.app.feed.changed([sid("FN", 60).upper()])
        await user.until(lambda: user.app.session.pending, "one that waits")
        assert user.sees("2 of 11 executions", "· 2 of 11", " 11 executions")


async def test_half_a_word_is_not_called_a_filter_that_nothing_passes(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type("anomal")
        await user.waits_for("Nothing matches so far")
        assert not user.sees("Nothing matches the filter")
        await user.type("y:")
        assert user.app.session.shown == 10  # no value yet, so no term
        await user.type("x")
        await user.waits_for("anomaly: has no value x")
        assert user.app.session.shown == 10
        await user.press("ctrl+u")
        await user.type("zzz")
        await user.waits_for("Nothing matches the filter")


async def test_an_accent_that_is_typed_after_its_letter_belongs_to_it(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type("zoe\u0308\u0301x")
        assert user.app.box.text == "zoe\u0308\u0301x"
        await user.press("home")
        await user.type("\u0308")
        assert user.app.box.text == "◌\u0308zoe\u0308\u0301x"


async def test_enter_leaves_the_box_where_nothing_matches_too(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.at_once("slash", "zzz", "enter", "2", "j")
        await user.waits_for("Nothing matches the filter")
        assert user.app.box.text == "zzz"
        assert user.app.pane.tab == "context"
        await user.press("slash", "escape")
        await user.until(lambda: user.app.session.lines, "the list")
        assert user.app.situation.pane == "list"


async def test_the_beginning_of_a_sid_is_counted_like_any_filter(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type(sid("FN", 3)[:10])
        assert user.app.session.shown == 1
        assert user.app.box.message == "1 of 10 executions"
        await user.type(sid("FN", 3)[10:33])  # one is missing
        await user.waits_for("is not a SID")


async def test_the_box_opens_with_its_text_selected(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.at_once("slash", "verdict:reentry", "enter", "slash", "status:active")
        assert user.app.box.text == "status:active"
        await user.press("enter", "slash", "end")
        await user.type(" channel:voice")
        assert user.app.box.text == "status:active channel:voice"


async def test_while_the_one_it_was_started_with_is_looked_for_no_other_is_copied(tmp_path: Path) -> None:
    world = quiet_world(executions=8, stories=())
    accounts: list[SimulatedAccount] = []
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive, accounts=accounts), query=sid("FN", 99)) as user:
            await user.until(lambda: user.app.session.lines)
            accounts[0].latency = 2.0
            user.app.finding.open_at(sid("FN", 98))
            await user.press("y")
            assert "still being looked for" in user.toast


async def test_the_very_execution_is_gone_to_as_soon_as_it_is_listed(archive: Archive) -> None:
    filler = filled(archive)
    async with exploring(archive) as user:
        user.app.finding.open_at(sid("FN", 60))
        filler.add(60, minutes=1, contact="whatsapp:+4915100000060", conversation=60)
        archive.flush()
        user.app.feed.changed([sid("FN", 60).upper()])
        await user.until(lambda: user.cursor_sid == sid("FN", 60))
        assert user.toast == "This is FN3c…3c"
        assert not user.app.finding.opening


async def test_a_group_says_how_many_the_filter_hides(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        for number in (1, 2):
            user.app.finding.go_to(sid("FN", number).upper())
            await user.press("space")
        await user.press("asterisk", "home")
        assert user.app.session.shown == 2
        assert "2/3" in user.row
        await user.press("g", "g", "home")
        assert user.app.session.grouping is Grouping.FLOW
        assert user.app.session.lines[0].kind is Kind.GROUP
        assert "2 of 9 runs" in user.row
        await user.press("asterisk", "home")
        assert "9 runs" in user.row
        assert "of 9" not in user.row


async def test_who_finds_nothing_and_clears_the_box_is_back_where_he_was(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "j")
        here, y = user.cursor_sid, user.row_y
        wanted = sid("FN", 9)[:4] + "f" * 30  # its beginning names another execution
        await user.press("slash")
        await user.type(wanted[:4])
        assert user.cursor_sid == sid("FN", 9)
        await user.type(wanted[4:])
        assert user.app.session.cursor is None
        await user.press("escape")
        assert (user.cursor_sid, user.row_y) == (here, y)

        await user.press("slash")
        await user.type(wanted)
        await user.press("enter")
        await user.waits_for("sidscope is offline")
        await user.press("escape")
        assert (user.cursor_sid, user.row_y) == (here, y)

        await user.press("slash")
        await user.type(wanted[:4])
        await user.press("enter", "escape")
        assert user.cursor_sid == sid("FN", 9)
