#!/usr/bin/env python3
"""The recipe text-gpt in PyTorch: what its validation loss and its time are to be compared with.

usage: Benchmarks/text_gpt.py [--threads N] [--seed N] [--compile]      (needs torch and numpy)

The same text, split, windows, network, initial distributions, optimizer and schedule as Recipes/text-gpt.yaml; the order of the
windows and the numbers drawn are PyTorch's. Prints the validation loss over all windows of the last tenth and the seconds of
the training steps alone.
"""
import argparse, math, os, time
import numpy as np, torch
from torch import nn
import torch.nn.functional as F

p = argparse.ArgumentParser(); p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
p.add_argument("--seed", type=int, default=1337); p.add_argument("--compile", action="store_true"); args = p.parse_args()
torch.set_num_threads(args.threads); torch.manual_seed(args.seed)
T, STRIDE, BATCH, C, HEADS, BLOCKS, STEPS, WARM = 64, 41, 12, 128, 4, 4, None, 100

text = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Datasets/swift.txt"), newline="").read()
letters = sorted(set(text)); ids = np.array([letters.index(c) for c in text]); held = len(ids) // 10
def windows(part):
    starts = np.arange(0, len(part) - T, STRIDE)
    return (torch.tensor(np.stack([part[s:s + T] for s in starts])), torch.tensor(np.stack([part[s + 1:s + T + 1] for s in starts])))
x, y = windows(ids[:-held]); vx, vy = windows(ids[-held:])

class Block(nn.Module):
    def __init__(s):
        super().__init__(); L = lambda a, b: nn.Linear(a, b, bias=False)
        s.n1 = nn.LayerNorm(C, bias=False); s.qkv = L(C, 3 * C); s.o = L(C, C); s.n2 = nn.LayerNorm(C, bias=False); s.up = L(C, 4 * C); s.down = L(4 * C, C)
    def forward(s, x):
        b = x.shape[0]; q, k, v = (a.view(b, T, HEADS, C // HEADS).transpose(1, 2) for a in s.qkv(s.n1(x)).split(C, 2))
        x = x + s.o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, T, C))
        return x + s.down(F.gelu(s.up(s.n2(x))))
class GPT(nn.Module):
    def __init__(s):
        super().__init__(); s.e = nn.Embedding(len(letters), C); s.p = nn.Parameter(torch.zeros(T, C)); s.b = nn.Sequential(*[Block() for _ in range(BLOCKS)]); s.n = nn.LayerNorm(C, bias=False)
        for w in s.parameters():
            if w.dim() > 1: nn.init.normal_(w, std=.02)
    def forward(s, x): return F.linear(s.n(s.b(s.e(x) + s.p)), s.e.weight)

model = GPT(); optimizer = torch.optim.AdamW(model.parameters(), 1e-3, betas=(.9, .99), eps=1e-8, weight_decay=.1, fused=True)
loss = lambda a, b: F.cross_entropy(model(a).flatten(0, 1), b.flatten())
step = torch.compile(loss) if args.compile else loss
steps = math.ceil(len(x) / BATCH); order = torch.randperm(len(x)); spent = 0.0
for n in range(steps):
    rate = 1e-3 * n / WARM if n < WARM else 1e-3 * (.1 + .9 * .5 * (1 + math.cos(math.pi * min(1, (n - WARM) / 1900))))
    for g in optimizer.param_groups: g["lr"] = rate
    begin = time.perf_counter(); at = order[n * BATCH:(n + 1) * BATCH]
    optimizer.zero_grad(set_to_none=True); l = step(x[at], y[at]); l.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True); optimizer.step(); spent += time.perf_counter() - begin
with torch.no_grad(): value = sum(loss(vx[i:i + 200], vy[i:i + 200]).item() * len(vx[i:i + 200]) for i in range(0, len(vx), 200)) / len(vx)
print(f"torch {torch.__version__}: {steps} steps in {spent:.1f} s, validation loss {value:.4f} over {len(vx)} windows")
