"""A store that is the same every time, for looking at: times, hosts and contents are given."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from attrs import frozen
from scenarios import put, registered

from pylightnix_fn import DiskStore, DRef, Folder, RRef, add_root
from pylightnix_fn.failure import Failure
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import dref_from
from pylightnix_fn.remains import record

BEGIN: Final = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()
HOUR: Final = 3600
ACCURACIES: Final = ("0.9312", "0.9847", "0.9781")


@frozen
class Shown:
    """The store, and what is in it."""

    store: DiskStore
    data: RRef[Folder]
    trained: tuple[RRef[Folder], ...]
    slow: RRef[Folder]


def shown_store(root: Path) -> Shown:
    """Digits, a model trained three times and once slowly, a report, a failure, a root."""
    store = DiskStore.open(root)
    digits = registered(store, "digits", source="mnist", rows=1000)
    data = put(store, digits, _arrays, started=BEGIN)
    model = registered(store, "train", digits=[digits.text], learning_rate=0.01, layers=[8, 16])
    context = {digits: (data,)}
    trained = tuple(
        put(
            store,
            model,
            {"accuracy.txt": f"{text}\n", "notes/readme.md": f"run {number}\n", "log.json": "{}"},
            context=context,
            started=BEGIN + number * HOUR,
        )
        for number, text in enumerate(ACCURACIES, 1)
    )
    other = registered(store, "train", digits=[digits.text], learning_rate=0.001, layers=[8, 16])
    slow = put(
        store, other, {"accuracy.txt": "0.9102\n"}, context=context, started=BEGIN + 9 * HOUR
    )
    report = registered(store, "report", model=[model.text], title="Digits")
    put(
        store,
        report,
        {"report.html": "<h1>Digits</h1>\n"},
        context={model: trained[1:2]},
        started=BEGIN + 10 * HOUR,
    )
    _fail(store, dref_from(other.text), context)
    add_root(store, "final", trained[1])
    return Shown(store, data, trained, slow)


def _arrays(folder: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.zeros((10, 4), dtype=np.float32))
    (folder / "x.npy").write_bytes(stream.getvalue())


def _fail(store: DiskStore, dref: DRef[Folder], context: Context) -> None:
    staging = store.stage(dref)
    (staging.folder / "half.txt").write_text("half")
    begin, end = (datetime.fromtimestamp(BEGIN + 8 * HOUR + each, UTC) for each in (0, 90))
    failure = Failure(dref, context, 1, begin, end, "ArithmeticError", "loss is NaN", staging.home)
    record(failure, store.config(dref).text, ArithmeticError("loss is NaN"))
