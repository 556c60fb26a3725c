"""How often is a number."""

from pipeline import fit

from pylightnix_fn.combinator.history import give_up

# error: [arg-type] Argument "after" to "give_up" has incompatible type "str"; expected "int"
careful = give_up(after="3")(fit)
# fixed: careful = give_up(after=3)(fit)
