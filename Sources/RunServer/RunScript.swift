/// Fills a run's page from its feed.
enum RunScript {
  static let javascript = #"""
    const $ = id => document.getElementById(id);
    let known = null, waiting = false;
    const figures = $("figures");
    const charts = {
      loss: new Chart(figures, "Loss", {log: "auto"}),
      metrics: new Chart(figures, "Validation metrics"),
      norm: new Chart(figures, "Gradient norm", {log: true}),
      gradient_mean: new Chart(figures, "Mean gradient of each layer"),
      gradient_rms: new Chart(figures, "Gradient rms of each layer", {log: true}),
      update_ratio: new Chart(figures, "Update / weights", {log: true}),
      weight_rms: new Chart(figures, "Weight rms of each layer", {log: true}),
      learning_rate: new Chart(figures, "Learning rate", {log: "auto"}),
    };
    const gates = {2: ["update", "reset"], 3: ["input", "forget", "output"]};
    const along = [
      ["gate_saturated_fraction", new Chart(figures, "Saturated gates"), (s, i) => (gates[s.positions.length] || [])[i] || `${i + 1}th`],
      ["attention_largest_logit", new Chart(figures, "Largest attention score", {log: "auto"}), (s, i) => `head ${i + 1}`],
      ["attention_entropy", new Chart(figures, "Entropy of attention, nats"), (s, i) => `head ${i + 1}`],
    ];
    for (const [name, chart] of along) charts[name] = chart;
    const maps = new Map();
    for (const name in charts) charts[name].figure.id = "figure-" + name;

    const column = name => known.columns.indexOf(name);
    function line(name, rows = known.rows) { const c = column(name); return rows.map(r => [r[0], r[c]]); }

    function drawFigures() {
      const {rows, epochs} = known;
      const marks = known.events.filter(e => e.step !== null && ["rollback", "blowup"].includes(e.kind));
      const epoch = (name, hue, words = inWords(name)) => {
        const index = epochs.names.indexOf(name) + 1;
        return {name: words, hue, points: index ? epochs.points.map(p => [p[0], p[index] ?? null]) : []};
      };
      const loss = rows.length
        ? {name: "training", points: rows.map(r => [r[0], r[column("loss")], r[column("loss_min")], r[column("loss_max")]])}
        : epoch("loss", "", "training, mean of each epoch");
      loss.hue = "var(--c0)";
      const losses = [loss], validation = epoch("validation_loss", "var(--c1)", "validation");
      if (validation.points.length) losses.push(validation);
      charts.loss.draw(losses, marks);
      const metrics = epochs.names.filter(n => n !== "loss" && n !== "validation_loss");
      charts.metrics.draw(metrics.map((n, i) => epoch(n, hue(i, metrics.length))), marks);
      const norm = line("gradient_norm"), largest = line("gradient_norm_max"), clipped = line("clipped_norm");
      const differs = other => other.some((p, i) => Math.abs(p[1] - norm[i][1]) > 1e-4 * Math.abs(norm[i][1]));
      // A line that lies on another all the way says nothing.
      charts.norm.draw([
        {name: "before clipping", hue: "var(--c0)", points: norm},
        ...(differs(largest) ? [{name: "largest", hue: "var(--c1)", points: largest}] : []),
        ...(differs(clipped) ? [{name: "after clipping", hue: "var(--c2)", points: clipped}] : []),
      ], marks);
      for (const name of ["gradient_mean", "gradient_rms", "update_ratio", "weight_rms"]) {
        const c = known.columns.length + known.layer_columns.findIndex(c => c.name === name);
        charts[name].draw(known.layers.map((layer, i) => ({
          name: layer, hue: hue(i, known.layers.length), points: rows.map(r => [r[0], r[c][i] ?? null]),
        })), marks);
      }
      drawSeries(marks);
      charts.learning_rate.draw([{name: "learning rate", hue: "var(--c0)", points: line("learning_rate")}], marks);
      // An odd one out would stand beside a hole.
      figures.classList.toggle("odd", [...Object.values(charts), ...maps.values()].filter(c => !c.figure.hidden).length % 2 === 1);
    }

    /// Columns along an axis: a map a layer of gradients through time, curves of gates and heads.
    function drawSeries(marks) {
      const {rows} = known, at = known.columns.length + known.layer_columns.length;
      const curves = Object.fromEntries(along.map(([name]) => [name, []]));
      let start = 0;
      for (const s of known.series || []) {
        const first = start;
        start += s.positions.length;
        if (s.figure === "through_time") {
          let map = maps.get(s.layer);
          if (!map) maps.set(s.layer, map = new TimeMap(figures, `Gradient through time in ${s.layer} (log of the rms)`));
          map.draw(rows.filter(r => r[at].length).map(r => [r[0], r[at].slice(first, start)]), s.positions);
        } else {
          const word = along.find(([name]) => name === s.figure);
          if (word) for (let i = 0; i < s.positions.length; i++) curves[s.figure].push({
            name: `${s.layer}: ${word[2](s, i)}`, points: rows.map(r => [r[0], r[at][first + i] ?? null]),
          });
        }
      }
      for (const [name, chart] of along) {
        curves[name].forEach((c, i) => { c.hue = hue(i, curves[name].length); });
        chart.draw(curves[name], marks);
      }
    }

