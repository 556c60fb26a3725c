"""Everything that the original Pylightnix can do: a test for each row of the README's table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec

import pytest
from attrs import frozen
from fetched import DATA, fetched, packed_tar, sha256

from pylightnix_fn import (
    Attempted,
    Build,
    Config,
    DRef,
    Folder,
    Manager,
    Many,
    Miss,
    RefPath,
    Store,
    Version,
    attempt,
    build_cattrs,
    build_config,
    build_outpath,
    build_path,
    build_wrapper,
    derive,
    du,
    explain,
    fetchlocal,
    file,
    first_of,
    instantiate,
    latest,
    match_all,
    match_best,
    match_exact,
    match_latest,
    match_only,
    match_some,
    mkconfig,
    mkdrv,
    named_roots,
    node,
    paused,
    realize,
    redefine,
    samples,
    selfref,
    undo,
)
from pylightnix_fn.classic import build_context, build_deref, build_name, build_paths
from pylightnix_fn.decoration import stage
from pylightnix_fn.environment import environ
from pylightnix_fn.errors.build import MissingOutput, NotRealized
from pylightnix_fn.errors.plan import UnknownReference
from pylightnix_fn.errors.store import StillNeeded
from pylightnix_fn.inplace import (
    Registry,
    catref,
    current_manager,
    current_registry,
    current_storage,
    current_store,
    evaluate,
    fsinit,
    gc,
    gc_exceptions,
    instantiate_inplace,
    linkdref,
    linkrref,
    linkrrefs,
    lsref,
    realize_inplace,
    repl_build,
    repl_cancel,
    repl_continue,
    repl_realize,
    rmref,
    rootdrefs,
    rootrrefs,
    shell,
    store_initialize,
    using,
)
from pylightnix_fn.inquiry.comparing import compare
from pylightnix_fn.inquiry.relations import deps, rdeps
from pylightnix_fn.inquiry.search import find
from pylightnix_fn.logbook import make_log_folder
from pylightnix_fn.matcher.key import match, texthash
from pylightnix_fn.optics.lens import lens
from pylightnix_fn.shorthand.autostage import autostage
from pylightnix_fn.shorthand.call import Written
from pylightnix_fn.transfer.moving import copy_closure, export_closure, import_closure
from pylightnix_fn.unrolling import unrolled

README = Path(__file__).parent.parent / "README.md"

Made = tuple[Manager, DRef[Folder]]
P = ParamSpec("P")

rows: dict[str, str] = {}


def row(names: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Marks the test of the row with these names in its first column."""

    def mark(test: Callable[P, None]) -> Callable[P, None]:
        assert names not in rows
        rows[names] = test.__name__
        return test

    return mark


def write(b: Build[Config, Folder]) -> None:
    """The sample's number, as accuracy."""
    (build_outpath(b) / "accuracy.txt").write_text(str(b.site.sample))


def first(m: Manager) -> Made:
    return mkdrv(m, mkconfig({"name": "first", "rate": 0.5}), match_latest(), build_wrapper(write))


def second(m: Manager) -> Made:
    m, one = first(m)
    config = mkconfig({"name": "second", "input": [one, "accuracy.txt"]})
    return mkdrv(m, config, match_latest(), build_wrapper(write))


@pytest.fixture(autouse=True)
def session(tmp_path: Path) -> Iterator[None]:
    with using(tmp_path / "store", registry=Registry()):
        yield


@row("`instantiate`, `realize`, `realize1`")
def test_realize_gives_what_a_stage_makes(store: Store) -> None:
    closure = instantiate(second)
    assert () == store.drefs()
    assert "0" == (realize(closure, store).out / "accuracy.txt").read_text()
    assert 1 == len(store.rrefs(closure.targets[0]))


