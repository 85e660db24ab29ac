// The pages of figures, for an athlete whose whole history is in: load, activities and settings.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { answerConsent, giveProfile, look, open, phone, register, signIn, url } from './setup';

const email = 'figures@example.com';
const cyclist = 1; // of the simulator: has a power meter

test('a cyclist’s whole history comes in', async () => {
  const page = await open();
  await register(page, email);
  await giveProfile(page);
  await answerConsent(page, 'Authorize', { athlete: cyclist });
  await page.getByText('Strava is connected.').waitFor();
  await expect.poll(() => page.evaluate(async () => ((await (await fetch('/v1/sync')).json()) as { phase: string }).phase), { timeout: 150_000, interval: 500 }).toBe('done');
});

async function enter(path: string, options = {}): Promise<Page> {
  const page = await open('/sign-in', options);
  await signIn(page, email);
  await page.getByRole('heading', { name: 'Last activities' }).waitFor();
  await page.goto(url + path);
  return page;
}

/** Gives the time that a page's main thread has worked, in milliseconds, whatever else the machine does meanwhile. */
async function mainThread(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };
}

/** An event as the browser's performance API tells it, in milliseconds. */
interface Seen {
  name: string;
  interaction: boolean;
  toPaint: number;
  work: number;
}

/** Every chart's crosshair, as the pixel that it stands at. */
const crosshairs = (page: Page) => page.locator('.panel .u-cursor-x').evaluateAll((lines) => lines.map((line) => new DOMMatrix(getComputedStyle(line).transform).e));

const reading = (page: Page) => page.getByLabel('Day to read').inputValue();

test('the load page reads a day in every chart, chooses what it shows, and gives it away', async () => {
  const page = await enter('/load');
  const charts = page.locator('.panel canvas');
  await charts.nth(10).waitFor();
  expect(await page.locator('.panel .chart').first().getAttribute('aria-label')).toMatch(/^Fitness and fatigue\. .*Fitness: \d.* on \d.*; lowest .*, highest /);

  const last = await page.getByLabel('Last day shown').inputValue();
  const plot = page.locator('.panel .u-over').first();
  const box = (await plot.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.4, box.y + 60);
  await page.getByText('weighted average of load, τ 42 days').first().waitFor();
  const places = (await crosshairs(page)).slice(0, 3); // those in sight; the others follow when they are seen
  expect(places.every((place) => place > 0), `crosshairs: ${places.join(' ')}`).toBe(true);
  await expect.poll(() => reading(page)).not.toBe(last);
  const day = await reading(page);

  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(0, 0);
  expect(await page.getByLabel('First day shown').inputValue(), 'a drag shows what it went over').toBe(day);
  const end = await page.getByLabel('Last day shown').inputValue();
  expect(day < end && end < last).toBe(true);
  await expect.poll(() => reading(page), { message: 'without a pointer the last day shown is read' }).toBe(end);
  await page.getByRole('button', { name: 'The day before' }).press('Enter');
  await expect.poll(async () => (await reading(page)) < end).toBe(true);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the days shown as CSV' }).click();
  const lines = readFileSync(await (await download).path(), 'utf8').trimEnd().split('\r\n');
  expect([lines[0]!.split(',')[0], lines[1]!.slice(0, 10), lines.at(-1)!.slice(0, 10)]).toEqual(['day', day, end]);

  await page.getByRole('button', { name: '6 wk' }).click();
  await page.getByLabel('Load by').selectOption('tss');
  await page.locator('.legend').getByText('TSS').waitFor();
  expect(await page.getByRole('button', { name: '6 wk' }).getAttribute('aria-pressed'), 'another load keeps the days').toBe('true');
  await page.getByLabel('Load by').selectOption('trimp');
  await page.locator('.legend').getByText('TRIMP').waitFor();
  await page.getByRole('button', { name: '6 mo' }).click();
  await page.getByRole('button', { name: /What is “Form/ }).first().click();
  await page.getByRole('dialog').getByText('Fitness minus fatigue').waitFor();
  await look(page, '20-explanation');
  await page.keyboard.press('Escape');
  await look(page, '21-load');
  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, '22-load-dark');
});

