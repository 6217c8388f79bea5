"""Data sets, made from a seed; x [n, features], y [n] (float64, or int64 for classes)."""
import os
import h5py
import numpy as np


def moons(seed=5, n=1000, noise=0.2):
    r = np.random.default_rng([seed, 1]); t = np.pi * r.random(n); y = (np.arange(n) % 2).astype(np.float64)
    x = np.where(y[:, None] == 0, np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)])
    return x + noise * r.standard_normal(x.shape), y


def rings(seed=5, n=1000, noise=0.1):
    r = np.random.default_rng([seed, 2]); t = 2 * np.pi * r.random(n); y = (np.arange(n) % 2).astype(np.float64)
    x = np.where(y[:, None] == 0, 1.0, 0.4) * np.c_[np.cos(t), np.sin(t)]
    return x + noise * r.standard_normal(x.shape), y


def regression(seed=3, n=1000, features=10, noise=1.0):
    """A linear problem with coefficients up to 100: the targets' variance is in the ten thousands."""
    r = np.random.default_rng([seed, 3]); x = r.standard_normal((n, features))
    w = np.where(np.arange(features) < 0.8 * features, 100 * r.random(features), 0)
    return x, x @ w + noise * r.standard_normal(n)


def friedman(seed=3, n=1000):
    """Friedman's first problem, targets standardized."""
    r = np.random.default_rng([seed, 4]); x = r.random((n, 8))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4] + r.standard_normal(n)
    return (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()


def houses(seed=3, n=1000, scaled=True, dollars=False):
    """Eight columns like a census' (incomes, rooms, people, places), prices with a ceiling at 5."""
    r = np.random.default_rng([seed, 5])
    income = r.lognormal(1.2, 0.45, n); age = r.integers(1, 53, n); rooms = 4.5 + income * 0.25 + r.normal(0, 0.8, n)
    bedrooms = 1 + r.normal(0, 0.08, n); people = r.lognormal(7, 0.7, n); home = r.lognormal(1.0, 0.25, n)
    latitude = r.uniform(32.5, 42, n); longitude = -124 + 10 * r.random(n)
    price = 0.45 * income + 0.008 * age - 0.5 * (home - 2.8) + 0.6 * np.sin(latitude) + 0.3 * np.cos(longitude) + r.normal(0, 0.25, n)
    x = np.c_[income, age, rooms, bedrooms, people, home, latitude, longitude]; y = np.clip(price + 0.3, 0.15, 5)
    if scaled: x = (x - x.mean(0)) / x.std(0)
    return x, y * (1e5 if dollars else 1)


def digits(seed=4, n=1000, classes=10, size=8, noise=0.25):
    """Blurred strokes: each class is a few lines in a square, moved by up to one place, with noise; values from 0 to 1."""
    r = np.random.default_rng([seed, 6]); grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1)
    strokes = r.uniform(1, size - 2, (classes, 3, 2, 2)); y = r.integers(0, classes, n)
    def draw(c, shift):
        image = np.zeros((size, size))
        for a, b in strokes[c] + shift:
            t = np.clip(((grid - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)[..., None]
            image = np.maximum(image, np.exp(-((grid - a - t * (b - a)) ** 2).sum(-1) / 0.6))
        return image.ravel()
    x = np.stack([draw(c, r.uniform(-0.8, 0.8, 2)) for c in y]) + noise * r.standard_normal((n, size * size))
    return np.clip(x, 0, 1), y.astype(np.int64)


def blobs(seed=4, n=900, classes=3, features=5, spread=1.5):
    r = np.random.default_rng([seed, 7]); y = r.integers(0, classes, n)
    return r.normal(0, 2, (classes, features))[y] + spread * r.standard_normal((n, features)) * 0.5, y.astype(np.int64)


def waves(seed=4, n=1000):
    r = np.random.default_rng([seed, 8]); x = r.uniform(-1, 1, (n, 1)); return x, np.sin(4 * x[:, 0]) + 0.1 * r.standard_normal(n)


def constant_loss(loss, y):
    """The loss of the best constant output for these targets."""
    y = np.asarray(y)
    if loss == "mean_squared_error": return float(y.astype(np.float64).var())
    if loss == "mean_absolute_error": return float(np.abs(y - np.median(y)).mean())
    if loss == "huber":
        e = lambda c: float(np.where(np.abs(y - c) <= 1, 0.5 * (y - c) ** 2, np.abs(y - c) - 0.5).mean())
        a, b = float(y.min()), float(y.max())
        for _ in range(200):
            c, d = a + (b - a) / 3, b - (b - a) / 3
            a, b = (a, d) if e(c) < e(d) else (c, b)
        return e((a + b) / 2)
    p = np.unique(y, return_counts=True)[1] / len(y)
    return float(-(p * np.log(p)).sum())


def write(path, x, y):
    """The file at once or not at all: somebody may be reading it."""
    with h5py.File(path + ".new", "w") as f: f["data/x"] = x; f["data/y"] = y
    os.replace(path + ".new", path)
