"""A small float32 trainer in NumPy, written from the formulas and not from Cairn: it says what becomes of a recipe.

Many runs of one recipe (seeds, learning rates) are trained at once along a first axis K. Nothing is rescued: what blows up
stays blown up. What is recorded is what `labels.py` needs.
"""
import numpy as np

F = np.float32
np.seterr(all="ignore")


def sigmoid(z): return 1 / (1 + np.exp(-z))


def gelu(z):
    """x times the normal distribution function, by the tanh formula."""
    return 0.5 * z * (1 + np.tanh(F(0.7978846) * (z + F(0.044715) * z ** 3)))


def gelu_slope(z):
    t = np.tanh(F(0.7978846) * (z + F(0.044715) * z ** 3))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * F(0.7978846) * (1 + 3 * F(0.044715) * z * z)


# Function, derivative by z and output, largest derivative (of those that saturate), whether it is zero below zero.
ACTIVATIONS = {
    "linear": (lambda z: z, lambda z, a: np.ones_like(z), None, False),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(F), None, True),
    "elu": (lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1), lambda z, a: np.where(z > 0, F(1), a + 1), None, False),
    "sigmoid": (sigmoid, lambda z, a: a * (1 - a), 0.25, False),
    "tanh": (np.tanh, lambda z, a: 1 - a * a, 1.0, False),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z, a: 1 / (1 + np.abs(z)) ** 2, 1.0, False),
    "gelu": (gelu, lambda z, a: gelu_slope(z), None, False),
    "softmax": (lambda z: (lambda e: e / e.sum(-1, keepdims=True))(np.exp(z - z.max(-1, keepdims=True))), None, None, False),
}


def initial(how, fan_in, fan_out, random):
    """A kernel [fan_in, fan_out] by Keras' initializers."""
    name, options = (how, {}) if isinstance(how, str) else next(iter(how.items()))
    shape = (fan_in, fan_out)
    normal = lambda deviation: np.clip(random.standard_normal(shape), -2.2, 2.2) * deviation
    uniform = lambda limit: random.uniform(-limit, limit, shape)
    made = {
        "zeros": lambda: np.zeros(shape),
        "random_normal": lambda: options["mean"] + options["stddev"] * random.standard_normal(shape),
        "random_uniform": lambda: random.uniform(options["minval"], options["maxval"], shape),
        "glorot_uniform": lambda: uniform((6 / (fan_in + fan_out)) ** 0.5),
        "glorot_normal": lambda: normal((2 / (fan_in + fan_out)) ** 0.5),
        "he_normal": lambda: normal((2 / fan_in) ** 0.5),
        "he_uniform": lambda: uniform((6 / fan_in) ** 0.5),
        "lecun_normal": lambda: normal((1 / fan_in) ** 0.5),
    }[name]()
    return made.astype(F)


def rate_at(schedule, step):
    """The learning rate of a step from 0; `schedule` is a number or Keras' schedule."""
    if isinstance(schedule, (int, float)): return float(schedule)
    name, s = next(iter(schedule.items()))
    if name == "exponential_decay": return s["initial_learning_rate"] * s["decay_rate"] ** (step / s["decay_steps"])
    if name == "piecewise_constant_decay":
        return s["values"][sum(step > b for b in s["boundaries"])]
    if name == "cosine_decay":
        if step < s["warmup_steps"]:
            return s["initial_learning_rate"] + (s["warmup_target"] - s["initial_learning_rate"]) * step / s["warmup_steps"]
        done = min((step - s["warmup_steps"]) / s["decay_steps"], 1.0)
        return s["warmup_target"] * 0.5 * (1 + np.cos(np.pi * done))
    raise ValueError(name)


