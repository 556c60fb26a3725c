"""What the scenarios need: configs, contents of staging folders, builds that count themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from attrs import Factory, define, frozen

from pylightnix_fn import (
    Build,
    Config,
    DRef,
    Folder,
    Manager,
    Matcher,
    RRef,
    Store,
    derive,
    latest,
    mkconfig,
)
from pylightnix_fn.realizer import Context
from pylightnix_fn.store_protocol import Facts

NOBODY = 65534

Writer = Callable[[Path], None]


def facts(started: float = 0) -> Facts:
    """The facts of a build that took a second."""
    begin, end = (datetime.fromtimestamp(time, UTC) for time in (started, started + 1))
    return Facts(begin, end, versions={"python": "3"})


def registered(store: Store, name: str = "thing", **parameters: object) -> DRef[object]:
    """A derivation with this name and these parameters, known to a store."""
    config = mkconfig({"name": name, **parameters})
    store.register({config.dref(): config})
    return config.dref()


def files(contents: Mapping[str, str | None]) -> Writer:
    """Writes text files at these relative paths; folders where the text is `None`."""

    def write(folder: Path) -> None:
        for name, text in contents.items():
            path = folder / name
            (path if text is None else path.parent).mkdir(parents=True, exist_ok=True)
            if text is not None:
                path.write_text(text, encoding="utf-8")

    return write


def put(
    store: Store,
    dref: DRef[object],
    write: Writer | Mapping[str, str | None],
    *,
    context: Context | None = None,
    started: float = 0,
) -> RRef[Folder]:
    """Commit what is written into a new staging folder."""
    staging = store.stage(dref)
    (write if callable(write) else files(write))(staging.folder)
    return store.commit(staging, dref, context or {}, facts(started)).rref


def listing(folder: Path) -> dict[str, tuple[int, int, int, str]]:
    """Everything below a folder: its mode, size, time of change, and content or link target."""
    found: dict[str, tuple[int, int, int, str]] = {}
    for here, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(here, name)
            status, content = path.lstat(), ""
            if path.is_symlink():
                content = os.readlink(path)
            elif path.is_file():
                content = repr(path.read_bytes())
            found[str(path.relative_to(folder))] = (
                status.st_mode,
                status.st_size,
                status.st_mtime_ns,
                content,
            )
    return found


@contextmanager
def unprivileged() -> Iterator[None]:
    """Go on without the rights of root: permissions mean nothing to it."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@frozen
class Part:
    """The config of a stage with any number of inputs."""

    label: str
    inputs: list[DRef[object]] = Factory(list)


@define(eq=False)
class Counter:
    """Counts the builds of stages by their labels; `write` says what each of them writes."""

    write: Callable[[Build[Part, Folder], int], None] = lambda b, n: None
    builds: dict[str, int] = Factory(dict)

    def __call__(self, b: Build[Part, Folder]) -> None:
        label = b.config.label
        self.builds[label] = self.builds.get(label, 0) + 1
        (b.path / "label.txt").write_text(label, encoding="utf-8")
        self.write(b, self.builds[label])

    def stage(
        self,
        m: Manager,
        label: str,
        *inputs: DRef[object],
        matcher: Matcher = latest(),  # noqa: B008, a frozen value
    ) -> tuple[Manager, DRef[Folder]]:
        """A stage with this label over these inputs."""
        return derive(m, Part(label, list(inputs)), Folder(), self, matcher, name=label, code=None)


def numbered(b: Build[Part, Folder], n: int) -> None:
    """Write the number of the build, so that every build gives another result."""
    (b.path / "number.txt").write_text(str(n), encoding="utf-8")


def config_of(**parameters: object) -> Config:
    """The config of a plain dict."""
    return mkconfig(parameters)
