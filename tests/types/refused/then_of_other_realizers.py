"""Realizers one after the other work on one build."""

from pipeline import draw, fit

from pylightnix_fn import then

# error: [misc] Cannot infer value of type parameter "C" of "then"
long = then(draw, fit)
# fixed: long = then(fit, fit)
