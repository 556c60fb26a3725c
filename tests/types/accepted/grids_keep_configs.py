"""A grid gives configs of the class of its base."""

from typing import assert_type

from pipeline import Draw, Model, Train, fit, sample

from pylightnix_fn import DRef, Manager, derive, grid

m, numbers = sample(Manager())

assert_type(grid(Draw(), count=(1, 2)), tuple[Draw, ...])
configs = grid(Train(numbers), rate=[0.1, 0.2, 0.3])
assert_type(configs, tuple[Train, ...])
assert_type(configs[0].rate, float)

models: list[DRef[Model]] = []
for config in configs:
    m, fitted = derive(m, config, Model(), fit)
    assert_type(fitted, DRef[Model])
    models.append(fitted)

assert len(set(models)) == 3
