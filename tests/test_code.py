"""What the code of a realizer is: which changes count, and that no digest is ever wrong."""

from __future__ import annotations

import ast
import dis
import gc
import importlib
import json
import linecache
import os
import shutil
import subprocess
import sys
import time
import types
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import count
from pathlib import Path

import attr
import pytest
from code_samples import probe
from code_samples.pairs import FIT, PAIRS, Pair
from code_samples.probe import digests
from code_samples.project import loaded, write
from hypothesis import given
from hypothesis import strategies as st

import pylightnix_fn
from pylightnix_fn.code import Code, Version, code_of
from pylightnix_fn.code.bytecode import bytecode_mentions, skeleton
from pylightnix_fn.code.mentions import Import, mentions
from pylightnix_fn.code.origin import Owner
from pylightnix_fn.code.values import described
from pylightnix_fn.combinator.flow import retry, then

PROJECT = """
import math
import helpers

LIMIT = 3

def fit(b):
    return helpers.norm(math.sqrt(b)) + LIMIT

if __name__ == "__main__":
    import json
    from pylightnix_fn.code import code_of
    print(json.dumps(dict(code_of(fit).digests)))
# file: helpers.py
def norm(x):
    return x / 2
"""

SPAWNING = """
import json
import multiprocessing
from pylightnix_fn.code import code_of

def fit(b):
    return b

def show():
    print(json.dumps(dict(code_of(fit).digests)))

if __name__ == "__main__":
    multiprocessing.get_context("spawn").Process(target=show).start()
"""


