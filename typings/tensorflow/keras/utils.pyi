from keras.utils import set_random_seed as set_random_seed
from keras.utils import to_categorical as to_categorical
