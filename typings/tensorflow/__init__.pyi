"""TensorFlow's names for the part of Keras 3 that the examples use."""

from tensorflow import keras as keras

__version__: str
