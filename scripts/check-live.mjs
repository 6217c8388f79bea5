// What `check-live` does in the browser: node check-live.mjs ADDRESS RUN [FOLDER-FOR-SCREENSHOTS]
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Browser } from './browser.mjs';

const [address, run, folder] = process.argv.slice(2);
const shots = folder && resolve(folder);
if (shots) mkdirSync(shots, { recursive: true });
const browser = new Browser();
const page = await browser.page();
let checks = 0;
const check = (condition, message) => { checks++; assert.ok(condition, message); };
const sleep = ms => new Promise(done => setTimeout(done, ms));
async function until(expression, message, seconds = 60) {
  for (let i = 0; i < seconds * 5; i++) {
    if (await page.value(expression)) return check(true);
    await sleep(200);
  }
  check(false, `${message}: ${await page.value('document.body.innerText')}`);
}
const fact = name => page.value(`document.querySelector('[data-fact="${name}"]')?.textContent`);
const looks = [[1280, false], [1280, true], [390, false], [390, true]];
const look = ([width, dark]) => page.look({ width, dark, height: width < 500 ? 844 : 900, mobile: width < 500, scale: width < 500 ? 2 : 1 });

try {
  // The table: the run is there, and its step grows without a reload.
  await look(looks[0]);
  await page.open(address);
  const cell = `document.querySelector('tr[data-run=${JSON.stringify(run)}] td:nth-child(4)')?.textContent`;
  await until(`${cell} !== undefined`, 'the run is in the table');
  const before = Number(await page.value(cell));
  await until(`Number(${cell}) > ${before}`, 'the step in the table grows');
  for (const how of looks) {
    await look(how);
    await sleep(300);
    check(await page.value('document.documentElement.scrollWidth') <= how[0], `table at ${how[0]}: too wide`);
    if (shots) await page.picture(join(shots, `table-${how[0]}-${how[1] ? 'dark' : 'light'}.png`));
  }

  // The run's page: figures grow, the rollback appears.
  await look(looks[0]);
  await page.open(`${address}runs/${run}`);
  await until(`document.querySelectorAll('figure:not([hidden]) path.series').length >= 8`, 'figures are drawn');
  const step = parseInt(await fact('step'));
  const last = await page.value('known.rows.at(-1)[0]');
  await until(`parseInt(document.querySelector('[data-fact="step"]').textContent) > ${step}`, 'the step grows');
  await until(`known.rows.at(-1)[0] > ${last}`, 'rows come in');
  await until(`document.querySelector('#events .rollback') !== null`, 'the rollback is among the events', 120);
  await until(`document.querySelector('#figure-loss .mark.rollback, #figure-loss .mark.blowup') !== null`, 'and in the figure');
  check(await page.value(`known.rows.every((row, i) => i === 0 || row[0] >= known.rows[i - 1][0])`), 'steps are in order');
  check(await page.value(`document.querySelector('[data-fact="rollbacks"]').textContent`) === '1', 'one rollback is counted');
  for (const how of looks) {
    await look(how);
    await sleep(700);
    check(await page.value('document.documentElement.scrollWidth') <= how[0], `page at ${how[0]}: too wide`);
    if (shots) await page.picture(join(shots, `run-${how[0]}-${how[1] ? 'dark' : 'light'}.png`));
  }

  // Values under the pointer; a name hides its curve.
  await look(looks[0]);
  await sleep(300);
  const place = await page.value(`(() => { const svg = document.querySelector('#figure-norm svg'); svg.scrollIntoView({block: 'center'});
    const r = svg.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()`);
  await page.mouse('mouseMoved', ...place);
  check(await page.value(`document.querySelector('#figure-norm .cross').getAttribute('d') !== ''`), 'the pointer has a line');
  const curves = await page.value(`document.querySelectorAll('#figure-norm path.series').length`);
  await page.value(`document.querySelector('#figure-norm .legend li').click()`);
  check(await page.value(`document.querySelectorAll('#figure-norm path.series').length`) === curves - 1, 'a name hides its curve');

  // A sweep: listed above the runs, its page drawn again as members end, members with pages of their own.
  await look(looks[0]);
  await page.open(address);
  await until(`document.querySelector('#sweeps tr[data-sweep="search"]') !== null`, 'the sweep is listed');
  await page.open(`${address}sweeps/search`);
  const sweepDone = `Number([...document.querySelectorAll('#part-summary dt')].find(e => e.textContent === 'members done').nextSibling.textContent.split(' ')[0])`;
  const done = await page.value(sweepDone);
  await until(`${sweepDone} > ${done}`, 'members are done');
  await until(`document.querySelector('#figure-parallel path.l') !== null && document.querySelector('#figure-curves path.l') !== null`, 'figures are drawn');
  await until(`document.querySelector('#part-atwork tbody a') !== null`, 'members are at work');
  for (const how of looks) {
    await look(how);
    await sleep(700);
    check(await page.value('document.documentElement.scrollWidth') <= how[0], `sweep at ${how[0]}: too wide`);
    if (shots) await page.picture(join(shots, `sweep-${how[0]}-${how[1] ? 'dark' : 'light'}.png`));
  }
  const member = await page.value(`document.querySelector('#part-draws a').getAttribute('href')`);
  await page.open(new URL(member, address).href);
  await until(`document.querySelectorAll('figure:not([hidden]) path.series').length >= 4`, 'a member has a page');
  check(page.complaints.length === 0, `console: ${page.complaints}`);
  console.log(`check-live: ${checks} checks passed`);
} finally {
  await browser.close();
}
