"""Values and gradients of losses, computed by Keras 3 in float32 on TensorFlow.

Writes a list of cases:

  loss         the recipe's name of it
  arguments    as in a recipe, and in Keras
  columns      outputs; target_columns differ where targets are class numbers or one value
  outputs      row by row, as targets
  value        sum of the rows' losses
  gradient     of that sum, by the outputs

Keras has no quantile loss: its gradient is TensorFlow's of max(q e, (q - 1) e). Keras has label smoothing and the focal loss
for one probability a class alone: the sparse ones are given one-hot targets.

usage: make_reference.py losses.json      (needs keras and tensorflow)
"""
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"; os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"; os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras, numpy as np, tensorflow as tf

R = np.random.RandomState(20250119)
ROWS = 6
L = keras.losses
KERAS = {
    "binary_crossentropy": L.BinaryCrossentropy, "categorical_crossentropy": L.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": L.CategoricalCrossentropy, "binary_focal_crossentropy": L.BinaryFocalCrossentropy,
    "categorical_focal_crossentropy": L.CategoricalFocalCrossentropy,
    "sparse_categorical_focal_crossentropy": L.CategoricalFocalCrossentropy, "kl_divergence": L.KLDivergence,
    "poisson": L.Poisson, "hinge": L.Hinge, "squared_hinge": L.SquaredHinge,
    "mean_absolute_percentage_error": L.MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": L.MeanSquaredLogarithmicError, "cosine_similarity": L.CosineSimilarity,
}

def pinball(levels):
    def loss(t, y):
        e = t - y; q = tf.constant(levels, tf.float32)
        return tf.reduce_sum(tf.reduce_mean(tf.maximum(q * e, (q - 1) * e), -1))
    return loss

def case(name, outputs, targets, **arguments):
    outputs = np.asarray(outputs, "f4"); targets = np.asarray(targets, "f4")
    loss = pinball(**arguments) if name == "quantile" else KERAS[name](reduction="sum", **arguments)
    given = np.eye(outputs.shape[1], dtype="f4")[targets[:, 0].astype(int)] if name.startswith("sparse") else targets
    y = tf.constant(outputs)
    with tf.GradientTape() as tape:
        tape.watch(y); value = loss(tf.constant(given), y)
    gradient = tape.gradient(value, y).numpy()
    flat = lambda a: [float(v) for v in np.asarray(a).ravel()]
    return dict(loss=name, arguments=arguments, columns=outputs.shape[1], target_columns=targets.shape[1],
                outputs=flat(outputs), targets=flat(targets), value=float(value), gradient=flat(gradient))

def cases():
    for k in (1, 3):
        normal = R.randn(ROWS, k); other = R.randn(ROWS, k); positive = R.uniform(0.05, 4, (ROWS, k))
        counts = R.poisson(2, (ROWS, k)); bits = R.randint(0, 2, (ROWS, k)); soft = R.uniform(0, 1, (ROWS, k))
        probability = R.uniform(0.02, 0.98, (ROWS, k)); edge = probability.copy(); edge[0, 0] = 1; edge[1, 0] = 0; edge[2, 0] = 2e-8
        logits = 3 * R.randn(ROWS, k)
        yield case("poisson", positive, counts)
        yield case("poisson", np.where(positive < 0.5, 0, positive), counts)
        for name in ("hinge", "squared_hinge"):
            yield case(name, normal, bits)
            yield case(name, normal, 2 * bits - 1)
        yield case("mean_absolute_percentage_error", normal, np.where(abs(other) < 0.3, 0, other))
        yield case("mean_squared_logarithmic_error", positive, counts)
        yield case("mean_squared_logarithmic_error", normal, other)
        if k > 1:  # else the gradient is nothing but rounding
            yield case("cosine_similarity", normal, other)
            yield case("cosine_similarity", normal, np.where(np.arange(ROWS)[:, None] == 2, 0, other))
        for outputs in (probability, edge):
            yield case("kl_divergence", outputs, soft)
            yield case("kl_divergence", outputs, bits)
            for s in (0.1, 0.4): yield case("binary_crossentropy", outputs, bits, label_smoothing=s)
        yield case("binary_crossentropy", logits, bits, label_smoothing=0.1, from_logits=True)
        for arguments in ({}, dict(gamma=0.5), dict(gamma=0), dict(gamma=1, alpha=0.75, apply_class_balancing=True),
                          dict(apply_class_balancing=True, label_smoothing=0.2)):
            yield case("binary_focal_crossentropy", probability, bits, **arguments)
            yield case("binary_focal_crossentropy", probability, soft, **arguments)
            yield case("binary_focal_crossentropy", logits, bits, from_logits=True, **arguments)
            yield case("binary_focal_crossentropy", logits, soft, from_logits=True, **arguments)
        yield case("binary_focal_crossentropy", edge, bits)
    k = 4
    classes = R.randint(0, k, (ROWS, 1)); hot = np.eye(k)[classes[:, 0]]; soft = R.dirichlet(np.ones(k), ROWS)
    share = R.dirichlet(np.ones(k), ROWS); edge = share.copy(); edge[0] = [1, 0, 0, 0]; edge[1, 2] = 3e-9
    logits = 2 * R.randn(ROWS, k)
    for s in (0.1, 0.5):
        for name, targets in (("categorical_crossentropy", hot), ("categorical_crossentropy", soft), ("sparse_categorical_crossentropy", classes)):
            yield case(name, share, targets, label_smoothing=s)
            yield case(name, logits, targets, label_smoothing=s, from_logits=True)
    yield case("categorical_crossentropy", edge, hot, label_smoothing=0.1)
    for arguments in ({}, dict(gamma=0), dict(gamma=0.5, alpha=1.0), dict(alpha=[0.1, 0.2, 0.3, 0.4], gamma=3.0), dict(label_smoothing=0.1)):
        for name, targets in (("categorical_focal_crossentropy", hot), ("categorical_focal_crossentropy", soft),
                              ("sparse_categorical_focal_crossentropy", classes)):
            yield case(name, share, targets, **arguments)
            yield case(name, logits, targets, from_logits=True, **arguments)
    yield case("categorical_focal_crossentropy", edge, hot)
    yield case("quantile", R.randn(ROWS, 3), R.randn(ROWS, 1), levels=[0.1, 0.5, 0.9])
    yield case("quantile", R.randn(ROWS, 1), R.randn(ROWS, 1), levels=[0.75])

with open(sys.argv[1], "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases()) + "\n]\n")
