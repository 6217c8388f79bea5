#!/usr/bin/env python3
"""Training-step times of the peers for networks with structure: the yardstick for `cairn bench` of the
same names.

usage: peers_networks.py PEER CASE [--threads N] [--ways W,W] [--seconds S] [--json]
  PEER   jax | torch | tf

Every case: random rows held in memory, batches are consecutive slices of them, float32, training mode, Adam (1e-3, .9, .999),
the gradient clipped to global norm 1, mean softmax cross-entropy over integer labels (one unit: binary cross-entropy on its
logit). A step is slice, forward, backward, clip, update. Every way runs in a process of its own. us: best of many short
repetitions.

Ways:
  jax    step (one jitted step a call) | scan (all in one lax.scan)
  torch  eager | eager-cl (channels_last: convolutions) | compile, compile-cl (forward and backward by inductor; needs g++)
  tf     function (a compiled GradientTape step on a Keras model) | keras fit

Cases (channels last; x is the input's shape):
  lenet     x 28x28x1. conv 5x5 -> 6, same padding, tanh; average pool 2x2; conv 5x5 -> 16, no padding, tanh; average pool 2x2;
            flatten 400; dense 120 tanh; dense 84 tanh; dense 10. Biases everywhere. Batch 64. 61,706 parameters.
  convnet   x 32x32x3. conv 3x3 -> 32 relu, conv 3x3 -> 32 relu, max pool 2x2, conv 3x3 -> 64 relu, conv 3x3 -> 64 relu, max
            pool 2x2, flatten 4096, dense 512 relu, dense 10. Same padding, biases. Batch 128. 2,168,362 parameters.
  resnet20  x 32x32x3. conv 3x3 -> 16, BN, relu; three stages of three blocks at 16, 32, 64 channels; block: conv 3x3 (stride 2
            in the first of stages 2 and 3), BN, relu, conv 3x3, BN, + shortcut, relu; shortcut: identity, where the shape changes
            a 1x1 convolution of stride 2 (He et al. 2015, option B); global average pool; dense 10. No biases in the convolutions;
            BN with scale and shift, eps 1e-5, batch statistics, running averages kept (.9). Batch 128. 272,282 parameters.
  tabular   10 columns of ids, cardinalities 10 20 50 100 500 1000 5000 10000 50000 100000, embedding 16 each, joined with 20
            numbers: 180 -> dense 256 relu -> dense 128 relu -> 1. Batch 1024. All tables updated densely.
  lstm      64 ids below 65 a row, embedding 64, two LSTM of 256 units (tanh, sigmoid; bias; torch has two bias vectors), dense 65
            at every step, mean cross-entropy over all steps, state zero at the row's start. Batch 32.
  gru       the same with GRU, reset gate after the product (Keras' reset_after, torch's only one).
  rnn-pixel 784 steps of one number, LSTM of 128 units, last state -> dense 10. Batch 128.
  gpt       nanoGPT's CPU configuration: 4 blocks, 4 heads, width 128, 64 ids below 65 a row, batch 12. Learned positions, pre-norm
            (LayerNorm with scale, without shift, eps 1e-5), fused QKV, causal attention, MLP 4 x width, exact (erf) GELU, final
            LayerNorm, head tied to the embedding, no biases, no dropout, mean cross-entropy over all positions.
  gpt-m     6 blocks, 6 heads, width 384, 256 ids a row, batch 8, otherwise the same.
"""
import argparse, json, os, subprocess, sys, time

CARDS = [10, 20, 50, 100, 500, 1000, 5000, 10000, 50000, 100000]
GPT = {"gpt": (4, 4, 128, 64), "gpt-m": (6, 6, 384, 256)}  # blocks, heads, width, positions
BATCH = {"lenet": 64, "convnet": 128, "resnet20": 128, "tabular": 1024, "lstm": 32, "gru": 32, "rnn-pixel": 128, "gpt": 12, "gpt-m": 8}
STEPS = {"lenet": 60, "convnet": 2, "resnet20": 2, "tabular": 10, "lstm": 3, "gru": 3, "rnn-pixel": 1, "gpt": 8, "gpt-m": 1}
CONV = ("lenet", "convnet", "resnet20")
WAYS = {"jax": ["step", "scan"], "torch": ["eager", "eager-cl", "compile", "compile-cl"], "tf": ["function", "keras fit"]}


