"""Covariance goes one way: what may be anything is no sample."""

from pipeline import Sample, Train

from pylightnix_fn import DRef


def config(of: DRef[object], other: DRef[Sample]) -> Train:
    # error: [arg-type] Argument 1 to "Train" has incompatible type "DRef[object]"
    return Train(of)
    # fixed: return Train(other)
