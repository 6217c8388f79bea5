/// What the page can do where scripts run: values under the pointer, names that hide their curves, dragging that zooms
/// all figures. It reads the values that `SeriesData` writes, and puts in names as text, never as markup.
enum PageScript {
  static let text = #"""
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

    // Curves within [lower, upper], column by column as the page's maker draws them.
    const columns = (figure, series) => {
      const out = [], gaps = []; let current = null, stretch = [], before = -Infinity;
      const shut = () => { if (current) { current.mean = current.total / current.count; stretch.push(current); current = null; } };
      const end = () => { shut(); if (stretch.length) out.push(stretch); stretch = []; };
      const margin = (figure.upper - figure.lower) / figure.width;
      for (let i = 0; i < series.values.length; i++) {
        const step = series.steps[i];
        // One beyond each border, so that lines reach it.
        if ((i + 1 < series.steps.length && series.steps[i + 1] < figure.lower - margin) || (i > 0 && series.steps[i - 1] > figure.upper + margin)) continue;
        const x = Math.round((step - figure.lower) / (figure.upper - figure.lower) * figure.width);
        if (step < before) end();
        before = step;
        const code = series.values[i], low = series.lows ? series.lows[i] : code, high = series.highs ? series.highs[i] : code;
        if (code >= NEGATIVE) {
          if (x >= 0 && x <= figure.width) gaps.push([x, code]);
          if (low >= NEGATIVE) { if (!current || current.x !== x) end(); continue; }
        }
        const bottom = decode(figure, low), top = decode(figure, high >= NEGATIVE ? low : high);
        const mean = code >= NEGATIVE ? (bottom + top) / 2 : decode(figure, code);
        if (!current || current.x !== x) { shut(); current = { x, low: bottom, high: top, total: 0, count: 0 }; }
        current.low = Math.min(current.low, bottom, mean); current.high = Math.max(current.high, top, mean);
        current.total += mean; current.count++;
      }
      end();
      return { out, gaps };
    };
    const draw = figure => {
      const moved = figure.lower !== figure.first || figure.upper !== figure.last;
      if (figure.companion || !figure.axis) { frame(figure); zoomCells(figure); return; }
      const all = load(figure), whole = !moved && figure.off.size === 0;
      if (whole) {
        figure.axis = figure.full;
        for (const series of all) { series.group.innerHTML = series.original; series.group.style.display = ''; }
        frame(figure, true);
        return;
      }
      const shown = all.filter((_, i) => !figure.off.has(i)), parts = new Map();
      let smallest = Infinity, largest = -Infinity, positive = Infinity;
      for (const series of shown) {
        const part = columns(figure, series); parts.set(series, part);
        for (const stretch of part.out) for (const column of stretch) if (column.x >= 0 && column.x <= figure.width) {
          smallest = Math.min(smallest, column.low); largest = Math.max(largest, column.high);
          for (const v of [column.low, column.mean, column.high]) if (v > 0 && v < positive) positive = v;
        }
      }
      figure.axis = figure.full;
      if (smallest <= largest) {
        const { kind, threshold } = figure.full;
        if (kind === 'log' && largest > 0) {
          const pad = Math.max((Math.log10(largest) - Math.log10(positive)) * 0.05, 0.05);
          figure.axis = axis('log', positive / 10 ** pad, largest * 10 ** pad);
        } else if (kind !== 'log') {
          const pad = smallest === largest ? Math.abs(smallest) * 0.1 || 1 : (largest - smallest) * 0.05;
          figure.axis = axis(kind, figure.full.lower === 0 ? Math.max(0, smallest - pad) : smallest - pad, largest + pad, threshold);
        }
      }
      const tall = figure.height * 10, y = v => Math.round((1 - Math.min(Math.max(figure.axis.fraction(v), -0.1), 1.1)) * tall);
      for (const series of all) {
        const part = parts.get(series);
        series.group.style.display = part ? '' : 'none';
        if (!part) continue;
        let line = '', band = '', signs = '';
        for (const stretch of part.out) {
          line += stretch.map((c, i) => (i ? 'L' : 'M') + c.x * 10 + ' ' + y(c.mean)).join('') + (stretch.length === 1 ? 'h0' : '');
          if (stretch.some(c => y(c.low) - y(c.high) > 8))
            band += stretch.map((c, i) => (i ? 'L' : 'M') + c.x * 10 + ' ' + y(c.high)).join('')
              + stretch.slice().reverse().map(c => 'L' + c.x * 10 + ' ' + y(c.low)).join('') + 'z';
        }
        let last = -9, kind = 0;
        for (const [column, code] of part.gaps) {
          if (code === kind && column - last < 8) continue;
          last = column; kind = code;
          const x = column * 10;
          signs += code === NAN ? `M${x - 30} 5l60 60m0-60l-60 60` : code === INF ? `M${x - 30} 60l30-55 30 55` : `M${x - 30} ${tall - 60}l30 55 30-55`;
        }
        series.group.querySelectorAll('path').forEach(path => path.remove());
        if (band) make('path', { class: 'e', d: band }, series.group);
        make('path', { class: 'l', d: line }, series.group);
        if (signs) make('path', { class: 'g', d: signs }, series.group);
      }
      frame(figure, false);
    };
    // Ticks, grid, marks and rules.
    const frame = (figure, whole) => {
      const { svg, left, top, width, height } = figure;
      figure.saved ||= ['.xticks', '.yticks', '.rules', '.marks'].map(name => svg.querySelector(name)).filter(Boolean)
        .concat([...svg.querySelectorAll('path.grid')]).map(element => [element, element.innerHTML, element.getAttribute('d')]);
      if (figure.lower === figure.first && figure.upper === figure.last && whole !== false) {
        for (const [element, inner, d] of figure.saved) { if (d !== null) element.setAttribute('d', d); else element.innerHTML = inner; }
        return;
      }
      const x = step => left + (step - figure.lower) / (figure.upper - figure.lower) * width;
      const grids = svg.querySelectorAll('path.grid');
      const bottom = svg.querySelector('.xticks'), name = bottom.lastElementChild.textContent;
      let grid = '';
      bottom.textContent = '';
      for (const tick of linearTicks(figure.lower, figure.upper, 7, 1)) {
        const place = x(tick);
        if (place < left - 0.1 || place > left + width + 0.1) continue;
        grid += `M${place} ${top}v${height}`;
        make('text', { x: place, y: top + height + 15, 'text-anchor': place > left + width - 14 ? 'end' : place < left + 8 ? 'start' : 'middle' }, bottom, countText(tick));
      }
      make('text', { x: left + width, y: top + height + 31, 'text-anchor': 'end' }, bottom, name);
      if (figure.axis) {
        grids[grids.length - 1].setAttribute('d', grid);
        const side = svg.querySelector('.yticks');
        side.textContent = ''; grid = '';
        for (const tick of ticks(figure.axis)) {
          const y = top + (1 - figure.axis.fraction(tick)) * height;
          grid += `M${left} ${y}h${width}`;
          const text = tick === 0 ? '0' : Math.abs(tick) >= 1e5 || Math.abs(tick) < 1e-3 ? tick.toExponential().replace('e+', 'e') : String(tick);
          make('text', { x: left - 5, y: y + 4, 'text-anchor': 'end' }, side, text.replace(/^-/, '−'));
        }
        grids[0].setAttribute('d', grid);
        for (const rule of svg.querySelectorAll('.rule')) {
          const f = figure.axis.fraction(Number(rule.dataset.value)), y = top + (1 - f) * height, label = rule.nextElementSibling;
          rule.style.display = label.style.display = f >= 0 && f <= 1 ? '' : 'none';
          rule.setAttribute('d', `M${left} ${y}h${width}`); label.setAttribute('y', f > 0.9 ? y + 12 : y - 4);
        }
      }
      let free = -99;
      for (const mark of svg.querySelectorAll('.marks > g')) {
        const place = mark.dataset.step === undefined ? -1 : x(Number(mark.dataset.step));
        mark.style.display = place < left || place > left + width ? 'none' : '';
        if (mark.style.display) continue;
        mark.querySelector('path').setAttribute('d', `M${place} ${top}v${height}`);
        const number = mark.querySelector('text');
        if (number) { number.setAttribute('x', place); number.style.display = place - free < 14 ? 'none' : ''; if (place - free >= 14) free = place; }
      }
    };
    const zoomCells = figure => {
      const cells = figure.svg.querySelector('.cells');
      if (!cells) return;
      const scale = (figure.last - figure.first) / (figure.upper - figure.lower);
      cells.setAttribute('width', figure.width * scale);
      cells.setAttribute('x', figure.left - (figure.lower - figure.first) / (figure.last - figure.first) * figure.width * scale);
    };

