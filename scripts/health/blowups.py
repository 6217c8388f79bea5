"""Trainings meant to blow up, by cause: rate, initializer, targets, poisoned rows, inputs; and late ones, whose rate rises in mid-run.

Each is (recipe, data, what it is by hand): `by_hand` takes the recipe and gives that of somebody who knows the cause.
"""
import copy
import numpy as np
import tasks
from recipes import *

SETS = {
    "reg": lambda: tasks.regression(), "reg20": lambda: tasks.regression(seed=8, features=20), "house": lambda: tasks.houses(),
    "friedman": lambda: tasks.friedman(), "moons": lambda: tasks.moons(), "rings": lambda: tasks.rings(),
    "digits": lambda: tasks.digits(), "blobs": lambda: tasks.blobs(), "waves": lambda: tasks.waves(),
}
TASKS = {**{n: task(n, MSE) for n in ("reg", "reg20", "house", "friedman", "waves")}, **{n: task(n, BCE) for n in ("moons", "rings")},
         "digits": task("digits", SCC, 10), "blobs": task("blobs", SCC, 3)}


def item(kind, name, t, layers, opt, change=None, bad=(), hand=None, **more):
    """One candidate; `change` of (x, y) spoils the data, rows `bad` by it."""
    data, name = t, f"{kind}-{name}"
    own = {**TASKS[t], "data": name if change else t}
    return dict(kind=kind, name=name, set=data, change=change, bad=list(bad), hand=hand or (lambda r: r), recipe=recipe(name, own, layers, opt, **more))


def redrawn(r):
    """With the initializers that suit."""
    r = copy.deepcopy(r)
    for layer in r["model"]["layers"]:
        if "dense" in layer: layer["dense"]["kernel_initializer"] = suited(layer["dense"]["activation"])
    return r


def target(factor, shift=0.0): return lambda x, y: (x, y * factor + shift)


def rows(which, x_by=1.0, y_to=None, y_by=1.0):
    def change(x, y):
        x, y = x.copy(), y.copy(); x[which] = x[which] * x_by; y[which] = y[which] * y_by if y_to is None else y_to
        return x, y
    return change


def columns(which, factor, shift=0.0):
    def change(x, y):
        x = x.copy(); x[:, which] = x[:, which] * factor + shift; return x, y
    return change


