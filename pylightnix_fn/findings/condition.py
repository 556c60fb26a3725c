"""Conditions on a value that stands at a path: ``learning_rate<0.01``, ``accuracy.txt>0.98``.

The language is one path, one operator, one value. Numbers are compared as numbers, all else as
text; a value that is not there satisfies nothing, not even ``!=``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from pylightnix_fn.canonical import Json, canonical, parsed, why_no_scalar
from pylightnix_fn.comparison import ABSENT, Side
from pylightnix_fn.errors.inquiry import MalformedCondition

Operator: TypeAlias = Literal["=", "!=", "~", "<", "<=", ">", ">="]
Number: TypeAlias = int | float

_OPERATORS: Final[Mapping[str, Operator]] = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    "~": "~",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_PATH: Final = re.compile(r"[^\s=!~<>]+")
_OPERATOR: Final = re.compile(r"\s*(==|!=|<=|>=|[=~<>])\s*")
_NUMBER: Final = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf)", re.ASCII)
_PLAIN: Final = re.compile(r'[^\s"=]|[^\s"=].*\S')  # a value that needs no quotes
_PYTHON: Final = {"True": "true", "False": "false", "None": "null"}
_LONGEST_NUMBER: Final = 400  # characters; the interpreter refuses to read longer integers


def _checked_path(_: object, __: object, path: str) -> None:
    if not _PATH.fullmatch(path):
        raise MalformedCondition(path, 0, "no path")


@frozen
class Condition:
    """What a value at a path must be, to be found.

    The path leads into a config, by keys and indices, or is that of an artifact; ``./`` before it
    says that it is an artifact. Law: ``Condition.parse(str(each)) == each``.

    >>> Condition.parse("fields.layers.0 >= 16")
    Condition(path='fields.layers.0', operator='>=', value='16')
    """

    path: str = field(validator=_checked_path)
    operator: Operator
    value: str

    @staticmethod
    def parse(text: str) -> Condition:
        """The condition that a text spells; `MalformedCondition` says where it does not."""
        start = len(text) - len(text.lstrip())
        path = _PATH.match(text, start)
        if path is None:
            raise MalformedCondition(text, start, "a path should stand here")
        sign = _OPERATOR.match(text, path.end())
        if sign is None:
            rest = text[path.end() :].lstrip()
            raise MalformedCondition(text, len(text) - len(rest), "an operator should stand here")
        return Condition(path[0], _OPERATORS[sign[1]], _value(text, sign.end()))

    def __str__(self) -> str:
        plain = _PLAIN.fullmatch(self.value) and self.value.isprintable()
        return f"{self.path}{self.operator}{self.value if plain else json.dumps(self.value)}"

    def holds(self, found: Side) -> bool:
        """Whether a value is as it must be.

        >>> Condition.parse("x<1e-2").holds(0.001), Condition.parse("x<1e-2").holds("0.5\\n")
        (True, False)
        """
        if found is ABSENT:
            return False
        match self.operator:
            case "=":
                return self._equals(found)
            case "!=":
                return not self._equals(found)
            case "~":
                return self.value in _text(found)
            case "<" | "<=" | ">" | ">=":
                return self._ordered(found)

    def _equals(self, found: Json) -> bool:
        number, wanted = number_of(found), number_of(self.value)
        if number is not None and wanted is not None:
            return number == wanted
        if isinstance(found, str):
            return found.strip() == self.value.strip()
        text = _PYTHON.get(self.value, self.value)
        try:
            return canonical(found) == canonical(parsed(text))
        except ValueError:
            return False

    def _ordered(self, found: Json) -> bool:
        number, wanted = number_of(found), number_of(self.value)
        if number is not None and wanted is not None:
            return self._in_order(number < wanted, number == wanted)
        if not isinstance(found, str) or number is not None or wanted is not None:
            return False
        text, other = found.strip(), self.value.strip()
        return self._in_order(text < other, text == other)

    def _in_order(self, less: bool, equal: bool) -> bool:
        if equal:
            return self.operator in ("<=", ">=")
        return self.operator.startswith("<" if less else ">")


def _value(text: str, start: int) -> str:
    rest = text[start:].rstrip()
    if not rest:
        raise MalformedCondition(text, start, "a value should stand here")
    if not rest.startswith('"'):
        return rest
    try:
        value: object = json.loads(rest)
    except json.JSONDecodeError as error:
        raise MalformedCondition(text, start + error.pos, error.msg) from error
    if not isinstance(value, str):  # it begins with a quote
        raise MalformedCondition(text, start, "a text should stand here")
    return value


def number_of(value: Json) -> Number | None:
    """The number that a value is, or that a text spells; `None` if it is none, or NaN.

    >>> number_of("0.98\\n"), number_of(True), number_of("7"), number_of("seven")
    (0.98, None, 7, None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return value if value == value else None
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    text = value.strip()
    matched = _NUMBER.fullmatch(text)
    if matched is None:
        return None
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def _text(value: Side) -> str:
    return value if isinstance(value, str) else "" if value is ABSENT else canonical(value)


def part(config: Json, path: str) -> Side:
    """What stands at a path of a config, or of the fields of a typed one; `ABSENT` if nothing.

    >>> part({"name": "a", "fields": {"layers": [8, 16]}}, "layers.1")
    16
    """
    dotted = re.sub(r"\[(\d+)\]", r".\1", path)
    found = _at(config, dotted)
    if found is ABSENT and isinstance(config, Mapping):
        return _at(config.get("fields"), dotted)
    return found


def _at(value: Json, path: str) -> Side:
    if isinstance(value, Mapping):
        if path in value:
            return value[path]
        for dot in (match.start() for match in re.finditer(r"\.", path)):
            if path[:dot] in value:
                found = _at(value[path[:dot]], path[dot + 1 :])
                if found is not ABSENT:
                    return found
    elif isinstance(value, Sequence) and not isinstance(value, str):
        index, _, rest = path.partition(".")
        if index.isdecimal() and len(index) < 10 and int(index) < len(value):
            return _at(value[int(index)], rest) if rest else value[int(index)]
    return ABSENT


def finite(value: Number | None) -> Json:
    """A number as JSON, which has neither infinities nor integers beyond 64 bits, but texts."""
    if value is None:
        return None
    return value if not why_no_scalar(value) else str(value)
