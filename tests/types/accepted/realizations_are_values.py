"""A realization knows its reference, its outputs, where it lies and what it cost."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import assert_type

from pipeline import Model, model

from pylightnix_fn import DRef, MemoryStore, RRef, instantiate, realize

store = MemoryStore()
result = realize(instantiate(model), store)

assert_type(result.rref, RRef[Model])
assert_type(result.rref.outputs, Model)
assert_type(result.rref.dref, DRef[Model])
assert_type(result.dref, DRef[Model])
assert_type(result.out, Model)
assert_type(result.out.weights, Path)
assert_type(result.out.accuracy.read(), float)
assert_type(result.out.remark.read(), str)
assert_type(result.path, Path)
assert_type(result.context, Mapping[DRef[object], tuple[RRef[object], ...]])
assert_type(result.started, datetime)
assert_type(result.seconds, float)
assert_type(result.size, int)

assert result.out.remark.read() == "fitted"
assert result.dref in instantiate(model).targets
