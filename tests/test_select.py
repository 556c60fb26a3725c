"""Selections: the winner among derivations, and the reason why it won."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import define, frozen
from scenarios import unprivileged
from trials import Note, Trial, writing

from pylightnix_fn import (
    Artifact,
    Build,
    Closure,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    MemoryStore,
    Realization,
    Store,
    artifact,
    at_least,
    derive,
    instantiate,
    json_of,
    number,
    realize,
    run,
    select,
    text,
)
from pylightnix_fn.disk_files import DiskFiles
from pylightnix_fn.errors.build import DecodeFailed, NothingToSelect
from pylightnix_fn.errors.plan import BadParameter


@frozen
class Model:
    """Outputs of a model; ``more`` has a link and a folder beside it."""

    score: Artifact[float] = artifact("score.txt", number)
    more: Path = Path("sub/more.txt")


@frozen
class Contender:
    """A contender, as `selection.json` tells of it."""

    derivation: str
    mean: float
    scores: list[float]


@frozen
class Selection:
    """What `selection.json` holds, where all numbers are finite."""

    winner: str
    contenders: list[Contender]


@define
class Scores:
    """Writes the scores of each derivation one after the other."""

    left: dict[str, list[float]]

    def __call__(self, b: Build[Trial, Model]) -> None:
        b.out.score.write(self.left[b.config.label].pop(0))
        b.out.more.write_text(b.config.label, encoding="utf-8")
        b.out.more.chmod(0o755)
        (b.path / "link").symlink_to("sub/more.txt")
        (b.path / "sub" / "deep").mkdir()
        (b.path / "sub" / "deep" / "back").symlink_to("../more.txt")


FIRST = derive(Manager(), Trial("a"), Model(), Scores({}), code=None)[1]


def score_of(model: Model) -> Artifact[float]:
    return model.score


def contest(*contenders: Sequence[float], lowest: bool = False) -> Closure[Realization[Model]]:
    """A selection among derivations a, b, ... with these scores."""
    scores = Scores({chr(97 + i): list(each) for i, each in enumerate(contenders)})

    def stage(m: Manager) -> tuple[Manager, DRef[Model]]:
        made: list[Many[Model]] = []
        for i, each in enumerate(contenders):
            matcher = at_least(len(each))
            m, one = derive(m, Trial(chr(97 + i)), Model(), scores, matcher, code=None)
            made.append(one)
        return select(m, made, score_of, lowest=lowest)

    return instantiate(stage)


def won(store: Store, *contenders: Sequence[float], lowest: bool = False) -> tuple[str, float]:
    """The contender that wins, and its score."""
    winner = realize(contest(*contenders, lowest=lowest), store)
    return winner.out.more.read_text(encoding="utf-8"), winner.out.score.read()


def told(winner: Realization[Model]) -> Selection:
    """What `selection.json` tells."""
    return json_of(Selection).decode((winner.path / "selection.json").read_bytes())


def score_in(folder: Folder) -> Artifact[float]:
    return artifact("score.txt", number).bound(folder.path, DiskFiles())


def test_highest_score_wins(store: Store) -> None:
    assert ("b", 0.9) == won(store, [0.1], [0.9], [0.5])


def test_lowest_score_wins_where_low_is_good(store: Store) -> None:
    assert ("a", 0.1) == won(store, [0.1], [0.9], [0.5], lowest=True)


def test_mean_decides_and_the_best_of_the_winner_is_taken(store: Store) -> None:
    assert ("b", 0.6) == won(store, [0.9, 0.0, 0.1], [0.4, 0.6, 0.5])


def test_mean_decides_where_low_is_good(store: Store) -> None:
    assert ("b", 0.4) == won(store, [0.0, 0.9, 0.8], [0.4, 0.6, 0.5], lowest=True)


@pytest.mark.parametrize("lowest", [False, True])
def test_tie_is_decided_by_reference_and_not_by_order(lowest: bool, store: Store) -> None:
    scores = Scores({"a": [0.5], "b": [0.5]})

    def stage(m: Manager, *order: int) -> tuple[Manager, DRef[Model]]:
        m, a = derive(m, Trial("a"), Model(), scores, code=None)
        m, b = derive(m, Trial("b"), Model(), scores, code=None)
        return select(m, [(a, b)[i] for i in order], score_of, lowest=lowest)

    one, other = (realize(instantiate(stage, *order), store) for order in [(0, 1), (1, 0)])
    assert one.out.more.read_text("utf-8") == other.out.more.read_text("utf-8")


@pytest.mark.parametrize("lowest", [False, True])
def test_not_a_number_never_wins(lowest: bool, store: Store) -> None:
    assert ("b", 0.5) == won(store, [math.nan], [0.5], lowest=lowest)


@pytest.mark.parametrize("lowest", [False, True])
def test_contender_with_one_not_a_number_does_not_win(lowest: bool, store: Store) -> None:
    scores = [0.9, math.nan] if not lowest else [0.1, math.nan]
    assert ("b", 0.5) == won(store, scores, [0.5], lowest=lowest)


def test_infinite_score_wins(store: Store) -> None:
    assert ("b", math.inf) == won(store, [1e300], [math.inf])


def test_no_number_at_all_is_refused() -> None:
    with pytest.raises(NothingToSelect, match="no contender has a number") as caught:
        won(MemoryStore(), [math.nan], [math.nan])
    assert ("select", 2) == (caught.value.name, caught.value.contenders)


def test_references_to_one_and_to_several_can_compete(store: Store) -> None:
    scores = Scores({"a": [0.3], "b": [0.2, 0.5]})

    def stage(m: Manager) -> tuple[Manager, DRef[Model]]:
        m, one = derive(m, Trial("a"), Model(), scores, code=None)
        m, several = derive(m, Trial("b"), Model(), scores, at_least(2), code=None)
        return select(m, [one, several], score_of)

    assert 0.5 == realize(instantiate(stage), store).out.score.read()


def test_selection_says_who_won_and_why(store: Store) -> None:
    winner = realize(contest([0.25, 0.75], [0.125]), store)
    first, second = told(winner).contenders
    scores = {store.folder(rref) / "score.txt": rref.text for rref in winner.context[FIRST]}
    best = next(text for path, text in scores.items() if path.read_text("utf-8") == "0.75")
    assert best == told(winner).winner
    assert (FIRST.text, 0.5, [0.25, 0.75]) == (first.derivation, first.mean, sorted(first.scores))
    assert (0.125, [0.125]) == (second.mean, second.scores)


def test_selection_tells_of_what_is_no_number(store: Store) -> None:
    winner = realize(contest([0.25], [math.nan], [-math.inf]), store)
    text = (winner.path / "selection.json").read_text("utf-8")
    assert '"mean":"nan","scores":["nan"]' in text
    assert '"mean":"-inf","scores":["-inf"]' in text


def contents(folder: Path) -> dict[str, tuple[str, bool]]:
    """Files and links below a folder, but for the store's own."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = (os.readlink(path), False)
        elif path.is_file() and not name.startswith("__") and name != "context.json":
            found[name] = (path.read_text("utf-8"), bool(path.stat().st_mode & 0o100))
    return found


