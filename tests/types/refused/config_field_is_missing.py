"""A config without what it depends on."""

from pipeline import Train, sample

from pylightnix_fn import Manager

m, numbers = sample(Manager())
# error: [call-arg] Missing positional argument "sample" in call to "Train"
config = Train(rate=0.1)
# fixed: config = Train(numbers, rate=0.1)
