// Everybody gets in and through: the code app from its letters to its code, and the whole walk
// without a mouse.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import { House, PASSWORD, follow, press, refused } from './house.mjs';

let house;
before(async () => {
  house = await House.open({ club: true });
  house.staff('harbour', 'Cody App', 'cody@harbour.example', 'case-worker');
});
after(() => house?.close());

/** The code that an app shows for these letters (RFC 6238), so many steps from now. */
function code(letters, steps = 0) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...letters.replaceAll(/\s/g, '')]
    .map((l) => alphabet.indexOf(l).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = crypto.createHmac('sha1', key).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('a code app is set up by its letters and then asked for', async () => {
  const page = await house.signedIn('cody@harbour.example');
  await page.goto('/office/account');
  await house.look(page, 'account-code-app');
  const letters = (await page.locator('.hash').innerText()).trim();
  assert.match(letters, /^([A-Z2-7]{4} ?){8}$/);
  await page.getByLabel('The six digits').fill('000000');
  await refused(page, 'Turn it on', 'mine', /not the password you have/);
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByLabel('The six digits').fill('000000');
  await refused(page, 'Turn it on', 'code', /not right/);
  assert.equal((await page.locator('.hash').innerText()).trim(), letters, 'the same secret');
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByLabel('The six digits').fill(code(letters));
  await press(page, 'Turn it on');
  assert.match(await page.locator('main').innerText(), /You are asked for a code/);
  await press(page, 'Sign out');

  await page.getByLabel('E-mail address').fill('cody@harbour.example');
  await page.getByLabel('Password').fill(PASSWORD);
  await press(page, 'Sign in');
  assert.ok(page.url().endsWith('/office/code'), page.url());
  await house.look(page, 'sign-in-code');
  await page.goto('/office/cases');
  assert.ok(page.url().endsWith('/office/code'), 'half a session opens nothing');
  const field = page.locator('#code');
  await field.fill('000000');
  await refused(page, 'Sign in', 'code', /not right/);
  const now = code(letters);
  await field.fill(now);
  await press(page, 'Sign in');
  assert.ok(page.url().endsWith('/office'), page.url());
  await press(page, 'Sign out');

  // The same code works once, also by a link of the desk.
  const ruth = await house.signedIn();
  await ruth.goto('/office/staff');
  await follow(ruth.getByRole('link', { name: 'Cody App' }));
  await press(ruth, 'Make a one-time sign-in link');
  await page.goto((await ruth.locator('.hash').innerText()).trim());
  await press(page, 'Sign in');
  assert.ok(page.url().endsWith('/office/code'), 'a link does not spare the code');
  await field.fill(now);
  await refused(page, 'Sign in', 'code', /used before/);
  await field.fill(code(letters, 1));
  await press(page, 'Sign in');
  assert.ok(page.url().endsWith('/office'), page.url());
});

/** Goes on with Tab (arrows within radio buttons) until this has the focus, which must show. */
async function reach(page, target) {
  const here = () => target.evaluate((e) => e === document.activeElement);
  const radio = (await target.getAttribute('type')) === 'radio';
  const group = radio ? await target.getAttribute('name') : null;
  for (let n = 0; n < 150; n += 1) {
    if (await here()) {
      const shown = await target.evaluate((e) => {
        const s = getComputedStyle(e);
        return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
      });
      assert.ok(shown, `the focus does not show on ${await target.evaluate((e) => e.outerHTML)}`);
      return;
    }
    const inside = await page.evaluate((g) => g !== null && document.activeElement?.name === g, group);
    await page.keyboard.press(inside ? 'ArrowDown' : 'Tab');
  }
  assert.fail(`not reached by keyboard: ${await target.evaluate((e) => e.outerHTML)}`);
}

async function type(page, label, text) {
  await reach(page, page.getByLabel(label, { exact: true }));
  await page.keyboard.type(text);
}

async function choose(page, label) {
  const target = page.getByLabel(label);
  await reach(page, target);
  if (!(await target.isChecked())) await page.keyboard.press('Space');
  assert.ok(await target.isChecked(), label);
}

/** Presses a button or a link with the Enter key and waits for the page it leads to. */
async function enter(page, role, name) {
  await reach(page, page.getByRole(role, { name, exact: true }).first());
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

test('a request is made by keyboard alone', async () => {
  const page = await house.visitor();
  await page.goto('/');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await enter(page, 'button', 'Start now');
  await choose(page, 'I ask for someone else');
  await choose(page, 'It is about me');
  await enter(page, 'button', 'Continue');
  await type(page, 'Full name', 'Amara Quill');
  await enter(page, 'button', 'Continue');
  await enter(page, 'button', 'Continue');
  await enter(page, 'button', 'Continue');
  // What has to be mended is one step away.
  await reach(page, page.locator('.wrong a').first());
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id || location.hash), 'email');
  await type(page, 'E-mail address', 'amara@example.org');
  await enter(page, 'button', 'Continue');
  await enter(page, 'button', 'Continue');
  await enter(page, 'button', 'Continue');
  await choose(page, 'Copies, with an explanation');
  await enter(page, 'button', 'Continue');
  await enter(page, 'button', 'Continue');
  await enter(page, 'button', 'Send my request');
  assert.match(await page.locator('main').innerText(), /RR-20\d\d-0001/);
});

test('staff review it by keyboard alone', async () => {
  const page = await house.visitor();
  await page.goto('/office/sign-in');
  await type(page, 'E-mail address', 'ruth@harbour.example');
  await type(page, 'Password', PASSWORD);
  await enter(page, 'button', 'Sign in');
  await enter(page, 'link', 'Cases');
  await reach(page, page.locator('main table a').first());
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await enter(page, 'link', 'Know who is asking');
  await choose(page, 'membership card');
  await enter(page, 'button', 'Save');
  await house.until(page, 'Searched');
  await page.goto(`${page.url()}/review`);
  await reach(page, page.locator('main table a').first());
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await choose(page, 'Leave it out: it is not about');
  await type(page, 'Reason', 'It is about somebody else');
  await enter(page, 'button', 'Save the decision');
  while (page.url().includes('/items/')) {
    await choose(page, 'Disclose it in full');
    await enter(page, 'button', 'Save the decision');
  }
  assert.match(await page.locator('main').innerText(), /Nothing waits for your decision/);
});
