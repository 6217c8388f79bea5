/// What the figures of a sweep do where scripts run: the draw under the pointer, its line on top of the others.
package enum SweepScript {
  package static let javascript = #"""
    const sweepFigures = (() => {
    'use strict';
    const NS = 'http://www.w3.org/2000/svg';
    const make = (name, attributes, parent) => {
      const element = document.createElementNS(NS, name);
      for (const key in attributes) element.setAttribute(key, attributes[key]);
      parent.appendChild(element);
      return element;
    };
    const html = (name, parent, text, cssClass) => {
      const element = document.createElement(name);
      if (text !== undefined) element.textContent = text;
      if (cssClass) element.className = cssClass;
      parent.appendChild(element);
      return element;
    };
    const expand = text => {
      const out = []; let at = 0;
      if (text) for (const part of text.split(',')) {
        const [difference, count] = part.split('x').map(Number);
        for (let i = 0; i < (count || 1); i++) out.push(at += difference);
      }
      return out;
    };
    // Corners of a path that is made of M, l and h0.
    const corners = text => {
      const out = []; let x = 0, y = 0, kind = '', first = null;
      for (const [token] of text.matchAll(/[A-Za-z]|-?\d+/g)) {
        if (/[A-Za-z]/.test(token)) { kind = token; first = null; continue; }
        if (kind === 'h') continue;
        if (first === null) { first = Number(token); continue; }
        if (kind === 'M') { x = first; y = Number(token); } else { x += first; y += Number(token); }
        out.push([x, y, kind === 'M']);
        first = null;
      }
      return out;
    };
    const tip = document.createElement('div'); tip.id = 'tip';
    const attach = (svg, data) => {
      const plot = svg.querySelector('.plot');
      if (!plot) return;
      const isPoints = svg.dataset.kind === 'points', list = svg.closest('figure').id === 'figure-curves' ? data.curves : data.draws;
      let shapes = null, mark = null;
      const load = () => shapes ||= isPoints
        ? [...plot.querySelectorAll('[data-draws]')].flatMap(path => { const at = expand(path.dataset.draws); return corners(path.getAttribute('d')).map(([x, y], i) => ({ i: at[i], x, y })); })
        : [...plot.querySelectorAll('path[data-i]')].map(path => ({ i: Number(path.dataset.i), path, corners: corners(path.getAttribute('d')) }));
      const hide = () => { tip.remove(); if (mark) mark.remove(); mark = null; };
      const distance = (shape, x, y) => {
        if (isPoints) return Math.hypot(shape.x - x, shape.y - y);
        let best = Infinity; const all = shape.corners;
        if (all.length === 1) return Math.hypot(all[0][0] - x, all[0][1] - y);
        for (let k = 1; k < all.length; k++) {
          if (all[k][2]) continue;
          const [ax, ay] = all[k - 1], [bx, by] = all[k], dx = bx - ax, dy = by - ay, span = dx * dx + dy * dy;
          const t = span ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / span)) : 0;
          best = Math.min(best, Math.hypot(ax + t * dx - x, ay + t * dy - y));
        }
        return best;
      };
      const show = event => {
        const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(plot.getScreenCTM().inverse());
        let best = null, near = isPoints ? 160 : 120;
        for (const shape of load()) { const d = distance(shape, place.x, place.y); if (d <= near) { near = d; best = shape; } }
        hide();
        if (!best || !list[best.i]) return;
        mark = isPoints ? make('circle', { class: 'spot', cx: best.x, cy: best.y, r: 70 }, plot)
          : make('path', { class: 'picked', d: best.path.getAttribute('d') }, plot);
        const [name, value, settings] = list[best.i];
        tip.textContent = '';
        html('b', tip, name);
        const table = html('div', tip, undefined, 'values settings');
        html('span', table, data.objective); html('span', table, value);
        settings.forEach((setting, k) => { html('span', table, data.keys[k]); html('span', table, setting); });
        document.body.appendChild(tip);
        const size = tip.getBoundingClientRect();
        const beside = event.clientX + 16 + size.width < innerWidth ? event.clientX + 16 : event.clientX - 16 - size.width;
        tip.style.left = Math.max(4, Math.min(beside, innerWidth - size.width - 4)) + 'px';
        tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - size.height - 4)) + 'px';
      };
      svg.addEventListener('pointermove', show);
      svg.addEventListener('pointerdown', show);
      svg.addEventListener('pointerleave', event => { if (event.pointerType !== 'touch') hide(); });
      document.addEventListener('pointerdown', event => { if (!svg.contains(event.target)) hide(); });
    };
    return { attach, hide: () => tip.remove() };
    })();

    """#

  /// For a page that has its figures already.
  package static let start = """
    {
      const data = JSON.parse(document.getElementById('sweep').textContent);
      document.querySelectorAll('svg.sweep').forEach(svg => sweepFigures.attach(svg, data));
      document.documentElement.classList.add('scripted');
    }

    """

  /// What a page needs for it besides the figures' own style.
  package static let css = """
    #tip .values.settings span{text-align:left}#tip .values.settings{grid-template-columns:auto auto;gap:0 12px}\
    #tip .values.settings span:nth-child(2n){text-align:right;font-variant-numeric:tabular-nums}\
    .figure.parallel{min-width:560px}.figure.dense{min-width:900px}\
    @media (max-width:600px){figure .figure.parallel text{font-size:20px}figure .figure.dense text{font-size:16px}}
    """
}
