"""What is typed wrongly, credentials, and archives that cannot be used: one sentence and the right exit code."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import sidscope as package
from sidscope.archive import Archive, ContextWrite
from sidscope.cli import _WHERE
from sidscope.commands.options import COMMANDS, nearest_command
from sidscope.demo.account import make_sid
from sidscope.domain.records import Context, Execution, ReadStatus
from tests.cli.conftest import CommandLine, Served

AC = make_sid("AC", "somebody")


@pytest.fixture
def known(sidscope: CommandLine) -> CommandLine:
    """Credentials of an account that nobody serves: nothing may be asked."""
    sidscope.environment |= {
        "TWILIO_ACCOUNT_SID": AC,
        "TWILIO_AUTH_TOKEN": "hush",
        "SIDSCOPE_API_URL": "http://127.0.0.1:1",
    }
    return sidscope


# --- words


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "FN123"], "not a SID"),
        (["list", "CH" + "0" * 31], "not a SID"),
        (["list", "--", "FN" + "0" * 33], "not a SID"),
        (["list", "colour:blue"], "unknown term colour"),
        (["list", "status:asleep"], "asleep"),
        (["list", "-channel:pigeon"], "pigeon"),
        (["list", 'flow:"open'], "quote"),
        (["list", "--since", "yesterday"], "--since"),
        (["list", "--since", ""], "--since"),
        (["list", "--until", "soon"], "--until"),
        (["list", "--since", "1h", "--until", "2h"], "--until"),
        (
            ["find", "FN332"],
            "FN332 is not a SID: a SID is two letters and 32 hexadecimal digits; of one that the archive",
        ),
        (["list", "--limit", "0"], "--limit 0 would show nothing: give 1 or more."),
        (["list", "--limit", "-1"], "--limit -1 would show nothing: give 1 or more."),
        (["list", "--limit", "many"], "--limit 'many' is no number"),
        (["list", "--format", "xml"], "--format"),
        (["list", "--stuck-after", "long"], "--stuck-after"),
        (["list", "--since"], "--since"),
        (["list", "--sinc", "1h"], "--sinc"),
        (["list", "--colour"], "--colour"),
        (["list", "--colour=blue"], "--colour"),
        (["--format", "json"], "--format"),
        (["find"], "find needs"),
        (["find", "FN123"], "not a SID"),
        (["find", "FNzz"], "not a SID"),
        (["find", "FN68…fa"], "not a SID"),
        (["find", "+"], "neither"),
        (["find", "whatsapp:"], "neither"),
        (["find", "one", "two"], "neither"),
        (["find", "CH" + "g" * 32], "not a SID"),
        (["find", "--format", "csv", "+491"], "--format"),
        (["archive"], "archive info"),
        (["archive", "burn"], "archive info"),
        (["archive", "purge"], "--older-than"),
        (["archive", "purge", "--older-than", "long ago"], "--older-than"),
        (["--profile", "nobody", "list"], "nobody"),
        (["--profile", "nobody", "list", "--demo"], "--demo is the simulated account: leave out --profile."),
        (["list", "--data-dir", "~nobody-at-all/x"], "nobody"),
    ],
)
def test_wrong_usage_is_one_sentence_and_2(known: CommandLine, arguments: list[str], said: str) -> None:
    done = known(*arguments)
    assert done.code == 2
    assert said in done.sentence()


@pytest.mark.parametrize(
    ("word", "command"),
    [("lst", "list"), ("fnd", "find"), ("doctr", "doctor"), ("stat", "stats"), ("lost property", None), ("menu", None)],
)
def test_one_word_that_is_nearly_a_command_is_known_for_it(word: str, command: str | None) -> None:
    assert nearest_command(word) == command
    assert set(COMMANDS) == set(_WHERE) - {"explore"}


def test_the_explorer_needs_a_terminal(known: CommandLine) -> None:
    for arguments in (("--demo", "status:active"), ("--", "list")):
        done = known.process(*arguments)
        assert done.code == 2
        assert "terminal" in done.sentence()


def test_help_and_version(sidscope: CommandLine) -> None:
    assert sidscope("--version").out == f"sidscope {package.__version__}\n"
    assert sidscope("list", "--version").code == 0
    common = ("--demo", "--profile", "--since", "--until", "--explain", "--data-dir", "--limit")
    for command, without in (
        ([], ()),
        (["list"], ()),
        (["find"], ()),
        (["archive"], ("--demo", "--since", "--until", "--explain", "--limit")),
        (["doctor"], ("--since", "--until", "--explain", "--limit")),
    ):
        for flag in ("--help", "-h"):
            done = sidscope(*command, flag)
            assert (done.code, done.err) == (0, "")
            assert done.out.startswith("usage: sidscope")
            for option in common:
                assert (option in done.out) == (option not in without)
            assert "exit codes" in done.out


def test_options_stand_before_or_after_the_command_and_the_query(sidscope: CommandLine, account: Served) -> None:
    sidscope("list", "--since", account.since)
    options = ["--since", account.since, "--offline", "--format", "jsonl", "--limit=5"]
    expected = sidscope("list", "status:ended", *options)
    assert len(expected.records()) == 5
    assert sidscope(*options, "list", "status:ended") == expected
    assert sidscope(*options[:3], "list", *options[3:], "--", "status:ended") == expected
    assert sidscope("--limit", "5", "list", *options[:5], "status:ended") == expected


# --- credentials


def test_no_credentials_is_3_and_says_what_to_do(sidscope: CommandLine) -> None:
    for arguments in (("list",), ("find", AC.replace("AC", "CH")), ("list", "--offline"), ("archive", "info")):
        done = sidscope(*arguments)
        assert done.code == 3
        assert "TWILIO_ACCOUNT_SID" in done.sentence()


def test_the_environment_with_an_api_key_or_the_auth_token(sidscope: CommandLine, account: Served) -> None:
    assert sidscope("list", "--limit", "1", "--since", "1h").code in (0, 1)
    token = account.world.credentials(api_key=False)
    sidscope.environment = {
        "SIDSCOPE_API_URL": account.url,
        "TWILIO_ACCOUNT_SID": token.account_sid,
        "TWILIO_AUTH_TOKEN": token.password,
    }
    assert sidscope("list", "--limit", "1", "--since", "1h").code in (0, 1)


def write_profiles(directory: Path, account: Served, active: str | None = "mine") -> None:
    login = account.world.credentials()
    entry = {"accountSid": login.account_sid, "apiKey": login.username, "apiSecret": login.password, "region": None}
    directory.mkdir(parents=True)
    config = {"profiles": {"mine": entry, "wrong": entry | {"apiSecret": "wrong"}}, "activeProject": active}
    (directory / "config.json").write_text(json.dumps(config))


def test_profiles_of_twilio_cli(sidscope: CommandLine, account: Served) -> None:
    directory = sidscope.home / "elsewhere"
    write_profiles(directory, account)
    sidscope.environment = {"SIDSCOPE_API_URL": account.url, "TWILIO_CONFIG_DIR": str(directory)}
    assert sidscope("list", "--since", "1h").code in (0, 1)
    assert sidscope("list", "--since", "1h", "--profile", "mine").code in (0, 1)
    refused = sidscope("list", "--since", "1h", "--profile=wrong")
    assert refused.code == 3
    assert "--profile" in refused.sentence()
    unknown = sidscope("list", "--profile", "other")
    assert unknown.code == 2
    assert "'other'" in unknown.sentence()
    assert "'mine'" in unknown.sentence()
    (directory / "config.json").write_text('{"profiles": {')
    broken = sidscope("list")
    assert broken.code == 2
    assert str(directory / "config.json") in broken.sentence()
    assert sidscope("list", "--since", "1h", **account.environment).code in (0, 1)  # not even opened


def test_a_profile_in_the_home_directory(sidscope: CommandLine, account: Served) -> None:
    write_profiles(sidscope.home / ".twilio-cli", account)
    sidscope.environment = {"SIDSCOPE_API_URL": account.url}
    assert sidscope.process("list", "--since", "1h", "--limit", "1").code in (0, 1)


def test_a_secret_is_never_shown(sidscope: CommandLine, account: Served) -> None:
    account.faulty.answer("Executions$", 401)
    done = sidscope.process("list")
    assert done.code == 3
    assert account.environment["TWILIO_API_SECRET"] not in done.err
    assert done.sentence()


def test_bad_settings(known: CommandLine) -> None:
    assert known("list", SIDSCOPE_API_URL="http://host/path").code == 2
    assert known("list", TWILIO_ACCOUNT_SID="AC123").code == 2


# --- archives


def archive_of(known: CommandLine) -> Path:
    return known.data_dir / f"{AC}.sqlite3"


def fill(known: CommandLine) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with Archive.open(archive_of(known), account_sid=AC) as archive:
        for days in (0, 10, 40):
            row = Execution(
                make_sid("FN", days),
                make_sid("FW", 1),
                "ended",
                now - timedelta(days=days, hours=1),
                None,
                "+491512345",
            )
            archive.write(row)
            body = {"trigger": {"message": {"From": "+491512345"}}}
            archive.write(ContextWrite(Context(row.sid, ReadStatus.OK, now, body), row))


def test_archive_info_and_purge(known: CommandLine) -> None:
    fill(known)
    info = known("archive", "info")
    assert (info.code, info.err) == (0, "")
    told = dict(line.split(maxsplit=1) for line in info.out.splitlines())
    assert (told["account"], told["file"], told["executions"]) == (AC, str(archive_of(known)), "3")
    known.environment.clear()  # one archive: whose it is needs no credentials
    purged = known("archive", "purge", "--older-than", "30d")
    assert (purged.code, purged.err) == (0, "")
    assert purged.out.startswith("Forgot 1 execution")
    assert known("--older-than", "1d", "archive", "purge").out.startswith("Forgot 1 execution")
    done = known("list", "--offline", "--since", "90d", "--format", "jsonl")
    assert [record["execution_sid"] for record in done.records()] == [make_sid("FN", 0)]


@pytest.mark.parametrize(("config", "left"), [("", 2), ("keep = '1h'", 0), ("keep = 'forever'", 3), ("keep = '3", 3)])
def test_what_is_older_than_twilio_keeps_it_is_forgotten_by_itself(known: CommandLine, config: str, left: int) -> None:
    fill(known)
    path = known.home / "config.toml"
    path.write_text(config)
    assert known("list", "--offline", "--since", "90d", "--format", "jsonl", SIDSCOPE_CONFIG=str(path)).code == 0
    info = dict(line.split(maxsplit=1) for line in known("archive", "info").out.splitlines())
    assert int(info["executions"]) == left


def test_what_is_wrong_in_the_configuration_is_said_once_and_the_rest_counts(known: CommandLine) -> None:
    fill(known)
    path = known.home / "config.toml"
    path.write_text("utc = 'yes'\ncolour = 1\nkeep = '1h'\n")
    for arguments in (("list",), ("find", make_sid("FN", 0)), ("stats",), ("archive", "info")):
        done = known(*arguments, "--offline", "--since", "90d", SIDSCOPE_CONFIG=str(path))
        said = [line for line in done.err.splitlines() if str(path) in line]
        told = f"sidscope: {path}:2: there is no setting 'colour'. And 1 more: sidscope doctor lists them."
        assert said == [told]
        assert done.out != "" or arguments[0] == "find"  # keep = '1h' has forgotten it


def test_looking_makes_no_archive(known: CommandLine) -> None:
    for arguments in (("archive", "info"), ("archive", "purge", "--older-than", "1d"), ("list", "--offline")):
        done = known(*arguments)
        assert done.code == 1
        assert "no archive" in done.sentence()
        assert not known.data_dir.exists()


def test_the_archive_is_private_and_where_it_was_asked_for(sidscope: CommandLine, account: Served) -> None:
    wanted = sidscope.home / "some where"
    assert sidscope("list", "--since", "1h", "--data-dir", wanted).code in (0, 1)
    (archive,) = wanted.glob("*.sqlite3")
    assert archive.name == f"{account.world.account_sid}.sqlite3"
    assert (wanted.stat().st_mode & 0o777, archive.stat().st_mode & 0o777) == (0o700, 0o600)
    assert not sidscope.data_dir.exists()


@pytest.mark.parametrize("trouble", ["corrupt", "newer"])
@pytest.mark.parametrize(
    "arguments", [("list", "--offline"), ("find", AC.replace("AC", "CH"), "--offline"), ("archive", "info")]
)
def test_an_archive_that_cannot_be_used_is_kept_aside_and_that_is_said(
    known: CommandLine, trouble: str, arguments: tuple[str, ...]
) -> None:
    fill(known)
    path = archive_of(known)
    if trouble == "newer":
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 999")
        db.close()
    else:
        path.write_bytes(b"this is no database " * 500)
    before = path.read_bytes()
    done = known(*arguments)
    assert done.code == (1 if arguments[0] == "find" else 0)
    (kept,) = known.data_dir.glob(f"*kept-*-{trouble}")
    assert kept.read_bytes() == before
    notice = done.err.splitlines()[0]
    assert notice.startswith("sidscope: The archive ")
    assert str(kept) in notice
    assert str(kept) not in known(*arguments).err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_directory_without_permission(known: CommandLine) -> None:
    known.data_dir.mkdir()
    (known.data_dir / "notes").touch()  # not sidscope's alone, so it keeps its permissions
    known.data_dir.chmod(0o500)
    done = known("list")
    assert done.code == 1
    assert str(known.data_dir) in done.sentence()


def test_a_data_directory_that_is_a_file(known: CommandLine) -> None:
    known.data_dir.write_text("mine")
    for arguments in (("list",), ("find", AC.replace("AC", "CH"))):
        done = known(*arguments)
        assert done.code == 1
        assert str(known.data_dir) in done.sentence()
    assert known.data_dir.read_text() == "mine"
