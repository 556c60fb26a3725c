"""A parameter that the config does not have."""

from pipeline import Train, sample

from pylightnix_fn import Manager

m, numbers = sample(Manager())
# error: [call-arg] Unexpected keyword argument "rat" for "Train"
config = Train(numbers, rat=0.1)
# fixed: config = Train(numbers, rate=0.1)
