"""The one box at work: filtering as one types, going to a SID or number, asking Twilio for one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sidscope.domain.query import Query, QueryError, parse_query
from sidscope.domain.record import Record
from sidscope.domain.sids import about_account, is_sid, kind_of, same_sid, short
from sidscope.domain.spelling import as_query, one_thing
from sidscope.tui.asking import cost
from sidscope.tui.groups import Kind, Place, record_key, started
from sidscope.tui.ordering import Grouping
from sidscope.tui.plan import Filter
from sidscope.tui.session import Change
from sidscope.tui.trail import Stop, Trail
from sidscope.tui.words import count

if TYPE_CHECKING:
    from sidscope.tui.app import ExplorerApp


class Finding:
    """Works for one app."""

    def __init__(self, app: ExplorerApp) -> None:
        self._app = app
        self._asking: str | None = None  # what Twilio is being asked for
        self._opening: str | None = None  # what the explorer was started with, until the archive has been read
        self._query = Query()  # what the box says, as far as it can be understood
        self._wrong: QueryError | None = None  # where it cannot
        self._entered = False  # it is meant so: nothing more is to be typed
        self._told: tuple[str, str] | None = None  # how it stands with the last search, in which ink
        self._came_from: Place | None = None  # where the box was gone to from, until something else is chosen
        self._at_start: str | None = None  # the SID or address that the explorer was started with
        self._filling = False  # it was gone to before the list was there: what else belongs to it is no news
        self.filter_on = True
        self.only_marked = False
        self.trail = Trail()

    @property
    def asking(self) -> bool:
        """Whether a SID or number is being looked for."""
        return self._asking is not None

    @property
    def opening(self) -> bool:
        """Whether the explorer is still on its way to what it was started with."""
        return self._at_start is not None and self._at_start in (self._opening, self._asking)

    # --- where one is, for going back there

    def here(self) -> Stop:
        """Where the user is."""
        session = self._app.session
        return Stop(session.cursor, session.grouping, self._app.box.text, self.filter_on)

    def begin(self) -> None:
        """The box is gone to."""
        self.leave()
        self._came_from = self._app.session.cursor or self._came_from

    def chosen(self) -> None:
        """The user looks at what the filter lets through, if it is anything."""
        if self._app.session.lines:
            self._came_from = None

    def clear(self) -> None:
        """Takes the filter away. Who has chosen nothing of what it let through is back where he was."""
        place, self._came_from = self._came_from, None
        self._app.box.set_text("")
        self.filter_as_typed("", partial(self._stand_on, place))

    def leave(self) -> None:
        """The user is about to jump: `[` comes back here."""
        if self._app.session.cursor is not None:
            self.trail.leave(self.here())

    def be_at(self, stop: Stop) -> None:
        """Takes the user to where he was."""
        place = stop.place
        if place is not None and place.kind is Kind.RUN and self._app.session.get(place.key) is None:
            place = None
        same = stop[1:] == self.here()[1:]
        self._app.box.set_text(stop.filter_text)
        self._understand(stop.filter_text)
        self._switch(stop.filter_on)

        if same:
            self._stand_on(place)
        else:
            self.rearrange(stop.grouping, partial(self._stand_on, place))

    def _stand_on(self, place: Place | None) -> None:
        if place is not None:
            self._app.show_change(self._app.session.stand_on(place), reveal=True)

    # --- filter

    def filter_as_typed(self, text: str, then: Callable[[], None] | None = None) -> None:
        """Puts the filter on that ``text`` means: as far as it can be understood, and what is wrong with it is said.
        And does ``then``."""
        if self._asking is not None and one_thing(text) != self._asking:
            self.cancel()
        self._entered = False
        self._understand(text)
        self._switch(True)
        self.rearrange(self._app.session.grouping, then)

    def switch_filter(self) -> None:
        """Takes the filter off for a while, or puts it on again; its text stays."""
        self._switch(not self.filter_on)
        self.rearrange(self._app.session.grouping)

    def show_only_marked(self, only: bool) -> None:
        """Shows only what is marked (and passes the filter), or all of it again."""
        self.only_marked = only
        self.rearrange(self._app.session.grouping)

    def _switch(self, on: bool) -> None:
        self.filter_on = on
        self._app.box.show_on(on)

    def _understand(self, text: str) -> None:
        """Takes the query that ``text`` is; if it is none, the terms before the one that is wrong."""
        try:
            self._query, self._wrong = parse_query(as_query(text)), None
        except QueryError as error:
            self._query, self._wrong = parse_query(text[: error.position]), error

    @property
    def half_typed(self) -> bool:
        """Whether the word being typed can still become something else."""
        return self._app.box.line.has_focus and self._app.box.offers

    @property
    def about_outcome(self) -> bool:
        """Whether the filter asks how executions went."""
        return self.filter_on and self._query.about_outcome

    def matches_but_outcome(self) -> Filter:
        """What could pass the filter once its steps are read."""
        rest, marked, only = self._query.but_outcome, self._app.session.marked, self.only_marked
        matches = (rest if self.filter_on else Query()).test()
        return lambda record: matches(record) and (not only or record_key(record) in marked)

    def _matches(self) -> Filter | None:
        query, marked = self._query, self._app.session.marked
        filtered = self.filter_on and bool(query.terms)
        if not self.only_marked:
            return query.test() if filtered else None
        if not filtered:
            return lambda record: record_key(record) in marked
        matches = query.test()
        return lambda record: record_key(record) in marked and matches(record)

    def rearrange(self, grouping: Grouping, then: Callable[[], None] | None = None) -> None:
        """Groups and filters anew, and does ``then``."""
        self._app.rearranging.rearrange(grouping, self._matches(), partial(self._show, then=then))

    def _show(self, change: Change, then: Callable[[], None] | None) -> None:
        if self._asking is None and self._opening is None:
            self._told = None
        self._app.show_change(change, reveal=True)
        if then is not None:
            then()

    # --- the sentence under the box

    def tell(self, text: str, ink: str = "dim") -> None:
        """Says this under the box until something else is done."""
        self._told = text, ink
        self.show_sentence()

    def show_sentence(self) -> None:
        """Brings the sentence under the box up to date: what was told, what is wrong, else what the filter does."""
        if not self._app.is_running:
            return
        box, wrong = self._app.box, self._wrong
        if self._told is None and wrong is not None and (self._entered or not self.half_typed):
            box.say_wrong(wrong.message, wrong.position)
        else:
            box.say(*(self._told or self._effect()))

    def _effect(self) -> tuple[str, str]:
        app, text = self._app, self._app.box.text
        session, wanted = app.session, one_thing(text)
        if not text.strip() or self._wrong is not None:
            return "", "dim"
        if session.shown == 0 and app.loaded and app.meant is not None and text == app.started_with:
            return f"Nothing matches. Did you mean the command sidscope {app.meant}?", "accent"
        if not self.filter_on:
            return "The filter is off: f puts it on again", "dim"
        if session.shown == 0 and wanted is not None:
            if is_sid(wanted, "AC"):
                return about_account(wanted, app.archive.account_sid), "accent"
            ways = f"Twilio ({self._cost(wanted)})" if app.engine is not None else "the archive"
            return f"Not in the list: enter asks {ways}", "accent"
        sids = sum(not term.key and not term.negated and is_sid(term.value) for term in self._query.terms)
        if session.shown == 0 and sids > 1:
            return f"No execution names all {sids} SIDs: leave only one", "warn"
        ways = " · enter goes there, ↓ keeps it as the filter" if wanted is not None else ""
        return f"{session.shown:,} of {count(session.total, 'execution')}{ways}", "dim"

    def _cost(self, wanted: str) -> str:
        state = self._app.state
        return cost(wanted, state.flows_total if state is not None else 0)

    # --- going somewhere

    def enter(self, text: str) -> None:
        """Enter in the box: to the list; for a SID or address, to its execution, wherever that is known."""
        app, wanted = self._app, one_thing(text)
        self._understand(text)
        if wanted is None and self._wrong is not None:
            self._entered = True
            self.show_sentence()
            return
        app.focus_pane("list")
        if wanted is not None:
            self.look_for(wanted)

    def open_at(self, wanted: str) -> None:
        """The explorer was started with a SID or address: it opens there, first of all if the archive knows it."""
        self._opening = self._at_start = wanted
        self._filling = True
        self.tell(f"Looking for {short(wanted)}…", "accent")
        self._app.feed.spawn(self._open(wanted))

    async def _open(self, wanted: str) -> None:
        app = self._app
        records = await app.feed.in_thread(lambda: app.reader.find(wanted))
        if records and self._opening == wanted:
            self._arrived(wanted, records)

    def history_loaded(self) -> None:
        """All that the archive holds is in the list."""
        wanted, self._opening = self._opening, None
        if wanted is not None:
            self.look_for(wanted)
        elif self._filling:
            self._app.show_change(self._app.session.let_in())

    def listed(self) -> None:
        """All that Twilio lists is in the list too."""
        if self._filling:
            self._filling = False
            self._app.show_change(self._app.session.let_in())

    def records_came(self, records: list[Record]) -> None:
        """These are new or changed: perhaps the very execution that is being looked for."""
        wanted = self._asking or self._opening
        if wanted is not None and is_sid(wanted, "FN"):
            own = [record for record in records if same_sid(record.execution_sid, wanted)]
            if own:
                if self._asking is not None and self._app.engine is not None:
                    self._app.engine.cancel_find()
                self._arrived(wanted, own)

    def look_for(self, wanted: str) -> None:
        """Goes to a SID or address: in the list, else in the archive, else by asking Twilio."""
        known = self._known(wanted)
        if known:
            self._arrived(wanted, known)
        else:
            self.ask_for(wanted)

    def go_if_known(self, wanted: str) -> bool:
        """Goes to a SID or address if it is in the list; whether it is."""
        known = self._known(wanted)
        if known:
            self._arrived(wanted, known)
        return bool(known)

    def _known(self, wanted: str) -> list[Record]:
        matches = parse_query(f'"{wanted}"').test()
        return [record for record in self._app.session.everything() if matches(record)]

    def ask_for(self, wanted: str) -> None:
        """Looks for what is not in the list: in the archive, else at Twilio. An account has nothing to look for."""
        if is_sid(wanted, "AC"):
            self._asking = None
            self.tell(about_account(wanted, self._app.archive.account_sid), "accent")
            return
        self._asking = wanted
        self.tell(f"Looking for {short(wanted)} in the archive…")
        self._app.feed.spawn(self._find(wanted))

    async def _find(self, wanted: str) -> None:
        app = self._app
        records = await app.feed.in_thread(lambda: app.reader.find(wanted))
        if self._asking != wanted:
            return
        if records:
            self._arrived(wanted, records)
        elif app.engine is not None:
            self.tell(f"Asking Twilio for {short(wanted)}: {self._cost(wanted)} · esc stops", "accent")
            app.engine.find(wanted)
        else:
            self._asking = None
            self.tell(f"The archive does not know {short(wanted)}, and sidscope is offline", "warn")

    def cancel(self) -> None:
        """Stops asking Twilio."""
        wanted, self._asking = self._asking, None
        if wanted is None:
            return
        if self._app.engine is not None:
            self._app.engine.cancel_find()
        self.tell(f"Twilio is no longer asked for {short(wanted)}")

    def found(self, wanted: str, problem: str | None) -> None:
        """Twilio was asked; what it knows is in the archive by now."""
        if self._asking == wanted:
            self._app.feed.spawn(self._take_found(wanted, problem))

    async def _take_found(self, wanted: str, problem: str | None) -> None:
        app = self._app
        records = await app.feed.in_thread(lambda: app.reader.find(wanted))
        if self._asking != wanted:
            return
        if records:
            self._arrived(wanted, records)
        else:
            self._asking = None
            kind = kind_of(wanted) or "address"
            nothing = "knows no such execution" if kind == "execution" else f"knows no execution for this {kind}"
            self.tell(problem or f"Twilio {nothing}", "warn")

    def _arrived(self, wanted: str, records: list[Record]) -> None:
        """These executions are what was looked for: the filter gives way, and the cursor goes to the newest (or to
        the very one)."""
        app = self._app
        if one_thing(app.box.text) != wanted:  # else where one came from was noted when the box was gone to
            self.leave()
        self._asking = self._opening = self._told = self._came_from = None
        app.show_change(app.session.apply(records))
        app.show_change(app.session.let_in())
        goal = next((each for each in records if same_sid(each.execution_sid, wanted)), max(records, key=started))
        app.box.set_text("")
        self._understand("")
        self._switch(True)
        self.only_marked = False

        def stand() -> None:
            app.show_change(app.session.go_to(record_key(goal)), reveal=True)
            app.focus_pane("list")
            found = count(len(records), "execution")
            very = same_sid(goal.execution_sid, wanted)
            app.notify(f"This is {short(wanted)}" if very else f"{found} for {short(wanted)}", markup=False, timeout=4)

        self.rearrange(app.session.grouping, stand)

    def go_to(self, key: str) -> None:
        """Takes the cursor to an execution; a filter that hides it is switched off."""
        app, session = self._app, self._app.session
        record = session.get(key)
        if record is None:
            app.feed.spawn(self._fetch_and_go(key))
            return
        self.leave()

        def stand() -> None:
            app.show_change(session.go_to(key), reveal=True)

        if session.matches is None or session.matches(record):
            stand()
            return
        self.only_marked = False
        self._switch(not self._query.terms)
        self.rearrange(session.grouping, stand)

    async def _fetch_and_go(self, key: str) -> None:
        """An execution older than the list's time: it comes into the list because it was asked for."""
        app = self._app
        records = await app.feed.in_thread(lambda: app.reader.find(key))
        own = [record for record in records if record_key(record) == key]
        if own:
            app.show_change(app.session.apply(own) | app.session.let_in())
            self.go_to(key)
