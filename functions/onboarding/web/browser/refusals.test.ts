// Each way in which connecting Strava can be refused: what the page says, and that the next step works.
import { expect, test } from 'vitest';
import { answerConsent, giveProfile, look, open, phone, register, signIn, simulator, url } from './setup';

test('activities that were not granted, a full app and a used answer are told, and connecting again works', async () => {
  const page = await open();
  await register(page, 'refused@example.com');
  await giveProfile(page);

  await answerConsent(page, 'Authorize', { athlete: 2, without: /View (all )?activities/ });
  await page.getByText('Strava did not allow reading your activities').waitFor();
  await look(page, '20-scope');

  await simulator('POST', '/faults', { endpoint: 'token', kind: 'athlete_limit', count: 1 });
  await answerConsent(page, 'Authorize', { athlete: 2 });
  await page.getByText('Strava lets this app connect no further athlete at present').waitFor();
  await look(page, '21-full');
  await simulator('DELETE', '/faults');

  await page.goto(`${url}/v1/strava/callback?state=made-up&code=made-up&scope=activity:read_all`);
  await page.getByText('That answer from Strava cannot be used').waitFor();
  await look(page, '22-state', { once: true });

  await simulator('POST', '/faults', { endpoint: 'token', kind: 'status', status: 503, count: 10 });
  await answerConsent(page, 'Authorize', { athlete: 2 });
  await page.getByText('Strava or our database did not answer').waitFor();
  await look(page, '23-unavailable', { once: true });
  await simulator('DELETE', '/faults');

  await answerConsent(page, 'Authorize', { athlete: 2 });
  await page.getByText('Strava is connected.').waitFor();

  // The athlete belongs to this account now: another one cannot take it.
  const other = await open('/', phone);
  await register(other, 'second@example.com');
  await giveProfile(other);
  await answerConsent(other, 'Authorize', { athlete: 2 });
  await other.getByText('belongs to another Train-D account').waitFor();
  await look(other, '24-taken', { once: true });
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
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await page.waitForLoadState('networkidle'); // what the page still asked for would tell of the end first
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Activities' }).click();
  await page.getByText('you come back to where you were').waitFor();
  await look(page, '25-session-ended');
  await signIn(page, 'fourth@example.com');
  await page.getByRole('heading', { name: 'Activities', exact: true }).waitFor();
});
