/** Our API as the people of the run use it: whoever gets no answer asks again. */
export interface Api {
  /** Gives the answer, or throws with the words of a refusal. */
  call(
    token: string,
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<unknown>;
}

/** A refusal in our own words: asking again does not help. */
export class Refused extends Error {
  readonly code: string;
  constructor(path: string, status: number, answer: unknown) {
    const code = String(Object(answer).code ?? status);
    super(`${path}: ${JSON.stringify(answer).slice(0, 300)}`);
    this.name = 'Refused';
    this.code = code;
  }
}

const TRIES = 40;
const PAUSE_MS = 500;

export function createApi(serverUrl: string): Api {
  const once = async (...[token, method, path, body, key]: Parameters<Api['call']>) => {
    const response = await fetch(`${serverUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    // The first of several equal requests is still at work.
    const isBusy = response.status === 409 && key !== undefined;
    if (response.status < 500 && response.status !== 429 && !isBusy) {
      throw new Refused(path, response.status, answer);
    }
    throw new Error(`${path} answered ${response.status}`);
  };
  return {
    call: async (...order) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(...order);
        } catch (error) {
          if (error instanceof Refused || attempt === TRIES) throw error;
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      }
    },
  };
}
