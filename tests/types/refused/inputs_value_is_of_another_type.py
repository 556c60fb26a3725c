"""The value of an input has the type that its stage keeps."""

from attrs import frozen

from pylightnix_fn import DRef, Inputs, Value


@frozen
class Doubled:
    of: DRef[Value[float]]


def doubled(inputs: Inputs[Doubled]) -> str:
    # error: [return-value] Incompatible return value type (got "float", expected "str")
    return 2 * inputs.value(inputs.config.of)
    # fixed: return str(2 * inputs.value(inputs.config.of))
