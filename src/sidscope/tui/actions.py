"""What the commands of the table do: one ``do_<id>`` each. Mixed into the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.actions import SkipAction

from sidscope.domain.record import Record
from sidscope.tui import chrome
from sidscope.tui.accounts import Accounts
from sidscope.tui.clipboard import Clipboard, Copied
from sidscope.tui.commands import (
    BOX,
    CONTEXT,
    HELP,
    LIST,
    MENU,
    PALETTE,
    RULES,
    SIDS,
    STORY,
    SYNC,
    TABS,
    Command,
    Situation,
    blocked,
)
from sidscope.tui.dressed import DressedApp
from sidscope.tui.engine import Engine
from sidscope.tui.feed import Feed
from sidscope.tui.finding import Finding
from sidscope.tui.groups import Kind
from sidscope.tui.session import Change, Session
from sidscope.tui.widgets.execution_list import ExecutionList
from sidscope.tui.widgets.filter_box import FilterBox
from sidscope.tui.widgets.line_view import LineView
from sidscope.tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from sidscope.sync.progress import SyncState
    from sidscope.tui.app import ExplorerApp
    from sidscope.tui.widgets.detail_pane import DetailPane


class Actions(DressedApp):
    """The commands; what they need of the app is declared here."""

    session: Session
    feed: Feed
    list: ExecutionList
    pane: DetailPane
    box: FilterBox
    finding: Finding
    engine: Engine | None
    state: SyncState | None
    copied: Copied | None
    copier: Clipboard
    accounts: Accounts
    commands: Sequence[Command]
    complaints: Sequence[str]
    acted = False
    """Whether the user has done anything yet."""
    begun = False
    """Whether all parts are there and can be shown something: at first there are the list and what stands around it."""

    def _explorer(self) -> ExplorerApp:
        from sidscope.tui.app import ExplorerApp

        assert isinstance(self, ExplorerApp)  # noqa: S101
        return self

    # Other parts of the app do these: whoever mixes in this one without them has forgotten something.

    def show_change(self, change: Change, *, reveal: bool = False) -> None:
        """Brings list, detail and titles up to date with the session."""
        raise NotImplementedError

    def ask(self, record: Record, *, agreed: bool = False) -> None:
        """Has Twilio asked for what the detail of this execution needs; ``agreed``: whatever it costs."""
        raise NotImplementedError

    def ask_again(self, record: Record) -> None:
        """Has Twilio asked again for what a tab shows that is read on demand."""

    def repaint_chrome(self) -> None:
        """Brings the lines around list and detail up to date."""
        raise NotImplementedError

    @property
    def situation(self) -> Situation:
        """Where the user is, for what is possible now."""
        focused = self.focused
        pane = LIST
        if self.screen.has_class("helping"):
            pane = HELP
        elif focused is not None and focused.id in ("box", "search"):
            pane = BOX
        elif focused is not None and focused.id == "copying":
            pane = MENU
        elif focused is not None and focused.id == "wish":
            pane = PALETTE
        elif focused is not None and focused.id in (*TABS, SYNC, RULES):
            pane = focused.id
        record = self.session.selected
        here = self.record_here
        picture = self.pane.picture if self.begun else None
        return Situation(
            pane=pane,
            selected=record is not None,
            conversation=here is not None and bool(here.conversation_sid or here.call_sid),
            held=self.session.held,
            online=self.engine is not None,
            filtered=bool(self.box.text),
            marked=len(self.session.marked),
            asking=self.finding.asking,
            opening=self.finding.opening,
            past=self.finding.trail.has_past,
            future=self.finding.trail.has_future,
            zoom=picture.view.zoom if picture and picture.drawn else None,
            profiles=self.accounts.others,
        )

    @property
    def record_here(self) -> Record | None:
        """The execution that the cursor is on: in the story that of the sentence, else the list's."""
        focused = self.focused
        row = self.pane.story.row if focused is not None and focused.id == STORY else None
        here = self.session.get(row.goto) if row is not None and row.goto else None
        return here or self.session.selected

    def action_command(self, name: str) -> None:
        """Runs a command of the table, or says why it does nothing now."""
        command, now = next(each for each in self.commands if each.id == name), self.situation
        self.acted = True
        self.session.settle()
        reason = blocked(command, now)
        if reason is None:
            getattr(self, f"do_{name}")()
            self.repaint_chrome()
        elif command.id == "back" and now.pane == LIST:
            pass  # pressed to be sure that one is out of everything
        elif now.pane in command.where:
            self.notify(f"{command.name}: {reason}", markup=False, timeout=3)
        else:
            raise SkipAction  # the key may mean something else here

    def _view(self) -> LineView:
        focused = self.focused
        return focused if isinstance(focused, LineView) else self.list

    def do_down(self) -> None:
        self._view().move(1)

    def do_up(self) -> None:
        self._view().move(-1)

    def do_page_down(self) -> None:
        self._view().page(1)

    def do_page_up(self) -> None:
        self._view().page(-1)

    def do_home(self) -> None:
        self._view().home()

    def do_end(self) -> None:
        self._view().end()

    def do_next_pane(self) -> None:
        self.focus_pane(LIST if self.situation.pane in TABS else self.pane.tab)

    do_previous_pane = do_next_pane

    def focus_pane(self, name: str) -> None:
        """Takes the user to the list or to a tab of the detail."""
        self.screen.remove_class("helping", "syncing", "ruling", "choosing")
        if name != LIST:
            self.pane.switch(name)
        self.screen.set_class(name != LIST, "reading")
        self.screen.set_focus(self.list if name == LIST else self.pane.view(name))  # at once: the next key is its own

    def do_enter(self) -> None:
        pane = self.situation.pane
        if pane == LIST:
            cursor = self.session.cursor
            if cursor is not None and cursor.kind is Kind.GROUP:
                self.show_change(self.session.fold(), reveal=True)
            else:
                self.focus_pane(self.pane.tab)
        elif pane == CONTEXT:
            self.pane.context.fold()
        elif pane == STORY and self.pane.story.row and self.pane.story.row.goto:
            self.finding.go_to(self.pane.story.row.goto)

    @on(LineView.Chosen)
    def _chosen(self) -> None:
        self.action_command("enter")

    def do_back(self) -> None:
        pane = self.situation.pane
        if pane == LIST:
            if self.box.text:
                self.do_clear_filter()
        else:
            self.focus_pane(LIST)

    def do_unfold(self) -> None:
        self._fold(False)

    def do_fold(self) -> None:
        self._fold(True)

    def _fold(self, folded: bool) -> None:
        if self.situation.pane == CONTEXT:
            self.pane.context.fold(folded)
        else:
            self.show_change(self.session.fold(folded), reveal=True)

    def do_fold_all(self) -> None:
        if self.situation.pane == CONTEXT:
            self.pane.context.toggle_all()
        else:
            self.show_change(self.session.fold_all(self.session.unfolded), reveal=True)

    def do_group(self) -> None:
        self.finding.rearrange(self.session.grouping.next)

    def do_alone(self) -> None:
        self.screen.toggle_class("alone")

    def do_story(self) -> None:
        self._tab(STORY)

    def do_context(self) -> None:
        self._tab(CONTEXT)

    def do_sids(self) -> None:
        self._tab(SIDS)

    def _tab(self, name: str) -> None:
        alone = self.screen.has_class("single") or self.screen.has_class("alone")
        if self.situation.pane == LIST and not alone:
            self.pane.switch(name)
        else:
            self.focus_pane(name)

    def on_detail_pane_picked(self, event: DetailPane.Picked) -> None:
        self.focus_pane(event.name)

    def do_let_in(self) -> None:
        self.show_change(self.session.let_in())

    def do_refresh(self) -> None:
        record = self.session.selected
        if self.state is not None and self.state.phase == "stopped":
            self.notify("sidscope no longer asks Twilio: start it again", markup=False, severity="warning")
        elif self.engine is not None:
            self.engine.refresh()
            if record is not None:
                self.ask(record, agreed=True)
                self.ask_again(record)
            self.notify("Twilio is asked again", markup=False, timeout=2)

    def do_filter(self) -> None:
        self.screen.remove_class("reading")
        self.screen.set_focus(self.box.line)  # at once: what is typed next may be there already
        self.box.line.select_all()  # which then takes the place of what is there

    def do_clear_filter(self) -> None:
        self.finding.clear()

    def do_copy_conversation(self) -> None:
        record = self.record_here
        sid = (record.conversation_sid or record.call_sid) if record else None
        if sid:
            self.copy(sid)

    def copy(self, value: str, told: str = "") -> None:
        """Copies off the loop and says how it went; ``told`` says what it is where it is long."""
        raise NotImplementedError

    def _to_terminal(self, sequence: str) -> None:
        driver = self._driver
        if driver is not None:
            self.call_from_thread(driver.write, sequence)

    def do_help(self) -> None:
        helping = not self.screen.has_class("helping")
        situation = self.situation
        self.screen.set_class(helping, "helping")
        self.screen.remove_class("syncing", "ruling")
        panel = self.query_one("#help", RowsView)
        if helping:
            panel.show(lambda cells: chrome.help_rows(situation, cells, self.commands, self.complaints))
            panel.focus()
        else:
            self.focus_pane(LIST)

    def do_quit(self) -> None:
        self.exit()

    do_quit_now = do_quit
