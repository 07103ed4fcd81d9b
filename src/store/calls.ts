import type { Pool } from 'pg';
import { newId } from '#secret/ids.ts';

/** A request that is about to be made. */
export interface NewCall {
  readonly orgId: string;
  readonly connectionId: string;
  readonly accountId?: string;
  readonly service: string;
  /** The bank's local day, in which its numbers must not repeat. */
  readonly day: string;
  readonly formatExternalId: (sequence: number) => string;
}

export interface BegunCall {
  readonly orgId: string;
  readonly callId: string;
  readonly externalId: string;
}

/**
 * Numbers calls and writes them down before their first byte leaves. Ids that went to a bank are
 * never lost with a crash: the counter is committed first, so a number is skipped rather than used
 * twice.
 */
export async function beginCalls(pool: Pool, calls: readonly NewCall[]): Promise<BegunCall[]> {
  const numbers = await takeNumbers(pool, calls);
  const begun = calls.map((call) => {
    const key = counterKey(call);
    const number = numbers.get(key) ?? 0;
    numbers.set(key, number + 1);
    return { ...call, callId: newId('cal'), externalId: call.formatExternalId(number) };
  });
  await pool.query({
    name: 'begin-calls',
    text: `INSERT INTO bank_call (org_id, call_id, connection_id, account_id, service, external_id,
             sent_at)
           SELECT *, $7::timestamptz
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])`,
    values: [
      begun.map(({ orgId }) => orgId),
      begun.map(({ callId }) => callId),
      begun.map(({ connectionId }) => connectionId),
      begun.map(({ accountId }) => accountId ?? null),
      begun.map(({ service }) => service),
      begun.map(({ externalId }) => externalId),
      new Date(),
    ],
  });
  return begun;
}

function counterKey(call: NewCall): string {
  return `${call.orgId}/${call.connectionId}/${call.day}`;
}

async function takeNumbers(pool: Pool, calls: readonly NewCall[]): Promise<Map<string, number>> {
  const counts = new Map<string, { call: NewCall; count: number }>();
  for (const call of calls) {
    const key = counterKey(call);
    const counter = counts.get(key) ?? { call, count: 0 };
    counter.count += 1;
    counts.set(key, counter);
  }
  const ordered = [...counts.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, counter]) => counter);
  const { rows } = await pool.query<{
    org_id: string;
    connection_id: string;
    day: string;
    last_number: string;
  }>({
    name: 'take-call-numbers',
    text: `INSERT INTO call_counter AS c (org_id, connection_id, day, last_number)
           SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::bigint[])
           ON CONFLICT (org_id, connection_id, day)
           DO UPDATE SET last_number = c.last_number + excluded.last_number
           RETURNING org_id, connection_id, day, last_number`,
    values: [
      ordered.map(({ call }) => call.orgId),
      ordered.map(({ call }) => call.connectionId),
      ordered.map(({ call }) => call.day),
      ordered.map(({ count }) => count),
    ],
  });
  return new Map(
    rows.map((row) => {
      const key = `${row.org_id}/${row.connection_id}/${row.day}`;
      const count = counts.get(key)?.count ?? 0;
      return [key, Number(row.last_number) - count + 1];
    }),
  );
}

/** What came back of a call. */
export interface FinishedCall {
  readonly orgId: string;
  readonly callId: string;
  readonly httpStatus?: number;
  readonly bankCode?: string;
  readonly code?: string;
}

export async function finishCalls(pool: Pool, calls: readonly FinishedCall[]): Promise<void> {
  await pool.query({
    name: 'finish-calls',
    text: `UPDATE bank_call c SET answered_at = $6, http_status = f.http_status,
                  bank_code = f.bank_code, code = f.code
           FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[])
             AS f (org_id, call_id, http_status, bank_code, code)
           WHERE c.org_id = f.org_id AND c.call_id = f.call_id`,
    values: [
      calls.map(({ orgId }) => orgId),
      calls.map(({ callId }) => callId),
      calls.map(({ httpStatus }) => httpStatus ?? null),
      calls.map(({ bankCode }) => bankCode ?? null),
      calls.map(({ code }) => code ?? null),
      new Date(),
    ],
  });
}