def rows(case):
    import numpy as np
    r = np.random.default_rng(0); b = BATCH[case]; n = b * 20
    f = lambda *s: r.uniform(-1, 1, s).astype("f4")
    if case == "lenet": return [f(n, 28, 28, 1)], r.integers(0, 10, n).astype("i4")
    if case in CONV: return [f(n, 32, 32, 3)], r.integers(0, 10, n).astype("i4")
    if case == "rnn-pixel": return [f(n, 784, 1)], r.integers(0, 10, n).astype("i4")
    if case != "tabular":
        t = GPT[case][3] if case in GPT else 64
        return [r.integers(0, 65, (n, t)).astype("i4")], r.integers(0, 65, (n, t)).astype("i4")
    return [np.stack([r.integers(0, c, n) for c in CARDS], 1).astype("i4"), f(n, 20)], r.integers(0, 2, n).astype("f4")


def report(way, run, steps, seconds, granule=1):
    """run(count) does `count` steps and waits for them."""
    begin = time.perf_counter(); run(granule); first = time.perf_counter() - begin
    run(max(1, steps // granule // 4) * granule)
    walls = []; end = time.perf_counter() + seconds
    while len(walls) < 5 or time.perf_counter() < end:
        begin = time.perf_counter(); run(steps); walls.append((time.perf_counter() - begin) / steps)
    with open("/proc/self/status") as status: peak = next(int(l.split()[1]) / 1024 for l in status if l.startswith("VmHWM"))
    return dict(how=way, us=min(walls) * 1e6, first=first, rss_mb=peak)


def jax_model(case):
    import jax, jax.numpy as jnp, numpy as np
    from jax import lax
    r = np.random.default_rng(1)
    W = lambda *s: jnp.array(r.normal(0, 1 / np.sqrt(np.prod(s[:-1])), s).astype("f4"))
    Z = lambda *s: jnp.zeros(s, "float32")
    dense = lambda x, p: x @ p[0] + p[1]
    conv = lambda x, w, pad="SAME", stride=1: lax.conv_general_dilated(x, w, (stride, stride), pad, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    # A reshape is far faster here than reduce_window, whose gradient XLA scatters.
    blocks = lambda x: x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2, x.shape[3])
    def soft(h, y): return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(h), y[..., None], -1))
    def binary(h, y): h = h[:, 0]; return jnp.mean(jnp.maximum(h, 0) - h * y + jnp.log1p(jnp.exp(-jnp.abs(h))))
    def plain(f, lf=soft): return lambda p, s, xs, y: (lf(f(p, *xs), y), s)
    if case == "lenet":
        p = dict(c1=(W(5, 5, 1, 6), Z(6)), c2=(W(5, 5, 6, 16), Z(16)), d=[(W(400, 120), Z(120)), (W(120, 84), Z(84)), (W(84, 10), Z(10))])
        def f(p, x):
            x = blocks(jnp.tanh(conv(x, p["c1"][0]) + p["c1"][1])).mean((2, 4))
            x = blocks(jnp.tanh(conv(x, p["c2"][0], "VALID") + p["c2"][1])).mean((2, 4)).reshape(x.shape[0], 400)
            x = jnp.tanh(dense(x, p["d"][0])); x = jnp.tanh(dense(x, p["d"][1])); return dense(x, p["d"][2])
        return p, (), plain(f)
    if case == "convnet":
        p = dict(c=[(W(3, 3, a, b), Z(b)) for a, b in ((3, 32), (32, 32), (32, 64), (64, 64))], d=[(W(4096, 512), Z(512)), (W(512, 10), Z(10))])
        def f(p, x):
            for i, (w, b) in enumerate(p["c"]):
                x = jax.nn.relu(conv(x, w) + b)
                if i % 2: x = blocks(x).max((2, 4))
            return dense(jax.nn.relu(dense(x.reshape(x.shape[0], 4096), p["d"][0])), p["d"][1])
        return p, (), plain(f)
    if case == "resnet20":
        widths = [(3, 16)] + [(a, b) for s, c in enumerate((16, 32, 64)) for k in range(3) for a, b in (((c // 2 if s and not k else c), c), (c, c))]
        p = dict(c=[(W(3, 3, a, b), jnp.ones(b), Z(b)) for a, b in widths], s=[W(1, 1, 16, 32), W(1, 1, 32, 64)], d=(W(64, 10), Z(10))); s0 = [(Z(b), jnp.ones(b)) for _, b in widths]
        def loss(p, s, xs, y):
            new = []
            def cb(x, stride=1):
                w, g, b = p["c"][len(new)]; m0, v0 = s[len(new)]; x = conv(x, w, stride=stride)
                m = x.mean((0, 1, 2)); v = jnp.maximum((x * x).mean((0, 1, 2)) - m * m, 0)
                new.append((.9 * m0 + .1 * m, .9 * v0 + .1 * v)); return (x - m) * (lax.rsqrt(v + 1e-5) * g) + b
            x = jax.nn.relu(cb(xs[0]))
            for st in range(3):
                for k in range(3):
                    stride = 2 if st and not k else 1; h = cb(jax.nn.relu(cb(x, stride)))
                    if stride == 2: x = conv(x, p["s"][st - 1], stride=2)
                    x = jax.nn.relu(x + h)
            return soft(dense(x.mean((1, 2)), p["d"]), y), lax.stop_gradient(new)
        return p, s0, loss
    if case in ("lstm", "gru", "rnn-pixel"):
        gates = 3 if case == "gru" else 4; u = 128 if case == "rnn-pixel" else 256; sizes = [1] if case == "rnn-pixel" else [64, 256]
        p = dict(l=[(W(a, gates * u), W(u, gates * u), Z(gates * u), Z(gates * u)) for a in sizes], d=(W(u, 10 if case == "rnn-pixel" else 65), Z(10 if case == "rnn-pixel" else 65)))
        if case != "rnn-pixel": p["e"] = W(65, 64)
        def layer(x, q, last):  # x: time, batch, inputs; the products with the input of all steps at once
            wi, wh, b, bh = q; xi = x @ wi + b
            if gates == 4:
                def cell(c, a):
                    h, m = c; i, j, o, g = jnp.split((a + h @ wh), 4, 1)
                    m = jax.nn.sigmoid(j) * m + jax.nn.sigmoid(i) * jnp.tanh(g); h = jax.nn.sigmoid(o) * jnp.tanh(m); return (h, m), (None if last else h)
                zero = jnp.zeros((x.shape[1], u), xi.dtype); c, hs = lax.scan(cell, (zero, zero), xi); return c[0] if last else hs
            def cell(h, a):
                n = h @ wh + bh; r = jax.nn.sigmoid(a[:, :u] + n[:, :u]); z = jax.nn.sigmoid(a[:, u:2*u] + n[:, u:2*u])
                h = (1 - z) * jnp.tanh(a[:, 2*u:] + r * n[:, 2*u:]) + z * h; return h, h
            return lax.scan(cell, jnp.zeros((x.shape[1], u), xi.dtype), xi)[1]
        def f(p, x):
            x = (p["e"][x] if case != "rnn-pixel" else x).swapaxes(0, 1)
            for q in p["l"]: x = layer(x, q, case == "rnn-pixel")
            x = dense(x, p["d"]); return x if case == "rnn-pixel" else x.swapaxes(0, 1)
        return p, (), plain(f)
    if case in GPT:
        n, h, c, t = GPT[case]; mask = jnp.tril(jnp.ones((t, t), bool))
        p = dict(e=W(65, c) , pos=W(t, c), b=[dict(n1=jnp.ones(c), qkv=W(c, 3 * c), o=W(c, c), n2=jnp.ones(c), up=W(c, 4 * c), dn=W(4 * c, c)) for _ in range(n)], n=jnp.ones(c))
        def norm(x, g): m = x.mean(-1, keepdims=True); v = ((x - m) ** 2).mean(-1, keepdims=True); return (x - m) * lax.rsqrt(v + 1e-5) * g
        def f(p, x):
            x = p["e"][x] + p["pos"]; b = x.shape[0]
            for q in p["b"]:
                a = norm(x, q["n1"]) @ q["qkv"]; k = a.reshape(b, t, 3, h, c // h).transpose(2, 0, 3, 1, 4)
                s = jnp.einsum("bhqd,bhkd->bhqk", k[0], k[1]) * (c // h) ** -.5
                s = jax.nn.softmax(jnp.where(mask, s, -1e30)); o = jnp.einsum("bhqk,bhkd->bqhd", s, k[2]).reshape(b, t, c)
                x = x + o @ q["o"]
                x = x + jax.nn.gelu(norm(x, q["n2"]) @ q["up"], approximate=False) @ q["dn"]
            return norm(x, p["n"]) @ p["e"].T
        return p, (), plain(f)
    p = dict(e=[W(n, 16) for n in CARDS], d=[(W(180, 256), Z(256)), (W(256, 128), Z(128)), (W(128, 1), Z(1))])
    def f(p, ids, x):
        x = jnp.concatenate([e[ids[:, i]] for i, e in enumerate(p["e"])] + [x], 1)
        return dense(jax.nn.relu(dense(jax.nn.relu(dense(x, p["d"][0])), p["d"][1])), p["d"][2])
    return p, (), plain(f, binary)


def jax_peer(case, way):
    import jax, jax.numpy as jnp
    xs, y = rows(case); xs = [jnp.array(x) for x in xs]; y = jnp.array(y); n, batch = len(y), BATCH[case]
    params, extra, loss = jax_model(case)
    def step(carry, s):
        ps, m, v, ex = carry; at = (s * batch) % (n - batch + 1); cut = lambda t: jax.lax.dynamic_slice_in_dim(t, at, batch)
        (l, ex), g = jax.value_and_grad(loss, has_aux=True)(ps, ex, [cut(x) for x in xs], cut(y))
        scale = jnp.minimum(1., 1. / jnp.sqrt(sum(jnp.sum(t * t) for t in jax.tree.leaves(g))))
        c1, c2 = 1 - .9 ** (s + 1.), 1 - .999 ** (s + 1.)
        m = jax.tree.map(lambda a, t: .9 * a + .1 * (t * scale), m, g); v = jax.tree.map(lambda a, t: .999 * a + .001 * (t * scale) ** 2, v, g)
        ps = jax.tree.map(lambda p, a, b: p - 1e-3 * (a / c1) / (jnp.sqrt(b / c2) + 1e-8), ps, m, v)
        return (ps, m, v, ex), l
    zeros = lambda: jax.tree.map(jnp.zeros_like, params); state = [(params, zeros(), zeros(), extra)]; steps = STEPS[case]; count = [0]
    if way == "scan":
        steps = max(4, steps); scan = jax.jit(lambda c, at: jax.lax.scan(step, c, at + jnp.arange(steps)), donate_argnums=0)
        def run(_): state[0], l = scan(state[0], count[0]); count[0] += steps; l.block_until_ready()
        return report(way, run, steps, args.seconds, steps)
    single = jax.jit(step, donate_argnums=0)
    def run(k):
        for _ in range(k): state[0], l = single(state[0], count[0]); count[0] += 1
        l.block_until_ready()
    return report(way, run, steps, args.seconds)


def torch_model(case):
    import torch; from torch import nn; import torch.nn.functional as F
    if case == "lenet":
        return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
                             nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))
    if case == "convnet":
        c = lambda a, b: [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(inplace=True)]
        return nn.Sequential(*c(3, 32), *c(32, 32), nn.MaxPool2d(2), *c(32, 64), *c(64, 64), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4096, 512), nn.ReLU(inplace=True), nn.Linear(512, 10))
    if case == "resnet20":
        class Block(nn.Module):
            def __init__(s, a, b):
                super().__init__(); s.stride = 1 if a == b else 2; s.c1 = nn.Conv2d(a, b, 3, s.stride, 1, bias=False); s.n1 = nn.BatchNorm2d(b)
                s.c2 = nn.Conv2d(b, b, 3, 1, 1, bias=False); s.n2 = nn.BatchNorm2d(b)
                if a != b: s.shortcut = nn.Conv2d(a, b, 1, 2, bias=False)
            def forward(s, x):
                h = s.n2(s.c2(F.relu(s.n1(s.c1(x)), inplace=True)))
                if s.stride == 2: x = s.shortcut(x)
                return F.relu(x + h, inplace=True)
        blocks = [Block(c // 2 if s and not k else c, c) for s, c in enumerate((16, 32, 64)) for k in range(3)]
        return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    if case in ("lstm", "gru"):
        class Char(nn.Module):
            def __init__(s): super().__init__(); s.e = nn.Embedding(65, 64); s.r = (nn.LSTM if case == "lstm" else nn.GRU)(64, 256, 2, batch_first=True); s.d = nn.Linear(256, 65)
            def forward(s, x): return s.d(s.r(s.e(x))[0])
        return Char()
    if case == "rnn-pixel":
        class Pixel(nn.Module):
            def __init__(s): super().__init__(); s.r = nn.LSTM(1, 128, batch_first=True); s.d = nn.Linear(128, 10)
            def forward(s, x): return s.d(s.r(x)[1][0][0])
        return Pixel()
    if case in GPT:
        n, h, c, t = GPT[case]
        class Block(nn.Module):
            def __init__(s):
                super().__init__(); L = lambda a, b: nn.Linear(a, b, bias=False)
                s.n1 = nn.LayerNorm(c, bias=False); s.qkv = L(c, 3 * c); s.o = L(c, c); s.n2 = nn.LayerNorm(c, bias=False); s.up = L(c, 4 * c); s.dn = L(4 * c, c)
            def forward(s, x):
                b = x.shape[0]; q, k, v = (a.view(b, t, h, c // h).transpose(1, 2) for a in s.qkv(s.n1(x)).split(c, 2))
                x = x + s.o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c))
                return x + s.dn(F.gelu(s.up(s.n2(x))))
        class Gpt(nn.Module):
            def __init__(s):
                super().__init__(); s.e = nn.Embedding(65, c); s.p = nn.Parameter(torch.randn(t, c) * .02); s.b = nn.Sequential(*[Block() for _ in range(n)]); s.n = nn.LayerNorm(c, bias=False)
                nn.init.normal_(s.e.weight, std=.02)
            def forward(s, x): return F.linear(s.n(s.b(s.e(x) + s.p)), s.e.weight)
        return Gpt()
    class Tab(nn.Module):
        def __init__(s):
            super().__init__(); s.e = nn.ModuleList([nn.Embedding(k, 16) for k in CARDS])
            s.d = nn.Sequential(nn.Linear(180, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 1))
        def forward(s, ids, x): return s.d(torch.cat([e(ids[:, i]) for i, e in enumerate(s.e)] + [x], 1))
    return Tab()


def torch_peer(case, way):
    import torch, torch.nn.functional as F
    torch.set_num_threads(args.threads); torch.manual_seed(0); batch = BATCH[case]
    if "-cl" in way and case not in CONV: return None
    xs, y = rows(case); xs = [torch.tensor(x) for x in xs]; y = torch.tensor(y); y = y.long() if y.dtype == torch.int32 else y; one = y.dtype == torch.float32
    if case in CONV: xs = [x.permute(0, 3, 1, 2).contiguous() for x in xs]
    model = torch_model(case).train()
    if "-cl" in way: model = model.to(memory_format=torch.channels_last); xs = [x.contiguous(memory_format=torch.channels_last) for x in xs]
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    def loss(*b):
        *xb, yb = b; o = model(*xb)
        return F.binary_cross_entropy_with_logits(o[:, 0], yb) if one else F.cross_entropy(o.flatten(0, -2), yb.flatten())
    f = torch.compile(loss) if way.startswith("compile") else loss; count = [0]
    def run(k):
        for _ in range(k):
            at = (count[0] * batch) % (len(y) - batch + 1); count[0] += 1
            optimizer.zero_grad(set_to_none=True); f(*[t[at:at + batch] for t in xs + [y]]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True); optimizer.step()
    return report(way, run, STEPS[case], args.seconds)


def keras_model(case):
    import keras; from keras import layers as L, ops
    I = keras.Input; S = keras.Sequential
    if case == "lenet":
        return S([I((28, 28, 1)), L.Conv2D(6, 5, padding="same", activation="tanh"), L.AveragePooling2D(2), L.Conv2D(16, 5, activation="tanh"), L.AveragePooling2D(2), L.Flatten(),
                  L.Dense(120, activation="tanh"), L.Dense(84, activation="tanh"), L.Dense(10)])
    if case == "convnet":
        c = lambda n: L.Conv2D(n, 3, padding="same", activation="relu")
        return S([I((32, 32, 3)), c(32), c(32), L.MaxPooling2D(2), c(64), c(64), L.MaxPooling2D(2), L.Flatten(), L.Dense(512, activation="relu"), L.Dense(10)])
    if case == "resnet20":
        cb = lambda x, n, s=1: L.BatchNormalization(momentum=.9, epsilon=1e-5)(L.Conv2D(n, 3, s, padding="same", use_bias=False)(x))
        x = inp = I((32, 32, 3)); x = L.ReLU()(cb(x, 16))
        for st, n in enumerate((16, 32, 64)):
            for k in range(3):
                s = 2 if st and not k else 1; h = cb(L.ReLU()(cb(x, n, s)), n)
                if s == 2: x = L.Conv2D(n, 1, 2, use_bias=False)(x)
                x = L.ReLU()(L.Add()([x, h]))
        return keras.Model(inp, L.Dense(10)(L.GlobalAveragePooling2D()(x)))
    if case in ("lstm", "gru"):
        R = L.LSTM if case == "lstm" else L.GRU
        return S([I((64,), dtype="int32"), L.Embedding(65, 64), R(256, return_sequences=True), R(256, return_sequences=True), L.Dense(65)])
    if case == "rnn-pixel": return S([I((784, 1)), L.LSTM(128), L.Dense(10)])
    if case in GPT:
        n, h, c, t = GPT[case]
        class Positions(L.Layer):
            def build(s, shape): s.w = s.add_weight(shape=(t, c), initializer="random_normal")
            def call(s, x): return x + s.w
        class Tied(L.Layer):
            def __init__(s, e): super().__init__(); s.e = [lambda: e]
            def call(s, x): return ops.matmul(x, ops.transpose(s.e[0]().embeddings))
            def compute_output_shape(s, shape): return (*shape[:-1], 65)
        norm = lambda: L.LayerNormalization(epsilon=1e-5, center=False); D = lambda n, a=None: L.Dense(n, use_bias=False, activation=a)
        class Gelu(L.Layer):
            def call(s, x): return ops.gelu(x, approximate=False)
        class Attention(L.Layer):  # fused QKV, the dot-product attention that the backend has
            def __init__(s): super().__init__(); s.qkv = D(3 * c); s.o = D(c)
            def build(s, shape): s.qkv.build(shape); s.o.build(shape)
            def call(s, x):
                q, k, v = (ops.reshape(a, (-1, t, h, c // h)) for a in ops.split(s.qkv(x), 3, -1))
                return s.o(ops.reshape(ops.dot_product_attention(q, k, v, is_causal=True), (-1, t, c)))
            def compute_output_shape(s, shape): return shape
        e = L.Embedding(65, c); inp = I((t,), dtype="int32"); x = Positions()(e(inp))
        for _ in range(n): x = x + Attention()(norm()(x)); x = x + D(c)(Gelu()(D(4 * c)(norm()(x))))
        return keras.Model(inp, Tied(e)(norm()(x)))
    ids, x = I((10,), dtype="int32"), I((20,))
    h = L.Concatenate()([L.Embedding(k, 16)(ids[:, i]) for i, k in enumerate(CARDS)] + [x])
    return keras.Model([ids, x], L.Dense(1)(L.Dense(128, activation="relu")(L.Dense(256, activation="relu")(h))))


def tf_peer(case, way):
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    import keras, numpy as np, tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    xs, y = rows(case); batch = BATCH[case]; one = y.dtype == np.float32; y = y[:, None] if one else y; model = keras_model(case)
    lf = keras.losses.BinaryCrossentropy(from_logits=True) if one else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0); steps = STEPS[case]
    if way == "function":
        xt, yt, n, count = [tf.constant(x) for x in xs], tf.constant(y), len(y), [0]; optimizer.build(model.trainable_variables)
        def step(*b):
            *xb, yb = b
            with tf.GradientTape() as tape: l = lf(yb, model(xb if len(xb) > 1 else xb[0], training=True))
            optimizer.apply_gradients(zip(tape.gradient(l, model.trainable_weights), model.trainable_weights)); return l
        f = tf.function(step)
        def run(k):
            for _ in range(k): at = (count[0] * batch) % (n - batch + 1); count[0] += 1; l = f(*[t[at:at + batch] for t in xt + [yt]])
            l.numpy()
        return report(way, run, steps, args.seconds)
    per = len(y) // batch; model.compile(optimizer=optimizer, loss=lf); x = xs if len(xs) > 1 else xs[0]
    def fit(k): model.fit(x, y, batch_size=batch, epochs=max(1, k // per), verbose=0)
    return report(way, fit, per, args.seconds, per)


p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("peer", choices=list(WAYS)); p.add_argument("case", choices=list(BATCH))
p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0))); p.add_argument("--ways", help="comma-separated; default: all of the peer")
p.add_argument("--seconds", type=float, default=4.0, help="of timing a way"); p.add_argument("--json", action="store_true")
p.add_argument("--timeout", type=float, default=600.0); p.add_argument("--one", help=argparse.SUPPRESS)
args = p.parse_args()
if args.one:
    print("RESULT " + json.dumps({"jax": jax_peer, "torch": torch_peer, "tf": tf_peer}[args.peer](args.case, args.one))); sys.stdout.flush(); os._exit(0)
results = []
for way in args.ways.split(",") if args.ways else WAYS[args.peer]:
    command = [sys.executable, os.path.abspath(__file__), args.peer, args.case, "--one", way, "--threads", str(args.threads), "--seconds", str(args.seconds)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=args.timeout, env=dict(os.environ, OMP_NUM_THREADS=str(args.threads)))
        line, why = [l for l in done.stdout.splitlines() if l.startswith("RESULT ")], (done.stderr.strip().splitlines() or ["?"])[-1][:160]
    except subprocess.TimeoutExpired:
        line, why = [], "timeout"
    if not line:
        print(f"{args.peer} {args.case} {way} failed: {why}", file=sys.stderr); continue
    result = json.loads(line[0][7:])
    if result is None: continue
    results.append(result)
    if not args.json: print(f"{args.peer:6} {args.case:9} {way:11} {result['us']:11.0f} us/step, first {result['first']:.2f} s, peak {result['rss_mb']:.0f} MB", flush=True)
if args.json: print(json.dumps(results))
