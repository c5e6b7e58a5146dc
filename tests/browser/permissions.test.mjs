// Who may be contacted: what people choose themselves, what staff record, lists screened.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fs from 'node:fs';
import path from 'node:path';
import { House, charter, follow, press, refused } from './house.mjs';

const CONTACT = `[permissions]
charity = true
unsubscribe_address = "stop@harbour.example"
[[permissions.purpose]]
short = "events"
title = "Events and talks"
about = "What is on at the harbour."
aim = "charitable-purpose"
channels = ["email", "call", "post"]
[[permissions.purpose]]
short = "shop"
title = "The shop"
aim = "similar-products"
channels = ["email"]
[[permissions.partner]]
short = "ferry"
title = "Quay Ferry"
email = "privacy@ferry.example"
`;

const WORDING = `short = "events-email"
use_kind = "contact"
use_what = "events"
channels = ["email"]
text = "May we write to you by e-mail about our events?"
if_refused = "You can still come."
notice = "2026-03"
`;

let house;
let page;
before(async () => {
  house = await House.open();
  // Links in messages carry the address; commands read it here.
  fs.appendFileSync(path.join(house.data, 'candour.toml'), `\npublic_url = "${house.base}"\n`);
  page = await house.signedIn();
});
after(() => house?.close());

const main = (of = page) => of.locator('main').innerText();

/** A yes to events by e-mail. */
function yes(email) {
  house.run('permission', 'consent', '--email', email, '--wording', 'events-email',
    '--channel', 'email', '--answer', 'yes', '--method', 'form', '--evidence', 'form 12');
}

/** The rule that decides whether this address may hear of events. */
function rule(email) {
  const ask = ['may-contact', email, '--channel', 'email', '--purpose', 'events', '--json'];
  try {
    return JSON.parse(house.run(...ask)).rule;
  } catch (e) {
    return JSON.parse(e.stdout).rule;
  }
}

/** The unsubscribe link in a message to this address. */
function link(email) {
  const headers = house.run('permission', 'headers', '--email', email, '--purpose', 'events');
  return headers.match(/\/u\/[^>\s]+/)[0];
}

/** The link in the latest letter to this address. */
async function mailed(email, n) {
  const outbox = path.join(house.data, 'outbox');
  const end = Date.now() + 30_000;
  for (;;) {
    const names = fs.existsSync(outbox) ? fs.readdirSync(outbox).sort() : [];
    const texts = names.map((name) => fs.readFileSync(path.join(outbox, name), 'utf8'));
    const theirs = texts.filter((t) => t.includes(`To: ${email}`) || t.includes(`<${email}>`));
    if (theirs.length >= n) {
      const text = theirs.at(-1).replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
      return text.match(/\/preferences\/[\w-]+/)[0];
    }
    assert.ok(Date.now() < end, `no letter to them among ${names.length}`);
    await page.goto('/health');
  }
}

test('contact settings, from nothing', async () => {
  const visitor = await house.visitor();
  await visitor.goto('/o/harbour/data-rights');
  assert.equal(await visitor.getByRole('link', { name: 'Stop marketing' }).count(), 0);
  await page.goto('/office/permissions');
  await house.look(page, 'permissions-empty');
  await follow(page.getByRole('link', { name: 'contact settings' }));
  await house.look(page, 'contact-settings-empty');
  assert.equal((await main()).match(/not (?:been )?verified/gi).length >= 4, true, await main());
  await page.getByLabel('Title').fill('Events and talks');
  await page.getByLabel('A sentence about it (optional)').fill('What is on at the harbour.');
  await page.locator('[id="cap-email-messages"]').fill('4');
  await page.getByLabel('A yes lapses after how many months (optional)').fill('two');
  await refused(page, 'Save the contact settings', 'consent_months', /whole number/);
  await refused(page, 'Save the contact settings', 'purpose-0-aim', /Choose/);
  await page.getByLabel('A yes lapses after how many months (optional)').fill('24');
  await page.getByLabel('What does it aim at?').selectOption('charitable-purpose');
  await refused(page, 'Save the contact settings', 'purpose-0-short', /short name/);
  await house.look(page, 'contact-settings-error');
  for (const field of ['purpose-0-channel', 'cap-email-days']) {
    assert.equal(await page.locator(`.wrong a[href="#${field}"]`).count(), 1, field);
  }
  assert.equal(await page.getByLabel('Title').inputValue(), 'Events and talks', 'kept');
  await page.locator('[id="purpose-0-short"]').fill('events');
  const first = page.locator('[id="purpose-0"]');
  for (const by of ['E-mail', 'Telephone', 'Post']) {
    await first.getByLabel(by, { exact: true }).check();
  }
  await page.locator('[id="cap-email-days"]').fill('30');
  await page.getByLabel('We are a registered charity').check();
  await page.locator('[id="partner-0-title"]').fill('Quay Ferry');
  await page.locator('[id="partner-0-short"]').fill('quay-ferry');
  await page.locator('[id="partner-0-email"]').fill('privacy@ferry.example');
  await press(page, 'Save the contact settings');
  assert.match(await main(), /have been saved/);
  await page.locator('[id="purpose-1-title"]').fill('The ferry');
  await page.locator('[id="purpose-1-short"]').fill('ferry');
  await page.locator('[id="purpose-1-aim"]').selectOption('third-party');
  await page.locator('[id="purpose-1-partner"]').selectOption({ label: 'Quay Ferry' });
  await page.locator('[id="purpose-1"]').getByLabel('Text message').check();
  await press(page, 'Save the contact settings');
  await house.look(page, 'contact-settings');
  const file = house.run('charter', 'show');
  for (const line of ['charity = true', 'consent_months = 24', 'short = "ferry"', 'messages = 4',
    'partner = "quay-ferry"', 'channels = ["email", "call", "post"]']) {
    assert.ok(file.includes(line), `${line} in\n${file}`);
  }
  // The file says the same to the screen; what is not in use goes without a question.
  house.run('charter', 'set', house.write('c.toml', charter('harbour', 'Harbour Members’ Society') + CONTACT));
  await page.goto('/office/settings');
  await follow(page.getByRole('link', { name: 'contact settings' }));
  assert.equal(await page.locator('[id="purpose-1-short"]').inputValue(), 'shop');
  assert.equal(await page.locator('[id="cap-email-messages"]').inputValue(), '');
  await visitor.reload();
  await house.look(visitor, 'start-with-marketing');
  await follow(visitor.getByRole('link', { name: 'Stop marketing' }));
  assert.ok(visitor.url().endsWith('/o/harbour/stop'));
});

