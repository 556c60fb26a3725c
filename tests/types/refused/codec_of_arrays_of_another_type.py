"""The element type of an array is part of the codec's type."""

import numpy as np
from numpy.typing import NDArray

from pylightnix_fn import Artifact, artifact, npy

# error: [arg-type] Argument 1 to "npy" has incompatible type "type[float]"
array: Artifact[NDArray[np.float32]] = artifact("array.npy", npy(float))
# fixed: array: Artifact[NDArray[np.float32]] = artifact("array.npy", npy(np.float32))
