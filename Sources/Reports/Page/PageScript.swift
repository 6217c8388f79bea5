/// What the page can do where scripts run: values under the pointer, names that hide their curves, dragging that zooms
/// all figures. It reads the values that `SeriesData` writes, and puts in names as text, never as markup.
enum PageScript {
  static let text = reading + curves + pointer

  /// Values, axes, and the page's figures.
  private static let reading = #"""
    (() => {
    'use strict';
    const NS = 'http://www.w3.org/2000/svg', NAN = 65535, INF = 65534, NEGATIVE = 65533, BELOW = 65532, FULL = 65000;
    const expand = text => {
      const out = []; let at = 0;
      if (text) for (const part of text.split(',')) {
        const [difference, count] = part.split('x').map(Number);
        for (let i = 0; i < (count || 1); i++) out.push(at += difference);
      }
      return out;
    };
    const shared = JSON.parse(document.getElementById('steps').textContent), steps = {};
    for (const key in shared) steps[key] = expand(shared[key]);
    const codes = text => {
      if (text === undefined) return null;
      const bytes = atob(text), out = new Uint16Array(bytes.length / 2);
      for (let i = 0; i < out.length; i++) out[i] = bytes.charCodeAt(2 * i) | bytes.charCodeAt(2 * i + 1) << 8;
      return out;
    };
    const make = (name, attributes, parent, text) => {
      const element = document.createElementNS(NS, name);
      for (const key in attributes) element.setAttribute(key, attributes[key]);
      if (text !== undefined) element.textContent = text;
      if (parent) parent.appendChild(element);
      return element;
    };
    const html = (name, parent, text, cssClass) => {
      const element = document.createElement(name);
      if (text !== undefined) element.textContent = text;
      if (cssClass) element.className = cssClass;
      if (parent) parent.appendChild(element);
      return element;
    };
    const format = value => {
      if (Number.isNaN(value)) return 'NaN';
      if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '−Inf';
      const size = Math.abs(value);
      if (size === 0) return '0';
      if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(4))).replace('-', '−');
      return value.toExponential(3).replace('e+', 'e').replace(/-/g, '−');
    };

    // Axes: the scales of the page's figures.
    const axis = (kind, lower, upper, threshold) => {
      const to = kind === 'log' ? Math.log10 : kind === 'symmetric' ? v => Math.asinh(v / threshold) : v => v;
      const from = kind === 'log' ? p => 10 ** p : kind === 'symmetric' ? p => threshold * Math.sinh(p) : p => p;
      const start = to(lower), span = to(upper) - start;
      return { kind, lower, upper, threshold,
        fraction: v => kind === 'log' && v <= 0 ? 0 : (to(v) - start) / span,
        value: f => from(start + f * span) };
    };
    const parseAxis = text => { const [kind, ...numbers] = text.split(' '); return axis(kind, ...numbers.map(Number)); };
    const linearTicks = (lower, upper, count, least) => {
      const rough = Math.max((upper - lower) / count, least || 0);
      if (!(rough > 0) || !Number.isFinite(rough)) return [];
      const power = Math.floor(Math.log10(rough)), lead = rough / 10 ** power;
      const step = (lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 5.0001 ? 5 : 10) * 10 ** power;
      const ticks = [];
      for (let i = Math.ceil(lower / step - 1e-9); i <= upper / step + 1e-9 && ticks.length < 60; i++) ticks.push(Number((i * step).toPrecision(12)));
      return ticks;
    };
    const ticks = a => {
      if (a.kind === 'log') {
        const low = Math.log10(a.lower), high = Math.log10(a.upper), out = [];
        if (high - low < 0.7) return linearTicks(a.lower, a.upper, 5);
        const every = Math.max(1, Math.ceil((high - low) / 5));
        for (let e = Math.floor(low); e <= high; e++) if (high - low < 3 || e % every === 0)
          for (const m of high - low < 1.7 ? [1, 2, 5] : high - low < 3 ? [1, 3] : [1]) out.push(m * 10 ** e);
        return out.filter(v => v >= a.lower && v <= a.upper);
      }
      if (a.kind === 'symmetric') {
        const first = Math.ceil(Math.log10(a.threshold)), last = Math.floor(Math.log10(Math.max(Math.abs(a.lower), Math.abs(a.upper))));
        if (first > last) return linearTicks(a.lower, a.upper, 5);
        const every = Math.max(1, Math.ceil((last - first + 1) * (a.lower < 0 && a.upper > 0 ? 2 : 1) / 5)), out = [0];
        for (let e = last; e >= first; e -= every) out.push(10 ** e, -(10 ** e));
        return out.filter(v => v >= a.lower && v <= a.upper);
      }
      return linearTicks(a.lower, a.upper, 5);
    };
    const countText = n => {
      const size = Math.abs(n);
      if (size >= 1e6 && n % 1e5 === 0) return n / 1e6 + 'M';
      if (size >= 1e4 && n % 100 === 0) return n / 1e3 + 'k';
      return String(n);
    };

    const figures = [...document.querySelectorAll('svg.figure[data-plot]')].map(svg => {
      const [left, top, width, height] = svg.dataset.plot.split(' ').map(Number);
      const [first, last] = svg.dataset.steps.split(' ').map(Number);
      const box = svg.viewBox.baseVal;
      const figure = { svg, left, top, width, height, first, last, lower: first, upper: last, box, series: null, whole: true };
      figure.axis = figure.full = svg.dataset.axis ? parseAxis(svg.dataset.axis) : null;
      figure.groups = [...svg.querySelectorAll('g.series')];
      figure.off = new Set();
      figure.companion = svg.dataset.companion || '';
      return figure;
    });
    const byID = {};
    for (const figure of figures) byID[figure.svg.parentNode.id] = figure;

    // The values of a figure, taken apart when they are first wanted.
    const load = figure => figure.series ||= figure.groups.map(group => {
      const data = group.dataset, values = codes(data.values);
      return { group, name: group.querySelector('title').textContent, steps: data.key ? steps[data.key] : expand(data.steps),
        values, lows: codes(data.lows), highs: codes(data.highs), cssClass: group.getAttribute('class').replace('series ', ''),
        original: group.innerHTML };
    });
    const decode = (figure, code) => code === NAN ? NaN : code === INF ? Infinity : code === NEGATIVE ? -Infinity
      : code === BELOW ? 0 : figure.full.value(code / FULL);
    const nearest = (list, step) => {
      let best = -1, distance = Infinity;
      for (let i = 0; i < list.length; i++) { const d = Math.abs(list[i] - step); if (d < distance) { distance = d; best = i; } }
      return best;
    };

    """#
}
