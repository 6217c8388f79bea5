"""Columns of numbers as scikit-learn prepares them: columns.h5. Run with scikit-learn 1.7 or later."""
import os

import h5py
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

random = np.random.default_rng(17)
columns = {
    "normal": random.normal(1000, 1, 300),
    "heavy": np.exp(random.normal(0, 2, 300)),
    "whole": random.integers(0, 6, 300).astype(float),
    "constant": np.full(300, 0.1),
    "seconds": 1.7e9 + random.integers(0, 600, 300),
    "gaps": np.where(random.random(300) < 0.2, np.nan, random.normal(-5, 3, 300)),
}
here = os.path.dirname(os.path.abspath(__file__))
with h5py.File(os.path.join(here, "columns.h5"), "w") as file:
    for name, values in columns.items():
        train, group = values[:200, None], file.create_group(name)
        group["values"] = values
        for missing in ["mean", "median"]:
            imputer = SimpleImputer(strategy=missing).fit(train)
            filled, all_filled = imputer.transform(train), imputer.transform(values[:, None])
            group[f"{missing}_standard"] = StandardScaler().fit(filled).transform(all_filled)[:, 0]
            group[f"{missing}_min_max"] = MinMaxScaler().fit(filled).transform(all_filled)[:, 0]
            quantile = QuantileTransformer(output_distribution="normal", subsample=None, n_quantiles=200)
            group[f"{missing}_quantile"] = quantile.fit(filled).transform(all_filled)[:, 0]
            low, middle, high = np.quantile(filled, [0.25, 0.5, 0.75])
            spread = np.ptp(filled)
            scale = high - low if high > low else spread / 2 if spread > 0 else 1
            z = (all_filled[:, 0] - middle) / scale
            group[f"{missing}_robust"] = z / np.sqrt(1 + (z / 3) ** 2)
