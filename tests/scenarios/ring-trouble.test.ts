import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/secret/ids.ts';
import { replaceRoutes } from '../../src/store/routes-admin.ts';
import { waitFor } from '../support/wait.ts';
import { startStand } from './stand.ts';
import type { Stand } from './stand.ts';

const BCA = '1234567890';
const BRI = '111231271284142';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand({ seed: 11 });
  await stand.pollNow();
});
afterAll(() => stand.stop());
afterEach(async () => {
  await stand.dingtalk.manage('DELETE', 'faults');
  await stand.banks.manage('DELETE', 'snap/faults');
  await mend();
});

/** As an administrator who mended a destination and takes its rest away. */
async function mend(): Promise<void> {
  await stand.database.pool.query(
    'UPDATE destination_meter SET blocked_until = NULL, next_look_at = NULL',
  );
}

const credit = (account: string, amount: string): Record<string, unknown> => ({
  account,
  creditDebitIndicator: 'credit',
  amount,
  channel: 'va',
});
const listed = (account: string, amount: string): Record<string, unknown> => ({
  account,
  creditDebitIndicator: 'debit',
  amount,
  channel: 'statementOnly',
});

const rowsOf = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await stand.database.pool.query<Row>(text, values)).rows;

async function waitForRow(what: string, text: string, values: unknown[] = []): Promise<void> {
  await waitFor(async () => (await rowsOf(text, values)).length > 0, { what, deadlineMs: 90_000 });
}

/** Nothing is on its way any more. */
async function waitForQuiet(): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await rowsOf<{ busy: string }>(
        `SELECT (SELECT count(*) FROM inbound WHERE state = 'stored')
              + (SELECT count(*) FROM notice WHERE state IN ('waiting', 'sending')) AS busy`,
      );
      return row?.busy === '0';
    },
    { what: 'quiet', deadlineMs: 30_000 },
  );
}

describe('ring: calls of banks in trouble', () => {
  it.each(['duplicateCallback', 'lateCallback', 'reorderedCallbacks'])(
    'ring: after %s each movement is told once',
    async (name) => {
      await stand.banks.manage('POST', 'snap/faults', { name, ms: 200, size: 3 });
      const references: string[] = [];
      for (let index = 0; index < 3; index += 1) {
        references.push(await stand.move(credit(BCA, `${70_000 + index}.00`)));
      }
      for (const reference of references) await stand.waitForTold(reference, 1);
      await waitForQuiet();
      for (const reference of references) {
        expect(await stand.toldOf(reference)).toHaveLength(1);
      }
    },
  );
});

describe('ring: statements in trouble', () => {
  it('ring: a line that a page repeats stays one, two real equal ones stay two', async () => {
    await stand.banks.manage('POST', 'snap/faults', {
      name: 'statementDuplicateLine',
      bank: 'bri',
    });
    const references = [
      await stand.move(listed(BRI, '33000.00')),
      await stand.move(listed(BRI, '33000.00')),
    ];
    await stand.pollNow();
    for (const reference of references) await stand.waitForTold(reference, 1);
    await waitForQuiet();
    const entries = await rowsOf(
      `SELECT 1 FROM entry e JOIN account a USING (org_id, account_id)
       WHERE a.number = $1 AND amount_minor_units = 3300000 AND credit_debit_indicator = 'debit'`,
      [BRI],
    );
    expect(entries).toHaveLength(2);
    for (const reference of references) expect(await stand.toldOf(reference)).toHaveLength(1);
  });

  it('ring: a line that the bank corrects is told as corrected, under the same entry', async () => {
    const reference = await stand.move(listed(BRI, '34000.00'));
    await stand.pollNow();
    await stand.waitForTold(reference, 1);
    await stand.banks.manage('POST', 'snap/faults', {
      name: 'correctedLine',
      bank: 'bri',
      count: 1,
    });
    await stand.pollNow();
    const told = await stand.waitForTold(reference, 2);
    expect(told[1]).toContain('corrected');
    const versions = await rowsOf<{ state: string }>(
      `SELECT v.state FROM entry_version v JOIN entry e USING (org_id, entry_id)
       WHERE e.amount_minor_units = 3400000 ORDER BY v.version`,
    );
    expect(versions.map(({ state }) => state)).toEqual(['booked', 'corrected']);
  });
});

