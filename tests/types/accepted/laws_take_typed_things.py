"""The laws can be checked for matchers, codecs and stages of any type."""

from typing import assert_type

import numpy as np
from pipeline import Model, Sample, model, models, sample

from pylightnix_fn import (
    DRef,
    Manager,
    all_of,
    both,
    candidate,
    check_codec,
    check_matcher,
    check_stage,
    latest,
    npy,
    number,
    step,
    text,
)

check_matcher(latest(), [candidate("a"), candidate("b", started=1)])
check_matcher(all_of(), (candidate("a"),))

check_codec(number, [0.5, 1, float("inf")])
check_codec(text, {"a", ""})
check_codec(npy(np.int8), [np.zeros(3, dtype=np.int8)], same=np.array_equal)
check_codec(number, [0.5], lambda one, other: abs(one - other) < 1e-9)

check_stage(model)
check_stage(models)
check_stage(step(sample, 3))
pair = both(sample, model)
check_stage(pair, Manager())
m, made = pair(Manager())
assert_type(made, tuple[DRef[Sample], DRef[Model]])
check_stage(pair, m)