test('a wording, and a purpose in use', async () => {
  await page.goto('/office/permissions');
  await follow(page.getByRole('link', { name: 'Add a wording' }));
  await house.look(page, 'wording');
  await page.getByLabel('Short name').fill('events-post');
  await page.getByRole('radio', { name: 'Contact about Events' }).check();
  await refused(page, 'Save', 'text', /Enter the question/);
  assert.equal(await page.getByLabel('Short name').inputValue(), 'events-post');
  await house.look(page, 'wording-error');
  await page.getByLabel('The question, word for word').fill('May we send you letters?');
  await refused(page, 'Save', 'channels', /Choose the channels/);
  await page.getByRole('checkbox', { name: 'Post' }).check();
  await page.getByLabel('Which version of the privacy notice').fill('2026-03');
  await press(page, 'Save');
  assert.match(await main(), /The wording has been saved/);
  house.run('permission', 'wording', 'set', house.write('w.toml', WORDING));
  yes('ann@example.org');
  await page.goto('/office/settings/contact');
  await page.getByLabel('Remove this purpose').first().check();
  await refused(page, 'Save the contact settings', 'purpose-0-remove', /1 consent, 2 wordings name it/);
  await house.look(page, 'contact-settings-in-use');
  assert.ok(await page.getByLabel('Remove this purpose').first().isChecked(), 'kept');
  await page.getByLabel('Remove this purpose').first().uncheck();
  await page.locator('[id="purpose-0-short"]').fill('happenings');
  await refused(page, 'Save the contact settings', 'purpose-0-short', /in use/);
  await page.getByLabel('although they are in use').check();
  await press(page, 'Save the contact settings');
  assert.match(house.run('charter', 'show'), /"happenings"/);
  house.run('charter', 'set', path.join(house.data, 'c.toml'));
});

