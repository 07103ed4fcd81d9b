import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemNetwork } from '#engine/ladder/network.ts';
import { readSettings } from '#engine/settings.ts';
import { createTransport } from '#engine/transport.ts';
import { createToken } from '#store/tokens.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createPayWorld, payingBank } from '#tests/pay-world.ts';
import type { PayWorld } from '#tests/pay-world.ts';
import type { Terminal } from './context.ts';
import { runCommandLine } from './program.ts';

let database: TestDatabase;
let world: PayWorld;
let folder: string;
let maker: string;
let checker: string;
let payee: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPayWorld(database);
  folder = await mkdtemp(join(tmpdir(), 'cashbell-pay-'));
  maker = await token(await world.entitled('Maker', { 'payment.make': 'any' }));
  checker = await token(await world.entitled('Checker', { 'payment.approve': 'any' }));
  payee = await world.payee({ name: 'PT Maju Jaya', account: '111' });
});
afterAll(async () => {
  await world.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function token(personId?: string): Promise<string> {
  const { orgId } = world;
  const input = { orgId, name: 'test', scopes: ['write' as const], personId };
  return (await createToken(world.services, input, 'test')).token.reveal();
}

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(line: readonly string[], by?: string, isInteractive = false): Promise<Run> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    environment: by === undefined ? {} : { CASHBELL_TOKEN: by },
    isInteractive,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    readStdin: () => Promise.resolve(''),
    ask: () => Promise.resolve(''),
  };
  const code = await runCommandLine(line, terminal, () => {
    const transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'cashbell-test' });
    return Promise.resolve({
      services: {
        ...world.services,
        connectors: [payingBank],
        payments: world.deps,
        network: systemNetwork,
        allowedPrivateHosts: ['*'],
        transport,
      },
      settings: readSettings({}),
      close: () => transport.close(),
    });
  });
  return { code, out, err };
}

async function json(line: readonly string[], by = maker) {
  const done = await run([...line, '--json'], by);
  if (done.code !== 0) throw new Error(`${line.join(' ')}: ${done.err}`);
  return JSON.parse(done.out);
}

