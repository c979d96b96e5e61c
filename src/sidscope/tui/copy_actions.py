"""What the commands that copy do, and the Console. Mixed into the app."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sidscope.archive import Archive, read_paths
from sidscope.domain.console import console_url
from sidscope.domain.record import Record
from sidscope.domain.sids import is_sid, same_sid, short, sids_in
from sidscope.domain.spelling import one_thing
from sidscope.domain.ticket import Account, rows_as_markdown, rows_as_tsv, ticket_pack
from sidscope.safetext import csv_cell, mask_address, safe
from sidscope.tui import chrome, copying, discretion
from sidscope.tui.actions import Actions
from sidscope.tui.browser import Browser
from sidscope.tui.commands import CONTEXT, LIST, MENU, TABS
from sidscope.tui.copying import Choice, recent_choices, record_json, sid_choices, value_choice
from sidscope.tui.groups import record_key
from sidscope.tui.words import count

if TYPE_CHECKING:
    from sidscope.tui.widgets.copy_menu import CopyMenu

SHOWN = 200
"""Characters of what was copied that the toast shows."""


class CopyActions(Actions):
    """Copying; what else the app can do is in :class:`~sidscope.tui.actions.Actions`."""

    archive: Archive
    now: Callable[[], datetime]
    region: str | None
    browser: Browser
    recent: deque[str]

    # --- one value

    def value_here(self) -> str | None:
        """The SID or value under the cursor."""
        pane = self.situation.pane
        if pane == LIST:
            return chrome.sid_under_cursor(self.session)
        if pane == CONTEXT:
            return self.pane.context.value
        row = self.pane.rows(pane).row if pane in TABS else None
        return row.value if row else None

    def do_copy(self) -> None:
        value = self.value_here()
        if value is None:
            self.notify("Nothing to copy here", markup=False, timeout=3)
        else:
            self.copy(value)

    def copy(self, value: str, told: str = "") -> None:
        """Copies off the loop and says how it went; ``told`` says what it is where it is long."""
        self.remember(value)
        self.feed.spawn(self._copy(value, told))

    def remember(self, value: str) -> None:
        """Keeps what was copied, to be taken again."""
        if value in self.recent:
            self.recent.remove(value)
        self.recent.append(value)

    async def _copy(self, value: str, told: str = "") -> None:
        self.copied = copied = await self.feed.in_thread(lambda: self.copier.copy(value))
        lines = value.count("\n")
        shown = safe(value, SHOWN) if not told else f"{told}: {count(lines, 'line')}" if lines > 1 else told
        self.notify(f"{shown}\n{copied.sentence}", markup=False, timeout=5)

    # --- the menu

    @property
    def menu(self) -> CopyMenu:
        """The menu of what can be copied."""
        from sidscope.tui.widgets.copy_menu import CopyMenu

        return self.query_one(CopyMenu)

    def do_copy_menu(self) -> None:
        record = self.record_here
        choices = list(self._choices(record)) if record else self._again()
        self._open_menu("a letter, or ↑ ↓ and enter; esc closes", choices)

    _before_menu = LIST

    def _open_menu(self, title: str, choices: list[Choice]) -> None:
        if self.situation.pane != MENU:
            self._before_menu = self.situation.pane
        self.menu.open(title, choices, max(4, self.size.height // 2))

    def _choices(self, record: Record) -> Iterator[Choice]:
        record = discretion.record(record)
        marked = self.session.marked_records()
        if marked:
            masked = discretion.masked()
            number = f"{len(marked):,} marked"
            yield _words(
                copying.TSV,
                f"{number} as TSV",
                f"a table for a spreadsheet, addresses {'masked' if masked else 'in full'}",
                lambda: rows_as_tsv(marked, mask=mask_address if masked else str, clean=csv_cell),
            )
            yield _words(
                copying.MARKDOWN,
                f"{number} as Markdown",
                "a table for a ticket, addresses masked",
                lambda: rows_as_markdown(marked, mask=mask_address, clean=safe),
            )
        here = self.value_here()
        detail = self.pane.detail
        detail = detail if detail is not None and detail.key == record_key(record) else None
        others = [here] if here and is_sid(here) else list(sids_in(here))[:5] if here and len(here) < 10_000 else []
        if here and not is_sid(here):
            yield value_choice(copying.VALUE, "under the cursor", here)
        yield from sid_choices(record, detail.facts if detail else None, others)
        url = self._url(record.execution_sid)
        if url:
            yield value_choice(copying.CONSOLE, "Console link", url)
        yield _words(
            copying.JSON,
            "execution as JSON",
            "as `list --format json` has it",
            lambda: record_json(self._whole(record)),
        )
        story = f"{count(len(detail.story), 'execution')}, " if detail else ""
        yield _words(
            copying.TICKET,
            "ticket pack",
            f"Markdown: {story}verdicts, last steps, every SID; addresses masked",
            lambda: self._ticket(record),
        )._replace(steps_of=record.execution_sid)
        if self.recent:
            yield _words(copying.RECENT, "copied before", f"the last {len(self.recent)}", lambda: "")

    def _again(self) -> list[Choice]:
        return recent_choices([value for value in self.recent if not discretion.masked() or is_sid(value)])

    def _whole(self, record: Record) -> Record:
        """The record with all its evidence, read from the archive: call it off the loop."""
        detail = self.feed.reader.detail(record_key(record))
        return discretion.record(detail.record) if detail else record

    def _ticket(self, record: Record) -> str:
        """The story of an execution for a ticket, read from the archive: call it off the loop."""
        detail = self.feed.reader.detail(record_key(record), related=True)
        story = detail.story if detail else [record]
        return ticket_pack(
            story,
            Account(self.archive.account_sid, self.region),
            now=self.now().replace(microsecond=0),
            mask=mask_address,
            clean=safe,
            paths=read_paths(self.archive, map(record_key, story), now=self.now()),
            about=record.execution_sid,
        )

    def on_copy_menu_picked(self, event: CopyMenu.Picked) -> None:
        choice = event.choice
        if choice.letter == copying.RECENT and not choice.stranger:
            self._open_menu("what was copied before, the newest first", self._again())
            return
        self._close_menu()
        self.feed.spawn(self._make_and_copy(choice))

    async def _make_and_copy(self, choice: Choice) -> None:
        if choice.steps_of is not None:
            await self.have_steps(choice.steps_of)
        value = await self.feed.in_thread(choice.make)
        self.copy(value, choice.told)

    async def have_steps(self, fn: str) -> None:
        """Waits until the steps of an execution are in the archive, as far as Twilio gives them."""
        raise NotImplementedError

    def on_copy_menu_closed(self) -> None:
        self._close_menu()

    def _close_menu(self) -> None:
        self.menu.close()
        self.focus_pane(self._before_menu if self._before_menu in (LIST, *TABS) else LIST)

    # --- the Console

    def _url(self, sid: str) -> str | None:
        record, detail = self.session.selected, self.pane.detail
        facts = detail.facts if detail is not None and record is not None and detail.key == record_key(record) else None
        workspaces = [handoff.workspace_sid for handoff in facts.handoffs if handoff.workspace_sid] if facts else []
        return console_url(
            sid,
            region=self.region,
            flow_sid=record.flow_sid if record and same_sid(record.execution_sid, sid) else None,
            service_sid=facts.service_sid if facts else None,
            workspace_sid=workspaces[0] if workspaces else None,
        )

    def do_console(self) -> None:
        record, here = self.session.selected, self.value_here()
        url = self._url(here) if here and is_sid(here) else None
        if url is None and record is not None:
            url = self._url(record.execution_sid)
        if url is None:
            self.notify("The Console has no page for this", markup=False, timeout=3)
        else:
            self.feed.spawn(self._to_console(url))

    async def _to_console(self, url: str) -> None:
        reason = await self.feed.in_thread(lambda: self.browser.open(url))
        if reason is None:
            self.notify(f"{safe(url, SHOWN)}\nopened in the browser", markup=False, timeout=4)
            return
        self.copy(url, told=f"Not opened: {reason}. Link to {short(one_thing(url) or url)}")


def _words(letter: str, what: str, words: str, make: Callable[[], str]) -> Choice:
    return Choice(letter, what, words, make, told=what, stranger=False)
