"""Stages that `plx` is told to build, in tests."""

from __future__ import annotations

from attrs import frozen

from pylightnix_fn import Build, DRef, Folder, Manager, Matcher, derive, latest, logged


@frozen
class Data:
    size: int


@frozen
class Train:
    data: DRef[Folder]
    learning_rate: float


def write(b: Build[Data, Folder]) -> None:
    (b.path / "data.txt").write_text("x" * b.config.size)


def fit(b: Build[Train, Folder]) -> None:
    print(f"training with {b.config.learning_rate}")
    (b.path / "accuracy.txt").write_text(str(1 - b.config.learning_rate))


def broken(b: Build[Data, Folder]) -> None:
    raise ArithmeticError("loss is NaN")


def data(m: Manager, size: int = 3) -> tuple[Manager, DRef[Folder]]:
    """Some data of a size."""
    return derive(m, Data(size), Folder(), write, name="data")


def train(
    m: Manager,
    learning_rate: float = 0.01,
    size: int = 3,
    matcher: Matcher = latest(),  # noqa: B008
) -> tuple[Manager, DRef[Folder]]:
    """A model of such data."""
    m, made = data(m, size)
    config = Train(made, learning_rate)
    return derive(m, config, Folder(), logged(fit), matcher, name="train")


def failing(m: Manager) -> tuple[Manager, tuple[DRef[Folder], DRef[Folder]]]:
    """One that fails beside one that does not."""
    m, one = derive(m, Data(1), Folder(), broken, name="failing")
    m, other = data(m)
    return m, (one, other)


def no_stage(number: int) -> int:
    """A function that is no stage."""
    return number