describe('ring: a destination in trouble', () => {
  it('ring: a robot that somebody else used up rests ten minutes, and nothing is lost', async () => {
    await stand.dingtalk.manage('POST', 'faults', {
      name: 'errcodeUnder200',
      code: 130101,
      text: 'send too fast, exceed 20 times per minute',
      count: 1,
      path: 'robot/send',
    });
    const references = [await stand.move(credit(BCA, '41000.00'))];
    await waitForRow(
      'the rest of the robot',
      `SELECT 1 FROM destination_meter WHERE blocked_until > now() + interval '9 minutes'`,
    );
    references.push(await stand.move(credit(BCA, '42000.00')));
    await waitForRow(
      'the second notice',
      `SELECT 1 FROM notice n JOIN event e USING (org_id, event_id)
       WHERE n.state = 'waiting' AND e.fact->'amount'->>'value' = '42000.00'`,
    );
    expect(await stand.toldOf(references[0] ?? '')).toEqual([]);
    await mend();
    for (const reference of references) await stand.waitForTold(reference, 1);
  });

  it.each([
    ['quotaExhausted', 'dingtalk.quotaExhausted', 50],
    ['robotDisabled', 'dingtalk.robotDisabled', 0],
  ])('ring: %s is told elsewhere, waits, and says when it is over', async (name, code, minutes) => {
    await stand.dingtalk.manage('POST', 'faults', { name, path: 'robot/send' });
    const reference = await stand.move(credit(BCA, '51000.00'));
    await waitForRow(
      'the alarm',
      `SELECT 1 FROM alarm WHERE kind = 'delivery.failing' AND closed_at IS NULL
         AND details->>'code' = $1`,
      [code],
    );
    // The finance group hears of it; the robot that fails could not say so.
    const told = await waitFor(
      async () => {
        const { messages } = await stand.books();
        return messages.find(
          ({ group, text }) => group.includes('Finance') && text.includes('Treasury Indonesia'),
        );
      },
      { what: 'the alert in the finance group' },
    );
    expect(told.text).not.toContain('51,000.00');
    await waitForRow(
      'the rest',
      `SELECT 1 FROM destination_meter m JOIN notice n USING (org_id, destination_id)
       WHERE n.state = 'waiting' AND m.blocked_until > now() + make_interval(mins => $1)`,
      [minutes],
    );
    await stand.dingtalk.manage('DELETE', 'faults');
    await mend();
    await stand.waitForTold(reference, 1);
    await waitForRow(
      'the end of the alarm',
      `SELECT 1 FROM alarm WHERE kind = 'delivery.failing' AND closed_at IS NOT NULL
         AND details->>'code' = $1`,
      [code],
    );
    await waitForRow('its notice', `SELECT 1 FROM event WHERE kind = 'delivery.recovered'`);
    await waitForQuiet();
    expect(await stand.toldOf(reference)).toHaveLength(1);
  });

  it('ring: a lost answer followed by a refusal is told once', async () => {
    await stand.dingtalk.manage('POST', 'faults', {
      name: 'timeoutAfterAccepting',
      count: 1,
      path: 'robot/send',
    });
    const reference = await stand.move(credit(BCA, '52000.00'));
    await stand.waitForTold(reference, 1);
    await stand.dingtalk.manage('POST', 'faults', {
      name: 'robotDisabled',
      count: 1,
      path: 'robot/send',
    });
    await waitForRow(
      'the refused repetition',
      `SELECT 1 FROM delivery WHERE state = 'sending' AND attempts > 1`,
    );
    await waitFor(
      async () => {
        await mend();
        const [row] = await rowsOf<{ waiting: string }>(
          `SELECT count(*) AS waiting FROM notice WHERE state IN ('waiting', 'sending')`,
        );
        return row?.waiting === '0';
      },
      { what: 'the end', deadlineMs: 90_000 },
    );
    expect(await stand.toldOf(reference)).toHaveLength(1);
  });
});

describe('ring: who is told, when and how much', () => {
  const routes = async (children: Record<string, unknown>[]): Promise<void> => {
    const { services, directory } = stand.started.runtime;
    const tree = {
      routeId: newId('rte'),
      name: 'All',
      destinationIds: [stand.destinations.finance],
      children: children.map((child) => ({ routeId: newId('rte'), ...child })),
    };
    await replaceRoutes(services, { orgId: stand.orgId, tree }, 'test');
    directory.forget();
  };

  it('ring: each group sees as much as its route says', async () => {
    await routes([
      {
        name: 'Treasury',
        destinationIds: [stand.destinations.treasury],
        continueMatching: true,
        settings: { detail: 'full' },
      },
      {
        name: 'Sales',
        destinationIds: [stand.destinations.sales],
        settings: { detail: 'amountFree' },
      },
    ]);
    const reference = await stand.move(credit(BCA, '61234.00'));
    await stand.waitForTold(reference, 2);
    const { messages } = await stand.books();
    const told = messages.filter(({ references }) => references.includes(reference));
    const texts = Object.fromEntries(told.map(({ group, title, text }) => [group, title + text]));
    const [sales] = Object.entries(texts).filter(([group]) => group.includes('Sales'));
    const [treasury] = Object.entries(texts).filter(([group]) => group.includes('Treasury'));
    expect(treasury?.[1]).toContain('61,234.00');
    expect(sales?.[1]).not.toContain('61,234');
  });

  it('ring: what comes while it is quiet waits, and is told together afterwards', async () => {
    const hour = (offset: number): string =>
      new Date(Date.now() + offset * 3_600_000).toISOString().slice(11, 16);
    await routes([
      {
        name: 'Quiet treasury',
        destinationIds: [stand.destinations.treasury],
        settings: { muteTimes: [{ from: hour(-2), to: hour(2), zone: 'UTC' }] },
      },
    ]);
    const references = [
      await stand.move(credit(BCA, '71111.00')),
      await stand.move(credit(BRI, '72222.00')),
    ];
    await waitFor(
      async () =>
        (await rowsOf(`SELECT 1 FROM notice WHERE state = 'waiting' AND not_before > now()`))
          .length === 2,
      { what: 'two muted notices' },
    );
    for (const reference of references) expect(await stand.toldOf(reference)).toEqual([]);
    // The quiet ends.
    await stand.database.pool.query(`UPDATE notice SET not_before = now() WHERE state = 'waiting'`);
    await mend();
    for (const reference of references) await stand.waitForTold(reference, 1);
    const { messages } = await stand.books();
    const digest = messages.filter(({ references: told }) => told.includes(references[0] ?? ''));
    expect(digest).toHaveLength(1);
    expect(digest[0]?.references).toEqual(expect.arrayContaining(references));
  });
});