    const reset = html('button', null, 'Show all steps');
    reset.id = 'reset'; reset.type = 'button';
    const zoom = (lower, upper) => {
      for (const figure of figures) {
        figure.lower = lower === undefined ? figure.first : Math.max(figure.first, lower);
        figure.upper = upper === undefined ? figure.last : Math.min(figure.last, upper);
        draw(figure);
      }
      for (const figure of figures) hide(figure);
      if (lower === undefined) reset.remove(); else document.body.appendChild(reset);
    };
    reset.addEventListener('click', () => zoom());

    // Values under the pointer.
    const tip = html('div'); tip.id = 'tip';
    const hide = figure => { tip.remove(); if (figure.cross) { figure.cross.remove(); figure.cross = null; } };
    const rows = (figure, step, y) => {
      if (figure.companion) {
        const [id, offset] = figure.companion.split(' '), other = byID['figure-' + id], names = figure.svg.querySelectorAll('.names text');
        const cells = figure.svg.querySelector('.cells');
        if (!other || !cells) return [];
        const count = Number(figure.svg.dataset.rows), layer = Math.floor((y - figure.top) / figure.height * count);
        const series = load(other)[Number(offset) + layer];
        return series ? [[series, other, nearest(series.steps, step)]] : [];
      }
      return load(figure).filter((_, i) => !figure.off.has(i)).map(series => [series, figure, nearest(series.steps, step)]);
    };
    const show = (figure, event) => {
      const { svg, left, top, width, height, box } = figure, bounds = svg.getBoundingClientRect();
      const x = (event.clientX - bounds.left) / bounds.width * box.width, y = (event.clientY - bounds.top) / bounds.height * box.height;
      if (x < left - 4 || x > left + width + 4 || y < top - 12 || y > top + height) return hide(figure);
      const place = Math.min(Math.max(x, left), left + width);
      const step = figure.lower + (place - left) / width * (figure.upper - figure.lower);
      figure.cross ||= make('path', { class: 'cross' }, svg);
      figure.cross.setAttribute('d', `M${place} ${top}v${height}`);
      tip.textContent = '';
      // A curve that ends far from the pointer says nothing about this place.
      const far = Math.max((figure.upper - figure.lower) / width * 4, 1);
      const list = rows(figure, step, y).filter(([series, , at]) => at >= 0
        && (Math.abs(series.steps[at] - step) <= far || (at > 0 && at < series.steps.length - 1)));
      const away = list.map(([series, , at]) => Math.abs(series.steps[at] - step)), closest = away.indexOf(Math.min(...away));
      const own = list.length ? list[closest][0].steps[list[closest][2]] : Math.round(step);
      html('b', tip, 'step ' + own);
      const table = html('div', tip, undefined, 'values');
      const value = ([series, source, at]) => decode(source, series.values[at]);
      if (list.length > 8) list.sort((a, b) => value(b) - value(a));
      for (const [series, source, at] of list.slice(0, 24)) {
        const swatch = make('svg', { viewBox: '0 0 260 80', width: 26, height: 8, class: series.cssClass }, table);
        make('path', { class: 'l', d: 'M10 40h240' }, swatch);
        html('span', table, series.name);
        let text = series.values[at] === BELOW ? '≤ 0' : format(value([series, source, at]));
        if (series.lows && series.highs && series.lows[at] < NEGATIVE && series.lows[at] !== series.highs[at])
          text += ' (' + format(decode(source, series.lows[at])) + ' to ' + format(decode(source, series.highs[at])) + ')';
        else if (series.highs && series.highs[at] > series.values[at] && series.highs[at] <= FULL) text += ' (to ' + format(decode(source, series.highs[at])) + ')';
        if (series.steps[at] !== own) text += ' at ' + series.steps[at];
        html('span', table, text);
      }
      if (list.length > 24) html('p', tip, `and ${list.length - 24} more`);
      let told = 0;
      for (const mark of svg.querySelectorAll('.marks > g[data-step]')) {
        const at = left + (Number(mark.dataset.step) - figure.lower) / (figure.upper - figure.lower) * width;
        if (Math.abs(at - place) < 5 && told++ < 3) html('p', tip, mark.querySelector('title').textContent);
      }
      document.body.appendChild(tip);
      const size = tip.getBoundingClientRect();
      const beside = event.clientX + 16 + size.width < innerWidth ? event.clientX + 16 : event.clientX - 16 - size.width;
      tip.style.left = Math.max(4, Math.min(beside, innerWidth - size.width - 4)) + 'px';
      tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - size.height - 4)) + 'px';
    };

    for (const figure of figures) {
      const { svg, left, top, width, height, box } = figure;
      const place = event => {
        const bounds = svg.getBoundingClientRect();
        return Math.min(Math.max((event.clientX - bounds.left) / bounds.width * box.width, left), left + width);
      };
      let from = null, pick = null;
      svg.addEventListener('pointerdown', event => { if (event.button === 0) from = place(event); show(figure, event); });
      svg.addEventListener('pointermove', event => {
        if (from !== null && event.buttons) {
          const to = place(event);
          if (!pick && Math.abs(to - from) > 4) { pick = make('rect', { class: 'pick', y: top, height }, svg); svg.setPointerCapture(event.pointerId); }
          if (pick) { pick.setAttribute('x', Math.min(from, to)); pick.setAttribute('width', Math.abs(to - from)); }
        }
        show(figure, event);
      });
      const stop = event => {
        if (pick && event.type === 'pointerup') {
          const ends = [from, place(event)].sort((a, b) => a - b).map(x => figure.lower + (x - left) / width * (figure.upper - figure.lower));
          if (ends[1] - ends[0] >= 1) zoom(...ends);
        }
        if (pick) pick.remove();
        from = pick = null;
      };
      svg.addEventListener('pointerup', stop);
      svg.addEventListener('pointercancel', stop);
      // A finger that is lifted leaves the values to be read; the next touch elsewhere removes them.
      svg.addEventListener('pointerleave', event => { if (event.pointerType !== 'touch') hide(figure); });
      document.addEventListener('pointerdown', event => { if (!svg.contains(event.target)) hide(figure); });
      svg.addEventListener('dblclick', () => zoom());
      const legend = svg.parentNode.querySelector('.legend');
      if (!legend) continue;
      const items = [...legend.children];
      const update = () => {
        items.forEach((item, i) => { item.classList.toggle('off', figure.off.has(i)); item.setAttribute('aria-pressed', String(!figure.off.has(i))); });
        draw(figure);
      };
      items.forEach((item, i) => {
        item.tabIndex = 0; item.setAttribute('role', 'button'); item.setAttribute('aria-pressed', 'true');
        const toggle = event => {
          if (event.shiftKey || event.altKey) figure.off = new Set(figure.off.size === items.length - 1 && !figure.off.has(i) ? [] : items.map((_, k) => k).filter(k => k !== i));
          else if (!figure.off.delete(i)) figure.off.add(i);
          update();
        };
        item.addEventListener('click', toggle);
        item.addEventListener('keydown', event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); toggle(event); } });
      });
    }
    document.documentElement.classList.add('scripted');
    })();
    """#
}
