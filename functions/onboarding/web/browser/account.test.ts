// What guards an account: its address, password, second factor, sessions and agreements, and the way out.
import { createHmac } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { answerStrava, giveProfile, look, mailedLink, open, password, register, signIn, url } from './setup';

/** The code that an authenticator shows now (RFC 6238). */
function codeOf(secret: string): string {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  return String((digest.readUInt32BE(digest.at(-1)! & 15) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

async function openSettings(page: Page): Promise<void> {
  await page.goto(`${url}/settings`);
  await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor();
}

test('address, password and sessions are changed by whoever proves who they are', async () => {
  const email = 'guarded@example.com';
  const page = await open();
  await register(page, email);
  await mailedLink(email, /confirm/i);
  await openSettings(page);
  await page.getByText('not confirmed').waitFor();
  await page.getByRole('button', { name: 'Send the link again' }).click();
  await page.getByText('A mail is on its way').waitFor();

  // The server asks for a proof ten minutes after signing in: here it is made to ask at once.
  await page.route('**/v1/account/password', (route) => route.fulfill({ status: 403, json: { code: 'confirmation-needed', detail: 'Please confirm first that it is you.' } }), { times: 1 });
  const changed = 'four words, easily remembered';
  await page.getByRole('button', { name: 'Change: Password' }).click();
  await page.getByLabel('New password').fill(changed);
  await page.getByRole('button', { name: 'Change it' }).click();
  const question = page.getByRole('dialog', { name: 'Is it you?' });
  await question.getByLabel('Password').fill('a wrong one');
  await question.getByRole('button', { name: 'Confirm' }).click();
  await question.getByRole('alert').waitFor();
  await look(page, '50-confirmation');
  await question.getByLabel('Password').fill(password);
  await question.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('Your password is changed').waitFor();

  const other = await open('/sign-in', { userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1' });
  await signIn(other, email, changed);
  await other.getByRole('heading', { name: 'About you' }).waitFor();
  await openSettings(page);
  await look(page, '51-guarded');
  await page.getByRole('button', { name: /Sign out: Safari on iPhone/ }).click();
  await page.getByText('Safari on iPhone').waitFor({ state: 'detached' });
  await other.reload();
  await other.getByRole('link', { name: 'Create an account' }).waitFor();

  const next = 'guarded.next@example.com';
  await page.getByRole('button', { name: 'Change: E-mail' }).click();
  await page.getByLabel('New e-mail').fill(next);
  await page.getByRole('button', { name: 'Send the link', exact: true }).click();
  await page.getByText('Until then your address stays what it is').waitFor();
  await page.goto(await mailedLink(next, /confirm/i));
  await page.getByText('Your address is confirmed').waitFor();
  await openSettings(page);
  await page.locator('#signing-in').getByText(next).waitFor();
  expect(await page.locator('#signing-in').getByText('not confirmed').count()).toBe(0);
});

test('a second factor is set up, asked for, stood for by a recovery code, and turned off', async () => {
  const email = 'factor@example.com';
  const page = await open();
  await register(page, email);
  await openSettings(page);
  await page.getByRole('button', { name: 'Set it up' }).click();
  const dialog = page.getByRole('dialog');
  await page.locator('.qr path').waitFor();
  await look(page, '52-second-factor');
  await dialog.getByRole('textbox', { name: 'Code' }).fill('12345');
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  await dialog.getByText('Is not the one that the authenticator shows now').waitFor();
  const secret = (await dialog.locator('.secret').innerText()).replaceAll(' ', '');
  await dialog.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await codes.first().waitFor();
  const recovery = await codes.allInnerTexts();
  expect(recovery).toHaveLength(10);
  await look(page, '53-recovery-codes');
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('A code of your authenticator app is asked for').waitFor();

  const other = await open('/sign-in');
  await signIn(other, email);
  await other.getByLabel('Code').fill('000000');
  await look(other, '54-code', { once: true });
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.getByText('wrong, too old or was used before').waitFor();
  await other.getByLabel('Code').fill(recovery[0]!);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.getByRole('heading', { name: 'About you' }).waitFor();

  await page.getByRole('button', { name: 'Turn off' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click();
  await page.getByRole('button', { name: 'Set it up' }).waitFor();
});

test('Strava alone opens an account, once the terms are accepted, and signs in', async () => {
  const athlete = 4; // nobody else's in these tests
  const page = await open('/sign-in');
  await page.getByRole('link', { name: 'Sign in with Strava' }).click();
  await answerStrava(page, 'Authorize', { athlete });
  await page.getByText('No account is connected to this Strava athlete yet').waitFor();
  await look(page, '60-no-account', { once: true });
  await page.getByRole('link', { name: 'Create an account' }).first().click();
  await page.getByRole('checkbox').check();
  await look(page, '61-register-by-strava');
  await page.getByRole('link', { name: 'Continue with Strava' }).click();
  await answerStrava(page, 'Authorize', { athlete });
  await page.getByText('Strava is connected.').waitFor();
  await page.getByLabel('Birth date').fill('1985-03-02');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: /today/i }).first().click();
  await page.locator('.activities li').first().waitFor({ timeout: 60_000 });
  await openSettings(page);
  await page.getByText('None: you sign in with Strava.').waitFor();
  await look(page, '62-settings-by-strava', { once: true });

  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByRole('link', { name: 'Sign in' }).first().click();
  await page.getByRole('link', { name: 'Sign in with Strava' }).click();
  await answerStrava(page, 'Authorize', { athlete });
  await page.getByText('Welcome back.').waitFor();
  await page.locator('.activities li').first().waitFor();
});

test('an agreement is taken back and given again, everything is taken along, and the account ends', async () => {
  const page = await open();
  await register(page, 'leaving@example.com');
  await giveProfile(page);
  await openSettings(page);
  await look(page, '55-agreements');
  await page.getByRole('button', { name: 'Take back: Use of health data' }).click();
  await look(page, '56-take-back', { once: true });
  await page.getByRole('button', { name: 'Take it back and erase' }).click();
  await page.getByRole('button', { name: 'Agree: Use of health data' }).waitFor();

  await page.goto(url);
  await page.getByRole('heading', { name: 'Your agreement' }).waitFor();
  await look(page, '57-consent');
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Agree and go on' }).click();
  await page.getByRole('link', { name: 'Connect with Strava' }).waitFor();

  await openSettings(page);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  expect((await download).suggestedFilename()).toBe('train-d-export.zip');
  await page.getByRole('button', { name: 'Erase …' }).click();
  await page.getByRole('button', { name: 'Erase everything' }).click();
  await page.getByText('Tick this first').waitFor();
  await page.getByRole('checkbox', { name: 'I know that this cannot be' }).check();
  await page.getByRole('button', { name: 'Erase everything' }).click();
  await page.getByText('Your account is ended').waitFor();
  await look(page, '58-ended', { once: true });
  await page.getByRole('link', { name: 'See how far it is' }).click();
  await page.getByText(/Everything is being erased|Nothing is left/).waitFor();
  await page.getByRole('link', { name: 'Sign in' }).waitFor();
  await look(page, '59-erased');
});
