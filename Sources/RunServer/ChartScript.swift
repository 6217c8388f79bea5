/// Draws line charts as SVG, for `RunScript`.
enum ChartScript {
  static let javascript = #"""
    "use strict";
    const SVG = "http://www.w3.org/2000/svg";
    function svg(name, attributes, text) {
      const element = document.createElementNS(SVG, name);
      for (const key in attributes) element.setAttribute(key, attributes[key]);
      if (text !== undefined) element.textContent = text;
      return element;
    }
    function node(name, attributes, ...children) {
      const element = document.createElement(name);
      for (const key in attributes) element.setAttribute(key, attributes[key]);
      element.append(...children);
      return element;
    }
    function short(value, digits = 4) {
      if (value === null || value === undefined) return "–";
      if (typeof value !== "number" || !Number.isFinite(value)) return String(value);
      const size = Math.abs(value);
      if (size !== 0 && (size < 1e-4 || size >= 1e7)) return power(value.toExponential(digits - 1));
      // Digits in front of the point are never dropped.
      const places = Math.max(0, digits - 1 - (size === 0 ? 0 : Math.floor(Math.log10(size))));
      return String(Number(value.toFixed(Math.min(20, places))));
    }
    /// 1.50e-7 as 1.5e-7, 1.0e-4 as 1e-4.
    function power(text) { return text.replace(/\.?0*e\+?/, "e"); }
    function percent(value) { return value === null || value === undefined ? "" : short(100 * value, 3) + " %"; }
    /// As on the axes of a report.
    function tickText(value) {
      const size = Math.abs(value);
      return size !== 0 && (size < 1e-3 || size >= 1e5) ? power(value.toExponential(3)) : String(Number(value.toPrecision(6)));
    }
    /// 950, 2000, 20k, 1.5M.
    function countText(value) {
      for (const [unit, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
        if (value >= unit && value >= 1e4 && value % (unit / 10) === 0) return value / unit + letter;
      }
      return String(value);
    }
    /// Steps of 1, 2 or 5 times a power of ten.
    function ticks(low, high, count) {
      const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 5, 10].map(f => f * power).find(s => s >= raw);
      const found = [];
      for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) {
        found.push(Math.abs(tick) < step * 1e-9 ? 0 : tick);
      }
      return found;
    }
    /// Powers of ten; where there are few, 2 and 5 times them too. `low` and `high` are logarithms.
    function logTicks(low, high) {
      if (high - low < 0.7) return ticks(10 ** low, 10 ** high, 5);
      const factors = high - low < 2.5 ? [1, 2, 5] : [1], every = Math.max(1, Math.ceil((high - low) / 7));
      const found = [];
      for (let power = Math.floor(low); power <= high; power++) {
        for (const factor of power % every ? [] : factors) found.push(power + Math.log10(factor));
      }
      const shown = found.filter(t => t >= low && t <= high);
      return shown.map(t => Number((10 ** t).toPrecision(6)));
    }
    function hue(index, count) {
      if (count <= 6) return `var(--c${index})`;
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      return `hsl(${260 - 220 * index / (count - 1)} 65% ${dark ? 65 : 40}%)`;
    }

    /// A figure: series of [x, y] over a common axis, marks, a legend that tells values under the pointer. `log`: true,
    /// false, or "auto": where the values spread so wide that a linear axis would press them flat, as in a report.
    class Chart {
      constructor(parent, title, {log = false} = {}) {
        this.wanted = log;
        this.title = title;
        this.off = new Set();
        this.caption = node("figcaption", {}, title);
        this.figure = node("figure", {}, this.caption);
        this.svg = svg("svg", {role: "img", "aria-label": title});
        this.legend = node("ul", {class: "legend"});
        this.figure.append(this.svg, this.legend);
        parent.append(this.figure);
        this.svg.addEventListener("pointermove", e => { this.pointer = e.offsetX; this.point(); });
        this.svg.addEventListener("pointerleave", () => { this.pointer = null; this.point(); });
      }

      draw(series, marks) {
        this.series = series;
        this.marks = marks;
        const filled = series.some(s => s.points.some(p => p[1] !== null));
        this.figure.hidden = !filled;
        if (!filled) return;
        const width = this.svg.clientWidth || 480, height = this.svg.clientHeight || 230;
        const left = 54, right = 8, top = marks.length ? 20 : 8, bottom = 34;
        const shown = series.filter(s => !this.off.has(s.name));
        let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
        let least = Infinity, most = -Infinity, negative = false;
        for (const s of shown) for (const [, y, , peak] of s.points) for (const v of [y, peak]) {
          if (typeof v !== "number" || !Number.isFinite(v)) continue;
          if (v > 0) least = Math.min(least, v); else if (v < 0) negative = true;
          most = Math.max(most, v);
        }
        this.log = this.wanted === "auto" ? !negative && most > 100 * least : this.wanted;
        this.caption.textContent = this.title + (this.log ? " (log)" : "");
        const usable = y => typeof y === "number" && Number.isFinite(y) && (!this.log || y > 0);
        for (const s of shown) for (const [x, y, low, high] of s.points) {
          x0 = Math.min(x0, x); x1 = Math.max(x1, x);
          // The smallest of a batch may be next to nothing: a logarithmic axis need not go down there.
          for (const v of this.log ? [y, high] : [y, low, high]) if (usable(v)) { y0 = Math.min(y0, v); y1 = Math.max(y1, v); }
        }
        // What happened before the first row, or after the last, has its place too.
        for (const mark of marks) { x0 = Math.min(x0, mark.step); x1 = Math.max(x1, mark.step); }
        if (x1 <= x0) { x0 -= 1; x1 = x0 + 2; }
        if (y0 > y1) { y0 = this.log ? 0.1 : 0; y1 = 1; }
        const value = this.log ? Math.log10 : v => v;
        let low = value(y0), high = value(y1);
        const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
        low -= room; high += room;
        const X = x => left + (x - x0) / (x1 - x0) * (width - left - right);
        const Y = y => Math.min(height - bottom, top + (high - value(y)) / (high - low) * (height - top - bottom));
        this.X = X; this.x0 = x0; this.x1 = x1;
        const parts = [];
        const yTicks = this.log ? logTicks(low, high) : ticks(low, high, 5);
        for (const tick of yTicks) {
          parts.push(svg("path", {class: "grid", d: `M${left} ${Y(tick)}H${width - right}`}));
          parts.push(svg("text", {x: left - 6, y: Y(tick) + 4, "text-anchor": "end"}, tickText(tick)));
        }
        for (const tick of ticks(x0, x1, Math.max(2, Math.floor(width / 110)))) {
          parts.push(svg("path", {class: "grid", d: `M${X(tick)} ${top}V${height - bottom}`}));
          const anchor = X(tick) > width - 30 ? "end" : "middle";
          parts.push(svg("text", {x: X(tick), y: height - bottom + 14, "text-anchor": anchor}, countText(tick)));
        }
        parts.push(svg("text", {x: width - right, y: height - 4, "text-anchor": "end"}, "step"));
        for (const s of series) {
          if (this.off.has(s.name)) continue;
          const banded = s.points.filter(p => usable(p[2]) && usable(p[3]));
          if (banded.length > 1) {
            const there = banded.map(p => `${X(p[0]).toFixed(1)} ${Y(p[3]).toFixed(1)}`);
            const back = banded.map(p => `${X(p[0]).toFixed(1)} ${Y(p[2]).toFixed(1)}`).reverse();
            const band = svg("path", {class: "band", d: "M" + there.concat(back).join("L") + "Z"});
            band.style.fill = s.hue;
            parts.push(band);
          }
          let d = "", pen = false;
          for (const [x, y] of s.points) {
            if (usable(y)) d += `${pen ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`;
            pen = usable(y);
          }
          const path = svg("path", {class: "series", d});
          path.style.stroke = s.hue;
          if (s.points.length === 1) { path.setAttribute("d", d + "h.01"); path.style.strokeWidth = 4; path.style.strokeLinecap = "round"; }
          parts.push(path);
        }
        let free = -Infinity, last = null, aside = 0;
        for (const mark of [...marks].sort((a, b) => a.step - b.step)) {
          // Two at one step stand side by side.
          aside = last === mark.step ? aside + 3 : 0;
          last = mark.step;
          const at = X(mark.step) + aside, word = mark.kind === "blowup" ? "blow-up" : mark.kind;
          const line = svg("path", {class: `mark ${mark.kind}`, d: `M${at} ${top}V${height - bottom}`});
          line.append(svg("title", {}, `${word}: ${mark.message}`));
          parts.push(line);
          // A word that has no room above its line moves on a little.
          const half = 3.2 * word.length, place = Math.min(Math.max(at, half, free + half), width - half);
          if (place - half < free || place - at > 80) continue;
          free = place + half + 4;
          parts.push(svg("text", {class: `marked ${mark.kind}`, x: place, y: 12, "text-anchor": "middle"}, word));
        }
        this.cross = svg("path", {class: "cross", d: ""});
        parts.push(this.cross);
        this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        this.svg.replaceChildren(...parts);
        this.top = top; this.floor = height - bottom;
        if (this.legend.children.length !== series.length) {
          this.legend.replaceChildren(...series.map(s => {
            const item = node("li", {tabindex: 0, role: "button"}, s.name + " ", node("b", {}));
            const toggle = () => {
              if (!this.off.delete(s.name)) this.off.add(s.name);
              item.classList.toggle("off", this.off.has(s.name));
              this.draw(this.series, this.marks);
            };
            item.addEventListener("click", toggle);
            item.addEventListener("keydown", e => { if (e.key === "Enter") toggle(); });
            return item;
          }));
        }
        this.point();
      }

      /// Values at the pointer, or the newest.
      point() {
        if (!this.series || this.figure.hidden || !this.X) return;
        const width = this.svg.clientWidth;
        let at = null;
        if (this.pointer !== null && this.pointer !== undefined && width) {
          at = this.x0 + (this.pointer - this.X(this.x0)) / (this.X(this.x1) - this.X(this.x0)) * (this.x1 - this.x0);
          at = Math.min(this.x1, Math.max(this.x0, at));
        }
        this.cross.setAttribute("d", at === null ? "" : `M${this.X(at)} ${this.top}V${this.floor}`);
        this.series.forEach((s, index) => {
          const item = this.legend.children[index];
          item.style.setProperty("--hue", s.hue);
          let best = s.points[s.points.length - 1];
          if (at !== null) for (const p of s.points) if (Math.abs(p[0] - at) < Math.abs(best[0] - at)) best = p;
          item.querySelector("b").textContent = best ? short(best[1]) : "";
        });
      }
    }
    """# + "\n"
}
