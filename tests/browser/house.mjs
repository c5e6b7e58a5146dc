// A fresh office for one test file, a browser to walk through it, and the checks that every page
// has to pass wherever a walk comes by.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { AxeBuilder } from '@axe-core/playwright';
import { HtmlValidate } from 'html-validate';
import { chromium } from 'playwright-core';

const BIN = process.env.CANDOUR_BIN;
const CHROMIUM = process.env.CANDOUR_CHROMIUM ?? '/usr/bin/chromium';
/** Where pictures go, if any are wanted. */
const SHOTS = process.env.CANDOUR_SHOTS;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 320, height: 700 };

/** Taste, not validity: how the source is written, and what browsers do by themselves. */
const RULES_OF_HTML = {
  'no-trailing-whitespace': 'off',
  'attr-quotes': 'off',
  'long-title': 'off',
  'no-implicit-button-type': 'off',
  'prefer-native-element': 'off',
};

export const PASSWORD = 'tin lantern orchard';

/** A charter that holds together; `extra` replaces single lines. */
export function charter(short, name) {
  return `[organisation]
legal_name = "${name}"
short = "${short}"
[contact]
role = "Data protection officer"
email = "privacy@${short}.example"
post = "1 Quay Street, Exwick EX4 2AA"
[law]
division = "england-and-wales"
[rights]
own_target_days = 28
own_target_source = "Clause 9 of our privacy notice"
[identity]
evidence = ["a link sent to an address we already hold", "membership card"]
`;
}

const REGISTER = `[[activity]]
short = "membership"
title = "Running the membership"
purpose = "To know who our members are"
basis = "contract"
people = ["members"]
categories = ["names", "addresses", "messages"]
recipients = ["our printers"]
transfers = "none"
source = "the person"
automated_decisions = "none"
retention = "six years after the membership ends"
holdings = ["club"]
`;

