"""Metrics as scikit-learn computes them of single-precision outputs.

Writes a list of tables:

  columns      outputs; target_columns differ where targets are class numbers or one value
  outputs      row by row, as targets
  weights      of the rows (`sample_weight`), some of them 0; absent: none
  figures      each with its metric, by the recipe's name, its value, and k, alpha or levels where these are its arguments

Some scores are rounded, so that rows tie; classes are missing from targets, from answers, or from both.
`log_loss` of single-precision probabilities is cut at that precision's epsilon, and summed in it; here the same cut is made
first, so that the sums are in double. `top_k_accuracy_score` breaks ties by the class's number, Keras does not: it is left out where outputs tie.

usage: make_metrics.py metrics.json      (needs numpy and scikit-learn)
"""
import json, sys, warnings
import numpy as np, sklearn
from sklearn.metrics import average_precision_score, log_loss, matthews_corrcoef, mean_pinball_loss, top_k_accuracy_score

warnings.simplefilter("ignore")
R = np.random.RandomState(20250301)
TABLES = []

def short(values): return [float(str(v)) for v in np.asarray(values, "f4").ravel()]     # the digits that single precision takes

def add(outputs, targets, weights, figures):
    table = dict(columns=outputs.shape[1], target_columns=targets.shape[1], outputs=short(outputs), targets=short(targets))
    if weights is not None: table["weights"] = short(weights)
    TABLES.append({**table, "figures": [dict(metric=m, value=float(v), **a) for m, v, a in figures]})

def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True)); return (e / e.sum(1, keepdims=True)).astype("f4")

def weights(n): return np.where(R.uniform(size=n) < 0.2, 0, R.uniform(0.1, 3, n)).astype("f4")

def logs(y, p, w):
    """p [rows, classes], single precision."""
    e = np.finfo("f4").eps; labels = range(p.shape[1])
    value = log_loss(y, np.clip(p, e, 1 - e).astype("f8"), labels=labels, sample_weight=w)
    assert abs(value - log_loss(y, p, labels=labels, sample_weight=w)) < 1e-6 * max(value, 1)
    return ("log_loss", value, {})

def classes(p, y, targets, w):
    """p [rows, classes]; targets: class numbers, and one-hot."""
    n, k = p.shape
    figures = [("matthews_correlation", matthews_corrcoef(y, p.argmax(1), sample_weight=w), {}), logs(y, p, w)]
    if k == 2: figures.append(("average_precision", average_precision_score(y, p[:, 1].astype("f8"), sample_weight=w), {}))
    if k > 2 and all(len(set(r)) == k for r in p):
        figures += [("top_k_categorical_accuracy", top_k_accuracy_score(y, p, k=t, labels=range(k), sample_weight=w), dict(k=t))
                    for t in range(1, min(k, 4))]
    for t in targets: add(p, t, w, figures)

for n, present, digits in [(40, (0, 1), None), (80, (0, 1), 1), (60, (0, 1), 2), (20, (0,), 1), (20, (1,), 1)]:
    for w in (None, weights(n)):
        y = R.choice(present, n); p = 1 / (1 + np.exp(-(R.normal(size=n) + y)))
        if digits is not None: p = p.round(digits)
        if n == 40: p[:4] = [0, 1, 1e-9, 1 - 1e-7]
        p = p.astype("f4")
        add(p[:, None], y[:, None], w, [
            ("average_precision", average_precision_score(y, p.astype("f8"), sample_weight=w), {}),
            ("matthews_correlation", matthews_corrcoef(y, (p > 0.5).astype(int), sample_weight=w), {}), logs(y, np.stack([1 - p, p], 1), w)])
        classes(np.stack([1 - p, p], 1), y, [y[:, None], np.eye(2)[y]], w)

for n, k, present, lean in [(40, 3, (0, 1, 2), 1), (60, 7, (0, 2, 3, 6), 1), (20, 4, (2,), 1), (30, 5, (0, 1, 2, 3, 4), -2), (20, 6, (1, 3), 9)]:
    for w in (None, weights(n)):
        y = R.choice(present, n); logits = R.normal(size=(n, k)) + lean * np.eye(k)[y]
        if lean == 9: logits[:, 0] += 40     # always the same answer; others' probabilities near 0
        classes(softmax(logits), y, [y[:, None], np.eye(k)[y]], w)

for n, columns in [(30, 1), (30, 3)]:
    for w in (None, weights(n)):
        y = R.normal(size=(n, columns)).round(1).astype("f4"); t = R.normal(size=(n, columns)).round(1).astype("f4")
        def loss(a, columns=slice(None), of=slice(None)):
            return mean_pinball_loss(t[:, of].astype("f8"), y[:, columns].astype("f8"), alpha=float(np.float32(a)), sample_weight=w)
        name = "mean_pinball_loss"
        add(y, t, w, [(name, loss(0.5), {})] + [(name, loss(a), dict(alpha=a)) for a in (0.0, 0.3, 0.875, 1.0)])
        levels = [0.1, 0.5, 0.9][:columns]
        add(y, t[:, :1], w, [(name, np.mean([loss(q, i, 0) for i, q in enumerate(levels)]), dict(levels=levels))])

with open(sys.argv[1], "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(t) for t in TABLES) + "\n]\n")
print(f"scikit-learn {sklearn.__version__}, {sum(len(t['figures']) for t in TABLES)} figures of {len(TABLES)} tables")
