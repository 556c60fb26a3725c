"""Numbers of realizations as charts, and where they are taken from."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenarios import listing, put, registered

from pylightnix_fn import DiskStore, MemoryStore, Store
from pylightnix_fn.chart.picture import Chart
from pylightnix_fn.errors.inquiry import UnknownColumn, UnknownObject
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.plotting import plot, write_plot

RATES = (0.001, 0.01, 0.1)


def _filled(store: Store, **more: object) -> Store:
    """Models with one number each, larger for larger rates, each a minute after the other."""
    for number, rate in enumerate(RATES):
        dref = registered(store, "model", fields={"rate": rate, "kind": "abc"[number % 2]}, **more)
        put(store, dref, {"score.txt": f"{number}.5\n"}, started=60 * number)
    return store


def _places(chart: Chart) -> list[tuple[float, float]]:
    return [(each.x, each.y) for each in sorted(chart.points, key=lambda each: each.y)]


def test_plot_shows_a_number_over_time(store: Store) -> None:
    chart = plot(_filled(store), "model", "score.txt")
    assert [(0, 0.5), (60, 1.5), (120, 2.5)] == _places(chart)


def test_plot_shows_a_number_over_a_field_of_the_config(store: Store) -> None:
    chart = plot(_filled(store), "model", "score.txt", "rate")
    assert [(0.001, 0.5), (0.01, 1.5), (0.1, 2.5)] == _places(chart)


def test_plot_shows_a_number_over_what_is_none() -> None:
    chart = plot(_filled(MemoryStore()), "model", "score.txt", "kind")
    assert ("a", "b") == chart.x.names
    assert [(0, 0.5), (1, 1.5), (0, 2.5)] == _places(chart)


@pytest.mark.parametrize(("y", "value"), [("size", 4.0), ("seconds", 1.0)])
def test_plot_shows_what_builds_cost(y: str, value: float) -> None:
    chart = plot(_filled(MemoryStore()), "model", y)
    assert {value} == {each.y for each in chart.points}


def test_plot_shows_one_artifact_over_another() -> None:
    store = MemoryStore()
    put(store, registered(store, "model"), {"score.txt": "1", "loss.txt": "0.25"})
    assert [(0.25, 1.0)] == _places(plot(store, "model", "score.txt", "loss.txt"))


def test_plot_counts_what_has_no_number() -> None:
    store = _filled(MemoryStore())
    dref = registered(store, "model", fields={"rate": 9})
    for text in ("none", "nan", "inf"):
        put(store, dref, {"score.txt": text})
    chart = plot(store, "model", "score.txt")
    assert (3, 3) == (len(chart.points), chart.without)


def test_plot_is_of_one_name_alone() -> None:
    store = _filled(MemoryStore())
    put(store, registered(store, "model2"), {"score.txt": "7"})
    assert 3 == len(plot(store, "model", "score.txt").points)


def test_plot_says_what_each_point_is() -> None:
    store = _filled(MemoryStore())
    expected = {rref.text for dref in store.drefs() for rref in store.rrefs(dref)}
    assert expected == {each.of for each in plot(store, "model", "score.txt").points}


def test_plot_has_a_title() -> None:
    chart = plot(_filled(MemoryStore()), "model", "score.txt", "rate")
    assert "score.txt of model over rate, 3 realizations" == chart.title


def test_plot_reads_no_file_outside_of_a_realization(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store")
    dref = registered(store, "model")
    (tmp_path / "secret.txt").write_text("1")
    folder = store.folder(put(store, dref, {"a": ""}))
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    for file in ("link.txt", f"{tmp_path}/secret.txt", "../../../../secret.txt"):
        assert "1" == (folder / file).read_text()
        with pytest.raises(UnknownColumn):
            plot(store, "model", file)


@pytest.mark.parametrize(("y", "x"), [("scor.txt", "rate"), ("score.txt", "speed")])
def test_plot_of_nothing_is_refused(y: str, x: str) -> None:
    with pytest.raises(UnknownColumn, match=r"score\.txt, kind, rate, started"):
        plot(_filled(MemoryStore()), "model", y, x)


def test_plot_of_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownObject, match="model"):
        plot(_filled(MemoryStore()), "mode", "score.txt")


def test_plot_passes_over_damage(tmp_path: Path) -> None:
    store = _filled(DiskStore.open(tmp_path / "store"))
    assert isinstance(store, DiskStore)
    (rref, *_) = (rref for dref in store.drefs() for rref in store.rrefs(dref))
    build = store.folder(rref) / "__build__.json"
    build.chmod(0o644)
    build.write_text("{}")
    assert 2 == len(plot(store, "model", "score.txt").points)


def test_plot_writes_nothing(tmp_path: Path) -> None:
    store = _filled(DiskStore.open(tmp_path / "store"))
    before = listing(tmp_path)
    plot(store, "model", "score.txt", "rate")
    assert before == listing(tmp_path)


def test_write_plot_makes_a_picture(tmp_path: Path) -> None:
    path = write_plot(plot(_filled(MemoryStore()), "model", "score.txt"), tmp_path / "a.svg")
    assert path.read_text().startswith("<svg ")


@pytest.mark.parametrize("x", ["started", "rate", "kind"])
def test_write_plot_makes_an_image(tmp_path: Path, x: str) -> None:
    path = write_plot(plot(_filled(MemoryStore()), "model", "score.txt", x), tmp_path / "a.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_write_plot_knows_two_formats(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"svg or \.png"):
        write_plot(plot(_filled(MemoryStore()), "model", "score.txt"), tmp_path / "a.pdf")
