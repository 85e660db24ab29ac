// Takes a person the whole way in a real browser. TRAIND_URL is a running system whose simulator nobody has connected to yet;
// CHROMIUM_PATH is the browser; screenshots go to TRAIND_SCREENSHOTS.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const url = process.env.TRAIND_URL;
const screenshots = process.env.TRAIND_SCREENSHOTS;
let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH,
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
});
after(() => browser?.close());

// Opens a page that fails the test on any error that a developer's console would show, the content policy's included.
async function open(t, options = {}) {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', ...options });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  // What the server refuses on purpose (not signed in, wrong password) is logged by the browser too.
  page.on('console', (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && errors.push(message.text()));
  t.after(async () => {
    await context.close();
    assert.deepEqual(errors, [], 'errors on the console');
  });
  await page.goto(url);
  return page;
}

const shoot = (page, name) => page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });

async function register(page, email) {
  const form = page.locator('#register');
  await form.getByLabel('E-mail').fill(email);
  await form.getByLabel('Password').fill('correct horse battery');
  await form.getByRole('checkbox').check();
  await form.getByRole('button', { name: 'Register' }).click();
  await page.getByRole('heading', { name: 'You', exact: true }).waitFor();
}

async function giveProfile(page) {
  await page.getByLabel('Sex').selectOption('female');
  await page.getByLabel('Birth date').fill('1990-05-17');
  await page.getByLabel('Resting heart rate').fill('52');
  await page.getByLabel('Maximum heart rate').fill('188');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'Connect with Strava' }).waitFor();
}

async function answerConsent(page, button) {
  await page.getByRole('link', { name: 'Connect with Strava' }).click();
  await page.getByRole('button', { name: button, exact: true }).click();
}

test('a person registers, is refused, connects, and sees training load', async (t) => {
  const page = await open(t);
  await shoot(page, '1-welcome');
  await register(page, 'browser@example.com');
  await shoot(page, '2-profile');
  await giveProfile(page);
  await shoot(page, '3-connect');

  await answerConsent(page, 'Deny');
  await page.getByText('You did not authorize Train-D at Strava').waitFor();
  await shoot(page, '4-denied');

  await answerConsent(page, 'Authorize');
  await page.getByText('Strava is connected.').waitFor();
  await page.getByRole('heading', { name: 'Training load' }).waitFor();
  await shoot(page, '5-importing');
  await page.getByText(/\d+ activities are in/).waitFor({ timeout: 120_000 });
  assert.equal(await page.locator('#chart polyline').count(), 2);
  assert.ok((await page.locator('#days tbody tr').count()) === 14, 'the table has the last 14 days');
  await shoot(page, '6-load');

  // The same origin answers to this page only; coming back continues where one was.
  await page.reload();
  await page.getByRole('heading', { name: 'Training load' }).waitFor();
  const settings = await page.evaluate(() => fetch('/v1/settings').then((answer) => answer.json()));
  assert.equal(settings.time_zone, 'Europe/Berlin');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();

  const form = page.locator('#sign-in');
  await form.getByLabel('E-mail').fill('browser@example.com');
  await form.getByLabel('Password').fill('not the password');
  await form.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('#notice:visible').waitFor();
  await shoot(page, '7-refused');
  await form.getByLabel('Password').fill('correct horse battery');
  await form.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Training load' }).waitFor();
});

test('the athlete of another account is refused in words, on a phone in the dark', async (t) => {
  const page = await open(t, { viewport: { width: 375, height: 740 }, colorScheme: 'dark' });
  await register(page, 'second@example.com');
  await giveProfile(page);
  await answerConsent(page, 'Authorize'); // the first athlete again
  await page.getByText('belongs to another Train-D account').waitFor();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, 'the page is wider than the phone');
  await shoot(page, '8-taken-phone');
});

// A page on another port of the same host is another origin and yet the same site: the browser sends it the cookie, and only
// the server can refuse.
test('a page of another origin cannot act with the cookie', async (t) => {
  const page = await open(t);
  await register(page, 'third@example.com');
  const other = await page.context().newPage();
  const neighbour = new URL(url);
  neighbour.port = Number(neighbour.port) + 1; // the simulator
  await other.goto(`${neighbour.origin}/oauth/authorize`);
  const send = async (method, path) => {
    const answered = other.waitForResponse((response) => response.url() === url + path);
    await other.evaluate(([address, how]) => fetch(address, { method: how, credentials: 'include', mode: 'no-cors' }).catch(() => {}), [url + path, method]);
    return (await answered).status();
  };
  assert.equal(await send('GET', '/v1/session'), 200, 'the browser sends the cookie along; the page cannot read the answer');
  assert.equal(await send('POST', '/v1/sync'), 403);
});
