"""A sequence of models holds no samples."""

from pipeline import Model, model, sample

from pylightnix_fn import DRef, Step, sequence

# error: [list-item] List item 0 has incompatible type
row: Step[tuple[DRef[Model], ...]] = sequence([sample, model])
# fixed: row: Step[tuple[DRef[Model], ...]] = sequence([model, model])
