/// Fills a run's page from its feed.
enum RunScript {
  static let javascript = #"""
    const $ = id => document.getElementById(id);
    let known = null, waiting = false;
    const figures = $("figures");
    const charts = {
      loss: new Chart(figures, "Loss"),
      metrics: new Chart(figures, "Validation metrics"),
      norm: new Chart(figures, "Gradient norm", {log: true}),
      gradient_mean: new Chart(figures, "Mean gradient of each layer"),
      gradient_rms: new Chart(figures, "Gradient rms of each layer", {log: true}),
      update_ratio: new Chart(figures, "Update / weights", {log: true}),
      weight_rms: new Chart(figures, "Weight rms of each layer", {log: true}),
      learning_rate: new Chart(figures, "Learning rate"),
    };
    for (const name in charts) charts[name].figure.id = "figure-" + name;

    const column = name => known.columns.indexOf(name);
    function line(name, rows = known.rows) { const c = column(name); return rows.map(r => [r[0], r[c]]); }

    function drawFigures() {
      const {rows, epochs} = known;
      const marks = known.events.filter(e => e.step !== null && ["rollback", "blowup", "finding"].includes(e.kind));
      const epoch = (name, hue) => {
        const index = epochs.names.indexOf(name) + 1;
        return {name, hue, points: index ? epochs.points.map(p => [p[0], p[index] ?? null]) : []};
      };
      const loss = rows.length
        ? {name: "loss", points: rows.map(r => [r[0], r[column("loss")], r[column("loss_min")], r[column("loss_max")]])}
        : epoch("loss");
      loss.hue = "var(--c0)";
      const losses = [loss], validation = epoch("validation_loss", "var(--c1)");
      if (validation.points.length) losses.push(validation);
      charts.loss.draw(losses, marks);
      const metrics = epochs.names.filter(n => !n.endsWith("loss"));
      charts.metrics.draw(metrics.map((n, i) => epoch(n, hue(i, metrics.length))), marks);
      charts.norm.draw([
        {name: "mean", hue: "var(--c0)", points: line("gradient_norm")},
        {name: "largest", hue: "var(--c1)", points: line("gradient_norm_max")},
        {name: "clipped", hue: "var(--c2)", points: line("clipped_norm")},
      ], marks);
      for (const name of ["gradient_mean", "gradient_rms", "update_ratio", "weight_rms"]) {
        const c = known.columns.length + known.layer_columns.indexOf(name);
        charts[name].draw(known.layers.map((layer, i) => ({
          name: layer, hue: hue(i, known.layers.length), points: rows.map(r => [r[0], r[c][i] ?? null]),
        })), marks);
      }
      charts.learning_rate.draw([{name: "learning rate", hue: "var(--c0)", points: line("learning_rate")}], marks);
    }

    function time(seconds) {
      const s = Math.round(seconds);
      if (s >= 3600) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
      return s >= 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s} s`;
    }

    function drawFacts() {
      const run = known.run, row = known.rows[known.rows.length - 1], running = run.state === "running";
      const state = $("state");
      state.textContent = run.state;
      state.className = "state " + run.state;
      const total = run.epochs * run.steps_per_epoch, rate = row && row[column("steps_per_second")];
      const facts = [
        ["epoch", run.epochs ? `${run.epoch ?? 0} / ${run.epochs}` : run.epoch],
        ["step", total ? `${run.step ?? 0} / ${total}` : run.step],
      ];
      if (row) facts.push(["loss", short(row[column("loss")])]);
      for (const f of run.figures) if (!(row && f.name === "loss")) facts.push([f.name, `${short(f.last)} (best ${short(f.best)})`]);
      if (run.restored_epoch !== null) facts.push(["model", `best, epoch ${run.restored_epoch}`]);
      if (row) facts.push(["gradient norm", short(row[column("gradient_norm")])], ["learning rate", short(row[column("learning_rate")])]);
      if (running && rate) facts.push(["steps a second", short(rate, 3)], ["left", total ? time((total - run.step) / rate) : "?"]);
      if (row && row[column("resident_bytes")]) facts.push(["memory", short(row[column("resident_bytes")] / 1e6, 3) + " MB"]);
      if (run.duration !== null) facts.push(["trained for", time(run.duration)]);
      facts.push(["rollbacks", run.rollbacks], ["workers", run.workers], ["shards", run.shards], ["host", run.host],
        ["optimizer", run.optimizer], ["weights", run.parameters], ["rows", run.train_rows], ["checkpoint", run.checkpoint]);
      $("facts").replaceChildren(...facts.filter(f => f[1] !== null && f[1] !== undefined).map(([name, value]) =>
        node("div", {}, node("dt", {}, name), node("dd", {"data-fact": name}, String(value)))));
      $("progress").hidden = !total;
      if (total) $("progress").firstElementChild.style.width = Math.min(100, 100 * run.step / total) + "%";
    }

    function drawLayers() {
      const row = known.rows[known.rows.length - 1];
      const names = known.layer_columns.map(n => n.replaceAll("_", " "));
      $("layers").replaceChildren(
        node("thead", {}, node("tr", {}, node("th", {scope: "col"}, "layer"),
          ...names.map(n => node("th", {scope: "col", class: "number"}, n)))),
        node("tbody", {}, ...known.layers.map((layer, i) => node("tr", {}, node("th", {scope: "row"}, layer),
          ...known.layer_columns.map((_, c) => {
            const value = row && row[known.columns.length + c][i];
            return node("td", {class: "number"}, value === null || value === undefined ? "" : short(value));
          })))));
      $("layers").closest(".wide").hidden = !row;
    }

    function drawEvents() {
      $("events").replaceChildren(...known.events.slice(-100).reverse().map(e => node("li", {class: e.kind},
        node("time", {datetime: e.time}, e.time.slice(0, 10) + " " + e.time.slice(11, 19)), " ",
        node("b", {}, e.kind.replaceAll("_", " ")), " ", e.message)));
    }

    function draw() {
      waiting = false;
      if (!known) return;
      drawFacts(); drawFigures(); drawLayers(); drawEvents();
    }
    function soon() { if (!waiting) { waiting = true; requestAnimationFrame(draw); } }
    addEventListener("resize", soon);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", soon);

    const feed = new EventSource(document.body.dataset.feed);
    feed.onopen = () => { $("link").textContent = ""; };
    feed.onerror = () => { $("link").textContent = "No connection; trying again…"; };
    feed.addEventListener("snapshot", event => { known = JSON.parse(event.data); soon(); });
    feed.addEventListener("update", event => {
      const news = JSON.parse(event.data);
      known.run = news.run;
      known.rows.push(...news.rows);
      known.epochs.names = news.epochs.names;
      known.epochs.points.push(...news.epochs.points);
      // A long look: every other epoch is enough for a line.
      if (known.epochs.points.length > 2000) known.epochs.points = known.epochs.points.filter((_, i) => i % 2);
      known.events.push(...news.events);
      soon();
    });
    """#
}
