"""``sidscope find``: the whole story of one SID or address, as the account tells it."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest

from sidscope.archive import Archive, archive_path
from sidscope.archive.types import StepsWrite
from sidscope.commands.output import write_tree
from sidscope.demo.account import make_sid
from sidscope.domain.records import Execution, Step
from sidscope.domain.sids import short
from tests.cli.conftest import CommandLine, Done, Served
from tests.cli.test_bad_networks import IMPATIENT
from tests.support.oracle import JsonRecord, differences, related
from tests.tui import samples

KINDS = {
    "FN": "execution",
    "CH": "conversation",
    "CA": "call",
    "WT": "task",
    "SM": "message",
    "IM": "message",
    "KD": "interaction",
    "FW": "flow",
    "FT": "step",
    "PN": "other",
}


def truth(account: Served) -> list[JsonRecord]:
    return list(account.world.truth(account.world.zero, since=account.day, explain=False))


def targets(account: Served) -> dict[str, str]:
    """One of each kind, out of stories that are told on this day."""
    stories = account.world.stories
    handed = stories["new_after_task_completed"].runs[0]
    called = stories["redirected_call"].runs[0]
    texted = stories["message_sid_twice"].runs[0]
    assert handed.talk is not None
    assert handed.handoff is not None
    assert called.call is not None
    return {
        "FN": handed.sid,
        "CH": handed.talk.sid,
        "CA": called.call.sid,
        "WT": handed.handoff.task.sid,
        "KD": handed.handoff.task.interaction_sid,
        "SM": texted.message_sid or "",
        "IM": handed.message_sid or "",
        "FW": account.world.flows[0].sid,
        "whatsapp": handed.contact,
        "phone": stories["two_channels"].runs[0].person.phone,
        "webchat": stories["webchat_reused"].runs[0].contact,
    }


def sids(done: Done) -> set[str]:
    return {record["execution_sid"] for record in done.json()["executions"]}


@pytest.mark.parametrize("kind", ["FN", "CH", "CA", "WT", "KD", "SM", "IM", "FW", "whatsapp", "phone", "webchat"])
def test_each_kind_is_found_on_an_empty_archive_and_then_without_any_request(
    sidscope: CommandLine, account: Served, kind: str
) -> None:
    target = targets(account)[kind]
    done = sidscope("find", target, "--format", "json")
    found = done.json()
    assert sids(done) == related(truth(account), target) != set()
    assert list(found) == ["query", "kind", "executions", "conversations", "calls", "tasks"]
    assert (found["query"], found["kind"]) == (target, KINDS.get(kind, "address"))
    assert done.code == ("denied" in done.err)
    assert done.err == "" or "denied" in done.err or (kind == "FW" and done.err.endswith(" requests.\n"))


def test_a_link_and_a_number_as_people_write_it_find_the_same(sidscope: CommandLine, account: Served) -> None:
    sidscope("list", "--explain")
    target = targets(account)
    link = f"https://www.twilio.com/console/studio/flows/{target['FW']}/executions/{target['FN']}"
    number = target["phone"].removeprefix("+")
    spelled = {
        target["FN"]: [link, f"{target['FN']},"],
        target["phone"]: [f"00{number[:2]} {number[2:5]} {number[5:]}", f"({number[:5]}) {number[5:8]}-{number[8:]}"],
    }
    for plain, others in spelled.items():
        wanted = sids(sidscope("find", plain, "--format", "json", "--offline"))
        assert wanted
        for other in others:
            assert sids(sidscope("find", other, "--format", "json", "--offline")) == wanted
    for wrong in (f"{target['FN']},{target['CH']}", "https://www.twilio.com/console"):
        done = sidscope("find", wrong)
        assert done.code == 2
        assert "neither one SID nor one address" in done.err


def test_it_reads_what_is_pasted_as_the_box_and_list_do(sidscope: CommandLine, account: Served) -> None:
    """Twilio is asked for it in Twilio's own spelling."""
    target = targets(account)
    spelled = {
        target["FN"]: [target["FN"].lower(), f"‹{target['FN']}›", f"\u202a{target['FN']}\u202c."],
        target["phone"]: [target["phone"].removeprefix("+"), f"tel:{target['phone']}"],
        target["whatsapp"]: [target["whatsapp"].replace("whatsapp:+", "WhatsApp:")],
    }
    true = truth(account)
    for plain, others in spelled.items():
        for number, other in enumerate(others):
            done = sidscope("find", other, "--format", "json", "--data-dir", sidscope.home / f"{plain}-{number}")
            assert sids(done) == related(true, plain) != set()