def candidates():
    c, N = [], network
    net = lambda t, *a, **k: N(TASKS[t], *a, **k)
    for t, depth, act, rate, more in [
            ("reg", 2, "relu", 0.05, {}), ("reg", 2, "relu", 0.2, {}), ("reg", 3, "elu", 0.02, {}), ("reg", 3, "tanh", 5.0, {}), ("reg", 1, "gelu", 0.1, {}),
            ("reg", 2, "relu", 0.02, dict(momentum=0.9)), ("reg", 2, "relu", 0.01, dict(momentum=0.95, nesterov=True)), ("reg20", 2, "relu", 0.03, {}),
            ("reg20", 4, "elu", 0.02, {}), ("reg20", 1, "linear", 1.0, {}), ("house", 2, "relu", 2.0, {}), ("house", 3, "elu", 1.0, {}), ("house", 4, "gelu", 1.5, {}),
            ("house", 2, "relu", 0.5, dict(momentum=0.9)), ("house", 4, "elu", 0.4, dict(momentum=0.9, nesterov=True)), ("house", 6, "relu", 1.0, {}),
            ("friedman", 2, "relu", 2.0, {}), ("friedman", 3, "relu", 1.0, {}), ("friedman", 3, "elu", 1.2, {}), ("friedman", 5, "gelu", 1.0, {}),
            ("friedman", 2, "relu", 0.4, dict(momentum=0.9)), ("waves", 3, "relu", 3.0, {}), ("waves", 4, "elu", 3.0, {}), ("waves", 2, "elu", 1.0, dict(momentum=0.95)),
            ("moons", 10, "relu", 100.0, {}), ("moons", 6, "elu", 100.0, {}), ("moons", 4, "relu", 1000.0, dict(momentum=0.9)), ("rings", 8, "gelu", 100.0, {}),
            ("digits", 4, "relu", 300.0, {}), ("digits", 6, "elu", 50.0, {}), ("blobs", 8, "relu", 100.0, {}), ("blobs", 5, "elu", 100.0, {})]:
        word = "mom" if more else "sgd"
        c.append(item("rate", f"{t}-{act}{depth}-{word}-{number(rate)}", t, net(t, depth, 32, act), optimizer("sgd", rate, **more)))
    for t, depth, act, how, word, rate in [
            ("reg", 1, "relu", uniform(4, 5), "u45", 0.01), ("reg", 2, "relu", uniform(0.5, 1.5), "u1", 0.005), ("reg", 3, "relu", normal(1.0), "n1", 0.002),
            ("reg", 4, "elu", normal(0.6), "n06", 0.002), ("reg20", 2, "relu", normal(2.0), "n2", 0.002), ("reg20", 5, "linear", normal(0.5), "n05", 0.002),
            ("house", 8, "elu", normal(0.6), "n06", 0.05), ("house", 5, "relu", normal(1.0), "n1", 0.02), ("house", 3, "relu", uniform(1, 2), "u12", 0.01),
            ("house", 10, "gelu", normal(0.5), "n05", 0.02), ("friedman", 6, "relu", normal(0.8), "n08", 0.05), ("friedman", 4, "elu", normal(1.0), "n1", 0.02),
            ("friedman", 2, "relu", normal(3.0), "n3", 0.02), ("waves", 6, "relu", normal(0.8), "n08", 0.05), ("waves", 8, "elu", normal(0.7), "n07", 0.05)]:
        c.append(item("init", f"{t}-{act}{depth}-{word}", t, net(t, depth, 32, act, how), optimizer("sgd", rate), hand=redrawn))
    for t, word, change in [("house", "1e9", target(1e9)), ("house", "1e5", target(1e5)), ("house", "1e4", target(1e4)), ("house", "bias1e5", target(1, 1e5)),
                            ("friedman", "1e6", target(1e6)), ("friedman", "1e3", target(1e3)), ("friedman", "bias1e6", target(1, 1e6)), ("reg", "bias1e6", target(1, 1e6)),
                            ("reg", "bias1e4", target(1, 1e4)), ("reg20", "x1000", target(1000)), ("waves", "1e4", target(1e4)), ("waves", "bias1e5", target(1, 1e5))]:
        for depth, act, rate in [(2, "relu", 0.01), (1, "relu", 0.01)] if word in ("1e9", "1e5", "bias1e6") else [(2, "elu", 0.02)]:
            c.append(item("target", f"{t}-{word}-{act}{depth}", t, net(t, depth, 32, act), optimizer("sgd", rate), change))
    for t, word, bad, change in [
            ("house", "y1e12", [217], rows([217], y_to=1e12)), ("house", "y1e8", [40], rows([40], y_to=-1e8)), ("house", "y1e6-3", [3, 500, 901], rows([3, 500, 901], y_to=1e6)),
            ("house", "x1e4-3", [11, 222, 613], rows([11, 222, 613], x_by=1e4)), ("house", "x1e6", [700], rows([700], x_by=1e6)), ("friedman", "y1e10", [99], rows([99], y_to=1e10)),
            ("friedman", "x1e5-2", [5, 806], rows([5, 806], x_by=1e5)), ("friedman", "y1e7-5", [1, 2, 300, 400, 950], rows([1, 2, 300, 400, 950], y_to=1e7)),
            ("reg", "y1e12", [612], rows([612], y_to=1e12)), ("reg", "x1e4", [14], rows([14], x_by=1e4)), ("reg20", "y1e9-2", [77, 78], rows([77, 78], y_to=1e9)),
            ("waves", "y1e9", [500], rows([500], y_to=1e9)), ("waves", "x1e6-2", [8, 9], rows([8, 9], x_by=1e6)), ("house", "xy-1e5", [321], rows([321], x_by=1e5, y_by=1e5)),
            ("friedman", "x1e8", [640], rows([640], x_by=1e8)), ("house", "y1e15", [818], rows([818], y_to=1e15))]:
        depth, act = (2, "relu") if len(word) % 2 else (3, "elu")
        rate = 0.0005 if t.startswith("reg") else 0.02
        c.append(item("poison", f"{t}-{word}", t, net(t, depth, 32, act), optimizer("sgd", rate), change, bad))
    for t, word, change in [("house", "x1e4", columns(slice(None), 1e4)), ("house", "one-1e5", columns([4], 1e5)), ("friedman", "x1e3", columns(slice(None), 1e3)),
                            ("friedman", "shift1e4", columns([0, 3], 1.0, 1e4)), ("reg", "x300", columns(slice(None), 300.0)), ("waves", "x1e4", columns(slice(None), 1e4))]:
        c.append(item("input", f"{t}-{word}", t, net(t, 2, 32, "relu"), optimizer("sgd", 0.01), change))
    return c


