"""`autostage` keeps the types of references."""

from pathlib import Path

from pipeline import Model, Sample

from pylightnix_fn import DRef, Manager
from pylightnix_fn.shorthand.autostage import autostage
from pylightnix_fn.shorthand.call import Written


@autostage
def count(data: DRef[Sample], out: Path = Path("out.txt")) -> None:
    out.write_text(data.outputs.numbers.read_text())


def counted(m: Manager, sample: DRef[Sample], model: DRef[Model]) -> tuple[Manager, DRef[Written]]:
    # error: [arg-type] has incompatible type "DRef[Model]"; expected "DRef[Sample]"
    return count(m, model)
    # fixed: return count(m, sample)
