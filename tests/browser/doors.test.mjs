// The doors of the office: set-up, signing in, and what stays shut.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { House, PASSWORD, follow, press, refused, sent } from './house.mjs';

describe('an empty office', () => {
  let house;
  before(async () => {
    house = await House.open({ found: false });
  });
  after(() => house?.close());

  test('is set up once', async () => {
    const link = house.said.join('\n').match(/\/set-up\/\S+/);
    assert.ok(link, 'serve names the set-up page');
    const page = await house.visitor();
    await page.goto(link[0]);
    await house.look(page, 'set-up');
    assert.equal(await page.getByLabel('Who answers?').inputValue(), 'Data protection officer');
    await page.getByLabel('Full legal name').fill('Harbour Members’ Society');
    await page.getByLabel('Short name').fill('Har bour');
    await page.getByLabel('Your name').fill('Ruth Osei');
    await page.getByLabel('Your e-mail address').fill('ruth@harbour.example');
    await page.getByLabel('E-mail address', { exact: true }).fill('privacy@harbour.example');
    await page.getByLabel('Postal address').fill('4 Quay Street, Exwick EX4 2AA');
    await page.getByLabel('Password').fill(PASSWORD);
    await refused(page, 'Set up the office', 'short', /./);
    assert.equal(await page.getByLabel('Full legal name').inputValue(), 'Harbour Members’ Society');
    assert.equal(await page.getByLabel('Password').inputValue(), '', 'passwords are not kept');
    await house.look(page, 'set-up-error');
    await page.getByLabel('Short name').fill('harbour');
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Set up the office');
    assert.ok(page.url().endsWith('/office'), page.url());
    await house.look(page, 'today-empty');
    const again = await (await house.visitor()).goto(link[0]);
    assert.equal(again.status(), 404);
  });
});

