// What `check-pages` does in the browser: node check-pages.mjs FOLDER-WITH-PAGES [FOLDER-FOR-SCREENSHOTS]
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Browser } from './browser.mjs';

const [folder, shots] = process.argv.slice(2).map(path => resolve(path));
if (shots) mkdirSync(shots, { recursive: true });
const browser = new Browser();
const page = await browser.page();
let checks = 0;
const check = (condition, message) => { checks++; assert.ok(condition, message); };

const middle = (selector, x = 0.5, y = 0.5) => page.value(`(() => {
  const element = document.querySelector(${JSON.stringify(selector)}); element.scrollIntoView({ block: 'center' });
  const r = element.getBoundingClientRect(); return [r.left + r.width * ${x}, r.top + r.height * ${y}]; })()`);

try {
  for (const file of readdirSync(folder).filter(name => name.endsWith('.html'))) {
    for (const [width, dark, scripts] of [[1280, false, true], [1280, true, true], [390, false, true], [390, true, true], [390, false, false]]) {
      const how = `${file} at ${width}, ${dark ? 'dark' : 'light'}${scripts ? '' : ', no scripts'}`;
      await page.look({ width, dark, scripts, height: width < 500 ? 844 : 900, mobile: width < 500 });
      await page.open('file://' + join(folder, file));
      const seen = await page.value(`({ wide: document.documentElement.scrollWidth, nodes: document.querySelectorAll('*').length,
        figures: document.querySelectorAll('figure svg.figure').length, curves: [...document.querySelectorAll('path.l')].filter(p => p.getBBox().width > 0).length,
        ground: getComputedStyle(document.body).backgroundColor, cut: [...document.querySelectorAll('figure svg.figure text')].filter(t => { if (t.getClientRects().length === 0) return false;  // not shown
          const a = t.getBoundingClientRect(), b = t.ownerSVGElement.getBoundingClientRect(); return a.left < b.left - 2 || a.right > b.right + 2; }).map(t => t.textContent) })`);
      check(seen.wide <= width, `${how}: ${seen.wide} wide`);
      check(seen.figures >= (file === 'sweep.html' ? 4 : 9) && seen.curves >= 9, `${how}: ${JSON.stringify(seen)}`);
      check(seen.nodes < 3000, `${how}: ${seen.nodes} elements`);
      check(seen.cut.length === 0, `${how}: cut off: ${seen.cut}`);
      check(page.complaints.length === 0, `${how}: ${page.complaints}`);
      if (scripts) check(dark === (seen.ground === 'rgb(14, 16, 20)'), `${how}: ground ${seen.ground}`);
      if (shots && scripts) await page.picture(join(shots, `${file.slice(0, -5)}-${width}-${dark ? 'dark' : 'light'}.png`));
    }
  }

  // A sweep: the draw under the pointer, and its line on top.
  await page.look({ width: 1280 });
  await page.open('file://' + join(folder, 'sweep.html'));
  const best = await page.value(`document.querySelector('#draws tbody th').textContent`);
  await middle('#figure-parallel svg.figure');
  const end = await page.value(`(() => { const path = [...document.querySelectorAll('#figure-parallel svg.figure .best path')].at(-1), at = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM()); return [at.x, at.y]; })()`);
  await page.mouse('mouseMoved', ...end);
  check((await page.value(`document.getElementById('tip')?.innerText ?? ''`)).startsWith(best), `the best draw is told: ${best}, not ${await page.value("document.getElementById(\"tip\")?.innerText")} at ${end}`);
  check(await page.value(`document.querySelector('#figure-parallel .picked') !== null`), 'its line is on top');
  if (shots) await page.picture(join(shots, 'sweep-hover.png'), false);
  for (const figure of ['curves', 'against-1']) {
    await middle(`#figure-${figure} svg.figure`);
    const at = await page.value(`(() => { const path = document.querySelector('#figure-${figure} svg.figure .best path[d]'), p = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM()); return [p.x, p.y]; })()`);
    await page.mouse('mouseMoved', ...at);
    check(/validation_loss/.test(await page.value(`document.getElementById('tip')?.innerText ?? ''`)), `tooltip of ${figure}`);
  }
  await page.mouse('mouseMoved', 3, 3);
  check(await page.value(`document.getElementById('tip') === null`), 'the tooltip goes');
  check(page.complaints.length === 0, `console: ${page.complaints}`);

  await page.look({ width: 1280 });
  await page.open('file://' + join(folder, 'digits-fault.html'));
  const path = figure => page.value(`document.querySelector('#figure-${figure} .series .l').getAttribute('d')`);

  // Values under the pointer: what the history says.
  await page.mouse('mouseMoved', ...await middle('#figure-loss svg.figure', 0.5, 0.6));
  const tip = await page.value(`document.getElementById('tip')?.innerText ?? ''`);
  check(/^step \d+/.test(tip) && tip.includes('training') && tip.includes('validation'), `tooltip: ${tip}`);
  if (shots) await page.picture(join(shots, 'hover.png'), false);
  await page.mouse('mouseMoved', ...await middle('#figure-gradient-map svg.figure', 0.5, 0.3));
  check(/dense/.test(await page.value(`document.getElementById('tip')?.innerText ?? ''`)), 'tooltip of the heat map');
  const mark = await page.value(`(() => { const m = document.querySelector('#figure-loss .blowup path').getBoundingClientRect(); return [m.left, m.top + 60]; })()`);
  await middle('#figure-loss svg.figure');
  const place = await page.value(`(() => { const m = document.querySelector('#figure-loss .blowup path').getBoundingClientRect(); return [m.left + m.width / 2, m.top + 60]; })()`);
  await page.mouse('mouseMoved', ...place);
  check((await page.value(`document.getElementById('tip').innerText`)).includes('blew up'), 'a mark tells its sentence');
  await page.mouse('mouseMoved', 3, 3);
  check(await page.value(`document.getElementById('tip') === null`), 'the tooltip goes');

  // A name hides its curve and lets the others have the axis; again, and all is as it was.
  const whole = await path('gradient-rms');
  await page.click(...await middle('#figure-gradient-rms .legend li:nth-child(3)'));
  check(await page.value(`getComputedStyle(document.querySelectorAll('#figure-gradient-rms .series')[2]).display === 'none'`), 'hidden');
  check(await page.value(`document.querySelector('#figure-gradient-rms .legend li:nth-child(3)').getAttribute('aria-pressed')`) === 'false', 'said so');
  check(await path('gradient-rms') !== whole, 'the others are drawn again');
  await page.click(...await middle('#figure-gradient-rms .legend li:nth-child(3)'));
  check(await path('gradient-rms') === whole, 'shown again');

  // Dragging zooms all figures; the button shows all steps again.
  const before = await path('loss');
  const [x0, y0] = await middle('#figure-gradient-norm svg.figure', 0.4), [x1] = await middle('#figure-gradient-norm svg.figure', 0.6);
  await page.drag(x0, y0, x1, y0);
  const drawn = () => page.value(`new Promise(done => setTimeout(done, 300))`);  // what is off the screen comes later
  await drawn();
  check(await path('loss') !== before && await path('gradient-rms') !== whole, 'zoomed');
  const ticks = await page.value(`[...document.querySelectorAll('#figure-loss .xticks text')].map(t => Number(t.textContent)).filter(n => !Number.isNaN(n))`);
  check(ticks.length >= 3 && ticks[0] > 300 && ticks.at(-1) < 1000, `ticks ${ticks}`);
  check(await page.value(`document.getElementById('reset') !== null`), 'a way back');
  if (shots) await page.picture(join(shots, 'zoomed.png'), false);
  await page.click(...await middle('#reset'));
  await drawn();
  check(await path('loss') === before && await path('gradient-rms') === whole, 'all steps again');
  check(page.complaints.length === 0, `console: ${page.complaints}`);

  // On paper: light, whatever the screen is.
  await page.look({ width: 1280, dark: true });
  const { data } = await page.send('Page.printToPDF', { printBackground: true });
  check(Buffer.from(data, 'base64').subarray(0, 5).toString() === '%PDF-', 'prints');
  console.log(`${checks} checks passed`);
} finally {
  await browser.close();
}
