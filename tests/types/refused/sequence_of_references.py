"""A sequence is made of steps, not of what they make."""

from pipeline import Model, model

from pylightnix_fn import DRef, Manager, Step, sequence

m, fitted = model(Manager())
# error: [list-item] List item 0 has incompatible type "DRef[Model]"
row: Step[tuple[DRef[Model], ...]] = sequence([fitted])
# fixed: row: Step[tuple[DRef[Model], ...]] = sequence([model])
