// The floor of `bench ingest`: the same rows, one per transaction, by plain pg.
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import pg from 'pg';

interface InsertJob {
  readonly url: string;
  readonly orgId: string;
  readonly connectionId: string;
  readonly prefix: string;
  readonly connections: number;
  readonly seconds: number;
  readonly sealedBytes: number;
}

// One statement and so one journey and one commit for both rows: the best that plain pg can do.
const INSERT_SQL = `
WITH nonce AS (
  INSERT INTO floor_nonce (org_id, connection_id, nonce, inbound_id, message_key, used_at)
  VALUES ($1, $3, $10, $2, $11, $4)
)
INSERT INTO floor_inbound (org_id, inbound_id, connection_id, received_at, subpath, remote_address,
                           sealed, digest, verified_by, message_key, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $11, 'stored')`;

const lines = createInterface({ input: process.stdin });
process.stdout.write('{"url":null}\n');
for await (const line of lines) {
  const job: InsertJob = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await insert(job))}\n`);
}

async function insert(job: InsertJob): Promise<{ inserted: number; seconds: number }> {
  const clients = Array.from(
    { length: job.connections },
    () => new pg.Client({ connectionString: job.url, application_name: 'floor' }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  const sealed = randomBytes(job.sealedBytes);
  const digest = randomBytes(32);
  let inserted = 0;
  let next = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + job.seconds * 1000;
  const runOne = async (client: pg.Client): Promise<void> => {
    while (performance.now() < endsAt) {
      next += 1;
      const id = `inb_${job.prefix}${String(next).padStart(10, '0')}`;
      await client.query({
        name: 'floor',
        text: INSERT_SQL,
        values: [
          job.orgId,
          id,
          job.connectionId,
          new Date(),
          '/openapi/v1.0/transfer-va/payment',
          '127.0.0.1',
          sealed,
          digest,
          'hmac-sha512 base64, raw body',
          `${job.prefix}${next}:2026-11-23`,
          `25:${job.prefix}${next}`,
        ],
      });
      inserted += 1;
    }
  };
  await Promise.all(clients.map(runOne));
  const seconds = (performance.now() - startedAt) / 1000;
  await Promise.all(clients.map((client) => client.end()));
  return { inserted, seconds };
}