class Optimizer:
    """Updates in place; `scale` [K] multiplies the rate of each run."""

    def __init__(self, recipe, scale):
        table = dict(recipe)
        self.clip_norm = table.pop("clip_norm", None)
        self.global_clip_norm = table.pop("global_clip_norm", None)
        self.clip_value = table.pop("clip_value", None)
        self.name, self.options = next(iter(table.items()))
        self.scale, self.slots, self.count = scale.astype(F), {}, 0

    def clip(self, gradients):
        per = lambda g, n: g * np.minimum(1, n).reshape(-1, *[1] * (g.ndim - 1)).astype(F)
        norm = lambda g: np.sqrt(np.sum(np.square(g, dtype=np.float64), axis=tuple(range(1, g.ndim))))
        if self.clip_value: gradients = [np.clip(g, -F(self.clip_value), F(self.clip_value)) for g in gradients]
        if self.clip_norm: gradients = [per(g, self.clip_norm / np.maximum(norm(g), 1e-30)) for g in gradients]
        if self.global_clip_norm:
            total = np.sqrt(sum(norm(g) ** 2 for g in gradients))
            gradients = [per(g, self.global_clip_norm / np.maximum(total, 1e-30)) for g in gradients]
        return gradients

    def step(self, parameters, gradients):
        o, t = self.options, self.count + 1
        rate = rate_at(o.get("learning_rate", 0.01 if self.name == "sgd" else 0.001), self.count)
        self.count = t
        for number, (p, g) in enumerate(zip(parameters, self.clip(gradients))):
            r = (self.scale * F(rate)).reshape(-1, *[1] * (p.ndim - 1))
            slot = self.slots.setdefault(number, {})
            at = lambda name, start=0.0: slot.setdefault(name, np.full_like(p, start))
            decay = o.get("weight_decay", 0.004 if self.name == "adamw" else 0)
            if decay: p -= r * F(decay) * p
            if self.name == "sgd":
                m = F(o.get("momentum", 0))
                if not m: p -= r * g; continue
                v = at("v"); v *= m; v -= r * g
                p += m * v - r * g if o.get("nesterov") else v
            elif self.name == "rmsprop":
                rho = F(o.get("rho", 0.9)); v = at("v"); v *= rho; v += (1 - rho) * g * g
                p -= r * g / np.sqrt(v + F(1e-7))
            elif self.name == "adagrad":
                v = at("v", 0.1); v += g * g; p -= r * g / np.sqrt(v + F(1e-7))
            elif self.name in ("adam", "adamw", "nadam"):
                b1, b2 = F(o.get("beta_1", 0.9)), F(o.get("beta_2", 0.999))
                m, v = at("m"), at("v"); m += (1 - b1) * (g - m); v += (1 - b2) * (g * g - v)
                hat = m / (1 - b1 ** t)
                if self.name == "nadam": hat = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1 ** t)
                p -= r * hat / (np.sqrt(v / (1 - b2 ** t)) + F(1e-7))
            elif self.name == "lion":
                b1, b2 = F(o.get("beta_1", 0.9)), F(o.get("beta_2", 0.99)); m = at("m")
                p -= r * np.sign(b1 * m + (1 - b1) * g); m *= b2; m += (1 - b2) * g
            else: raise ValueError(self.name)