const account = () => ['--account', world.accounts[0]];
const request = (...more: readonly string[]) => [
  'payments',
  'request',
  ...account(),
  '--to',
  payee,
  '--amount',
  '1250000.50',
  ...more,
];

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('cli of payments', () => {
  test('cli: a payment is asked for by somebody who is signed in, shown and listed', async () => {
    const nobody = await run(request());
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('CASHBELL_TOKEN')]);
    const made = await json(request('--remark', 'Invoice 77'));
    expect(made).toMatchObject({ state: 'awaitingApproval', amount: '1250000.50', source: 'cli' });
    const shown = await run(['payments', 'show', made.paymentId]);
    expect(shown.out).toContain('IDR 1250000.50');
    expect(shown.out).toContain(made.digest);
    const list = await run(['payments', 'list', '--text', 'Invoice 77']);
    expect(list.out).toContain(made.paymentId);
    const proof = await run(['payments', 'proof', made.paymentId, '--language', 'id']);
    expect(proof.out).toContain('Bukti pembayaran');
  });

  test('cli: the same key makes one payment', async () => {
    const first = await json(request('--key', 'invoice-78'));
    const second = await json(request('--key', 'invoice-78'));
    expect(second.paymentId).toBe(first.paymentId);
    expect((await json(request())).paymentId).not.toBe((await json(request())).paymentId);
  });

  test('cli: a draft is sent for approval, and a payment is taken back', async () => {
    const draft = await json(request('--draft'));
    expect(draft.state).toBe('draft');
    const sent = await json(['payments', 'submit', draft.paymentId]);
    expect(sent.state).toBe('awaitingApproval');
    const gone = await run(['payments', 'cancel', draft.paymentId], maker);
    expect([gone.code, gone.out]).toEqual([0, 'Cancelled.\n']);
    await world.ask(`UPDATE payment SET state = 'settled' WHERE payment_id = $1`, [
      draft.paymentId,
    ]);
    const late = await run(['payments', 'cancel', draft.paymentId], maker);
    expect([late.code, late.err]).toEqual([1, expect.stringContaining('payment.cannotCancel')]);
  });

  test('cli: what is wrong is told with its field, and ends with another code', async () => {
    const wrong = await run([...request(), '--amount', '5.005'], maker);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('amount: has more')]);
    const usage = await run(['payments', 'request', '--to', payee], maker);
    expect(usage.code).toBe(2);
  });

  test('cli: a file is checked, imported, and decided about as one', async () => {
    const path = await file('gaji.csv', 'No. Rekening;Jumlah;Keterangan\n111;5,01;a\n111;6,02;b\n');
    const line = ['payments', 'import', path, ...account(), '--purpose', 'salary'];
    const dry = await run([...line, '--dry-run'], maker);
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('2 payments, IDR 11.03')]);
    const made = await json(line);
    const { batchId } = made.batch;
    expect(made.batch).toMatchObject({ name: 'gaji.csv', itemCount: 2 });
    const again = await run(line, maker);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining(batchId)]);
    const shown = await json(['payments', 'batch', batchId]);
    const digest = shown.waiting.approvalDigest;
    expect(shown.payments.items).toHaveLength(2);
    const approve = ['payments', 'approve-batch', batchId, '--digest', digest];
    expect((await run(approve, maker)).code).toBe(1);
    const said = await run(approve, checker);
    expect([said.code, said.out]).toEqual([0, 'agreed: 2 payments, IDR 11.03\n']);
    const taken = await run(['payments', 'cancel-batch', batchId], maker);
    expect(taken.out).toContain('2 cancelled');
    expect((await run(['payments', 'batches'])).out).toContain('cancelled 2 (IDR 11.03)');
  });

  test('cli: all problems of a file are listed with what to do, and nothing is written', async () => {
    const path = await file('wrong.csv', 'account,amount\n999,5\n111,x\n111,7\n');
    const line = ['payments', 'import', path, ...account()];
    const dry = await run([...line, '--dry-run'], maker);
    expect(dry.code).toBe(1);
    expect(dry.out).toContain('WHAT TO DO');
    expect(dry.out).toMatch(/3 +amount +is no amount +write only the number/);
    const refused = await run(line, maker);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('row 2 · beneficiary: is not registered');
    const partly = await json([...line, '--only-valid']);
    expect(partly.batch.itemCount).toBe(1);
    const missing = await run(
      ['payments', 'import', join(folder, 'none.csv'), ...account()],
      maker,
    );
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('ENOENT')]);
  });

  test('cli: people see how far a long file is, programs do not', async () => {
    const rows = Array.from({ length: 120 }, (_none, index) => `111,${index + 1}.11,row ${index}`);
    const path = await file('long.csv', `account,amount,remark\n${rows.join('\n')}`);
    const line = ['payments', 'import', path, ...account(), '--dry-run'];
    expect((await run(line, maker, true)).err).toContain('Checked 120 of 120 rows\n');
    expect((await run(line, maker)).err).toBe('');
  });

  test('cli: a recurring payment is previewed, added, paused and ended', async () => {
    const when = ['--rule', 'FREQ=MONTHLY;BYMONTHDAY=5', '--from', '2026-01-01', ...account()];
    const preview = await json(['payments', 'recurring', 'preview', ...when]);
    expect(preview.items).toHaveLength(12);
    const pay = ['--to', payee, '--amount', '5000000', '--purpose', 'rent', '--roll', 'preceding'];
    const made = await json(['payments', 'recurring', 'add', 'Rent', ...when, ...pay]);
    expect(made).toMatchObject({ name: 'Rent', state: 'active', roll: 'preceding' });
    const shown = await run(['payments', 'recurring', 'show', made.recurrenceId]);
    expect(shown.out).toContain('ASKED FOR ON');
    const paused = await json(['payments', 'recurring', 'pause', made.recurrenceId]);
    expect(paused.state).toBe('paused');
    await json(['payments', 'recurring', 'resume', made.recurrenceId]);
    await json(['payments', 'recurring', 'end', made.recurrenceId]);
    const list = await run(['payments', 'recurring', 'list']);
    expect(list.out).toMatch(/Rent +ended/);
    const wrong = await run(
      [
        'payments',
        'recurring',
        'preview',
        '--rule',
        'each month',
        '--from',
        '2026-01-01',
        ...account(),
      ],
      maker,
    );
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('no part of a rule')]);
  });

  test('cli: bank holidays are set, imported, listed and removed', async () => {
    const set = ['bank-holidays', 'set', 'cn', '2027-02-20', '--open', '--name', '调休'];
    expect((await run(set)).out).toBe('CN 2027-02-20: open\n');
    const path = await file('cn.csv', 'day,name\n2027-02-11,春节\n2027-02-12,春节\n');
    const read = await run(['bank-holidays', 'import', path, '--country', 'CN']);
    expect(read.out).toBe('2 days set.\n');
    const list = await run(['bank-holidays', 'list', 'CN', '--year', '2027']);
    expect(list.out).toMatch(/2027-02-20 +open +调休 +organisation/);
    expect(list.out).toContain('banks rest on Saturday and Sunday');
    const remove = ['bank-holidays', 'remove', 'CN', '2027-02-20'];
    expect((await run(remove)).code).toBe(0);
    expect((await run(remove)).code).toBe(1);
  });
});
