from collections.abc import Sequence
from os import PathLike
from typing import Literal, TypeAlias, overload

import numpy as np
from keras.layers import KerasTensor, Layer
from keras.optimizers import Optimizer
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.float32] | NDArray[np.float64]
_Verbose: TypeAlias = bool | Literal[0, 1, 2, "auto"]

class History:
    history: dict[str, list[float]]

class Model(Layer):
    def compile(
        self,
        optimizer: Optimizer | Literal["adam"] = ...,
        loss: Literal["categorical_crossentropy"] | None = None,
        *,
        metrics: Sequence[Literal["accuracy"]] | None = None,
    ) -> None: ...
    def fit(
        self,
        x: _Floats,
        y: _Floats,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: _Verbose = "auto",
    ) -> History: ...
    @overload
    def evaluate(
        self,
        x: _Floats,
        y: _Floats,
        batch_size: int | None = None,
        verbose: _Verbose = "auto",
        *,
        return_dict: Literal[True],
    ) -> dict[str, float]: ...
    @overload
    def evaluate(
        self,
        x: _Floats,
        y: _Floats,
        batch_size: int | None = None,
        verbose: _Verbose = "auto",
        *,
        return_dict: Literal[False] = False,
    ) -> list[float]: ...
    def predict(
        self, x: _Floats, batch_size: int | None = None, verbose: _Verbose = "auto"
    ) -> NDArray[np.float32]: ...
    def save_weights(self, filepath: str | PathLike[str]) -> None: ...
    def load_weights(self, filepath: str | PathLike[str]) -> None: ...

class Sequential(Model):
    def __init__(self, layers: Sequence[Layer | KerasTensor] | None = None) -> None: ...
    def add(self, layer: Layer | KerasTensor) -> None: ...
