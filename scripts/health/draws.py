"""Recipes drawn at random over everything that `families.py` varies by hand: a set on which nothing was tuned."""
import numpy as np
from blowups import TASKS, columns, item, rows, target
from recipes import *


def draw(number, seed):
    r = np.random.default_rng([seed, number, 91]); one = lambda values: values[r.integers(len(values))]
    t = one(["moons", "rings", "house", "friedman", "blobs", "digits", "waves", "reg"]); kind = TASKS[t]
    act = one(["relu", "relu", "tanh", "sigmoid", "elu", "gelu", "softsign", "linear"]); depth = int(one([1, 1, 2, 2, 3, 4, 6, 10, 16]))
    how = one([None, None, None, "glorot_uniform", "he_normal", "lecun_normal", normal(10 ** r.uniform(-2.5, 1)), normal(0.3, r.uniform(-1, 1))])
    bias = float(r.uniform(-12, 12)) if r.random() < 0.08 else None
    opt = one(["sgd", "sgd", "adam", "adam", "rmsprop", "adamw", "adagrad", "nadam", "lion"])
    middle = {"sgd": 0.03, "adagrad": 0.05, "lion": 0.0003}.get(opt, 0.002); rate = float(f"{middle * 10 ** one([0, 0, 0, r.uniform(-5, -1), r.uniform(0.5, 3)]):.3g}")
    if t == "reg" and opt == "sgd": rate /= 100
    schedule = one([rate, rate, rate, rate, {"exponential_decay": {"initial_learning_rate": rate, "decay_steps": int(one([5, 100, 300])), "decay_rate": 0.5}},
                    {"piecewise_constant_decay": {"boundaries": [(at := int(r.integers(40, 500))), at + 2], "values": [rate, rate * 300, rate]}}])
    more = {}
    if opt == "sgd" and r.random() < 0.3: more["momentum"] = 0.9
    if r.random() < 0.12: more["global_clip"] = float(10 ** one([0, 1, -5, -4]))
    change = one([None] * 7 + [columns(slice(None), 10 ** r.uniform(-5, 5))] + ([target(10 ** r.uniform(1, 6)), rows(list(range(3, 900, 300)), y_to=float(10 ** r.uniform(1, 3)))] if kind["loss"] == MSE else [None, None]))
    layers = network(kind, depth, int(one([4, 16, 32, 48])), act, how, l2=float(10 ** r.uniform(-5, 1.5)) if r.random() < 0.12 else None,
                     dropout=float(one([0.2, 0.5, 0.9, 0.97])) if r.random() < 0.12 else None, norm=r.random() < 0.1, bias=bias)
    batch, epochs = one([(32, 20)] * 5 + [(8, 8), (128, 50), (256, 80)])
    entry = item("draw", f"{number:03}-{t}-{act}{depth}-{opt}", t, layers, optimizer(opt, schedule, **more), change, batch=batch, epochs=epochs, seed=number)
    entry["cause"] = None; entry["spikes"] = not isinstance(schedule, float) and "piecewise_constant_decay" in schedule or change is not None and change.__qualname__.startswith("rows")
    return entry


def all_items(count, seed=1): return [draw(number, seed) for number in range(count)]
