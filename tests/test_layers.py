"""The rules of the layers: who may import whom, and what the pure ones must not touch.

The checks read the source, so a rule also holds for imports that only run inside a function.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen

import pylightnix_fn

LIBRARY: Final = pylightnix_fn.__name__
ROOT: Final = Path(pylightnix_fn.__file__).parent

# From top to bottom. A room imports only from lower rows: those of one row do not see each other.
# A package is one room, whose modules may see each other, but not in a circle.
EFFECTS: Final = (
    ("cli",),
    (LIBRARY,),
    ("inplace",),
    ("plotting",),
    ("inquiry", "loading", "graph.gathering", "graph.graphviz", "transfer"),
    ("upkeep", "pausing", "optics"),
    ("driver", "outlook", "stages", "dask_workers"),
    ("undertaking",),
    ("turns", "threads", "processes"),
    ("progression",),
    ("pools",),
    ("queueing", "parcel"),
    ("urgency", "settling", "finding", "relay", "kinship"),
    ("building",),
    ("archive",),
    ("store", "memory_store", "workshop", "content", "display"),
    ("asking",),
    ("store_protocol", "sealing", "versions", "confinement", "printing"),
    ("intake",),
    ("remains", "hashing"),
    ("locks", "disk_files", "travelling", "logbook", "crew"),
    ("files",),
    ("filesystem",),
)
PURE: Final = (
    ("observer",),
    ("events",),
    ("plan", "graph"),
    ("closure", "explanation", "findings"),
    (
        "realization",
        "composition",
        "classic",
        "combinator",
        "laws",
        "sweep",
        "retention",
        "decoration",
        "shorthand",
        "unrolling",
    ),
    ("manager",),
    ("tracing", "environment"),
    ("realizer", "matcher", "resources"),
    ("codec", "showcase"),
    ("outputs", "failure"),
    ("config", "code"),
    ("encoding", "jsonable"),
    ("refs", "chart"),
    ("tree", "html", "comparison", "timetable"),
    ("canonical", "quantity"),
    ("errors",),
    ("lazily",),
)
ROWS: Final = EFFECTS + PURE
HEIGHT: Final = {room: -depth for depth, row in enumerate(ROWS) for room in row}
PURE_ROOMS: Final = frozenset(room for row in PURE for room in row)


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a pure module may import from elsewhere: nothing here touches the world when it is called
# with values. `pathlib` is for pure paths, `datetime` for times that somebody else took.
HARMLESS: Final = words(
    "__future__ abc ast attrs collections contextlib copy dataclasses datetime decimal enum "
    "fractions functools graphlib hashlib heapq html itertools json math operator pathlib re "
    "reprlib rpds shlex statistics string struct textwrap types typing typing_extensions "
    "unicodedata"
)
FUNCTIONS: Final = words("open print input breakpoint exec eval compile __import__ globals hash id")
METHODS: Final = words(
    "open read_text read_bytes write_text write_bytes exists is_file is_dir is_symlink iterdir "
    "glob rglob stat lstat mkdir touch unlink rmdir rename chmod symlink_to hardlink_to readlink "
    "resolve absolute expanduser samefile cwd home now utcnow today getenv urandom"
)
FORBIDDEN_CALLS: Final = FUNCTIONS | {f".{method}" for method in METHODS}
UNTYPED: Final = frozenset({"Any", "cast"})

# Rooms that need more, and why that leaves them pure.
# code: a realizer's code is found through the interpreter, in the modules that are loaded and
#   what their text says: the one thing that a plan takes from outside of its arguments. Syntax
#   trees are compiled, never run; what `id` gives tells objects apart, and enters no key.
# codec: arrays and tables as bytes in memory; numpy and cattrs touch nothing else here.
# shorthand: a function says itself which parameters it has.
# refs: a reference hashes as its text does; no order depends on it.
# lazily: a module is imported when one of its names is first used.
MORE: Final = {
    "lazily": words("importlib sys"),
    "refs": words("hash"),
    "shorthand": words("inspect"),
    "code": words(
        "builtins dis importlib inspect linecache marshal sys warnings weakref compile id"
    ),
    "codec": words("cattrs csv io numpy zipfile"),
}


@frozen
class Module:
    """A module of the library: its name below the package, and its text."""

    name: str
    text: str
    is_package: bool = False

    @property
    def room(self) -> str:
        return room_of(self.name) or self.name

    def tree(self) -> ast.Module:
        return ast.parse(self.text)


def room_of(name: str) -> str | None:
    """The room of a dotted name; `None` if the table has none."""
    return next((room for room in HEIGHT if name == room or name.startswith(f"{room}.")), None)


def library() -> tuple[Module, ...]:
    return tuple(_module(path) for path in sorted(ROOT.rglob("*.py")))


def _module(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts) or LIBRARY
    return Module(name, path.read_text(encoding="utf-8"), is_package)


MODULES: Final = library()
PURE_MODULES: Final = tuple(module for module in MODULES if module.room in PURE_ROOMS)
NAMES: Final = frozenset(module.name for module in MODULES)


def imported(module: Module) -> Iterator[str]:
    """Dotted names that a module imports, wherever in it; members as `module.member`."""
    for node in ast.walk(module.tree()):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    here = [] if module.name == LIBRARY else module.name.split(".")
    up = node.level - module.is_package
    above = here[: len(here) - up]
    return ".".join([LIBRARY, *above, *([node.module] if node.module else [])])


def inside(module: Module) -> frozenset[str]:
    """Names below the package that a module imports; the package itself by its own name."""
    names = (name for name in imported(module) if name.partition(".")[0] == LIBRARY)
    below = (name.partition(".")[2] for name in names)
    return frozenset(name if room_of(name) else LIBRARY for name in below)


def upward(module: Module) -> list[str]:
    """What a module imports though it may not see it."""
    height = HEIGHT.get(module.room, 0)
    rooms = {room_of(name) or LIBRARY for name in inside(module)} - {module.room}
    return sorted(f"{module.name} imports {room}" for room in rooms if HEIGHT[room] >= height)


def worldly_imports(module: Module) -> list[str]:
    """What a module imports from outside the library beyond what a pure one may."""
    tops = {name.partition(".")[0] for name in imported(module)}
    return sorted(tops - {LIBRARY} - HARMLESS - MORE.get(module.room, frozenset()))


def called(module: Module) -> list[str]:
    """Names of what a module calls; methods with a dot before them."""
    calls = [node.func for node in ast.walk(module.tree()) if isinstance(node, ast.Call)]
    names = [call.id for call in calls if isinstance(call, ast.Name)]
    return names + [f".{call.attr}" for call in calls if isinstance(call, ast.Attribute)]


def worldly_calls(module: Module) -> list[str]:
    """Calls that read or change something besides their arguments."""
    allowed = MORE.get(module.room, frozenset())
    return sorted(name for name in called(module) if name in FORBIDDEN_CALLS - allowed)


def holes(module: Module) -> list[str]:
    """Where a module leaves the type checker: `Any`, `cast`, comments that silence it."""
    names = [name.rpartition(".")[2] for name in imported(module)]
    names += [node.attr for node in ast.walk(module.tree()) if isinstance(node, ast.Attribute)]
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    silenced = [comment for comment in comments if "type:" in comment or "mypy:" in comment]
    return sorted(UNTYPED.intersection(names)) + silenced


def circle(modules: tuple[Module, ...]) -> dict[str, set[str]]:
    """Who imports whom; `TopologicalSorter` finds the circles."""
    names = {module.name for module in modules}
    return {module.name: _homes(module, names) - {module.name} for module in modules}


def _homes(module: Module, names: set[str]) -> set[str]:
    """The modules that the imported names are, or are members of."""
    found = inside(module)
    return {name if name in names else name.rpartition(".")[0] for name in found} & names


# The table.


def test_every_module_has_a_room() -> None:
    assert [] == [name for name in sorted(NAMES) if room_of(name) is None]


def test_every_room_has_a_module() -> None:
    assert set() == HEIGHT.keys() - {module.room for module in MODULES}


def test_every_room_stands_once() -> None:
    assert len(HEIGHT) == sum(len(row) for row in ROWS)


@pytest.mark.parametrize("room", MORE)
def test_room_needs_all_that_it_may_use_beyond_the_others(room: str) -> None:
    modules = [module for module in PURE_MODULES if module.room == room]
    used = {name.partition(".")[0] for module in modules for name in imported(module)}
    used.update(name for module in modules for name in called(module))
    assert set() == MORE[room] - used


def test_no_module_is_both_a_file_and_a_package() -> None:
    assert len(NAMES) == len(MODULES)


# The rules, on the library.


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module_imports_only_from_below(module: Module) -> None:
    assert [] == upward(module)


def test_modules_do_not_import_in_a_circle() -> None:
    graph = circle(MODULES)
    assert len(graph) == len(list(TopologicalSorter(graph).static_order()))


@pytest.mark.parametrize("module", PURE_MODULES, ids=lambda module: module.name)
def test_pure_module_imports_nothing_that_touches_the_world(module: Module) -> None:
    assert [] == worldly_imports(module)


@pytest.mark.parametrize("module", PURE_MODULES, ids=lambda module: module.name)
def test_pure_module_calls_nothing_that_touches_the_world(module: Module) -> None:
    assert [] == worldly_calls(module)


@pytest.mark.parametrize("module", PURE_MODULES, ids=lambda module: module.name)
def test_pure_module_leaves_no_hole_in_its_types(module: Module) -> None:
    assert [] == holes(module)


# The rules, on made-up texts that break them.


@pytest.mark.parametrize(
    ("name", "text", "violation"),
    [
        ("refs", "from pylightnix_fn.config import Config", "refs imports config"),
        ("refs", "import pylightnix_fn.config", "refs imports config"),
        ("refs", "from pylightnix_fn import config", "refs imports config"),
        ("refs", "from pylightnix_fn import DRef", "refs imports pylightnix_fn"),
        ("refs", "from .config import Config", "refs imports config"),
        ("refs", "from . import config", "refs imports config"),
        ("matcher.choice", "from ..manager import Manager", "matcher.choice imports manager"),
        ("refs", "def f():\n    from pylightnix_fn.store.disk import Disk", "refs imports store"),
        ("tree", "if 0:\n    import pylightnix_fn.refs as r", "tree imports refs"),
        ("realizer", "from pylightnix_fn.matcher import choice", "realizer imports matcher"),
        ("stages.fetch", "import pylightnix_fn.driver", "stages.fetch imports driver"),
    ],
)
def test_checker_reports_an_upward_import(name: str, text: str, violation: str) -> None:
    assert [violation] == upward(Module(name, text))


@pytest.mark.parametrize(
    "text",
    [
        "from pylightnix_fn.tree import Folder",
        "from pylightnix_fn import canonical",
        "from .errors import plan",
        "import json",
    ],
)
def test_checker_lets_a_downward_import_pass(text: str) -> None:
    assert [] == upward(Module("refs", text))


def test_checker_takes_relative_imports_of_a_package_from_the_package() -> None:
    package = Module("matcher", "from .candidate import Use", is_package=True)
    assert frozenset({"matcher.candidate.Use"}) == inside(package)


def test_checker_reports_a_circle() -> None:
    one = Module("matcher.a", "from pylightnix_fn.matcher.b import x")
    other = Module("matcher.b", "from .a import y")
    with pytest.raises(ValueError, match="cycle"):
        TopologicalSorter(circle((one, other))).prepare()


WORLDLY: Final = words(
    "os shutil tempfile subprocess threading multiprocessing concurrent asyncio time random "
    "logging requests urllib http numpy socket uuid secrets glob fileinput sqlite3 pickle "
    "importlib sys platform signal ctypes"
)


@pytest.mark.parametrize("name", sorted(WORLDLY))
def test_checker_reports_an_import_that_touches_the_world(name: str) -> None:
    assert [name] == worldly_imports(Module("refs", f"def f():\n    import {name}.x as y"))
    assert [name] == worldly_imports(Module("refs", f"from {name} import x"))


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("open('a')", "open"),
        ("x = [print(1)]", "print"),
        ("input()", "input"),
        ("hash('a')", "hash"),
        ("__import__('os')", "__import__"),
        ("Path('a').read_text()", ".read_text"),
        ("p.write_bytes(b'')", ".write_bytes"),
        ("p.open()", ".open"),
        ("p.exists()", ".exists"),
        ("Path.cwd()", ".cwd"),
        ("datetime.now(UTC)", ".now"),
        ("datetime.datetime.utcnow()", ".utcnow"),
        ("date.today()", ".today"),
    ],
)
def test_checker_reports_a_call_that_touches_the_world(text: str, call: str) -> None:
    assert [call] == worldly_calls(Module("plan", f"def f():\n    {text}"))


@pytest.mark.parametrize(
    ("text", "hole"),
    [
        ("from typing import Any", "Any"),
        ("from typing import cast as c", "cast"),
        ("import typing\nx: typing.Any = 1", "Any"),
        ("x = 1  # type: ignore[assignment]", "# type: ignore[assignment]"),
        ("x = 1  #type:ignore", "#type:ignore"),
        ("# mypy: ignore-errors", "# mypy: ignore-errors"),
    ],
)
def test_checker_reports_a_hole_in_the_types(text: str, hole: str) -> None:
    assert [hole] == holes(Module("refs", text))


def test_checker_reports_no_hole_in_a_text() -> None:
    assert [] == holes(Module("refs", '"Any; # type: ignore"\nAnyMatcher = 1'))


# The public names.


def _type_checked_imports() -> dict[str, set[str]]:
    top = next(module for module in MODULES if module.name == LIBRARY).tree()
    guard = next(node for node in top.body if isinstance(node, ast.If))
    nodes = [node for node in guard.body if isinstance(node, ast.ImportFrom)]
    assert len(guard.body) == len(nodes)
    return {
        str(node.module).removeprefix(f"{LIBRARY}."): {alias.asname or alias.name for alias in n}
        for node in nodes
        for n in [node.names]
    }


def _homes_table() -> dict[str, set[str]]:
    homes: dict[str, set[str]] = {}
    for name, home in pylightnix_fn._HOME.items():
        homes.setdefault(home, set()).add(name)
    return homes


def test_names_that_a_type_checker_sees_are_those_that_exist() -> None:
    assert _type_checked_imports() == _homes_table()


def test_public_names_are_those_that_have_a_home() -> None:
    assert sorted(pylightnix_fn._HOME) == sorted(pylightnix_fn.__all__)


def test_public_names_have_one_home_each() -> None:
    assert len(pylightnix_fn._HOME) == sum(map(len, _type_checked_imports().values()))


@pytest.mark.parametrize("name", pylightnix_fn.__all__)
def test_public_name_is_what_its_home_calls_so(name: str) -> None:
    home = import_module(f"{LIBRARY}.{pylightnix_fn._HOME[name]}")
    assert getattr(home, name) is getattr(pylightnix_fn, name)


def test_public_names_are_listed() -> None:
    assert sorted(pylightnix_fn.__all__) == dir(pylightnix_fn)


def test_public_names_are_not_those_of_modules() -> None:
    assert set() == {name.partition(".")[0] for name in NAMES}.intersection(pylightnix_fn.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pylightnix_fn' has no attribute 'nothing'"):
        getattr(pylightnix_fn, "nothing")  # noqa: B009, mypy knows that it is not there
