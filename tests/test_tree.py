"""Trees: equal digests for equal trees only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

import pytest
from attrs import evolve
from hypothesis import find, given, settings
from hypothesis import strategies as st

from pylightnix_fn.canonical import canonical, parsed
from pylightnix_fn.tree import Entry, Folder, Kind, Tree, realization_digest

Hash: TypeAlias = Callable[[Tree], str]

# Few letters, so that names and contents that run together are often found.
PATHS: Final = st.text("ab/0", min_size=1, max_size=4)
KINDS: Final[st.SearchStrategy[Kind]] = st.sampled_from(["file", "directory", "symlink"])
ENTRIES: Final = st.builds(
    Entry, PATHS, KINDS, st.integers(0, 2), st.booleans(), st.text("ab0", max_size=3)
)
TREES: Final = st.lists(ENTRIES, max_size=3, unique_by=lambda entry: entry.path).map(Tree)

FILE: Final = Entry("bin/fit", "file", 3, True, "ab")
TREE: Final = Tree([FILE, Entry("bin", "directory")])
CONTEXT: Final = {"dref:a": ["rref:b", "rref:c"]}


def equal_hash_only_if_equal(hash_of: Hash, one: Tree, other: Tree) -> bool:
    return (hash_of(one) == hash_of(other)) == (one == other)


def contents_only(tree: Tree) -> str:
    """As the original Pylightnix had it: neither names nor boundaries."""
    return "".join(entry.content for entry in tree.entries)


def without_boundaries(tree: Tree) -> str:
    return "".join(f"{e.kind}{e.size}{e.executable}{e.path}{e.content}" for e in tree.entries)


def without_kinds(tree: Tree) -> str:
    return Tree([evolve(entry, kind="file") for entry in tree.entries]).digest


def without_executable_bits(tree: Tree) -> str:
    return Tree([evolve(entry, executable=False) for entry in tree.entries]).digest


def _moved(entry: Entry) -> Entry:
    """The same with the last letter of the path at the front of the content."""
    path = entry.path[:-1] or "a"
    return evolve(entry, path=path, content=entry.path[-1] + entry.content)


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """A tree, and the same with one field of one entry drawn anew, or a letter moved."""
    tree = draw(TREES.filter(lambda tree: tree.entries))
    first, *rest = draw(st.permutations(tree.entries))
    drawn = draw(ENTRIES)
    changes = (
        evolve(first, path=drawn.path),
        evolve(first, kind=drawn.kind),
        evolve(first, size=drawn.size),
        evolve(first, executable=drawn.executable),
        evolve(first, content=drawn.content),
        _moved(first),
    )
    return tree, Tree([draw(st.sampled_from(changes)), *rest])


PAIRS: Final = st.one_of(neighbours(), st.tuples(TREES, TREES))


@given(PAIRS)
def test_trees_have_equal_digests_only_if_equal(pair: tuple[Tree, Tree]) -> None:
    assert equal_hash_only_if_equal(lambda tree: tree.digest, *pair)


@pytest.mark.parametrize(
    "broken", [contents_only, without_boundaries, without_kinds, without_executable_bits]
)
def test_law_of_digests_catches(broken: Hash) -> None:
    one, other = find(
        PAIRS,
        lambda pair: not equal_hash_only_if_equal(broken, *pair),
        settings=settings(database=None, derandomize=True),
    )
    assert one != other


@given(st.lists(ENTRIES, max_size=4, unique_by=lambda entry: entry.path), st.randoms())
def test_tree_does_not_depend_on_the_order_of_entries(entries: list[Entry], random: Random) -> None:
    shuffled = random.sample(entries, len(entries))
    assert Tree(entries) == Tree(shuffled)
    assert Tree(entries).digest == Tree(shuffled).digest


@pytest.mark.parametrize(
    "changed",
    [
        evolve(FILE, path="bin/fit2"),
        evolve(FILE, path="bin2/fit"),
        evolve(FILE, kind="symlink"),
        evolve(FILE, size=4),
        evolve(FILE, executable=False),
        evolve(FILE, content="ac"),
    ],
)
def test_digest_depends_on_every_field_of_an_entry(changed: Entry) -> None:
    assert TREE.digest != Tree([changed, Entry("bin", "directory")]).digest


def test_digest_depends_on_empty_folders() -> None:
    assert Tree().digest != Tree([Entry("empty", "directory")]).digest


def test_entries_are_sorted_by_the_bytes_of_their_paths() -> None:
    paths = ["b", "a/b", "a", "a-b", "é", "\uffff", "😀", "B"]
    tree = Tree([Entry(path, "file") for path in paths])
    expected = ["B", "a", "a-b", "a/b", "b", "é", "\uffff", "😀"]
    assert expected == [entry.path for entry in tree.entries]


def test_size_is_that_of_all_files() -> None:
    assert 7 == Tree([Entry("a", "file", 3), Entry("b", "file", 4), Entry("c", "directory")]).size


def test_manifest_holds_all_of_an_entry() -> None:
    expected = {"path": "bin/fit", "kind": "file", "size": 3, "executable": True, "content": "ab"}
    assert expected == FILE.json()


@given(TREES)
def test_manifest_is_json(tree: Tree) -> None:
    assert tree.json() == parsed(canonical(tree.json()))


def test_folder_gives_what_lies_in_it() -> None:
    assert Path("/results/x/a/b") == Folder(Path("/results/x")) / "a/b"


# The name of a realization.


def test_realization_digest_depends_on_the_tree() -> None:
    assert realization_digest(TREE, CONTEXT) != realization_digest(Tree(), CONTEXT)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"dref:a": []},
        {"dref:a": ["rref:b"]},
        {"dref:a": ["rref:brref:c"]},
        {"dref:a": ["rref:c", "rref:b"]},
        {"dref:x": ["rref:b", "rref:c"]},
        {"dref:a": ["rref:b"], "dref:d": ["rref:c"]},
    ],
)
def test_realization_digest_depends_on_the_context(context: dict[str, list[str]]) -> None:
    assert realization_digest(TREE, CONTEXT) != realization_digest(TREE, context)


def test_realization_digest_does_not_depend_on_the_order_of_dependencies() -> None:
    context = {"dref:a": ["rref:b", "rref:c"], "dref:b": ["rref:d"]}
    reversed_context = {"dref:b": iter(["rref:d"]), "dref:a": ("rref:b", "rref:c")}
    assert realization_digest(TREE, context) == realization_digest(TREE, reversed_context)
