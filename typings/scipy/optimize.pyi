from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

class OptimizeResult:
    x: NDArray[np.float64]
    fun: float
    nfev: int
    message: list[str]

def dual_annealing(
    func: Callable[[NDArray[np.float64]], float],
    bounds: Sequence[tuple[float, float]],
    *,
    maxiter: int = 1000,
    initial_temp: float = 5230.0,
    no_local_search: bool = False,
) -> OptimizeResult: ...
