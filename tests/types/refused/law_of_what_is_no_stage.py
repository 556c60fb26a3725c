"""A stage takes a manager, and nothing else that is not given."""

from pipeline import fit, model

from pylightnix_fn import check_stage

# error: [arg-type] Argument 1 to "check_stage" has incompatible type
check_stage(fit)
# fixed: check_stage(model)
