from typing import Literal, TypeAlias

_Activation: TypeAlias = Literal["relu", "softmax"]
_Pair: TypeAlias = int | tuple[int, int]

class KerasTensor: ...
class Layer: ...

def Input(shape: tuple[int | None, ...]) -> KerasTensor: ...  # noqa: N802 - as Keras spells it

class Conv2D(Layer):
    def __init__(
        self, filters: int, kernel_size: _Pair, *, activation: _Activation | None = None
    ) -> None: ...

class MaxPooling2D(Layer):
    def __init__(self, pool_size: _Pair = (2, 2)) -> None: ...

MaxPool2D = MaxPooling2D

class Dropout(Layer):
    def __init__(self, rate: float) -> None: ...

class Flatten(Layer):
    def __init__(self) -> None: ...

class Dense(Layer):
    def __init__(self, units: int, activation: _Activation | None = None) -> None: ...
