"""The labelled recipes: healthy and sick ones of many kinds.

Each is (name, set, data change, recipe, twin). A twin is the same training without one named cause; if it turns out useful where the run
is useless, that cause is the run's (`labels.py`).
"""
import copy
import numpy as np
import tasks
from blowups import columns, item, rows, target
from recipes import *


def shuffled(seed):
    return lambda x, y: (x, np.random.default_rng(seed).permutation(y))


def flipped(share, seed=1):
    def change(x, y):
        r = np.random.default_rng(seed); pick = r.random(len(y)) < share; y = y.copy()
        y[pick] = 1 - y[pick]; return x, y
    return change


def heavy(seed=1):
    def change(x, y):
        r = np.random.default_rng(seed); return x, y + np.where(r.random(len(y)) < 0.05, 50 * r.standard_cauchy(len(y)).clip(-20, 20), 0)
    return change


def standardized(x, y):
    return (x - x.mean(0)) / np.maximum(x.std(0), 1e-12), y


def of_scale_one(x, y):
    return x, (y - y.mean()) / max(y.std(), 1e-300)


class Family:
    def __init__(self): self.items = []

    def add(self, name, t, layers, opt, change=None, cause=None, twin=None, twin_change="same", **more):
        """`twin`: keys of the recipe to replace; `twin_change`: of the spoilt data."""
        entry = item("run", name, t, layers, opt, change, **{"epochs": 20, **more}); entry["name"] = entry["recipe"]["name"] = name
        if change: entry["recipe"]["data"]["train"]["hdf5"]["path"] = f"../data/{name}.h5"
        entry["cause"] = cause
        if cause:
            entry["twin"] = copy.deepcopy(entry["recipe"]); entry["twin"].update(twin or {})
            entry["twin_change"] = None if twin_change == "same" else twin_change
        self.items.append(entry)


