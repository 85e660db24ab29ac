// Pages that nobody looks for: links of mails, texts, and the service or the network being away.
import { expect, test } from 'vitest';
import { look, open, password, register, signIn } from './setup';

test('the links of mails and the texts have pages for everybody', async () => {
  const notYet = { refusals: /status of 4\d\d/ }; // what these pages ask for is not offered so far
  const page = await open('/sign-in', notYet);
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
  await look(page, '30-reset');
  await page.getByLabel('E-mail').fill('nobody@example.com');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByText(/A mail is on its way|Mail is not set up here/).waitFor();
  await look(page, '31-reset-asked', { once: true });

  const old = 'A'.repeat(43);
  const reset = await open(`/reset#${old}`, notYet);
  await reset.getByLabel('New password').fill(password);
  await reset.getByRole('button', { name: 'Change the password' }).click();
  await reset.getByText('This link no longer works').waitFor();
  await look(reset, '32-reset-stale');
  const verify = await open(`/verify#${old}`, notYet);
  await verify.getByText('This link does not work').waitFor();
  await look(verify, '33-verify-stale', { once: true });
  const terms = await open('/terms', notYet);
  await terms.getByRole('heading', { level: 1 }).waitFor();
  await look(terms, '34-terms', { once: true });
  const nowhere = await open('/activities/not/there', { refusals: /./ });
  expect((await nowhere.request.get(nowhere.url())).status(), 'the server knows the pages').toBe(404);
});

test('being offline is told, what was seen stays, and it goes on by itself', async () => {
  const page = await open('/', { refusals: /ERR_INTERNET_DISCONNECTED|status of 401/ });
  await register(page, 'offline@example.com');
  await page.context().setOffline(true);
  await page.getByText('You are offline').waitFor();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await look(page, '35-offline');
  await page.context().setOffline(false);
  await page.getByText('You are offline').waitFor({ state: 'detached' });
});

// How the service comes to these is tested where it happens; here is what is shown of it.
test('a service that is away or on its reserve is told', async () => {
  const page = await open('/sign-in', { refusals: /status of (4|5)\d\d/ });
  await page.route('**/v1/health', (route) => route.fulfill({ status: 503, json: { database: 'down' } }));
  await page.reload();
  await page.getByText('Train-D is not available right now').waitFor();
  await look(page, '36-down', { once: true });
  await page.route('**/v1/session', (route) => route.fulfill({ status: 503, json: { code: 'unavailable', detail: 'The database is away for a moment.' } }));
  await page.reload();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await look(page, '37-down-unknown', { once: true });
  await page.unroute('**/v1/session');
  await page.route('**/v1/health', (route) => route.fulfill({ json: { database: 'fallback' } }));
  await page.reload();
  await page.getByText('on its reserve').waitFor();
  await look(page, '38-fallback', { once: true });
});

test('the first visit works by keyboard alone', async () => {
  const page = await open('/sign-in');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('email');
  await signIn(page, 'nobody@example.com', 'not a password');
  await page.getByRole('alert').waitFor();
});