def test_the_beginning_of_a_sid_is_completed_from_the_archive(filled: CommandLine, account: Served) -> None:
    sid = targets(account)["CH"]
    wanted = sids(filled("find", sid, "--offline", "--format", "json"))
    for beginning in (sid[:12], sid[:12].lower()):
        done = filled("find", beginning, "--format", "json", "--offline")
        assert (done.json()["query"], sids(done)) == (sid, wanted)
    nobody = make_sid("CH", "nobody")[:12]
    done = filled("find", nobody)
    assert done.code == 2
    assert done.sentence() == f"{nobody} is not a whole SID, and the archive knows none that begins so."
    assert account.app.log == []


def test_a_beginning_of_several_sids_names_them(filled: CommandLine, account: Served) -> None:
    now, sid = account.world.zero, account.world.account_sid
    both = [f"FN123456{last * 26}" for last in "ab"]
    with Archive.open(archive_path(filled.data_dir, sid), account_sid=sid) as archive:
        for fn in both:
            archive.write(Execution(fn, account.world.flows[0].sid, "ended", now, None, None))
    done = filled("find", "FN123456", "--offline")
    assert (done.code, done.sentence()) == (2, f"2 SIDs in the archive begin like FN123456: {', '.join(both)}.")


def test_an_account_is_nothing_to_look_for(sidscope: CommandLine, account: Served) -> None:
    own, other = account.world.account_sid, make_sid("AC", "other")
    done = sidscope("find", own)
    assert (done.code, done.sentence()) == (1, f"{short(own)} is this account: all that is in the list is its own.")
    assert "is another account: this one is" in sidscope("find", other).sentence()
    assert account.app.log == []


def test_a_known_archive_answers_without_any_request(sidscope: CommandLine, account: Served) -> None:
    sidscope("list", "--explain")
    true = truth(account)
    for target in targets(account).values():
        account.app.log.clear()
        done = sidscope("find", target, "--format", "json")
        assert (done.code, done.err) == (0, "") or "denied" in done.err
        assert sids(done) == related(true, target)
        assert account.kinds() == [] or "denied" in done.err
        offline = sidscope("find", target, "--format", "json", "--offline")
        assert (offline.code, offline.err) == (done.code, done.err)
        assert sids(offline) == sids(done)


@pytest.mark.parametrize(
    ("status", "code", "err"),
    [
        (503, 1, "sidscope: incomplete: 1 context could not be read\n"),
        (403, 1, "sidscope: incomplete: 1 context denied to these credentials\n"),
        (404, 0, ""),
    ],
)
def test_offline_it_says_what_could_not_be_read_and_what_is_pending_is_no_lack(
    sidscope: CommandLine, account: Served, monkeypatch: pytest.MonkeyPatch, status: int, code: int, err: str
) -> None:
    monkeypatch.setattr("sidscope.twilio_api.account.Policy", lambda: IMPATIENT)
    run = account.world.stories["new_after_task_completed"].runs[0]
    account.faulty.answer(f"{run.sid}/Context$", status)
    sidscope("list", "--since", account.since)
    done = sidscope("find", run.sid, "--offline", "--format", "json")
    assert sids(done) == {run.sid}
    assert (done.code, done.err) == (code, err)


