"""The commands about sidscope itself: the sync panel, the palette, accounts, time zone and looks.

What they open is imported when it is: the first rows on screen wait for none of it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sidscope.domain.record import Record
from sidscope.tui import chrome, words
from sidscope.tui.actions import Actions
from sidscope.tui.commands import LIST
from sidscope.tui.themes import THEMES
from sidscope.tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from sidscope.domain.stats import Stats
    from sidscope.tui.palette import Choice
    from sidscope.tui.widgets.chooser import Chooser


class House(Actions):
    """Mixed into the app."""

    state: Any
    queries: Mapping[str, str]
    _figures: Stats | None = None  # of the Rules screen
    _counted: tuple[int, bool] | None = None  # the revision they are of, and whether all was loaded
    _counting = False
    _count_again = 0.0  # not before this, on the monotonic clock
    going_to: str | None = None
    """The profile that the user left for; the explorer is then opened on its account, with nothing of this one."""

    # --- the sync panel

    def do_sync(self) -> None:
        if self.screen.has_class("syncing"):
            self.focus_pane(LIST)
            return
        self.screen.remove_class("helping", "ruling", "choosing")
        self.screen.add_class("syncing")
        self.show_sync(keep=False)
        self.query_one("#sync", RowsView).focus()

    def show_sync(self, *, keep: bool = True) -> None:
        """Brings the sync panel up to date if it is shown."""
        if not self.screen.has_class("syncing"):
            return
        from sidscope.tui.sync_panel import sync_rows

        if self.engine is not None:
            self.engine.watch()
        app = self._explorer()
        state, now, live, offline = app.state, app.now(), chrome.live_state(app), app.offline
        complaints = self.complaints
        self.query_one("#sync", RowsView).show(
            lambda cells: sync_rows(state, now, cells, live=live, offline=offline, complaints=complaints), keep=keep
        )

    def do_pause(self) -> None:
        if self.engine is None:
            return
        if self.state is not None and self.state.paused:
            self.engine.resume()
        else:
            self.engine.pause()

    # --- the rules

    def do_rules(self) -> None:
        if self.screen.has_class("ruling"):
            self.focus_pane(LIST)
            return
        self.screen.remove_class("helping", "syncing", "choosing")
        self.screen.add_class("ruling")
        self._paint_rules(keep=False)
        self.query_one("#rules", RowsView).focus()
        self.show_rules()

    def show_rules(self) -> None:
        """Brings the figures of the Rules screen up to date if it is shown: counted off the loop, and seldom enough to
        take no more than a tenth of the time, however much is loaded."""
        session = self.session
        known = session.revision, self._explorer().loaded
        if not self.screen.has_class("ruling") or self._counting or self._counted == known:
            return
        if time.monotonic() >= self._count_again:
            self._counting = True
            self.feed.spawn(self._count(list(session.everything()), known))

    async def _count(self, records: list[Record], known: tuple[int, bool]) -> None:
        from sidscope.domain.stats import count

        began = time.monotonic()
        try:
            self._figures = await self.feed.in_thread(lambda: count(records))
        finally:
            self._counting = False
        self._counted, now = known, time.monotonic()
        self._count_again = now + 9 * (now - began)
        if self.is_running:
            self._paint_rules()

    def _paint_rules(self, *, keep: bool = True) -> None:
        from sidscope.tui.rules import rules_rows

        figures, complete = self._figures, self._explorer().loaded
        view = self.query_one("#rules", RowsView)
        view.show(lambda cells: rules_rows(figures, cells, complete=complete), keep=keep)

    # --- the palette

    def do_palette(self) -> None:
        if self.screen.has_class("choosing"):
            self._leave_chooser()
            return
        from sidscope.tui.palette import choices

        now = self.situation
        self._choose(choices(self.commands, now, self.queries, self.accounts, self.theme), "what to do")

    def do_profiles(self) -> None:
        from sidscope.tui.palette import of_profiles

        self._choose(of_profiles(self.accounts), "whose account to explore")

    def _choose(self, offered: list[Choice], invitation: str) -> None:
        self._came_from = self.focused
        self.screen.add_class("choosing")
        from sidscope.tui.widgets.chooser import Chooser

        self.query_one(Chooser).offer(offered, invitation)

    def _leave_chooser(self) -> None:
        self.screen.remove_class("choosing")
        came_from = self._came_from
        if came_from is not None and came_from.is_attached and came_from.display:
            came_from.focus()
        else:
            self.focus_pane(LIST)

    def on_chooser_left(self) -> None:
        self._leave_chooser()

    def on_chooser_chosen(self, event: Chooser.Chosen) -> None:
        choice = event.choice
        if choice.reason is not None:
            self.notify(f"{choice.name}: {choice.reason}", markup=False, timeout=3)
            return
        self._leave_chooser()
        match choice.kind:
            case "command":
                self.call_after_refresh(getattr(self, f"do_{choice.target}"))
            case "query":
                self.box.set_text(choice.target)
                self.finding.filter_as_typed(choice.target)
                self.focus_pane(LIST)
            case "steps":
                self._explorer().read_steps(int(choice.target))
            case "theme":
                self.theme = choice.target
            case "profile":
                self.leave_for(choice.target)
        self.repaint_chrome()

    # --- accounts

    def leave_for(self, profile: str) -> None:
        """Ends this explorer for the one of another profile, unless that cannot be opened."""
        problem = self.accounts.check(profile)
        if problem is not None:
            self.notify(problem, markup=False, timeout=8)
            return
        self.going_to = profile
        self.exit()

    # --- looks

    def do_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]

    def do_utc(self) -> None:
        words.use_utc(not words.in_utc())
        self.times_changed()

    def times_changed(self) -> None:
        """Writes every time on screen again."""
        for view in self.query(RowsView):
            view.remake()
        self.pane.picture.redraw()
        self.list.repaint()
        self.repaint_chrome()
