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


def reads(value: str) -> str:
    """A function that reads one global."""
    return f"from pathlib import *\nimport enum, random, re\nA = {value}\n\ndef fit(b):\n    return A\n"


def calls(value: str) -> str:
    """A function that is made by an expression, with two others at hand."""
    return f"""
from functools import partial
from operator import itemgetter

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
    return f"import math\nimport cmath\n\ndef fit(b, c=0):\n{lines}"


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
    same("unused helper in another module", "import helpers\n" + FIT + HELPERS, "\n" + FIT),
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
    same("annotation of a variable", body("x = b\nreturn x"), body("x: int = b\nreturn x")),
    same("declaration of a variable", body("x = b\nreturn x"), body("x: int\nx = b\nreturn x")),
    same("annotation of a field", RECORDS, RECORDS.replace("width: int", "width: float")),
    same("annotation by a helper", FIT, FIT.replace("fit(b)", "fit(b: step)")),
    same("pass beside a statement", body("return b"), body("pass\nreturn b")),
    same("name of another module's alias", "import helpers\n" + FIT, "import helpers as h\n" + FIT)
    if False
    else same("future import", FIT, "from __future__ import annotations\n" + FIT),
    same("place of the project", body("return __file__"), body("return __file__") + "\n"),
    same("order of a set", reads("{'a', 'b', 'c'}"), reads("{'c', 'b', 'a'}")),
    same("spelling of a constant", reads("(1, 2)"), reads("tuple([1, 1 + 1])")),
    same("value made at random of equal state", reads("[3] * 2"), reads("[3, 3]")),
    same("late import: comment", LATE, LATE.replace("def half", "# half\ndef half")),
)

SEEN = (
    differs("body", FIT, FIT.replace("step(b)", "step(b) + 0")),
    differs("name of an argument", FIT, FIT.replace("fit(b):\n    return step(b)", "fit(c): return step(c)")),
    differs("helper", FIT, FIT.replace("+ 1", "+ 2")),
    differs("helper two calls away", FIT, FIT.replace("x / 2", "x / 3")),
)
