from keras.backend import image_data_format as image_data_format
