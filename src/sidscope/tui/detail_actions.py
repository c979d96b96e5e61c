"""What the commands do in the detail's tabs: steps, searching, links, paths. Mixed into the app."""

from __future__ import annotations

from textual import on

from sidscope.domain.liquid import liquid_of
from sidscope.domain.record import Record
from sidscope.safetext import safe
from sidscope.tui.commands import CONTEXT, SIDS, STEPS
from sidscope.tui.copy_actions import CopyActions
from sidscope.tui.looking import Looking
from sidscope.tui.widgets.search_line import SearchLine


class DetailActions(CopyActions):
    """The commands of the tabs; the rest is in :class:`~sidscope.tui.actions.Actions`."""

    looking: Looking

    def on_detail_pane_switched(self) -> None:
        self.looking.tab_shown()

    def ask_again(self, record: Record) -> None:
        self.looking.ask(record, again=True)

    async def have_steps(self, fn: str) -> None:
        await self.looking.have_steps(fn)

    def do_steps(self) -> None:
        self._tab(STEPS)

    def do_enter(self) -> None:
        match self.situation.pane:
            case "steps":
                self.looking.enter_step()
            case "sids":
                row = self.pane.rows(SIDS).row
                if row is not None and row.value:
                    self.looking.jump(row.value)
            case "context" if self.pane.context.sid is not None:
                self.looking.jump(self.pane.context.sid)
            case _:
                super().do_enter()

    def _fold(self, folded: bool) -> None:
        if self.situation.pane == STEPS:
            self.looking.fold_steps(folded)
        else:
            super()._fold(folded)

    # --- the picture of the story

    def do_zoom_in(self) -> None:
        self.pane.picture.zoom(1)

    def do_zoom_out(self) -> None:
        self.pane.picture.zoom(-1)

    def do_zoom_all(self) -> None:
        self.pane.picture.zoom(-self.pane.picture.view.zoom)

    def do_earlier(self) -> None:
        self.pane.picture.pan(-1)

    def do_later(self) -> None:
        self.pane.picture.pan(1)

    # --- searching in the context

    def do_filter(self) -> None:
        if self.situation.pane == CONTEXT and self.pane.context.json is not None:
            self.pane.search.begin()
        else:
            super().do_filter()

    @on(SearchLine.Changed)
    def _searched(self, event: SearchLine.Changed) -> None:
        self.pane.context.search(event.text)
        self.pane.say_matches()

    @on(SearchLine.Left)
    def _search_left(self, event: SearchLine.Left) -> None:
        if event.cleared:
            self._end_search()
        self.screen.set_focus(self.pane.context)

    def _end_search(self) -> None:
        self.pane.context.search("")
        self.pane.search.end()

    def do_back(self) -> None:
        if self.situation.pane == CONTEXT and self.pane.context.wanted:
            self._end_search()
        else:
            super().do_back()

    def do_next_match(self) -> None:
        self._next_match(1)

    def do_previous_match(self) -> None:
        self._next_match(-1)

    def _next_match(self, step: int) -> None:
        if not self.pane.context.wanted:
            self.pane.search.begin()
        elif self.pane.context.next_match(step) is None:
            self.notify(f"Nothing here matches {safe(self.pane.context.wanted, 60)}", markup=False, timeout=3)
        self.pane.say_matches()

    def do_raw(self) -> None:
        self.pane.context.toggle_raw()

    # --- paths

    def do_copy_path(self) -> None:
        pane = self.situation.pane
        if pane == CONTEXT:
            liquid = self.pane.context.liquid
        else:
            row = self.pane.rows(pane).row
            detail = self.pane.detail
            body = detail.tree.body if detail and detail.tree else None
            liquid = liquid_of(body, row.path) if row is not None and row.path else None
        if liquid is None:
            self.notify("There is no value of a context here", markup=False, timeout=3)
        elif liquid.expression is None:
            self.notify(liquid.note or "Liquid cannot name this", markup=False, timeout=5)
        else:
            if liquid.note:
                self.notify(liquid.note, markup=False, timeout=6)
            self.copy(liquid.expression)
