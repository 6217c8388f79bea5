"""Reference trajectories for the trainer, computed by Keras 3 in float64.

Each case is a recipe; Keras is given the same data, the same initial weights and the same
(unshuffled) batches, with the recipe's loss, penalties, clipping and optimizer. The file that
comes out holds everything needed to repeat the run and to compare it:

  /data/x, /data/y                      the training rows, in order
  /model_weights/<layer>/{kernel,...}   initial weights (Keras HDF5 weight layout)
  /reference/loss            [steps]    objective of each step (data loss + penalties), before the update
  /reference/loss_float32    [steps]    the same from Keras in float32: how far rounding alone carries a run
  /reference/gradient_norm   [steps]    global L2 norm of the gradient before clipping
  /reference/gradient_mean   [steps, L] mean gradient of each layer's kernel before clipping
  /reference/final/<layer>/<weight>     weights after the last step
  /reference/learning_rate   [steps]    learning rate used by each step
  /reference/clipped_norm    [steps]    global L2 norm of the gradient after clipping
  /reference/optimizer/<slot>/<layer>/<weight>   the optimizer's slots after the last step (slot: momentum, velocity,
                             velocity_hat, accumulator, average_gradient); /reference/optimizer/u_product for nadam
  /reference/predictions     [rows, outputs]  the model's output (inference mode) for /data/x after the last step
  @recipe                               the recipe (YAML)

`training.average_weights` is Keras' use_ema, whose averages are the final weights (finalize_variable_values);
`training.accumulate_steps: k` stands for batches of k times as many rows.

usage: make_reference.py OUTPUT_DIR CASE...      (needs keras, tensorflow, scikit-learn, h5py, pyyaml)
"""
import os, sys, json
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"; os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"; os.environ["CUDA_VISIBLE_DEVICES"] = ""
import h5py, numpy as np, yaml, keras, tensorflow as tf
from sklearn import datasets, preprocessing
tf.config.threading.set_intra_op_parallelism_threads(1); tf.config.threading.set_inter_op_parallelism_threads(1)

def moons():
    return datasets.make_moons(n_samples=3000, shuffle=True, noise=0.25, random_state=1234)
def regression():
    return datasets.make_regression(n_samples=1500, n_features=15, noise=0.2, random_state=42)
def digits():
    d = datasets.load_digits(); return d.data / 16.0, d.target
def wine():
    d = datasets.load_wine(); r = np.random.RandomState(7).permutation(len(d.data))
    return preprocessing.scale(d.data)[r], d.target[r]
def diabetes():
    d = datasets.load_diabetes(); return d.data * 20, (d.target - 150) / 75
def cancer():
    d = datasets.load_breast_cancer(); return preprocessing.scale(d.data), d.target
def wine_hot():
    x, y = wine(); return x, np.eye(3)[y]
def diabetes2():                                 # two outputs
    x, y = diabetes(); return x[:, [0, 1, 3, 4, 5, 6, 7, 8, 9]], np.stack([y, x[:, 2]], 1)
def cancer2():                                   # two labels
    x, y = cancer(); return x[:, 1:], np.stack([y, x[:, 0] > 0], 1)
DATA = dict(wine_hot=wine_hot, diabetes2=diabetes2, cancer2=cancer2, moons=moons, regression=regression, digits=digits, wine=wine, diabetes=diabetes, cancer=cancer)

def initializer(spec, seed):
    if isinstance(spec, str): spec = {spec: {}}
    (name, args), = spec.items()
    K = keras.initializers
    if name in ("zeros", "ones"): return getattr(K, name.capitalize())()
    if name == "constant": return K.Constant(**args)
    cls = {"random_uniform": K.RandomUniform, "random_normal": K.RandomNormal, "truncated_normal": K.TruncatedNormal,
           "glorot_uniform": K.GlorotUniform, "glorot_normal": K.GlorotNormal, "he_uniform": K.HeUniform, "he_normal": K.HeNormal,
           "lecun_uniform": K.LecunUniform, "lecun_normal": K.LecunNormal, "orthogonal": K.Orthogonal}[name]
    return cls(seed=seed, **args)
def regularizer(spec):
    return None if spec is None else keras.regularizers.L1L2(l1=spec.get("l1", 0.0), l2=spec.get("l2", 0.0))
def activation(act):
    if isinstance(act, dict) and "leaky_relu" in act: return lambda x, s=act["leaky_relu"]["negative_slope"]: keras.ops.leaky_relu(x, negative_slope=s)
    if act == "gelu": return lambda x: keras.activations.gelu(x, approximate=False)
    return act
