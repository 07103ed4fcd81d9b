import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { startStand } from './stand.ts';
import type { Stand } from './stand.ts';

const BCA = '1234567890';
const BRI = '111231271284142';
const HKD = 'acct_SimCashbellHK0001:HKD';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
  // What the banks' default worlds hold is history; it is read once and rings nobody.
  await stand.pollNow();
});
afterAll(() => stand.stop());
afterEach(async () => {
  await stand.dingtalk.manage('DELETE', 'faults');
  await stand.banks.manage('DELETE', 'snap/faults');
  await stand.banks.manage('DELETE', 'airwallex/faults');
  await stand.database.pool.query(
    'UPDATE destination_meter SET blocked_until = NULL, failures = 0, next_look_at = NULL',
  );
});

const credit = (account: string, amount: string, more: object = {}): Record<string, unknown> => ({
  account,
  creditDebitIndicator: 'credit',
  amount,
  channel: 'va',
  ...more,
});

async function one<Row extends object>(text: string, values: unknown[] = []): Promise<Row> {
  const { rows } = await stand.database.pool.query<Row>(text, values);
  const [row] = rows;
  if (!row) throw new Error(`no row: ${text}`);
  return row;
}

describe('ring: pushes', () => {
  it('ring: history of before the connection is recorded and told to nobody', async () => {
    const { entries } = await one<{ entries: string }>('SELECT count(*) AS entries FROM entry');
    expect(Number(entries)).toBeGreaterThan(0);
    const { messages, cards } = await stand.books();
    expect([messages.length, cards.length]).toEqual([0, 0]);
  });

  it.each([
    ['BCA', BCA],
    ['BRI', BRI],
  ])('ring: a signed push of %s is a message in the right group, once', async (_bank, account) => {
    const reference = await stand.move(credit(account, '1250000.00'));
    const told = await stand.waitForTold(reference, 1);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('Treasury Indonesia');
    expect(told[0]).toContain('1,250,000.00');
  });

  it('ring: the bank gets its success only for what is on disk, in its own format', async () => {
    const reference = await stand.move(credit(BCA, '77000.00'));
    await stand.waitForTold(reference, 1);
    const row = await one<{ state: string; sealed: Buffer; verified_by: string }>(
      `SELECT i.state, i.sealed, i.verified_by FROM inbound i
       JOIN entry_version v ON v.inbound_id = i.inbound_id
       WHERE v.report->>'accountServicerReference' = $1`,
      [reference],
    );
    expect(row.state).toBe('processed');
    expect(row.verified_by).toContain('hmac');
    // Sealed: neither the reference nor the amount can be read in the row.
    expect(row.sealed.includes(reference)).toBe(false);
    const state = (await stand.banks.manage('GET', 'snap/callbacks')) as {
      callbacks?: { body?: string; answer?: string }[];
    };
    expect(JSON.stringify(state)).toContain('2002500');
  });

  it('ring: a push delivered three times is told once', async () => {
    const reference = await stand.move(credit(BCA, '81000.00'));
    await stand.waitForTold(reference, 1);
    await stand.banks.manage('POST', `movements/${reference}/push`);
    await stand.banks.manage('POST', `movements/${reference}/push`);
    await waitForPushes(reference, 3);
    await waitForQuiet();
    expect(await stand.toldOf(reference)).toHaveLength(1);
  });

  it('ring: a push and the statement that follows are one entry and one message', async () => {
    const reference = await stand.move(credit(BCA, '91000.00'));
    await stand.waitForTold(reference, 1);
    await stand.pollNow();
    await waitForQuiet();
    expect(await stand.toldOf(reference)).toHaveLength(1);
    const row = await one<{ entries: string; sources: string[] }>(
      `SELECT count(*) OVER () AS entries, sources FROM entry
       WHERE amount_minor_units = 9100000 AND credit_debit_indicator = 'credit'`,
    );
    expect(row.entries).toBe('1');
    expect(row.sources).toEqual(['push', 'statement']);
  });

  it('ring: a pending deposit is a card that becomes booked in place', async () => {
    const reference = await stand.move(credit(HKD, '8800.50', { status: 'pending' }));
    await stand.waitForTold(reference, 1);
    await stand.banks.manage('POST', `movements/${reference}/book`);
    const card = await waitFor(
      async () => {
        const { cards } = await stand.books();
        const found = cards.find(({ references }) => references.includes(reference));
        return found?.params['state'] === 'booked' ? found : undefined;
      },
      { what: 'the booked card' },
    );
    expect(card.updates).toHaveLength(1);
    expect(await stand.toldOf(reference)).toHaveLength(1);
  });

  it('ring: a deposit that is reversed says so on its card', async () => {
    const reference = await stand.move(credit(HKD, '120.00'));
    await stand.waitForTold(reference, 1);
    await stand.banks.manage('POST', `movements/${reference}/reverse`);
    await waitFor(
      async () => {
        const { cards } = await stand.books();
        return cards.some(
          ({ references, params }) =>
            references.includes(reference) && params['state'] === 'reversed',
        );
      },
      { what: 'the reversed card' },
    );
  });
});

