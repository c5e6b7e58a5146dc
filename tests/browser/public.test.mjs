// What a member of the public meets: asking for one's data, and seeing where the request stands.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { House, follow, press, refused, sent } from './house.mjs';

const ASK = '/o/harbour/data-rights/ask';
/** A date as pages write it. */
const DATE = /(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d{1,2} [A-Z][a-z]+ 20\d\d/;

let house;
before(async () => {
  house = await House.open();
});
after(() => house?.close());

async function begin() {
  const page = await house.visitor();
  await page.goto('/');
  await press(page, 'Start now');
  assert.ok(page.url().endsWith(`${ASK}/who`), page.url());
  return page;
}

test('the start pages', async () => {
  const page = await house.visitor();
  await page.goto('/');
  assert.ok(page.url().endsWith('/o/harbour/data-rights'), page.url());
  await house.look(page, 'public-start');
  assert.equal((await page.context().cookies()).length, 0, 'no cookie before anything is asked');
  await page.goto('/o/harbour/data-rights/about');
  await house.look(page, 'public-about');
  const missing = await page.goto('/o/nobody/data-rights');
  assert.equal(missing.status(), 404);
  await house.look(page, 'not-found');
});

test('asking for oneself, with a mistake on each page', async () => {
  const page = await begin();
  await house.look(page, 'ask-who');
  await refused(page, 'Continue', 'who', /Choose whether/);
  await house.look(page, 'ask-who-error');
  await page.getByLabel('It is about me').check();
  await press(page, 'Continue');

  assert.ok(page.url().endsWith(`${ASK}/name`));
  await house.look(page, 'ask-name');
  await page.getByLabel('Other names we may know').fill('Mara');
  await refused(page, 'Continue', 'name', /Enter the full name/);
  assert.equal(await page.getByLabel('Other names we may know').inputValue(), 'Mara');
  await house.look(page, 'ask-name-error');
  await page.getByLabel('Full name').fill('Amara Quill');
  await press(page, 'Continue');

  await house.look(page, 'ask-born');
  await press(page, 'Continue');

  await house.look(page, 'ask-find');
  await page.getByLabel('E-mail address').fill('amara at example');
  await page.getByLabel('Telephone number').fill('01632 960 001');
  await refused(page, 'Continue', 'email', /e-mail address like/);
  assert.equal(await page.getByLabel('E-mail address').inputValue(), 'amara at example');
  assert.equal(await page.getByLabel('Telephone number').inputValue(), '01632 960 001');
  await house.look(page, 'ask-find-error');
  await page.getByLabel('E-mail address').fill('amara@example.org');
  await press(page, 'Continue');

  await house.look(page, 'ask-what');
  await page.getByLabel('What are you looking for?').fill('Letters about <b>March</b>');
  await page.getByLabel('day').fill('31');
  await page.getByLabel('month').fill('2');
  await page.getByLabel('year').fill('2027');
  await refused(page, 'Continue', 'deadline', /./);
  assert.equal(await page.getByLabel('day').inputValue(), '31');
  assert.match(await page.getByLabel('What are you').inputValue(), /<b>March<\/b>/);
  await house.look(page, 'ask-what-error');
  await page.getByLabel('day').fill('27');
  await page.getByLabel('month').fill('March');
  await press(page, 'Continue');

  await house.look(page, 'ask-dates');
  await press(page, 'Continue');
  await house.look(page, 'ask-copies');
  await page.getByLabel('Copies, with an explanation').check();
  await press(page, 'Continue');
  await house.look(page, 'ask-format');
  await page.getByLabel('On paper or a stick').check();
  await refused(page, 'Continue', 'address', /postal address/);
  assert.ok(await page.getByLabel('On paper or a stick').isChecked(), 'the choice is kept');
  await house.look(page, 'ask-format-error');
  await page.getByLabel('which address').fill('4 Quay Street, Exwick EX4 2AA');
  await press(page, 'Continue');

  assert.ok(page.url().endsWith(`${ASK}/check`));
  await house.look(page, 'ask-check');
  const shown = await page.locator('dl').innerText();
  const given = ['Amara Quill', 'Mara', 'amara@example.org', '<b>March</b>', 'Not provided',
    '27 March 2027', 'on paper, by post', '4 Quay Street'];
  for (const text of given) {
    assert.ok(shown.includes(text), `${text} in ${shown}`);
  }
  await follow(page.getByRole('link', { name: 'Change Full name' }));
  await page.getByLabel('Full name').fill('Amara J Quill');
  await press(page, 'Continue');
  assert.ok(page.url().endsWith(`${ASK}/check`), 'straight back');
  await press(page, 'Send my request');

  await house.look(page, 'ask-sent');
  const sent = await page.locator('main').innerText();
  await page.reload();
  assert.equal(await page.locator('main').innerText(), sent, 'the code can be read again');
  assert.match(sent, /RR-20\d\d-0001/);
  assert.match(sent, DATE);
  assert.ok(!sent.includes('Amara'), 'nothing personal on a page that may be printed');
});

test('asking for somebody else', async () => {
  const page = await begin();
  await page.getByLabel('I ask for someone else').check();
  await press(page, 'Continue');
  assert.ok(page.url().endsWith(`${ASK}/agent`));
  await house.look(page, 'ask-agent');
  await page.getByLabel('Your e-mail address').fill('sol@example.org');
  await refused(page, 'Continue', 'agent-name', /Enter your name/);
  assert.equal(await page.getByLabel('Your e-mail address').inputValue(), 'sol@example.org');
  await house.look(page, 'ask-agent-error');
  await page.getByLabel('Your name').fill('Sol Icitor');
  await press(page, 'Continue');
  await house.look(page, 'ask-name-of-another');
  await page.getByLabel('Full name').fill('Bram Tarn');
  await press(page, 'Continue');
  await house.look(page, 'ask-born-of-another');
  await press(page, 'Continue');
  await house.look(page, 'ask-find-of-another');
  await page.getByLabel('Their e-mail address').fill('sol@example.org');
  await refused(page, 'Continue', 'email', /whoever acts for the person/);
  await page.getByLabel('Their e-mail address').fill('');
  await press(await filled(page, 'Their membership or customer number', 'M-0042'), 'Continue');
  await onwards(page);
  await house.look(page, 'ask-check-for-another');
  const shown = await page.locator('dl').innerText();
  assert.ok(shown.includes('someone else') && shown.includes('Sol Icitor'), shown);
  await press(page, 'Send my request');
  await house.look(page, 'ask-sent-for-another');
  const sent = await page.locator('main').innerText();
  assert.match(sent, /we need to see that you may act for them/);
});

test('a request that says nothing to find by is asked for more', async () => {
  const page = await begin();
  await page.getByLabel('It is about me').check();
  await press(page, 'Continue');
  await press(await filled(page, 'Full name', 'Nobody'), 'Continue');
  await press(page, 'Continue');
  await refused(page, 'Continue', 'email', /at least one/);
});

test('skipping to the last page sends nothing', async () => {
  const page = await begin();
  await page.goto(`${ASK}/check`);
  assert.equal(await sent(page, 'Send my request'), 422);
  assert.match(await page.title(), /^Error: /);
  await house.look(page, 'ask-check-error');
});

test('sending twice logs once', async () => {
  const page = await begin();
  await page.getByLabel('It is about me').check();
  await press(page, 'Continue');
  await press(await filled(page, 'Full name', 'Twice Sent'), 'Continue');
  await press(page, 'Continue');
  await press(await filled(page, 'E-mail address', 'twice@example.org'), 'Continue');
  await onwards(page);
  const cookies = await page.context().cookies();
  const headers = { cookie: cookies.map((c) => `${c.name}=${c.value}`).join('; ') };
  const form = { method: 'POST', headers, redirect: 'manual', body: new URLSearchParams() };
  const send = () => fetch(`${house.base}${ASK}/check`, form);
  const [one, two] = await Promise.all([send(), send()]);
  assert.deepEqual([one.status, two.status], [303, 303]);
  const receipts = [one, two].map((answer) => answer.headers.get('location'));
  assert.match(receipts[0], /\/sent\/RR-20\d\d-\d+$/);
  assert.equal(receipts[0], receipts[1], 'one request, one receipt');
});

test('where a request stands', async () => {
  const sender = await begin();
  await sender.getByLabel('It is about me').check();
  await press(sender, 'Continue');
  await press(await filled(sender, 'Full name', 'Stan Ding'), 'Continue');
  await press(sender, 'Continue');
  await press(await filled(sender, 'E-mail address', 'stan@example.org'), 'Continue');
  await onwards(sender);
  await press(sender, 'Send my request');
  const reference = await sender.locator('.done b').innerText();
  const code = (await sender.locator('.hash').innerText()).trim();

  const page = await house.visitor();
  await page.goto('/o/harbour/data-rights/status');
  await house.look(page, 'status');
  await page.getByLabel('Your reference').fill(reference);
  await page.getByLabel('Your code').fill('aaaa-bbbb-cccc-dddd');
  await refused(page, 'Continue', 'reference', /reference or the code/);
  assert.equal(await page.getByLabel('Your reference').inputValue(), reference);
  const wrongCode = await page.locator('.wrong').innerText();
  await house.look(page, 'status-error');
  await page.getByLabel('Your reference').fill('RR-2020-9999');
  await refused(page, 'Continue', 'reference', /./);
  assert.equal(await page.locator('.wrong').innerText(), wrongCode, 'one answer for both');

  // Forgiven: small letters, no dashes.
  await page.getByLabel('Your reference').fill(reference.toLowerCase());
  await page.getByLabel('Your code').fill(code.toUpperCase().replaceAll('-', ' '));
  await press(page, 'Continue');
  const shown = await page.locator('main').innerText();
  assert.match(shown, DATE);
  assert.ok(shown.includes(reference));
  await house.look(page, 'status-shown');
});

async function filled(page, label, value) {
  await page.getByLabel(label).fill(value);
  return page;
}

/** From "What would you like to see?" to the last page, with nothing filled in. */
async function onwards(page) {
  for (const step of ['what', 'dates', 'copies', 'format']) {
    assert.ok(page.url().endsWith(`${ASK}/${step}`), page.url());
    await press(page, 'Continue');
  }
}
