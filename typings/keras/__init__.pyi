"""The part of Keras 3 that the examples use."""

from keras import backend as backend
from keras import layers as layers
from keras import models as models
from keras import optimizers as optimizers
from keras import utils as utils
from keras.layers import Input as Input
from keras.models import Model as Model
from keras.models import Sequential as Sequential
