"""The outputs of the decorator are those that the realizer writes."""

from pipeline import Draw, Model, Sample

from pylightnix_fn import Build
from pylightnix_fn.decoration import stage


# error: [arg-type] has incompatible type
@stage(outputs=Model())
# fixed: @stage(outputs=Sample())
def draw(b: Build[Draw, Sample]) -> None:
    b.out.numbers.write_text("")


print(draw, Model)
