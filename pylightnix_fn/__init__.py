"""Typed, purely functional pipelines over immutable, content-addressed results.

Plans are values: stages take a frozen `Manager` and return the next one with references. Only
`realize`, the stores, the builtin stages' realizers and `pylightnix_fn.inplace` touch the world.

Names are imported when they are first used, so that the package costs what is used of it.
"""

from typing import TYPE_CHECKING

from pylightnix_fn.lazily import homes_of, importing

if TYPE_CHECKING:
    from pylightnix_fn.archive.budget import Limits
    from pylightnix_fn.chart.picture import Chart
    from pylightnix_fn.classic import (
        RefPath,
        build_cattrs,
        build_config,
        build_context,
        build_deref,
        build_name,
        build_outpath,
        build_path,
        build_paths,
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
    from pylightnix_fn.comparison import Change, differences
    from pylightnix_fn.composition import Stage, Step, both, mapped, redefine, sequence, step
    from pylightnix_fn.config import Config, mkconfig
    from pylightnix_fn.dask_workers import DaskWorkers
    from pylightnix_fn.decoration import stage
    from pylightnix_fn.display.progress import show_progress
    from pylightnix_fn.driver import realize
    from pylightnix_fn.encoding import selfref
    from pylightnix_fn.environment import environ
    from pylightnix_fn.errors.message import PylightnixError
    from pylightnix_fn.events import (
        Built,
        Downloading,
        Event,
        Failed,
        Matched,
        Planned,
        Skipped,
        Started,
        Waiting,
    )
    from pylightnix_fn.explanation.step import Hit, Miss
    from pylightnix_fn.explanation.whole import Explanation
    from pylightnix_fn.failure import Failure
    from pylightnix_fn.findings.condition import Condition
    from pylightnix_fn.graph.diagrams import dot, mermaid
    from pylightnix_fn.graph.gathering import gather_closure, gather_objects
    from pylightnix_fn.graph.graphviz import svg_by_graphviz
    from pylightnix_fn.graph.page import graph_page
    from pylightnix_fn.graph.planned import planned_graph
    from pylightnix_fn.graph.value import Graph
    from pylightnix_fn.graph.vector import graph_svg
    from pylightnix_fn.inquiry.artifact import artifact_path, log_of, only_realization
    from pylightnix_fn.inquiry.comparing import compare
    from pylightnix_fn.inquiry.detail import artifacts, describe
    from pylightnix_fn.inquiry.lookup import completions, lookup, matching
    from pylightnix_fn.inquiry.overview import failures, info, listing
    from pylightnix_fn.inquiry.relations import deps, rdeps, why
    from pylightnix_fn.inquiry.runs import runs
    from pylightnix_fn.inquiry.search import find
    from pylightnix_fn.jsonable import json_form
    from pylightnix_fn.laws import check_codec, check_matcher, check_stage
    from pylightnix_fn.loading.stage import LoadedStage, load, stages_in
    from pylightnix_fn.logbook import make_log_folder
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
    from pylightnix_fn.matcher.key import match, texthash
    from pylightnix_fn.matcher.sampling import best_of, stop_when_no_gain, until_confident
    from pylightnix_fn.memory_store import MemoryStore
    from pylightnix_fn.observer import Observer
    from pylightnix_fn.optics.lens import Lens, lens
    from pylightnix_fn.outlook import explain
    from pylightnix_fn.outputs import Artifact, Codec, artifact
    from pylightnix_fn.pausing import Paused, paused
    from pylightnix_fn.plan import Budget, Plan, plan_of
    from pylightnix_fn.plotting import plot, write_plot
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
    from pylightnix_fn.retention.collection import Cost, GcPlan, Kept, Removal, gc_plan
    from pylightnix_fn.retention.inventory import Inventory, StoredDerivation, StoredRealization
    from pylightnix_fn.retention.policy import Policy
    from pylightnix_fn.shorthand.autostage import autostage
    from pylightnix_fn.shorthand.call import Written
    from pylightnix_fn.stages.fetch import fetchlocal, fetchurl
    from pylightnix_fn.stages.given import File, file, node
    from pylightnix_fn.stages.select import select
    from pylightnix_fn.store.backing import Durability
    from pylightnix_fn.store.disk import DiskStore
    from pylightnix_fn.store.inspection import Damage
    from pylightnix_fn.store_protocol import Store
    from pylightnix_fn.sweep import grid
    from pylightnix_fn.transfer.moving import copy_closure, export_closure, import_closure
    from pylightnix_fn.tree import Folder
    from pylightnix_fn.unrolling import Unrolled, unrolled
    from pylightnix_fn.upkeep.collection import Collection, collect, gc
    from pylightnix_fn.upkeep.following import follow
    from pylightnix_fn.upkeep.planning import survey, weigh
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
    "classic": "RefPath build_cattrs build_config build_context build_deref build_name "
    "build_outpath build_path build_paths build_wrapper match_all match_best "
    "match_exact match_latest match_only match_some mkdrv",
    "closure": "Closure instantiate",
    "code": "Version",
    "codec": "csv json_of npy npz_of number text",
    "composition": "Stage Step both mapped redefine sequence step",
    "config": "Config mkconfig",
    "encoding": "selfref",
    "driver": "realize",
    "events": "Built Downloading Event Failed Matched Planned Skipped Started Waiting",
    "observer": "Observer",
    "errors.message": "PylightnixError",
    "manager": "Derivation Manager Traced derive",
    "matcher.candidate": "Candidate ManyMatcher Matcher Need Never Use Verdict candidate",
    "matcher.choice": "all_of at_least best exact latest only worst",
    "memory_store": "MemoryStore",
    "outlook": "explain",
    "explanation.whole": "Explanation",
    "explanation.step": "Hit Miss",
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
    "retention.collection": "Cost GcPlan Kept Removal gc_plan",
    "retention.inventory": "Inventory StoredDerivation StoredRealization",
    "retention.policy": "Policy",
    "store.backing": "Durability",
    "upkeep.collection": "Collection collect gc",
    "upkeep.planning": "survey weigh",
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
    "inquiry.lookup": "completions lookup matching",
    "inquiry.relations": "deps rdeps why",
    "inquiry.overview": "failures info listing",
    "inquiry.detail": "artifacts describe",
    "inquiry.search": "find",
    "inquiry.runs": "runs",
    "inquiry.comparing": "compare",
    "inquiry.artifact": "artifact_path log_of only_realization",
    "findings.condition": "Condition",
    "chart.picture": "Chart",
    "comparison": "Change differences",
    "plotting": "plot write_plot",
    "loading.stage": "LoadedStage load stages_in",
    "graph.value": "Graph",
    "graph.planned": "planned_graph",
    "graph.gathering": "gather_closure gather_objects",
    "graph.page": "graph_page",
    "graph.diagrams": "dot mermaid",
    "graph.graphviz": "svg_by_graphviz",
    "graph.vector": "graph_svg",
    "transfer.moving": "copy_closure export_closure import_closure",
    "archive.budget": "Limits",
    "decoration": "stage",
    "shorthand.autostage": "autostage",
    "shorthand.call": "Written",
    "optics.lens": "Lens lens",
    "environment": "environ",
    "logbook": "make_log_folder",
    "matcher.key": "match texthash",
    "unrolling": "Unrolled unrolled",
}
_HOME = homes_of(_HOMES)

