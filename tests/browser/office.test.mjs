// An officer's day: a request that came by letter, answered to the end, and every other page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fs from 'node:fs';
import path from 'node:path';
import { House, PASSWORD, follow, press, refused, sent } from './house.mjs';

let house;
let page;
/** The case that is answered to the end. */
let reference;
before(async () => {
  house = await House.open({ club: true });
  page = await house.signedIn();
});
after(() => house?.close());

const main = () => page.locator('main').innerText();

test('a letter is logged', async () => {
  await house.look(page, 'today-quiet');
  await page.goto('/office/cases');
  await house.look(page, 'cases-empty');
  await follow(page.getByRole('link', { name: 'Log a request' }));
  await house.look(page, 'case-new');
  await page.getByLabel('Full name').fill('Amara Quill');
  await refused(page, 'Log the request', 'via', /Choose how/);
  assert.equal(await page.getByLabel('Full name').inputValue(), 'Amara Quill');
  await house.look(page, 'case-new-error');
  await page.getByRole('radio', { name: /by letter/i }).check();
  await page.getByLabel('E-mail address', { exact: true }).fill('amara@example.org');
  await press(page, 'Log the request');
  reference = page.url().split('/').pop();
  assert.match(reference, /^RR-20\d\d-0001$/);
  await house.look(page, 'case-received');
  assert.match(await main(), /Due (Mon|Tues|Wednes|Thurs|Fri)day/, 'a date that is a working day');
});

test('what was logged wrongly is corrected, and the case is found by a name', async () => {
  await page.goto(`/office/cases/${reference}`);
  await follow(page.getByRole('link', { name: 'Correct what was logged' }));
  await house.look(page, 'case-correct');
  assert.equal(await page.getByLabel('Full name').inputValue(), 'Amara Quill');
  await page.getByLabel('Telephone number', { exact: true }).fill('01632 960 001');
  await refused(page, 'Correct it', 'why', /Say what was wrong/);
  await house.look(page, 'case-correct-error');
  await page.getByLabel('What was wrong').fill('She gave it on the telephone');
  await press(page, 'Correct it');
  assert.match(await main(), /Corrected: whose request it is/);
  await page.goto('/office/cases');
  await page.getByLabel('Find a case').fill('nobody at all');
  await press(page, 'Find');
  await house.look(page, 'cases-none-found');
  assert.match(await main(), /No case fits/);
  await page.getByLabel('Find a case').fill('quill');
  await press(page, 'Find');
  assert.ok(page.url().endsWith(reference), 'the only one is opened');
});

test('it is known who is asking, and the search runs', async () => {
  await page.goto(`/office/cases/${reference}`);
  await follow(page.getByRole('link', { name: 'Know who is asking' }));
  await house.look(page, 'case-identity');
  await refused(page, 'Save', 'way', /Choose how/);
  await house.look(page, 'case-identity-error');
  await page.getByLabel('membership card').check();
  await press(page, 'Save');
  await house.until(page, 'Searched');
  await house.look(page, 'case-reviewing');
  assert.match(await main(), /Club database/);
});

