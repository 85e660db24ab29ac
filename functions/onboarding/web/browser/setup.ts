// A browser on a running system: TRAIND_URL is its address, CHROMIUM_PATH the browser (Playwright's own where it is not set),
// TRAIND_SCREENSHOTS the folder for what a person may want to look at, TRAIND_MAILS where the links of mails can be asked for.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

export const url = process.env.TRAIND_URL ?? '';
const screenshots = process.env.TRAIND_SCREENSHOTS ?? '';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser: Browser;

beforeAll(async () => {
  if (!url || !screenshots) throw new Error('TRAIND_URL and TRAIND_SCREENSHOTS are not set: run go test ./infra/e2e -run Browser');
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH || undefined,
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
});
afterAll(() => browser?.close());

/** Asks the simulator of Strava for something; its control API takes nothing from a page. */
export async function simulator(method: string, path: string, body?: unknown): Promise<void> {
  const address = new URL(url);
  address.port = String(Number(address.port) + 1);
  const answer = await fetch(`${address.origin}/_sim${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

/** Gives the link of the newest mail to an address whose subject matches, once there is one that was not given before. */
export async function mailedLink(to: string, subject: RegExp): Promise<string> {
  let link = '';
  await expect.poll(async () => {
    const mails = (await (await fetch(process.env.TRAIND_MAILS!)).json()) as { to: string; subject: string; link: string }[];
    link = mails.filter((mail) => mail.to === to && subject.test(mail.subject) && !followed.has(mail.link)).at(-1)?.link ?? '';
    return link;
  }, { timeout: 30_000, message: `a mail to ${to} about ${subject}` }).not.toBe('');
  followed.add(link);
  return link;
}
const followed = new Set<string>();

/** Opens a page that fails the test on any error that a developer's console would show, the content policy's included. */
export async function open(path = '/', { refusals, ...options }: BrowserContextOptions & { refusals?: RegExp } = {}): Promise<Page> {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  // What the server refuses on purpose (not signed in, wrong password) is logged by the browser too. Nothing is asked for that is not there.
  const expected = refusals ?? /status of 4(?!04)\d\d/;
  page.on('console', (message) => message.type() === 'error' && !expected.test(message.text()) && errors.push(message.text()));
  onTestFinished(async () => {
    await context.close();
    expect(errors, 'errors on the console').toEqual([]);
  });
  await page.goto(url + path);
  return page;
}

export const phone: BrowserContextOptions = { viewport: { width: 375, height: 740 }, colorScheme: 'dark' };

interface Look {
  /** The page stays as it is instead of being seen in light, dark and on a phone. */
  once?: boolean;
}

/**
 * Keeps pictures of a page, in light, in the dark and as wide as a phone, where it is not opened on one, and holds each to what
 * every page must be: accessible, and no wider than its window.
 */
export async function look(page: Page, name: string, { once = false }: Look = {}): Promise<void> {
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
  await inspect(page, name);
  const size = page.viewportSize()!;
  if (once || size.width < 500) return;
  await page.emulateMedia({ colorScheme: 'dark' });
  await inspect(page, `${name}-dark`, ['color-contrast']); // all that the dark changes
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 375, height: 740 });
  await picture(page, `${name}-phone`); // it is accessible as it was before: only its layout differs
  await page.setViewportSize(size);
}

async function picture(page: Page, name: string): Promise<void> {
  // A chart follows its window's new width only when it is drawn again.
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(overflow, { timeout: 15_000, message: `${name} is wider than its window` }).toBe(0);
  await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
}

async function inspect(page: Page, name: string, rules?: string[]): Promise<void> {
  await picture(page, name);
  await page.evaluate(axe); // by the debugger, which no content policy binds
  const violations = await page.evaluate(async (rules) => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    return (await axe.run(rules ? { runOnly: rules } : {})).violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
  }, rules);
  expect(violations, `axe on ${name}`).toEqual([]);
}

export const password = 'correct horse battery';

export async function register(page: Page, email: string): Promise<void> {
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByRole('heading', { name: 'About you' }).waitFor();
}

export async function signIn(page: Page, email: string, secret = password): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function giveProfile(page: Page): Promise<void> {
  await page.getByLabel('Birth date').fill('1990-05-17');
  await page.getByLabel('Sex').selectOption('female');
  await page.getByLabel('Maximum heart rate').fill('188');
  await page.getByLabel('Resting heart rate').fill('52');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'Connect with Strava' }).waitFor();
}

interface Answer {
  /** The athlete's place in the list. */
  athlete?: number;
  /** Boxes to take the tick from. */
  without?: RegExp;
}

/** Goes to Strava and answers there. */
export async function answerConsent(page: Page, button: 'Authorize' | 'Deny', { athlete = 0, without }: Answer = {}): Promise<void> {
  await page.getByRole('link', { name: 'Connect with Strava' }).click();
  await answerStrava(page, button, { athlete, without });
}

/** Answers on Strava's page of consent. */
export async function answerStrava(page: Page, button: 'Authorize' | 'Deny', { athlete = 0, without }: Answer = {}): Promise<void> {
  await page.getByRole('radio').nth(athlete).check();
  if (without) for (const box of await page.getByRole('checkbox', { name: without }).all()) await box.uncheck();
  await page.getByRole('button', { name: button, exact: true }).click();
}
