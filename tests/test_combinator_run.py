"""`run`: commands, the words that they are called with, and what is told when they fail."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from attrs import Factory, frozen
from trials import LOG, Note, Trial, built, writing

from pylightnix_fn import (
    Artifact,
    DRef,
    Folder,
    Manager,
    Many,
    MemoryStore,
    Store,
    artifact,
    at_least,
    derive,
    instantiate,
    logged,
    number,
    realize,
    retry,
    run,
    text,
    then,
)
from pylightnix_fn.errors.build import CommandFailed
from pylightnix_fn.errors.plan import BadParameter


@frozen
class Picture:
    """Parameters of a command."""

    words: str = "two words; $HOME `id` * 'quoted' \"twice\" > x"
    rate: float = 0.125
    count: int = 3
    empty: str = ""
    notes: list[DRef[Note]] = Factory(list)
    folder: DRef[Folder] | None = None
    several: Many[Note] | None = None


@frozen
class Result:
    """What a command is to write."""

    path: Path = Path("sub/words.txt")
    lines: Artifact[str] = artifact("lines.txt", text)
    score: Artifact[float] = artifact("score.txt", number)


def said(words: str, store: Store, config: Picture = Picture()) -> list[str]:
    """The words that a command is called with."""
    code = "import sys; open(sys.argv[1], 'w').write('\\n'.join(sys.argv[2:]))"
    command = f'{sys.executable} -c "{code}" {{out.path}} {words}'

    def stage(m: Manager) -> tuple[Manager, DRef[Drawn]]:
        return derive(m, config, Drawn(), run(command), code=None)

    return realize(instantiate(stage), store).out.path.read_text(encoding="utf-8").split("\n")


@frozen
class Drawn:
    """What a command writes."""

    path: Path = Path("sub/words.txt")


def failing(command: str) -> CommandFailed:
    store = MemoryStore()
    with pytest.raises(CommandFailed) as caught:
        built(run(command), store)
    return caught.value


def test_words_are_those_of_a_shell(store: Store) -> None:
    assert ["a", "b c", "d'e", "$HOME", "*"] == said("a 'b c' d\\'e '$HOME' '*'", store)


def test_value_is_one_word_whatever_is_in_it(store: Store) -> None:
    assert [Picture().words, "end"] == said("{c.words} end", store)


def test_empty_value_is_a_word(store: Store) -> None:
    assert ["", "end"] == said("{c.empty} end", store)


def test_command_sees_the_config_as_variables(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Drawn]]:
        command = 'sh -c \'printf %s "$words:$rate:$PATH" > "$out_path"\''
        return derive(m, Picture("of the user"), Drawn(), run(command), code=None)

    found = realize(instantiate(stage), store).out.path.read_text(encoding="utf-8")
    assert f"of the user:0.125:{os.environ['PATH']}" == found


def test_numbers_can_be_formatted(store: Store) -> None:
    assert ["0.125", "0.1", "3", "003", "-n3"] == said(
        "{c.rate} {c.rate:.1f} {c.count} {c.count:03} -n{c.count}", store
    )


def test_braces_are_written_twice(store: Store) -> None:
    assert ["{x}"] == said("{{x}}", store)


def test_command_runs_in_the_folder(store: Store) -> None:
    made = built(run("sh -c 'pwd; echo done > note.txt'"), store)
    assert "done\n" == made.out.text.read()
    assert (made.path / LOG).read_text(encoding="utf-8").strip().endswith("/out")


def test_outputs_are_paths_of_the_folder(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Result]]:
        command = (
            "sh -c 'echo a > $0; echo b > $1; echo 0.5 > $2' {out.path} {out.lines} {out.score}"
        )
        return derive(m, Picture(), Result(), run(command), code=None)

    out = realize(instantiate(stage), store).out
    assert ("a\n", "b\n", 0.5) == (
        out.path.read_text(encoding="utf-8"),
        out.lines.read(),
        out.score.read(),
    )


def test_references_are_dereferenced(store: Store) -> None:
    command = "cat {c.notes[0].text} {c.notes[1].text} {c.folder}/note.txt {c.several[0].text}"

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, one = derive(m, Trial("one"), Note(), writing("1 "), code=None)
        m, two = derive(m, Trial("two"), Note(), writing("2 "), code=None)
        m, folder = derive(m, Trial("three"), Folder(), run("sh -c 'echo 3 > note.txt'"), code=None)
        m, many = derive(m, Trial("four"), Note(), writing("4"), at_least(1), code=None)
        config = Picture(notes=[one, two], folder=folder, several=many)
        return derive(m, config, Folder(), run(command), code=None)

    made = realize(instantiate(stage), store)
    assert "1 2 3\n4" == (made.path / LOG).read_text(encoding="utf-8")


def keyed(command: str) -> str:
    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        return derive(m, Trial(), Folder(), run(command))

    return instantiate(stage).targets[0].text


def test_command_is_part_of_the_key() -> None:
    assert keyed("touch a") == keyed("touch a")
    assert keyed("touch a") != keyed("touch b")


def test_command_in_a_combination_is_part_of_the_key() -> None:
    def stage(m: Manager, command: str) -> tuple[Manager, DRef[Folder]]:
        return derive(m, Trial(), Folder(), retry(3)(logged(run(command))))

    one, other = (instantiate(stage, command).targets for command in ("touch a", "touch b"))
    assert one != other


def test_command_that_fails_shows_its_last_lines() -> None:
    error = failing("sh -c 'seq 100; echo last >&2; exit 7'")
    assert "exit code 7" == error.status
    assert [*map(str, range(82, 101)), "last"] == error.tail.split("\n")


def test_command_that_fails_shows_its_own_lines_only() -> None:
    store = MemoryStore()
    with pytest.raises(CommandFailed) as caught:
        built(then(run("echo first"), run("sh -c 'echo second; exit 1'")), store)
    assert "second" == caught.value.tail


def test_command_that_fails_in_silence_printed_nothing() -> None:
    assert "nothing" == failing("false").tail


def test_command_that_prints_without_end_shows_the_last_of_it() -> None:
    error = failing("sh -c 'head -c 3000000 /dev/zero | tr \\\\0 x; echo; echo last; exit 1'")
    assert error.tail.endswith("\nlast")
    assert len(error.tail) <= 2**16


def test_command_that_is_not_there_is_named() -> None:
    error = failing("no-such-command --flag 'a b'")
    assert "it could not be started: No such file or directory" == error.status
    assert "no-such-command --flag 'a b'" == error.command


def test_command_that_is_killed_is_reported() -> None:
    assert "ended by signal 9" == failing("sh -c 'kill -9 $$'").status


def test_command_that_fails_can_be_tried_again(store: Store, tmp_path: Path) -> None:
    once = tmp_path / "once"
    command = f"sh -c 'if test -e {once}; then echo ok > note.txt; else touch {once}; exit 1; fi'"
    assert "ok\n" == built(retry(2)(run(command)), store).out.text.read()


def test_message_of_a_failed_command() -> None:
    expected = (
        "a command of 'trial' failed\n\n"
        "  command  sh -c 'echo a; echo b; exit 2'\n"
        "  status   exit code 2\n"
        "  printed  a\n           b\n\n"
        "Run the command by hand; what was written is kept."
    )
    assert expected == str(failing("sh -c 'echo a; echo b; exit 2'"))


@pytest.mark.parametrize(
    "command",
    [
        "",
        "  ",
        "echo {x}",
        "echo {}",
        "echo {0}",
        "echo {config.x}",
        "echo {",
        "echo }",
        "echo 'a",
        "awk '{print $1}'",
        "echo {c[x]}",
    ],
)
def test_command_that_makes_no_sense_is_refused(command: str) -> None:
    with pytest.raises(BadParameter, match="'run' cannot work"):
        run(command)


@pytest.mark.parametrize("word", ["{c.typo}", "{out.typo}", "{c.label:{x}}", "{c.label:d}"])
def test_field_that_is_not_there_is_named(word: str) -> None:
    with pytest.raises(BadParameter) as caught:
        built(run(f"echo {word}"), MemoryStore())
    assert repr(word) == caught.value.value
