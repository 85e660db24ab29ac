import { expect, test } from 'vitest';
import { answerConsent, giveProfile, look, open, password, phone, register, signIn, url } from './setup';

test('a person registers, is refused, connects, and sees training load', async () => {
  const page = await open();
  await look(page, '1-welcome');
  await register(page, 'browser@example.com');
  await look(page, '2-profile');
  await giveProfile(page);
  await look(page, '3-connect');

  await answerConsent(page, 'Deny');
  await page.getByText('You did not authorize Train-D at Strava').waitFor();
  await look(page, '4-denied');

  await answerConsent(page, 'Authorize');
  await page.getByText('Strava is connected.').waitFor();
  await page.getByRole('heading', { name: 'Last activities' }).waitFor();
  await look(page, '5-importing');
  await page.getByText(/Synced just now/).waitFor({ timeout: 120_000 });
  await page.getByRole('heading', { name: 'Import' }).waitFor({ state: 'detached', timeout: 120_000 });
  await look(page, '6-today');

  await page.getByRole('link', { name: 'Load' }).click();
  await page.locator('.chart canvas').first().waitFor();
  expect(await page.locator('table tbody tr').count(), 'the table has weeks').toBeGreaterThan(10);
  await look(page, '7-load');
  await page.getByRole('link', { name: 'Activities' }).click();
  await page.locator('.activities li').first().waitFor();
  await look(page, '8-activities');
  await page.locator('.activities a').first().click();
  await page.getByRole('link', { name: 'View on Strava' }).waitFor();
  await look(page, '9-activity');

  // The same origin answers to this page only; coming back continues where one was.
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Sync now' }).waitFor();
  await look(page, '10-settings');
  await page.reload();
  await page.getByRole('button', { name: 'Sync now' }).waitFor();
  const settings = await page.evaluate(() => fetch('/v1/settings').then((answer) => answer.json()));
  expect(settings.time_zone).toBe('Europe/Berlin');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).first().click();

  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signIn(page, 'browser@example.com', 'not the password');
  await page.getByRole('alert').waitFor();
  await look(page, '11-refused');
  await signIn(page, 'browser@example.com', password);
  await page.getByRole('heading', { name: 'Last activities' }).waitFor();
});

test('the athlete of another account is refused in words, on a phone in the dark', async () => {
  const page = await open('/', phone);
  await look(page, '12-welcome-phone');
  await register(page, 'second@example.com');
  await look(page, '13-profile-phone');
  await giveProfile(page);
  await answerConsent(page, 'Authorize'); // the first athlete again
  await page.getByText('belongs to another Train-D account').waitFor();
  await look(page, '14-taken-phone');
});

// A page on another port of the same host is another origin and yet the same site: the browser sends it the cookie, and only
// the server can refuse.
test('a page of another origin cannot act with the cookie', async () => {
  const page = await open();
  await register(page, 'third@example.com');
  const other = await page.context().newPage();
  const neighbour = new URL(url);
  neighbour.port = String(Number(neighbour.port) + 1); // the simulator
  await other.goto(`${neighbour.origin}/oauth/authorize`);
  const send = async (method: string, path: string) => {
    const answered = other.waitForResponse((response) => response.url() === url + path);
    await other.evaluate(([address, how]) => fetch(address!, { method: how, credentials: 'include', mode: 'no-cors' }).catch(() => {}), [url + path, method]);
    return (await answered).status();
  };
  expect(await send('GET', '/v1/session'), 'the browser sends the cookie along; the page cannot read the answer').toBe(200);
  expect(await send('POST', '/v1/sync')).toBe(403);
});

test('a session that ended leads back to where one was', async () => {
  const page = await open();
  await register(page, 'fourth@example.com');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'Strava' }).waitFor();
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Activities' }).click();
  await page.getByText('you come back to where you were').waitFor();
  await look(page, '15-session-ended');
  await signIn(page, 'fourth@example.com');
  await page.getByRole('heading', { name: 'Activities', exact: true }).waitFor();
});
