"""Who needs more says why."""

from pylightnix_fn import Need

# error: [call-arg] Missing positional argument "why" in call to "Need"
verdict = Need(3)
# fixed: verdict = Need(3, "three are wanted")
