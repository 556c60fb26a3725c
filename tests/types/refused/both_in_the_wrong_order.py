"""A pair has an order."""

from pipeline import Model, Sample, model, sample

from pylightnix_fn import DRef, Step, both

# error: [arg-type] Argument 1 to "both" has incompatible type
pair: Step[tuple[DRef[Sample], DRef[Model]]] = both(model, sample)
# fixed: pair: Step[tuple[DRef[Sample], DRef[Model]]] = both(sample, model)
