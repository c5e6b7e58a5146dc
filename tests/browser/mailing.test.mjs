// Messages, campaigns and programs: an officer plans a send, and what is missing is said.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import path from 'node:path';
import { House, charter, follow, press, refused } from './house.mjs';

let house;
let page;
before(async () => {
  house = await House.open();
  const purpose = '[[permissions.purpose]]\nshort = "talks"\ntitle = "Talks and walks"\n';
  const text = charter('harbour', 'Harbour Members’ Society') + purpose;
  house.run('charter', 'set', house.write('harbour.toml', text), '--org', 'harbour');
  page = await house.signedIn();
});
after(() => house?.close());

const main = () => page.locator('main').innerText();

test('a message is proposed, mended and approved', async () => {
  await page.goto('/office/messages');
  await house.look(page, 'messages-empty');
  await follow(page.getByRole('link', { name: 'Propose a message' }));
  await house.look(page, 'message-new');
  await page.getByLabel('What do people call it?').fill('May talks');
  await page.getByLabel('Its text').fill('Our May talks: book now.');
  await refused(page, 'Propose it', 'short', /lower case/);
  assert.equal(await page.getByLabel('Its text').inputValue(), 'Our May talks: book now.');
  await house.look(page, 'message-new-error');
  await page.getByLabel('Short name').fill('may-talks');
  await page.getByLabel('Service message').check();
  await press(page, 'Propose it');
  assert.match(await main(), /“book now”: Asking people to buy or book something new is marketing/);
  await house.look(page, 'message-told');
  await refused(page, 'Approve version 1 as service message', 'reason', /enter why/);
  await house.look(page, 'message-error');
  await page.getByRole('radio', { name: /^Marketing/ }).check();
  await press(page, 'Propose this version');
  assert.match(await main(), /must say how to stop it/);
  const text = 'Our May talks: book now. Harbour Members’ Society. Unsubscribe: by a link';
  await page.getByLabel('Its text').fill(text);
  await press(page, 'Propose this version');
  await press(page, 'Approve version 3 as marketing');
  assert.match(await main(), /Approved/);
  await house.look(page, 'message-approved');
  await page.goto('/office/messages');
  await house.look(page, 'messages');
});

test('a campaign is planned, sent without a certificate, and looked at', async () => {
  await page.goto('/office/campaigns');
  await house.look(page, 'campaigns-empty');
  await follow(page.getByRole('link', { name: 'Plan a campaign' }));
  await house.look(page, 'campaign-new');
  await page.getByLabel('What do people call it?').fill('May talks to friends');
  await page.getByLabel('Short name').fill('may');
  await page.getByLabel('What is the list called?').fill('Friends');
  await refused(page, 'Plan it', 'channel', /Choose the channel/);
  assert.equal(await page.getByLabel('What is the list called?').inputValue(), 'Friends');
  await house.look(page, 'campaign-new-error');
  await page.getByLabel('e-mail', { exact: true }).check();
  await page.getByLabel('Which message?').selectOption('may-talks');
  const soon = new Date(Date.now() + 3 * 86_400_000);
  await page.getByLabel('day', { exact: true }).fill(String(soon.getUTCDate()));
  await page.getByLabel('month', { exact: true }).fill(String(soon.getUTCMonth() + 1));
  await page.getByLabel('year', { exact: true }).fill(String(soon.getUTCFullYear()));
  await refused(page, 'Plan it', 'purpose', /needs a purpose/);
  await page.getByLabel('For which purpose?').selectOption('talks');
  await press(page, 'Plan it');
  assert.match(await main(), /No certificate fits yet/);
  await house.look(page, 'campaign');
  await page.goto('/office');
  assert.match(await main(), /May talks to friends goes out on .* and has no certificate/);
  await house.look(page, 'today-contact');
  await page.goto('/office/campaigns/may');
  await refused(page, 'Bind the certificate', 'certificate', /Choose a certificate/);
  await refused(page, 'Mark it as sent today', 'reason', /screen the list first/);
  await house.look(page, 'campaign-error');
  await page.getByLabel('Why was it sent').fill('The printer had begun');
  await press(page, 'Mark it as sent today');
  await page.goto('/office');
  assert.match(await main(), /May talks to friends was sent without a certificate/);
  await page.goto('/office/campaigns/may');
  await house.look(page, 'campaign-uncovered');
  await press(page, 'I have looked at this');
  await house.look(page, 'campaign-acknowledged');
  await page.goto('/office/campaigns');
  await house.look(page, 'campaigns');
});

test('a send is compared with its certificate, or says that it was not', async () => {
  const rows = 'Name,E-mail\nAnn,ann@example.org\nBo,bo@example.org\n';
  const today = new Date().toISOString().slice(0, 10);
  for (const short of ['june', 'july']) {
    house.run('campaign', 'plan', short, '--title', `Talks in ${short}`, '--list', 'Friends',
      '--purpose', 'talks', '--channel', 'email', '--template', 'may-talks', '--on', today,
      '--attested', 'corporate');
    const out = path.join(house.data, `${short}.csv`);
    const told = JSON.parse(house.run('screen', house.write('list.csv', rows), '--channel', 'email',
      '--purpose', 'talks', '--attested', 'corporate', '--column', 'E-mail', '--out', out, '--json'));
    house.run('campaign', 'attach', short, told.id);
  }
  await page.goto('/office/campaigns/june');
  await page.locator('#file').setInputFiles(house.write('other.csv', `${rows}Cy,cy@example.org\n`));
  await refused(page, 'Mark it as sent today', 'reason', /changed after it was screened/);
  await page.locator('#file').setInputFiles(path.join(house.data, 'june.csv'));
  await press(page, 'Mark it as sent today');
  assert.match(await main(), /The campaign has been marked as sent/);
  assert.match(await main(), /List that was used\s+[0-9a-f]{64}/);
  await house.look(page, 'campaign-sent');
  await page.goto('/office/campaigns/july');
  await press(page, 'Mark it as sent today');
  assert.match(await main(), /not compared with its certificate/);
  assert.match(await main(), /Reached\s+Not told/);
  await house.look(page, 'campaign-not-compared');
  await page.goto('/office');
  assert.match(await main(), /Talks in july was sent, and its list not compared/);
  await page.goto('/office/campaigns');
  assert.match(await main(), /Sent in the last 12 months/);
  await house.look(page, 'campaigns-counted');
});

test('programs are let in and shut out, hooks added and ended', async () => {
  await page.goto('/office/programs');
  await house.look(page, 'programs-empty');
  await refused(page, 'Let it in', 'title', /Enter what/);
  await page.getByLabel('What is the program called?').fill('Newsletter server');
  await press(page, 'Let it in');
  assert.match(await main(), /cnd_/);
  await house.look(page, 'programs-token');
  await page.getByLabel('Where is it called?').fill('http://hooks.example/in');
  await page.getByLabel('Somebody withdraws a consent').check();
  await refused(page, 'Add the hook', 'url', /https/);
  assert.ok(await page.getByLabel('Somebody withdraws a consent').isChecked());
  await house.look(page, 'programs-error');
  await page.getByLabel('Where is it called?').fill('https://hooks.example/in');
  await press(page, 'Add the hook');
  assert.match(await main(), /whsec_/);
  await page.goto('/office/programs');
  assert.doesNotMatch(await main(), /whsec_|cnd_/);
  await press(page, 'Give a new secret to hooks.example');
  assert.match(await main(), /new secret[^]*whsec_/);
  await page.goto('/office/programs');
  await press(page, 'Shut out Newsletter server');
  await press(page, 'End it at hooks.example');
  await house.look(page, 'programs');
});
