"""A budget is counted in builds."""

from pylightnix_fn import Budget

# error: [arg-type] Argument 1 to "Budget" has incompatible type "str"; expected "int"
budget = Budget("10")
# fixed: budget = Budget(10)
