#!/usr/bin/env python3
"""Makes the files beside it: the same weights in every layout in which Keras has kept them.

Needs Keras 3 and a backend, e.g. KERAS_BACKEND=jax. Made with Keras 3.15.1, h5py 3.16, NumPy 2.4. The layouts of Keras 1
and 2 are written with h5py, as keras 2.15's `save_weights_to_hdf5_group` writes them.
expected.h5: samples x, what the network answers, y (NumPy, in double), and its weights.
"""
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
import h5py
import keras
import numpy as np
from keras import layers as L

rng = np.random.default_rng(12)
weights = {
    "dense/kernel": rng.normal(size=(4, 5)), "dense/bias": rng.normal(size=5),
    "batch_normalization/gamma": rng.uniform(0.5, 2, 5), "batch_normalization/beta": rng.normal(size=5),
    "batch_normalization/moving_mean": rng.normal(size=5), "batch_normalization/moving_variance": rng.uniform(0.5, 2, 5),
    "dense_1/kernel": rng.normal(size=(5, 5)), "dense_1/bias": rng.normal(size=5),
    "dense_2/kernel": rng.normal(size=(5, 5)), "dense_2/bias": rng.normal(size=5),
    "dense_3/kernel": rng.normal(size=(5, 3)), "dense_3/bias": rng.normal(size=3),
}
# Half precision holds them exactly: one file keeps them so.
weights = {name: value.astype("f2").astype("f4") for name, value in weights.items()}
values = list(weights.values())

x = rng.normal(size=(6, 4)).astype("f4")
w = {name: value.astype("f8") for name, value in weights.items()}
h = np.tanh(x @ w["dense/kernel"] + w["dense/bias"])
n = {k: w[f"batch_normalization/{k}"] for k in ("gamma", "beta", "moving_mean", "moving_variance")}
h = (h - n["moving_mean"]) / np.sqrt(n["moving_variance"] + 1e-3) * n["gamma"] + n["beta"]
h = np.tanh(h @ w["dense_1/kernel"] + w["dense_1/bias"])
h = np.tanh(h @ w["dense_2/kernel"] + w["dense_2/bias"])
z = h @ w["dense_3/kernel"] + w["dense_3/bias"]
e = np.exp(z - z.max(1, keepdims=True))
with h5py.File("expected.h5", "w") as f:
    f["x"], f["y"] = x, e / e.sum(1, keepdims=True)
    for name, value in weights.items():
        f[f"weights/{name}"] = value


def first(**names):
    return [L.Dense(5, activation="tanh", name=names.get("a")), L.BatchNormalization(name=names.get("b"))]


def rest(**names):
    return [
        L.Dense(5, activation="tanh", name=names.get("c")), L.Dense(5, activation="tanh", name=names.get("d")),
        L.Dense(3, activation="softmax", name=names.get("e")),
    ]


def made(*layers):
    model = keras.Sequential([L.Input((4,)), *layers])
    model.set_weights(values)
    assert np.abs(model.predict(x, verbose=0) - e / e.sum(1, keepdims=True)).max() < 1e-5
    return model


# With a layer that has no weights: lists of names are empty there.
plain = made(*first(), L.Dropout(0.25), *rest())
plain.save("keras3.h5", include_optimizer=False)
plain.save_weights("keras3.weights.h5")
plain.save("keras3.keras")
named = made(*first(a="zebra", b="middle"), *rest(c="yak", d="auk", e="ape"))
named.save("named.h5", include_optimizer=False)
named.save_weights("named.weights.h5")
nested = made(keras.Sequential(first(), name="inner"), *rest())
nested.save("nested.h5", include_optimizer=False)
nested.save_weights("nested.weights.h5")


def layered(group, name, as_type="f4", cut=False):
    """Weights as Keras 1 and 2 lay them out below a group; `name` makes a weight's name."""
    layers = ["dropout"] + list(dict.fromkeys(key.split("/")[0] for key in weights))
    if cut:
        for number in range(0, len(layers), 2):
            group.attrs[f"layer_names{number // 2}"] = np.array(layers[number : number + 2], "S")
    else:
        group.attrs["layer_names"] = np.array(layers, "S")
    for layer in layers[1:]:
        g = group.create_group(layer)
        names = [name(*key.split("/")) for key in weights if key.split("/")[0] == layer]
        g.attrs["weight_names"] = np.array(names, "S")
        if layer == "dense":
            group.create_group("dropout").attrs["weight_names"] = np.array([])
        for key, stored in zip([key for key in weights if key.split("/")[0] == layer], names):
            g[stored] = weights[key].astype(as_type)


with h5py.File("keras2.h5", "w") as f:
    layered(f.create_group("model_weights"), lambda layer, weight: f"{layer}/{weight}:0")
with h5py.File("keras2-weights.h5", "w") as f:
    layered(f, lambda layer, weight: f"{layer}/{weight}:0", "f2", cut=True)
old = {"kernel": "W", "bias": "b", "moving_mean": "running_mean", "moving_variance": "running_std"}
with h5py.File("keras1.h5", "w") as f:
    layered(f, lambda layer, weight: f"{layer}_{old.get(weight, weight)}", "f8")
