"""Finding what failed: a list says active or ended, so the steps of what is shown are read, as many as is wanted.
Mixed into the app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sidscope.domain.record import Record
from sidscope.tui.actions import Actions
from sidscope.tui.commands import first_keys
from sidscope.tui.groups import started
from sidscope.tui.sights import NO_OUTCOMES, NO_OUTCOMES_OFFLINE, READING_STEPS, Sight
from sidscope.tui.words import count

if TYPE_CHECKING:
    from sidscope.tui.palette import Choice

UNASKED = 20
"""So many requests are spent without asking."""

_PORTIONS = (UNASKED, 100, 500)


class Failures(Actions):
    """The command that reads steps, and what stands in a list that waits for them."""

    state: Any
    _unread: Sequence[Record] = ()  # what the steps can be read of, the newest first
    _steps_left = 0
    _counted_for: Any = None  # what the words below are about
    _known = ""

    def do_find_failures(self) -> None:
        if self.engine is None:
            return
        if self._steps_left:
            self.engine.drop_steps()
            self.notify("No more steps are read", markup=False, timeout=3)
        else:
            self.feed.spawn(self._offer())

    def _unread_of(self, records: Iterable[Record]) -> Iterator[Record]:
        may_match = self.finding.matches_but_outcome()
        return (each for each in records if each.outcome is None and may_match(each))

    async def _offer(self) -> None:
        """Reads the steps of the few executions that could be meant, or asks of how many."""
        may_be_unread = self._unread_of(list(self.session.everything()))
        self._unread = unread = await self.feed.in_thread(lambda: sorted(may_be_unread, key=started, reverse=True))
        if not unread:
            self.notify("The steps of all that is shown have been read", markup=False, timeout=3)
        elif len(unread) <= UNASKED:
            self.read_steps(len(unread))
        else:
            from sidscope.tui.palette import Choice

            offered = [(f"the newest {number}", number) for number in _PORTIONS if number < len(unread)]
            offered.append((f"all {len(unread):,}", len(unread)))
            self._choose(
                [Choice("steps", str(number), name, count(number, "request")) for name, number in offered],
                "failures: of how many executions to read the steps",
            )

    def read_steps(self, number: int) -> None:
        """Has Twilio asked for the steps of the newest so many of what was offered."""
        if self.engine is not None:
            self.engine.read_steps([record.execution_sid for record in self._unread[:number]])
            what = f"Reading the steps of {count(number, 'execution')}: {count(number, 'request')}"
            self.notify(f"{what}\nWhat failed gets a ✗", markup=False, timeout=4)

    def steps_counted(self) -> None:
        """The engine has said how many are left."""
        before, self._steps_left = self._steps_left, self.state.steps_left
        if before and not self._steps_left:
            key = first_keys(self.commands)["next_failure"]
            self.notify(f"The steps are read: {key} goes to the next failure", markup=False, timeout=4)

    # --- how far failures are known

    def what_is_unread(self) -> str:
        """Of how many executions that could be meant the steps are unread, and which key reads them; empty where all
        were read."""
        number = sum(1 for _ in self._unread_of(self.session.everything()))
        if not number:
            return ""
        unread = f"steps of {number:,} unread"
        if self._steps_left:
            return f"{unread}, being read"
        way = f"{first_keys(self.commands)['find_failures']} reads them" if self.engine else "sidscope is offline"
        return f"{unread}: {way}"

    @property
    def outcomes_known(self) -> str:
        """How far it is not known what passes a filter that asks how executions went; empty where it is."""
        if self.session.big:  # too many to be counted at every turn
            return "as far as steps were read"
        counted = self.session.revision, self.box.text, self.finding.only_marked, self._steps_left, self.engine is None
        if counted != self._counted_for:
            self._counted_for, self._known = counted, self.what_is_unread()
        return self._known

    def no_failure(self, where: str) -> str:
        """What is said where there is no failure to go to; ``where``: below, or above."""
        unread = self.what_is_unread()
        return f"No known failure {where}" + (f": {unread}" if unread else "")

    def nothing_known(self) -> Sight | None:
        """What stands in a list in which nothing passes the filter, if that is because too little is known."""
        if not self.finding.about_outcome:
            return None
        if self.engine is None:
            return NO_OUTCOMES_OFFLINE
        return READING_STEPS if self._steps_left else NO_OUTCOMES

    def _choose(self, offered: list[Choice], invitation: str) -> None:
        raise NotImplementedError