def layer(spec, i, names):
    (kind, a), = spec.items(); a = a or {}; name = a.get("name")
    if name is None:                              # as Keras: dense, dense_1, ...
        names[kind] = names.get(kind, -1) + 1; name = kind + (f"_{names[kind]}" if names[kind] else "")
    if kind == "activation": return keras.layers.Activation(activation(a["function"]), name=name)
    if kind == "flatten": return keras.layers.Flatten(name=name)
    if kind == "dense":
        act = activation(a.get("activation", "linear"))
        return keras.layers.Dense(a["units"], activation=act, use_bias=a.get("use_bias", True),
            kernel_initializer=initializer(a.get("kernel_initializer", "glorot_uniform"), 100 + i),
            bias_initializer=initializer(a.get("bias_initializer", "zeros"), 200 + i),
            kernel_regularizer=regularizer(a.get("kernel_regularizer")), bias_regularizer=regularizer(a.get("bias_regularizer")),
            activity_regularizer=regularizer(a.get("activity_regularizer")), name=name)
    if kind == "batch_normalization":
        return keras.layers.BatchNormalization(momentum=a.get("momentum", 0.99), epsilon=a.get("epsilon", 1e-3), name=name)
    if kind == "layer_normalization":
        return keras.layers.LayerNormalization(epsilon=a.get("epsilon", 1e-3), name=name)
    raise ValueError(kind)
def loss_of(spec):
    name, a = (spec, {}) if isinstance(spec, str) else next(iter(spec.items()))
    return {"binary_crossentropy": keras.losses.BinaryCrossentropy, "mean_squared_error": keras.losses.MeanSquaredError,
            "mean_absolute_error": keras.losses.MeanAbsoluteError, "huber": keras.losses.Huber, "log_cosh": keras.losses.LogCosh,
            "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
            "categorical_crossentropy": keras.losses.CategoricalCrossentropy}[name](**a)
def optimizer_of(spec, averaging=None):
    spec = dict(spec); clip = {k: spec.pop(y) for k, y in (("clipvalue", "clip_value"), ("clipnorm", "clip_norm"), ("global_clipnorm", "global_clip_norm")) if y in spec}
    (name, a), = spec.items(); a = dict(a)
    lr = a.get("learning_rate")
    if isinstance(lr, dict):
        (s, b), = lr.items()
        S = keras.optimizers.schedules
        a["learning_rate"] = {"exponential_decay": S.ExponentialDecay, "cosine_decay": S.CosineDecay,
                              "piecewise_constant_decay": S.PiecewiseConstantDecay, "polynomial_decay": S.PolynomialDecay}[s](**b)
    cls = dict(sgd=keras.optimizers.SGD, rmsprop=keras.optimizers.RMSprop, adam=keras.optimizers.Adam, adamw=keras.optimizers.AdamW,
               adagrad=keras.optimizers.Adagrad, nadam=keras.optimizers.Nadam, lion=keras.optimizers.Lion)[name]
    return cls(**a, **clip, **(dict(use_ema=True, ema_momentum=averaging["ema"]) if averaging else {}))

def build(recipe, inputs, weights=None):
    names = {}; layers = [layer(s, i, names) for i, s in enumerate(recipe["model"]["layers"])]
    model = keras.Sequential([keras.Input((inputs,))] + layers)
    # initial weights are what float32 can hold, so that every run starts from the same numbers
    model.set_weights([w.astype("f4") for w in (weights or model.get_weights())])
    return model, layers

def train(model, recipe, x, y, watch):
    """Keras' own steps over the rows in order; returns loss, gradient norm, watched mean gradients, clipped norm and rate of each step, and the optimizer."""
    lf, opt = loss_of(recipe["loss"]), optimizer_of(recipe["optimizer"], recipe["training"].get("average_weights"))
    opt.build(model.trainable_variables)
    losses, norms, means, clipped, rates, size = [], [], [], [], [], recipe["training"]["batch_size"] * recipe["training"].get("accumulate_steps", 1)
    for _ in range(recipe["training"]["epochs"]):
        for b in range(0, len(x), size):
            xb, yb = tf.constant(x[b:b+size]), tf.constant(y[b:b+size])
            with tf.GradientTape() as tape:
                value = lf(yb, model(xb, training=True))
                value += sum(tf.cast(p, value.dtype) for p in model.losses)
            grads = tape.gradient(value, model.trainable_variables)
            losses.append(float(value)); norms.append(float(np.sqrt(sum(np.sum(np.square(g)) for g in grads))))
            means.append([float(np.mean(next(g for g, v in zip(grads, model.trainable_variables) if v is k))) for k in watch])
            rates.append(float(opt.learning_rate)); clipped.append(float(np.sqrt(sum(np.sum(np.square(g)) for g in opt._clip_gradients(grads)))))
            opt.apply_gradients(zip(grads, model.trainable_variables))
    opt.finalize_variable_values(model.trainable_variables)  # nothing, without an average
    return losses, norms, means, clipped, rates, opt

