"""Where the archive lies, who may read it, and what happens to a file that cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidscope.archive import Archive, ArchiveError, archive_path, archived_accounts, schema
from sidscope.archive.files import mark, mark_damaged

from .samples import ACCOUNT, body, context, execution, sid


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return archive_path(tmp_path / "data", ACCOUNT)


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def kept(path: Path) -> list[Path]:
    return sorted(file for file in path.parent.iterdir() if ".kept-" in file.name)


@pytest.mark.usefixtures("umask")
def test_directory_and_all_files_are_private_whatever_the_umask(path: Path) -> None:
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(execution(1))
        archive.flush()
        archive.known([sid("FN", 1)])
        assert mode(path.parent) == 0o700
        files = list(path.parent.iterdir())
        assert {file.name.removeprefix(path.name) for file in files} >= {"", "-wal", "-shm"}
        assert {mode(file) for file in files} == {0o600}


def test_wider_permissions_are_tightened(path: Path) -> None:
    Archive.open(path, account_sid=ACCOUNT).close()
    path.chmod(0o666)
    path.parent.chmod(0o755)
    Archive.open(path, account_sid=ACCOUNT).close()
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


def test_somebodys_own_directory_keeps_its_permissions(path: Path) -> None:
    path.parent.mkdir()
    (path.parent / "thesis.txt").touch()
    path.parent.chmod(0o755)
    Archive.open(path, account_sid=ACCOUNT).close()
    assert mode(path.parent) == 0o755
    assert mode(path) == 0o600


def test_a_directory_meant_for_everybody_stays_so(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o1777)
    for _ in range(2):
        Archive.open(path, account_sid=ACCOUNT).close()
        assert mode(path.parent) == 0o1777
        assert mode(path) == 0o600


def test_path_is_one_file_per_account(tmp_path: Path) -> None:
    assert archive_path(tmp_path, "ac" + "AB" * 16) == archive_path(tmp_path, "AC" + "ab" * 16)
    for bad in ("", "AC12", sid("FN", 1), "../../etc/passwd"):
        with pytest.raises(ValueError, match="not an account SID"):
            archive_path(tmp_path, bad)


def test_accounts_of_a_directory(tmp_path: Path) -> None:
    assert archived_accounts(tmp_path / "nothing") == []
    for account in (sid("AC", 2), sid("AC", 1)):
        Archive.open(archive_path(tmp_path, account), account_sid=account).close()
    (tmp_path / "other.sqlite3").touch()
    assert archived_accounts(tmp_path) == [sid("AC", 1), sid("AC", 2)]


@pytest.mark.parametrize(
    "content",
    [b"no database at all, but long enough to be taken for one" * 50, b"SQLite format 3\0" + b"\xff" * 5000, b"x"],
)
def test_a_file_that_is_no_database_is_set_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is not None
        archive.write(execution(1))
        archive.flush()
        assert archive.execution_count() == 1
    (aside,) = kept(path)
    assert aside.name.endswith("-corrupt")
    assert str(aside) in archive.notice
    assert aside.read_bytes() == content


def test_a_truncated_archive_is_set_aside(path: Path) -> None:
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(*(execution(number) for number in range(500)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is not None
        assert archive.execution_count() == 0
    assert [file.name.rpartition("-")[2] for file in kept(path)] == ["corrupt"]


def test_a_newer_archive_is_set_aside_with_its_side_files(path: Path) -> None:
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(execution(1))
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    db.execute("CREATE TABLE future (x)")
    log = path.with_name(path.name + "-wal")
    assert log.exists()
    saved = path.read_bytes(), log.read_bytes()
    db.close()
    path.write_bytes(saved[0])
    log.write_bytes(saved[1])  # as if the newer one had been killed

    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is not None
        assert "newer" in archive.notice
        assert archive.execution_count() == 0
    main = next(file for file in kept(path) if file.name.endswith("-newer"))
    assert sqlite3.connect(main).execute("SELECT count(*) FROM future").fetchone() == (0,)


def test_two_set_aside_in_one_second_do_not_overwrite_each_other(path: Path) -> None:
    path.parent.mkdir()
    for number in range(3):
        path.write_bytes(b"rubbish %d" % number)
        Archive.open(path, account_sid=ACCOUNT).close()
    assert {file.read_bytes() for file in kept(path)} == {b"rubbish 0", b"rubbish 1", b"rubbish 2"}


def test_another_programs_database_is_not_taken_over(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE precious (x)")
    db.close()
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is not None
    (aside,) = kept(path)
    assert aside.name.endswith("-foreign")


def test_another_accounts_archive_is_never_shown(tmp_path: Path) -> None:
    other = sid("AC", 0xBAD)
    with Archive.open(archive_path(tmp_path, other), account_sid=other) as archive:
        archive.write(execution(1))
    archive_path(tmp_path, other).rename(archive_path(tmp_path, ACCOUNT))
    with Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT) as archive:
        assert archive.execution_count() == 0
        assert archive.notice is not None


def test_damage_met_in_use_is_checked_at_the_next_start(path: Path) -> None:
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(*(execution(number) for number in range(2000)))
    content = bytearray(path.read_bytes())
    for page in range(60, len(content) // 4096):
        content[page * 4096 : page * 4096 + 512] = b"\xff" * 512
    path.write_bytes(content)
    archive = Archive.open(path, account_sid=ACCOUNT)  # header and schema are sound
    assert archive.notice is None
    with pytest.raises(ArchiveError, match="damaged: start sidscope again"):
        archive.window()
    archive.close()
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is not None
        assert archive.window() == []
    assert len(kept(path)) == 1


@pytest.mark.parametrize("change", ["body = substr(body, 1, 20)", "body = x'ff00ff'", "codec = 99"])
def test_a_damaged_value_is_an_archive_error(path: Path, change: str) -> None:
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(execution(1), context(execution(1), body(1)))
    db = sqlite3.connect(path)
    db.execute(f"UPDATE contexts SET {change}")  # noqa: S608
    db.commit()
    db.close()
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        with pytest.raises(ArchiveError, match="damaged"):
            archive.context(sid("FN", 1))
        assert archive.execution_count() == 1


def test_a_false_alarm_keeps_the_archive(path: Path) -> None:
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(execution(1))
    mark_damaged(path)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is None
        assert archive.execution_count() == 1
    assert not mark(path).exists()


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(ArchiveError, match="is a file, not a directory: choose another with --data-dir"):
            Archive.open(archive_path(place, ACCOUNT), account_sid=ACCOUNT)


def test_a_directory_in_the_place_of_the_file(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(ArchiveError, match="is a directory where the archive should be"):
        Archive.open(path, account_sid=ACCOUNT)


@pytest.mark.parametrize(("target", "bits"), [("parent", 0o500), ("parent", 0o000), ("file", 0o400), ("file", 0o000)])
def test_without_permission(tmp_path: Path, target: str, bits: int) -> None:
    """Run as nobody where the tests run as root, whom permissions do not stop."""
    script = """
        import os, sys
        from pathlib import Path
        from sidscope.archive import Archive, ArchiveError, archive_path
        import sidscope.archive.writer  # while it can be read
        if os.geteuid() == 0:
            os.setgid(65534), os.setuid(65534)
        root, account, target, bits = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
        path = archive_path(root / "data", account)
        Archive.open(path, account_sid=account).close()
        if target == "parent":
            (path.parent / "somebody's own").touch()
            path.unlink()
        (path.parent if target == "parent" else path).chmod(bits)
        try:
            Archive.open(path, account_sid=account)
        except ArchiveError as error:
            print(error)
    """
    tmp_path.chmod(0o777)
    for above in tmp_path.parents:
        if above.stat().st_uid == os.geteuid() and above.name.startswith(("pytest", "popen")):
            above.chmod(0o755)
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path), ACCOUNT, target, str(bits)],
        capture_output=True,
        text=True,
    )
    if target == "file":  # the owner's own file: made usable again
        assert (said.stdout, said.stderr) == ("", "")
    else:
        assert "--data-dir" in said.stdout, said.stderr
        assert said.stdout.count("\n") == 1


def test_reading_where_the_directory_is_a_file_says_so(path: Path) -> None:
    path.parent.touch()
    with pytest.raises(ArchiveError, match="is a file, not a directory"):
        Archive.open(path, account_sid=ACCOUNT, read_only=True)


def test_read_only_touches_nothing(path: Path) -> None:
    with pytest.raises(ArchiveError, match="There is no archive"):
        Archive.open(path, account_sid=ACCOUNT, read_only=True)
    assert not path.parent.exists()
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(execution(1))
    before = path.read_bytes()
    with Archive.open(path, account_sid=ACCOUNT, read_only=True) as archive:
        assert archive.execution_count() == 1
        with pytest.raises(ArchiveError, match="read only"):
            archive.write(execution(2))
        with pytest.raises(ArchiveError, match="read only"):
            archive.purge(execution(1).started)
    assert path.read_bytes() == before
    path.write_bytes(b"rubbish" * 1000)
    with pytest.raises(ArchiveError, match="damaged"):
        Archive.open(path, account_sid=ACCOUNT, read_only=True)
    assert kept(path) == []


def test_every_migration_makes_its_version_in_one_transaction(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "new", isolation_level=None)
    schema.migrate(db, ACCOUNT)
    assert schema.version_of(db) == schema.VERSION
    schema.migrate(db, ACCOUNT)
    assert db.execute("SELECT sid FROM account").fetchall() == [(ACCOUNT,)]
    assert db.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)


def test_a_failed_migration_leaves_the_old_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive_path(tmp_path, ACCOUNT)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(execution(1))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE more (x);\nCREATE TABLE more (x);"))
        patch.setattr(schema, "VERSION", schema.VERSION + 1)
        with pytest.raises(ArchiveError, match="already exists"):
            Archive.open(path, account_sid=ACCOUNT)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is None
        assert archive.execution_count() == 1


def test_a_migration_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive_path(tmp_path, ACCOUNT)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(execution(1))
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE more (x);"))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with pytest.raises(ArchiveError, match="older version"):
        Archive.open(path, account_sid=ACCOUNT, read_only=True)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is None
        assert archive.execution_count() == 1
        assert archive.info().schema_version == schema.VERSION
