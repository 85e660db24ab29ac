// Pages that nobody looks for: links of mails, texts, and the service or the network being away.
import { expect, test } from 'vitest';
import { look, mailedLink, open, password, register, signIn, url } from './setup';

test('mailed links confirm an address and set another password, each once', async () => {
  const email = 'mailed@example.com';
  const page = await open();
  await register(page, email);
  const verify = await open(await path(mailedLink(email, /verif|confirm/i)));
  await verify.getByText('Your address is confirmed').waitFor();
  await look(verify, '33-verified', { once: true });

  const forgotten = await open('/sign-in');
  await forgotten.getByRole('link', { name: 'Forgot your password?' }).click();
  await forgotten.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
  await look(forgotten, '30-reset');
  await forgotten.getByLabel('E-mail').fill(email);
  await forgotten.getByRole('button', { name: 'Send the link' }).click();
  await forgotten.getByText('A mail is on its way').waitFor();
  await look(forgotten, '31-reset-asked', { once: true });

  const link = await path(mailedLink(email, /password/i));
  const reset = await open(link);
  await reset.getByLabel('New password').fill('password1');
  await reset.getByRole('button', { name: 'Change the password' }).click();
  await reset.getByText('among the first that anybody would try').first().waitFor();
  await look(reset, '32-reset-weak');
  const other = 'battery staple, correct horse';
  await reset.getByLabel('New password').fill(other);
  await reset.getByRole('button', { name: 'Change the password' }).click();
  await reset.getByText('Every other device is signed out').waitFor();
  await reset.getByRole('link', { name: 'Sign in' }).last().click();
  await signIn(reset, email, other);
  await reset.getByRole('heading', { name: 'About you' }).waitFor();

  await page.reload();
  await page.getByRole('link', { name: 'Create an account' }).waitFor(); // the old password's sessions ended
  const again = await open(link, staleLink);
  await again.getByLabel('New password').fill(password);
  await again.getByRole('button', { name: 'Change the password' }).click();
  await again.getByText('This link no longer works').waitFor();
  await look(again, '32-reset-stale', { once: true });
});

/** The browser tells of the 404 that a link of nobody gets. */
const staleLink = { refusals: /status of 40[14]/ };

const path = async (link: Promise<string>) => (await link).slice(url.length);

test('a link that leads nowhere says so, and the texts are there for everybody', async () => {
  const verify = await open(`/verify#${'A'.repeat(43)}`, staleLink);
  await verify.getByText('This link does not work').waitFor();
  await look(verify, '33-verify-stale', { once: true });
  const erased = await open('/erased#00000000-0000-4000-8000-000000000000', staleLink);
  await erased.getByText('There is no such receipt').waitFor();
  await look(erased, '33-erased-stale', { once: true });
  for (const [address, title] of [['/terms', 'Terms'], ['/privacy', 'Privacy notice'], ['/health-data', 'Use of health data']] as const) {
    const text = await open(address);
    await text.getByRole('heading', { level: 1, name: title }).waitFor();
    await text.getByText('Version 20').waitFor();
    await look(text, `34${address.replace('/', '-')}`, { once: true });
  }
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