test('staff record what somebody said', async () => {
  await page.goto('/office/permissions');
  await house.look(page, 'permissions');
  await refused(page, 'Look up', 'address', /Enter an address/);
  await house.look(page, 'permissions-error');
  await page.getByLabel('Address or number').fill('dee@example.org');
  await press(page, 'Look up');
  await house.look(page, 'permissions-unknown');
  assert.ok(!page.url().includes('dee'), 'no address in a URL');
  const heading = await page.locator('h1').innerText();
  const again = await page.reload();
  assert.equal(again.request().method(), 'GET', 'nothing is asked when it is loaded again');
  assert.equal(await page.locator('h1').innerText(), heading);
  await refused(page, 'Record the answer', 'wording', /./);
  await page.getByLabel('With which words were they asked?').selectOption('events-email/1');
  await page.getByLabel('By which channel may we contact them?').selectOption('email');
  await page.locator('#yes').getByLabel('Yes').check();
  await page.getByLabel('How did the answer come?').fill('telephone');
  await refused(page, 'Record the answer', 'evidence', /proves/);
  assert.equal(await page.getByLabel('How did the answer come?').inputValue(), 'telephone');
  await house.look(page, 'permissions-unknown-error');
  await page.getByLabel('What proves it?').fill('note of the call, 14.05');
  await press(page, 'Record the answer');
  assert.equal(rule('dee@example.org'), 'consent');
  await house.look(page, 'permissions-person');
  const person = page.url();
  await follow(page.getByRole('link', { name: /^Receipt/ }));
  await house.look(page, 'consent-record');
  assert.match(await main(), /May we write to you by e-mail about our events\?/);
  assert.match(await main(), /note of the call, 14\.05/, 'what proves it');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save the receipt' }).click(),
  ]);
  assert.match(fs.readFileSync(await file.path(), 'utf8'), /"consent_receipt|"schema|dpv:/);
  await page.goto(person);
  await press(page, 'Withdraw Events and talks, by e-mail');
  assert.equal(rule('dee@example.org'), 'stopped');
  await refused(page, 'Stop', 'stop-what', /Choose what/);
  await house.look(page, 'permissions-person-error');
  await page.getByLabel('What do they want to stop?').selectOption('marketing');
  await press(page, 'Stop');
  assert.match(await main(), /Contact has been stopped/);
  assert.match(await main(), /What goes on[^]*We may still write to you/);
  await follow(page.getByRole('link', { name: 'as a letter to print' }));
  await house.look(page, 'permissions-letter');
  assert.match(await main(), /All marketing by every channel, since/);
  await page.goto(person);
  await refused(page, 'Erase', 'sure', /Tick the box/);
  await page.getByLabel('Yes, erase them').check();
  await press(page, 'Erase');
  assert.match(await main(), /has been erased/);
  assert.equal((await page.goto(person)).status(), 404);
  assert.equal(rule('dee@example.org'), 'stopped', 'the stop outlives the person');
});

test('a person chooses by a mailed link', async () => {
  yes('bea@example.org');
  const share = WORDING.replace('events-email', 'ferry').replace('"contact"', '"share"')
    .replace('"events"', '"ferry"').replace('channels = ["email"]\n', '').replace('write to you by e-mail about our events', 'give your address to Quay Ferry');
  house.run('permission', 'wording', 'set', house.write('share.toml', share));
  house.run('permission', 'consent', '--email', 'bea@example.org', '--wording', 'ferry',
    '--answer', 'yes', '--method', 'form', '--evidence', 'form 13');
  const bea = await house.visitor();
  await bea.goto('/o/harbour/data-rights');
  await follow(bea.getByRole('link', { name: 'Choose what you hear from us' }));
  await house.look(bea, 'choices-ask');
  await bea.getByLabel('Your e-mail address').fill('bea at home');
  await refused(bea, 'Send me a link', 'email', /like name@/);
  assert.equal(await bea.getByLabel('Your e-mail address').inputValue(), 'bea at home');
  await house.look(bea, 'choices-ask-error');
  await bea.getByLabel('Your e-mail address').fill('nobody@example.org');
  await press(bea, 'Send me a link');
  const told = await main(bea);
  await bea.goto('/o/harbour/preferences');
  await bea.getByLabel('Your e-mail address').fill('Bea@Example.org');
  await press(bea, 'Send me a link');
  assert.equal(await main(bea), told, 'the same answer, known or not');
  await house.look(bea, 'choices-sent');
  await bea.goto(await mailed('Bea@Example.org', 1));
  await house.look(bea, 'choices');
  assert.match(await main(bea), /You said yes/);
  const about = (title) => bea.getByRole('group', { name: title });
  assert.match(await main(bea), /This also ends: Sharing with Quay Ferry/);
  assert.ok(await about('Sharing with Quay Ferry').getByLabel('Yes').isChecked());
  await about('Sharing with Quay Ferry').getByLabel('No').check();
  await about('Events and talks, by e-mail').getByLabel('No').check();
  await about('The shop, by e-mail').getByLabel('Yes').check();
  await press(bea, 'Save my choices');
  await house.look(bea, 'choices-saved');
  assert.ok(await about('Sharing with Quay Ferry').getByLabel('No').isChecked(), 'taken back');
  assert.doesNotMatch(await main(bea), /This also ends/);
  assert.match(await main(bea), /What goes on[^]*The shop, by e-mail: you said yes/);
  assert.ok(await about('Events and talks, by e-mail').getByLabel('No').isChecked());
  assert.ok(await about('The shop, by e-mail').getByLabel('Yes').isChecked());
  assert.match(await main(bea), /by e-mail, given \(form\)[^]*Events and talks by e-mail, stopped/);
  assert.equal(rule('bea@example.org'), 'stopped');
  await press(bea, 'Stop all marketing');
  assert.ok(await about('The shop, by e-mail').getByLabel('No').isChecked(), 'in one click');
  await press(bea, 'Stop all marketing');
  assert.match(await main(bea), /Nothing has changed/);
  await house.look(bea, 'choices-unchanged');
});

