import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemNetwork } from '#engine/ladder/network.ts';
import { readSettings } from '#engine/settings.ts';
import { createTransport } from '#engine/transport.ts';
import type { MatchWorld } from '#flows/reconciliation/test-matching.ts';
import { createMatchWorld, invoice, line } from '#flows/reconciliation/test-matching.ts';
import { paymentsOf } from '#api/api.ts';
import type { PersonActor } from '#store/persons.ts';
import { createToken } from '#store/tokens.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { storyBank } from '#tests/story-bank.ts';
import type { Terminal } from './context.ts';
import { runCommandLine } from './program.ts';

let database: TestDatabase;
let world: MatchWorld;
let decider: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createMatchWorld(database);
  await world.entitle(world.decider, 'tolerance.propose', 'period.lock', 'period.reopen');
  decider = await token(world.decider);
});
afterAll(() => database.drop());

async function token({ personId }: PersonActor): Promise<string> {
  const input = { orgId: world.orgId, name: 'test', scopes: ['write' as const], personId };
  return (await createToken(world.services, input, 'test')).token.reveal();
}

/** What a command prints; a failure of it fails the test. */
async function run(text: string, by = decider): Promise<string> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    environment: { CASHBELL_TOKEN: by },
    isInteractive: false,
    write: (written) => {
      out += written;
    },
    writeError: (written) => {
      err += written;
    },
    readStdin: () => Promise.resolve(''),
    ask: () => Promise.resolve(''),
  };
  const words = (text.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
  const code = await runCommandLine(words, terminal, () => {
    const transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'cashbell-test' });
    const { services } = world;
    const connectors = [storyBank];
    const payments = paymentsOf({ services, transport, connectors });
    return Promise.resolve({
      services: {
        ...services,
        connectors,
        payments,
        transport,
        network: systemNetwork,
        allowedPrivateHosts: ['*'],
      },
      settings: readSettings({}),
      close: () => transport.close(),
    });
  });
  if (code !== 0) throw new Error(`${text}: ${code} ${err}`);
  return out;
}

const json = async (text: string): Promise<Record<string, unknown>> =>
  JSON.parse(await run(`${text} --json`));

describe('match commands', () => {
  test('match: a run is looked at, posted as it was shown, and taken back', async () => {
    await world.bringIn(line('100.00', 'INV-1001'), line('55.00', 'bunga'));
    await world.expectItems(invoice('INV-1001', '100.00'));
    const preview = await json('match preview');
    expect(preview).toMatchObject({ counts: { automatic: 1, suggested: 0, open: 1 } });
    expect(await run('match preview')).toContain('The amount is the same');
    const made = await json(`match run --digest ${String(preview['digest'])}`);
    expect(made).toMatchObject({ counts: { automatic: 1 } });
    expect(await run('match list --state standing')).toContain('INV-1001');
    expect(await run('match evaluate')).toContain('precision 100.00 %');
    const undone = await run(`match undo ${String(made['runId'])} --reason "wrong file"`);
    expect(undone).toContain('1 matches were taken back');
    expect(await run('match runs')).toContain('20');
  });

  test('match: what is open is listed, assigned, matched by hand or exempted', async () => {
    const open = await json('match open');
    expect(open).toMatchObject({ items: [{ ageDays: expect.any(Number) }, {}] });
    const [entryId = '', interest = ''] = await world.entryIds();
    const [item] = await world.items();
    const { personId } = world.stranger;
    await run(`match assign ${entryId} --to ${personId} --note "asked the bank"`);
    expect(await run('match open')).toContain('asked the bank');
    const linked = await json(`match link "${entryId}:${item?.item_id ?? ''}:IDR 60.00"`);
    expect(linked).toMatchObject({ state: 'standing', basis: 'person' });
    expect(await run(`match show ${String(linked['matchId'])}`)).toContain('IDR 60.00');
    await run(`match exempt ${interest} --reason "interest"`);
    expect(await run('match open')).not.toContain(interest);
    await run(`match exempt ${interest} --reason "it was none" --end`);
    await run(`match undo ${String(linked['matchId'])} --reason "typed wrong"`);
  });

  test('match: settings, rules, periods and what was learnt', async () => {
    expect(await run('match settings --precision 0.998 --automatic off')).toContain('off');
    expect(await json('match settings')).toMatchObject({ statedPrecision: 0.998 });
    await run('match settings --automatic on');
    const rule = await json(
      'match tolerance add Rounding "IDR 5.00" --cap "IDR 50.00" --ledger 7990',
    );
    expect(rule).toMatchObject({ state: 'proposed', limit: { amount: '5.00' } });
    await expect(run(`match tolerance confirm ${String(rule['ruleId'])}`)).rejects.toThrow();
    expect(await run('match tolerance list')).toContain('Rounding');
    await run(`match tolerance remove ${String(rule['ruleId'])}`);
    const lock = await json(
      `match lock ${world.accounts[1]} --until 2026-10-31 --reason "October closed"`,
    );
    expect(await run('match locks')).toContain('2026-10-31');
    await run(`match reopen ${String(lock['lockId'])} --reason "late line"`);
    expect(await run('match locks')).toContain('No period is locked');
    const { items } = await json('match aliases');
    expect(items).not.toEqual([]);
  });
});