describe('ring: polls', () => {
  it('ring: a movement that nobody pushed is told after the next statement', async () => {
    const reference = await stand.move({
      account: BCA,
      creditDebitIndicator: 'debit',
      amount: '45000.00',
      channel: 'statementOnly',
    });
    await stand.pollNow();
    const told = await stand.waitForTold(reference, 1);
    expect(told[0]).toContain('45,000.00');
    await stand.pollNow();
    await waitForQuiet();
    expect(await stand.toldOf(reference)).toHaveLength(1);
  });

  it('ring: a throttled bank does not move the window on, and the next poll finds it all', async () => {
    const before = await one<{ proven_until: Date }>(
      'SELECT proven_until FROM poll p JOIN account a USING (org_id, account_id) WHERE number = $1',
      [BRI],
    );
    await stand.banks.manage('POST', 'snap/faults', { name: 'throttle' });
    const reference = await stand.move({
      account: BRI,
      creditDebitIndicator: 'debit',
      amount: '52000.00',
      channel: 'statementOnly',
    });
    await stand.pollNow();
    const during = await one<{ proven_until: Date; last_code: string }>(
      `SELECT proven_until, last_code FROM poll p JOIN account a USING (org_id, account_id)
       WHERE number = $1`,
      [BRI],
    );
    expect(during.last_code).toBe('bank.throttled');
    expect(during.proven_until).toEqual(before.proven_until);
    await stand.banks.manage('DELETE', 'snap/faults/throttle');
    await stand.pollNow();
    await stand.waitForTold(reference, 1);
  });

  it('ring: pages of three are followed to the end', async () => {
    await stand.banks.manage('POST', 'snap/faults', { name: 'pageSize', size: 3 });
    const references: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      references.push(
        await stand.move({
          account: BRI,
          creditDebitIndicator: 'debit',
          amount: `${60_000 + index}.00`,
          channel: 'statementOnly',
        }),
      );
    }
    await stand.pollNow();
    for (const reference of references) await stand.waitForTold(reference, 1);
  });

  it('ring: a missing line is looked for again, and an alarm only when it stays missing', async () => {
    await stand.pollNow();
    await stand.banks.manage('POST', 'snap/faults', { name: 'statementGap', bank: 'bca' });
    for (const amount of ['61000.00', '62000.00', '63000.00', '64000.00']) {
      await stand.move({
        account: BCA,
        creditDebitIndicator: 'debit',
        amount,
        channel: 'statementOnly',
      });
    }
    await stand.pollNow();
    const first = await one<{ gap_since: Date | null }>(
      'SELECT gap_since FROM account WHERE number = $1',
      [BCA],
    );
    expect(first.gap_since).not.toBeNull();
    await stand.pollNow();
    await waitFor(
      async () => {
        const { rows } = await stand.database.pool.query(
          `SELECT 1 FROM alarm WHERE kind = 'statement.gap' AND closed_at IS NULL`,
        );
        return rows.length === 1;
      },
      { what: 'the gap alarm' },
    );
    await stand.banks.manage('DELETE', 'snap/faults/statementGap');
    await stand.pollNow();
    await waitFor(
      async () => {
        const { rows } = await stand.database.pool.query(
          `SELECT 1 FROM alarm WHERE kind = 'statement.gap' AND closed_at IS NOT NULL`,
        );
        return rows.length === 1;
      },
      { what: 'the end of the gap alarm' },
    );
  });
});

