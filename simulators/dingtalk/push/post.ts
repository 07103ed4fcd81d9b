/** What an app answered; without a status, why there was no answer in time. */
export interface PostAnswer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Posts JSON as DingTalk would and waits no longer than the deadline; a redirect is not followed. */
export async function postJson(order: {
  url: string;
  body: unknown;
  deadlineMs: number;
  headers?: Record<string, string>;
}): Promise<PostAnswer> {
  try {
    const response = await fetch(order.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...order.headers },
      body: JSON.stringify(order.body),
      redirect: 'manual',
      signal: AbortSignal.timeout(order.deadlineMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: undefined, text: error instanceof Error ? error.message : String(error) };
  }
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A simulator calls nobody beyond this machine, whoever asks for it. */
export function isLoopback(url: string): boolean {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  return address !== undefined && LOOPBACK.has(address.hostname);
}
