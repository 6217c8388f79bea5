"""Parts that the families of recipes are put together from."""

HE = "he_normal"


def normal(deviation, mean=0.0): return {"random_normal": {"mean": float(mean), "stddev": float(deviation)}}


def uniform(low, high): return {"random_uniform": {"minval": low, "maxval": high}}


def dense(units, activation="linear", initializer=None, l2=None, bias=None):
    o = {"units": units, "activation": activation}
    if initializer: o["kernel_initializer"] = initializer
    if l2: o["kernel_regularizer"] = {"l2": l2}
    if bias is not None: o["bias_initializer"] = {"constant": {"value": bias}}
    return {"dense": o}


def suited(activation):
    return "glorot_uniform" if activation in ("sigmoid", "tanh", "softsign", "linear") else HE


def network(task, depth, units, activation, initializer=None, l2=None, dropout=None, norm=False, last=None, bias=None):
    """A plain chain with the output layer that suits the task."""
    initializer = initializer or suited(activation); layers = []
    for _ in range(depth):
        layers.append(dense(units, activation, initializer, l2, bias))
        if norm: layers.append({"batch_normalization": {}})
        if dropout: layers.append({"dropout": {"rate": dropout}})
    out = {"binary_crossentropy": (1, "sigmoid"), "sparse_categorical_crossentropy": (task["classes"], "softmax")}.get(task["loss"], (1, "linear"))
    layers.append(dense(*out, last, l2)); return layers


def optimizer(name, rate, clip=None, global_clip=None, **options):
    o = {name: {"learning_rate": rate, **options}}
    if clip: o["clip_norm"] = clip
    if global_clip: o["global_clip_norm"] = global_clip
    return o


def step(at, before, after): return {"piecewise_constant_decay": {"boundaries": [at], "values": [before, after]}}


def warmup(start, target, steps, then):
    return {"cosine_decay": {"initial_learning_rate": start, "decay_steps": then, "warmup_target": target, "warmup_steps": steps}}


def recipe(name, task, layers, optimizer, epochs=30, batch=32, seed=5):
    return {"name": name, "seed": seed, "data": {"train": {"hdf5": {"path": f"../data/{task['data']}.h5"}}},
            "model": {"layers": layers}, "loss": task["loss"], "optimizer": optimizer,
            "training": {"epochs": epochs, "batch_size": batch}, "tensorboard": False}


def task(data, loss, classes=0): return {"data": data, "loss": loss, "classes": classes}


def number(value): return format(value, "g").replace(".", "p").replace("-", "m").replace("+", "")


MSE, BCE, SCC = "mean_squared_error", "binary_crossentropy", "sparse_categorical_crossentropy"
