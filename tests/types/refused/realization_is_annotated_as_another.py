"""A realization of a model is none of a sample."""

from pipeline import Model, Sample, model

from pylightnix_fn import MemoryStore, Realization, instantiate, realize

result = realize(instantiate(model), MemoryStore())
# error: [assignment] expression has type "Realization[Model]", variable has type
annotated: Realization[Sample] = result
# fixed: annotated: Realization[Model] = result
