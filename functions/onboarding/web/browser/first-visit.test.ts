import { expect, test } from 'vitest';
import { answerConsent, giveProfile, look, open, password, register, signIn, simulator } from './setup';

const email = 'browser@example.com';

test('a person registers, leaves, comes back, is refused, connects, and sees training load refine', async () => {
  const page = await open();
  await look(page, '01-welcome');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByRole('heading', { name: 'Create an account' }).waitFor();
  await look(page, '02-register');
  await page.goBack();
  await register(page, email);

  // The estimate is told while the birth date is typed, and is what the server then uses.
  await page.getByLabel('Birth date').fill('1990-05-17');
  const told = await page.getByText(/is used: 208/).locator('strong').innerText();
  await look(page, '03-profile');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'Connect with Strava' }).waitFor();
  const settings = await page.evaluate(() => fetch('/v1/settings').then((answer) => answer.json()));
  expect(`${Math.round(settings.thresholds.max_hr)} bpm`, 'the estimate').toBe(told);
  expect(settings.time_zone, 'the zone of the browser').toBe('Europe/Berlin');
  await look(page, '04-connect');

  // Whoever leaves comes back to where they were, on any page.
  await page.goto('about:blank');
  await page.goto(new URL('/', process.env.TRAIND_URL).href);
  await page.getByRole('link', { name: 'Connect with Strava' }).waitFor();

  await answerConsent(page, 'Deny');
  await page.getByText('You did not authorize Train-D at Strava').waitFor();
  await look(page, '05-denied');

  await simulator('POST', '/faults', { endpoint: 'streams', kind: 'latency', latency_ms: 250 }); // so that there is something to watch
  await answerConsent(page, 'Authorize');
  await page.getByText('Strava is connected.').waitFor();
  await page.getByRole('heading', { name: 'Last activities' }).waitFor();
  const refined = page.getByText(/\d+ of \d+ activities refined/);
  await refined.waitFor({ timeout: 60_000 });
  await page.locator('.import .sketch').waitFor();
  const before = await refined.innerText();
  await look(page, '06-importing');
  await expect.poll(() => refined.innerText(), { timeout: 30_000 }).not.toBe(before);
  await simulator('DELETE', '/faults');
  await page.locator('.import').waitFor({ state: 'detached', timeout: 120_000 });
  await page.getByText(/Synced (just now|\d+ min ago)/).waitFor();
  await look(page, '07-today');

  await page.getByRole('link', { name: 'Load', exact: true }).click();
  await page.locator('.chart canvas').first().waitFor();
  expect(await page.locator('table tbody tr').count(), 'the table has weeks').toBeGreaterThan(10);
  await look(page, '08-load');
  await page.getByRole('link', { name: 'Activities', exact: true }).click();
  await page.locator('.activities li').first().waitFor();
  await look(page, '09-activities');
  await page.locator('.activities a').first().click();
  await page.getByRole('link', { name: 'View on Strava' }).waitFor();
  await look(page, '10-activity');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await look(page, '11-settings');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).first().click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signIn(page, email, 'not the password');
  await page.getByRole('alert').waitFor();
  await look(page, '12-sign-in-refused');
  await signIn(page, email, password);
  await page.locator('.activities li').first().waitFor();
  await look(page, '13-today-again', { once: true });
});

test('days are the athlete’s, wherever the browser is', async () => {
  const seen: string[] = [];
  for (const timezoneId of ['Pacific/Honolulu', 'Pacific/Kiritimati']) { // a day apart at any time
    const page = await open('/sign-in', { timezoneId });
    await signIn(page, email);
    await page.locator('.activities li').first().waitFor();
    seen.push(`${await page.locator('.state .muted').first().innerText()} ${(await page.locator('.activities .what').allInnerTexts()).join()}`);
  }
  expect(seen[1]).toBe(seen[0]);
});

test('a browser proposes its own zone and units', async () => {
  const page = await open('/', { timezoneId: 'America/Denver', locale: 'en-US' });
  await register(page, 'denver@example.com');
  await giveProfile(page);
  const settings = await page.evaluate(() => fetch('/v1/settings').then((answer) => answer.json()));
  expect([settings.time_zone, settings.units]).toEqual(['America/Denver', 'imperial']);
});
