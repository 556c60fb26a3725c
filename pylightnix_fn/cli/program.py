"""The program itself: its commands, and what becomes of errors.

Exit codes: 0; 1 for what failed; 2 for arguments that make no sense; 3 for what is not there; 130
where it was interrupted. A module of commands is imported when one of them is called.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from itertools import zip_longest
from typing import Final, TypeAlias

import click

from pylightnix_fn.cli.screen import say, stand_in
from pylightnix_fn.cli.session import COMMON, Session

FAILED: Final = 1
INTERRUPTED: Final = 130

_Section: TypeAlias = tuple[str, str, Mapping[str, str]]

# Beside each other in the help: so it fits a screen of 24 lines.
LEFT: Final[tuple[_Section, ...]] = (
    (
        "Look",
        "looking",
        {
            "info": "where it is, what it holds",
            "ls": "derivations, or realizations",
            "find": "by name, age, config, result",
            "show": "all about an object",
            "tree": "artifacts, with sizes",
            "cat": "print an artifact",
            "path": "print the folder",
            "open": "a shell in the folder",
        },
    ),
    (
        "Compare",
        "comparing",
        {
            "runs": "numbers, as table or plot",
            "diff": "what two objects differ in",
            "graph": "draw what something needs",
            "log": "what a build printed",
            "failures": "builds that failed",
        },
    ),
    ("Build", "building", {"plan": "what a stage needs, and why", "realize": "build it"}),
)
RIGHT: Final[tuple[_Section, ...]] = (
    (
        "Keep and clean",
        "keeping",
        {
            "why": "what keeps an object",
            "deps": "what it needs",
            "rdeps": "what needs it",
            "root": "name what must stay",
            "gc": "remove what nothing needs",
            "undo": "bring back what gc removed",
            "rm": "remove one object",
            "du": "room that objects take",
        },
    ),
    (
        "Check",
        "checking",
        {
            "verify": "is all what it should be?",
            "repair": "mend, or put aside",
            "optimise": "equal files share bytes",
        },
    ),
    (
        "Move",
        "moving",
        {
            "init": "make a store",
            "export": "write objects to a file",
            "import": "add those of a file",
            "copy": "to another store",
        },
    ),
)
MODULES: Final = {name: module for _, module, commands in (*LEFT, *RIGHT) for name in commands}


class Program(click.Group):
    """The group of all commands, none of which is imported before it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        module = import_module(f"pylightnix_fn.cli.{MODULES[cmd_name]}")
        commands: dict[str, click.Command] = module.COMMANDS
        return commands[cmd_name]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(HELP)
        rows = zip_longest(_lines(LEFT), _lines(RIGHT), fillvalue="")
        formatter.write("".join(f"{left:<40}{right}".rstrip() + "\n" for left, right in rows))


def _lines(sections: tuple[_Section, ...]) -> Iterator[str]:
    for title, _, commands in sections:
        yield f"{title}:"
        for name, text in commands.items():
            yield f"  {name:<9} {text}"


HELP: Final = """\
plx [--store DIR] [--trust] [--json] COMMAND ...  (each with --help, an example)

The store: --store, else $PYLIGHTNIX_ROOT, else the nearest folder _pylightnix
from here upwards, else your own. REF: a reference, its hash (or part), a name.
Example: plx runs train --sort accuracy.txt

"""

plx = Program("plx", params=list(COMMON), context_settings={"help_option_names": ["-h", "--help"]})


def run() -> int:
    """Run the program with the arguments of the process; its exit code."""
    stand_in()
    session = Session()
    try:
        status: object = plx.main(standalone_mode=False, obj=session)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except BrokenPipeError:  # who read on has seen enough
        _leave_output()
        return FAILED
    except SystemExit:  # of the completion of a shell
        raise
    except BaseException as error:  # whatever the code of a user raises
        _leave_output()
        with suppress(OSError):
            _tell(error, session)
        return _code_of(error)


def _leave_output() -> None:
    """Drop what can be written nowhere, or else the interpreter would try again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: BaseException, session: Session) -> None:
    """What went wrong, on the error stream, which may have no room for it."""
    from pylightnix_fn.cli.complaints import usage_words, words_for

    match error:
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
        case click.ClickException():
            say(usage_words(error))
        case click.Abort() | KeyboardInterrupt():
            say("\nplx: interrupted")
        case _ if session.is_debug:
            traceback.print_exception(error)
        case _:
            say(words_for(error))


def _code_of(error: BaseException) -> int:
    from pylightnix_fn.cli.complaints import code_of

    match error:
        case click.ClickException():
            return error.exit_code
        case click.Abort() | KeyboardInterrupt():
            return INTERRUPTED
        case _:
            return code_of(error)