@row("`realizeMany`, `realizeU`, `evaluate`")
def test_many_targets_keep_their_shape(store: Store) -> None:
    def several(m: Manager) -> tuple[Manager, dict[str, DRef[Folder]]]:
        m, one = first(m)
        m, other = second(m)
        return m, {"one": one, "other": other}

    found = unrolled(realize(instantiate(several), store))
    assert ("first", "second") == (found.one.rref.name, found.other.rref.name)
    assert "second" == evaluate(second).name


@row("`mkdrv`, `redefine`")
def test_derivation_is_redefined(store: Store) -> None:
    def all_of(m: Manager) -> tuple[Manager, Many[Folder]]:
        m, one = first(m)
        return redefine(m, one, matcher=match_some(2))

    assert 2 == len(realize(instantiate(all_of), store))
    with pytest.raises(UnknownReference):
        mkdrv(Manager(), mkconfig({"a": first(Manager())[1]}), match_latest(), write)


@row("`autostage`, `autodrv`")
def test_function_becomes_a_stage(store: Store) -> None:
    @autostage
    def count(data: DRef[Folder], times: int = 2, out: Path = Path("out.txt")) -> None:
        out.write_text((data.outputs / "accuracy.txt").read_text() * times)

    @stage(outputs=Folder())
    def mark(b: Build[Fragile, Folder]) -> None:
        (b.path / "mark.txt").write_text("marked")

    def counted(m: Manager) -> tuple[Manager, DRef[Written]]:
        m, one = first(m)
        return count(m, one, times=3)

    assert "000" == realize(instantiate(counted), store).out.out.read_text()
    marked = realize(instantiate(mark, Fragile()), store)
    assert "marked" == (marked.out / "mark.txt").read_text()


@row("`mkconfig`, `cfgdict`, `cfgcattrs`, `RefPath`, `selfref`")
def test_config_refers_to_files_and_promises(store: Store) -> None:
    def read(b: Build[Config, Folder]) -> None:
        c = build_cattrs(b)
        build_path(b, c.out).write_text(build_path(b, c.input).read_text() + str(c.rate))

    def reading(m: Manager, *, promised: str) -> Made:
        m, one = first(m)
        refpath: RefPath = [one, "accuracy.txt"]
        parameters = {"rate": 0.5, "input": refpath, "out": [selfref, promised]}
        act = read if promised == "out.txt" else write
        return mkdrv(m, mkconfig(parameters), match_latest(), build_wrapper(act))

    made = realize(instantiate(reading, promised="out.txt"), store)
    assert "00.5" == (made.out / "out.txt").read_text()
    assert 0.5 == store.config(made.dref).value()["rate"]
    with pytest.raises(MissingOutput, match=r"b\.txt"):
        realize(instantiate(reading, promised="b.txt"), store)


@row(
    "`match`, `match_all`, `match_some`, `match_only`, `match_latest`, `match_best`, `match_exact`"
)
def test_matchers_choose(store: Store) -> None:
    def with_matcher(m: Manager, number: int) -> tuple[Manager, Many[Folder]]:
        m, one = first(m)
        chosen = (match_some(3), match_all(), match_best("accuracy.txt", 1), match_latest(1))
        return redefine(m, one, matcher=(*chosen, match(texthash, 1))[number])

    found = [realize(instantiate(with_matcher, number), store) for number in range(5)]
    assert [3, 3, 1, 1, 1] == list(map(len, found))
    assert "2" == (found[2][0].out / "accuracy.txt").read_text()
    exactly = match_exact(found[2][0].rref)
    assert found[2][0] == realize(instantiate(lambda m: _redefined(m, exactly)), store)
    assert "only()" == match_only().label


def _redefined(m: Manager, exactly: object) -> Made:
    assert isinstance(exactly, type(match_only()))
    m, one = first(m)
    return redefine(m, one, matcher=first_of(exactly, latest()))


