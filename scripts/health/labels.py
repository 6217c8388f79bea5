"""The rules by which a recipe gets its labels, from three runs of it that nothing rescues. "All" is: all three seeds agree.

T steps; early = the first tenth (20 at least), late = the last fifth. trivial = the loss of the best constant on the training targets;
final = the loss on all rows as at prediction, penalties left out. g = rms of a dense kernel's gradient, d = mean norm over the rows of the
error at a layer's sums z (so that the scale of inputs does not enter); g_1/g_L and d_1/d_L: the first dense layer's to the last one's.
"""
import numpy as np


def median(values): return np.nanmedian(values) if len(values) else np.nan


def useless(run, k, trivial):
    """True, False (useful) or None."""
    T = len(run["loss"]); final, finite = run["final"][k], run["finite"][k]; late = median(run["loss"][int(0.8 * T):, k])
    if not finite: return True
    if trivial < 1e-12: return True if final > 0.1 else False
    if final >= 0.95 * trivial and late >= 0.95 * trivial: return True
    return False if final <= 0.7 * trivial else None


def of_one(run, k, trivial, built_to_spike):
    """Labels of one seed: True, False or None (not to be scored)."""
    loss, norm, g, d = (run[n][:, k] for n in ("loss", "norm", "g", "d")); T = len(loss)
    late, early = slice(int(0.8 * T), T), slice(0, max(20, T // 10)); finite = bool(run["finite"][k]); bad = useless(run, k, trivial); out = {}
    ratio = lambda v: np.where(v[:, -1] == 0, 0, v[:, 0] / np.where(v[:, -1] == 0, 1, v[:, -1]))
    rg, rd = ratio(g), ratio(d); dead = run["dead"][k].max()
    weak = lambda part, limit: median(rg[part]) < limit and median(rd[part]) < limit
    tenths = [slice(i * T // 10, (i + 1) * T // 10) for i in range(10)]
    at_end = weak(late, 1e-3) and bad is True and finite and dead < 0.5
    strong = any(all(median(r[t]) > 2e-2 for t in tenths) for r in (rg, rd))
    out["vanishing"] = True if at_end or (finite and weak(early, 2e-3)) else False if strong else None
    begun = np.isfinite(loss[:3]).all()
    first = max(loss[0], 1e-30); base = max(median(norm[:5]), 1e-30)
    loud = finite and ((median(loss[late]) > 10 * trivial and median(loss[late]) > 3 * first) or (median(norm[late]) > 1e3 * base and median(loss[late]) > first))
    quiet = finite and bad is False and loss.max() <= 3 * max(first, trivial) and norm[5:].max() <= 30 * base
    out["exploding"] = True if (not finite and begun) or loud else False if quiet else None
    out["non_finite"] = not finite
    sat1, sat5 = (np.array([median(run[n][late, k, i]) for i in range(run[n].shape[2])]) for n in ("flat1", "flat5"))
    out["saturated"] = None if not finite else True if (sat1 > 0.5).any() else False if (sat5 < 0.1).all() else None
    out["dead_units"] = None if not finite else True if dead > 0.5 else False if dead < 0.05 else None
    moved, recent = run["moved"][k], run["moved_late"][k]
    out["frozen"] = None if not finite else True if (moved < 1e-4).any() or (recent < 1e-5).any() else False if (moved > 2e-2).all() and (recent > 1e-3).all() else None
    last, middle = loss[int(0.9 * T):].mean(), loss[int(0.4 * T):int(0.5 * T)].mean()
    out["plateau"] = None if not finite else True if bad is True and last > 0.99 * middle else False if bad is False or last <= 0.9 * middle else None
    def rise(values, factor):
        return any(values[t] > factor * median(values[max(0, t - 100):t]) for t in range(20, T))
    out["spike"] = None if not finite else True if built_to_spike and (rise(loss, 10) or rise(norm, 20)) else False if not rise(loss, 3) and not rise(norm, 5) else None
    out["no_better_than_constant"] = bad
    return out


def agreed(values): return values[0] if all(v is values[0] for v in values) else None


def of(run, trivial, built_to_spike):
    """Labels by name, and whether the run is useless and healthy but for the group's best."""
    seeds = [of_one(run, k, trivial, built_to_spike) for k in range(len(run["final"]))]
    return {name: agreed([None if s[name] is None else bool(s[name]) for s in seeds]) for name in seeds[0]}