// A small club: Amara, her message about somebody else, and others who are not her.
const CLUB = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript("""
CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT, first_name TEXT, last_name TEXT,
  phone TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY, member_id INTEGER REFERENCES members (id), body TEXT);
INSERT INTO members VALUES (1, 'amara@example.org', 'Amara', 'Quill', '01632 960 001'),
  (2, 'bram@example.org', 'Bram', 'Tarn', '01632 960 002');
INSERT INTO notes VALUES
  (1, 1, 'Asked for a seat by the window'),
  (2, 1, 'Bram Tarn (bram@example.org, 01632 960 002) says that she was late'),
  (3, 1, 'Bram Tarn, bram@example.org, complained again'),
  (4, 2, 'Nothing of hers');
""")
db.commit()
`;

/** An office with its data folder, its server and whoever browses it. */
export class House {
  /** Makes the folder; `found: false` leaves it without an organisation. */
  static async open({ found = true, club = false } = {}) {
    assert.ok(BIN, 'CANDOUR_BIN names no program: run through cargo xtask test');
    const house = new House();
    house.data = fs.mkdtempSync(path.join(os.tmpdir(), 'candour-browser-'));
    house.titles = new Map();
    house.run('init');
    if (found) {
      house.found('harbour', 'Harbour Members’ Society');
      house.staff('harbour', 'Ruth Osei', 'ruth@harbour.example', 'officer');
    }
    if (club) house.club();
    await house.serve();
    house.browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
    return house;
  }

  async close() {
    await this.browser?.close();
    if (this.server && this.server.exitCode === null) {
      const gone = new Promise((done) => this.server.once('exit', done));
      this.server.kill('SIGTERM');
      await gone;
    }
    fs.rmSync(this.data, { recursive: true, force: true });
  }

  /** Runs a command on this office and answers what it printed. */
  run(...args) {
    const env = { ...process.env, CANDOUR_DATA: this.data };
    delete env.CANDOUR_DATABASE;
    const stdio = ['ignore', 'pipe', 'pipe'];
    return execFileSync(BIN, args, { env, encoding: 'utf8', stdio }).trim();
  }

  /** Writes a file into the data folder. */
  write(name, text) {
    const file = path.join(this.data, name);
    fs.writeFileSync(file, text);
    return file;
  }

  found(short, name) {
    this.run('charter', 'set', this.write(`${short}.toml`, charter(short, name)));
  }

  staff(org, name, email, role) {
    const secret = this.write('password', PASSWORD);
    const who = ['--name', name, '--email', email, '--role', role];
    this.run('staff', 'add', ...who, '--password-file', secret, '--org', org);
    fs.rmSync(secret);
  }

  /** The club database as a holding, every decision of its data map taken. */
  club() {
    const file = path.join(this.data, 'club.db');
    execFileSync('/usr/bin/python3', ['-c', CLUB, file]);
    this.run('register', 'set', this.write('register.toml', REGISTER));
    const at = ['--title', 'Club database', '--kind', 'sqlite', '--path', 'club.db'];
    this.run('holding', 'add', 'club', ...at);
    this.run('holding', 'scan', 'club');
    const map = this.run('holding', 'map', 'club')
      .replace(/^unsure = .*$/gm, '')
      .replace(/, unsure = "[^"]*"/g, '')
      .replace(/^confirmed = false$/gm, 'confirmed = true')
      .replace(/^holds = .*$/gm, '$&\nactivity = "membership"');
    this.run('holding', 'map', 'club', '--set', this.write('club.toml', once(map)));
  }

  async serve() {
    const args = ['serve', '--data', this.data, '--listen', '127.0.0.1:0'];
    this.server = spawn(BIN, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const lines = readline.createInterface({ input: this.server.stderr });
    this.said = [];
    await new Promise((ready, failed) => {
      lines.on('line', (line) => {
        this.said.push(line);
        const at = line.match(/The office is at (http:\/\/[^/]+)\/office/);
        if (at) {
          this.base = at[1];
          ready();
        }
      });
      this.server.once('exit', () => failed(new Error(this.said.join('\n'))));
    });
  }

  /** A browser of one person, scripts switched off. */
  async visitor() {
    const context = await this.browser.newContext({
      baseURL: this.base,
      javaScriptEnabled: false,
      viewport: WIDE,
      acceptDownloads: true,
    });
    const page = await context.newPage();
    return this.watched(page);
  }

  /** Notes whatever a page must not do. */
  watched(page) {
    page.trouble = [];
    const own = new URL(this.base).host;
    page.on('request', (r) => {
      const { host, protocol } = new URL(r.url());
      if (protocol !== 'data:' && host !== own) page.trouble.push(`a request to ${host}`);
    });
    page.on('response', (r) => {
      const document = r.request().resourceType() === 'document';
      // The page as the office sent it: a browser mends what is wrong before it can be asked.
      if (document && r.status() !== 303) page.sent = r.text().catch(() => null);
      if (!document && r.status() >= 400) page.trouble.push(`${r.status()} for ${r.url()}`);
    });
    page.on('console', (m) => {
      // The browser's own line about an answer of 4xx; those of other files are seen above.
      const known = m.text().startsWith('Failed to load resource');
      if (m.type() === 'error' && !known) page.trouble.push(m.text());
    });
    page.on('pageerror', (e) => page.trouble.push(String(e)));
    return page;
  }

  /** Somebody signed in. */
  async signedIn(email = 'ruth@harbour.example') {
    const page = await this.visitor();
    await page.goto('/office/sign-in');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Sign in');
    assert.equal(new URL(page.url()).pathname, '/office');
    return page;
  }

  /** Reloads until the page shows this: the office works on something in the background. */
  async until(page, text) {
    const end = Date.now() + 30_000;
    while (!(await page.content()).includes(text)) {
      assert.ok(Date.now() < end, `“${text}” did not come on ${page.url()}`);
      await page.reload();
    }
  }

  /** What every page and state must be, wide and narrow; takes its pictures if wanted. */
  async look(page, name) {
    assert.deepEqual(page.trouble, [], `${name}: trouble while loading`);
    const html = await page.content();
    const title = await page.title();
    assert.ok(title.length > 5, `${name}: no title`);
    // A page of a form's answer is the form's page.
    const at = new URL(page.url()).pathname.replace(/\/protected$/, '');
    const before = this.titles.get(title) ?? at;
    assert.equal(before, at, `${name}: the title “${title}” is that of ${before}`);
    this.titles.set(title, at);
    assert.equal(await page.locator('h1').count(), 1, `${name}: one h1`);
    assert.equal(await page.locator('main').count(), 1, `${name}: one main`);
    assert.match(await page.locator('html').getAttribute('lang'), /^en-GB$/);
    assert.equal(await page.locator('script').count(), 0, `${name}: a script`);
    await valid(await page.sent, name);
    const copy = await this.copy(page.url(), html);
    for (const size of [WIDE, NARROW]) {
      await copy.setViewportSize(size);
      await this.measure(copy, `${name} at ${size.width}`);
      if (SHOTS) {
        fs.mkdirSync(SHOTS, { recursive: true });
        const file = path.join(SHOTS, `${name}-${size.width}.png`);
        await copy.screenshot({ path: file, fullPage: true });
      }
    }
    assert.deepEqual(copy.trouble, [], `${name}: trouble while looking`);
  }

  /** The same state in a browser with scripts on, which axe needs; the office is not asked. */
  async copy(url, html) {
    if (!this.glass) {
      const context = await this.browser.newContext({ viewport: WIDE, bypassCSP: true });
      this.glass = this.watched(await context.newPage());
      await this.glass.route('**/*', (route) => {
        if (route.request().resourceType() !== 'document') return route.continue();
        return route.fulfill({ body: this.html, contentType: 'text/html; charset=utf-8' });
      });
    }
    this.html = html;
    this.glass.trouble.length = 0;
    await this.glass.goto(url);
    return this.glass;
  }

  async measure(page, name) {
    const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
    const told = violations.map((v) => `${v.id}: ${v.help}\n    ${v.nodes.map(where).join('\n    ')}`);
    assert.equal(told.join('\n  '), '', `${name}: accessibility`);
    const wider = await page.evaluate(() => {
      const room = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= room) return [];
      const out = (e) => e.getBoundingClientRect().right > room + 1 && !e.closest('.scroll');
      const all = [...document.querySelectorAll('body *')].filter(out);
      // The innermost tell most.
      const inner = all.filter((e) => !all.some((other) => other !== e && e.contains(other)));
      return inner.slice(0, 6).map((e) => e.outerHTML.slice(0, 160));
    });
    assert.deepEqual(wider, [], `${name}: wider than the screen`);
    await this.colours(page, name);
    await this.spacing(page, name);
  }

  /** What tells by colour has to tell when the system takes the colours (forced colours). */
  async colours(page, name) {
    await page.emulateMedia({ forcedColors: 'active' });
    const lost = await page.evaluate(() => {
      const edge = (e) => {
        const s = getComputedStyle(e);
        return ['Top', 'Bottom'].some((side) => parseFloat(s[`border${side}Width`]) > 0 && s[`border${side}Style`] !== 'none');
      };
      const bordered = '.btn, .tag, .wrong, .saved, input:not([type=hidden]), textarea, select';
      const all = [...document.querySelectorAll(bordered)].filter((e) => e.offsetParent && !edge(e));
      for (const e of document.querySelectorAll('.side [aria-current]')) {
        const other = e.closest('ul').querySelector('a:not([aria-current])');
        const look = (x) => ['fontWeight', 'borderLeftWidth', 'borderBottomWidth', 'textDecorationLine'].map((p) => getComputedStyle(x)[p]).join();
        if (other && look(e) === look(other)) all.push(e);
      }
      return all.map((e) => e.outerHTML.slice(0, 120));
    });
    await page.emulateMedia({ forcedColors: 'none' });
    assert.deepEqual(lost, [], `${name}: lost in forced colours`);
  }

  /** Text spaced as WCAG 1.4.12 asks loses nothing: no text is cut off, nothing leaves the page. */
  async spacing(page, name) {
    const style = await page.addStyleTag({ content: SPACED });
    const cut = await page.evaluate(() => {
      const hides = (v) => v === 'hidden' || v === 'clip';
      const over = (e) => {
        const s = getComputedStyle(e);
        // What is only spoken has no room; a field scrolls by itself.
        if (e.closest('.hidden, .skip, svg, input, textarea') || s.clipPath !== 'none') return false;
        return (hides(s.overflowX) && e.scrollWidth > e.clientWidth + 1)
          || (hides(s.overflowY) && e.scrollHeight > e.clientHeight + 1);
      };
      const all = [...document.querySelectorAll('body *')].filter(over);
      const root = document.documentElement;
      if (root.scrollWidth > root.clientWidth) {
        const out = (e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest('.scroll');
        const wide = [...document.querySelectorAll('body *')].filter(out);
        all.push(...wide.filter((e) => !wide.some((o) => o !== e && e.contains(o))));
      }
      return all.slice(0, 6).map((e) => e.outerHTML.slice(0, 160));
    });
    await style.evaluate((e) => e.remove());
    assert.deepEqual(cut, [], `${name}: lost when text is spaced`);
  }
}

const SPACED = `* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important } p { margin-bottom: 2em !important }`;

const html = new HtmlValidate({ extends: ['html-validate:standard'], rules: RULES_OF_HTML });

/** The HTML as it was sent keeps the standard. */
async function valid(text, name) {
  if (!text) return;
  const { results } = await html.validateString(text);
  const told = results.flatMap((r) => r.messages).map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
  assert.deepEqual(told.slice(0, 8), [], `${name}: not valid HTML`);
}

const where = (node) => `${node.target.join(' ')}: ${node.any.concat(node.all, node.none).map((c) => c.message).join('; ')}`;

/** A key that came twice is kept once: the scan may have set it already. */
function once(map) {
  const seen = new Set();
  return map
    .split('\n')
    .filter((line) => {
      if (line.startsWith('[')) seen.clear();
      if (!line.startsWith('activity = ')) return true;
      return seen.has('activity') ? false : seen.add('activity');
    })
    .join('\n');
}

/** Follows a link or a form that only looks up, and waits until the page it leads to is whole. */
export async function follow(link) {
  await Promise.all([link.page().waitForEvent('load'), link.click()]);
}

/** Sends a form, waits until the page that answers is whole, and gives the answer's status. */
export async function sent(page, button) {
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.request().method() === 'POST'),
    page.waitForEvent('load'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  return answer.status();
}

/** Sends a form that has to come back: 422, said so in the title, linked, nothing lost. */
export async function refused(page, button, field, message) {
  assert.equal(await sent(page, button), 422);
  assert.match(await page.title(), /^Error: /);
  const summary = page.locator('.wrong');
  assert.equal(await summary.getByRole('heading').innerText(), 'There is a problem');
  const link = summary.locator(`a[href="#${field}"]`);
  assert.match(await link.innerText(), message);
  assert.equal(await page.locator(`[id="${field}"]`).count(), 1, `the link leads to #${field}`);
}

/** Presses a button that leads on. */
export async function press(page, button) {
  const status = await sent(page, button);
  const text = status < 400 ? '' : await page.locator('main').innerText();
  assert.ok(status < 400, `“${button}” answered ${status}: ${text.slice(0, 300)}`);
}
