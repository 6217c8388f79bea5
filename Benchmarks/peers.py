#!/usr/bin/env python3
"""Training-step times of the peers on this machine: the yardstick for `cairn bench`.

usage: peers.py PEER [CASE ...] [--threads N] [--json]
  PEER   jax | torch | tf | sklearn
  CASE   seed | mnist | big | DIMS:ACT:BATCH, e.g. 300-1000-200-5:tanh:256

Every case is a fully connected network trained with Adam (1e-3) and the gradient clipped to global norm 1,
on random rows held in memory; the last layer is softmax cross-entropy, or one sigmoid unit with binary
cross-entropy. Printed: best of five timings, microseconds a step. One line a way of running the peer:
  jax scan     all steps in one compiled lax.scan (the fastest way there is in Python)
  jax step     one compiled step a call
  torch eager  the usual loop
  tf eager     a GradientTape loop; tf function: the same compiled; keras fit: model.fit
  sklearn      MLPClassifier.partial_fit (no clipping)
Benchmarks/compare sets them up, runs each in turn with Cairn, and prints the table.
Machines are noisy: compare ratios of runs in turn, in one sitting.
"""
import argparse, json, os, time
import numpy as np

NAMED = {"seed": ([2, 10, 10, 5, 1], "sigmoid", 32), "mnist": ([784, 512, 512, 10], "relu", 128),
         "big": ([1024, 2048, 2048, 2048, 10], "relu", 512)}

def parse(name):
    if name in NAMED: return NAMED[name]
    d, a, b = name.split(":"); return [int(v) for v in d.split("-")], a, int(b)

def rows(dims, batch):
    r = np.random.default_rng(0); n = max(batch * 20, 3000)
    x = r.uniform(-1, 1, (n, dims[0])).astype("f4")
    y = r.integers(0, dims[-1], n) if dims[-1] > 1 else r.integers(0, 2, n).astype("f4")
    return x, y

def steps_for(dims, batch):
    flop = 6.0 * batch * sum(a * b for a, b in zip(dims, dims[1:]))
    return int(min(2000, max(5, 4e10 / flop)))

def report(results, peer, case, how, run, steps):
    run(max(steps // 10, 1)); best = 1e9
    for _ in range(5):
        t = time.perf_counter(); run(steps); best = min(best, (time.perf_counter() - t) / steps)
    results.append(dict(peer=peer, case=case, how=how, us=best * 1e6))
    if not args.json: print(f"{peer:8} {case:24} {how:10} {best * 1e6:12.1f} us/step", flush=True)

def jax_peer(case, dims, act, batch, results):
    import jax, jax.numpy as jnp
    x, y = rows(dims, batch); x, y, n = jnp.array(x), jnp.array(y), len(x); one_unit = dims[-1] == 1
    k = jax.random.PRNGKey(0)
    ps = [(jax.random.normal(k, (a, b)) * 0.05, jnp.zeros(b)) for a, b in zip(dims, dims[1:])]
    f = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}[act]
    def loss(ps, xb, yb):
        h = xb
        for i, (w, b) in enumerate(ps):
            h = h @ w + b
            if i < len(ps) - 1: h = f(h)
        if one_unit:
            h = h[:, 0]; return jnp.mean(jnp.maximum(h, 0) - h * yb + jnp.log1p(jnp.exp(-jnp.abs(h))))
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(h), yb[:, None], 1))
    def step(carry, s):
        ps, m, v = carry; at = (s * batch) % (n - batch + 1)
        l, g = jax.value_and_grad(loss)(ps, jax.lax.dynamic_slice_in_dim(x, at, batch), jax.lax.dynamic_slice_in_dim(y, at, batch))
        norm = jnp.sqrt(sum(jnp.sum(t * t) for t in jax.tree.leaves(g))); g = jax.tree.map(lambda t: t * jnp.minimum(1., 1. / norm), g)
        m = jax.tree.map(lambda a, t: .9 * a + .1 * t, m, g); v = jax.tree.map(lambda a, t: .999 * a + .001 * t * t, v, g)
        return (jax.tree.map(lambda p, a, b: p - 1e-3 * a / (jnp.sqrt(b) + 1e-7), ps, m, v), m, v), l
    z = jax.tree.map(jnp.zeros_like, ps); state = [(ps, z, z)]; steps = steps_for(dims, batch)
    scan = jax.jit(lambda c, s: jax.lax.scan(step, c, s)); single = jax.jit(step)
    def run_scan(_):
        state[0], l = scan(state[0], jnp.arange(steps)); l.block_until_ready()
    def run_step(count):
        for s in range(count): state[0], l = single(state[0], s)
        l.block_until_ready()
    report(results, "jax", case, "scan", run_scan, steps); report(results, "jax", case, "step", run_step, steps)

