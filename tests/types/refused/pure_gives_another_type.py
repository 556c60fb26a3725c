"""A pure function returns what the codec holds."""

from pipeline import Draw

from pylightnix_fn import Inputs, Manager, derive, number, pure, text, value


def word(inputs: Inputs[Draw]) -> str:
    return str(inputs.config.count)


# error: [arg-type] Argument 1 to "pure" has incompatible type
m, made = derive(Manager(), Draw(), value(number), pure(word))
# fixed: m, made = derive(Manager(), Draw(), value(text), pure(word))
