// Headless Chromium over its own pipe (Chrome DevTools Protocol): no package is needed.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Browser {
  constructor(program = process.env.CHROMIUM || 'chromium') {
    this.folder = mkdtempSync(join(tmpdir(), 'cairn-browser-'));
    this.process = spawn(program, ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--disable-dev-shm-usage',
      '--remote-debugging-pipe', `--user-data-dir=${this.folder}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.waiting = new Map();
    this.listeners = new Set();
    this.number = 0;
    let text = '';
    this.process.stdio[4].on('data', chunk => {
      text += chunk;
      const parts = text.split('\0');
      text = parts.pop();
      for (const part of parts) this.take(JSON.parse(part));
    });
  }

  take(message) {
    const waiting = message.id && this.waiting.get(message.id);
    if (!waiting) { for (const listener of this.listeners) listener(message); return; }
    this.waiting.delete(message.id);
    if (message.error) waiting.reject(new Error(JSON.stringify(message.error))); else waiting.resolve(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.number;
    this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  async page() {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId);
    for (const domain of ['Page', 'Runtime', 'Log']) await page.send(domain + '.enable');
    return page;
  }

  async close() {
    await this.send('Browser.close').catch(() => {});
    await new Promise(resolve => this.process.exitCode === null ? this.process.on('exit', resolve) : resolve());
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Page {
  constructor(browser, session) {
    this.browser = browser;
    this.session = session;
    /** What the console said, exceptions, and what a policy refused. */
    this.complaints = [];
    browser.listeners.add(message => {
      if (message.sessionId !== session) return;
      if (message.method === 'Runtime.exceptionThrown') this.complaints.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
      if (message.method === 'Runtime.consoleAPICalled') this.complaints.push(message.params.args.map(a => a.value).join(' '));
      if (message.method === 'Log.entryAdded') this.complaints.push(message.params.entry.text);
    });
  }

  send(method, params) { return this.browser.send(method, params, this.session); }

  /** width, height in CSS pixels. */
  async look({ width, height = 900, dark = false, scripts = true, scale = 1, mobile = false }) {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile });
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
    await this.send('Emulation.setScriptExecutionDisabled', { value: !scripts });
  }

  async open(url) {
    const loaded = new Promise(resolve => {
      const listener = message => {
        if (message.sessionId === this.session && message.method === 'Page.loadEventFired') { this.browser.listeners.delete(listener); resolve(); }
      };
      this.browser.listeners.add(listener);
    });
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** The value of an expression in the page. */
  async value(expression) {
    const result = await this.send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (result.exceptionDetails) throw new Error(result.exceptionDetails.exception?.description ?? result.exceptionDetails.text);
    return result.result.value;
  }

  async picture(path, whole = true) {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: whole });
    writeFileSync(path, Buffer.from(data, 'base64'));
  }

  mouse(type, x, y, more = {}) { return this.send('Input.dispatchMouseEvent', { type, x, y, ...more }); }

  async drag(x0, y0, x1, y1) {
    const held = { button: 'left', buttons: 1, clickCount: 1 };
    await this.mouse('mousePressed', x0, y0, held);
    for (let i = 1; i <= 5; i++) await this.mouse('mouseMoved', x0 + (x1 - x0) * i / 5, y0 + (y1 - y0) * i / 5, { buttons: 1 });
    await this.mouse('mouseReleased', x1, y1, { button: 'left', clickCount: 1 });
  }

  async click(x, y) {
    await this.mouse('mousePressed', x, y, { button: 'left', clickCount: 1 });
    await this.mouse('mouseReleased', x, y, { button: 'left', clickCount: 1 });
  }
}
