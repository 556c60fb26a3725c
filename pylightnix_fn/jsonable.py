"""Any value of this library as JSON, for other programs.

Records become mappings of their public fields; references, paths and times their texts. A value
that has a form of its own gives it by a method ``json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Protocol, runtime_checkable

import attrs

from pylightnix_fn.canonical import Json
from pylightnix_fn.refs import DRef, Many, RRef


@runtime_checkable
class _HasForm(Protocol):
    def json(self) -> Json: ...


def json_form(value: object) -> Json:
    """A value as JSON; durations are in seconds, what is nothing of the kind as its text.

    >>> from pylightnix_fn.refs import dref_from
    >>> json_form((1, dref_from("dref:731c5ac602752760c8e48fbffcf8c3b8-mnist"), {"a": None}))
    [1, 'dref:731c5ac602752760c8e48fbffcf8c3b8-mnist', {'a': None}]
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, DRef | RRef | Many | PurePath):
        return str(value)
    if isinstance(value, _HasForm):
        return value.json()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): json_form(each) for key, each in value.items()}
    kind = type(value)
    if attrs.has(kind):
        names = (each.name for each in attrs.fields(kind) if not each.name.startswith("_"))
        return {name: json_form(getattr(value, name)) for name in names}
    if isinstance(value, Set):
        return [json_form(each) for each in sorted(value, key=str)]
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [json_form(each) for each in value]
    return str(value)
