"""The one table of commands: bindings, footer, help and palette are all made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from textual.binding import Binding

from sidscope.domain.value import replace, value
from sidscope.keymap import keys_of, why_not

LIST, STORY, CONTEXT, STEPS, SIDS, BOX, HELP = "list", "story", "context", "steps", "sids", "box", "help"
MENU = "menu"
TABS: Final = (STORY, CONTEXT, STEPS, SIDS)
PANES: Final = frozenset({LIST, *TABS})
SYNC, RULES, PALETTE = "sync", "rules", "palette"
EVERYWHERE: Final = PANES | {BOX, HELP, SYNC, RULES, PALETTE, MENU}
LINES: Final = PANES | {HELP, SYNC, RULES}


class Situation(NamedTuple):
    """What decides whether a command does anything now."""

    pane: str = LIST
    selected: bool = False  # an execution is under the cursor
    conversation: bool = False  # and names a conversation or call
    held: int = 0  # arrivals that wait
    online: bool = False
    filtered: bool = False
    marked: int = 0
    asking: bool = False  # Twilio is asked for a SID or number
    opening: bool = False  # the one that sidscope was started with is still being looked for
    past: bool = False  # there is somewhere to go back to
    future: bool = False
    zoom: int | None = None  # how often the picture of the story is doubled in width; None: there is no picture
    profiles: bool = False  # there are other twilio-cli profiles to go to


Reason = Callable[[Situation], str | None]


def _always(_: Situation) -> str | None:
    return None


@value
class Command:
    """One thing the user can do. ``why_not`` gives the reason why it does nothing now, or None.

    ``footer`` is its rank in the footer (0: not there). ``priority``: before the pane with the focus, and at once: for
    keys that must work in the box too, and for those that take the keys after them (over a slow line several come
    together).
    """

    id: str
    keys: tuple[str, ...]
    name: str
    what: str
    section: str
    where: frozenset[str] = PANES
    footer: int = 0
    why_not: Reason = _always
    priority: bool = False


def _needs_selection(now: Situation) -> str | None:
    if now.opening:
        return "what you asked for is still being looked for"
    return None if now.selected else "nothing is selected"


def _needs_conversation(now: Situation) -> str | None:
    return _needs_selection(now) or (None if now.conversation else "this execution has no conversation or call")


def _needs_held(now: Situation) -> str | None:
    return None if now.held else "nothing new is waiting"


def _needs_online(now: Situation) -> str | None:
    return None if now.online else "sidscope is offline"


def _away(now: Situation) -> str | None:
    return None if now.pane != LIST or now.filtered or now.asking else "this is the list"


def _needs_marks(now: Situation) -> str | None:
    return None if now.marked else "nothing is marked"


def _needs_past(now: Situation) -> str | None:
    return None if now.past else "there is nothing further back"


def _needs_future(now: Situation) -> str | None:
    return None if now.future else "you have not gone back"


def _needs_profiles(now: Situation) -> str | None:
    return None if now.profiles else "twilio-cli has no other profile: `twilio profiles:create` makes one"


def _needs_filter(now: Situation) -> str | None:
    return None if now.filtered else "there is no filter"


def _needs_picture(now: Situation) -> str | None:
    return None if now.zoom is not None else "there is no room for the picture here"


def _needs_zoom(now: Situation) -> str | None:
    return _needs_picture(now) or (None if now.zoom else "all of it is shown: + zooms in")


_MOVE, _LOOK, _FIND, _COPY, _APP = "Moving", "Looking", "Finding", "Copying", "sidscope"
_TREE: Final = frozenset({CONTEXT})
_PICTURE: Final = frozenset({STORY})
_FOLDING: Final = frozenset({LIST, CONTEXT, STEPS})

COMMANDS: Final = (
    Command("down", ("j", "down"), "down", "one line down", _MOVE, LINES),
    Command("up", ("k", "up"), "up", "one line up", _MOVE, LINES),
    Command("page_down", ("pagedown", "ctrl+d"), "page", "one screen down", _MOVE, LINES),
    Command("page_up", ("pageup", "ctrl+u"), "page up", "one screen up", _MOVE, LINES),
    Command("home", ("home",), "top", "to the top; in the list, lets in what is new and follows it", _MOVE, LINES),
    Command("end", ("end", "G"), "end", "to the last line", _MOVE, LINES),
    Command("next_pane", ("tab",), "pane", "to the other pane", _MOVE, EVERYWHERE, footer=6, priority=True),
    Command("previous_pane", ("shift+tab",), "pane", "back to the pane before", _MOVE, EVERYWHERE, priority=True),
    Command(
        "enter", ("enter",), "open", "opens an execution or a step; folds a group; goes to what a SID names", _MOVE,
        PANES, footer=2, why_not=_needs_selection,
    ),
    Command(
        "back", ("escape",), "back", "back to the list; out of help; clears the filter", _MOVE, EVERYWHERE, footer=1,
        why_not=_away,
    ),
    Command(
        "go_back", ("left_square_bracket",), "back", "where you were before: execution, grouping and filter", _MOVE,
        PANES, why_not=_needs_past,
    ),
    Command("go_forth", ("right_square_bracket",), "forth", "forth again", _MOVE, PANES, why_not=_needs_future),
    Command("next_reentry", ("e",), "next re-entry", "the next execution on a conversation used before", _MOVE),
    Command("previous_reentry", ("E",), "previous re-entry", "the one above", _MOVE),
    Command("next_anomaly", ("w",), "next anomaly", "the next execution with a ⚠", _MOVE),
    Command("previous_anomaly", ("W",), "previous anomaly", "the one above", _MOVE),
    Command("next_failure", ("b",), "next failure", "the next execution that failed (✗), as far as steps were read",
        _MOVE),
    Command("previous_failure", ("B",), "previous failure", "the one above", _MOVE),
    Command("next_unresolved", ("i",), "next unresolved", "the next whose context is pending, denied or unreadable",
        _MOVE),
    Command("previous_unresolved", ("I",), "previous unresolved", "the one above", _MOVE),
    Command("parent", ("minus",), "to its group", "to the line of the group", _MOVE, PANES - _PICTURE,
        why_not=_needs_selection),
    Command("unfold", ("l", "right"), "unfold", "unfolds what the cursor is on", _LOOK, _FOLDING),
    Command("fold", ("h", "left"), "fold", "folds it; from inside, goes to its group", _LOOK, _FOLDING),
    Command(
        "fold_all", ("z",), "fold all", "folds or unfolds everything in this pane", _LOOK, frozenset({LIST, CONTEXT})
    ),
    Command(
        "group", ("g",), "group by", "groups by conversation, contact, flow, or not at all", _LOOK, PANES, footer=4
    ),
    Command("story", ("1",), "Story", "why each conversation is a new or the same one", _LOOK),
    Command("context", ("2",), "Context", "what the execution knew, as a tree", _LOOK),
    Command("steps", ("3",), "Steps", "the way through the widgets, and where it went wrong", _LOOK),
    Command("sids", ("4",), "SIDs", "every SID of the execution, and where it was found", _LOOK),
    Command(
        "zoom_in", ("plus", "equals_sign"), "zoom", "zooms into the picture of the story, at the chosen execution",
        _LOOK, _PICTURE, footer=6, why_not=_needs_picture,
    ),
    Command("zoom_out", ("minus",), "zoom out", "and out again", _LOOK, _PICTURE, why_not=_needs_zoom),
    Command("zoom_all", ("0",), "whole story", "shows the whole story again", _LOOK, _PICTURE, why_not=_needs_zoom),
    Command("earlier", ("left", "h"), "earlier", "to what was before, when zoomed in", _LOOK, _PICTURE,
        why_not=_needs_zoom),
    Command("later", ("right", "l"), "later", "to what came after", _LOOK, _PICTURE, why_not=_needs_zoom),
    Command("alone", ("Z",), "alone", "gives this pane the whole screen, and back", _LOOK, PANES),
    Command("raw", ("v",), "raw JSON", "shows the context as the JSON that it is, or as a tree again", _LOOK, _TREE),
    Command(
        "let_in", ("full_stop",), "let in new", "shows what arrived; the cursor stays where it is", _LOOK, PANES,
        footer=7, why_not=_needs_held,
    ),
    Command(
        "refresh", ("r",), "refresh", "asks Twilio now: for new executions, and for this context again", _LOOK, PANES,
        why_not=_needs_online,
    ),
    Command("filter", ("slash",), "filter", "filters as you type, goes to a SID or number; in Context searches", _FIND,
        PANES, footer=3, priority=True,
    ),
    Command("next_match", ("n",), "next match", "the next match of the search in the context", _FIND, _TREE),
    Command("previous_match", ("N",), "match before", "the match before", _FIND, _TREE),
    Command("clear_filter", ("x",), "clear filter", "shows everything again", _FIND, PANES, why_not=_needs_filter),
    Command(
        "switch_filter", ("f",), "filter off / on", "takes the filter off for a while; its text stays", _FIND, PANES,
        why_not=_needs_filter,
    ),
    Command("find_failures", ("F",), "failures…", "reads the steps of what is shown: they tell what failed", _FIND,
        PANES, footer=7, why_not=_needs_online),
    Command(
        "mark", ("space",), "mark", "marks the execution, or all of a group; again takes it off", _FIND,
        frozenset({LIST}), why_not=_needs_selection,
    ),
    Command("only_marked", ("asterisk",), "marked only", "shows only what is marked, or all again", _FIND, PANES,
        why_not=_needs_marks),
    Command("clear_marks", ("M",), "clear marks", "takes every mark off", _FIND, PANES, why_not=_needs_marks),
    Command(
        "copy", ("y",), "copy SID", "copies the SID or value under the cursor", _COPY, PANES, footer=5,
        why_not=_needs_selection,
    ),
    Command(
        "copy_conversation", ("c",), "copy CH", "copies the conversation's (or call's) SID", _COPY, PANES,
        footer=5, why_not=_needs_conversation,
    ),
    Command(
        "copy_menu", ("Y",), "copy…", "a letter for each SID on screen; link, JSON, ticket, marks, earlier copies",
        _COPY, PANES, footer=6, why_not=_needs_selection, priority=True,
    ),
    Command("console", ("o",), "Console", "opens it in the Twilio Console; over ssh copies the link", _COPY, PANES,
        why_not=_needs_selection),
    Command(
        "copy_path", ("p",), "copy Liquid", "copies how a flow names the value: {{widgets.ask.inbound.Body}}", _COPY,
        frozenset({CONTEXT, STEPS, SIDS}), why_not=_needs_selection,
    ),
    Command("help", ("question_mark",), "help", "every key, and why some do nothing now", _APP, LINES, footer=8),
    Command("rules", ("R",), "rules", "the rules, and how often each holds in this account", _APP, LINES),
    Command("palette", ("ctrl+p",), "palette", "every command, saved query, profile and look by name", _APP, EVERYWHERE,
        footer=7, priority=True),
    Command("sync", ("s",), "sync", "what is fetched, how often, what it cost, and what went wrong", _APP, LINES),
    Command(
        "pause", ("space",), "pause / go on", "stops polling and the backlog, or goes on; what you ask for still runs",
        _APP, frozenset({SYNC}), footer=2, why_not=_needs_online,
    ),
    Command("profiles", ("P",), "account", "explores the account of another twilio-cli profile", _APP, LINES,
        why_not=_needs_profiles),
    Command("mask", ("m",), "mask", "hides addresses and texts on the whole screen, to share it; or shows them", _APP,
        LINES),
    Command("screenshot", ("S",), "screenshot", "puts the screen into an SVG file, addresses and texts masked", _APP,
        LINES),
    Command("screenshot_unmasked", ("ctrl+s",), "screenshot as it is", "the same, masked only if the screen is", _APP,
        LINES),
    Command("utc", ("u",), "UTC / local", "shows times in UTC, or in the local zone again", _APP, LINES),
    Command("theme", ("t",), "look", "the next look: dark, light, and two in the terminal's own colours", _APP, LINES),
    Command("suspend", ("ctrl+z",), "suspend", "back to the shell for a while; fg comes back", _APP, EVERYWHERE,
        priority=True),
    Command("quit", ("q",), "quit", "leaves sidscope", _APP, LINES, footer=9),
    Command("quit_now", ("ctrl+c", "ctrl+q"), "quit", "leaves sidscope from anywhere", _APP, EVERYWHERE, priority=True),
)  # fmt: skip

BY_ID: Final = {command.id: command for command in COMMANDS}

_KEY_NAMES: Final = {
    "down": "↓", "up": "↑", "left": "←", "right": "→", "pagedown": "PgDn", "pageup": "PgUp", "escape": "esc",
    "slash": "/", "question_mark": "?", "full_stop": ".", "left_square_bracket": "[", "right_square_bracket": "]",
    "minus": "-", "plus": "+", "equals_sign": "=", "asterisk": "*", "shift+tab": "⇧tab", "home": "Home", "end": "End",
}  # fmt: skip


def key_names(command: Command) -> str:
    """The command's keys as people call them: ``j ↓``."""
    return " ".join(dict.fromkeys(_KEY_NAMES.get(key, key.replace("ctrl+", "^")) for key in command.keys))


