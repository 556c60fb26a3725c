"""A build sees its inputs by derivation, not by realization."""

from pipeline import Model, Sample, Train

from pylightnix_fn import Build, RRef


def fit(b: Build[Train, Model], result: RRef[Sample]) -> None:
    # error: [call-overload] No overload variant of "deref" of "Build" matches argument type
    b.out.remark.write(b.deref(result).numbers.read_text(encoding="utf-8"))
    # fixed: b.out.remark.write(b.deref(result.dref).numbers.read_text(encoding="utf-8"))
