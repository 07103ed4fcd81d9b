// A bank that answers at once and notes when it was asked: Airwallex's three calls, for as many
// companies as there are first path segments. Time of each question is all that it keeps.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stopWithParent } from '../../harness/stop-with-parent.ts';

interface Question {
  /** `<company>/<currency>` */
  readonly account: string;
  readonly atMs: number;
}

let questions: Question[] = [];
const counts = { login: 0, balances: 0, transactions: 0, other: 0 };
const noTransactions = Buffer.from('{"has_more":false,"items":[]}');

const server = createServer((incoming, outgoing) => {
  const atMs = performance.timeOrigin + performance.now();
  incoming.resume();
  const url = incoming.url ?? '';
  const company = url.slice(1, url.indexOf('/', 1));
  const send = (status: number, body: Buffer | string): void => {
    outgoing.writeHead(status, { 'content-type': 'application/json' });
    outgoing.end(body);
  };
  if (url.includes('/financial_transactions')) {
    const currency = /[?&]currency=([A-Z]{3})/.exec(url)?.[1] ?? '';
    questions.push({ account: `${company}/${currency}`, atMs });
    counts.transactions += 1;
    send(200, noTransactions);
  } else if (url.includes('/balances/current')) {
    counts.balances += 1;
    send(200, '[]');
  } else if (url.includes('/authentication/login')) {
    counts.login += 1;
    const ends = new Date(Date.now() + 30 * 60_000).toISOString();
    send(201, JSON.stringify({ token: `token-of-${company}`, expires_at: ends }));
  } else if (url === '/_log') {
    send(200, JSON.stringify({ questions, counts }));
    questions = [];
  } else {
    counts.other += 1;
    send(404, '{"code":"not_found","message":"not found"}');
  }
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
stopWithParent(async () => server.closeAllConnections());
