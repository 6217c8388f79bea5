"""usage: read_back.py CAIRN: trains, disturbs, and compares what TensorBoard's readers return with rows.jsonl,
events.jsonl and the checkpoints. Prints what differs; the exit code counts it."""

import glob, json, logging, math, os, signal, subprocess, sys, tempfile, time, urllib.parse, urllib.request

import h5py, numpy
from tensorboard.backend.event_processing import data_provider, event_accumulator, plugin_event_multiplexer
from tensorboard.data import provider
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard import context

logging.disable(logging.WARNING)
CAIRN = sys.argv[1]
FAILURES = []
RECIPE = """
name: run
seed: 3
data: {train: {make_moons: {samples: 600, noise: 0.2, random_state: 3}}, validation: {fraction: 0.2}}
model:
  layers:
    - dense: {units: 12, activation: tanh, name: first, kernel_initializer: {random_uniform: {minval: -1, maxval: 1}}}
    - batch_normalization: {}
    - dropout: {rate: 0.1}
    - dense: {units: 1, activation: sigmoid, name: last}
loss: binary_crossentropy
metrics: [accuracy, auc]
optimizer: {adam: {learning_rate: 0.01}, global_clip_norm: 1}
training: {epochs: 40, batch_size: 30, shards: 4}
checkpoints: {every_steps: 50, every_epochs: 0, keep_last: 100}
"""
SCALARS = {"loss/train": "loss", "loss/train_max": "loss_max", "loss/penalty": "penalty", "learning_rate": "learning_rate",
           "gradient_norm/mean": "gradient_norm", "gradient_norm/max": "gradient_norm_max",
           "gradient_norm/clipped": "clipped_norm", "steps_per_second": "steps_per_second"}
LAYERS = ["gradient_mean", "gradient_rms", "gradient_abs_max", "weight_mean", "weight_rms", "update_ratio",
          "saturated_fraction", "dead_fraction"]


def check(holds, what):
    if not holds:
        FAILURES.append(what)
        print("FAIL:", what)


def train(*arguments, expected=0, **options):
    done = subprocess.run([CAIRN, "train", "run.yaml", "--progress", "none", *arguments], **options)
    check(done.returncode == expected, f"train {arguments}: exit code {done.returncode}")


def lines(path):
    with open(path) as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                pass  # a kill breaks the last line


