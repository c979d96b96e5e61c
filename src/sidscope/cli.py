"""The commands of ``sidscope``: reads the command line, runs one, turns what went wrong into a sentence and a code."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Final, NoReturn

from sidscope import __version__

COMPLETE, INCOMPLETE, USAGE, REFUSED, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""The exit codes of design.md section 6, and the shell's for ctrl+c."""

_WHERE: Final = {
    "explore": ("exploring", "run_explorer"),
    "pick": ("picking", "run_pick"),
    "list": ("listing", "run_list"),
    "find": ("finding", "run_find"),
    "stats": ("statistics", "run_stats"),
    "archive": ("archiving", "run_archive"),
    "doctor": ("doctor", "run_doctor"),
}
_WITH_VALUE: Final = (
    "--profile",
    "--since",
    "--until",
    "--data-dir",
    "--limit",
    "--format",
    "--kind",
    "--stuck-after",
    "--older-than",
    "--record",
    "--replay",
)

_RECORDED: Final = ("explore", "pick", "list", "find", "stats")
"""The commands whose session with Twilio can be recorded and replayed."""

_EXPLORING: Final = ("explore", "pick")

_QUERIED: Final = ("explore", "pick", "list", "stats")
"""The commands that take a query."""

_QUERY_TERMS: Final = """\
query terms: status:active flow:NAME|FW… channel:whatsapp contact:+49… sender:… verdict:reentry anomaly:stuck
             and bare SIDs, addresses or words; all must hold, -term negates one
"""
_EPILOG: Final = """\
credentials: --profile, else TWILIO_ACCOUNT_SID with TWILIO_API_KEY + TWILIO_API_SECRET or TWILIO_AUTH_TOKEN,
             else twilio-cli's active profile
exit codes:  0 complete, 1 incomplete or find found nothing, 2 usage, 3 no or refused credentials, 4 Twilio unreachable
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs ``sidscope`` with these arguments (else the process's); the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a flow's name that this locale cannot write is no reason to end
    try:
        code = _run(*_command_of(arguments))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (head, less): nothing is wrong, and nothing more may be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COMPLETE
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        with suppress(OSError):
            sys.stdout.close()  # what could not be written will not be at the end either
        return say(
            f"The system refused something ({error.strerror or error}){where}: nothing more was done.", INCOMPLETE
        )
    finally:
        gc.enable()


def _command_of(arguments: list[str]) -> tuple[str, list[str]]:
    """The command, wherever it stands among the options, and the other arguments; "explore" if there is none."""
    skip = False
    for index, argument in enumerate(arguments):
        if skip:
            skip = False
        elif argument == "--":
            break
        elif argument in _WITH_VALUE:
            skip = True
        elif not argument.startswith("-"):
            if argument in _WHERE and argument != "explore":
                return argument, arguments[:index] + arguments[index + 1 :]
            break
    return "explore", arguments


def _parser(command: str) -> argparse.ArgumentParser:
    from sidscope.commands.options import COMMANDS, FORMATS, PICKED, add_common, add_session

    names = {
        "explore": ("sidscope [QUERY]", "Explore recent Studio executions and the conversations they share."),
        "pick": ("sidscope pick [QUERY]", "Choose in the explorer; the SIDs go to stdout: $(sidscope pick)."),
        "list": ("sidscope list [QUERY]", "Executions as a table, JSON or CSV."),
        "find": ("sidscope find SID|ADDRESS", "Everything related to a SID or an address."),
        "stats": ("sidscope stats [QUERY]", "How often each rule holds, by channel."),
        "archive": ("sidscope archive info|purge", "What is kept on this machine, and forgetting it."),
        "doctor": ("sidscope doctor", "What works here and what does not, and what to do about it."),
    }
    usage, description = names[command]
    if command == "explore":
        description += f" Commands: {', '.join(COMMANDS)}; sidscope COMMAND --help tells more."
    parser = _Parser(
        prog="sidscope",
        usage=f"{usage} [options]",
        description=description,
        epilog=(_QUERY_TERMS if command in _QUERIED else "") + _EPILOG,
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=80),  # each option makes one of these
        allow_abbrev=False,
        add_help=False,
    )
    # -h is looked for by hand: argparse would read the query term -hello as -h and more.
    parser.add_argument("--help", action="store_true", help="show this and exit (also -h)")
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    if command == "archive":
        parser.add_argument("--older-than", metavar="WHEN", help="30d, or an ISO 8601 time: what purge forgets")
    if command == "pick":
        parser.add_argument("--kind", choices=PICKED, default=PICKED[0], metavar="KIND", help=", ".join(PICKED))
    if command == "find":
        parser.add_argument("--no-mask", action="store_true", help="addresses in full in --format markdown")
    if command == "doctor":
        parser.add_argument("--json", dest="format", action="store_const", const="json", help="for programs")
    add_common(parser, command)
    if command in _RECORDED:
        add_session(parser)
    forms = FORMATS.get(command)
    if forms:
        parser.add_argument("--format", choices=forms, default=forms[0], metavar="FORM", help=f"{', '.join(forms)}")
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise _WrongOption(message)


class _WrongOption(Exception):
    """An option that there is not, or that is used wrongly."""


def _run(command: str, arguments: list[str]) -> int:
    options, literal = _split(arguments)
    if "--version" in options:  # before anything is imported
        print(f"sidscope {__version__}")  # noqa: T201
        return COMPLETE
    gc.disable()  # nothing that is loaded now is garbage, and looking for some is a tenth of a short command's time
    atexit.register(gc.freeze)  # nor is any at the end worth looking for: another tenth
    parser = _parser(command)
    try:
        parsed, words = parser.parse_known_args(options)
    except _WrongOption as error:
        return say(f"{error}: sidscope --help lists the options.", USAGE)
    if parsed.help or "-h" in words:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter  # as wide as the terminal, which takes a while
        parser.print_help()
        return COMPLETE
    unknown = next((word for word in words if word.startswith("--")), None)
    if unknown:
        return say(f"There is no option {unknown.partition('=')[0]}: sidscope --help lists them.", USAGE)
    return _dispatch(command, parsed, words + literal)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before ``--`` and what after, which is query text whatever it looks like."""
    if "--" not in arguments:
        return arguments, []
    index = arguments.index("--")
    return arguments[:index], arguments[index + 1 :]