test('ten years of days stay quick to the hand', async () => {
  const page = await enter('/');
  // The athlete's own answer, its days repeated until there are ten years of them.
  await page.route('**/v1/training-load?*', async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { series: Record<string, unknown> & { first: string; last: string } };
    const days = 3652;
    const long = (values: unknown[]) => Array.from({ length: days }, (_, i) => values[i % values.length]);
    const longer = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.length === 3 && typeof value[0] === 'object' ? value.map(longer) : long(value);
      if (value !== null && typeof value === 'object' && 'values' in value) return { values: long(value.values as unknown[]), gaps: [] };
      return value;
    };
    for (const [name, value] of Object.entries(body.series)) body.series[name] = longer(value);
    body.series.first = new Date(Date.parse(body.series.last) - (days - 1) * 86_400_000).toISOString().slice(0, 10);
    await route.fulfill({ response: answer, json: body });
  });
  await page.getByRole('link', { name: 'Load', exact: true }).click();
  await page.locator('.panel canvas').nth(10).waitFor();
  await page.evaluate(() => {
    const kept = ((window as unknown as { seen: Seen[] }).seen = []) as Seen[];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEventTiming & { interactionId: number })[]) {
        kept.push({ name: entry.name, interaction: entry.interactionId > 0, toPaint: entry.duration, work: entry.processingEnd - entry.processingStart });
      }
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  const clock = await mainThread(page);
  const before = await clock();
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const all = (await clock()) - before;
  expect(await page.getByLabel('First day shown').inputValue() < '2017').toBe(true);
  const box = (await page.locator('.panel .u-over').first().boundingBox())!;
  for (let i = 0; i < 12; i++) await page.mouse.move(box.x + (box.width * (i + 2)) / 16, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 50, { steps: 3 });
  await page.mouse.up();
  await page.getByRole('button', { name: '2 yr' }).click();
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByRole('button', { name: 'The day before' }).press('Enter');
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))));
  const seen = await page.evaluate(() => (window as unknown as { seen: Seen[] }).seen);
  const most = (key: 'toPaint' | 'work', of: Seen[]) => Math.max(0, ...of.map((each) => Math.round(each[key])));
  const [hand, pointer] = [seen.filter((each) => each.interaction), seen.filter((each) => !each.interaction)];
  console.log(`load page, ten years of days: clicks, drags and keys to next paint at most ${most('toPaint', hand)} ms (${most('work', hand)} ms of it in the page); pointer moves ${most('toPaint', pointer)} ms (${most('work', pointer)} ms); showing all of it takes ${Math.round(all)} ms of the main thread`);
});

test('an activity shows what was recorded, its zones and its figures', async () => {
  const page = await enter('/activities');
  await page.locator('.activities a').first().waitFor();
  await look(page, '23-activities');
  await page.locator('.activities a').first().click();
  await page.getByRole('heading', { name: 'Recorded' }).waitFor({ timeout: 30_000 });
  await page.locator('.tracks canvas').first().waitFor();
  await page.locator('.zones table').first().waitFor();
  await look(page, '24-activity');
});

test('the list is narrowed by its address, and what is narrowed can be kept and shared', async () => {
  const page = await enter('/activities?quality=none');
  await page.locator('.activities a').first().waitFor();
  const shown = () => page.locator('.activities a').count();
  const marks = async () => [...new Set(await page.locator('.activities .tag').allInnerTexts())];
  const months = () => page.locator('.month h2').allInnerTexts();
  expect(await marks(), 'only what was asked for').toEqual(['no load']);
  await page.getByLabel('Load rests on').selectOption('stream');
  await expect.poll(() => page.url()).toContain('quality=stream');
  await page.getByRole('button', { name: 'Show older ones' }).click();
  await expect.poll(shown).toBeGreaterThan(50);
  expect(await marks(), 'older ones too').toEqual(['samples']);

  await page.getByRole('button', { name: 'Show all' }).click();
  await expect.poll(async () => (await marks()).length).toBeGreaterThan(1);
  await page.getByLabel('Sport').selectOption('VirtualRide');
  const sports = async () => [...new Set((await page.locator('.activities .what .small').allInnerTexts()).map((text) => text.startsWith('Virtual ride')))];
  await expect.poll(sports).toEqual([true]); // there are some, and no others
  await expect.poll(async () => (await months()).length).toBeGreaterThan(1);
  const month = (await months())[1]!;
  const first = new Date(`1 ${month} UTC`);
  await page.getByLabel('From').fill(first.toISOString().slice(0, 10));
  await page.getByLabel('To').fill(new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).toISOString().slice(0, 10));
  await expect.poll(months).toEqual([month]);
  await look(page, '23-activities-narrowed');
  await page.reload();
  await expect.poll(months).toEqual([month]);
  await page.goto(`${url}/activities?sport=Luge`);
  await page.getByText('No activity is like that').waitFor();
  await look(page, '23-activities-none', { once: true });
  await page.getByRole('button', { name: 'Show all' }).last().click();
  await page.locator('.activities a').first().waitFor();
  expect(new URL(page.url()).search).toBe('');
});

