"""Pairs of projects, and whether their ``fit`` is the same code.

A text is ``pipeline.py``; ``# file: helpers.py`` begins another one beside it.
"""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    name: str
    same: bool
    before: str
    after: str


def same(name: str, before: str, after: str) -> Pair:
    return Pair(name, True, before, after)


def differs(name: str, before: str, after: str) -> Pair:
    return Pair(name, False, before, after)


FIT = """
def norm(x):
    return x / 2

def step(x):
    return norm(x) + 1

def fit(b):
    return step(b)
"""

HELPERS = """
# file: helpers.py
def norm(x):
    return x / 2

LIMIT = 3
"""

CLASS = """
class Base:
    def run(self, x):
        return x / 2

class Net(Base):
    rate = 3

    @property
    def width(self):
        return 8

    @staticmethod
    def zero():
        return 0

    @classmethod
    def made(cls):
        return cls()

    def twice(self, x):
        return self.run(self.run(x))

def fit(b):
    return Net().twice(b)
"""

DECORATED = """
import functools

def scaled(factor):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            return factor * function(*args)
        return wrapper
    return decorate

@scaled(2)
def fit(b):
    return b
"""

RECORDS = """
import enum
from dataclasses import dataclass, field
from attrs import frozen

class Kind(enum.Enum):
    SMALL = 1
    LARGE = 2

def start():
    return [1]

@dataclass
class Shape:
    width: int
    height: int = 2
    parts: list[int] = field(default_factory=start)

@frozen
class Rate:
    first: float = 0.1

def fit(b):
    return Shape(1), Rate(), Kind.SMALL
"""

KINDS = """
import abc
import enum
import functools
from typing import Generic, NamedTuple, Protocol, TypedDict, TypeVar
from attrs import define, field

T = TypeVar("T")

class Shown(Protocol):
    def show(self): ...

class Point(NamedTuple):
    x: int
    y: int = 2

class Row(TypedDict):
    x: int

class Base(abc.ABC, Generic[T]):
    @abc.abstractmethod
    def show(self): ...

class Meta(type):
    def __call__(cls):
        return super().__call__()

class Mode(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()

    def both(self):
        return Mode.READ | Mode.WRITE

@define
class Item(Base[int]):
    x: int = field(default=1, converter=int, validator=lambda *_: None)
    parts: list = field(factory=list)

    def show(self):
        return super().show()

    twice = functools.partialmethod(show)

    @functools.cached_property
    def kept(self):
        return 1

    @functools.singledispatchmethod
    def told(self, x):
        return 2

    @told.register
    def _(self, x: int):
        return 3

class Made(metaclass=Meta):
    limit = (1, 2)

@functools.lru_cache
def cached(x):
    return x + 4

@functools.singledispatch
def shown(x):
    return 5

@shown.register
def _(x: int):
    return 6

def fit(b: Shown):
    return Point(1), Row(x=1), Item(), Mode.READ.both(), Made(), cached(1), shown(b)
"""

LATE = """
def fit(b):
    from helpers import norm
    return norm(b)
# file: helpers.py
from deeper import half

def norm(x):
    return half(x)
# file: deeper.py
def half(x):
    return x / 2
"""

CHAIN = """
import lab.sub.helpers

def fit(b):
    return lab.sub.helpers.norm(b)
# file: lab/__init__.py
# file: lab/sub/__init__.py
# file: lab/sub/helpers.py
def norm(x):
    return x / 2
"""


MUTUAL = """
def even(n):
    return n == 0 or odd(n - 1)

def odd(n):
    return n != 0 and even(n - 1)

def fit(b):
    return odd(b)
"""

NESTED = """
def fit(b):
    def inner(x):
        return x + 1
    return inner(b)
"""

SWAPPED = """
def one(x):
    return two

def two(x):
    return one

norm = one

def fit(b):
    return norm(b), one, two
"""