def _dispatch(command: str, parsed: argparse.Namespace, words: list[str]) -> int:
    from sidscope.commands.options import options_of

    now = datetime.now(UTC)
    try:
        options = options_of(parsed, words, os.environ, now, command=command)
        module, function = _WHERE[command]
        run = getattr(import_module(f"sidscope.commands.{module}"), function)
        # What is read is long-lived, and a decoded context holds a hundred objects: by default a twentieth of the time
        # of all reading would go into looking through them.
        gc.set_threshold(50_000, 20, 100)
        if command not in _EXPLORING:  # which has still much to load, and looks for garbage once its rows are on screen
            gc.freeze()
            gc.enable()
        if command == "find":  # logs only what it asks of Twilio: an answer from the archive is to come at once
            return int(run(options, os.environ, Path.home()))
        from sidscope.commands.logs import log_of

        with log_of(options, os.environ):
            return int(run(options, os.environ, Path.home()))
    except Exception as error:
        told = _explained(error, parsed)
        if told is None:
            raise
        return say(*told)


def _spoken(sentence: str, parsed: argparse.Namespace) -> str:
    from sidscope.veil import hide_addresses

    return hide_addresses(sentence) if parsed.mask else sentence


def _explained(error: Exception, parsed: argparse.Namespace) -> tuple[str, int] | None:
    """The sentence and exit code for what a command raises on purpose; None for anything else. (Where all goes well
    these names need not be loaded.)"""
    from sidscope.archive import ArchiveError
    from sidscope.settings import SettingsError
    from sidscope.twilio_api import BadCredentials, TwilioApiError, Unreachable

    match error:
        case SettingsError():
            return _spoken(str(error), parsed), error.exit_code
        case ArchiveError():
            return str(error), INCOMPLETE
        case BadCredentials():
            return (
                f"Twilio refused the credentials: {error.message}. Check them, or choose another --profile.",
                REFUSED,
            )
        case Unreachable():
            return f"Twilio cannot be reached: {error.message}. What the archive holds: --offline.", UNREACHABLE
        case TwilioApiError():
            return _spoken(f"Twilio did not give what is needed: {error.message}.", parsed), INCOMPLETE
        case _:
            return None


def say(sentence: str, code: int) -> int:
    """One sentence on stderr, harmless whatever it quotes; gives back the exit code."""
    from sidscope.safetext import safe

    print(f"sidscope: {safe(sentence, 1000)}", file=sys.stderr)  # noqa: T201
    return code
