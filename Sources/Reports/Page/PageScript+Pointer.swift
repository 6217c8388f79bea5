extension PageScript {
  /// What the pointer and the legend do.
  static let pointer = #"""
    const reset = html('button', null, 'Show all steps');
    reset.id = 'reset'; reset.type = 'button';
    const zoom = (lower, upper) => {
      for (const figure of figures) {
        figure.lower = lower === undefined ? figure.first : Math.max(figure.first, lower);
        figure.upper = upper === undefined ? figure.last : Math.min(figure.last, upper);
        // What is on the screen first; the others one by one, so that the page answers meanwhile.
        const bounds = figure.svg.getBoundingClientRect();
        clearTimeout(figure.later);
        if (bounds.bottom > 0 && bounds.top < innerHeight) draw(figure); else figure.later = setTimeout(draw, 0, figure);
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
    // A map's value under the pointer, and its column as a curve.
    const profile = (figure, step, y) => {
      const data = figure.svg.dataset;
      figure.cells ||= { codes: codes(data.cells), columns: Number(data.columns), names: data.names.split(' '), full: parseAxis(data.scale) };
      const cells = figure.cells, count = cells.names.length;
      const column = Math.min(cells.columns - 1, Math.max(0, Math.floor((step - figure.first) / (figure.last - figure.first) * cells.columns)));
      const row = Math.min(count - 1, Math.max(0, Math.floor((y - figure.top) / figure.height * count)));
      const code = i => cells.codes[i * cells.columns + column];
      html('b', tip, `step ${Math.round(step)}, ${data.row} ${cells.names[row]}`);
      if (code(row) === NEGATIVE) return html('span', tip, 'nothing is known');
      html('span', tip, code(row) === NAN ? 'NaN or Inf' : (code(row) === 0 || code(row) === BELOW ? '≤ ' : '') + format(code(row) === BELOW ? cells.full.lower : decode(cells, code(row))));
      const curve = make('svg', { viewBox: '0 0 220 64', width: 220, height: 64, class: 'c0' }, tip);
      curve.style.display = 'block';
      const x = i => count > 1 ? 4 + 212 * i / (count - 1) : 110, at = i => 60 - 56 * Math.min(1, code(i) >= BELOW ? 0 : code(i) / FULL);
      let line = '', pen = false;
      for (let i = 0; i < count; i++) { const known = code(i) <= BELOW; if (known) line += (pen ? 'L' : 'M') + x(i).toFixed(1) + ' ' + at(i).toFixed(1); pen = known; }
      make('path', { class: 'l', d: line, style: 'stroke-width:1.5' }, curve);
      make('path', { class: 'cross', d: `M${x(row)} 2V62` }, curve);
      html('p', tip, `first ${data.row} to last, this column`);
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
      if (svg.dataset.cells) { profile(figure, step, y); return put(event); }
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
      put(event);
    };
    const put = event => {
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
