"""Only a stage of one value has a value; others have outputs."""

from pathlib import Path

from pipeline import Train

from pylightnix_fn import Inputs


def numbers(inputs: Inputs[Train]) -> Path:
    # error: [arg-type] Argument 1 to "value" of "Inputs" has incompatible type "DRef[Sample]"
    return inputs.value(inputs.config.sample)
    # fixed: return inputs.outputs(inputs.config.sample).numbers
