import { createHash, createHmac, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { Agent, request } from 'undici';
import { percentile, round } from '../../harness/figures.ts';
import type { Simulator } from '../../harness/simulator.ts';

/**
 * The floor of `bench pay`: the least possible program. It signs the same transfer (A7.1) and sends it
 * to the same simulated bank; it keeps nothing, checks nothing and asks nobody.
 */
export async function measureForwarder(
  banks: Simulator,
  work: { readonly count: number; readonly atOnce: number },
): Promise<{ readonly p50Ms: number; readonly p99Ms: number; readonly perSecond: number }> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const clientId = 'floor-client';
  const secret = randomBytes(24).toString('hex');
  await banks.manage('PUT', 'snap/partners/bca', {
    clientId,
    clientSecret: secret,
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }),
    partnerId: 'FLOORCORPX',
    channelId: '95051',
    environment: 'sandbox',
  });
  const agent = new Agent({ connections: work.atOnce, allowH2: false });
  const post = async (path: string, headers: Record<string, string>, body: string) => {
    const answer = await request(`${banks.url}${path}`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const read: unknown = await answer.body.json();
    return read;
  };
  const now = () => `${new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 19)}+07:00`;
  const timestamp = now();
  const signature = createSign('RSA-SHA256').update(`${clientId}|${timestamp}`).sign(privateKey);
  const session = await post(
    '/openapi/v1.0/access-token/b2b',
    {
      'x-timestamp': timestamp,
      'x-client-key': clientId,
      'x-signature': signature.toString('base64'),
    },
    '{"grantType":"client_credentials"}',
  );
  const token = String(Object(session).accessToken);
  const path = '/openapi/v1.0/transfer-intrabank';
  let sent = 0;
  const latencies: number[] = [];
  const transfer = async (): Promise<void> => {
    sent += 1;
    const number = String(sent).padStart(12, '0');
    const at = now();
    const body = JSON.stringify({
      partnerReferenceNo: `9${number}`,
      amount: { value: '1000.00', currency: 'IDR' },
      beneficiaryAccountNo: '8010001575',
      remark: `9${number}`,
      sourceAccountNo: '1234567890',
      transactionDate: at,
    });
    const digest = createHash('sha256').update(body).digest('hex');
    const text = `POST:${path}:${token}:${digest}:${at}`;
    const began = performance.now();
    const answer = await post(
      path,
      {
        authorization: `Bearer ${token}`,
        'x-timestamp': at,
        'x-signature': createHmac('sha512', secret).update(text).digest('base64'),
        'x-partner-id': 'FLOORCORPX',
        'x-external-id': `9${number}`,
        'channel-id': '95051',
      },
      body,
    );
    if (Object(answer).responseCode !== '2001700') {
      throw new Error(`the floor's transfer was refused: ${JSON.stringify(answer)}`);
    }
    latencies.push(performance.now() - began);
  };
  const began = performance.now();
  await Promise.all(
    Array.from({ length: work.atOnce }, async () => {
      while (sent < work.count) await transfer();
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  // One at a time tells the latency; the rate came from many at once.
  latencies.length = 0;
  for (let one = 0; one < 50; one += 1) await transfer();
  await agent.close();
  return {
    p50Ms: round(percentile(latencies, 0.5)),
    p99Ms: round(percentile(latencies, 0.99)),
    perSecond: round(work.count / seconds, 1),
  };
}
