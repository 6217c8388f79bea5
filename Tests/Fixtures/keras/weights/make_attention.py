#!/usr/bin/env python3
"""Makes attention.h5, attention.weights.h5 and attention-named.h5 beside it: a layer that is made of several, as Keras keeps its
weights. Needs Keras 3 and TensorFlow; made with Keras 3.15.1.
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
from keras import layers as L


def model(a=None, b=None, c=None):
    ids = keras.Input((4,), dtype="int32")
    x = L.Embedding(5, 6, name=a)(ids)
    x = L.MultiHeadAttention(2, 3, value_dim=4, dropout=0.1, bias_initializer="random_normal", name=b)(x, x)
    return keras.Model(ids, L.Dense(5, bias_initializer="random_normal", name=c)(x))


keras.utils.set_random_seed(4)
first = model("embedding", "multi_head_attention", "dense")
named = model("table", "heads", "out")
first.get_layer("dense").kernel.assign(first.get_layer("embedding").embeddings.numpy().T)
named.set_weights(first.get_weights())
first.save("attention.h5")
first.save_weights("attention.weights.h5")
named.save("attention-named.h5")
