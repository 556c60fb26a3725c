"""Run the Python sections of a Markdown file, and paste what they print below them.

Every fenced section marked ``python`` is a derivation: its config is its code and a reference to
the section before, its outputs are what it printed and the names that it left. So a section is run
again where it was changed, or one before it, and never else. Comments, layout and all the prose
between sections are no part of it. What a section prints goes into a section ``result`` below it,
in place of the one that was there; to run a file twice changes it once. A section that fails ends
the run: those before it keep their results, it and those behind it have none.

All sections share one namespace, as the cells of a notebook do. How does it reach a section, where
those before it are not run? A pickle of it is no answer: a store that holds programs in place of
values can be neither read nor trusted, and much of what a section makes (an open file, a net, a
store) no pickle can hold. So `namespaces` keeps what it can, values as text, and takes functions,
classes and imports from the document itself. Mostly that is all that is needed, and then nothing
before the first changed section runs. Where a section that is to run needs more than that, the
sections before it run once more, in silence, to have it; the last line tells for which names. Who
wants to be spared that lets a section leave numbers, texts, lists and arrays.

Sections run in this process, as ``__main__``, in the folder where this program was started.

    python examples/mdrun.py DOCUMENT [--output FILE] [--store FOLDER]
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import linecache
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from attrs import define, field, frozen
from namespaces import Names, names_codec, names_in, needs_of, values_of
from sections import sections_of, with_results

from pylightnix_fn import (
    Artifact,
    Build,
    Built,
    DiskStore,
    DRef,
    Event,
    Manager,
    PylightnixError,
    Realization,
    Version,
    artifact,
    derive,
    instantiate,
    realize,
    text,
)
from pylightnix_fn.errors.build import RealizerFailed


@frozen
class Code:
    """A section, as Python reads it, and the one before it."""

    code: str
    before: DRef[Ran] | None


@frozen
class Ran:
    """What a section printed, and the names that there are after it."""

    printed: Artifact[str] = artifact("printed.txt", text)
    names: Artifact[Names] = artifact("names.json", names_codec)


@define
class Session:
    """A module in which sections run; so many of them have left their names in it.

    ``codes`` are those of a file, each on the lines that it has there.
    """

    file: str
    codes: tuple[str, ...]
    module: ModuleType = field(factory=lambda: ModuleType("__main__"))
    done: int = 0
    lacking: list[str] = field(factory=list)  # what sections were run once more for

    def run(self, number: int, before: Names) -> str:
        """What a section prints, where those before it left these names."""
        if self.done < number:
            self._go_to(number, before)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self._execute(self.codes[number])
        self.done = number + 1
        return printed.getvalue()

    def _go_to(self, number: int, before: Names) -> None:
        needs = needs_of(self.codes[number:], self.codes[:number], before)
        self.lacking = needs.lacking
        names = vars(self.module)
        if not needs.lacking:
            names.update(values_of(before))
            self._execute(ast.Module(needs.definitions, []))
            return
        names.clear()
        names["__name__"] = "__main__"
        self.done = 0
        for each in range(number):
            self.run(each, before)

    def _execute(self, code: str | ast.Module) -> None:
        exec(compile(code, self.file, "exec", dont_inherit=True), vars(self.module))


@contextlib.contextmanager
def as_main(session: Session) -> Iterator[None]:
    """Let a session's module be the program, and tracebacks show the lines of its file."""
    lines: list[str] = []
    for code in session.codes:
        lines += code.split("\n")[len(lines) :]
    linecache.cache[session.file] = (0, None, [f"{line}\n" for line in lines], session.file)
    there, sys.modules["__main__"] = sys.modules["__main__"], session.module
    try:
        yield
    finally:
        sys.modules["__main__"] = there


def chain(m: Manager, session: Session, count: int) -> tuple[Manager, DRef[Ran]]:
    """The last of so many sections, each built from the one before."""
    m, last = section(m, session, 0, None)
    for number in range(1, count):
        m, last = section(m, session, number, last)
    return m, last


def section(
    m: Manager, session: Session, number: int, before: DRef[Ran] | None
) -> tuple[Manager, DRef[Ran]]:
    def ran(b: Build[Code, Ran]) -> None:
        earlier = b.config.before
        names = Names({}, {}, []) if earlier is None else b.deref(earlier).names.read()
        b.out.printed.write(session.run(number, names))
        b.out.names.write(names_in(vars(session.module), names.others))

    code = Code(ast.unparse(ast.parse(session.codes[number], session.file)), before)
    return derive(m, code, Ran(), ran, name=f"section-{number + 1}", code=Version("1"))


class Wishes(argparse.Namespace):
    """What the command line asks for."""

    document: str
    output: str | None = None
    store: str = "_pylightnix"


def arguments() -> Wishes:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("document", help="the Markdown file")
    parser.add_argument("--output", help="where to write it with its results; default: in place")
    parser.add_argument("--store", default="_pylightnix", help="where results lie (_pylightnix)")
    return parser.parse_args(namespace=Wishes())


def main() -> None:
    wishes = arguments()
    document = Path(wishes.document).read_bytes().decode()
    codes = tuple("\n" * each.first + each.code for each in sections_of(document))
    session, built = Session(wishes.document, codes), list[Built]()
    results: list[str] = []
    failure = None
    try:
        with as_main(session):
            for ran in results_of(session, DiskStore.open(wishes.store), built):
                results.append(ran.out.printed.read())
    except (PylightnixError, SyntaxError) as error:
        failure = told(error, session.file)
    write(Path(wishes.output or wishes.document), document, results)
    found = len(results) - len(built)
    print(f"{len(codes)} sections: {len(built)} run, {found} found in the store", flush=True)
    if session.lacking:
        print(f"Those before ran once more, in silence, to have {', '.join(session.lacking)}.")
    sys.exit(failure)


def write(target: Path, document: str, results: list[str]) -> None:
    """Make a file hold the document with its results; one that does already is not touched."""
    none = [""] * (len(sections_of(document)) - len(results))
    pasted = with_results(document, [*results, *none]).encode()
    if not target.exists() or target.read_bytes() != pasted:
        target.write_bytes(pasted)


def results_of(
    session: Session, store: DiskStore, built: list[Built]
) -> Iterator[Realization[Ran]]:
    """The results of all sections, as they come."""

    def observe(event: Event) -> None:
        if isinstance(event, Built):
            built.append(event)

    for count in range(1, len(session.codes) + 1):
        yield realize(instantiate(chain, session, count), store, observe=observe)


def told(error: Exception, file: str) -> str:
    """An error of a section, with the lines of the document that led to it."""
    cause = error.__cause__ if isinstance(error, RealizerFailed) else None
    raised = cause or error
    frames = [each for each in traceback.extract_tb(raised.__traceback__) if each.filename == file]
    lines = traceback.format_list(frames) + traceback.format_exception_only(raised)
    return "".join(lines).rstrip()


if __name__ == "__main__":
    main()
