"""Which record lies in which columns: one list per record, from which statements and conversions follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from sidscope.archive.codec import Value, moment, number, text, unmoment, untext
from sidscope.domain.records import Call, Conversation, Execution, Flow, Membership, ReadStatus, Step, Task
from sidscope.domain.value import names_of

T = TypeVar("T")

Kind = tuple[Callable[[Any], Value], Callable[[Any], Any]]
"""How a field is written and read back."""

TEXT: Final[Kind] = (text, untext)
TIME: Final[Kind] = (moment, unmoment)
NUMBER: Final[Kind] = (number, lambda value: value)
STATUS: Final[Kind] = (lambda status: status.value, ReadStatus)


class Shape(Generic[T]):
    """The columns of one record, in the order of its fields' names here."""

    def __init__(self, make: type[T], **columns: Kind) -> None:
        self._make = make
        self.names = tuple(columns)
        self.columns = ", ".join(f'"{name}"' for name in columns)
        self.marks = ", ".join("?" for _ in columns)
        self.assigned = ", ".join(f'"{name}" = ?' for name in columns)
        self._writers = tuple((name, kind[0]) for name, kind in columns.items())
        self._readers = tuple(kind[1] for kind in columns.values())
        # Rows are read by the hundred thousand: without names where the record's fields stand in the same order.
        self._in_order = self.names == names_of(make)

    def __len__(self) -> int:
        return len(self.names)

    def values(self, record: T) -> list[Value]:
        """The record as parameters of a statement."""
        return [write(getattr(record, name)) for name, write in self._writers]

    def record(self, values: Sequence[Any], **more: Any) -> T:
        """The record out of the first columns of a row, and what of it is not a column."""
        found = [value if value is None else read(value) for read, value in zip(self._readers, values, strict=False)]
        if self._in_order:
            return self._make(*found)
        return self._make(**dict(zip(self.names, found, strict=True)), **more)

    def prefixed(self, table: str) -> str:
        """The columns, for a statement with more than one table."""
        return ", ".join(f'{table}."{name}"' for name in self.names)


FLOW: Final = Shape(
    Flow,
    sid=TEXT,
    friendly_name=TEXT,
    status=TEXT,
    revision=NUMBER,
    date_created=TIME,
    date_updated=TIME,
)
EXECUTION: Final = Shape(
    Execution,
    sid=TEXT,
    flow_sid=TEXT,
    status=TEXT,
    date_created=TIME,
    date_updated=TIME,
    contact_channel_address=TEXT,
    initiated_by=TEXT,
    flow_version=NUMBER,
)
STEP: Final = Shape(  # its execution and flow are those of the row it belongs to
    Step,
    sid=TEXT,
    name=TEXT,
    transitioned_from=TEXT,
    transitioned_to=TEXT,
    type=TEXT,
    parent_step_sid=TEXT,
    date_created=TIME,
    date_updated=TIME,
)
CONVERSATION: Final = Shape(
    Conversation,
    sid=TEXT,
    read_status=STATUS,
    read_at=TIME,
    state=TEXT,
    chat_service_sid=TEXT,
    date_created=TIME,
    date_updated=TIME,
    date_closed=TIME,
)
TASK: Final = Shape(
    Task,
    sid=TEXT,
    read_status=STATUS,
    read_at=TIME,
    assignment_status=TEXT,
    workspace_sid=TEXT,
    reason=TEXT,
    date_created=TIME,
    date_updated=TIME,
    attributes=TEXT,
)
CALL: Final = Shape(
    Call,
    sid=TEXT,
    read_status=STATUS,
    read_at=TIME,
    status=TEXT,
    direction=TEXT,
    from_=TEXT,
    to=TEXT,
    parent_call_sid=TEXT,
    date_created=TIME,
    start_time=TIME,
    end_time=TIME,
)
MEMBERSHIP: Final = Shape(
    Membership,
    conversation_sid=TEXT,
    conversation_state=TEXT,
    chat_service_sid=TEXT,
    address=TEXT,
    proxy_address=TEXT,
    date_created=TIME,
    date_updated=TIME,
)