// It takes hours until an activity is given up on; how, is tested where it happens. Here is what is shown of it.
test('an activity whose samples could not be read says why, and is tried again when asked to', async () => {
  const page = await enter('/activities');
  const parked = { streams: 'parked', streams_reason: 'its samples have no time base', streams_retry_at: new Date(Date.now() + 86_400_000).toISOString() };
  const one = /\/v1\/activities\/\d+$/;
  await page.route(one, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json() as object), ...parked } });
  });
  await page.locator('.activities a').first().click();
  await page.getByText('Its samples have no time base. It is tried again in about 24 h.').waitFor();
  await look(page, '24-activity-parked');
  await page.unroute(one);
  const asked = page.waitForResponse((response) => response.url().endsWith('/retry'));
  await page.getByRole('button', { name: 'Try again now' }).click();
  expect((await asked).status()).toBe(202);
  await page.getByRole('heading', { name: 'Recorded' }).waitFor();
});

test('samples that are fetched again, or not for now, are told, and appear', async () => {
  const page = await enter('/activities', { refusals: /status of (401|503)/ });
  const streams = '**/v1/activities/*/streams';
  await page.locator('.activities a').nth(1).waitFor();
  await page.route(streams, (route) => route.fulfill({ status: 503, json: { code: 'strava-quota', detail: 'Strava allows no more for now.' } }));
  await page.locator('.activities a').nth(1).click();
  await page.getByText('Strava’s limit is reached').waitFor();
  await look(page, '24-activity-quota', { once: true });
  let asked = 0;
  await page.unroute(streams);
  await page.route(streams, (route) => (asked++ < 2 ? route.fulfill({ status: 202, headers: { 'Retry-After': '1' }, json: { time_s: [] } }) : route.continue()));
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('being fetched from Strava again').waitFor();
  await look(page, '24-activity-fetching', { once: true });
  await page.getByRole('heading', { name: 'Recorded' }).waitFor();
  expect(asked, 'it asked by itself until they were there').toBe(3);
});

test('today says what is missing and why, and leads to it', async () => {
  const page = await enter('/');
  const missing = page.getByRole('region', { name: 'What is missing' });
  await missing.getByText(/activit(y has|ies have) no load/).waitFor();
  await missing.getByRole('link', { name: 'Show them' }).click();
  await page.getByRole('heading', { name: 'Activities', exact: true }).waitFor(); // Today has a list too
  await page.locator('.activities a').first().waitFor();
  expect(new Set(await page.locator('.activities .tag').allInnerTexts())).toEqual(new Set(['no load']));
  expect(await page.getByLabel('Load rests on').inputValue()).toBe('none');
});