def run(*arguments: object, python: str = sys.executable, seed: int = 0, text: str = "") -> str:
    """What an interpreter of its own prints."""
    paths = [Path(pylightnix_fn.__file__).parents[1], Path(__file__).parent]
    paths.append(Path(attr.__file__).parents[1])
    variables = {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONHASHSEED": str(seed),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [python, *map(str, arguments)],
        env=os.environ | variables,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def interpreter(version: str) -> str:
    """An interpreter of that version; skips the test where there is none."""
    beside = sorted(Path(sys.base_prefix).parent.glob(f"{version}*/bin/python{version}"))
    candidates = [sys.executable, shutil.which(f"python{version}"), *map(str, beside)]
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for each in filter(None, candidates):
        done = subprocess.run([each, "-c", ask], capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return each
    pytest.skip(f"there is no Python {version} here")


def executed(text: str, file: str = "<nowhere>") -> dict[str, object]:
    """The names of a text that is run like a notebook's cell."""
    space: dict[str, object] = {"__name__": "__main__"}
    exec(compile(text, file, "exec"), space)
    return space


def digest_of(function: object, label: str = "__main__:fit") -> str:
    return code_of(function).digests[label]


def is_bytecode(digest: str) -> bool:
    return digest.startswith("bytecode-")


# Which changes count.


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_code_changes_with_what_a_program_does(pair: Pair, tmp_path: Path) -> None:
    before, after = digests(tmp_path / "a", pair.before), digests(tmp_path / "b", pair.after)
    assert pair.same == (before == after)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_code_that_has_a_text_needs_no_bytecode(pair: Pair, tmp_path: Path) -> None:
    assert [] == [each for each in digests(tmp_path, pair.after).values() if is_bytecode(each)]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_code_is_the_same_in_every_process_and_version(version: str, tmp_path: Path) -> None:
    expected = run(probe.__file__, tmp_path / "here", seed=1)
    python = interpreter(version)
    assert expected == run(probe.__file__, tmp_path / "there", python=python, seed=20)


def test_code_keeps_its_digests_for_good(tmp_path: Path) -> None:
    expected = {
        "helpers:norm": "b73e7502df4cf90d36a067df993930cf",
        "pipeline:fit": "2a746bfa2dcf210521fa4f4538acdf0e",
    }
    assert expected == digests(tmp_path, PROJECT)


# What a digest is called.


def test_wrapper_is_called_by_its_own_name(tmp_path: Path) -> None:
    pair = next(each for each in PAIRS if each.name == "decorator")
    wrapper = "pipeline:scaled.<locals>.decorate.<locals>.wrapper"
    assert ["pipeline:fit", "pipeline:scaled", wrapper] == list(digests(tmp_path, pair.before))


def test_functions_of_one_name_are_numbered(tmp_path: Path) -> None:
    text = "A = [lambda: 1, lambda: 2]\ndef fit(b): return A"
    expected = ["pipeline:<lambda>", "pipeline:<lambda>~2", "pipeline:fit"]
    assert expected == list(digests(tmp_path, text))


def test_script_has_the_code_of_the_module(tmp_path: Path) -> None:
    expected = digests(tmp_path, PROJECT)
    assert expected == json.loads(run(tmp_path / "pipeline.py"))


def test_script_that_is_run_as_a_module_has_the_code_of_the_module(tmp_path: Path) -> None:
    expected = digests(tmp_path, PROJECT)
    start = f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    start += "runpy.run_module('pipeline', run_name='__main__', alter_sys=True)"
    assert expected == json.loads(run("-c", start))


def test_script_has_the_code_of_the_module_in_a_spawned_process(tmp_path: Path) -> None:
    expected = digests(tmp_path, SPAWNING)
    assert expected == json.loads(run(tmp_path / "pipeline.py"))


# Whose code counts.


def test_code_of_an_installed_realizer_is_that_of_its_package(tmp_path: Path) -> None:
    text = "# file: lab/__init__.py\nfrom .steps import half\nfrom other import more\n"
    text += "def fit(b): return half(more(b))\n# file: lab/steps.py\ndef half(x): return x / 2\n"
    text += "# file: other.py\ndef more(x): return x + 1\n"
    with loaded(tmp_path / "site-packages", text, "lab") as lab:
        assert ["lab.steps:half", "lab:fit"] == list(code_of(lab.fit).digests)


def test_installed_package_that_is_referred_to_is_named(tmp_path: Path) -> None:
    text = (
        "import math, attrs, pytest\ndef fit(b): return math.sqrt(attrs.fields(b), pytest.approx)"
    )
    with loaded(tmp_path, text) as module:
        assert ("attrs", "pytest") == code_of(module.fit).packages


def test_package_that_is_imported_late_is_named(tmp_path: Path) -> None:
    with loaded(tmp_path, "def fit(b):\n    import math, pytest") as module:
        assert ("pytest",) == code_of(module.fit).packages


def test_module_with_the_name_of_a_standard_one_is_the_users_own(tmp_path: Path) -> None:
    text = "import tabnanny\ndef fit(b): return tabnanny.check(b)\n"
    found = digests(tmp_path, text + "# file: tabnanny.py\ndef check(b): pass")
    assert ["pipeline:fit", "tabnanny:check"] == list(found)


FRAMES = """
# file: site-packages/frames.py
from attrs import frozen

@frozen
class Retry:
    count: int
    inner: object

    def __call__(self, b):
        return self.inner(b)

def wrapped(inner, count):
    def wrapper(b):
        return inner(b)
    return wrapper

class Both:
    def __init__(self, *inner):
        self.inner = inner

    def __call__(self, b):
        return [each(b) for each in self.inner]
"""


def framed(folder: Path, value: str, constant: int = 1) -> Code:
    """The code of a value made with an installed package that frames functions."""
    text = "import sys\nsys.path.append(__file__.replace('pipeline.py', 'site-packages'))\n"
    text += "from frames import *\nsys.path.pop()\n"
    text += f"def one(b): return {constant}\ndef two(b): return 2\n"
    with loaded(folder, f"{text}\nfit = {value}\n{FRAMES}") as module:
        return code_of(module.fit)


@pytest.mark.parametrize("frame", ["Retry({}, one)", "wrapped(one, {})"])
def test_constant_in_anothers_frame_does_not_count(frame: str, tmp_path: Path) -> None:
    expected = framed(tmp_path / "a", frame.format(3))
    assert expected == framed(tmp_path / "b", frame.format(5))


@pytest.mark.parametrize("frame", ["Retry(3, one)", "wrapped(one, 3)", "Both(one)", "Both([one])"])
def test_function_in_anothers_frame_counts(frame: str, tmp_path: Path) -> None:
    first = framed(tmp_path / "a", frame, constant=1).digests
    second = framed(tmp_path / "b", frame, constant=2).digests
    assert ["pipeline:one"] == [label for label in first if first[label] != second[label]]


def test_code_of_anothers_frame_does_not_count(tmp_path: Path) -> None:
    found = framed(tmp_path, "Retry(3, wrapped(one, 1))").digests
    assert ["frames:Retry()", "pipeline:one"] == list(found)


def test_order_in_anothers_frame_counts(tmp_path: Path) -> None:
    assert framed(tmp_path / "a", "Both(one, two)") != framed(tmp_path / "b", "Both(two, one)")


def test_installed_function_in_an_object_of_the_users_is_named_only(tmp_path: Path) -> None:
    text = "import pytest\nclass Fit:\n    def __call__(self, b): return self.inner(b)\n"
    text += "fit = Fit()\nfit.inner = pytest.approx"
    assert ["pipeline:Fit", "pipeline:Fit()", "pipeline:Fit.__call__"] == list(
        digests(tmp_path, text)
    )


PROXY = """
class Proxy:
    def __init__(self, function):
        self.__wrapped__ = function

    __class__ = property(lambda self: type(self.__wrapped__))

    def __call__(self, b):
        return self.__wrapped__(b)

    def __hash__(self):
        return hash(self.__wrapped__)

    def __eq__(self, other):
        return self.__wrapped__ == other

def plain(b):
    return b

fit = Proxy(plain)
"""


def test_proxy_of_a_function_is_not_taken_for_it(tmp_path: Path) -> None:
    with loaded(tmp_path, PROXY) as module:
        assert code_of(module.plain) != code_of(module.fit)


def test_function_in_a_proxy_counts(tmp_path: Path) -> None:
    with loaded(tmp_path, PROXY) as module:
        assert "pipeline:plain" in code_of(module.fit).digests


def noted(b: object) -> None:
    """A realizer in a module that pytest has rewritten."""
    assert b is not None, "why"


def other(b: object) -> None:
    """Another one."""


def test_combinator_of_the_library_leaves_no_trace() -> None:
    assert code_of(noted) == code_of(retry(3)(retry(2)(noted)))


def test_order_in_a_combinator_of_the_library_counts() -> None:
    assert code_of(then(noted, other)) != code_of(then(other, noted))


def test_decorator_of_the_library_leaves_no_trace(tmp_path: Path) -> None:
    text = "from pylightnix_fn import retry\n{}\ndef fit(b): return b"
    expected = digests(tmp_path / "a", text.format(""))
    assert expected == digests(tmp_path / "b", text.format("@retry(3)"))


# Modules that are imported in a function's body.


LATE = next(each.before for each in PAIRS if each.name == "late import")


def test_late_import_is_the_same_before_and_after_it_ran(tmp_path: Path) -> None:
    with loaded(tmp_path, LATE) as module:
        before = code_of(module.fit)
        module.fit(1)
        assert "helpers" in sys.modules
        assert before == code_of(module.fit)


def test_late_import_is_not_run_by_planning(tmp_path: Path) -> None:
    with loaded(tmp_path, LATE) as module:
        code_of(module.fit)
        assert "helpers" not in sys.modules


def test_late_import_from_the_same_package_is_followed(tmp_path: Path) -> None:
    text = "# file: lab/__init__.py\n# file: lab/fit.py\ndef fit(b):\n    from . import steps\n"
    text += "    from .more import half\n# file: lab/steps.py\n# file: lab/more.py\n"
    with loaded(tmp_path, text, "lab.fit") as module:
        expected = ["lab.fit:fit", "lab.more:<module>", "lab.steps:<module>"]
        assert expected == list(code_of(module.fit).digests)


# Code without a text, or with another one.


def test_code_without_a_text_is_told_by_its_bytecode() -> None:
    assert is_bytecode(digest_of(executed("def fit(b): return 1")["fit"]))


@pytest.mark.parametrize("change", ["return step(b) + 0", "return norm(b)", "pass"])
def test_code_without_a_text_changes_with_what_it_does(change: str) -> None:
    first, second = FIT, FIT.replace("return step(b)", change)
    assert digest_of(executed(first)["fit"]) != digest_of(executed(second)["fit"])


def test_code_without_a_text_changes_with_a_helper() -> None:
    first, second = (executed(text)["fit"] for text in (FIT, FIT.replace("x / 2", "x / 3")))
    assert code_of(first) != code_of(second)


def test_code_without_a_text_does_not_depend_on_its_place() -> None:
    first, second = executed(FIT), executed("\n\n" + FIT, "<elsewhere>")
    assert code_of(first["fit"]) == code_of(second["fit"])


def test_code_from_a_pipe_is_the_same_in_every_process() -> None:
    text = "from pylightnix_fn.code import code_of\n"
    text += "def fit(b): return b in {'a', 'b', 'c'}, {'x', 'y'}\nprint(code_of(fit))"
    assert run("-", text=text, seed=1) == run("-", text=text, seed=2)


@contextmanager
def edited(folder: Path, before: str, after: str) -> Iterator[types.ModuleType]:
    """A module whose file was written anew after its import."""
    with loaded(folder, before) as module:
        write(folder, {"pipeline.py": after})
        yield module


def test_file_that_changed_does_not_speak_for_what_is_loaded(tmp_path: Path) -> None:
    after = FIT.replace("x / 2", "x / 3")
    with edited(tmp_path / "a", FIT, after) as module:
        found = code_of(module.norm).digests
    assert [True] == [is_bytecode(each) for each in found.values()]


def test_file_in_which_only_lines_moved_speaks_for_what_is_loaded(tmp_path: Path) -> None:
    with edited(tmp_path / "a", FIT, "# moved\n\n" + FIT) as module:
        assert digests(tmp_path / "b", FIT) == dict(code_of(module.fit).digests)


def test_file_that_changed_speaks_for_what_is_reloaded(tmp_path: Path) -> None:
    after = FIT.replace("x / 2", "x // 333")
    with edited(tmp_path / "a", FIT, after) as module:
        code_of(module.fit)
        importlib.reload(module)
        assert digests(tmp_path / "b", after) == dict(code_of(module.fit).digests)


@pytest.mark.parametrize(
    ("before", "after"), [("x=1", "x=2"), ("=1.0", "=1"), ("+ x", "- x"), ("'a'", "'b'")]
)
def test_class_in_a_file_that_changed_is_not_the_new_one(
    before: str, after: str, tmp_path: Path
) -> None:
    text = "from attrs import frozen\n@frozen\nclass Net:\n    rate: float=1.0\n"
    text += "    name = 'a'\n    def run(self, x=1):\n        return self.rate + x\n"
    text += "def fit(b): return Net()\n"
    new = digests(tmp_path / "new", text.replace(before, after))
    with edited(tmp_path / "old", text, text.replace(before, after)) as module:
        assert new != dict(code_of(module.fit).digests)


def test_code_that_pytest_rewrote_has_its_text() -> None:
    assert "@pytest_ar" in noted.__code__.co_names
    assert not is_bytecode(digest_of(noted, f"{__name__}:noted"))


def test_code_that_a_profiler_padded_has_its_text(tmp_path: Path) -> None:
    expected = digests(tmp_path / "a", FIT)
    with loaded(tmp_path / "b", FIT) as module:
        code, nop = module.fit.__code__, bytes([dis.opmap["NOP"], 0])
        module.fit.__code__ = code.replace(co_code=code.co_code + 3 * nop)
        assert expected == dict(code_of(module.fit).digests)


def test_code_that_a_tool_monitors_has_its_text(tmp_path: Path) -> None:
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        pytest.skip("sys.monitoring came with Python 3.12")
    expected = digests(tmp_path / "a", FIT)
    with loaded(tmp_path / "b", FIT) as module:
        monitoring.use_tool_id(4, "test")
        try:
            monitoring.set_events(4, monitoring.events.LINE | monitoring.events.INSTRUCTION)
            module.fit(1)
            found = code_of(module.fit)
        finally:
            monitoring.set_events(4, 0)
            monitoring.free_tool_id(4)
        assert expected == dict(found.digests)


def test_code_with_a_flag_from_a_decorator_has_its_text(tmp_path: Path) -> None:
    found = digests(tmp_path, "import types\n@types.coroutine\ndef fit(b):\n    yield b")
    assert [False] == [is_bytecode(each) for each in found.values()]


class Doubling(SourceFileLoader):
    """A loader that compiles something else than what is written: each number twice as large."""

    def get_code(self, fullname: str) -> types.CodeType:
        return self.source_to_code(Path(self.path).read_bytes(), self.path)

    # Its bases do not agree on whether this is a static method.
    def source_to_code(  # type: ignore[override]
        self, data: object, path: object, *, _optimize: int = -1
    ) -> types.CodeType:
        tree = ast.parse(data if isinstance(data, bytes) else b"")
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, int):
                node.value *= 2
        code: types.CodeType = compile(tree, str(path), "exec", dont_inherit=True)
        return code


def test_code_that_an_import_hook_changed_has_its_text(tmp_path: Path) -> None:
    write(tmp_path, {"hooked.py": FIT})
    loader = Doubling("hooked", str(tmp_path / "hooked.py"))
    spec = spec_from_loader("hooked", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    assert 4.0 == module.fit(8)  # without the hook 5.0
    assert not is_bytecode(digest_of(module.fit, "hooked:step"))


# Notebooks: names come to mean something else.


_NUMBERS = count()


def cell(text: str, space: dict[str, object]) -> None:
    """Run a cell as a notebook does, which keeps its text."""
    file = f"<cell-{next(_NUMBERS)}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    exec(compile(text, file, "exec"), space)


@pytest.fixture
def space() -> dict[str, object]:
    """The names of a notebook."""
    return {"__name__": "__main__"}


def test_cell_has_its_text(space: dict[str, object]) -> None:
    cell(FIT, space)
    assert not is_bytecode(digest_of(space["fit"]))


@pytest.mark.parametrize(
    "change",
    [
        "def norm(x): return x / 3",
        "norm = fit",
        "del norm",
        "LIMIT = 2",
        "LIMIT = 1.0",
        "TABLE['a'] = 2",
        "TABLE['a'] = True",
        "ITEMS.append(norm)",
        "Net.run = lambda self: 2",
        "Net.more = 3",
        "Net.rate = 4",
        "net.size = 3",
        "norm.__code__ = (lambda x: x / 3).__code__",
        "norm.__defaults__ = (3,)",
        "norm.__kwdefaults__ = {'z': 4}",
        "held.__closure__[0].cell_contents = 3",
        "def len(x): return 0",
        "from math import sqrt as exp",
    ],
)
def test_change_between_two_plans_is_seen(change: str, space: dict[str, object]) -> None:
    cell(
        "from math import exp\nLIMIT, TABLE, ITEMS = 1, {'a': 1}, []\n"
        "class Net:\n    rate = 3\n    def run(self): return 1\n"
        "net = Net()\nnet.size = 2\n"
        "def make(x):\n    def held(b): return x\n    return held\n"
        "held = make(2)\ndef norm(x, y=2, *, z=3): return x / 2\n"
        "def fit(b):\n    return norm(b), exp, len(b), LIMIT, TABLE, held",
        space,
    )
    uses = {"ITEMS": "ITEMS", "Net": "Net", "net": "net"}
    name = next((each for each in uses if change.startswith(each)), "b")
    cell(f"def run(b): return fit(b), {name}", space)
    before = [code_of(space["run"]) for _ in range(3)][-1]
    cell(change, space)
    assert before != code_of(space["run"])


def test_change_that_is_taken_back_is_no_change(space: dict[str, object]) -> None:
    cell(FIT, space)
    before = code_of(space["fit"])
    cell("def norm(x): return x / 3", space)
    code_of(space["fit"])
    cell("def norm(x): return x / 2", space)
    assert before == code_of(space["fit"])


# What is remembered.


def test_code_is_remembered(space: dict[str, object]) -> None:
    cell(FIT, space)
    assert code_of(space["fit"]) is code_of(space["fit"])


def test_code_that_is_remembered_is_told_in_microseconds(space: dict[str, object]) -> None:
    cell(FIT, space)
    fit = space["fit"]
    times = []
    for _ in range(10):
        started = time.perf_counter()
        for _ in range(1000):
            code_of(fit)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.020  # seconds for 1000 calls; some 0.001 on an idle machine


# `typing` itself keeps what is generic alive.
MORTAL = [each for each in PAIRS if "Generic" not in each.after]


@pytest.mark.parametrize("pair", MORTAL[::9], ids=lambda pair: pair.name)
def test_code_keeps_no_function_alive(pair: Pair, tmp_path: Path) -> None:
    with loaded(tmp_path, pair.after) as module:
        fit = weakref.ref(module.fit)
        code_of(module.fit)
        code_of(module.fit)
    del module
    gc.collect()
    assert None is fit()


# Depth.


def test_chain_of_a_thousand_functions_is_followed(tmp_path: Path) -> None:
    text = "".join(f"def f{each}(x):\n    return f{each + 1}(x)\n" for each in range(1000))
    assert 1002 == len(digests(tmp_path, text + "def f1000(x): return x\ndef fit(b): return f0(b)"))


@pytest.mark.parametrize(
    "text",
    [
        "def fit(b):\n    if b == 0: pass\n"
        + "".join(f"    elif b == {n}: pass\n" for n in range(300)),
        "def fit(b):\n    return " + " + ".join("b" for _ in range(900)),
        "A = []\nfor _ in range(5000): A = [A]\ndef fit(b): return A",
        "A = []\nA.append(A)\ndef fit(b): return A",
        "class N: pass\nA = N()\nA.a = {A}\ndef fit(b): return A",
    ],
    ids=["elif", "sum", "list", "cycle", "set"],
)
def test_deep_things_are_told(text: str, tmp_path: Path) -> None:
    assert {} != digests(tmp_path, text)


# Values.


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_value_is_told_like_its_copy(value: object) -> None:
    copied = eval(repr(value), {"nan": float("nan"), "inf": float("inf")})
    assert described(value, Owner()) == described(copied, Owner())


@given(JSON, JSON)
def test_values_are_told_apart(one: object, two: object) -> None:
    assert (repr(one) == repr(two)) == (described(one, Owner()) == described(two, Owner()))


# Names.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(x): return x + y", ["y"]),
        ("def f(x): return g.h(x).i", ["g.h"]),
        ("def f(): return f()", ["f"]),
        ("def f():\n  y = 1\n  return y", []),
        ("def f(x: A = B) -> C: pass", ["B"]),
        ("def f(): return [x for x in xs if x.y]", ["xs"]),
        ("def f(): return [x for x in x]", ["x"]),
        ("def f(): return [(y := x) for x in z], y", ["z"]),
        ("def f():\n  def g(): return x\n  x = 1\n  return g", []),
        ("def f():\n  global x\n  x = 1\n  return x", ["x"]),
        ("def f():\n  x = 1\n  def g():\n    nonlocal x\n    x = y\n  return g", ["y"]),
        ("def f():\n  class A:\n    x = 1\n    def g(self): return x\n  return A", ["x"]),
        ("def f():\n  try: pass\n  except E as e: return e", ["E"]),
        ("def f(x):\n  match x:\n    case [A(b), *c] as d: return b, c, d", ["A"]),
        ("def f(x):\n  match x:\n    case {'k': b, **c}: return b, c", []),
        ("def f():\n  import a.b, c as d\n  return a, d", []),
        ("def f():\n  with a as b, c: return b", ["a", "c"]),
        ("def f(*a, **k): return lambda b=c: (a, k, b, d)", ["c", "d"]),
        ("@d(e)\ndef f(): pass", ["d", "e"]),
        ("class A(B, metaclass=C): pass", ["B", "C"]),
        ("def f():\n  del x.y\n  x.z = 1", ["x.y", "x.z"]),
    ],
)
def test_free_names_are_mentioned(text: str, expected: list[str]) -> None:
    tree = ast.parse(text).body[0]
    assert expected == sorted(".".join(each) for each in mentions([tree]).chains)