def number(value):
    return numpy.float32({"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.get(value, value))


def surviving(run):
    """What rows.jsonl says of the attempt that counts: tag -> {step: value}."""
    layers, points = [], {}

    def forget(after):
        for steps in points.values():
            for step in [step for step in steps if step > after]:
                del steps[step]

    def add(tag, step, value):
        points.setdefault(tag, {})[step] = number(value)

    for line in lines(f"{run}/rows.jsonl"):
        step = line["step"]
        if line["kind"] == "start":
            layers = line["layers"]
            forget(step)
        elif line["kind"] == "rollback":
            forget(step)
        elif line["kind"] == "row":
            for tag, column in SCALARS.items():
                if tag != "steps_per_second":
                    add(tag, step, line[column])
            for column in LAYERS:
                for layer, value in zip(layers, line[column]):
                    if value is not None:
                        add(f"{column}/{layer}", step, value)
        elif line["kind"] == "validation":
            add("loss/validation", step, line["loss"])
            for name, value in line["metrics"].items():
                add(f"metrics/{name}", step, value)
    return {tag: steps for tag, steps in points.items() if steps}


def same(ours, theirs):
    return ours.keys() == theirs.keys() and all(
        numpy.float32(ours[step]) == numpy.float32(theirs[step]) or numpy.isnan(ours[step]) and numpy.isnan(theirs[step])
        for step in ours)


def compare(what, expected, found):
    for tag in expected:
        check(tag in found, f"{what}: no {tag}")
        if tag in found:
            check(same(expected[tag], found[tag]),
                  f"{what}: {tag}: steps {sorted(found[tag])[:60]}, expected {sorted(expected[tag])[:60]}")
    extra = set(found) - set(expected) - {"loss/epoch", "epoch", "steps_per_second"}
    check(not extra, f"{what}: also {sorted(extra)}")


def once(what, tag, points):
    """Points as {step: value}; a step that comes twice is a failure."""
    steps = [step for step, _ in points]
    check(len(steps) == len(set(steps)), f"{what}: {tag} has a step twice: {steps}")
    check(steps == sorted(steps), f"{what}: {tag} is out of order: {steps}")
    return dict(points)


def accumulator(run):
    reader = event_accumulator.EventAccumulator(
        f"{run}/tensorboard", purge_orphaned_data=True,
        size_guidance={"scalars": 0, "histograms": 0, "tensors": 0, "compressedHistograms": 0})
    return reader.Reload()


def by_accumulator(reader):
    return {tag: once("EventAccumulator", tag, [(point.step, point.value) for point in reader.Scalars(tag)])
            for tag in reader.Tags()["scalars"]}


def by_provider(run):
    multiplexer = plugin_event_multiplexer.EventMultiplexer(
        {"run": f"{run}/tensorboard"}, tensor_size_guidance={"scalars": 0, "histograms": 0, "text": 0},
        purge_orphaned_data=True).Reload()
    reader = data_provider.MultiplexerDataProvider(multiplexer, run)
    scalars = reader.read_scalars(context.RequestContext(), experiment_id="", plugin_name="scalars", downsample=10**6)
    return {tag: once("data provider", tag, [(point.step, point.value) for point in points])
            for tag, points in scalars["run"].items()}


def by_server(folder, runs):
    """What the program `tensorboard` serves of all runs below a folder, its fast loader included."""
    process = subprocess.Popen(
        [os.path.join(os.path.dirname(sys.executable), "tensorboard"), "--logdir", folder, "--port", "0",
         "--reload_interval", "1", "--samples_per_plugin", "scalars=100000"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        address = next(word for line in process.stdout for word in line.split() if word.startswith("http://"))

        def get(path, **query):
            url = f"{address.rstrip('/')}/{path}?{urllib.parse.urlencode(query)}"
            return json.loads(urllib.request.urlopen(url, timeout=30).read())

        for _ in range(100):
            tags = get("data/plugin/scalars/tags")
            if all(f"{run}/tensorboard" in tags for run in runs):
                break
            time.sleep(0.2)
        time.sleep(1)
        found = {}
        for run in runs:
            name = f"{run}/tensorboard"
            points = {tag: get("data/plugin/scalars/scalars", run=name, tag=tag) for tag in tags.get(name, {})}
            values = {tag: [(step, number({"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(value, value)))
                            for _, step, value in steps] for tag, steps in points.items()}
            found[run] = {tag: once(f"server, {run}", tag, steps) for tag, steps in values.items()}
        return found, get("data/plugin/histograms/tags"), get("data/plugin/text/tags")
    finally:
        process.terminate()
        process.wait()


def check_histograms(run, reader):
    tags = reader.Tags()["histograms"]
    check(len(tags) == 12, f"{run}: histograms {tags}")
    checked = 0
    for tag in tags:
        quantity, layer, weight = tag.split("/")
        group = {"weights": "model_weights", "gradients": "gradients"}[quantity]
        points = reader.Histograms(tag)
        once(run, tag, [(point.step, 0) for point in points])
        for point in points:
            with h5py.File(f"{run}/step-{point.step:09}.h5") as file:
                values = file[group][layer][weight][...].astype("float64").ravel()
            histogram = point.histogram_value
            low, high = values.min(), values.max()
            edges = [low] + histogram.bucket_limit
            counts = numpy.histogram(values, bins=numpy.array(edges))[0] if low < high else None
            # An edge may fall on either side of a value that equals it but for rounding.
            check(counts is None or numpy.abs(counts - histogram.bucket).sum() <= 2 and sum(histogram.bucket) == len(values),
                  f"{run}: {tag} at {point.step}: {histogram.bucket}, expected {counts}")
            check((histogram.min, histogram.max, histogram.num) == (low, high, len(values)), f"{run}: {tag}: extremes")
            check(math.isclose(histogram.sum, values.sum(), rel_tol=1e-9, abs_tol=1e-9)
                  and math.isclose(histogram.sum_squares, (values**2).sum(), rel_tol=1e-9, abs_tol=1e-12),
                  f"{run}: {tag}: sums")
            checked += 1
    saved = {int(name[-12:-3]) for name in glob.glob(f"{run}/step-*.h5")}
    found = {point.step for point in reader.Histograms("weights/first/kernel")}
    check(found == saved, f"{run}: histograms at {sorted(found)}, checkpoints at {sorted(saved)}")
    return checked


def hparams(reader, name):
    content = reader.SummaryMetadata(f"_hparams_/{name}").plugin_data.content
    return plugin_data_pb2.HParamsPluginData.FromString(content)


def check_hparams(run, reader, status):
    start = hparams(reader, "session_start_info").session_start_info
    expected = {"learning_rate": 0.01, "optimizer": "adam", "units": "12-1", "batch_size": 30.0, "shuffle": True,
                "clipping": "global_clip_norm", "clip_limit": 1.0, "seed": 3.0, "dropout": 0.1, "epochs": 40.0}
    for name, value in expected.items():
        kind = start.hparams[name].WhichOneof("kind")
        check(kind is not None and getattr(start.hparams[name], kind) == value, f"{run}: hyperparameter {name}")
    check(start.group_name == os.path.basename(run), f"{run}: group {start.group_name}")
    listed = hparams(reader, "experiment").experiment
    check({info.name for info in listed.hparam_infos} == set(start.hparams), f"{run}: listed hyperparameters")
    check([info.name.tag for info in listed.metric_infos]
          == ["loss/train", "loss/validation", "metrics/accuracy", "metrics/auc"], f"{run}: listed metrics")
    check(hparams(reader, "session_end_info").session_end_info.status == status, f"{run}: end")
    recipe = reader.Tensors("recipe")[0].tensor_proto.string_val[0].decode()
    check(recipe.startswith("```yaml\nname: ") and "make_moons" in recipe, f"{run}: recipe: {recipe}")


def check_file_starts(run):
    """Each file: version, then a session start; returns the steps of the starts."""
    steps = []
    for path in sorted(glob.glob(f"{run}/tensorboard/*")):
        events = list(event_accumulator.event_file_loader.EventFileLoader(path).Load())
        check(events[0].file_version == "brain.Event:2", f"{path}: no version")
        check(events[1].session_log.status == event_pb2.SessionLog.START, f"{path}: no session start")
        steps += [event.step for event in events if event.session_log.status == event_pb2.SessionLog.START]
    return steps


def kill_past_a_checkpoint(run):
    """Trains slowly enough to be killed with rows after the newest checkpoint."""
    process = subprocess.Popen([CAIRN, "train", "run.yaml", "--progress", "none", "--name", run, "--set",
                                "training.epochs=100000", "--set", "checkpoints.every_steps=2001"])
    path = f"Checkpoints/{run}"

    def newest():
        return max([int(name[-12:-3]) for name in glob.glob(f"{path}/step-*.h5")], default=0)

    deadline = time.time() + 60
    while time.time() < deadline:
        rows = [line["step"] for line in lines(f"{path}/rows.jsonl")] if os.path.exists(f"{path}/rows.jsonl") else []
        if newest() > 0 and rows and rows[-1] > newest() + 100:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return newest()


def main():
    with open("run.yaml", "w") as file:
        file.write(RECIPE)
    train()
    train("--name", "back", "--inject", "nan-gradient@333:last")
    train("--name", "off", "--set", "tensorboard=false")
    check(not os.path.exists("Checkpoints/off/tensorboard"), "tensorboard: false writes event files")
    killed_at = kill_past_a_checkpoint("killed")
    epochs = (killed_at // 16) + 12
    done = subprocess.run([CAIRN, "resume", "killed", "--epochs", str(epochs), "--progress", "none"])
    check(done.returncode == 0, f"resume: exit code {done.returncode}")

    starts = {run: check_file_starts(f"Checkpoints/{run}") for run in ("run", "back", "killed")}
    check(starts["run"] == [1], f"run: starts at {starts['run']}")
    check(starts["back"] == [1, 301], f"back: starts at {starts['back']}")
    check(starts["killed"][0] == 1 and len(starts["killed"]) == 2 and starts["killed"][1] > 2000,
          f"killed: starts at {starts['killed']}")

    runs = ["run", "back", "killed"]
    served, histograms, texts = by_server("Checkpoints", runs)
    points = 0
    for run in runs:
        path = f"Checkpoints/{run}"
        reader = accumulator(path)
        expected = surviving(path)
        if run == "killed":  # thousands of epochs: rows.jsonl and the event files leave out different ones
            check_survivors(path, by_accumulator(reader), by_provider(path), served[run])
            continue
        points += sum(map(len, expected.values()))
        compare(f"{run}, EventAccumulator", expected, by_accumulator(reader))
        compare(f"{run}, data provider", expected, by_provider(path))
        compare(f"{run}, server", expected, served[run])
        check_epochs(path, by_accumulator(reader))
        check_hparams(path, reader, 1)
        check_histograms(path, reader)
        check(len(histograms[f"{run}/tensorboard"]) == 12, f"{run}: the server's histograms")
        check("recipe" in texts[f"{run}/tensorboard"], f"{run}: the server's texts")
    rolled = [line for line in lines("Checkpoints/back/rows.jsonl") if line["kind"] == "row" and line["attempt"] == 0]
    check(any(line["loss"] == "nan" or line["gradient_norm"] == "nan" for line in rolled), "back: no row of the blow-up")
    print(f"{points} points, {3 * len(runs)} readings, {len(FAILURES)} failed")


def check_epochs(path, found):
    expected = {}
    for line in lines(f"{path}/events.jsonl"):
        if line["event"] == "rollback":
            expected = {step: loss for step, loss in expected.items() if step <= line["step"]}
        if line["event"] == "epoch":
            expected[line["step"]] = numpy.float32(line["loss"])
    check(same(expected, found["loss/epoch"]), f"{path}: loss/epoch")


def check_survivors(path, *readings):
    """No point of the killed process after the checkpoint: values of one step are the same in all readers, and after the
    restart's step all are the resumed process's."""
    restart = [line for line in lines(f"{path}/rows.jsonl") if line["kind"] == "start"][-1]
    mine = [line for line in lines(f"{path}/rows.jsonl") if line["kind"] == "row" and line["time"] >= restart["time"]]
    after = {line["step"]: number(line["loss"]) for line in mine}
    for found in readings:
        late = {step: value for step, value in found["loss/train"].items() if step > restart["step"]}
        check(same(after, late), f"{path}: after the restart {sorted(late)[:40]}, expected {sorted(after)[:40]}")
        check(any(step <= restart["step"] for step in found["loss/train"]), f"{path}: nothing from before the restart")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    main()
sys.exit(min(len(FAILURES), 100))