test('a threshold is changed from a day on, and the activities are computed again', async () => {
  const page = await enter('/settings');
  const load = () => page.evaluate(async () => {
    const { series } = (await (await fetch('/v1/training-load')).json()) as { series: { trimp: { values: number[] } } };
    return Math.round(series.trimp.values.reduce((sum, value) => sum + value, 0));
  });
  const before = await load();
  await page.getByRole('button', { name: 'Change: Maximum heart rate' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Value').fill('300');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('in the range 100–240 bpm').waitFor();
  await look(page, '25-threshold');
  await dialog.getByLabel('Value').fill('179');
  await dialog.getByText('in the range 100–240 bpm').waitFor({ state: 'detached' });
  await dialog.getByLabel('Valid from').fill('2026-01-01');
  const foretold = dialog.getByRole('status', { name: 'What it would change' });
  const together = await foretold.locator('strong').first().innerText();
  await look(page, '25-foretold');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Saved').waitFor();
  await expect.poll(() => page.getByRole('list', { name: 'Maximum heart rate over time' }).getByRole('listitem').count()).toBe(2);
  await expect.poll(load, { timeout: 30_000 }).not.toBe(before);

  // What came of it is what was foretold, and stays to be read.
  const latest = page.getByRole('list', { name: 'Changes, the latest first' }).getByRole('listitem').first();
  await latest.getByText('recomputing').waitFor({ state: 'detached' });
  expect(await latest.getByRole('heading').innerText()).toBe('Maximum heart rate');
  expect(await latest.innerText()).toContain(together);

  // A sport's own value goes before the one for every sport; once it is taken away, that one holds again.
  const general = await load();
  await page.getByRole('button', { name: 'Change: Maximum heart rate' }).click();
  await dialog.getByLabel('Value').fill('170');
  await dialog.getByLabel('For').selectOption('ride');
  await dialog.getByLabel('Valid from').fill('2026-06-01');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('list', { name: 'Maximum heart rate over time, cycling' }).getByText('170').waitFor();
  await expect.poll(load, { timeout: 30_000 }).not.toBe(general);
  await expect.poll(() => page.getByRole('list', { name: 'Changes, the latest first' }).getByRole('heading').count()).toBe(2);
  await look(page, '26-settings');

  // What was recorded shows a better one: it is taken, taken away again, and then refused.
  const proposed = page.getByText('Your heart beat faster than the maximum in use for cycling');
  await page.getByRole('button', { name: /^Use \d+ bpm$/ }).click();
  await proposed.waitFor({ state: 'detached' });
  const cycling = page.getByRole('list', { name: 'Maximum heart rate over time, cycling' }).getByRole('listitem');
  await expect.poll(() => cycling.count()).toBe(2);
  await page.getByRole('button', { name: 'Change: Maximum heart rate' }).click();
  await dialog.getByRole('button', { name: /^Remove: .* for cycling/ }).last().click();
  await dialog.getByRole('button', { name: /^Remove for good: .* for cycling/ }).click();
  await dialog.getByRole('button', { name: /^Remove for good/ }).waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await proposed.waitFor();
  await page.getByRole('button', { name: 'It was no heartbeat of mine' }).click();
  await proposed.waitFor({ state: 'detached' });
  expect(await cycling.count()).toBe(1);
  await page.getByRole('button', { name: 'Change: Maximum heart rate' }).click();
  await look(page, '26-threshold-known');
  await dialog.getByRole('button', { name: /^Remove: 170 bpm from 1 Jun 2026 for cycling/ }).click();
  await dialog.getByRole('status', { name: 'What it would change' }).waitFor();
  await look(page, '26-threshold-removed', { once: true });
  await dialog.getByRole('button', { name: /^Remove for good: 170 bpm from 1 Jun 2026 for cycling/ }).click();
  await dialog.getByText('170 bpm').waitFor({ state: 'detached' });
  await expect.poll(load, { timeout: 30_000 }).toBe(general);
});

test('what to be alerted of is chosen, and today follows', async () => {
  const page = await enter('/settings');
  const form = page.locator('form#load');
  const alerts = async () => {
    const today = (await (await page.request.get(`${url}/v1/training-load/today`)).json()) as { sentences: { topic: string; alert: boolean; figures: { name: string; figure: { value: number } }[] }[] };
    const ratio = today.sentences.find(({ topic }) => topic === 'ratio')!;
    return { alert: ratio.alert, ratio: ratio.figures.find(({ name }) => name === 'acwr')!.figure.value };
  };
  const save = async () => {
    const saved = page.waitForResponse((response) => response.url().endsWith('/v1/settings') && response.request().method() === 'PATCH');
    await form.getByRole('button', { name: 'Save' }).click();
    expect((await saved).status()).toBe(200);
  };
  const above = form.getByLabel('Alert above a ratio of');
  await form.getByLabel('How fast old days fade').fill('0.2');
  await form.getByRole('status', { name: 'What it would change' }).getByText('With your decay').waitFor();
  await look(page, '26-load-foretold', { once: true });
  await above.fill('1');
  await save();
  const { alert, ratio } = await alerts();
  expect(alert, `a ratio of ${ratio} with the line at 1`).toBe(ratio > 1);
  // Whether it is one depends on the athlete; here is how one is shown.
  await page.route('**/v1/training-load/today', async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { sentences: { topic: string }[] };
    body.sentences = body.sentences.map((sentence) => (sentence.topic === 'ratio' ? { ...sentence, alert: true, confidence: 'low', doubts: ['unscored'] } : { ...sentence, alert: false, doubts: [] }));
    await route.fulfill({ response: answer, json: body });
  });
  await page.goto(url);
  const stand = page.getByRole('region', { name: 'Where you stand' });
  await stand.getByText('Low confidence: some activities have no load.').waitFor();
  expect(await stand.getByText('Alert', { exact: true }).count()).toBe(1);
  await look(page, '26-alert', { once: true });
  await page.goto(`${url}/settings`);
  await form.getByLabel('Mark a steep rise').uncheck();
  await above.fill('1.75');
  await save();
  expect((await alerts()).alert).toBe(false);
  await page.reload();
  await above.waitFor();
  expect([await above.inputValue(), await form.getByLabel('Mark a steep rise').isChecked()]).toEqual(['1.75', false]);
});

test('the pages fit a phone in the dark', async () => {
  const page = await enter('/load', phone);
  await page.locator('.panel canvas').nth(10).waitFor();
  await look(page, '27-load-phone');
  await page.goto(`${url}/settings`);
  await page.getByRole('heading', { name: 'Thresholds' }).waitFor();
  await look(page, '28-settings-phone');
  await page.goto(`${url}/activities`);
  await page.locator('.activities a').first().click();
  await page.locator('.tracks canvas').first().waitFor();
  await look(page, '29-activity-phone');
});
