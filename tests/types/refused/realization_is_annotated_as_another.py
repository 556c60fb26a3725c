"""A realization of a model is none of a sample."""

from pipeline import Model, Sample, model

from pylightnix_fn import MemoryStore, Realization, instantiate, realize

kinds = (Model, Sample)
result = realize(instantiate(model), MemoryStore())
# error: [assignment] expression has type "Realization[Model]", variable has type "Realization[Sample]"
annotated: Realization[Sample] = result
# fixed: annotated: Realization[Model] = result
