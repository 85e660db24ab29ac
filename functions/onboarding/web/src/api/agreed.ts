// Operations that the pages use and the API's document does not have yet. Each moves to the typed client when it is there;
// until then the server answers 404, and `missing` lets a page say so instead of failing.
import { Refused, refusalOf, Unreachable } from './problem';

/** A text that an athlete agrees to. */
export interface Document {
  document: string;
  title: string;
  version: string;
  text: string;
}

/** One as it stands with the athlete. */
export interface Consent extends Document {
  required: boolean;
  accepted_version: string | null;
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(path, { method, ...content }).catch(() => {
    throw new Unreachable();
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw refusalOf(response, answer);
  return answer as T;
}

/** Whether the server does not offer what was asked for. */
export const missing = (error: unknown) => error instanceof Refused && (error.status === 404 || error.status === 405);

const part = encodeURIComponent;

export const agreed = {
  document: (name: string) => ask<Document>('GET', `/v1/documents/${part(name)}`),
  consents: () => ask<{ documents: Consent[] }>('GET', '/v1/consents'),
  accept: (name: string, version: string) => ask<void>('PUT', `/v1/consents/${part(name)}`, { version }),
  askForReset: (email: string) => ask<void>('POST', '/v1/password-resets', { email }),
  reset: (token: string, password: string) => ask<void>('PUT', `/v1/password-resets/${part(token)}`, { new_password: password }),
  verify: (token: string) => ask<void>('PUT', `/v1/email-verifications/${part(token)}`),
};