@row("keys `latest`, `exact`, `best`, `texthash`")
def test_keys_choose(store: Store) -> None:
    def by_key(m: Manager) -> Made:
        m, one = first(m)
        return redefine(m, one, matcher=match(texthash))

    def all_of(m: Manager) -> tuple[Manager, Many[Folder]]:
        m, one = first(m)
        return redefine(m, one, matcher=match_some(3))

    found = [each.rref for each in realize(instantiate(all_of), store)]
    assert max(found, key=lambda rref: rref.digest) == realize(instantiate(by_key), store).rref


@row("`build_wrapper(nouts, starttime, stoptime)`")
def test_one_build_makes_several_realizations(store: Store) -> None:
    def several(m: Manager) -> tuple[Manager, Many[Folder]]:
        return mkdrv(m, mkconfig({}), match_some(3), samples(3)(build_wrapper(write)))

    found = realize(instantiate(several), store)
    assert {"0", "1", "2"} == {(each.out / "accuracy.txt").read_text() for each in found}


@row(
    "`build_outpath`, `build_path`, `build_paths`, `build_deref`, `build_config`, `build_cattrs`, "
    "`build_name`, `build_context`"
)
def test_realizer_sees_its_build(store: Store) -> None:
    def look(b: Build[Config, Folder]) -> None:
        c, [(one, rrefs)] = build_cattrs(b), build_context(b).items()
        assert ("looking", "looking") == (build_name(b), build_config(b).name)
        assert rrefs == build_deref(b, Many(one)) == (build_deref(b, one),)
        assert [build_path(b, c.input)] == list(build_paths(b, c.input))
        (build_outpath(b) / "seen.txt").write_text("all")

    def looking(m: Manager) -> Made:
        m, one = first(m)
        config = mkconfig({"name": "looking", "input": [one, "accuracy.txt"]})
        return mkdrv(m, config, match_latest(), build_wrapper(look))

    assert "all" == (realize(instantiate(looking), store).out / "seen.txt").read_text()


@row("`build_environ`")
def test_programs_see_the_config(store: Store) -> None:
    closure = instantiate(second)
    b = paused(closure, store, closure.targets[0])
    assert "0" == Path(environ(b)["input"]).read_text()
    b.cancel()


@row("`rrefbstart`, `rrefbstop`, `rrefbdelta`")
def test_times_of_builds_are_known(store: Store) -> None:
    made = realize(instantiate(first), store)
    facts = store.record(made.rref).facts
    assert (made.started, made.stopped) == (facts.started, facts.stopped)
    assert made.seconds == (facts.stopped - facts.started).total_seconds()


@row("`mklens`")
def test_lens_walks_to_paths(store: Store) -> None:
    found = lens(store, realize(instantiate(second), store)).input
    assert "0" == found.path.read_text()
    assert 0.5 == lens(store, found.rref).rate.value


@row("`lsref`, `catref`, `rmref`, `shell`")
def test_objects_are_looked_at_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    rref = evaluate(second)
    monkeypatch.setenv("SHELL", "/bin/true")
    assert "accuracy.txt" in lsref(rref)
    assert (["0"], 0) == (catref(rref, ["accuracy.txt"]), shell(rref))
    [(one, _)] = current_store().record(rref).context.items()
    with pytest.raises(StillNeeded):
        rmref(one)
    rmref(rref)
    assert () == current_store().rrefs(rref.dref)


@row("`du`, `find`, `diff`")
def test_objects_are_measured_found_and_compared() -> None:
    rref = evaluate(first)
    other = realize_inplace(rref.dref, force_rebuild=[rref.dref])
    store = current_store()
    assert 0 < du(store).size
    assert (rref.dref,) == find(store, ["rate<1"]).references
    assert (rref.text,) == tuple(map(str, find(store, ["accuracy.txt<1"]).references))
    assert not compare(store, rref, other).is_empty
    assert compare(store, rref, rref).is_empty


