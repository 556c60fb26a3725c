from keras.models import Model as Model
from keras.models import Sequential as Sequential