@pytest.mark.parametrize(
    "story", ["new_after_task_completed", "new_after_close", "new_after_window", "unexplained", "handover", "reentry"]
)
def test_its_verdicts_are_those_of_list(sidscope: CommandLine, account: Served, story: str) -> None:
    """Though a list reads all flows, and this what one conversation needs: why a conversation is new depends on what
    its contact did before."""
    listed = sidscope("list", "--since", account.since, "--format", "json", "--data-dir", sidscope.home / "list")
    verdicts = {record["execution_sid"]: record["verdict"] for record in listed.records()}
    last = account.world.stories[story].runs[-1]
    assert last.talk is not None
    for target in (last.talk.sid, last.sid):
        folder = sidscope.home / f"find-{target}"
        found = sidscope("find", target, "--format", "json", "--data-dir", folder).json()["executions"]
        assert found
        for record in found:
            assert record["verdict"] == verdicts[record["execution_sid"]]


def test_records_are_as_list_has_them_and_what_was_read_stands_beside(sidscope: CommandLine, account: Served) -> None:
    listed = {r["execution_sid"]: r for r in sidscope("list", "--explain", "--format", "json").records()}
    run = account.world.stories["new_after_task_completed"].runs[1]
    done = sidscope("find", account.world.stories["new_after_task_completed"].runs[0].contact, "--format", "json")
    found = done.json()
    assert len(found["executions"]) == 2
    for record in found["executions"]:
        assert record == listed[record["execution_sid"]]
    assert found["executions"][-1]["execution_sid"] == run.sid  # oldest first
    assert found["executions"][-1]["verdict"] == "new_after_task"
    (closed,) = (it for it in found["conversations"] if it["sid"] == found["executions"][0]["conversation_sid"])
    assert closed["state"] == "closed"
    assert closed["date_created"].endswith("Z")
    (task,) = found["tasks"]
    assert (task["sid"], task["status"]) == (found["executions"][0]["task_sid"], "completed")


def test_a_step_that_was_read_leads_to_its_execution(sidscope: CommandLine, account: Served) -> None:
    """Steps are read by the explorer alone; afterwards their SIDs are known."""
    run = account.world.stories["reentry"].runs[0]
    sidscope("find", run.sid)
    step = Step(make_sid("FT", "one"), run.sid, run.flow.sid, "sent", "welcome", "ask")
    sid = account.world.account_sid
    with Archive.open(archive_path(sidscope.data_dir, sid), account_sid=sid) as archive:
        archive.write(StepsWrite(run.sid, (step,), account.world.zero))
    done = sidscope("find", step.sid, "--offline", "--format", "json")
    assert (done.code, done.json()["kind"]) == (0, "step")
    assert sids(done) == {run.sid}


def test_explain_spends_the_look_ups(sidscope: CommandLine, account: Served) -> None:
    story = account.world.stories["new_after_close"]
    sidscope("list")
    run = story.runs[1]
    (plain,) = sidscope("find", run.sid, "--format", "json").json()["executions"]
    (explained,) = sidscope("find", run.sid, "--explain", "--format", "json").json()["executions"]
    true = [r for r in account.world.truth(account.world.zero) if r["execution_sid"] == run.sid]
    assert differences([explained], true) == []
    assert (plain["verdict"], plain["verdict_basis"]) == ("unexplained", "unknown")
    assert (explained["verdict"], explained["verdict_basis"]) == ("new_after_close", "observed")


def test_a_call_says_what_was_read_of_it(sidscope: CommandLine, account: Served) -> None:
    call = account.world.stories["redirected_call"].runs[0].call
    assert call is not None
    found = sidscope("find", call.sid, "--format", "json").json()
    (read,) = found["calls"]
    assert (read["sid"], read["status"], read["from"]) == (call.sid, "completed", call.from_)
    assert len(found["executions"]) == 2