@row("`linkrref`, `linkrrefs`, `linkdref`")
def test_links_lead_to_objects(tmp_path: Path) -> None:
    rref = evaluate(first)
    links = [linkrref(rref, tmp_path), *linkrrefs([rref], tmp_path), linkdref(rref.dref, tmp_path)]
    names = ["result-first", "result-first", "derivation-first"]
    assert names == [each.name for each in links]
    assert all(each.is_dir() for each in links)


@row("`gc`, `gc_exceptions`, `store_gc`")
def test_garbage_is_what_no_link_leads_to(tmp_path: Path) -> None:
    kept, other = evaluate(first), evaluate(second)
    (tmp_path / "links").mkdir()
    (tmp_path / "links/mine").symlink_to(current_store().folder(kept))
    assert [kept] == gc_exceptions(tmp_path / "links")
    current_store().close()
    gc(delete=True)
    assert ((kept,), ()) == (
        current_store().rrefs(kept.dref),
        current_store().rrefs(other.dref),
    )
    undo(current_store())
    assert (other,) == current_store().rrefs(other.dref)


@row("`rootdrefs`, `rootrrefs`")
def test_roots_are_listed(tmp_path: Path) -> None:
    rref = evaluate(first)
    links = linkrref(rref, tmp_path), linkdref(rref.dref, tmp_path)
    assert ([rref.dref], [rref]) == (rootdrefs(), rootrrefs())
    assert set(map(str, links)) == set(named_roots(current_store()))


@row("`drefdeps`, `rrefdeps`, `drefrrefs`, `alldrefs`, `allrrefs`")
def test_objects_know_what_they_need(store: Store) -> None:
    made = realize(instantiate(second), store)
    [(one, rrefs)] = made.context.items()
    assert (one,) == deps(store, made.dref).direct
    assert rrefs[0] in deps(store, made.rref).direct
    assert made.dref in rdeps(store, one).direct
    assert {one, made.dref} == set(store.drefs())
    assert rrefs == store.rrefs(one)


@row("`drefcfg`, `rrefctx`, `rrefdata`")
def test_objects_have_configs_contexts_and_folders(store: Store) -> None:
    made = realize(instantiate(first), store)
    assert {"name": "first", "rate": 0.5} == store.config(made.dref).value()
    assert ({}, made.path) == (store.record(made.rref).context, store.folder(made.rref))


@row("`repl_realize`, `repl_build`, `repl_continue`, `repl_cancel`")
def test_builds_are_done_by_hand() -> None:
    dref = instantiate_inplace(first)
    repl_realize(dref)
    repl_cancel()
    repl_realize(dref)
    (build_outpath(repl_build(Config)) / "accuracy.txt").write_text("9")
    rref = repl_continue()
    assert rref is not None
    assert ["9"] == catref(rref, ["accuracy.txt"])


@row("`mkdrvE`, `realizeE`, `either_*`")
def test_failures_are_results() -> None:
    def fail(b: Build[Fragile, Folder]) -> None:
        raise ValueError("no")

    def tried(m: Manager) -> tuple[Manager, DRef[Attempted[Folder]]]:
        return derive(m, Fragile(), Attempted(Folder()), attempt(fail), code=None)

    made = realize(instantiate(tried), current_store())
    assert not made.out.succeeded
    assert ["ValueError: no"] == [each.reason for each in current_store().failures(made.dref)]


@frozen
class Fragile:
    """The config of what fails."""


@row("`spack`, `sunpack`, `copyclosure`, `deref_`")
def test_closures_move_between_stores(tmp_path: Path) -> None:
    rref = evaluate(second)
    here, there, third = current_store(), fsinit(tmp_path / "b"), fsinit(tmp_path / "c")
    copy_closure(here, [rref], there)
    export_closure(here, [rref], tmp_path / "closure")
    import_closure(third, tmp_path / "closure")
    for store in (there, third):
        assert here.record(rref).context == store.record(rref).context
        assert "0" == (store.folder(rref) / "accuracy.txt").read_text()