__all__ = [
    "Artifact",
    "Attempted",
    "Budget",
    "Build",
    "Built",
    "Candidate",
    "Change",
    "Chart",
    "Closure",
    "Codec",
    "Collection",
    "Condition",
    "Config",
    "Cost",
    "DRef",
    "Damage",
    "DaskWorkers",
    "Derivation",
    "DiskStore",
    "Downloading",
    "Durability",
    "Event",
    "Explanation",
    "Failed",
    "Failure",
    "File",
    "Folder",
    "GcPlan",
    "Graph",
    "Hit",
    "Inputs",
    "Inventory",
    "Kept",
    "Lens",
    "Limits",
    "LoadedStage",
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
    "Unrolled",
    "Usage",
    "Use",
    "Value",
    "Verdict",
    "Verified",
    "Version",
    "Waiting",
    "Workers",
    "Written",
    "add_root",
    "after",
    "all_of",
    "artifact",
    "artifact_path",
    "artifacts",
    "at_least",
    "attempt",
    "autostage",
    "before",
    "best",
    "best_of",
    "both",
    "build_cattrs",
    "build_config",
    "build_context",
    "build_deref",
    "build_name",
    "build_outpath",
    "build_path",
    "build_paths",
    "build_wrapper",
    "candidate",
    "check_codec",
    "check_matcher",
    "check_stage",
    "collect",
    "collections",
    "compare",
    "completions",
    "copy_closure",
    "csv",
    "deps",
    "derive",
    "describe",
    "differences",
    "discard",
    "dot",
    "dref_from",
    "du",
    "either",
    "empty_trash",
    "environ",
    "exact",
    "explain",
    "export_closure",
    "failures",
    "fallback",
    "fetchlocal",
    "fetchurl",
    "file",
    "find",
    "first_of",
    "follow",
    "forget_failures",
    "gather_closure",
    "gather_objects",
    "gc",
    "gc_plan",
    "give_up",
    "graph_page",
    "graph_svg",
    "grid",
    "import_closure",
    "info",
    "instantiate",
    "json_form",
    "json_of",
    "keep_best",
    "keep_latest",
    "keep_named",
    "keep_roots",
    "latest",
    "lens",
    "link",
    "listing",
    "load",
    "log_of",
    "logged",
    "lookup",
    "make_log_folder",
    "mapped",
    "match",
    "match_all",
    "match_best",
    "match_exact",
    "match_latest",
    "match_only",
    "match_some",
    "matching",
    "mermaid",
    "mkconfig",
    "mkdrv",
    "named_roots",
    "newer_than",
    "node",
    "npy",
    "npz_of",
    "number",
    "only",
    "only_realization",
    "optimise",
    "order_by",
    "pareto",
    "paused",
    "plan_of",
    "planned_graph",
    "plot",
    "pure",
    "rdeps",
    "realize",
    "rebuild",
    "redefine",
    "remove_root",
    "repair",
    "require",
    "retry",
    "rref_from",
    "run",
    "runs",
    "samples",
    "seeded",
    "select",
    "selfref",
    "sequence",
    "show_progress",
    "stage",
    "stages_in",
    "step",
    "stop_when_no_gain",
    "succeeded",
    "survey",
    "svg_by_graphviz",
    "take",
    "text",
    "texthash",
    "then",
    "timeout",
    "undo",
    "unrolled",
    "until_confident",
    "value",
    "verify",
    "versions_of",
    "weigh",
    "where",
    "why",
    "within",
    "worst",
    "write_plot",
]


if not TYPE_CHECKING:
    __getattr__ = importing(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
