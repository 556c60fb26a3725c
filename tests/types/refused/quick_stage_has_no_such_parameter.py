"""`autostage` keeps the names of parameters."""

from pathlib import Path

from pylightnix_fn import DRef, Manager
from pylightnix_fn.shorthand.autostage import autostage
from pylightnix_fn.shorthand.call import Written


@autostage
def draw(count: int = 3, out: Path = Path("out.txt")) -> None:
    out.write_text(str(count))


def drawn(m: Manager) -> tuple[Manager, DRef[Written]]:
    # error: [call-arg] Unexpected keyword argument "cuont"
    return draw(m, cuont=4)
    # fixed: return draw(m, count=4)