class Plain(yaml.SafeDumper):
    def ignore_aliases(self, data): return True
def run(out, name, case):
    recipe = case["recipe"]; x, y = DATA[case["dataset"]](); x, y = x[:case.get("rows")], y[:case.get("rows")]
    x = x.astype("f4").astype("f8")
    classes = "sparse_categorical_crossentropy" in recipe["loss"]
    y = y.astype("i4") if classes else y.astype("f4").astype("f8").reshape(len(y), -1)
    keras.config.set_floatx("float64"); keras.config.set_dtype_policy("float64")
    model, layers = build(recipe, x.shape[1]); initial = model.get_weights()
    with h5py.File(os.path.join(out, name + ".h5"), "w") as f:
        f["data/x"] = x.astype("f4"); f["data/y"] = y.astype("i4" if classes else "f4")
        g = f.create_group("model_weights"); g.attrs["layer_names"] = np.array([l.name.encode() for l in layers]); g.attrs["backend"] = "tensorflow"; g.attrs["keras_version"] = keras.__version__
        for l in layers:
            lg = g.create_group(l.name); lg.attrs["weight_names"] = np.array([w.name.encode() for w in l.weights], None if l.weights else "S1")
            for w in l.weights: lg[w.name] = np.asarray(w.value).astype("f4")
        full = dict(recipe, data={"train": {"hdf5": {"path": name + ".h5", "features": "/data/x", "targets": "/data/y"}}},
                    model=dict(recipe["model"], initial_weights=name + ".h5"), training=dict(recipe["training"], shuffle=False))
        f.attrs["recipe"] = yaml.dump(dict(name=name, **full), Dumper=Plain, sort_keys=False)
        watched = [l for l in layers if l.trainable_variables]
        losses, norms, means, clipped, rates, opt = train(model, recipe, x, y, [l.kernel if hasattr(l, "kernel") else l.gamma for l in watched])
        r = f.create_group("reference"); r["loss"] = losses; r["gradient_norm"] = norms; r["gradient_mean"] = means; r["clipped_norm"] = clipped; r["learning_rate"] = rates
        for l in layers:
            for w in l.trainable_weights:
                for v in opt.variables:
                    for slot in ("momentum", "velocity", "velocity_hat", "accumulator", "average_gradient"):
                        if v.name == w.path.replace("/", "_") + "_" + slot: r[f"optimizer/{slot}/{l.name}/{w.name}"] = np.asarray(v.value)
        if hasattr(opt, "_u_product"): r["optimizer/u_product"] = np.asarray(opt._u_product.value)
        r["predictions"] = np.asarray(model(x, training=False))
        r["gradient_mean"].attrs["layers"] = np.array([l.name.encode() for l in watched])
        for l in layers:
            for w in l.weights: r[f"final/{l.name}/{w.name}"] = np.asarray(w.value)
        keras.config.set_floatx("float32"); keras.config.set_dtype_policy("float32")
        single, _ = build(recipe, x.shape[1], initial)
        r["loss_float32"] = train(single, recipe, x.astype("f4"), y if classes else y.astype("f4"), [])[0]
        drift = np.max(np.abs(r["loss_float32"][:] - r["loss"][:]) / np.maximum(np.abs(r["loss"][:]), 1e-6))
    print(f"{name}: {len(losses)} steps, loss {losses[0]:.6g} -> {losses[-1]:.6g}, norm {norms[0]:.4g} -> {norms[-1]:.4g}, "
          f"float32 drift {drift:.2g}, first non-finite {next((i for i, v in enumerate(losses) if not np.isfinite(v)), None)}", flush=True)

if __name__ == "__main__":
    cases = yaml.safe_load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.environ.get("CASES", "cases.yaml"))))
    out = sys.argv[1]; os.makedirs(out, exist_ok=True)
    for n in sys.argv[2:] or cases: run(out, n, cases[n])
