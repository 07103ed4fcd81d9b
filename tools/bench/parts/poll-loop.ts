// The floor of `bench poll`: the same questions at the same moments, with nothing behind them.
import { Agent, request } from 'undici';
import { stopWithParent } from '../../harness/stop-with-parent.ts';

const [origin = '', companies = '0', currencies = '', everyMs = '60000'] = process.argv.slice(2);
const agent = new Agent({ connections: 64 });
const accounts = Array.from({ length: Number(companies) }, (_, company) =>
  currencies
    .split(',')
    .map((currency) => `/c${company}/api/v1/financial_transactions?currency=${currency}`),
).flat();
const rhythmMs = Number(everyMs);
const startedAt = performance.now() + 1_000;

const ask = async (path: string): Promise<void> => {
  const answer = await request(origin + path, {
    dispatcher: agent,
    headers: { authorization: 'Bearer floor' },
  });
  await answer.body.json();
};

let next = 0;
const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) / rhythmMs) * accounts.length);
  for (; next < due; next += 1) {
    void ask(accounts[next % accounts.length] ?? '').catch(() => undefined);
  }
}, 10);
process.stdout.write(
  `${JSON.stringify({ url: null, startedAtMs: performance.timeOrigin + startedAt })}\n`,
);
stopWithParent(async () => {
  clearInterval(timer);
  await agent.destroy();
});
