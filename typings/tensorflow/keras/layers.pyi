from keras.layers import Conv2D as Conv2D
from keras.layers import Dense as Dense
from keras.layers import Dropout as Dropout
from keras.layers import Flatten as Flatten
from keras.layers import Input as Input
from keras.layers import MaxPool2D as MaxPool2D
from keras.layers import MaxPooling2D as MaxPooling2D
