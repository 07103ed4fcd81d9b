import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemNetwork } from '#engine/ladder/network.ts';
import { createToken } from '#store/tokens.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createPayWorld, payingBank } from '#tests/pay-world.ts';
import type { PayWorld } from '#tests/pay-world.ts';
import { buildApiServer } from './app.ts';

let database: TestDatabase;
let world: PayWorld;
let app: FastifyInstance;
let machine: string;
let maker: string;
let checker: string;
let makerId: string;
let payee: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPayWorld(database);
  app = await buildApiServer({
    ...world.services,
    connectors: [payingBank],
    transport: world.transport,
    payments: world.deps,
    network: systemNetwork,
    allowedPrivateHosts: ['*'],
    probe: () => Promise.resolve({ accepted: false, code: 'dingtalk.robotTokenInvalid' }),
    unpackInbound: (packed) => ({ headers: {}, body: packed }),
  });
  machine = await token();
  makerId = await world.entitled('Maker', { 'payment.make': 'any' });
  maker = await token(makerId);
  checker = await token(await world.entitled('Checker', { 'payment.approve': 'any' }));
  payee = await world.payee({ name: 'PT Maju Jaya', account: '111' });
  await world.payee({ name: 'CV Elsewhere', account: '333', agent: 'BRINIDJA' });
});
afterAll(async () => {
  await app.close();
  await world.close();
  await database.drop();
});

async function token(
  personId?: string,
  scopes: readonly ('read' | 'write' | 'admin')[] = ['write'],
): Promise<string> {
  const { orgId } = world;
  const made = await createToken(world.services, { orgId, name: 'test', scopes, personId }, 'test');
  return made.token.reveal();
}

interface Call {
  readonly key?: string;
  readonly language?: string;
  readonly type?: string;
}