def test_imports_in_a_body_are_mentioned() -> None:
    text = "def f():\n  import a.b as c\n  from ..d import e as g"
    expected = {Import(0, "a.b"), Import(2, "d", "e")}
    assert expected == mentions([ast.parse(text)]).imports


def test_bytecode_mentions_what_its_text_does() -> None:
    text = "def f(x):\n  import a.b\n  from ..c import d\n  return e.g(lambda: h.i.j + x)"
    code = next(each for each in compile(text, "", "exec").co_consts if hasattr(each, "co_code"))
    assert mentions([ast.parse(text)]) == bytecode_mentions(code)


def test_skeletons_of_different_constants_differ() -> None:
    texts = ["1", "1.0", "True", "(1,)", "'1'", "b'1'", "0.0", "-0.0", "{1} in x", "(1,) in x"]
    assert len(texts) == len({skeleton(compile(each, "", "eval")) for each in texts})


# Records.


def test_codes_of_equal_digests_are_equal() -> None:
    assert Code({"a:b": "0" * 32}) == Code({"a:b": "0" * 32})


def test_code_can_be_hashed() -> None:
    assert 1 == len({Code({"a:b": "0" * 32}), Code({"a:b": "0" * 32})})


def test_versions_of_different_words_differ() -> None:
    assert Version("1") != Version("2")