def test_selection_holds_all_that_the_winner_holds(store: Store) -> None:
    winner = realize(contest([0.9], [0.1]), store)
    (best,) = winner.context[FIRST]
    expected, found = contents(store.folder(best)), contents(winner.path)
    found.pop("selection.json")
    assert {"score.txt", "sub/more.txt", "sub/deep/back", "link"} == expected.keys()
    assert expected == found


def selection_of_selections(m: Manager) -> tuple[Manager, DRef[Model]]:
    scores = Scores({"a": [0.1], "b": [0.2], "c": [0.3]})
    m, a = derive(m, Trial("a"), Model(), scores, code=None)
    m, b = derive(m, Trial("b"), Model(), scores, code=None)
    m, c = derive(m, Trial("c"), Model(), scores, code=None)
    m, first = select(m, [a, b], score_of, name="first")
    m, second = select(m, [b, c], score_of, name="second")
    return select(m, [first, second], score_of, name="final")


def test_winner_is_copied_without_the_rights_of_root(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    for above in tmp_path.parents[:-2]:
        above.chmod(0o755)
    with unprivileged():
        store = DiskStore.open(tmp_path / "store")
        made = realize(instantiate(selection_of_selections), store)
        assert told(made).winner.endswith("-second")
        assert ("c", 0.3) == (made.out.more.read_text("utf-8"), made.out.score.read())


def test_score_that_is_none_is_reported() -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, one = derive(m, Trial(), Folder(), run("sh -c 'echo high > score.txt'"), code=None)
        return select(
            m,
            [one],
            lambda o: artifact("score.txt", number).bound(o.path, DiskFiles()),
            name="pick",
        )

    with pytest.raises(DecodeFailed, match="could not convert"):
        realize(instantiate(stage), MemoryStore())


def test_selection_among_none_is_refused() -> None:
    nobody: list[DRef[Model]] = []
    with pytest.raises(BadParameter, match="one reference or more"):
        select(Manager(), nobody, score_of)


def test_selection_among_unlike_outputs_is_refused() -> None:
    other = Model(score=artifact("other.txt", number))
    m, a = derive(Manager(), Trial("a"), Model(), Scores({}), code=None)
    m, b = derive(m, Trial("b"), other, Scores({}), code=None)
    with pytest.raises(BadParameter, match="equal outputs records"):
        select(m, [a, b], score_of)


def test_outputs_that_need_the_name_of_the_selection_are_refused() -> None:
    outputs = Note(artifact("selection.json", text))
    m, a = derive(Manager(), Trial("a"), outputs, writing("a"), code=None)
    with pytest.raises(BadParameter, match=r"outputs without selection\.json"):
        select(m, [a], lambda o: artifact("score.txt", number))


def test_selection_introduces_itself() -> None:
    closure = contest([0.1])
    names = [each.realizer for each in closure if each.name == "select"]
    assert ["select(score_of)"] == names