def first_keys(commands: Sequence[Command] = COMMANDS) -> dict[str, str]:
    """Command → the first of its keys as the user has them, as people call it; its name where it has none."""
    return {each.id: key_names(each).split(" ")[0] if each.keys else each.name for each in commands}


def rebound(keys: Mapping[str, str]) -> tuple[Command, ...]:
    """The table with the user's keys (command → keys by commas). What :func:`~sidscope.keymap.check_keys` complains
    of does not count: unknown commands, and keys that terminals do not send. Ctrl+c always leaves."""
    table = []
    for command in COMMANDS:
        names = [name for name in keys_of(keys.get(command.id, "")) if why_not(name) is None]
        if names and command.id == "quit_now":
            names.append("ctrl+c")
        table.append(replace(command, keys=tuple(names)) if names else command)
    # A key that the user gives away is gone from where it was, or the command it was given to would never run.
    given = {key: command for command in table if command.id in keys for key in command.keys}
    for index, command in enumerate(table):
        if command.id not in keys and any(key in given and given[key].where & command.where for key in command.keys):
            left = tuple(key for key in command.keys if not (key in given and given[key].where & command.where))
            table[index] = replace(command, keys=left)
    return tuple(table)


def for_picking(kind: str, commands: Sequence[Command]) -> tuple[Command, ...]:
    """The table of ``sidscope pick``: in the list, enter picks and escape leaves."""
    meant = {
        "enter": ("pick", f"picks the {kind} under the cursor, or of all that is marked; elsewhere opens"),
        "back": ("back / pick none", "back to the list; from there, leaves without picking"),
    }
    table = []
    for command in commands:
        if command.id in meant:
            name, what = meant[command.id]
            why_not = _always if command.id == "back" else command.why_not
            command = replace(command, name=name, what=what, why_not=why_not)
        table.append(command)
    return tuple(table)