describe('ring: refusals', () => {
  it.each([
    ['callbackBadSignature', 'inbound.signatureInvalid'],
    ['callbackStaleTimestamp', 'inbound.timestampStale'],
    ['callbackFutureTimestamp', 'inbound.timestampFuture'],
    ['callbackReplayedExternalId', 'inbound.nonceReplayed'],
    ['callbackUnknownAccount', 'inbound.accountUnknown'],
    ['callbackNotJson', 'inbound.notJson'],
    ['callbackTooLarge', 'inbound.tooLarge'],
  ])('ring: %s is refused with %s, and the reason is kept', async (fault, code) => {
    // A replay needs a first use.
    const first = await stand.move(credit(BCA, '1000.00'));
    await stand.waitForTold(first, 1);
    await stand.banks.manage('POST', 'snap/faults', { name: fault, ms: 600_000 });
    await stand.move(credit(BCA, '2000.00'));
    await waitFor(
      async () => {
        const { rows } = await stand.database.pool.query(
          `SELECT 1 FROM inbound WHERE state = 'refused' AND refusal_code = $1`,
          [code],
        );
        return rows.length > 0;
      },
      { what: `a refusal ${code}` },
    );
  });

  it('ring: an address that is not on the list is refused', async () => {
    await stand.database.pool.query(
      `UPDATE connection SET allowed_addresses = '{203.0.113.7}' WHERE connection_id = $1`,
      [stand.connections['bri']],
    );
    stand.started.runtime.directory.forget();
    await stand.move(credit(BRI, '3000.00'));
    await waitFor(
      async () => {
        const { rows } = await stand.database.pool.query(
          `SELECT 1 FROM inbound WHERE refusal_code = 'inbound.addressNotAllowed'`,
        );
        return rows.length > 0;
      },
      { what: 'the refusal' },
    );
    await stand.database.pool.query(`UPDATE connection SET allowed_addresses = '{}'`);
    stand.started.runtime.directory.forget();
  });

  it('ring: what is authentic but cannot be read is quarantined, told, and re-run', async () => {
    await stand.banks.manage('POST', 'snap/faults', { name: 'callbackUnparseable', count: 1 });
    await stand.move(credit(BCA, '4000.00'));
    const { inbound_id } = await waitFor(
      async () => {
        const { rows } = await stand.database.pool.query<{ inbound_id: string }>(
          `SELECT inbound_id FROM inbound WHERE state = 'quarantined'`,
        );
        return rows[0];
      },
      { what: 'the quarantined message' },
    );
    const { attempts } = await one<{ attempts: number }>(
      'SELECT attempts FROM inbound WHERE inbound_id = $1',
      [inbound_id],
    );
    await stand.database.pool.query(`UPDATE inbound SET state = 'stored' WHERE inbound_id = $1`, [
      inbound_id,
    ]);
    await waitFor(
      async () => {
        const row = await one<{ attempts: number; state: string }>(
          'SELECT attempts, state FROM inbound WHERE inbound_id = $1',
          [inbound_id],
        );
        return row.attempts > attempts && row.state === 'quarantined';
      },
      { what: 'the second attempt' },
    );
  });
});

describe('ring: DingTalk in trouble', () => {
  it.each([
    'timeoutAfterAccepting',
    'timeoutBeforeAccepting',
    'serverError',
    'systemBusy',
    'outage',
  ])('ring: %s costs time, never a message, and tells once', async (fault) => {
    await stand.dingtalk.manage('POST', 'faults', { name: fault, count: 1 });
    const reference = await stand.move(credit(BCA, '5000.00'));
    await stand.waitForTold(reference, 1);
    await waitForQuiet();
    expect(await stand.toldOf(reference)).toHaveLength(1);
  });

  it('ring: a card whose answer was lost is not made twice', async () => {
    await stand.dingtalk.manage('POST', 'faults', {
      name: 'timeoutAfterAccepting',
      count: 1,
      path: 'card',
    });
    const reference = await stand.move(credit(HKD, '310.00'));
    await stand.waitForTold(reference, 1);
    await waitForQuiet();
    expect(await stand.toldOf(reference)).toHaveLength(1);
  });

  it('ring: an expired app token is renewed once and the card arrives', async () => {
    await stand.dingtalk.manage('POST', 'faults', { name: 'tokenExpired', count: 1 });
    const reference = await stand.move(credit(HKD, '320.00'));
    await stand.waitForTold(reference, 1);
  });

  it('ring: refused content fails the one message, is told elsewhere, and holds up nothing', async () => {
    await stand.dingtalk.manage('POST', 'faults', {
      name: 'contentRefused',
      count: 1,
      path: 'robot/send',
    });
    await stand.move(credit(BCA, '6000.00'));
    const failures = async (): Promise<string> =>
      (
        await one<{ failed: string }>(
          `SELECT count(*) AS failed FROM notice WHERE state = 'failed'`,
        )
      ).failed;
    // A slow machine would tell both in one message, which would then be refused as a whole.
    await waitFor(async () => (await failures()) === '1', { what: 'the refused message' });
    const next = await stand.move(credit(BCA, '6001.00'));
    await stand.waitForTold(next, 1);
    expect(await failures()).toBe('1');
    await waitFor(
      async () => {
        const { rows } = await stand.database.pool.query(
          `SELECT 1 FROM event WHERE kind = 'delivery.givenUp'`,
        );
        return rows.length === 1;
      },
      { what: 'the notice about it' },
    );
  });
});

/** Nothing is on its way any more. */
async function waitForQuiet(): Promise<void> {
  await waitFor(
    async () => {
      const { busy } = await one<{ busy: string }>(
        `SELECT (SELECT count(*) FROM inbound WHERE state = 'stored')
              + (SELECT count(*) FROM notice WHERE state IN ('waiting', 'sending')) AS busy`,
      );
      return busy === '0';
    },
    { what: 'quiet', deadlineMs: 30_000 },
  );
}

async function waitForPushes(reference: string, count: number): Promise<void> {
  await waitFor(
    async () => {
      const state = (await stand.banks.manage('GET', 'snap/state')) as {
        accounts: { movements: { reference: string; pushes: unknown[] }[] }[];
      };
      const movement = state.accounts
        .flatMap(({ movements }) => movements)
        .find((candidate) => candidate.reference === reference);
      return (movement?.pushes.length ?? 0) >= count;
    },
    { what: `${count} pushes of ${reference}` },
  );
}
