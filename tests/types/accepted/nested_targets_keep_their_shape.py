"""Containers of containers of references give realizations in the same shape."""

from __future__ import annotations

from typing import assert_type

from pipeline import Model, Sample, models, sample

from pylightnix_fn import DRef, Manager, Many, MemoryStore, Realization, instantiate, realize

store = MemoryStore()


def by_name(m: Manager) -> tuple[Manager, dict[str, dict[str, DRef[Sample]]]]:
    m, small = sample(m, 1)
    return m, {"a": {"small": small}}


def lists_by_name(m: Manager) -> tuple[Manager, dict[str, list[DRef[Sample]]]]:
    m, small = sample(m, 1)
    return m, {"a": [small, small]}


def named_in_list(m: Manager) -> tuple[Manager, list[dict[str, DRef[Sample]]]]:
    m, small = sample(m, 1)
    return m, [{"small": small}]


def several_by_name(m: Manager) -> tuple[Manager, dict[str, Many[Model]]]:
    m, those = models(m)
    return m, {"those": those}


def several_in_list(m: Manager) -> tuple[Manager, list[Many[Model]]]:
    m, those = models(m)
    return m, [those]


assert_type(realize(instantiate(by_name), store), dict[str, dict[str, Realization[Sample]]])
assert_type(realize(instantiate(lists_by_name), store), dict[str, list[Realization[Sample]]])
assert_type(realize(instantiate(named_in_list), store), list[dict[str, Realization[Sample]]])
assert_type(realize(instantiate(several_by_name), store), dict[str, tuple[Realization[Model], ...]])
assert_type(realize(instantiate(several_in_list), store), list[tuple[Realization[Model], ...]])