def all_items():
    from blowups import TASKS
    f = Family(); net = lambda t, *a, **k: network(TASKS[t], *a, **k)
    rate_of = {"sgd": 0.05, "adam": 0.003, "adamw": 0.003, "rmsprop": 0.002, "adagrad": 0.05, "nadam": 0.003, "lion": 0.0005}

    # Healthy ones: tasks, activations, depths, optimizers, batches.
    for t in ("moons", "rings", "house", "friedman", "blobs", "digits", "waves"):
        for n, (name, rate) in enumerate(rate_of.items()):
            act = ("relu", "tanh", "elu", "gelu", "relu", "softsign", "relu")[n]
            f.add(f"ok-{t}-{act}-{name}", t, net(t, 1 + n % 3, (16, 32, 48)[n % 3], act), optimizer(name, rate * (4 if t == "digits" and name == "sgd" else 1)), seed=20 + n)
    for t, act, depth in [("moons", "sigmoid", 1), ("house", "sigmoid", 1), ("blobs", "sigmoid", 2), ("friedman", "sigmoid", 1), ("house", "tanh", 6), ("moons", "relu", 8), ("friedman", "elu", 8), ("digits", "relu", 5)]:
        f.add(f"ok-{t}-{act}{depth}-adam", t, net(t, depth, 24, act), optimizer("adam", 0.005))
    for batch, epochs in [(1, 3), (4, 8), (8, 15), (16, 20), (64, 40), (128, 60), (256, 80)]:
        for t in ("house", "moons"): f.add(f"ok-{t}-batch{batch}", t, net(t, 2, 24, "relu"), optimizer("adam", 0.003 if batch < 64 else 0.01), batch=batch, epochs=epochs)
    for t in ("house", "moons", "digits", "friedman"):
        f.add(f"ok-{t}-norm", t, net(t, 3, 32, "relu", norm=True), optimizer("adam", 0.003))
        f.add(f"ok-{t}-drop", t, net(t, 2, 48, "relu", dropout=0.3), optimizer("adam", 0.003))
        f.add(f"ok-{t}-l2", t, net(t, 2, 32, "relu", l2=1e-4), optimizer("adam", 0.003))
        f.add(f"ok-{t}-clip", t, net(t, 2, 32, "relu"), optimizer("sgd", 0.1, global_clip=1.0))
        f.add(f"ok-{t}-decay", t, net(t, 2, 32, "relu"), optimizer("adam", {"exponential_decay": {"initial_learning_rate": 0.01, "decay_steps": 200, "decay_rate": 0.5}}))
        f.add(f"ok-{t}-warm", t, net(t, 2, 32, "gelu"), optimizer("sgd", warmup(0.001, 0.1, 100, 860), momentum=0.9) if t != "digits" else optimizer("sgd", warmup(0.001, 0.1, 100, 860), momentum=0.9))
    for t, rate in [("reg", 0.001), ("reg20", 0.0005)]:
        f.add(f"ok-{t}-sgd", t, net(t, 2, 32, "relu"), optimizer("sgd", rate / 3)); f.add(f"ok-{t}-linear", t, net(t, 1, 16, "linear"), optimizer("sgd", rate))
        f.add(f"ok-{t}-adam", t, net(t, 2, 64, "relu"), optimizer("adam", 0.03)); f.add(f"ok-{t}-clip10", t, net(t, 2, 32, "relu"), optimizer("sgd", 0.02, global_clip=100.0))
    for share in (0.1, 0.2): f.add(f"ok-moons-noise{number(share)}", "moons", net("moons", 2, 16, "relu"), optimizer("adam", 0.003), flipped(share))
    f.add("ok-house-huber", "house", net("house", 2, 32, "relu"), optimizer("adam", 0.003)); f.items[-1]["recipe"]["loss"] = "huber"
    f.add("ok-house-mae", "house", net("house", 2, 32, "relu"), optimizer("adam", 0.003)); f.items[-1]["recipe"]["loss"] = "mean_absolute_error"

    # Vanishing: deep chains, small weights.
    for t in ("moons", "house", "blobs", "friedman"):
        for depth, act, how, opt in [(12, "sigmoid", None, "adam"), (25, "sigmoid", None, "sgd"), (8, "tanh", normal(0.02), "sgd"), (10, "relu", normal(0.02), "adam"), (15, "softsign", normal(0.02), "rmsprop"),
                                     (12, "gelu", normal(0.02), "sgd"), (6, "sigmoid", None, "adam"), (10, "elu", normal(0.05), "sgd"), (8, "linear", normal(0.02), "sgd")]:
            f.add(f"deep-{t}-{act}{depth}-{opt}", t, net(t, depth, 12, act, how), optimizer(opt, rate_of[opt]))
    for t in ("moons", "house"):
        f.add(f"zero-{t}-relu", t, net(t, 2, 16, "relu", "zeros", last="zeros"), optimizer("sgd", 0.05)); f.add(f"zero-{t}-tanh", t, net(t, 3, 16, "tanh", "zeros"), optimizer("adam", 0.003))
        f.add(f"gloom-{t}-relu10", t, net(t, 10, 4, "relu", "glorot_uniform"), optimizer("rmsprop", 0.001)); f.add(f"deepok-{t}-relu20", t, net(t, 20, 32, "relu", "he_uniform"), optimizer("adamw", 0.001))
        f.add(f"deepok-{t}-tanh10", t, net(t, 10, 24, "tanh"), optimizer("adam", 0.001)); f.add(f"deepok-{t}-small-norm", t, net(t, 8, 16, "tanh", normal(0.02), norm=True), optimizer("adam", 0.002))

    # Rates: far too small, far too large, to zero.
    for t in ("moons", "house", "digits", "friedman", "blobs", "rings"):
        for opt in ("sgd", "adam", "rmsprop"):
            f.add(f"tiny-{t}-{opt}", t, net(t, 2, 32, "relu"), optimizer(opt, 1e-7), epochs=15)
        f.add(f"zero-rate-{t}", t, net(t, 2, 16, "relu"), optimizer("adam", {"exponential_decay": {"initial_learning_rate": 0.001, "decay_steps": 5, "decay_rate": 0.5}}), epochs=15)
        f.add(f"slow-{t}", t, net(t, 2, 32, "relu"), optimizer("sgd", {"digits": 0.0005, "moons": 0.0002, "rings": 0.0005}.get(t, 0.0001)), cause="slow", twin={"optimizer": optimizer("sgd", 0.05)}, epochs=15)
        f.add(f"hot-{t}-sgd", t, net(t, 2, 32, "relu"), optimizer("sgd", 5.0)); f.add(f"hot-{t}-adam", t, net(t, 3, 32, "relu"), optimizer("adam", 3.0)); f.add(f"hot-{t}-adagrad", t, net(t, 2, 32, "relu"), optimizer("adagrad", 10.0))
        f.add(f"warm-{t}-tanh-sgd", t, net(t, 3, 24, "tanh"), optimizer("sgd", 20.0)); f.add(f"hot-{t}-sigmoid", t, net(t, 2, 24, "sigmoid"), optimizer("rmsprop", 3.0))

    # Saturated: large weights and biases.
    for t in ("moons", "house", "blobs"):
        for act, how, bias, opt in [("tanh", normal(5), None, "sgd"), ("tanh", normal(3), None, "adam"), ("sigmoid", normal(5), None, "adam"), ("softsign", normal(20), None, "sgd"), ("sigmoid", None, -12.0, "sgd"), ("tanh", None, 8.0, "sgd")]:
            f.add(f"sat-{t}-{act}-{'bias' if bias else 'n'}-{opt}", t, net(t, 4, 20, act, how, bias=bias), optimizer(opt, rate_of[opt]))
    # Dead units.
    for t in ("moons", "house", "digits"):
        f.add(f"dead-{t}-bias", t, net(t, 2, 32, "relu", bias=-10.0), optimizer("sgd", 0.01)); f.add(f"dead-{t}-mean", t, net(t, 3, 32, "relu", normal(0.3, -0.6)), optimizer("adam", 0.001))
        f.add(f"dead-{t}-hot", t, net(t, 2, 32, "relu"), optimizer("adam", 1.0))

    # Exploding and not finite, without being rescued in the label's trainer.
    for t, rate in [("reg", 0.05), ("reg20", 0.02), ("house", 1.5), ("friedman", 1.5), ("waves", 3.0)]:
        f.add(f"boom-{t}-relu", t, net(t, 2, 32, "relu"), optimizer("sgd", rate)); f.add(f"boom-{t}-elu-mom", t, net(t, 3, 24, "elu"), optimizer("sgd", rate, momentum=0.9))
        f.add(f"boom-{t}-init", t, net(t, 4, 32, "relu", normal(0.8)), optimizer("sgd", rate / 20)); f.add(f"boom-{t}-deep-adam", t, net(t, 16, 32, "relu", normal(1.0)), optimizer("adam", 0.001))

    # Penalties, dropout, clips, data.
    for t in ("house", "moons", "friedman", "digits"):
        for l2 in (1.0, 30.0): f.add(f"l2-{t}-{number(l2)}", t, net(t, 2, 32, "relu", l2=l2), optimizer("adam", 0.003), cause="penalty_dominates", twin={"model": {"layers": net(t, 2, 32, "relu")}}, epochs=20)
        for share in (0.9, 0.97):
            f.add(f"drop-{t}-{number(share)}", t, net(t, 3, 24, "relu", dropout=share), optimizer("adam", 0.003), cause="dropout_dominates", twin={"model": {"layers": net(t, 3, 24, "relu")}}, epochs=20)
        for clip, key in ((1e-5, "clip"), (1e-4, "global_clip")):
            f.add(f"{key}-{t}", t, net(t, 2, 32, "relu"), optimizer("sgd", 0.05, **{key: clip}), cause="clipping_always", twin={"optimizer": optimizer("sgd", 0.05)}, epochs=20)
    for t in ("house", "friedman"):
        f.add(f"const-{t}", t, net(t, 2, 32, "relu"), optimizer("adam", 0.001), lambda x, y: (x, np.full_like(y, 7.0)), cause="constant_target", epochs=10)
        for factor, shift in ((1e5, 0), (1e4, 0), (1.0, 1e4), (1e9, 0)):
            for opt in ("adam", "sgd"):
                f.add(f"target-{t}-{opt}-{number(factor)}-{number(shift)}", t, net(t, 2, 32, "relu"), optimizer(opt, 0.001), target(factor, shift), cause="targets_unscaled", twin_change=of_scale_one, epochs=20)
        for word, change in [("x1e4", columns(slice(None), 1e4)), ("x1em5", columns(slice(None), 1e-5)), ("shift1e4", columns([0, 3], 1.0, 1e4)), ("one1e5", columns([4], 1e5))]:
            for opt in ("sgd", "adam"): f.add(f"input-{t}-{word}-{opt}", t, net(t, 2, 32, "tanh"), optimizer(opt, 0.01), change, cause="inputs_unscaled", twin_change=standardized, epochs=20)
        f.add(f"random-{t}", t, net(t, 2, 8, "relu"), optimizer("sgd", 0.01), shuffled(4), epochs=15); f.add(f"heavy-{t}", t, net(t, 2, 16, "relu"), optimizer("adam", 0.002), heavy())
    for t in ("moons", "digits", "blobs"): f.add(f"random-{t}", t, net(t, 1, 8, "relu"), optimizer("sgd", 0.05), shuffled(4), epochs=15)
    for t in ("moons", "blobs"):
        f.add(f"input-{t}-x1em5", t, net(t, 2, 16, "relu"), optimizer("sgd", 0.05), columns(slice(None), 1e-5), cause="inputs_unscaled", twin_change=standardized)
        f.add(f"input-{t}-x1000", t, net(t, 2, 16, "tanh"), optimizer("sgd", 0.05), columns(slice(None), 1000.0), cause="inputs_unscaled", twin_change=standardized)

    # Spikes: rare rows, jumps of the rate that stay finite.
    for t in ("house", "friedman"):
        for count, size in ((1, 100.0), (2, 300.0), (4, 60.0)):
            f.add(f"spike-{t}-{count}-{number(size)}", t, net(t, 2, 24, "relu"), optimizer("adam", 0.001), rows(list(range(5, 5 + 200 * count, 200)), y_to=size))
        for count, size in ((1, 20.0), (3, 30.0), (2, 12.0)):
            f.add(f"spike-{t}-{count}-{number(size)}", t, net(t, 2, 24, "relu"), optimizer("adam", 0.003), rows(list(range(7, 7 + 200 * count, 200)), y_to=size))
        for at, rate in ((40, 0.3), (400, 0.3), (80, 0.1)):
            f.add(f"jump-{t}-{at}-{number(rate)}", t, net(t, 2, 24, "relu"), optimizer("adam", {"piecewise_constant_decay": {"boundaries": [at, at + 3], "values": [0.003, rate, 0.003]}}))
        f.add(f"spike-{t}-mae", t, net(t, 2, 24, "relu"), optimizer("adam", 0.001), rows([77], y_to=5000.0)); f.items[-1]["recipe"]["loss"] = "mean_absolute_error"
        f.add(f"spike-{t}-x", t, net(t, 2, 24, "tanh"), optimizer("sgd", 0.01, global_clip=1.0), rows([400], y_to=400.0))
        for at in (60, 300, 500):
            f.add(f"jump-{t}-{at}", t, net(t, 2, 24, "tanh"), optimizer("adam", {"piecewise_constant_decay": {"boundaries": [at, at + 2], "values": [0.003, 2.0, 0.003]}}))
    for t in ("moons", "blobs", "digits"):
        f.add(f"jump-{t}-sgd", t, net(t, 3, 24, "relu"), optimizer("sgd", {"piecewise_constant_decay": {"boundaries": [250, 252], "values": [0.1, 8.0, 0.05]}}))
    return f.items