    /// A name of the log as a report says it: validation_accuracy is the accuracy, after an epoch, on the rows held back.
    function inWords(name) { return name.replace(/^validation_(?!loss$)/, "").replaceAll("_", " "); }

    function time(seconds) {
      const s = Math.round(seconds);
      if (s >= 3600) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
      return s >= 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s} s`;
    }

    function fill(list, facts) {
      list.replaceChildren(...facts.filter(f => f[1] !== null && f[1] !== undefined).map(([name, value]) =>
        node("div", {}, node("dt", {}, name), node("dd", {"data-fact": name}, ...breakable(String(value))))));
    }
    /// Long names may be broken behind underscores, and nowhere else.
    function breakable(text) { return text.split(/(?<=_)/).flatMap((part, i) => i ? [node("wbr", {}), part] : [part]); }

    function drawFacts() {
      const run = known.run, row = known.rows[known.rows.length - 1], running = run.state === "running";
      const state = $("state");
      const swept = run.state === "interrupted" && ["paused", "pruned"].includes(run.ending);
      state.textContent = swept ? run.ending : run.state + (["died", "failed"].includes(run.ending) ? ` (${run.ending})` : "");
      state.className = "state " + run.state;
      const total = run.epochs * run.steps_per_epoch, rate = row && row[column("steps_per_second")];
      const facts = [
        ["epoch", run.epochs ? `${run.epoch ?? 0} / ${run.epochs}` : run.epoch],
        ["step", total ? `${run.step ?? 0} / ${total}` : run.step],
      ];
      if (row && running) facts.push(["loss, last steps", short(row[column("loss")])]);
      if (run.restored_epoch !== null) facts.push(["model", `best, epoch ${run.restored_epoch}`]);
      // Means over an epoch's steps, and the validation after it: those of the last epoch, or of the one that was restored.
      const last = run.restored_epoch === null ? "last epoch" : "model";
      for (const f of run.figures) {
        const name = f.name === "loss" ? "loss" : inWords(f.name);
        facts.push([`${name}, ${last}`, short(f.last)], [`${name}, best epoch`, short(f.best)]);
      }
      if (running && rate) facts.push(["left", total ? time((total - run.step) / rate) : "?"]);
      if (run.duration !== null) facts.push(["trained for", time(run.duration)]);
      if (run.rollbacks) facts.push(["rollbacks", run.rollbacks]);
      const more = [];
      if (row) more.push(["gradient norm", short(row[column("gradient_norm")])], ["learning rate", short(row[column("learning_rate")])]);
      if (running && rate) more.push(["steps a second", short(rate, 3)]);
      if (row && row[column("resident_bytes")]) more.push(["memory", short(row[column("resident_bytes")] / 1e6, 3) + " MB"]);
      more.push(["workers", run.workers], ["shards", run.shards], ["host", run.host], ["optimizer", run.optimizer],
        ["loss function", run.loss_function], ["weights", run.parameters], ["training rows", run.train_rows],
        ["validation rows", run.validation_rows], ["seed", run.seed], ["checkpoint", run.checkpoint], ["version", run.version]);
      fill($("facts"), facts);
      fill($("more"), more);
      $("progress").hidden = !total;
      if (total) $("progress").firstElementChild.style.width = Math.min(100, 100 * run.step / total) + "%";
    }

    function drawLayers() {
      const row = known.rows[known.rows.length - 1];
      const columns = known.layer_columns.map((c, i) => [i, c.heading, c.fraction ? percent : short]);
      $("layers").replaceChildren(
        node("thead", {}, node("tr", {}, node("th", {scope: "col"}, "layer"),
          ...columns.map(([, words]) => node("th", {scope: "col", class: "number"}, words)))),
        node("tbody", {}, ...known.layers.map((layer, i) => node("tr", {}, node("th", {scope: "row"}, layer),
          ...columns.map(([c, , form]) => {
            const value = row && row[known.columns.length + c][i];
            return node("td", {class: "number"}, value === null || value === undefined ? "–" : form(value));
          })))));
      $("layers").closest(".wide").hidden = !row;
    }

    /// A sentence in which `this` is code.
    function prose(text) {
      const parts = text.split("`");
      return parts.length % 2 ? parts.map((part, i) => i % 2 ? node("code", {}, part) : part) : [text];
    }

    function drawEvents() {
      $("events").replaceChildren(...known.events.slice(-100).reverse().map(e => node("li", {class: e.kind},
        node("time", {datetime: e.time}, e.time.slice(0, 10) + " " + e.time.slice(11, 19)), " ",
        node("b", {}, e.kind === "blowup" ? "blow-up" : e.kind.replaceAll("_", " ")), " ", ...prose(e.message))));
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
