#!/usr/bin/env python3
"""Many fits: `cairn sweep` against joblib with PyTorch, joblib with scikit-learn and Optuna, in turn; and what a member costs
its neighbours.

usage: Benchmarks/sweeps.py [--fits N] [--rounds N] [--peers torch sklearn optuna] [--cairn PROGRAM] [--packing]
                            (needs joblib, torch, scikit-learn, optuna)

Each fit is the article's moons network (2-10-10-5-1, 3000 rows, batches of 32, 100 epochs, RMSprop) with a learning rate of
its own. Nobody saves anything on the way; Cairn's fits leave a checkpoint with the history of every layer's gradient at their
end, the others nothing. All use every processor: Cairn a job each, joblib a process each with one thread, Optuna's random search through
joblib likewise (its own n_jobs are threads, which Python lets run one at a time). Printed: seconds, and the ratio to the
sweep before it in the same round; medians at the end. Nothing else should run on the machine.

--packing: one member alone, with all processors (what writes its checkpoints then has one of its own) and with one, then
as many members at once as there are processors; of moons and of an MNIST-sized network.
"""
import argparse, json, os, shutil, statistics, subprocess, sys, tempfile, time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
RECIPE = """
seed: 1234
data:
  train: {{make_moons: {{samples: 3000, noise: 0.25, shuffle: true, random_state: 1234}}}}
model:
  layers:
    - dense: {{units: 10, activation: relu}}
    - dense: {{units: 10, activation: relu}}
    - dense: {{units: 5, activation: relu}}
    - dense: {{units: 1, activation: sigmoid}}
loss: binary_crossentropy
optimizer: {{rmsprop: {{learning_rate: 0.001}}}}
training: {{epochs: {epochs}, batch_size: 32}}
checkpoints: {{every_epochs: {every}}}
tensorboard: false
"""
MNIST = """
seed: 1
data:
  train: {make_regression: {samples: 12800, features: 784, targets: 10, random_state: 1}}
model:
  layers:
    - dense: {units: 512, activation: relu}
    - dense: {units: 512, activation: relu}
    - dense: {units: 10}
loss: mean_squared_error
optimizer: {adam: {learning_rate: 0.001}}
training: {epochs: 8, batch_size: 128}
checkpoints: {every_epochs: 4}
"""


def cores():
    return len(os.sched_getaffinity(0))


def sweep(program, recipe, draws, jobs, processors=None):
    """Seconds, the program's start and the reading of the data included; on so many processors."""
    folder = tempfile.mkdtemp()
    with open(f"{folder}/recipe.yaml", "w") as file:
        file.write(recipe)
    name = "rmsprop" if "rmsprop" in recipe else "adam"
    with open(f"{folder}/sweep.yaml", "w") as file:
        file.write("recipe: recipe.yaml\nobjective: {monitor: loss}\nvary:\n"
                   f"  optimizer.{name}.learning_rate: {{log_uniform: [1e-4, 1e-2]}}\ndraw: {{random: {draws}}}\n")
    began = time.perf_counter()
    allowed = ["taskset", "-c", ",".join(map(str, sorted(os.sched_getaffinity(0))[:processors]))] if processors else []
    subprocess.run(allowed + [program, "sweep", "sweep.yaml", "--jobs", str(jobs), "--workers-per-run", "1", "--progress", "none"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    shutil.rmtree(folder)
    return seconds


def moons():
    from sklearn.datasets import make_moons
    return make_moons(n_samples=3000, noise=0.25, random_state=1234)


def fit_torch(rate, epochs=100):
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(1)
    x, y = moons()
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    sizes = [2, 10, 10, 5, 1]
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.RMSprop(net.parameters(), lr=rate)
    loss = torch.nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        order = torch.randperm(len(x))
        total = 0.0
        for start in range(0, len(x), 32):
            rows = order[start:start + 32]
            value = loss(net(x[rows])[:, 0], y[rows])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total += value.item()
    return total


def fit_sklearn(rate, epochs=100):
    import warnings
    from sklearn.neural_network import MLPClassifier
    warnings.simplefilter("ignore")
    x, y = moons()
    return MLPClassifier((10, 10, 5), batch_size=32, max_iter=epochs, learning_rate_init=rate, n_iter_no_change=epochs + 1,
                         random_state=1).fit(x, y).loss_


def rates(count):
    import random
    random.seed(1)
    return [10 ** random.uniform(-4, -2) for _ in range(count)]


def joblib_of(fit):
    def run(count):
        from joblib import Parallel, delayed
        Parallel(n_jobs=cores())(delayed(fit)(rate) for rate in rates(count))
    return run


def optuna_part(count, seed):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    study.optimize(lambda trial: fit_torch(trial.suggest_float("rate", 1e-4, 1e-2, log=True)), n_trials=count)
    return study.best_value


def optuna_run(count):
    from joblib import Parallel, delayed
    Parallel(n_jobs=cores())(delayed(optuna_part)(count // cores(), seed) for seed in range(cores()))


PEERS = {"torch": joblib_of(fit_torch), "sklearn": joblib_of(fit_sklearn), "optuna": optuna_run}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fits", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--cairn", default=os.path.join(ROOT, ".build/release/cairn"))
    parser.add_argument("--packing", action="store_true")
    options = parser.parse_args()
    program = os.path.abspath(options.cairn)
    if options.packing:
        for name, recipe in [("moons", RECIPE.format(epochs=1000, every=250)), ("mnist", MNIST)]:
            ratios, own_ratios = [], []
            for _ in range(options.rounds):
                alone = sweep(program, recipe, 1, 1)
                own = sweep(program, recipe, 1, 1, processors=1)
                together = sweep(program, recipe, cores(), cores())
                ratios.append(together / alone)
                own_ratios.append(together / own)
                print(f"{name}: one alone {alone:.2f} s, on one processor {own:.2f} s, {cores()} on {cores()} processors "
                      f"{together:.2f} s", flush=True)
            print(f"{name}: {cores()} at once take {statistics.median(own_ratios):.3f} times as long as one on one processor, "
                  f"{statistics.median(ratios):.3f} times as long as one with all of them", flush=True)
        return
    recipe = RECIPE.format(epochs=100, every=0)
    times = {name: [] for name in ["cairn", *options.peers]}
    ratios = {name: [] for name in options.peers}
    for round in range(options.rounds):
        for peer in options.peers:
            own = sweep(program, recipe, options.fits, cores())
            began = time.perf_counter()
            PEERS[peer](options.fits)
            other = time.perf_counter() - began
            times["cairn"].append(own)
            times[peer].append(other)
            ratios[peer].append(other / own)
            print(f"round {round + 1}: cairn {own:.2f} s, {peer} {other:.2f} s, ratio {other / own:.1f}", flush=True)
    for peer in options.peers:
        print(f"{peer}: median {statistics.median(times[peer]):.2f} s for {options.fits} fits, "
              f"{statistics.median(ratios[peer]):.1f} times the sweep's {statistics.median(times['cairn']):.2f} s", flush=True)


if __name__ == "__main__":
    main()