function call(
  by: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
  { key, language, type }: Call = {},
): Promise<LightMyRequestResponse> {
  const options: InjectOptions = {
    method,
    url: `/api/v1${path}`,
    headers: {
      authorization: `Bearer ${by}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(language === undefined ? {} : { 'accept-language': language }),
      ...(type === undefined ? {} : { 'content-type': type }),
    },
  };
  return app.inject(body === undefined ? options : { ...options, payload: body });
}

let keys = 0;
function ask(changes: Record<string, unknown> = {}, by = maker, key?: string) {
  keys += 1;
  const body = {
    accountId: world.accounts[0],
    beneficiaryId: payee,
    amount: '1250000.50',
    purpose: 'supplier',
    remittanceInformation: `Invoice ${keys}`,
    ...changes,
  };
  return call(by, 'POST', '/payments', body, { key: key ?? `test-key-${keys}` });
}

/** Code of a refusal, and its problems as `field: problem`. */
function problemOf(answer: LightMyRequestResponse): readonly [number, string, string[]] {
  const { code, errors = [] } = answer.json();
  return [
    answer.statusCode,
    code,
    errors.map(({ field, problem }: Record<string, string>) => `${field}: ${problem}`),
  ];
}

describe('payments', () => {
  test('api: a payment is asked for, found again, and told with why it waits', async () => {
    const asked = await ask();
    expect(asked.statusCode).toBe(201);
    const { paymentId } = asked.json();
    expect(asked.json()).toMatchObject({
      state: 'awaitingApproval',
      amount: '1250000.50',
      currency: 'IDR',
      maker: makerId,
      source: 'api',
      rail: 'intrabank',
      creditor: { name: 'PT Maju Jaya', account: '111', country: 'ID' },
    });
    const detail = (await call(machine, 'GET', `/payments/${paymentId}`)).json();
    expect(detail).toMatchObject({ paymentId, attempts: [], approvals: [], decisions: [] });
    expect(detail.steps).toMatchObject([{ happening: 'requested', actor: makerId }]);
  });

  test('api: the same key asks once, also after the stored answer is gone', async () => {
    const first = await ask({ remittanceInformation: 'once' }, maker, 'the-same-key');
    const repeated = await ask({ remittanceInformation: 'once' }, maker, 'the-same-key');
    expect(repeated.json().paymentId).toBe(first.json().paymentId);
    expect(repeated.headers['idempotency-replayed']).toBe('true');
    await database.pool.query('DELETE FROM api_answer');
    const later = await ask({ remittanceInformation: 'once' }, maker, 'the-same-key');
    expect([later.statusCode, later.json().paymentId]).toEqual([200, first.json().paymentId]);
    await database.pool.query('DELETE FROM api_answer');
    const other = await ask({ amount: '7', remittanceInformation: 'once' }, maker, 'the-same-key');
    expect(problemOf(other).slice(0, 2)).toEqual([409, 'api.conflict']);
    // Another caller's key is another key.
    const machines = await ask({ remittanceInformation: 'once' }, machine, 'the-same-key');
    expect(machines.json().paymentId).not.toBe(first.json().paymentId);
  });

  test('api: a key is required', async () => {
    const answer = await call(maker, 'POST', '/payments', {
      accountId: world.accounts[0],
      beneficiaryId: payee,
      amount: '5',
      purpose: 'other',
    });
    expect(problemOf(answer)).toEqual([
      400,
      'api.invalid',
      [
        'Idempotency-Key: is missing: send one of your own, and the same one when you repeat this request',
      ],
    ]);
  });

  test.each<[string, Record<string, unknown>, number, string, RegExp]>([
    ['an amount as a number', { amount: 5 }, 400, 'api.invalid', /^amount: /],
    [
      'more decimals than the currency has',
      { amount: '5.005' },
      400,
      'payment.invalid',
      /^amount: has more decimals/,
    ],
    ['nothing', { amount: '0' }, 400, 'payment.invalid', /^amount: must be more than zero/],
    ['another currency', { currency: 'USD' }, 400, 'payment.invalid', /^currency: must be IDR/],
    [
      'nobody',
      { beneficiaryId: undefined },
      400,
      'payment.invalid',
      /^creditorAccount: is missing/,
    ],
    [
      'two payees at once',
      { creditorAccount: '333' },
      400,
      'payment.invalid',
      /^beneficiaryId: must not stand/,
    ],
    [
      'somebody who is not registered',
      { beneficiaryId: undefined, creditorAccount: '999' },
      409,
      'payment.beneficiaryUnknown',
      /^beneficiary: is not registered/,
    ],
    [
      "another one's name",
      { beneficiaryId: undefined, creditorAccount: '111', creditorName: 'Siti Rahma' },
      400,
      'payment.invalid',
      /^creditorName: is not the registered holder/,
    ],
    [
      'a day of no calendar',
      { requestedExecutionDate: '2026-02-30' },
      400,
      'api.invalid',
      /^requestedExecutionDate/,
    ],
    ['a field that does not exist', { approve: true }, 400, 'api.invalid', /approve/],
    [
      'too long a text',
      { remittanceInformation: 'x'.repeat(61) },
      400,
      'payment.invalid',
      /^remittanceInformation: must be at most 60/,
    ],
    ['an account of others', { accountId: 'acc_0000000000' }, 404, 'api.notFound', /.*/],
  ])('api: %s is refused with the field', async (_title, changes, status, code, problem) => {
    const answer = await ask(changes);
    const [gotStatus, gotCode, problems] = problemOf(answer);
    expect([gotStatus, gotCode]).toEqual([status, code]);
    expect(problems.join('\n')).toMatch(problem);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  test('api: who has no right cannot ask, a reading token neither; a machine may', async () => {
    const stranger = await token(await world.entitled('Stranger', {}));
    expect(problemOf(await ask({}, stranger)).slice(0, 2)).toEqual([403, 'payment.notEntitled']);
    const reader = await token(undefined, ['read']);
    expect(problemOf(await ask({}, reader)).slice(0, 2)).toEqual([403, 'api.forbidden']);
    expect((await ask({}, machine)).json().maker).toMatch(/^token:tok_/);
  });

  test('api: a day on which banks rest is moved when it is said how, and shown', async () => {
    const { rows } = await database.pool.query<{ day: string }>(
      `SELECT (current_date + ((13 - extract(isodow FROM current_date)::integer) % 7 + 7))::text AS day`,
    );
    const saturday = rows[0]?.day ?? '';
    const plain = (await ask({ requestedExecutionDate: saturday })).json();
    expect(plain.requestedExecutionDate).toBe(saturday);
    const rolled = (await ask({ requestedExecutionDate: saturday, roll: 'following' })).json();
    expect(new Date(rolled.requestedExecutionDate).getTime()).toBeGreaterThan(
      new Date(saturday).getTime(),
    );
    // Settlement in real time takes business days only; the answer says when it opens.
    const gross = (
      await ask({
        beneficiaryId: undefined,
        creditorAccount: '333',
        requestedExecutionDate: saturday,
      })
    ).json();
    expect(gross.rail).toBe('urgent');
    expect(Date.parse(gross.opensAt)).toBeGreaterThan(Date.parse(`${saturday}T23:59:59+07:00`));
  });

  test('api: payments are listed by filter and page, each once', async () => {
    const remark = 'listed together';
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const { paymentId } = (await ask({ remittanceInformation: `${remark} ${count}` })).json();
      ids.unshift(paymentId);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const path = `/payments?limit=2&text=${encodeURIComponent(remark)}${cursor === undefined ? '' : `&cursor=${cursor}`}`;
      const page = (await call(machine, 'GET', path)).json();
      seen.push(...page.items.map((item: { paymentId: string }) => item.paymentId));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(ids);
    const none = await call(machine, 'GET', '/payments?state=settled');
    expect(none.json()).toEqual({ items: [] });
    const byAccount = await call(machine, 'GET', '/payments?text=111&limit=1');
    expect(byAccount.json().items).toHaveLength(1);
    const wrong = await call(machine, 'GET', '/payments?cursor=bm90IG91cnM');
    expect(problemOf(wrong).slice(0, 2)).toEqual([400, 'api.invalid']);
  });

  test('api: another organisation sees nothing of it', async () => {
    const { paymentId } = (await ask()).json();
    const others = await call(machine, 'GET', `/payments/${paymentId.slice(0, -2)}zz`);
    expect(problemOf(others).slice(0, 2)).toEqual([404, 'payment.notFound']);
  });

  test('api: a draft asks nobody until it is sent for approval', async () => {
    const draft = (await ask({ draft: true })).json();
    expect(draft.state).toBe('draft');
    const sent = await call(maker, 'POST', `/payments/${draft.paymentId}/submit`);
    expect(sent.json().state).toBe('awaitingApproval');
  });

  test('api: a payment is taken back by its maker, and a second time changes nothing', async () => {
    const { paymentId } = (await ask()).json();
    const path = `/payments/${paymentId}/cancel`;
    const stranger = await token(await world.entitled('Nobody', {}));
    expect(problemOf(await call(stranger, 'POST', path, {})).slice(0, 2)).toEqual([
      403,
      'payment.notEntitled',
    ]);
    const first = await call(maker, 'POST', path, { remark: 'paid in cash' });
    expect(first.json()).toMatchObject({ outcome: 'cancelled', payment: { state: 'cancelled' } });
    expect((await call(maker, 'POST', path, {})).statusCode).toBe(200);
    await database.pool.query(`UPDATE payment SET state = 'settled' WHERE payment_id = $1`, [
      paymentId,
    ]);
    const late = await call(maker, 'POST', path, {}, { language: 'id' });
    expect([late.statusCode, late.json().code]).toEqual([409, 'payment.cannotCancel']);
    expect(late.json().detail).toContain('minta penerima mengembalikan dananya');
  });

  test('api: the reason why it is held back is a sentence in the language of the caller', async () => {
    const { paymentId } = (await ask()).json();
    await database.pool.query(
      `UPDATE payment SET state = 'blocked', reason_code = 'payment.stopped',
         reason_details = '{"reason":"laptop stolen"}' WHERE payment_id = $1`,
      [paymentId],
    );
    const read = async (language: string) =>
      (await call(machine, 'GET', `/payments/${paymentId}`, undefined, { language })).json();
    expect(await read('en')).toMatchObject({
      reasonCode: 'payment.stopped',
      reason: expect.stringContaining('laptop stolen'),
    });
    expect((await read('zh-CN')).reason).not.toBe((await read('en')).reason);
  });

  test('api: the proof says what bank and statement say, and what they do not say', async () => {
    const { paymentId, endToEndId } = (await ask({ remittanceInformation: 'Invoice 77' })).json();
    const before = (await call(machine, 'GET', `/payments/${paymentId}/proof`)).json();
    expect(before).not.toHaveProperty('bank');
    expect(before.text).toContain('The bank says: nothing yet');
    expect(before.text).toContain('On the statement: no debit seen yet');
    await database.pool.query(
      `INSERT INTO entry (org_id, entry_id, account_id, version, state, credit_debit_indicator,
         amount_minor_units, currency, booking_date, remittance_information, sources, position,
         seen_at)
       VALUES ($1, 'ent_proof', $2, 1, 'booked', 'debit', 125000050, 'IDR', '2026-11-23',
         $3, '{statement}', 1, now())`,
      [world.orgId, world.accounts[0], `TRSF ${endToEndId} PT MAJU`],
    );
    await database.pool.query(
      `UPDATE payment SET state = 'settled', transfer_status = 'settled', bank_reference = 'BR-1',
         bank_code = '2001700', bank_message = 'Successful', settlement_entry_id = 'ent_proof'
       WHERE payment_id = $1`,
      [paymentId],
    );
    const proof = (await call(machine, 'GET', `/payments/${paymentId}/proof`)).json();
    expect(proof).toMatchObject({
      state: 'settled',
      environment: 'sandbox',
      bank: { status: 'settled', bankReference: 'BR-1', bankCode: '2001700' },
      debit: { entryId: 'ent_proof', bookingDate: '2026-11-23', amount: '1250000.50' },
      endToEndId,
    });
    const plain = proof.text.replaceAll(/[\u2066-\u2069]/g, '').replaceAll('\u00a0', ' ');
    expect(plain).toContain('Proof of payment (sandbox)');
    expect(plain).toContain('The bank says: settled · BR-1 · 2001700 · Successful');
    expect(plain).toContain(
      `On the statement: 23 Nov 2026 · −IDR 1,250,000.50 · TRSF ${endToEndId} PT MAJU`,
    );
    const arabic = await call(machine, 'GET', `/payments/${paymentId}/proof`, undefined, {
      language: 'ar',
    });
    expect(arabic.json().text).toContain('إثبات الدفع');
  });
});

describe('batches', () => {
  const rows = (...amounts: readonly string[]) =>
    amounts.map((amount, index) => ({
      creditorAccount: '111',
      amount,
      remittanceInformation: `Row ${index}`,
    }));
  const csv = { type: 'text/csv' };
  const filePath = (query = '') =>
    `/payment-batches/files?accountId=${world.accounts[0]}&purpose=salary${query}`;

  test('api: a batch out of rows is approved as one, by another person', async () => {
    const body = { accountId: world.accounts[0], name: 'Salaries', rows: rows('5.01', '6.02') };
    const dry = await call(maker, 'POST', '/payment-batches', { ...body, dryRun: true });
    expect([dry.statusCode, dry.json()]).toEqual([
      200,
      { validRows: 2, total: { amount: '11.03', currency: 'IDR' }, problems: [] },
    ]);
    const made = await call(maker, 'POST', '/payment-batches', body);
    expect(made.statusCode).toBe(201);
    const { batchId } = made.json().batch;
    const path = `/payment-batches/${batchId}`;
    const detail = (await call(machine, 'GET', path)).json();
    expect(detail).toMatchObject({
      name: 'Salaries',
      itemCount: 2,
      total: { amount: '11.03', currency: 'IDR' },
      counts: [{ state: 'awaitingApproval', count: 2, sum: { amount: '11.03' } }],
      waiting: { count: 2 },
    });
    const page = (await call(machine, 'GET', `${path}/payments?limit=1`)).json();
    const rest = (await call(machine, 'GET', `${path}/payments?cursor=${page.nextCursor}`)).json();
    expect([...page.items, ...rest.items].map((item) => [item.batchItem, item.amount])).toEqual([
      [1, '5.01'],
      [2, '6.02'],
    ]);
    const digest = detail.waiting.approvalDigest;
    const self = await call(maker, 'POST', `${path}/approve`, { digest });
    expect(self.statusCode).toBe(403);
    const stale = await call(checker, 'POST', `${path}/approve`, { digest: 'older' });
    expect(problemOf(stale).slice(0, 2)).toEqual([409, 'payment.contentChanged']);
    const machines = await call(machine, 'POST', `${path}/approve`, { digest });
    expect(problemOf(machines).slice(0, 2)).toEqual([403, 'api.forbidden']);
    const said = await call(checker, 'POST', `${path}/approve`, { digest });
    expect(said.json()).toEqual({ decided: 2, total: { amount: '11.03', currency: 'IDR' } });
    const list = (await call(machine, 'GET', '/payment-batches?limit=1')).json();
    expect(list.items[0]).toMatchObject({ batchId });
  });

  test('api: every problem of a batch is told, with its row, and nothing is written', async () => {
    const body = {
      accountId: world.accounts[0],
      rows: [
        { creditorAccount: '999', amount: '5' },
        { creditorAccount: '111', amount: '5.005', purpose: 'fun' },
      ],
    };
    const answer = await call(maker, 'POST', '/payment-batches', body);
    expect(problemOf(answer)).toEqual([
      400,
      'batch.rowInvalid',
      [
        expect.stringMatching(/^row 1 · beneficiary: is not registered/),
        'row 2 · amount: has more decimals than the 2 of IDR; round it',
        expect.stringMatching(/^row 2 · purpose: is none of the known ones; write one of supplier/),
      ],
    ]);
    const partly = { ...body, rows: [...body.rows, ...rows('7.07')], onlyValid: true };
    const made = (await call(maker, 'POST', '/payment-batches', partly)).json();
    expect([made.batch.itemCount, made.problems.length, made.validRows]).toEqual([1, 3, 1]);
  });

  test('api: a file is uploaded as it is, and a second time is refused', async () => {
    const file = Buffer.from('No. Rekening;Jumlah;Keterangan\n111;1.250.000,00;Gaji\n');
    const made = await call(maker, 'POST', filePath('&fileName=gaji.csv'), file, csv);
    expect([made.statusCode, made.json().batch]).toMatchObject([
      201,
      { fileName: 'gaji.csv', name: 'gaji.csv', total: { amount: '1250000.00' } },
    ]);
    const again = await call(maker, 'POST', filePath('&fileName=gaji2.csv'), file, csv);
    expect(problemOf(again).slice(0, 2)).toEqual([409, 'batch.repeated']);
    const meant = await call(maker, 'POST', filePath('&repeat=true'), file, csv);
    expect(meant.statusCode).toBe(201);
    const mapped = Buffer.from('Konto,Betrag,Notiz\n111,9,x\n');
    const dry = await call(
      maker,
      'POST',
      filePath('&dryRun=true&columns=creditorAccount%3DKonto,amount%3DBetrag&ignore=Notiz'),
      mapped,
      csv,
    );
    expect(dry.json()).toMatchObject({ validRows: 1, problems: [] });
  });

  test('api: a workbook is uploaded as it is', async () => {
    const { writeXlsx } = await import('hucre/xlsx');
    const book = await writeXlsx({
      sheets: [
        {
          name: 'Pay',
          rows: [
            ['account', 'amount', 'remark'],
            ['111', 77.25, 'from a sheet'],
          ],
        },
      ],
    });
    const made = await call(maker, 'POST', filePath(), Buffer.from(book), {
      type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    });
    expect(made.json().batch).toMatchObject({ total: { amount: '77.25' }, name: 'Batch' });
  });

  test.each<[string, string, object, Call, number, string]>([
    ['JSON in the place of a file', '', { a: 1 }, {}, 400, 'api.invalid'],
    ['a picture', '', Buffer.from('89504e470d0a1a0a', 'hex'), csv, 400, 'batch.fileUnreadable'],
    ['a file without a head', '', Buffer.from('1,2\n3,4'), csv, 400, 'batch.fileUnreadable'],
    ['too large a file', '', Buffer.alloc(5 * 1024 * 1024 + 2, 'a'), csv, 413, 'api.tooLarge'],
    ['a column mapped to nothing', '&columns=betrag', Buffer.from('x'), csv, 400, 'api.invalid'],
  ])('api: %s is refused', async (_title, query, body, options, status, code) => {
    const answer = await call(maker, 'POST', filePath(query), body, options);
    expect(problemOf(answer).slice(0, 2)).toEqual([status, code]);
  });

  test('api: a file in the place of JSON is refused', async () => {
    const answer = await call(maker, 'POST', '/payments', Buffer.from('a,b'), {
      ...csv,
      key: 'file-in-place-of-json',
    });
    expect(problemOf(answer).slice(0, 2)).toEqual([400, 'api.invalid']);
  });

  test('api: a batch of drafts is sent for approval, and taken back as far as that goes', async () => {
    const body = { accountId: world.accounts[0], rows: rows('8.01', '8.02'), draft: true };
    const { batch } = (await call(maker, 'POST', '/payment-batches', body)).json();
    const path = `/payment-batches/${batch.batchId}`;
    expect(batch.counts).toMatchObject([{ state: 'draft', count: 2 }]);
    const sent = (await call(maker, 'POST', `${path}/submit`)).json();
    expect(sent.waiting.count).toBe(2);
    await database.pool.query(
      `UPDATE payment SET state = 'settled' WHERE batch_id = $1 AND batch_item = 1`,
      [batch.batchId],
    );
    const taken = (await call(maker, 'POST', `${path}/cancel`, { remark: 'wrong month' })).json();
    expect(taken).toMatchObject({
      cancelled: 1,
      bankAsked: 0,
      kept: [{ item: 1, reason: expect.stringContaining('ask the creditor') }],
    });
  });
});

describe('recurring payments', () => {
  test('api: one is previewed, added, paused, resumed and ended', async () => {
    const when = {
      accountId: world.accounts[0],
      rule: 'FREQ=MONTHLY;BYMONTHDAY=-1',
      firstDate: '2026-01-01',
      roll: 'preceding',
    };
    const preview = (await call(machine, 'POST', '/recurring-payments/preview', when)).json();
    expect(preview.items).toHaveLength(12);
    expect(preview.warning).toContain('estimates');
    const template = { beneficiaryId: payee, amount: '5000000', purpose: 'rent' };
    const body = { ...when, name: 'Rent', template };
    const made = await call(maker, 'POST', '/recurring-payments', body);
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ state: 'active', leadDays: 2, next: preview.items });
    const path = `/recurring-payments/${made.json().recurrenceId}`;
    for (const [word, state] of [
      ['pause', 'paused'],
      ['resume', 'active'],
      ['end', 'ended'],
    ]) {
      const moved = await call(maker, 'POST', `${path}/${word}`);
      expect([moved.statusCode, moved.json().state]).toEqual([200, state]);
    }
    expect((await call(machine, 'GET', path)).json()).toMatchObject({ state: 'ended', next: [] });
    const list = await call(machine, 'GET', '/recurring-payments?state=ended');
    expect(list.json().items).toHaveLength(1);
    const wrong = await call(maker, 'POST', '/recurring-payments', {
      ...body,
      rule: 'FREQ=HOURLY',
    });
    expect(problemOf(wrong)).toEqual([400, 'api.invalid', ['rule: FREQ cannot be "HOURLY"']]);
  });
});

describe('bank calendar', () => {
  test('api: days are set one by one or by a file, listed, and taken back', async () => {
    const admin = await token(undefined, ['admin']);
    const item = { country: 'cn', day: '2026-10-05', isOpen: false, name: '国庆节' };
    expect((await call(maker, 'POST', '/bank-holidays', { items: [item] })).statusCode).toBe(403);
    const set = await call(admin, 'POST', '/bank-holidays', { items: [item] });
    expect(set.json().items).toEqual([{ ...item, country: 'CN' }]);
    const file = Buffer.from('日期,名称,上班\n2026-10-10,调休,是\n2026/10/06,国庆节,否\n');
    const read = await call(admin, 'POST', '/bank-holidays/files?country=CN', file, {
      type: 'text/csv',
    });
    expect(read.json().items).toHaveLength(2);
    const wrong = Buffer.from('day,name\n05/10/2026,x\n');
    const refused = await call(admin, 'POST', '/bank-holidays/files?country=CN', wrong, {
      type: 'text/csv',
    });
    expect(problemOf(refused).slice(0, 2)).toEqual([400, 'batch.fileUnreadable']);
    const list = (await call(machine, 'GET', '/bank-holidays?country=cn&year=2026')).json();
    expect(list).toMatchObject({ country: 'CN', year: 2026, weekend: [6, 7] });
    expect(list.warning).toContain('State Council');
    const own = list.items.filter(({ source }: { source: string }) => source === 'organisation');
    expect(own.map(({ day, isOpen }: { day: string; isOpen: boolean }) => [day, isOpen])).toEqual([
      ['2026-10-05', false],
      ['2026-10-06', false],
      ['2026-10-10', true],
    ]);
    const gone = () => call(admin, 'DELETE', '/bank-holidays/CN/2026-10-05');
    expect((await gone()).statusCode).toBe(200);
    expect((await gone()).statusCode).toBe(404);
  });
});
