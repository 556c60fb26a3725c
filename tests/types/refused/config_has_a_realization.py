"""A realization where a derivation is wanted: configs are made before anything is built."""

from pipeline import Sample, Train

from pylightnix_fn import RRef


def config(result: RRef[Sample]) -> Train:
    # error: [arg-type] Argument 1 to "Train" has incompatible type "RRef[Sample]"
    return Train(result)
    # fixed: return Train(result.dref)