class Network:
    """K networks of one recipe."""

    def __init__(self, recipe, features, seeds):
        self.layers, self.parameters, self.loss = [], [], recipe["loss"]
        width, K = features, len(seeds)
        randoms = [np.random.default_rng([seed, 77]) for seed in seeds]
        for entry in recipe["model"]["layers"]:
            kind, o = next(iter(entry.items()))
            layer = dict(kind=kind, o=o, at=len(self.parameters))
            if kind == "dense":
                how = o.get("kernel_initializer", "glorot_uniform")
                self.parameters.append(np.stack([initial(how, width, o["units"], r) for r in randoms]))
                bias = o.get("bias_initializer", {"constant": {"value": 0}})
                self.parameters.append(np.full((K, 1, o["units"]), bias["constant"]["value"] if isinstance(bias, dict) else 0, F))
                width = o["units"]
                layer["l2"] = o.get("kernel_regularizer", {}).get("l2", 0)
            elif kind == "batch_normalization":
                self.parameters += [np.ones((K, 1, width), F), np.zeros((K, 1, width), F)]
                layer["mean"], layer["variance"] = np.zeros((K, 1, width), F), np.ones((K, 1, width), F)
            self.layers.append(layer)
        self.dense = [layer for layer in self.layers if layer["kind"] == "dense"]
        self.random = np.random.default_rng([seeds[0], 5])

    def forward(self, x, training=False):
        for layer in self.layers:
            o = layer["o"]
            if layer["kind"] == "dense":
                layer["x"] = x
                layer["z"] = x @ self.parameters[layer["at"]] + self.parameters[layer["at"] + 1]
                x = layer["a"] = ACTIVATIONS[o.get("activation", "linear")][0](layer["z"])
            elif layer["kind"] == "dropout":
                if training:
                    layer["mask"] = (self.random.random(x.shape, dtype=F) >= o["rate"]).astype(F) / F(1 - o["rate"])
                    x = x * layer["mask"]
            else:
                gamma, beta = self.parameters[layer["at"]], self.parameters[layer["at"] + 1]
                mean, variance = layer["mean"], layer["variance"]
                if training:
                    mean, variance = x.mean(1, keepdims=True), x.var(1, keepdims=True)
                    layer["mean"] += F(0.01) * (mean - layer["mean"]); layer["variance"] += F(0.01) * (variance - layer["variance"])
                layer["inverse"] = 1 / np.sqrt(variance + F(1e-3)); layer["hat"] = (x - mean) * layer["inverse"]
                x = gamma * layer["hat"] + beta
        return x

    def losses(self, out, y):
        """Of each row [K, n], and the gradient by z of the last layer times the rows."""
        z = self.dense[-1]["z"]
        if self.loss == "binary_crossentropy":          # from the logits, as Keras computes it for a sigmoid
            value = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))); return value[..., 0], (out - y).astype(F)
        if self.loss == "sparse_categorical_crossentropy":
            top = z.max(-1, keepdims=True); hot = np.zeros_like(out); np.put_along_axis(hot, y, F(1), -1)
            value = np.log(np.exp(z - top).sum(-1, keepdims=True)) + top - np.take_along_axis(z, y, -1)
            return value[..., 0], out - hot
        d = out - y
        slope = ACTIVATIONS[self.dense[-1]["o"].get("activation", "linear")][1](z, out)
        if self.loss == "mean_squared_error": return (d * d).mean(-1), 2 * d * slope / F(d.shape[-1])
        if self.loss == "mean_absolute_error": return np.abs(d).mean(-1), np.sign(d) * slope / F(d.shape[-1])
        if self.loss == "huber":
            a = np.abs(d); return np.where(a <= 1, 0.5 * d * d, a - 0.5).mean(-1), np.clip(d, -1, 1) * slope / F(d.shape[-1])
        raise ValueError(self.loss)

    def backward(self, dz):
        """Gradients of all parameters; `layer["d"]` is the mean norm of the rows' errors at z."""
        n = F(dz.shape[1]); gradients = [None] * len(self.parameters); d = dz; last = True
        for layer in reversed(self.layers):
            if layer["kind"] == "dense":
                if not last:
                    d = d * ACTIVATIONS[layer["o"].get("activation", "linear")][1](layer["z"], layer["a"])
                last = False
                layer["d"] = np.sqrt((d * d).sum(-1)).mean(-1)
                W = self.parameters[layer["at"]]
                gradients[layer["at"]] = layer["x"].swapaxes(1, 2) @ d / n + F(2 * layer["l2"]) * W
                gradients[layer["at"] + 1] = d.mean(1, keepdims=True)
                if layer is not self.layers[0]: d = d @ W.swapaxes(1, 2)
            elif layer["kind"] == "dropout": d = d * layer["mask"]
            else:
                gamma, hat = self.parameters[layer["at"]], layer["hat"]
                gradients[layer["at"]] = (d * hat).mean(1, keepdims=True); gradients[layer["at"] + 1] = d.mean(1, keepdims=True)
                d = gamma * d
                d = layer["inverse"] * (d - d.mean(1, keepdims=True) - hat * (d * hat).mean(1, keepdims=True))
        return gradients