def torch_peer(case, dims, act, batch, results):
    import torch
    torch.set_num_threads(args.threads)
    x, y = rows(dims, batch); x, y = torch.tensor(x), torch.tensor(y); one_unit = dims[-1] == 1
    layers = []
    for i, (a, b) in enumerate(zip(dims, dims[1:])):
        layers.append(torch.nn.Linear(a, b))
        if i < len(dims) - 2: layers.append({"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh}[act]())
    model = torch.nn.Sequential(*layers); opt = torch.optim.Adam(model.parameters(), 1e-3)
    lf = torch.nn.BCEWithLogitsLoss() if one_unit else torch.nn.CrossEntropyLoss()
    def run(count):
        for s in range(count):
            at = (s * batch) % (len(x) - batch + 1); o = model(x[at:at + batch])
            opt.zero_grad(set_to_none=True); lf(o.squeeze(1) if one_unit else o, y[at:at + batch]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); opt.step()
    report(results, "torch", case, "eager", run, steps_for(dims, batch))

def tf_peer(case, dims, act, batch, results):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"; os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import tensorflow as tf, keras
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    x, y = rows(dims, batch); one_unit = dims[-1] == 1; y = y[:, None] if one_unit else y
    def make(): return keras.Sequential([keras.layers.Input((dims[0],))] + [keras.layers.Dense(u, activation=act) for u in dims[1:-1]]
                                        + [keras.layers.Dense(dims[-1], activation="sigmoid" if one_unit else None)])
    lf = keras.losses.BinaryCrossentropy() if one_unit else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = make(); opt = keras.optimizers.Adam(1e-3, global_clipnorm=1.0); xt, yt = tf.constant(x), tf.constant(y)
    def step(xb, yb):
        with tf.GradientTape() as tape: l = lf(yb, model(xb, training=True))
        opt.apply_gradients(zip(tape.gradient(l, model.trainable_weights), model.trainable_weights)); return l
    compiled = tf.function(step); steps = steps_for(dims, batch)
    def loop(f):
        def run(count):
            for s in range(count):
                at = (s * batch) % (len(x) - batch + 1); f(xt[at:at + batch], yt[at:at + batch])
        return run
    report(results, "tf", case, "eager", loop(step), max(steps // 20, 3)); report(results, "tf", case, "function", loop(compiled), steps)
    fitted = make(); fitted.compile(optimizer=keras.optimizers.Adam(1e-3, global_clipnorm=1.0), loss=lf)
    def fit(count): fitted.fit(x[:batch * 20], y[:batch * 20], batch_size=batch, epochs=max(1, count // 20), verbose=0)
    report(results, "tf", case, "keras fit", fit, max(20, steps // 20 * 20 if steps < 400 else 400))

def sklearn_peer(case, dims, act, batch, results):
    import warnings; warnings.simplefilter("ignore")
    from sklearn.neural_network import MLPClassifier
    x, y = rows(dims, batch); y = y.astype(int); classes = np.arange(max(2, dims[-1]))
    m = MLPClassifier(tuple(dims[1:-1]), activation={"relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}[act], batch_size=batch, learning_rate_init=1e-3, alpha=0)
    def run(count):
        for s in range(count):
            at = (s * batch) % (len(x) - batch + 1); m.partial_fit(x[at:at + batch], y[at:at + batch], classes=classes)
    report(results, "sklearn", case, "partial_fit", run, max(3, steps_for(dims, batch) // 4))

if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("peer", choices=["jax", "torch", "tf", "sklearn"]); p.add_argument("cases", nargs="*", default=list(NAMED))
    p.add_argument("--threads", type=int, default=os.cpu_count()); p.add_argument("--json", action="store_true")
    args = p.parse_args(); results = []
    for name in args.cases or NAMED:
        dims, act, batch = parse(name)
        globals()[args.peer + "_peer"](name, dims, act, batch, results)
    if args.json: print(json.dumps(results))
