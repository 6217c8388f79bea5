"""Trains networks with Cairn, opens their checkpoints with Keras, and compares what both predict.

Each recipe of this folder is trained; its newest checkpoint is opened with `keras.models.load_model(..., compile=False)`
and, into a clone of that model that has other weights, with `load_weights`. The inputs are scaled as the
checkpoint says. Every prediction must be that of `cairn predict` within 1e-5.

usage: load_model.py CAIRN REPOSITORY      (needs keras with the tensorflow backend, keras-hub, h5py, numpy; see scripts/check-keras)
"""
import glob, os, subprocess, sys, tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import h5py
import keras
import keras_hub  # has PositionEmbedding
import numpy as np

TOLERANCE = 1e-5


def scaled(checkpoint, x):
    with h5py.File(checkpoint) as file:
        if "scaling_offset" not in file["data"]:
            return x
        offset, scale = file["data/scaling_offset"][:], file["data/scaling_scale"][:]
    shape = x.shape
    return ((x.reshape(len(x), -1) - offset) / scale).reshape(shape).astype("f4")


def newest(folder):
    return sorted(glob.glob(os.path.join(folder, "step-*.h5")))[-1]


def write_data(folder):
    """Rows that the recipes name: digits as pictures, and two columns of targets."""
    random = np.random.RandomState(1)
    with h5py.File(os.path.join(folder, "pictures.h5"), "w") as file, h5py.File(os.path.join(REPOSITORY, "Datasets/digits.h5")) as digits:
        x = digits["data/x"][:600]
        file["data/x"], file["data/y"] = x.reshape(len(x), 8, 8), digits["data/y"][:600]
    with h5py.File(os.path.join(folder, "values.h5"), "w") as file:
        x = random.normal(3, 5, (300, 6)).astype("f4")
        file["data/x"], file["data/y"] = x, np.stack([x[:, 0] - x[:, 1], x[:, 2] * 0.5], 1).astype("f4") / 10
    with h5py.File(os.path.join(folder, "tokens.h5"), "w") as file:
        x = random.randint(0, 9, (300, 5)).astype("i4")
        file["data/x"], file["data/y"] = x, ((x + np.roll(x, 1, 1)) % 9).astype("i4")
    with h5py.File(os.path.join(folder, "inputs.h5"), "w") as file:
        file["data/numeric"] = random.normal(0, 1, (300, 4)).astype("f4")
        file["data/day"], file["data/port"] = (random.randint(0, n, (300, k)).astype("i4") for n, k in ((5, 1), (7, 2)))
        file["data/y"] = np.stack([file["data/day"][:, 0] - file["data/port"][:, 1], file["data/numeric"][:, 0]], 1).astype("f4")


def check(name, folder):
    recipe = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".yaml")
    subprocess.run([CAIRN, "train", recipe, "--progress", "none"], cwd=folder, check=True)
    data = {"pictures": "pictures.h5", "values": "values.h5", "logits": "pictures.h5", "tokens": "tokens.h5", "inputs": "inputs.h5"}[name.split("-")[0]]
    output = os.path.join(folder, name + "-predictions.h5")
    subprocess.run(
        [CAIRN, "predict", name, "--data", data, "--output", output], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with h5py.File(output) as file, h5py.File(os.path.join(folder, data)) as rows:
        ours, x = file["predictions"][:], {key: rows["data"][key][:] for key in rows["data"] if key != "y"}

    checkpoint = newest(os.path.join(folder, "Checkpoints", name))
    x = scaled(checkpoint, x["x"]) if len(x) == 1 else x
    model = keras.models.load_model(checkpoint, compile=False)
    whole = np.abs(model.predict(x, verbose=0) - ours).max()
    other = keras.models.clone_model(model)  # with weights of its own
    before = np.abs(other.predict(x, verbose=0) - ours).max()
    other.load_weights(checkpoint)
    weights = np.abs(other.predict(x, verbose=0) - ours).max()
    print(f"{name}: load_model off by {whole:.2g}, load_weights by {weights:.2g} (other weights: {before:.2g}); "
          f"layers {' '.join(type(layer).__name__ for layer in model.layers)}", flush=True)
    # Fresh weights must not pass: predictions that ignore the weights would.
    return whole <= TOLERANCE and weights <= TOLERANCE and before > 100 * TOLERANCE and np.isfinite(ours).all()


if __name__ == "__main__":
    CAIRN, REPOSITORY = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    names = sorted(os.path.basename(path)[:-5] for path in glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*.yaml")))
    with tempfile.TemporaryDirectory() as folder:
        write_data(folder)
        failed = [name for name in names if not check(name, folder)]
    if failed or not names:
        sys.exit(f"load_model: differs from Keras: {' '.join(failed)}")
    print(f"load_model: {len(names)} checkpoints are what Keras {keras.__version__} says")
