"""An outputs record is an attrs class, too."""

import dataclasses
from pathlib import Path

from pipeline import Draw, Sample

from pylightnix_fn import Build, Manager, derive


@dataclasses.dataclass(frozen=True)
class Plain:
    numbers: Path = Path("numbers.txt")


def draw(b: Build[Draw, Plain] | Build[Draw, Sample]) -> None:
    b.out.numbers.write_text(str(b.config.count), encoding="utf-8")


# error: [call-overload] "derive" matches argument types "Manager", "Draw", "Plain"
m, numbers = derive(Manager(), Draw(3), Plain(), draw)
# fixed: m, numbers = derive(Manager(), Draw(3), Sample(), draw)
