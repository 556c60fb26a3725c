"""A config is an attrs class: `derive` asks attrs for its fields."""

import dataclasses

import attrs
from pipeline import Sample

from pylightnix_fn import Build, Manager, derive


@dataclasses.dataclass(frozen=True)
class Plain:
    count: int


@attrs.frozen
class Record:
    count: int


def draw(b: Build[Plain, Sample] | Build[Record, Sample]) -> None:
    b.out.numbers.write_text(str(b.config.count), encoding="utf-8")


# error: [call-overload] "derive" matches argument types "Manager", "Plain"
m, numbers = derive(Manager(), Plain(3), Sample(), draw)
# fixed: m, numbers = derive(Manager(), Record(3), Sample(), draw)