def train(recipe, x, y, seeds, scales=None, record=True):
    """Trains one run for each of `seeds` (and `scales` of the rate).

    Returns a dictionary: final [K] (data loss on all rows as at prediction), finite [K], and, if `record`, series [T, K(, layers)].
    """
    K = len(seeds); scales = np.ones(K) if scales is None else np.asarray(scales)
    x = x.astype(F); y = y.reshape(len(y), -1); y = y if y.dtype.kind in "iu" else y.astype(F)
    net = Network(recipe, x.shape[1], seeds); optimizer = Optimizer(recipe["optimizer"], scales)
    rows, batch, epochs = len(x), recipe["training"]["batch_size"], recipe["training"]["epochs"]
    randoms = [np.random.default_rng([seed, 3]) for seed in seeds]
    kernels = [layer["at"] for layer in net.dense]
    start = [net.parameters[k].copy() for k in kernels]; late = start
    T = epochs * ((rows + batch - 1) // batch); step = 0
    series = {name: [] for name in ("loss", "norm", "g", "d", "flat1", "flat5")}; finite = np.ones(K, bool)
    for _ in range(epochs):
        order = np.stack([r.permutation(rows) for r in randoms])
        for begin in range(0, rows, batch):
            pick = order[:, begin:begin + batch]
            value, dz = net.losses(net.forward(x[pick], True), y[pick]); gradients = net.backward(dz)
            loss = value.mean(1); norm = np.sqrt(sum((g.astype(np.float64) ** 2).sum((1, 2)) for g in gradients))
            finite &= np.isfinite(loss) & np.isfinite(norm)
            if record:
                series["loss"].append(loss); series["norm"].append(norm)
                series["g"].append(np.stack([np.sqrt((gradients[k] ** 2).mean((1, 2))) for k in kernels], 1))
                series["d"].append(np.stack([layer["d"] for layer in net.dense], 1))
                for name, share in (("flat1", 0.01), ("flat5", 0.05)):
                    series[name].append(np.stack([flat(layer, share) for layer in net.dense[:-1]] or [np.zeros(K)], 1))
            optimizer.step(net.parameters, gradients); step += 1
            if step == int(0.8 * T): late = [net.parameters[k].copy() for k in kernels]
            if not record and step % 50 == 0 and not finite.any(): break
    out = net.forward(np.broadcast_to(x, (K, *x.shape)))
    final = net.losses(out, np.broadcast_to(y, (K, *y.shape)))[0].astype(np.float64).mean(1)
    for p in net.parameters: finite &= np.isfinite(p).all((1, 2))
    for slot in optimizer.slots.values():
        for s in slot.values(): finite &= np.isfinite(s).all((1, 2))
    result = dict(final=final, finite=finite, net=net, T=T)
    if record:
        size = lambda p: np.sqrt((p.astype(np.float64) ** 2).sum((1, 2)))
        moved = lambda old: np.stack([size(net.parameters[k] - o) / np.maximum(size(o), 1e-2 * (size(o) == 0)) for k, o in zip(kernels, old)], 1)
        result.update({name: np.stack(values) for name, values in series.items()})
        result.update(moved=moved(start), moved_late=moved(late), dead=np.stack([dead(layer) for layer in net.dense[:-1]] or [np.zeros(K)], 1))
    return result


def flat(layer, share):
    """The share of a layer's outputs whose derivative is below `share` of its largest; 0 for layers that do not saturate."""
    _, slope, largest, _ = ACTIVATIONS[layer["o"].get("activation", "linear")]
    if largest is None: return np.zeros(len(layer["z"]))
    return (slope(layer["z"], layer["a"]) < share * largest).mean((1, 2))


def dead(layer):
    """The share of ReLU units that are 0 for every row of the last pass."""
    if not ACTIVATIONS[layer["o"].get("activation", "linear")][3]: return np.zeros(len(layer["z"]))
    return (layer["a"] == 0).all(1).mean(1)