SQRT = "from math import sqrt\n\ndef fit(b):\n    return sqrt(b)\n"
ALIAS = "import math as m\n\ndef fit(b):\n    return m.sqrt(b)\n"
NAMED = "from helpers import norm\n\ndef fit(b):\n    return norm(b)" + HELPERS
IMPORTED = "import helpers\n\ndef fit(b):\n    return helpers.norm(b)" + HELPERS
LIMIT = "import helpers\n\ndef fit(b):\n    return helpers.LIMIT" + HELPERS
ESCAPED = "import helpers\n\ndef fit(b):\n    return getattr(helpers, b)(b)" + HELPERS
STATE = "COUNT = 1\n\ndef fit(b):\n    global COUNT\n    COUNT += 1\n"


def reads(value: str) -> str:
    """A function that reads one global."""
    head = "import array\nimport random\nimport re\nfrom pathlib import PurePath\n"
    return f"{head}A = {value}\n\ndef fit(b):\n    return A\n"


def calls(value: str) -> str:
    """A function that is made by an expression, with two others at hand."""
    return f"""
from functools import partial

def one(x=0, *more):
    return 1

def two(x=0, *more):
    return 2

def make(held, other=None):
    def fit(b):
        return held, other
    return fit

class Add:
    def __init__(self, amount, other=None):
        self.amount, self.other = amount, other

    def __call__(self, b):
        return b + self.amount

    def add(self, b):
        return b + self.amount

    @classmethod
    def made(cls, b):
        return cls(b)

fit = {value}
"""


def body(text: str) -> str:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"def fit(b, c=0):\n{lines}"


UNSEEN = (
    same("comment", FIT, FIT.replace("    return norm", "    # why\n    return norm")),
    same("docstring", FIT, FIT.replace("def fit(b):", 'def fit(b):\n    """What it does."""')),
    same("docstring of a helper", FIT, FIT.replace("norm(x):", 'norm(x):\n    "Half."')),
    same("docstring of a class", CLASS, CLASS.replace("Base:", 'Base:\n    """A base."""')),
    same("docstring of a module", FIT, '"""A module."""\n' + FIT),
    same("text under a field", CLASS, CLASS.replace("rate = 3", 'rate = 3\n    "A rate."')),
    same("blank line", FIT, FIT.replace("def fit(b):\n", "def fit(b):\n\n")),
    same("line numbers", FIT, "\n\n\nx = 1\n" + FIT),
    same("order of functions", FIT, FIT[FIT.index("def fit") :] + FIT[: FIT.index("def fit")]),
    same("unused function", FIT, FIT + "\ndef other(x):\n    return fit(x)\n"),
    same("unused import", FIT, "import json\n" + FIT),
    same("unused helper in another module", FIT, "import helpers\n" + FIT + HELPERS),
    same("indentation", FIT, FIT.replace("    ", "  ")),
    same("parentheses", FIT, FIT.replace("norm(x) + 1", "(norm((x)) + 1)")),
    same("trailing comma", body("return max(b, c)"), body("return max(\n    b,\n    c,\n)")),
    same("quotes", body("return 'a' 'b'"), body('return "ab"')),
    same("spelling of a number", body("return 1000"), body("return 1_0_0_0")),
    same("spelling of a text", body('return "\\x41"'), body('return u"A"')),
    same("pieces of an f-string", body('return f"a{b}" "c"'), body('return f"a{b}c"')),
    same("semicolon", body("b += 1; return b"), body("b += 1\nreturn b")),
    same("annotation of an argument", FIT, FIT.replace("fit(b)", "fit(b: 'int | None')")),
    same("annotation of a result", FIT, FIT.replace("fit(b)", "fit(b) -> int")),
    same("annotation by a helper", FIT, FIT.replace("fit(b)", "fit(b: norm)")),
    same("annotation of a variable", body("x = b\nreturn x"), body("x: int = b\nreturn x")),
    same("declaration of a variable", body("x = b\nreturn x"), body("x: int\nx = b\nreturn x")),
    same("annotation of a field", RECORDS, RECORDS.replace("width: int", "width: float")),
    same("pass beside a statement", body("return b"), body("pass\nreturn b")),
    same("future import", FIT, "from __future__ import annotations\n" + FIT),
    same("place of the project", body("return __file__"), body("return __file__") + "\n"),
    same("order in a set", reads("{'a', 'b', 'c'}"), reads("{'c', 'b', 'a'}")),
    same("spelling of a constant", reads("(1, 2)"), reads("tuple([1, 1 + 1])")),
    same("attributes of an unused class", FIT, FIT + CLASS[: CLASS.index("def fit")]),
    same("comment in a late import", LATE, LATE.replace("def half", "# half\ndef half")),
)

