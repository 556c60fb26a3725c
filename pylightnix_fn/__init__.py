"""Typed, purely functional pipelines over immutable, content-addressed results.

Plans are values: stages take a frozen `Manager` and return the next one with references. Only
`realize`, the stores, the builtin stages' realizers and `pylightnix_fn.inplace` touch the world.

Names are imported when they are first used, so that the package costs what is used of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylightnix_fn.classic import (
        RefPath,
        build_cattrs,
        build_config,
        build_outpath,
        build_path,
        build_wrapper,
        match_all,
        match_best,
        match_exact,
        match_latest,
        match_only,
        match_some,
        mkdrv,
    )
    from pylightnix_fn.closure import Closure, instantiate
    from pylightnix_fn.code import Version
    from pylightnix_fn.codec import csv, json_of, npy, npz_of, number, text
    from pylightnix_fn.combinator.attempt import Attempted, attempt, succeeded
    from pylightnix_fn.combinator.control import logged, run, samples, seeded, timeout
    from pylightnix_fn.combinator.flow import after, before, fallback, require, retry, then
    from pylightnix_fn.combinator.history import give_up
    from pylightnix_fn.combinator.lift import Inputs, Value, pure, value
    from pylightnix_fn.composition import Stage, Step, both, mapped, redefine, sequence, step
    from pylightnix_fn.config import Config, mkconfig
    from pylightnix_fn.dask_workers import DaskWorkers
    from pylightnix_fn.display.progress import show_progress
    from pylightnix_fn.driver import realize
    from pylightnix_fn.encoding import selfref
    from pylightnix_fn.errors.message import PylightnixError
    from pylightnix_fn.events import (
        Built,
        Downloading,
        Event,
        Failed,
        Matched,
        Observer,
        Planned,
        Skipped,
        Started,
        Waiting,
    )
    from pylightnix_fn.failure import Failure
    from pylightnix_fn.jsonable import json_form
    from pylightnix_fn.laws import check_codec, check_matcher, check_stage
    from pylightnix_fn.manager import Derivation, Manager, Traced, derive
    from pylightnix_fn.matcher.candidate import (
        Candidate,
        ManyMatcher,
        Matcher,
        Need,
        Never,
        Use,
        Verdict,
        candidate,
    )
    from pylightnix_fn.matcher.choice import all_of, at_least, best, exact, latest, only, worst
    from pylightnix_fn.matcher.combination import either, first_of, order_by, take, where
    from pylightnix_fn.matcher.front import pareto
    from pylightnix_fn.matcher.sampling import best_of, stop_when_no_gain, until_confident
    from pylightnix_fn.memory_store import MemoryStore
    from pylightnix_fn.outlook import DryRun, Hit, Miss, dry_run
    from pylightnix_fn.outputs import Artifact, Codec, artifact
    from pylightnix_fn.pausing import Paused, paused
    from pylightnix_fn.plan import Budget, Plan, plan_of
    from pylightnix_fn.pools import Pool, Workers
    from pylightnix_fn.realization import Realization
    from pylightnix_fn.realizer import Build, Realizer
    from pylightnix_fn.refs import DRef, Many, RRef, dref_from, rref_from
    from pylightnix_fn.remains import forget_failures
    from pylightnix_fn.resources import Resources
    from pylightnix_fn.retention.choice import (
        keep_best,
        keep_latest,
        keep_named,
        keep_roots,
        newer_than,
        within,
    )
    from pylightnix_fn.retention.collection import GcPlan, Kept, Removal, gc_plan
    from pylightnix_fn.retention.inventory import Inventory, StoredDerivation, StoredRealization
    from pylightnix_fn.retention.policy import Policy
    from pylightnix_fn.stages.fetch import fetchlocal, fetchurl
    from pylightnix_fn.stages.given import File, file, node
    from pylightnix_fn.stages.select import select
    from pylightnix_fn.store.backing import Durability
    from pylightnix_fn.store.disk import DiskStore
    from pylightnix_fn.store.inspection import Damage
    from pylightnix_fn.store_protocol import Store
    from pylightnix_fn.sweep import grid
    from pylightnix_fn.tree import Folder
    from pylightnix_fn.upkeep.collection import Collection, collect, gc, survey
    from pylightnix_fn.upkeep.following import follow
    from pylightnix_fn.upkeep.removal import discard
    from pylightnix_fn.upkeep.repairing import Repaired, rebuild, repair
    from pylightnix_fn.upkeep.report import Report
    from pylightnix_fn.upkeep.roots import add_root, link, named_roots, remove_root
    from pylightnix_fn.upkeep.space import Optimised, Usage, du, optimise
    from pylightnix_fn.upkeep.undoing import Undone, collections, empty_trash, undo
    from pylightnix_fn.upkeep.verification import Verified, verify
    from pylightnix_fn.versions import versions_of

# Where the public names live.
_HOMES = {
    "classic": "RefPath build_cattrs build_config build_outpath build_path build_wrapper "
    "match_all match_best match_exact match_latest match_only match_some mkdrv",
    "closure": "Closure instantiate",
    "code": "Version",
    "codec": "csv json_of npy npz_of number text",
    "composition": "Stage Step both mapped redefine sequence step",
    "config": "Config mkconfig",
    "encoding": "selfref",
    "driver": "realize",
    "events": "Built Downloading Event Failed Matched Observer Planned Skipped Started Waiting",
    "errors.message": "PylightnixError",
    "manager": "Derivation Manager Traced derive",
    "matcher.candidate": "Candidate ManyMatcher Matcher Need Never Use Verdict candidate",
    "matcher.choice": "all_of at_least best exact latest only worst",
    "memory_store": "MemoryStore",
    "outlook": "DryRun Hit Miss dry_run",
    "outputs": "Artifact Codec artifact",
    "plan": "Budget Plan plan_of",
    "realization": "Realization",
    "realizer": "Build Realizer",
    "refs": "DRef Many RRef dref_from rref_from",
    "store.disk": "DiskStore",
    "store_protocol": "Store",
    "tree": "Folder",
    "stages.fetch": "fetchlocal fetchurl",
    "stages.given": "File file node",
    "combinator.flow": "after before fallback require retry then",
    "combinator.control": "logged run samples seeded timeout",
    "combinator.lift": "Inputs Value pure value",
    "laws": "check_codec check_matcher check_stage",
    "matcher.combination": "either first_of order_by take where",
    "matcher.front": "pareto",
    "matcher.sampling": "best_of stop_when_no_gain until_confident",
    "stages.select": "select",
    "sweep": "grid",
    "versions": "versions_of",
    "retention.choice": "keep_best keep_latest keep_named keep_roots newer_than within",
    "retention.collection": "GcPlan Kept Removal gc_plan",
    "retention.inventory": "Inventory StoredDerivation StoredRealization",
    "retention.policy": "Policy",
    "store.backing": "Durability",
    "upkeep.collection": "Collection collect gc survey",
    "upkeep.roots": "add_root link named_roots remove_root",
    "upkeep.removal": "discard",
    "upkeep.following": "follow",
    "jsonable": "json_form",
    "upkeep.undoing": "Undone collections empty_trash undo",
    "resources": "Resources",
    "pools": "Pool Workers",
    "dask_workers": "DaskWorkers",
    "display.progress": "show_progress",
    "upkeep.verification": "Verified verify",
    "upkeep.repairing": "Repaired rebuild repair",
    "upkeep.report": "Report",
    "store.inspection": "Damage",
    "upkeep.space": "Optimised Usage du optimise",
    "failure": "Failure",
    "remains": "forget_failures",
    "combinator.history": "give_up",
    "combinator.attempt": "Attempted attempt succeeded",
    "pausing": "Paused paused",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Artifact",
    "Attempted",
    "Budget",
    "Build",
    "Built",
    "Candidate",
    "Closure",
    "Codec",
    "Collection",
    "Config",
    "DRef",
    "Damage",
    "DaskWorkers",
    "Derivation",
    "DiskStore",
    "Downloading",
    "DryRun",
    "Durability",
    "Event",
    "Failed",
    "Failure",
    "File",
    "Folder",
    "GcPlan",
    "Hit",
    "Inputs",
    "Inventory",
    "Kept",
    "Manager",
    "Many",
    "ManyMatcher",
    "Matched",
    "Matcher",
    "MemoryStore",
    "Miss",
    "Need",
    "Never",
    "Observer",
    "Optimised",
    "Paused",
    "Plan",
    "Planned",
    "Policy",
    "Pool",
    "PylightnixError",
    "RRef",
    "Realization",
    "Realizer",
    "RefPath",
    "Removal",
    "Repaired",
    "Report",
    "Resources",
    "Skipped",
    "Stage",
    "Started",
    "Step",
    "Store",
    "StoredDerivation",
    "StoredRealization",
    "Traced",
    "Undone",
    "Usage",
    "Use",
    "Value",
    "Verdict",
    "Verified",
    "Version",
    "Waiting",
    "Workers",
    "add_root",
    "after",
    "all_of",
    "artifact",
    "at_least",
    "attempt",
    "before",
    "best",
    "best_of",
    "both",
    "build_cattrs",
    "build_config",
    "build_outpath",
    "build_path",
    "build_wrapper",
    "candidate",
    "check_codec",
    "check_matcher",
    "check_stage",
    "collect",
    "collections",
    "csv",
    "derive",
    "discard",
    "dref_from",
    "dry_run",
    "du",
    "either",
    "empty_trash",
    "exact",
    "fallback",
    "fetchlocal",
    "fetchurl",
    "file",
    "first_of",
    "follow",
    "forget_failures",
    "gc",
    "gc_plan",
    "give_up",
    "grid",
    "instantiate",
    "json_form",
    "json_of",
    "keep_best",
    "keep_latest",
    "keep_named",
    "keep_roots",
    "latest",
    "link",
    "logged",
    "mapped",
    "match_all",
    "match_best",
    "match_exact",
    "match_latest",
    "match_only",
    "match_some",
    "mkconfig",
    "mkdrv",
    "named_roots",
    "newer_than",
    "node",
    "npy",
    "npz_of",
    "number",
    "only",
    "optimise",
    "order_by",
    "pareto",
    "paused",
    "plan_of",
    "pure",
    "realize",
    "rebuild",
    "redefine",
    "remove_root",
    "repair",
    "require",
    "retry",
    "rref_from",
    "run",
    "samples",
    "seeded",
    "select",
    "selfref",
    "sequence",
    "show_progress",
    "step",
    "stop_when_no_gain",
    "succeeded",
    "survey",
    "take",
    "text",
    "then",
    "timeout",
    "undo",
    "until_confident",
    "value",
    "verify",
    "versions_of",
    "where",
    "within",
    "worst",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
