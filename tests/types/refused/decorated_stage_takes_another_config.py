"""A decorated stage takes configs of the class that its realizer takes."""

from pipeline import Draw, Sample, Train

from pylightnix_fn import Build, DRef, Manager
from pylightnix_fn.decoration import stage


@stage(outputs=Sample())
def draw(b: Build[Draw, Sample]) -> None:
    b.out.numbers.write_text("")


def sampled(m: Manager, train: Train) -> tuple[Manager, DRef[Sample]]:
    # error: [arg-type] has incompatible type "Train"; expected "Draw"
    return draw(m, train)
    # fixed: return draw(m, Draw(2))