SEEN = (
    differs("body", FIT, FIT.replace("step(b)", "step(b) + 0")),
    differs("name of an argument", body("return b"), body("return b").replace("c=0", "d=0")),
    differs("kind of an argument", body("return b"), body("return b").replace("c=0", "*, c=0")),
    differs("helper", FIT, FIT.replace("+ 1", "+ 2")),
    differs("helper two calls away", FIT, FIT.replace("x / 2", "x / 3")),
    differs("name of a helper", FIT, FIT.replace("norm", "half")),
    differs("recursion", body("return fit(b - 1)"), body("return fit(b - 2)")),
    differs("mutual recursion", MUTUAL, MUTUAL.replace("n == 0", "n == 1")),
    differs("int and float", body("return 1"), body("return 1.0")),
    differs("int and bool", body("return 1"), body("return True")),
    differs("text and bytes", body("return 'a'"), body("return b'a'")),
    differs("conversion in an f-string", body("return f'{b}'"), body("return f'{b!r}'")),
    differs("format in an f-string", body("return f'{b:>{c}}'"), body("return f'{b:<{c}}'")),
    differs("function and generator", body("return b"), body("yield b")),
    differs("function and coroutine", "def fit(b): pass", "async def fit(b): pass"),
    differs("comprehension", body("return [x for x in b]"), body("return [x for x in b if x]")),
    differs("pattern", body("match b:\n  case 1: return 1"), body("match b:\n  case 2: return 1")),
    differs("default", body("return c"), body("return c").replace("c=0", "c=1")),
    differs("keyword default", "def fit(*, b=1): pass", "def fit(*, b=2): pass"),
    differs("global as a default", "A = 1\ndef fit(b=A): pass", "A = 2\ndef fit(b=A): pass"),
    differs("nested function", NESTED, NESTED.replace("x + 1", "x + 2")),
    differs("function beneath a name", SWAPPED, SWAPPED.replace("norm = one", "norm = two")),
    differs("function of the library", SQRT, SQRT.replace("from math", "from cmath")),
    differs("module of the library", ALIAS, ALIAS.replace("import math", "import cmath")),
    differs("helper in another module", IMPORTED, IMPORTED.replace("x / 2", "x / 3")),
    differs("helper of another module by name", NAMED, NAMED.replace("x / 2", "x / 3")),
    differs("helper of a module in a package", CHAIN, CHAIN.replace("x / 2", "x / 3")),
    differs("constant of another module", LIMIT, LIMIT.replace("= 3", "= 4")),
    differs("module that is passed on", ESCAPED, ESCAPED.replace("x / 2", "x / 3")),
    differs("late import", LATE, LATE.replace("half(x)", "half(x) + 1")),
    differs("late import of a late import", LATE, LATE.replace("x / 2", "x / 3")),
    differs("number", reads("1"), reads("2")),
    differs("kind of a number", reads("1"), reads("1.0")),
    differs("sign of zero", reads("0.0"), reads("-0.0")),
    differs("text", reads("'a'"), reads("'b'")),
    differs("bytes", reads("b'a'"), reads("b'b'")),
    differs("tuple and list", reads("(1, 2)"), reads("[1, 2]")),
    differs("where a tuple ends", reads("((1,), 2)"), reads("((1, 2),)")),
    differs("frozenset", reads("frozenset({1, 2})"), reads("frozenset({1, 3})")),
    differs("dict", reads("{'a': [1, {'b': 2}]}"), reads("{'a': [1, {'b': 3}]}")),
    differs("path", reads("PurePath('a')"), reads("PurePath('b')")),
    differs("array", reads("array.array('i', [1])"), reads("array.array('i', [2])")),
    differs("regular expression", reads("re.compile('a')"), reads("re.compile('a', re.I)")),
    differs("member of an enumeration", RECORDS, RECORDS.replace("Kind.SMALL", "Kind.LARGE")),
    differs("arguments of another's object", reads("random.Random(1)"), reads("random.Random(2)")),
    differs("state at the start", STATE, STATE.replace("COUNT = 1", "COUNT = 2")),
    differs("functions in a table", calls("make((one, two))"), calls("make((two, one))")),
    differs("functions by name", calls("make({'a': one})"), calls("make({'a': two})")),
    differs("closure over a constant", calls("make(1)"), calls("make(2)")),
    differs("closure over a function", calls("make(one)"), calls("make(two)")),
    differs(
        "closures that change places",
        calls("make(make(1), make(2))"),
        calls("make(make(2), make(1))"),
    ),
    differs("bound argument", calls("partial(one, 1)"), calls("partial(one, 2)")),
    differs("bound keyword", calls("partial(one, x=1)"), calls("partial(one, x=2)")),
    differs("bound function", calls("partial(one)"), calls("partial(two)")),
    differs("field of a callable", calls("Add(1)"), calls("Add(2)")),
    differs("function in a callable", calls("Add(1, one)"), calls("Add(1, two)")),
    differs("field of a method's object", calls("Add(1).add"), calls("Add(2).add")),
    differs("method", calls("Add(1).add"), calls("Add(1).add").replace("b + self.", "b * self.")),
    differs("class method", calls("Add.made"), calls("Add.made").replace("cls(b)", "cls(b + 1)")),
    differs("lambda", calls("lambda b: one(b)"), calls("lambda b: two(b)")),
    differs(
        "lambda in a line", calls("(lambda: 1, lambda: 2)[0]"), calls("(lambda: 1, lambda: 2)[1]")
    ),
    differs("base class", CLASS, CLASS.replace("x / 2", "x / 3")),
    differs("attribute of a class", CLASS, CLASS.replace("rate = 3", "rate = 4")),
    differs("property", CLASS, CLASS.replace("return 8", "return 9")),
    differs("static method", CLASS, CLASS.replace("return 0", "return 1")),
    differs("class method of a class", CLASS, CLASS.replace("cls()", "cls")),
    differs("patched class", CLASS, CLASS + "Net.run = lambda self, x: x\n"),
    differs("record without the field", RECORDS, RECORDS.replace("    width: int\n", "")),
    differs(
        "default of a dataclass", RECORDS, RECORDS.replace("height: int = 2", "height: int = 3")
    ),
    differs("default of an attrs class", RECORDS, RECORDS.replace("= 0.1", "= 0.2")),
    differs("factory of a default", RECORDS, RECORDS.replace("[1]", "[2]")),
    differs("value of a member", RECORDS, RECORDS.replace("SMALL = 1", "SMALL = 0")),
    *(
        differs(f"class or wrapper {n}", KINDS, KINDS.replace(f"return {n}", "return 7"))
        for n in (1, 2, 3, 5, 6)
    ),
    differs("cached function", KINDS, KINDS.replace("x + 4", "x + 5")),
    differs("metaclass", KINDS, KINDS.replace("return super().__call__()", "pass")),
    differs("default of a named tuple", KINDS, KINDS.replace("y: int = 2", "y: int = 3")),
    differs("members of a flag", KINDS, KINDS.replace("    WRITE = enum.auto()", "    WRITE = 8")),
    differs("validator", KINDS, KINDS.replace("lambda *_: None", "lambda *_: 1")),
    differs("decorator", DECORATED, DECORATED.replace("factor *", "factor +")),
    differs("argument of a decorator", DECORATED, DECORATED.replace("scaled(2)", "scaled(3)")),
    differs("beneath a decorator", DECORATED, DECORATED.replace("return b", "return b + 1")),
    differs("no decorator", DECORATED, DECORATED.replace("@scaled(2)", "")),
)

PAIRS = UNSEEN + SEEN
