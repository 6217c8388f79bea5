extension PageScript {
  /// Draws a figure again for a part of the steps and some of its series, as `Envelope` and `LineFigure` do.
  static let curves = #"""
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
      let line = -99, leader = null, numbers = [];
      const tell = () => {
        if (!leader) return;
        numbers.sort((a, b) => a - b);
        leader.textContent = numbers.length > 3 ? numbers[0] + '…' + numbers[numbers.length - 1] : numbers.join(', ');
        leader.removeAttribute('display');
      };
      for (const mark of svg.querySelectorAll('.marks > g')) {
        if (mark.dataset.list !== undefined) {
          mark.querySelector('path').setAttribute('d', expand(mark.dataset.list).map(x).filter(p => p >= left && p <= left + width).map(p => `M${p.toFixed(1)} ${top - 6}v5`).join(''));
          continue;
        }
        const exact = mark.dataset.step === undefined ? -1 : x(Number(mark.dataset.step));
        mark.style.display = exact < left || exact > left + width ? 'none' : '';
        if (mark.style.display) continue;
        const place = Math.max(exact, line + 3);
        line = place;
        mark.querySelector('path').setAttribute('d', `M${place} ${top}v${height}`);
        const number = mark.querySelector('text');
        if (!leader || place - Number(leader.getAttribute('x')) >= 14) { tell(); leader = number; numbers = []; }
        number.setAttribute('x', place);
        number.setAttribute('display', 'none');
        numbers.push(Number(mark.dataset.number));
      }
      tell();
    };
    const zoomCells = figure => {
      const cells = figure.svg.querySelector('.cells'), hatching = figure.svg.querySelector('.hatching');
      if (!cells) return;
      const scale = (figure.last - figure.first) / (figure.upper - figure.lower);
      const start = figure.left - (figure.lower - figure.first) / (figure.last - figure.first) * figure.width * scale;
      cells.setAttribute('width', figure.width * scale);
      cells.setAttribute('x', start);
      figure.hatch ||= [Number(hatching.getAttribute('x')) - figure.left, Number(hatching.getAttribute('width'))];
      hatching.setAttribute('x', start + figure.hatch[0] * scale);
      hatching.setAttribute('width', figure.hatch[1] * scale);
    };

    """#
}