test('what was found is decided, item by item', async () => {
  await page.goto(`/office/cases/${reference}/review`);
  await house.look(page, 'review');
  const waiting = page.locator('main table a');
  assert.ok((await waiting.count()) >= 2, await main());
  await follow(waiting.first());
  await house.look(page, 'item');
  assert.ok((await page.locator('mark').count()) > 0, 'passages about others are marked');
  await page.getByLabel('not about this person').check();
  await refused(page, 'Save the decision', 'reason', /./);
  assert.ok(await page.getByLabel('not about this person').isChecked(), 'the choice is kept');
  await house.look(page, 'item-error');
  await page.getByLabel('not about this person').check();
  await page.getByLabel('Reason').fill('It is about somebody else');
  await press(page, 'Save the decision');

  // On to the next that waits.
  assert.match(page.url(), /\/items\//);
  await page.getByLabel('Disclose it without some passages').check();
  const boxes = page.getByRole('checkbox');
  for (const box of await boxes.all()) await box.uncheck();
  await page.getByLabel('Reason').fill('Bram has not agreed');
  await refused(page, 'Save the decision', 'mark', /Tick a passage/);
  assert.equal(await page.getByLabel('Reason').inputValue(), 'Bram has not agreed');
  await page.getByLabel('Disclose it without some passages').check();
  for (const box of await boxes.all()) await box.check();
  await page.getByLabel('Reason').fill('Bram has not agreed');
  await press(page, 'Save the decision');
  while (page.url().includes('/items/')) {
    await page.getByLabel('Disclose it in full').check();
    await press(page, 'Save the decision');
  }
  assert.match(await main(), /Nothing waits for your decision/);
  await house.look(page, 'review-done');
  await follow(page.locator('nav.tabs a').nth(1));
  await house.look(page, 'review-all');
});

test('the pack is made, looked at and saved', async () => {
  await page.goto(`/office/cases/${reference}`);
  await press(page, 'Make the pack');
  assert.match(page.url(), /\/packs\/1$/);
  assert.match(await main(), /Complete/);
  await house.look(page, 'pack');
  await follow(page.getByRole('link', { name: 'Read it as they will' }));
  await house.look(page, 'pack-inside');
  await follow(page.getByRole('link', { name: 'Our letter to you' }));
  assert.match(page.url(), /\/files\/\d+$/, 'no name of a file stands in an address');
  await house.look(page, 'pack-inside-letter');
  await follow(page.getByRole('link', { name: 'Back to the desk' }));
  const saved = await page.request.get(`${page.url()}/zip`);
  assert.equal(saved.headers()['content-type'], 'application/zip');
  assert.equal((await saved.body()).subarray(0, 2).toString(), 'PK');
  await press(page, 'Make a password');
  await house.look(page, 'pack-password');
});

test('it is sent by a link that only the right address opens', async () => {
  await page.goto(`/office/cases/${reference}`);
  await house.look(page, 'case-ready');
  await follow(page.getByRole('link', { name: 'Send it' }));
  await house.look(page, 'case-send');
  await refused(page, 'Send the answer', 'how', /Choose how/);
  await page.getByLabel('By a link, and you give the code').check();
  await press(page, 'Send the answer');
  await house.look(page, 'case-code');
  const code = (await page.locator('p.hash').innerText()).trim();
  await follow(page.getByRole('link', { name: 'I have given the code' }));
  await house.look(page, 'case-sent');
  await follow(page.getByRole('link', { name: 'The answer is ready', exact: true }));
  await house.look(page, 'letter');
  const link = (await main()).match(/\/fetch\/\S+/)[0];

  const visitor = await house.visitor();
  await visitor.goto(link);
  await house.look(visitor, 'fetch');
  await visitor.getByLabel('e-mail address').fill('bram@example.org');
  assert.equal(await sent(visitor, 'Continue'), 422);
  await house.look(visitor, 'fetch-error');
  assert.match(await visitor.title(), /^Error: /);
  await visitor.getByLabel('e-mail address').fill('Amara@Example.org');
  await visitor.getByLabel('The code').fill(code.toLowerCase());
  assert.equal(await sent(visitor, 'Continue'), 200);
  await house.look(visitor, 'fetch-ready');
  const [answer] = await Promise.all([
    visitor.waitForEvent('download'),
    visitor.getByRole('button', { name: 'Save my answer' }).click(),
  ]);
  const bytes = fs.readFileSync(await answer.path());
  assert.equal(bytes.subarray(0, 2).toString(), 'PK');
  assert.ok(!bytes.includes('bram@example.org'), 'nothing of Bram in the clear');
  assert.ok(!answer.suggestedFilename().toLowerCase().includes('amara'));
  assert.equal((await visitor.goto('/fetch/not-a-link-at-all')).status() < 500, true);

  await page.goto(`/office/cases/${reference}`);
  assert.match(await main(), /fetched by link/);
});

test('a sent case is closed', async () => {
  await page.goto(`/office/cases/${reference}`);
  await follow(page.getByRole('link', { name: 'Close', exact: true }));
  await house.look(page, 'case-close');
  await page.getByLabel('The answer was sent').check();
  await press(page, 'Close the case');
  await house.look(page, 'case-closed');
  await page.goto('/office/cases?show=closed');
  await house.look(page, 'cases-closed');
  assert.ok((await main()).includes(reference));
});

test('records that hang on a doubtful one get one answer', async () => {
  const ref = house.run('request', 'open', '--name', 'Zadie Marsh', '--email', 'bram@example.org');
  house.run('request', 'settle', ref, '--how', 'known to us');
  house.run('request', 'find', ref);
  await page.goto(`/office/cases/${ref}/review`);
  // Two hang on each other; two notes about somebody else name the address.
  assert.match(await main(), /4 items need your eye/);
  await follow(page.getByRole('link', { name: /^notes, id=4/ }));
  await house.look(page, 'item-linked');
  await follow(page.getByRole('link', { name: 'Look at the record that it hangs on' }));
  assert.match(await page.locator('h1').innerText(), /^members/);
  await page.getByLabel('the law lets us keep it back').check();
  await page.getByText('The ground, if the law').click();
  await page.getByLabel('Ground', { exact: true }).selectOption({ index: 1 });
  await page.getByLabel('Reason').fill('Somebody else has this address');
  await page.getByLabel('Give the other record').check();
  await refused(page, 'Save the decision', 'linked', /whether it is this person/);
  assert.ok(await page.getByLabel('Give the other record').isChecked(), 'the tick is kept');
  await house.look(page, 'item-linked-error');
  await page.getByLabel('not about this person').check();
  await press(page, 'Save the decision');
  await page.goto(`/office/cases/${ref}/review`);
  assert.match(await main(), /2 items need your eye/);
  await page.goto(`/office/cases/${ref}`);
  assert.match(await main(), /1 record that hangs on the same record: not about this person/);
});

test('a case with a question, more time and a paper holding', async () => {
  house.run('holding', 'add', 'cabinet', '--title', 'Filing cabinet', '--kind', 'paper',
    '--post', 'Membership secretary', '--post-email', 'secretary@harbour.example');
  const who = ['--name', 'Bram Tarn', '--email', 'bram@example.org'];
  const ref = house.run('request', 'open', ...who, '--via', 'phone');
  const at = (act) => `/office/cases/${ref}/${act}`;
  await page.goto(at('clarify'));
  await house.look(page, 'case-clarify');
  await refused(page, 'Send the question and stop the clock', 'question', /./);
  await page.getByLabel('What do you need to know?').fill('Which years do you mean?');
  await press(page, 'Send the question and stop the clock');
  await house.look(page, 'case-paused');
  assert.match(await main(), /Paused since/);
  await page.goto(at('answered'));
  await house.look(page, 'case-answered');
  await page.getByLabel('What they said').fill('All of them');
  await press(page, 'Save and start the clock again');
  await page.goto(at('extend'));
  await house.look(page, 'case-extend');
  await page.getByLabel('Why is more time needed?').fill('There are many letters');
  await press(page, 'Extend and send the letter');
  await house.look(page, 'case-extended');
  assert.match(await main(), /Extended: due/);
  await page.goto(at('refuse'));
  await house.look(page, 'case-refuse');
  await page.getByLabel('Do not say why in the letter').check();
  await refused(page, 'Propose the refusal', 'ground', /Choose the ground/);
  assert.ok(await page.getByLabel('Do not say why in the letter').isChecked());
  await house.look(page, 'case-refuse-error');
  await page.getByLabel('manifestly excessive').check();
  await page.getByLabel('Reason for our record only').fill('Somebody spoke in confidence');
  await press(page, 'Propose the refusal');
  await house.look(page, 'case-refusal-proposed');
  assert.match(await main(), /Somebody else has to approve it/);
  await page.goto(at('approve'));
  await house.look(page, 'case-approve');
  await page.goto(at('unrefuse'));
  await house.look(page, 'case-unrefuse');
  await page.getByLabel('Why?').fill('It can be answered in part');
  await press(page, 'Turn it down');
  for (const act of ['fee', 'child', 'code', 'close', 'period']) {
    await page.goto(at(act));
    await house.look(page, `case-act-${act}`);
  }

  await page.goto(at('identity'));
  await page.getByLabel('membership card').check();
  await press(page, 'Save');
  await house.until(page, 'Waiting for an answer');
  await follow(page.getByRole('link', { name: 'Record an answer' }));
  await house.look(page, 'case-paper');
  await page.goto(`/office/cases/${ref}`);
  await follow(page.getByRole('link', { name: 'Set aside' }).first());
  await house.look(page, 'case-set-aside');
  await refused(page, 'Set it aside', 'reason', /./);
});

test('somebody without e-mail gets letters on paper, and proof is waited for', async () => {
  const ref = house.run('request', 'open', '--name', 'Carys Ward', '--via', 'letter');
  await page.goto('/office/letters');
  await house.look(page, 'letters');
  await page.goto(`/office/cases/${ref}`);
  await house.look(page, 'case-name-only');
  await follow(page.getByRole('link', { name: 'Acknowledgement', exact: true }));
  await house.look(page, 'letter-to-print');
  await press(page, 'Record that it was posted');
  assert.match(await main(), /Posted on \d+ [A-Z][a-z]+ 20\d\d by Ruth Osei/);
  await follow(page.getByRole('link', { name: 'Know who is asking' }));
  await page.getByLabel('It is not known: ask them').check();
  await page.getByLabel('why is there doubt?').fill('Two people have this name');
  await press(page, 'Save');
  assert.match(await main(), /Not started: waiting for proof of who is asking/);
  await house.look(page, 'case-not-started');
  for (const act of ['remind', 'warn']) {
    await page.goto(`/office/cases/${ref}/${act}`);
    await house.look(page, `case-${act}`);
  }
  await page.goto('/office/cases?show=waiting');
  await house.look(page, 'cases-waiting');
  assert.ok((await main()).includes(ref));
  await page.getByLabel('Find a case').fill(ref.slice(-4));
  await follow(page.getByRole('button', { name: 'Find' }));
  assert.equal(new URL(page.url()).pathname, `/office/cases/${ref}`);
});

test('whoever keeps paper answers by a link', async () => {
  await page.goto('/office/cases');
  await house.look(page, 'cases');
  const his = page.locator('main table tr', { hasText: 'Bram Tarn' });
  await follow(his.getByRole('link').first());
  await house.until(page, 'Question to whoever keeps records');
  await follow(page.getByRole('link', { name: 'Question to whoever keeps records', exact: true }));
  const link = (await main()).match(/\/answer\/\S+/)[0];
  const holder = await house.visitor();
  await holder.goto(link);
  await house.look(holder, 'holder');
  await refused(holder, 'Send my answer', 'found', /Choose whether/);
  await house.look(holder, 'holder-error');
  await holder.getByLabel('Yes').check();
  await holder.getByLabel('Where did you look').fill('Drawer two: one letter of 2019');
  await holder.getByLabel('Copies').setInputFiles({
    name: 'letter.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('Dear Bram Tarn, thank you.'),
  });
  await press(holder, 'Send my answer');
  await house.look(holder, 'holder-done');
  // One who has not answered yet, and whose case ends.
  const ref = house.run('request', 'open', '--name', 'Cleo Nadir', '--email', 'cleo@example.org');
  house.run('request', 'settle', ref, '--how', 'known to us');
  house.run('request', 'find', ref);
  await page.goto(`/office/cases/${ref}`);
  await follow(page.getByRole('link', { name: 'Question to whoever keeps records', exact: true }));
  const over = (await main()).match(/\/answer\/\S+/)[0];
  house.run('request', 'withdraw', ref);
  assert.equal((await holder.goto(over)).status(), 410);
  await house.look(holder, 'holder-ended');
});

test('the register', async () => {
  await page.goto('/office/register');
  await house.look(page, 'register');
  await follow(page.getByRole('link', { name: 'Add an activity' }));
  await house.look(page, 'register-new');
  await page.getByLabel('What do people call it?').fill('Sending the newsletter');
  assert.equal(await sent(page, 'Save'), 422);
  await house.look(page, 'register-new-error');
  await page.goto('/office/register/membership');
  await house.look(page, 'register-one');
});

test('the holdings', async () => {
  await page.goto('/office/holdings');
  await house.look(page, 'holdings');
  await page.goto('/office/holdings/club');
  await house.look(page, 'holding');
  await follow(page.getByRole('link', { name: 'The whole map as text' }));
  await house.look(page, 'holding-map');
  await page.getByLabel('The map').fill('holding = [');
  await refused(page, 'Check and save', 'map', /./);
  assert.equal(await page.getByLabel('The map').inputValue(), 'holding = [');
  await house.look(page, 'holding-map-error');
});

test('a table of a map is decided in its form', async () => {
  await page.goto('/office/holdings/club');
  await follow(page.getByRole('link', { name: 'notes', exact: true }));
  await house.look(page, 'holding-table');
  // By keyboard: what is folded away opens, and is typed into.
  await page.locator('summary', { hasText: /^body:/ }).press('Enter');
  await page.locator('textarea[name$="-codes"]:visible').first().fill('Asked');
  await page.getByRole('radio', { name: 'They are kept' }).check();
  await refused(page, 'Check, save and go on', 'keep-reason', /on what ground/);
  assert.match(await page.locator('.wrong').innerText(), /on a line of its own/);
  await house.look(page, 'holding-table-error');
  await page.locator('textarea[name$="-codes"]:visible').first().fill('A = Asked');
  await page.getByLabel('on what ground').fill('Accounts, six years');
  await press(page, 'Check, save and go on');
  assert.match(await main(), /Saved and checked/);
  await page.goto('/office/holdings/club');
  assert.match(await main(), /A is Asked/);
  await house.look(page, 'holding-decided');
});

test('a holding is added, changed, ended and taken up again', async () => {
  await page.goto('/office/holdings');
  await follow(page.getByRole('link', { name: 'Add a holding' }));
  await house.look(page, 'holding-new');
  await follow(page.getByRole('button', { name: 'Continue' }));
  assert.match(await page.locator('.wrong').innerText(), /Choose what sort/);
  await house.look(page, 'holding-new-error');
  await page.getByLabel('PostgreSQL database').check();
  await follow(page.getByRole('button', { name: 'Continue' }));
  await house.look(page, 'holding-new-server');
  await page.goto('/office/holdings/new?kind=sqlite');
  await page.getByLabel('What do people call it?').fill('Old database');
  await page.getByLabel('Short name').fill('old');
  await page.getByLabel('Path').fill('/etc/passwd');
  await refused(page, 'Try it and add it', 'path', /can’t be named here/);
  assert.equal(await page.getByLabel('Path').inputValue(), '/etc/passwd');
  await house.look(page, 'holding-new-outside');
  fs.mkdirSync(path.join(house.data, 'holdings'), { recursive: true });
  fs.copyFileSync(path.join(house.data, 'club.db'), path.join(house.data, 'holdings/old.db'));
  await page.getByLabel('Path').fill('holdings/old.db');
  await press(page, 'Try it and add it');
  assert.match(await main(), /no data map yet/);
  await press(page, 'Scan and draft the map');
  await follow(page.getByRole('link', { name: 'Decide about the next table' }));
  await house.look(page, 'holding-table-doubts');
  await page.goto('/office/holdings/old');
  await follow(page.getByRole('link', { name: 'Change the holding' }));
  await house.look(page, 'holding-change');
  await page.getByLabel('What do people call it?').fill('Very old database');
  await press(page, 'Try it and save');
  assert.match(await main(), /The holding has been changed/);
  await follow(page.getByRole('link', { name: 'We no longer keep this' }));
  await house.look(page, 'holding-end');
  await refused(page, 'End it', 'reason', /Say why/);
  await page.getByLabel('Why do we no longer keep it?').fill('Moved into the club database');
  await press(page, 'End it');
  assert.match(await main(), /No longer kept/);
  await house.look(page, 'holdings-ended');
  await follow(page.getByRole('link', { name: 'Very old database' }));
  await house.look(page, 'holding-ended');
  await press(page, 'Take it up again');
  assert.match(await main(), /taken up again/);
  await follow(page.getByRole('link', { name: 'We no longer keep this' }));
  await page.getByLabel('Why do we no longer keep it?').fill('Moved into the club database');
  await press(page, 'End it');
});

test('the ledger and its proofs', async () => {
  await page.goto('/office/ledger');
  await house.look(page, 'ledger');
  const proof = await page.locator('main a', { hasText: 'Proof' }).first().getAttribute('href');
  assert.equal((await page.request.get(proof)).status(), 200);
  assert.equal((await page.request.get('/office/ledger/checkpoint')).status(), 200);
});

test('staff, one’s account, the settings', async () => {
  await page.goto('/office/staff');
  await house.look(page, 'staff');
  await refused(page, 'Add and make a sign-in link', 'role', /Choose what/);
  await house.look(page, 'staff-error');
  await page.getByLabel('Name', { exact: true }).fill('Wim Work');
  await page.getByLabel('E-mail address').fill('wim@harbour.example');
  await page.getByRole('radio', { name: /Case worker/i }).check();
  await press(page, 'Add and make a sign-in link');
  await house.look(page, 'staff-link');
  await page.goto('/office/staff');
  await follow(page.getByRole('link', { name: 'Wim Work' }));
  await house.look(page, 'staff-one');
  await page.goto('/office/account');
  await house.look(page, 'account');
  await page.getByLabel('New password').fill('tin lantern meadow');
  await refused(page, 'Save the password', 'old', /not the password you have/);
  await page.getByLabel('The password you have now').fill(PASSWORD);
  await page.getByLabel('New password').fill('short');
  await refused(page, 'Save the password', 'password', /12 characters/);
  await house.look(page, 'account-error');
  await page.goto('/office/settings');
  await house.look(page, 'settings');
  await page.getByLabel('Text on them').fill('#0b5d4f');
  assert.equal(await sent(page, 'Save the settings'), 422, 'colours that can’t be read are refused');
  await house.look(page, 'settings-error');
  await page.goto('/office');
  await house.look(page, 'today');
});