def bindings(commands: Sequence[Command] = COMMANDS) -> list[Binding]:
    """What Textual binds. One key may mean several commands, each in other panes."""
    return [
        Binding(",".join(command.keys), f"command('{command.id}')", command.name, show=False, priority=command.priority)
        for command in commands
        if command.keys
    ]


def key_table() -> str:
    """The table for README, in Markdown."""
    rows = ["| key | |", "| --- | --- |"]
    for command in COMMANDS:
        keys = " ".join(f"`{name}`" for name in key_names(command).split(" "))
        rows.append(f"| {keys} | {command.what} |")
    return "\n".join(rows) + "\n"


def blocked(command: Command, now: Situation) -> str | None:
    """Why the command does nothing now; None if it does something."""
    if now.pane not in command.where:
        return f"not in {_PANE_NAMES[now.pane]}"
    return command.why_not(now)


_PANE_NAMES: Final = {
    LIST: "the list", STORY: "Story", CONTEXT: "Context", STEPS: "Steps", SIDS: "SIDs", BOX: "the box", HELP: "help",
    SYNC: "sync", RULES: "rules", PALETTE: "the palette", MENU: "the copy menu",
}  # fmt: skip


def for_footer(now: Situation, commands: Sequence[Command] = COMMANDS) -> Iterable[Command]:
    """The commands that the footer names now, the most telling first."""
    return sorted(
        (command for command in commands if command.footer and command.keys and blocked(command, now) is None),
        key=lambda command: command.footer,
    )
