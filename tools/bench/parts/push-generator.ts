// A bank as a program of its own: pushes at a fixed rate, or as fast as so many connections take.
// Reads one job as JSON per line of standard input, writes one answer per line.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import { fetchPushToken, referenceOf, sendPush, signPush } from './push-client.ts';
import type { Payment, PushTarget, SignedPush } from './push-client.ts';

/** What the generator is asked to do. */
export interface PushJob {
  readonly target: PushTarget;
  readonly companyCodes: readonly string[];
  readonly firstNumber: number;
  readonly connections: number;
  readonly load:
    | { readonly kind: 'paced'; readonly perSecond: number; readonly seconds: number }
    | { readonly kind: 'saturate'; readonly prepared: number; readonly seconds: number };
}

/** What came of it. */
export interface PushReport {
  /** Moment of sending by reference, in milliseconds. */
  readonly sentAt: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly refused: number;
  readonly seconds: number;
  readonly answerMs: readonly number[];
}

const lines = createInterface({ input: process.stdin });
process.stdout.write('{"url":null}\n');
for await (const line of lines) {
  const job: PushJob = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await work(job))}\n`);
}

async function work(job: PushJob): Promise<PushReport> {
  const pool = new Pool(job.target.origin, { connections: job.connections, pipelining: 1 });
  try {
    const token = await fetchPushToken(pool, job.target);
    return job.load.kind === 'paced'
      ? await pace(pool, job, token, job.load)
      : await saturate(job, token, job.load);
  } finally {
    await pool.close();
  }
}

function paymentOf(job: PushJob, index: number): Payment {
  const number = job.firstNumber + index;
  return {
    reference: referenceOf(number),
    companyCode: job.companyCodes[index % job.companyCodes.length] ?? '',
    customerNo: String(number),
    amount: 10_000 + index,
  };
}

/** Open loop: each push leaves at its moment, whether or not earlier ones were answered. */
async function pace(
  pool: Pool,
  job: PushJob,
  token: string,
  load: Extract<PushJob['load'], { kind: 'paced' }>,
): Promise<PushReport> {
  const total = Math.round(load.perSecond * load.seconds);
  const sentAt: Record<string, number> = {};
  const answerMs: number[] = [];
  let accepted = 0;
  const startedAt = performance.now();
  const underWay: Promise<void>[] = [];
  for (let index = 0; index < total; index += 1) {
    const dueMs = startedAt + (index * 1000) / load.perSecond - performance.now();
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    const payment = paymentOf(job, index);
    const push = signPush(job.target, token, payment);
    const begun = performance.timeOrigin + performance.now();
    sentAt[payment.reference] = begun;
    underWay.push(
      sendPush(pool, push).then(
        (status) => {
          if (status === 200) accepted += 1;
          answerMs.push(performance.timeOrigin + performance.now() - begun);
        },
        () => undefined,
      ),
    );
  }
  await Promise.all(underWay);
  const seconds = (performance.now() - startedAt) / 1000;
  return { sentAt, accepted, refused: total - accepted, seconds, answerMs };
}

/**
 * Closed loop: every connection sends its next push when the last one was answered. Over bare
 * sockets with requests written beforehand, because an HTTP client would take more of the machine
 * than what is measured.
 */
async function saturate(
  job: PushJob,
  token: string,
  load: Extract<PushJob['load'], { kind: 'saturate' }>,
): Promise<PushReport> {
  const { hostname, port, host } = new URL(job.target.origin);
  // Signed before the clock starts: the bank's cost is not what is measured.
  const prepared = Array.from({ length: load.prepared }, (_, index) =>
    writeRequest(host, signPush(job.target, token, paymentOf(job, index))),
  );
  let next = 0;
  let accepted = 0;
  let refused = 0;
  const answerMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + load.seconds * 1000;
  const runOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let begun = 0;
      let answer = '';
      const socket = connect(Number(port), hostname);
      socket.setNoDelay(true).setEncoding('latin1');
      const sendNext = (): void => {
        const request = prepared[next];
        if (!request || performance.now() >= endsAt) {
          socket.end();
          resolve();
          return;
        }
        next += 1;
        answer = '';
        begun = performance.now();
        socket.write(request);
      };
      socket.on('connect', sendNext);
      socket.on('error', reject);
      socket.on('data', (text: string) => {
        answer += text;
        if (!isWhole(answer)) return;
        answerMs.push(performance.now() - begun);
        if (answer.startsWith('HTTP/1.1 200 ')) accepted += 1;
        else refused += 1;
        sendNext();
      });
    });
  await Promise.all(Array.from({ length: job.connections }, runOne));
  const seconds = (performance.now() - startedAt) / 1000;
  return { sentAt: {}, accepted, refused, seconds, answerMs };
}

function writeRequest(host: string, { path, headers, body }: SignedPush): Buffer {
  const length = { host, 'content-length': String(Buffer.byteLength(body)) };
  const fields = Object.entries({ ...length, ...headers }).map(
    ([name, text]) => `${name}: ${text}`,
  );
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body}`);
}

/** Whether an answer with a content length has come in full. */
function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1] ?? '0';
  return answer.length >= headEnd + 4 + Number(length);
}
