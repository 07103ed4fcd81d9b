import type { Pool } from 'pg';

/**
 * Makes hours pass in seconds, by moving moments that our tables hold into the past; nobody's books are
 * touched. What a bank promises to show within a quarter of an hour is seen here within ten seconds.
 */
export interface TimeMachine {
  /** Processes that were killed: their leases are over. */
  bury(pid: number): void;
  turn(): Promise<void>;
}

/** Sent so long ago in truth, it counts as sent longer ago than a bank's window. */
const TRUE_AGE = '10 seconds';
const AGED_BY = '16 minutes';

/** DingTalk answers twenty calls a second, cards included: what waits for people is looked at less. */
const TURNS_OF_PEOPLE = 8;

export function createTimeMachine(pool: Pool): TimeMachine {
  const dead: number[] = [];
  let turns = 0;
  const endLeases = async (): Promise<void> => {
    if (dead.length === 0) return;
    const gone = `SELECT worker_id FROM worker WHERE pid = ANY($1::int[])`;
    for (const table of ['payment', 'dingtalk_stream']) {
      await pool.query(
        `UPDATE ${table} SET lease_until = now() - interval '1 second'
         WHERE lease_until > now() AND lease_owner IN (${gone})`,
        [dead],
      );
    }
  };
  return {
    bury: (pid) => dead.push(pid),
    turn: async () => {
      await endLeases();
      await pool.query(
        `UPDATE payment_attempt t SET sent_at = t.sent_at - interval '${AGED_BY}',
           intended_at = t.intended_at - interval '${AGED_BY}'
         FROM (
           SELECT p.org_id, p.payment_id FROM payment p WHERE p.state = 'unknown'
           FOR NO KEY UPDATE SKIP LOCKED
         ) p
         WHERE p.org_id = t.org_id AND p.payment_id = t.payment_id
           AND t.state = 'unknown' AND t.sent_at < now() - interval '${TRUE_AGE}'
           AND t.sent_at > now() - interval '${AGED_BY}'`,
      );
      await hurry(pool, ['submitted', 'unknown']);
      turns += 1;
      if (turns % TURNS_OF_PEOPLE !== 0) return;
      await hurry(pool, ['awaitingApproval', 'authorised', 'blocked']);
      await pool.query(`UPDATE approval_form SET next_sweep_at = now()`);
      await pool.query(
        `UPDATE dingtalk_event SET next_at = now() WHERE state = 'stored' AND next_at > now()`,
      );
    },
  };
}

/** Whatever is being worked on is left alone: it is looked at in the next turn. */
async function hurry(pool: Pool, states: readonly string[]): Promise<void> {
  await pool.query(
    `UPDATE payment p SET next_at = now() FROM (
       SELECT org_id, payment_id FROM payment
       WHERE next_at > now() + interval '2 seconds' AND state = ANY($1::text[])
       FOR NO KEY UPDATE SKIP LOCKED
     ) waiting WHERE p.org_id = waiting.org_id AND p.payment_id = waiting.payment_id`,
    [states],
  );
}

/** Returns after success are looked for once more, as they would be after an hour and after a day. */
export async function lookOnceMore(pool: Pool): Promise<void> {
  await pool.query(
    `UPDATE payment p SET next_at = now() FROM (
       SELECT org_id, payment_id FROM payment
       WHERE state IN ('confirmed', 'settled') AND next_at > now() FOR NO KEY UPDATE SKIP LOCKED
     ) ended WHERE p.org_id = ended.org_id AND p.payment_id = ended.payment_id`,
  );
}
