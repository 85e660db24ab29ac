// What can go wrong when the server is asked, as the pages show it.

import { soon } from '../format/date';

export interface FieldProblem {
  location: string;
  message: string;
}

/** The server answered no; `code` names the case and `detail` says it in words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields: FieldProblem[] = [],
    /** Seconds after which another attempt makes sense; 0 where nothing is known. */
    readonly retryAfter = 0,
  ) {
    super(detail);
  }

  /** What is wrong with a field, by its path in the body, such as `thresholds.max_hr`. */
  field(path: string): string | undefined {
    return this.fields.find((field) => field.location.replace(/^(body|query)\./, '') === path)?.message;
  }
}

/** No answer came: the device is offline, or the server cannot be reached. */
export class Unreachable extends Error {
  constructor() {
    super('No connection');
  }
}

/** Reads the body of a refusal; what is no problem detail still becomes a sentence. */
export function refusalOf(response: Response, body: unknown): Refused {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as { code?: string; detail?: string; errors?: FieldProblem[] };
  const detail = problem.detail ?? (response.status >= 500
    ? 'Something went wrong on our side. Please try again.'
    : `The server answered ${response.status}.`);
  return new Refused(response.status, problem.code ?? '', detail, problem.errors ?? [], Number(response.headers.get('Retry-After')) || 0);
}

/** The sentence that a person reads about any failure. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Refused) return error.retryAfter > 0 ? `${error.detail} You can try again ${soon(error.retryAfter)}.` : error.detail;
  if (error instanceof Unreachable) return 'Train-D cannot be reached. Check your connection; what you see may be out of date.';
  return 'Something went wrong in the page. Please reload it.';
}
