// The one way to the server: typed by its OpenAPI document, with every failure as Refused or Unreachable.
import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './schema';
import { refusalOf, Unreachable } from './problem';

export type Schemas = components['schemas'];

/** Set by the session: called when the server says that nobody is signed in (any more). */
export const onSignedOut: { call: () => void } = { call: () => {} };

/** Set by the watch over the service: called when no answer came. */
export const onUnreachable: { call: () => void } = { call: () => {} };

const failures: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return;
    const body: unknown = await response.clone().json().catch(() => undefined);
    const refusal = refusalOf(response, body);
    if (refusal.code === 'signed-out') onSignedOut.call();
    throw refusal;
  },
  onError() {
    onUnreachable.call();
    return new Unreachable();
  },
};

export const server = createClient<paths>({ baseUrl: location.origin });
server.use(failures);

/** What an answer holds; a refusal was thrown before. */
export async function bodyOf<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
