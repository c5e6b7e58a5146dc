// What is set and taken in the browser: the mail server and the address, the whole log, preference
// registers, old stops and consents.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fs from 'node:fs';
import net from 'node:net';
import { House, PASSWORD, charter, follow, press, refused } from './house.mjs';

const CONTACT = `[permissions]
charity = true
[[permissions.purpose]]
short = "events"
title = "Events and talks"
about = "What is on at the harbour."
aim = "charitable-purpose"
channels = ["email", "call", "post"]
`;

const WORDING = `short = "events-email"
use_kind = "contact"
use_what = "events"
channels = ["email"]
text = "May we write to you about our events?"
notice = "2026-03"
`;

let house;
let page;
let mail;

/** A mail server that takes everything. */
function mailServer() {
  return net.createServer((line) => {
    let data = false;
    line.on('error', () => {});
    line.write('220 here\r\n');
    line.on('data', (bytes) => {
      for (const said of bytes.toString().split('\r\n').slice(0, -1)) {
        if (data && said !== '.') continue;
        data = said === 'DATA';
        line.write(data ? '354 go on\r\n' : '250 yes\r\n');
      }
    });
  });
}

before(async () => {
  house = await House.open();
  const text = `${charter('harbour', 'Harbour Members’ Society')}${CONTACT}`;
  house.run('charter', 'set', house.write('charter.toml', text));
  house.run('permission', 'wording', 'set', house.write('wording.toml', WORDING));
  mail = mailServer();
  await new Promise((ready) => mail.listen(0, '127.0.0.1', ready));
  page = await house.signedIn();
});

after(async () => {
  mail?.close();
  await house?.close();
});

test('the mail server, set and tried', async () => {
  await page.goto('/office');
  await follow(page.getByRole('link', { name: /^Set a mail server/ }));
  await house.look(page, 'mail');
  await refused(page, 'Save the mail server', 'mail-host', /Enter the server/);
  await page.getByLabel('Server', { exact: true }).fill('127.0.0.1');
  await page.getByRole('radio', { name: /^No encryption/ }).check();
  await page.getByLabel('Port (optional)', { exact: true }).fill(String(mail.address().port));
  await refused(page, 'Save the mail server', 'mail-mine', /not the password/);
  assert.equal(await page.getByLabel('Server', { exact: true }).inputValue(), '127.0.0.1', 'kept');
  await house.look(page, 'mail-error');
  await page.locator('#mail-mine').fill(PASSWORD);
  await press(page, 'Save the mail server');
  await house.look(page, 'mail-set');
  await press(page, 'Send a test message to me');
  assert.match(await page.locator('.saved').innerText(), /took the message/);
  await house.look(page, 'mail-tried');
  await page.locator('#address').fill('https://rights.example.org');
  await page.locator('#address-mine').fill(PASSWORD);
  await refused(page, 'Save the address', 'sure', /You are not at/);
  await house.look(page, 'mail-address-error');
  await page.locator('#address').fill(house.base);
  await page.locator('#address-mine').fill(PASSWORD);
  await press(page, 'Save the address');
  assert.match(await page.locator('main').innerText(), /The public address has been saved|Links lead to/);
});

test('the whole log as one file', async () => {
  await page.goto('/office/ledger');
  await page.getByText('How an auditor checks the whole log').click();
  await house.look(page, 'ledger-whole');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download the whole log' }).click(),
  ]);
  assert.equal(file.suggestedFilename(), 'ledger-harbour.zip');
  assert.equal(fs.readFileSync(await file.path()).subarray(0, 2).toString(), 'PK');
});

test('a preference register', async () => {
  await page.goto('/office/permissions');
  await house.look(page, 'permissions-registers');
  await follow(page.getByRole('link', { name: 'See or import preference registers' }));
  await house.look(page, 'registers');
  await refused(page, 'Import the file', 'register', /Choose which/);
  await page.getByRole('radio', { name: 'Telephone Preference Service', exact: true }).check();
  const day = new Date(Date.now() - 3 * 86_400_000);
  for (const [part, value] of [['day', day.getUTCDate()], ['month', day.getUTCMonth() + 1], ['year', day.getUTCFullYear()]]) {
    await page.locator(`input[name="as_of-${part}"]`).fill(String(value));
  }
  await page.locator('#file').setInputFiles(house.write('no.csv', 'Name,Town\nAnn,Exwick\n'));
  await refused(page, 'Import the file', 'file', /no file of the Telephone/);
  await house.look(page, 'registers-error');
  await page.locator('#file').setInputFiles(house.write('tps.txt', 'number\n020 7946 0001\n'));
  await press(page, 'Import the file');
  assert.match(await page.locator('main').innerText(), /such as a heading: 1/);
  await house.look(page, 'register');
  await page.goto('/office/permissions/registers');
  await house.look(page, 'registers-fresh');
});

test('old stops', async () => {
  await page.goto('/office/permissions');
  await follow(page.getByRole('link', { name: 'Import old stops or consents' }));
  await house.look(page, 'import');
  await refused(page, 'Continue', 'what', /Choose what/);
  await house.look(page, 'import-error');
  await page.getByRole('radio', { name: /^Stops/ }).check();
  const rows = 'Name,E-mail\nAnn,ann@example.org\nBo,not an address\n';
  await page.locator('#file').setInputFiles(house.write('stops.csv', rows));
  await press(page, 'Continue');
  await house.look(page, 'import-columns');
  await press(page, 'See what would be taken');
  await house.look(page, 'import-look');
  await follow(page.getByRole('link', { name: 'Change the columns' }));
  await press(page, 'See what would be taken');
  await press(page, 'Take 1 row');
  await house.until(page, 'What came of the file');
  await house.look(page, 'import-done');
});

test('old consents', async () => {
  await page.goto('/office/permissions/import');
  await page.getByRole('radio', { name: /^Consents/ }).check();
  const rows = 'E-mail,Answer,On\ncy@example.org,yes,20/11/2025\ndi@example.org,no,2025-11-20\n';
  await page.locator('#file').setInputFiles(house.write('consents.csv', rows));
  await press(page, 'Continue');
  await house.look(page, 'import-consents');
  await refused(page, 'See what would be taken', 'wording', /Choose the words/);
  await page.getByLabel('Which words were they asked with?').selectOption('events-email/1');
  await page.getByLabel(/^By which channel may/).selectOption('email');
  await refused(page, 'See what would be taken', 'at.method', /How it came/);
  await house.look(page, 'import-consents-error');
  await page.getByLabel('How it came, the same for every row (optional)').fill('letter');
  await page.getByLabel('What proves it, the same for every row (optional)').fill('Cards');
  await press(page, 'See what would be taken');
  await press(page, 'Take 2 rows');
  await house.until(page, 'What came of the file');
  await page.goto('/office/permissions/import');
  await house.look(page, 'import-recent');
});