def test_a_deleted_conversation_is_found_by_its_executions(sidscope: CommandLine, account: Served) -> None:
    talk = account.world.stories["new_after_close_deleted"].runs[0].talk
    assert talk is not None
    done = sidscope("find", talk.sid, "--format", "json")
    assert sids(done) == related(truth(account), talk.sid) != set()
    (read,) = done.json()["conversations"]
    assert (read["sid"], read["read_status"], read["state"]) == (talk.sid, "gone", None)


@pytest.mark.parametrize("prefix", ["FN", "CH", "CA", "WT", "SM", "FT", "PN"])
def test_nothing_found_exits_1_and_says_so(sidscope: CommandLine, account: Served, prefix: str) -> None:
    nobody = make_sid(prefix, "nobody")
    done = sidscope("find", nobody, "--since", "1h", "--format", "json")
    assert done.code == 1
    assert f"Nothing about {nobody} was found at Twilio or in the archive" in done.err
    found = done.json()
    assert (found["query"], found["kind"], found["executions"]) == (nobody, KINDS[prefix], [])
    offline = sidscope("find", nobody, "--offline")
    assert (offline.code, offline.err) == (1, f"sidscope: Nothing about {nobody} was found in the archive.\n")


def test_the_tree_shows_the_story(sidscope: CommandLine, account: Served) -> None:
    story = account.world.stories["handover"]
    talk = story.runs[0].talk
    assert talk is not None
    done = sidscope("find", talk.sid)
    head, *lines = done.out.splitlines()
    assert head.startswith(talk.sid)
    assert "[active]" in head
    assert [line[3:37] for line in lines if line.startswith(("├─ ", "└─ "))] == list(story.sids)
    assert "handover" in done.out
    assert "\x1b" not in done.out


def test_the_tree_and_the_ticket_say_the_sentences_of_the_records(filled: CommandLine, account: Served) -> None:
    story = account.world.stories["stuck"]
    (record,) = filled("find", story.sids[0], "--format", "json", "--offline").json()["executions"]
    tree = filled("find", story.sids[0], "--offline").out
    ticket = filled("find", story.sids[0], "--offline", "--format", "markdown").out
    assert f"  ✦ {record['verdict_reason']}\n" in tree
    assert f"- ✦ {record['verdict_reason']}\n" in ticket
    for text in (tree, ticket):
        assert "⚠ stuck: Active, but without a sign of life since " in text


def test_the_ticket(filled: CommandLine, account: Served) -> None:
    story = account.world.stories["new_after_task_completed"]
    run = story.runs[0]
    assert run.talk is not None
    assert run.handoff is not None
    done = filled("find", run.contact, "--format", "markdown", "--offline")
    assert (done.code, done.err) == (0, "")
    head, _, account_line, written, contact, *_ = done.out.splitlines()
    assert head.startswith("# Twilio Studio: `whatsapp:+")
    assert "…" in head
    assert account_line == f"- Account: `{account.world.account_sid}`, region `us1`"
    assert written.endswith("Z (all times are UTC)")
    assert "whatsapp:+" in contact
    table = done.out[done.out.index("## SIDs") :]
    for sid in (*story.sids, run.talk.sid, run.handoff.task.sid, run.message_sid, account.world.account_sid):
        assert f"`{sid}`" in table
    number = run.contact.removeprefix("whatsapp:+")
    assert number not in done.out
    assert account.environment["TWILIO_API_SECRET"] not in done.out
    plain = filled("find", run.contact, "--format", "markdown", "--offline", "--no-mask")
    assert f"`{run.contact}`" in plain.out
    assert head != plain.out.splitlines()[0] == f"# Twilio Studio: `{run.contact}`"


