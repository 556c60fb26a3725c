"""`step` knows how many arguments the stage has."""

from pipeline import model

from pylightnix_fn import step

# error: [call-arg] Too many arguments for "step"
later = step(model, 0.5, 3)
# fixed: later = step(model, 0.5)
