"""`derive` gives one reference where its matcher chooses one, `Many` where it chooses several."""

from typing import assert_type

from pipeline import Draw, Model, Sample, Train, draw, fit

from pylightnix_fn import DRef, Manager, Many, Version, all_of, best, derive, latest

m = Manager()

m, sample = derive(m, Draw(), Sample(), draw)
assert_type(m, Manager)
assert_type(sample, DRef[Sample])
assert_type(sample.outputs, Sample)

assert_type(derive(m, Train(sample), Model(), fit), tuple[Manager, DRef[Model]])
assert_type(derive(m, Train(sample), Model(), fit, latest()), tuple[Manager, DRef[Model]])
assert_type(
    derive(m, Train(sample), Model(), fit, matcher=best("accuracy.txt")),
    tuple[Manager, DRef[Model]],
)
assert_type(derive(m, Train(sample), Model(), fit, latest(2)), tuple[Manager, Many[Model]])
assert_type(derive(m, Train(sample), Model(), fit, matcher=all_of()), tuple[Manager, Many[Model]])

m, named = derive(m, Draw(1), Sample(), draw, name="few", code=Version("2"))
assert_type(named, DRef[Sample])
m, several = derive(m, Draw(1), Sample(), draw, latest(2), name="fewer", code=None)
assert_type(several, Many[Sample])
assert_type(several.dref, DRef[Sample])

assert len(m) == 3