@pytest.mark.parametrize("explain", [(), ("--explain",)])
def test_whatever_a_ticket_shortens_stands_in_it_in_full(
    sidscope: CommandLine, account: Served, explain: tuple[str, ...]
) -> None:
    """Also where what it speaks of is no part of it."""
    sidscope("list", "--since", account.since, *explain)
    shortened = 0
    for story in account.world.stories.values():
        ticket = sidscope("find", story.sids[-1], "--offline", "--format", "markdown", "--limit", "1").out
        whole = {short(sid) for sid in re.findall(r"`([A-Z]{2}[0-9a-f]{32})`", ticket)}
        named = set(re.findall(r"[A-Z]{2}[0-9a-f]{2}…[0-9a-f]{2}", ticket))
        shortened += len(named)
        assert named <= whole
    assert shortened > 20


def test_a_ticket_about_nothing_is_none(filled: CommandLine, account: Served) -> None:
    done = filled("find", make_sid("CH", "nobody"), "--format", "markdown", "--offline")
    assert (done.code, done.out) == (1, "")


@pytest.mark.parametrize("form", [(), ("--format", "json")])
def test_no_mask_goes_with_the_ticket(sidscope: CommandLine, form: tuple[str, ...]) -> None:
    done = sidscope("find", "+4915112345678", "--no-mask", *form)
    assert (done.code, done.sentence()) == (2, "--no-mask goes with --format markdown.")


def test_limit_gives_the_newest(sidscope: CommandLine, account: Served) -> None:
    target = account.world.stories["reentry"].runs[0].contact
    everything = sidscope("find", target, "--format", "json").json()["executions"]
    assert len(everything) == 3
    done = sidscope("find", target, "--limit", "2", "--format", "json")
    assert done.json()["executions"] == everything[1:]


def test_since_bounds_only_what_is_listed(sidscope: CommandLine, account: Served) -> None:
    run = account.world.stories["reentry"].runs[-1]
    since = (run.started - timedelta(minutes=1)).isoformat()
    first = sidscope("find", run.contact, "--since", since, "--format", "json")
    assert sids(first) == {run.sid}
    sidscope("list", "--since", account.since)
    again = sidscope("find", run.contact, "--since", since, "--format", "json")
    assert sids(again) == set(account.world.stories["reentry"].sids)


def test_what_happened_since_the_last_list_is_asked_for(
    sidscope: CommandLine, account: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the archive knows is no answer any more when it was listed long ago."""
    run = account.world.stories["reentry"].runs[0]
    assert run.talk is not None
    until = run.started + timedelta(minutes=2)
    sidscope("list", "--since", account.since, "--until", until.isoformat())
    assert sids(sidscope("find", run.talk.sid, "--offline", "--format", "json")) == {run.sid}
    assert sids(sidscope("find", run.talk.sid, "--format", "json")) == set(account.world.stories["reentry"].sids)


def test_more_than_fifty_requests_are_announced_on_stderr(sidscope: CommandLine, account: Served) -> None:
    done = sidscope("find", make_sid("KD", "nobody"), "--format", "json")
    announced, *_ = done.err.splitlines()
    assert announced.startswith("sidscope: ")
    assert announced.endswith(" requests.")
    assert done.json()["executions"] == []


def test_beside_states_that_were_read_the_tree_says_which_were_not() -> None:
    runs = [samples.record(1, group=1), samples.record(2, group=2), samples.record(3, group=3), samples.record(4)]
    read = [
        {"sid": samples.sid("CH", 1), "state": "closed", "read_status": "ok"},
        {"sid": samples.sid("CH", 2), "state": None, "read_status": "gone"},
    ]

    def heads(conversations: list[Any]) -> list[str]:
        out = io.StringIO()
        document = {"conversations": conversations, "calls": [], "tasks": []}
        write_tree(document, runs, out, columns=None)
        return [line.split("  ")[-1] for line in out.getvalue().splitlines() if line[0] in "CF"]

    assert heads(read)[:3] == ["[closed]", "[gone]", "[not read]"]
    assert "[" not in heads(read)[3]
    assert not any("[" in head for head in heads([]))
