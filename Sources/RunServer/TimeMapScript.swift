/// Draws gradients through time as a map of colours, for `RunScript`.
enum TimeMapScript {
  static let javascript = #"""
    /// Steps of training from left to right, times of a sequence from top to bottom. Colours are viridis over eight powers
    /// of ten at most; below the map, the value under the pointer or the newest profile's ends.
    class TimeMap {
      constructor(parent, title) {
        this.figure = node("figure", {}, node("figcaption", {}, title));
        this.canvas = node("canvas", {role: "img", "aria-label": title});
        this.canvas.style.cssText = "display:block;width:100%;height:200px;image-rendering:pixelated";
        this.axis = node("p", {class: "soft"});
        this.said = node("p", {class: "soft"});
        this.axis.style.cssText = this.said.style.cssText = "margin:4px 0 0;font-size:12px";
        this.figure.append(this.canvas, this.axis, this.said);
        parent.append(this.figure);
        this.canvas.addEventListener("pointermove", e => { this.pointer = [e.offsetX / this.canvas.clientWidth, e.offsetY / this.canvas.clientHeight]; this.point(); });
        this.canvas.addEventListener("pointerleave", () => { this.pointer = null; this.point(); });
      }

      /// rows: [step, values from the first time to the last].
      draw(rows, positions) {
        this.figure.hidden = !rows.length;
        if (!rows.length) return;
        const times = positions.length, first = rows[0][0], last = Math.max(rows[rows.length - 1][0], first + 1);
        const width = Math.min(400, Math.max(rows.length, 2)), cells = Array.from({length: width}, () => null);
        for (const [step, values] of rows) {
          const x = Math.min(width - 1, Math.floor((step - first) / (last - first) * width)), before = cells[x];
          cells[x] = before ? {step, values: values.map((v, i) => typeof v === "number" && typeof before.values[i] === "number" ? Math.max(v, before.values[i]) : null)} : {step, values};
        }
        for (let x = 1; x < width; x++) cells[x] = cells[x] || cells[x - 1];
        let most = 0, least = Infinity;
        for (const cell of cells) for (const v of cell.values) if (typeof v === "number" && v > 0 && Number.isFinite(v)) { most = Math.max(most, v); least = Math.min(least, v); }
        least = Math.max(least, most * 1e-8);
        const span = Math.log10(most / least) || 1;
        this.canvas.width = width; this.canvas.height = times;
        const context = this.canvas.getContext("2d"), image = context.createImageData(width, times);
        for (let x = 0; x < width; x++) for (let t = 0; t < times; t++) {
          const v = cells[x].values[t], at = 4 * (t * width + x);
          const color = typeof v === "number" && Number.isFinite(v) ? viridis(v > 0 ? Math.log10(v / least) / span : 0) : [193, 18, 31];
          image.data.set([...color, 255], at);
        }
        context.putImageData(image, 0, 0);
        Object.assign(this, {cells, positions});
        this.axis.textContent = `steps ${countText(first)} to ${countText(last)} from left to right; time ${positions[0]} on top, ${positions[times - 1]} below; dark ${short(least, 2)}, bright ${short(most, 2)}`;
        this.point();
      }

      point() {
        if (!this.cells) return;
        const [x, y] = this.pointer || [1, 1], clamp = (v, n) => Math.min(n - 1, Math.max(0, Math.floor(v * n)));
        const cell = this.cells[clamp(x, this.cells.length)], t = clamp(y, this.positions.length);
        const end = cell.values[cell.values.length - 1];
        this.said.textContent = `step ${cell.step}, time ${this.positions[t]}: ${short(cell.values[t])}`
          + (end ? `, ${short(cell.values[t] / end, 2)} of the last time's` : "");
      }
    }
    const viridisAnchors = [[68, 1, 84], [72, 40, 120], [62, 73, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37]];
    function viridis(fraction) {
      const place = Math.min(1, Math.max(0, fraction)) * 9, i = Math.min(8, Math.floor(place)), part = place - i;
      return viridisAnchors[i].map((low, k) => Math.round(low + (viridisAnchors[i + 1][k] - low) * part));
    }
    """# + "\n"
}