describe('an office with two organisations', () => {
  let house;
  before(async () => {
    house = await House.open();
    house.found('inland', 'Inland Society');
    house.staff('inland', 'Ned Reed', 'ned@inland.example', 'officer');
    house.staff('harbour', 'Lee Lock', 'lee@harbour.example', 'case-worker');
    house.staff('harbour', 'Aud Itor', 'aud@harbour.example', 'auditor');
  });
  after(() => house?.close());

  test('the front door names both', async () => {
    const page = await house.visitor();
    await page.goto('/');
    await house.look(page, 'front');
    await follow(page.getByRole('link', { name: 'Inland Society' }));
    assert.ok(page.url().endsWith('/o/inland/data-rights'));
  });

  test('signing in, wrong and right', async () => {
    const page = await house.visitor();
    for (const path of ['/office', '/office/cases', '/office/settings', '/office/ledger']) {
      await page.goto(path);
      assert.ok(page.url().endsWith('/office/sign-in'), `${path} led to ${page.url()}`);
    }
    await house.look(page, 'sign-in');
    await page.getByLabel('E-mail address').fill('ruth@harbour.example');
    await page.getByLabel('Password').fill('not the password');
    await refused(page, 'Sign in', 'password', /not right/);
    const wrong = await page.locator('.wrong').innerText();
    assert.equal(await page.getByLabel('E-mail address').inputValue(), 'ruth@harbour.example');
    assert.equal(await page.getByLabel('Password').inputValue(), '');
    await house.look(page, 'sign-in-error');
    await page.getByLabel('E-mail address').fill('nobody@harbour.example');
    await page.getByLabel('Password').fill('not the password');
    await refused(page, 'Sign in', 'password', /not right/);
    assert.equal(await page.locator('.wrong').innerText(), wrong, 'one answer for both');
    await page.getByLabel('E-mail address').fill('Ruth@Harbour.Example');
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Sign in');
    assert.ok(page.url().endsWith('/office'), page.url());
    const [cookie] = await page.context().cookies();
    assert.ok(cookie.httpOnly && cookie.sameSite === 'Lax', JSON.stringify(cookie));
    await press(page, 'Sign out');
    await page.context().addCookies([cookie]);
    await page.goto('/office');
    assert.ok(page.url().endsWith('/office/sign-in'), 'the session has ended on the server');
  });

  test('five wrong passwords lock an account, also for the right one', async () => {
    const page = await house.visitor();
    await page.goto('/office/sign-in');
    for (let n = 0; n < 5; n += 1) {
      await page.getByLabel('E-mail address').fill('lee@harbour.example');
      await page.getByLabel('Password').fill(`wrong password ${n}`);
      await press422(page);
    }
    await page.getByLabel('E-mail address').fill('lee@harbour.example');
    await page.getByLabel('Password').fill(PASSWORD);
    await pressed(page, 429);
    assert.match(await page.locator('.wrong').innerText(), /minute|later|wait|tries/i);
    await house.look(page, 'sign-in-locked');
  });

  test('a sign-in link works once', async () => {
    const link = house.run('staff', 'link', 'aud@harbour.example', '--org', 'harbour');
    const page = await house.visitor();
    await page.goto(link);
    await house.look(page, 'sign-in-link');
    await page.reload();
    await press(page, 'Sign in');
    assert.ok(page.url().endsWith('/office'), page.url());
    await house.look(page, 'today-auditor');
    const other = await house.visitor();
    await other.goto(link);
    await press422(other);
    await house.look(other, 'sign-in-link-used');
  });

  test('what is another organisation’s is not there', async () => {
    const who = ['--name', 'Inge Inland', '--email', 'inge@example.org', '--org'];
    const theirs = house.run('request', 'open', ...who, 'inland');
    // A second one here, so that numbers alone never coincide.
    house.run('request', 'open', ...who, 'inland');
    house.run('holding', 'add', 'shed', '--title', 'Shed', '--kind', 'paper', '--post', 'Warden',
      '--post-email', 'warden@inland.example', '--org', 'inland');
    const ned = await house.signedIn('ned@inland.example');
    const ruth = await house.signedIn();
    await ned.goto(`/office/cases/${theirs}`);
    const hrefs = await ned.locator('main a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    await ned.goto('/office/staff');
    hrefs.push(...(await ned.locator('main a').evaluateAll((all) => all.map((a) => a.getAttribute('href')))));
    hrefs.push('/office/holdings/shed', '/office/holdings/shed/map', `/office/cases/${theirs}`);
    hrefs.push(`/office/cases/${theirs}/review`, `/office/cases/${theirs}/close`);
    const paths = [...new Set(hrefs)].filter((h) => /letters|proof|staff\/|shed|RR-/.test(h));
    assert.ok(paths.length > 6, `${paths}`);
    for (const path of paths) {
      const own = await ned.request.get(path);
      const others = await ruth.request.get(path);
      assert.equal(own.status(), 200, `${path} for its own officer`);
      if (path.includes('/ledger/')) {
        // A position of the log: hers has one of the same number, of her own.
        assert.notEqual(await others.text(), await own.text(), `${path} for another’s officer`);
      } else {
        assert.equal(others.status(), 404, `${path} for another’s officer`);
      }
    }
  });

  test('a form sent from another place is refused', async () => {
    const page = await house.signedIn();
    const [cookie] = await page.context().cookies();
    const send = (path, headers) =>
      fetch(`${house.base}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: `${cookie.name}=${cookie.value}`, ...headers },
      });
    const elsewhere = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
    for (const path of ['/office/sign-out', '/office/cases/new', '/o/harbour/data-rights/ask']) {
      assert.equal((await send(path, elsewhere)).status, 403, path);
      assert.equal((await send(path, { origin: 'https://elsewhere.example' })).status, 403, path);
    }
    await page.goto('/office');
    assert.ok(page.url().endsWith('/office'), 'still signed in');
    assert.equal((await send('/office/sign-out', { 'sec-fetch-site': 'same-origin' })).status, 303);
  });

  test('what a role may not do is not done', async () => {
    const page = await house.signedIn('aud@harbour.example').catch(() => null);
    assert.ok(page, 'the auditor signs in');
    assert.equal((await page.goto('/office/staff')).status(), 200);
    assert.equal((await page.goto('/office/holdings/new')).status(), 403);
    await house.look(page, 'denied');
    assert.equal((await page.goto('/office/no-such-page')).status(), 404);
    await house.look(page, 'office-not-found');
  });

  test('every answer carries its protection', async () => {
    const answer = await fetch(`${house.base}/office/sign-in`);
    const policy = answer.headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/);
    assert.ok(!policy.includes('unsafe'), policy);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  });
});

const press422 = (page) => pressed(page, 422);

async function pressed(page, status) {
  assert.equal(await sent(page, 'Sign in'), status);
}