def late_candidates():
    c, N = [], network
    net = lambda t, *a, **k: N(TASKS[t], *a, **k)
    for t, depth, act, at, before, after, momentum in [
            ("house", 3, "elu", 400, 0.02, 3.0, 0), ("house", 2, "relu", 500, 0.02, 5.0, 0), ("house", 3, "gelu", 300, 0.01, 1.0, 0.9), ("house", 4, "relu", 350, 0.01, 2.0, 0),
            ("house", 2, "elu", 600, 0.05, 4.0, 0), ("house", 2, "relu", 250, 0.005, 0.5, 0.9), ("friedman", 2, "relu", 400, 0.02, 3.0, 0), ("friedman", 3, "elu", 500, 0.02, 2.0, 0),
            ("friedman", 4, "gelu", 450, 0.02, 2.0, 0), ("friedman", 2, "relu", 300, 0.01, 0.6, 0.9), ("friedman", 3, "relu", 700, 0.05, 3.0, 0), ("reg", 2, "relu", 400, 0.0005, 0.2, 0),
            ("reg", 2, "relu", 500, 0.0003, 0.05, 0), ("reg", 3, "elu", 300, 0.0002, 0.05, 0), ("reg", 2, "relu", 350, 0.0001, 0.02, 0.9), ("reg20", 2, "relu", 400, 0.0002, 0.05, 0),
            ("reg20", 3, "elu", 600, 0.0002, 0.1, 0), ("waves", 3, "relu", 400, 0.05, 5.0, 0), ("waves", 3, "elu", 500, 0.05, 6.0, 0), ("waves", 4, "relu", 300, 0.02, 3.0, 0),
            ("moons", 8, "relu", 400, 0.05, 300.0, 0), ("digits", 4, "relu", 500, 0.05, 300.0, 0), ("blobs", 6, "relu", 400, 0.02, 200.0, 0), ("rings", 6, "elu", 400, 0.05, 300.0, 0)]:
        word = "mom" if momentum else "step"
        opt = optimizer("sgd", step(at, before, after), **({"momentum": momentum} if momentum else {}))
        c.append(item(word, f"{t}-{act}{depth}-{at}", t, net(t, depth, 32, act), opt))
    for t, depth, act, start, goal, steps in [
            ("house", 2, "relu", 0.001, 2.0, 500), ("house", 3, "elu", 0.001, 2.0, 600), ("house", 4, "gelu", 0.001, 1.5, 400), ("friedman", 2, "relu", 0.001, 3.0, 500),
            ("friedman", 3, "elu", 0.001, 2.0, 700), ("friedman", 4, "relu", 0.001, 2.0, 300), ("reg", 2, "relu", 0.00001, 0.1, 500), ("reg", 3, "elu", 0.00001, 0.05, 400),
            ("reg20", 2, "relu", 0.00001, 0.1, 600), ("waves", 3, "relu", 0.001, 4.0, 500), ("waves", 4, "elu", 0.001, 4.0, 400), ("house", 2, "relu", 0.0005, 5.0, 800)]:
        c.append(item("warm", f"{t}-{act}{depth}-{steps}", t, net(t, depth, 32, act), optimizer("sgd", warmup(start, goal, steps, 900))))
    for t, at, factor in [("house", 300, 60), ("house", 500, 100), ("friedman", 400, 100), ("friedman", 600, 150), ("waves", 400, 80), ("reg", 500, 200)]:
        rate = 0.0003 if t == "reg" else 0.03
        c.append(item("rise", f"{t}-{at}", t, net(t, 2, 32, "relu"), optimizer("sgd", {"exponential_decay": {
            "initial_learning_rate": rate, "decay_steps": at, "decay_rate": float(factor)}})))
    return c


def spoilt(entry):
    """(x, y) as trained on, and without the poisoned rows."""
    x, y = SETS[entry["set"]]()
    if entry["change"]: x, y = entry["change"](x, y)
    keep = np.setdiff1d(np.arange(len(x)), entry["bad"])
    return (x, y), (x[keep], y[keep])
