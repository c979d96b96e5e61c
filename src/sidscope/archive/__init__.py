"""Memory: everything seen, in one SQLite file per account, and the index of every SID."""

from sidscope.archive.archive import Archive
from sidscope.archive.files import archive_path, archived_accounts, check_directory
from sidscope.archive.records import find_records, lookups_of, of_story, read_paths, read_records
from sidscope.archive.types import (
    ArchiveError,
    ArchiveInfo,
    ContextWrite,
    Coverage,
    Item,
    PurgeResult,
    StepContextWrite,
    StepsWrite,
    UnusableArchive,
    row_stamp,
)

__all__ = [
    "Archive",
    "ArchiveError",
    "ArchiveInfo",
    "ContextWrite",
    "Coverage",
    "Item",
    "PurgeResult",
    "StepContextWrite",
    "StepsWrite",
    "UnusableArchive",
    "archive_path",
    "archived_accounts",
    "check_directory",
    "find_records",
    "lookups_of",
    "of_story",
    "read_paths",
    "read_records",
    "row_stamp",
]