@row("`mknode`, `mkfile`, `fetchurl`, `fetchurl2`, `fetchlocal`, `unpack`")
def test_builtin_stages_make_results(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(DATA)
    made = fetched(store, DATA, "a.txt", "as-is")
    assert DATA == (made.out / "a.txt").read_bytes()
    local = realize(instantiate(fetchlocal, tmp_path / "a.txt", sha256(DATA)), store)
    assert DATA == (local.out / "a.txt").read_bytes()
    packed = fetched(store, packed_tar({"in.txt": DATA}), "a.tar.gz", "unpack,remove")
    assert DATA == (packed.out / "in.txt").read_bytes()
    written = realize(instantiate(file, "b.txt", "text"), store)
    assert "text" == written.out.path.read_text()
    assert "fragile" == realize(instantiate(node, Fragile()), store).rref.name


@row("`current_storage`, `current_registry`")
def test_defaults_hold_for_a_block(tmp_path: Path) -> None:
    with current_storage(tmp_path / "inside"), current_registry(Registry()):
        rref = evaluate(first)
        assert tmp_path / "inside" == current_store().root
    assert rref.dref not in current_manager()
    assert () == current_store().drefs()


@row("`fsinit`, `PYLIGHTNIX_ROOT`, `PYLIGHTNIX_STORAGE`, `PYLIGHTNIX_TMP`")
def test_variables_name_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYLIGHTNIX_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("PYLIGHTNIX_TMP", str(tmp_path / "tmp"))
    store_initialize()
    assert tmp_path / "root" == current_store().root
    monkeypatch.setenv("PYLIGHTNIX_STORAGE", str(tmp_path / "storage"))
    store = fsinit()
    assert (tmp_path / "storage", tmp_path / "tmp") == (store.root, store.layout.staging)


@row("`dry_run`, `assert_realized`, `force_rebuild`, `realize_args`")
def test_realizing_has_options() -> None:
    def loud(b: Build[Config, Folder]) -> None:
        (b.path / "said.txt").write_text(b.argument("say", "nothing"))

    dref = instantiate_inplace(mkdrv, mkconfig({}), match_latest(), build_wrapper(loud))
    plan = explain(instantiate(first), current_store())
    assert [Miss] == [type(each) for each in plan.steps]
    with pytest.raises(NotRealized):
        realize_inplace(dref, assert_realized=[dref])
    one = realize_inplace(dref)
    other = realize_inplace(dref, force_rebuild=[dref], realize_args={dref: {"say": "hello"}})
    assert (["nothing"], ["hello"]) == tuple(catref(each, ["said.txt"]) for each in (one, other))


@row("`pyobjhash`, `sourcedeps`")
def test_code_is_in_the_key() -> None:
    def made(realizer: Callable[[Build[Fragile, Folder]], None], code: Version | None) -> str:
        if code is None:
            return derive(Manager(), Fragile(), Folder(), realizer)[1].text
        return derive(Manager(), Fragile(), Folder(), realizer, code=code)[1].text

    assert made(_one, None) != made(_other, None)
    assert made(_one, Version("1")) == made(_other, Version("1"))


def _helper(number: int) -> str:
    return str(number)


def _one(b: Build[Fragile, Folder]) -> None:
    (b.path / "a").write_text(_helper(1))


def _other(b: Build[Fragile, Folder]) -> None:
    (b.path / "a").write_text(_helper(2))


@row("`mklogdir`")
def test_logs_lie_by_time(tmp_path: Path) -> None:
    made = make_log_folder(tmp_path, "train")
    assert made.name == str((tmp_path / "train-latest").readlink())


# The table


def table() -> list[str]:
    """The first column of the README's table."""
    _, _, below = README.read_text(encoding="utf-8").partition("## Coming from Pylightnix")
    section, _, _ = below.partition("\n## ")
    return re.findall(r"^\| ((?:keys )?`.*?) \|", section, re.MULTILINE)


def test_each_row_of_the_table_has_a_test() -> None:
    assert table() == list(rows)
