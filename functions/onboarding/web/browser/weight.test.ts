// What the app weighs and how fast it is: weight is held, times are printed.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerConsent, giveProfile, open, register, signIn, url } from './setup';

const email = 'weight@example.com';

/** KB of gzip, scripts and styles together, of whoever comes for the first time. */
const mostKB = 90;

const assets = join(import.meta.dirname, '..', 'dist', 'assets');
const weight = (name: string) => statSync(join(assets, `${name}.gz`)).size / 1000;

test('scripts and styles of a first load are light', async () => {
  const page = await open();
  await register(page, email);
  await giveProfile(page);
  await answerConsent(page, 'Authorize', { athlete: 3 });
  await page.locator('.activities li').first().waitFor({ timeout: 60_000 });
  await page.addInitScript(() => (window.requestIdleCallback = () => 0)); // what other pages need comes later, in a quiet moment
  await page.goto(`${url}/load`); // the heaviest page
  await page.locator('.chart canvas').first().waitFor();
  // What this document asked for: the page before it may still be fetching, for others.
  const names = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname));
  const fetched = new Set(names.filter((name) => /^\/assets\/[^/]+\.(js|css)$/.test(name)).map((name) => name.split('/').pop()!));
  const first = [...fetched].reduce((sum, name) => sum + weight(name), 0);
  const whole = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name)).reduce((sum, name) => sum + weight(name), 0);
  console.log(`bundle: ${first.toFixed(1)} KB gzip in ${fetched.size} files for the load page from nothing; ${whole.toFixed(1)} KB for every page`);
  expect(fetched.size).toBeGreaterThan(3);
  expect(first).toBeLessThanOrEqual(mostKB);
});

test('the content policy allows nothing inline, and assets are kept', async () => {
  const page = await open('/', { refusals: /Content Security Policy|status of 401/ });
  const answer = await page.request.get(page.url());
  const policy = answer.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/default-src '(self|none)'/);
  expect(policy).not.toContain('unsafe');
  const violated = await page.evaluate(() => new Promise<string>((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    if ('ran' in window) resolve('nothing: it ran');
  }));
  expect(violated).toMatch(/^script-src/);
  expect(await page.evaluate(() => 'ran' in window)).toBe(false);
  const script = await page.locator('script[src]').first().getAttribute('src');
  const asset = await page.request.get(new URL(script!, page.url()).href, { headers: { 'Accept-Encoding': 'br' } });
  expect(asset.headers()['cache-control']).toContain('immutable');
  expect(asset.headers()['content-encoding']).toBe('br');
});

test('times of the first page, of today and of a click are printed', async () => {
  const cold = await open('/');
  await cold.getByRole('heading', { level: 1 }).waitFor();
  console.log(`first page, cold: ${await paints(cold)}`);
  const page = await open('/sign-in');
  await signIn(page, email);
  await page.locator('.state h2').waitFor();
  await page.reload();
  await page.locator('.state h2').waitFor();
  await page.locator('.activities li').first().waitFor();
  console.log(`today: ${await paints(page)}`);
  await page.evaluate(() => {
    const seen: number[] = ((window as unknown as { clicks: number[] }).clicks = []);
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => seen.push(entry.duration))).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  await page.locator('.explain').first().click();
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  for (const name of ['Load', 'Activities', 'Settings', 'Today']) {
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
  }
  const slowest = await page.evaluate(() => Math.max(0, ...(window as unknown as { clicks: number[] }).clicks));
  console.log(`interaction to next paint, the slowest of six: ${slowest} ms`);
});

type Page = Awaited<ReturnType<typeof open>>;

const paints = (page: Page) => page.evaluate(() => new Promise<string>((resolve) => {
  new PerformanceObserver((list) => {
    const bytes = performance.getEntriesByType('resource').reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize, 0);
    resolve(`largest paint after ${Math.round(list.getEntries().at(-1)!.startTime)} ms, ${(bytes / 1000).toFixed(1)} KB over the wire`);
  }).observe({ type: 'largest-contentful-paint', buffered: true });
}));