test('anybody stops marketing without an account', async () => {
  yes('cem@example.org');
  const cem = await house.visitor();
  await cem.goto('/o/harbour/stop');
  await house.look(cem, 'stop');
  await refused(cem, 'Stop marketing', 'email', /Enter the address/);
  await cem.getByLabel('E-mail address').fill('cem@example.org');
  await cem.getByLabel('Telephone number').fill('12');
  await refused(cem, 'Stop marketing', 'phone', /./);
  assert.equal(await cem.getByLabel('E-mail address').inputValue(), 'cem@example.org');
  await house.look(cem, 'stop-error');
  assert.equal(rule('cem@example.org'), 'consent', 'nothing is half done');
  await cem.getByLabel('Telephone number').fill('01632 960 777');
  await press(cem, 'Stop marketing');
  await house.look(cem, 'stopped');
  assert.equal(rule('cem@example.org'), 'stopped');
});

test('a link in a message stops by a press, never by being opened', async () => {
  yes('eve@example.org');
  const to = link('eve@example.org');
  // Scanners of mail open every link, some of them several times.
  for (let n = 0; n < 3; n += 1) {
    assert.equal((await fetch(house.base + to)).status, 200);
    assert.equal((await fetch(house.base + to, { method: 'HEAD' })).status, 200);
  }
  assert.equal(rule('eve@example.org'), 'consent');
  const eve = await house.visitor();
  await eve.goto(to);
  await house.look(eve, 'unsubscribe');
  await press(eve, 'Stop Events and talks by e-mail');
  await house.look(eve, 'unsubscribed');
  assert.equal(rule('eve@example.org'), 'stopped');
  yes('fay@example.org');
  const click = (body) => fetch(house.base + link('fay@example.org'), {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  assert.equal((await click('')).status, 422, 'an empty click is no wish');
  assert.equal(rule('fay@example.org'), 'consent');
  const answer = await click('List-Unsubscribe=One-Click');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('set-cookie'), null);
  assert.equal(rule('fay@example.org'), 'stopped');
});

test('a list is screened', async () => {
  yes('gus@example.org');
  const rows = ['Name,E-mail,Town', 'Gus,gus@example.org,Exwick', 'Cem,CEM@example.org,Exwick'];
  rows.push('Hal,hal@example.org,Exwick', 'Ida,not an address,Exwick');
  for (let n = 0; n < 20; n += 1) rows.push(`P${n},p${n}@example.org,Exwick`);
  const list = house.write('list.csv', `${rows.join('\n')}\n`);
  await page.goto('/office/screen');
  await house.look(page, 'screen');
  await page.getByRole('radio', { name: 'e-mail' }).check();
  await refused(page, 'Continue', 'list', /Choose the file/);
  assert.ok(await page.getByRole('radio', { name: 'e-mail' }).isChecked(), 'kept');
  await house.look(page, 'screen-error');
  await page.locator('#list').setInputFiles(list);
  await page.getByRole('radio', { name: /^Marketing/ }).check();
  await page.getByLabel('For which purpose?').selectOption('events');
  await press(page, 'Continue');
  await house.look(page, 'screen-columns');
  const column = page.locator('#contact');
  assert.ok(await column.getByLabel(/^E-mail/).isChecked(), 'proposed');
  await column.getByLabel(/^Town/).check();
  await refused(page, 'Screen the list', 'contact', /column/i);
  assert.ok(await column.getByLabel(/^Town/).isChecked(), 'kept');
  await house.look(page, 'screen-columns-error');
  await column.getByLabel(/^E-mail/).check();
  await press(page, 'Screen the list');
  await house.look(page, 'screen-outcome');
  assert.equal(await page.getByRole('img').count(), 1, 'the chart says itself in words');
  const save = async (name) => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name, exact: true }).click(),
    ]);
    return fs.readFileSync(await file.path(), 'utf8');
  };
  assert.equal(await save('Save the allowed rows'), 'Name,E-mail,Town\nGus,gus@example.org,Exwick\n');
  const blocked = await save('Save the blocked rows with reasons');
  assert.match(blocked, /stopped.*CEM@example\.org/);
  assert.match(blocked, /no-ground.*hal@example\.org/);
  assert.match(await save('Save the rows that could not be read'), /Ida/);
  const certificate = JSON.parse(await save('Save the certificate'));
  const rowsOf = { all: 24, allowed: 1, blocked: 22, unreadable: 1, doubled: 0 };
  assert.deepEqual(certificate.rows, rowsOf);
  assert.match(await save('Save its proof'), /tlog-proof/);
  await page.goto('/office/screen');
  await house.look(page, 'screen-recent');
});
