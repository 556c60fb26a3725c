from keras import Input as Input
from keras import Model as Model
from keras import Sequential as Sequential
from tensorflow.keras import backend as backend
from tensorflow.keras import layers as layers
from tensorflow.keras import models as models
from tensorflow.keras import optimizers as optimizers
from tensorflow.keras import utils as utils
