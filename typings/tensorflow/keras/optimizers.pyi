from keras.optimizers import Adam as Adam
from keras.optimizers import Optimizer as Optimizer
