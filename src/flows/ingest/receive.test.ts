import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InboundCall } from '#core/http.ts';
import { sealedColumns } from '#store/services.ts';
import { rotateDataKey } from '#store/rotate.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld, StoryMessage } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { interpose } from '#tests/interpose.ts';
import { createReceiver } from './receive.ts';
import type { ReceiverOptions } from './receive.ts';
import { packMessage, unpackMessage } from './sealed-message.ts';

let database: TestDatabase;
let world: FlowWorld;
let stored = 0;
let number = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createFlowWorld(database);
  stored = 0;
});
afterEach(() => vi.useRealTimers());
afterAll(() => database.drop());

function receiver(more: Partial<ReceiverOptions> = {}) {
  return createReceiver({
    services: world.services,
    directory: world.directory,
    connectorOf: world.connectorOf,
    onStored: () => {
      stored += 1;
    },
    onLearned: () => Promise.resolve(),
    ...more,
  });
}

const line = { amount: '12500.00' };
const aCall = (more: Partial<StoryMessage> = {}): InboundCall => {
  number += 1;
  return world.call({ id: `m${number}`, movements: [line], ...more });
};

interface Row {
  readonly inbound_id: string;
  readonly state: string;
  readonly refusal_code: string | null;
  readonly sealed: Buffer;
  readonly verified_by: string | null;
  readonly processed_at: Date | null;
}
const rows = (): Promise<Row[]> =>
  world.ask<Row>('SELECT * FROM inbound WHERE org_id = $1 ORDER BY inbound_id', [world.orgId]);

async function contentOf({ inbound_id, sealed }: Row) {
  const place = { orgId: world.orgId, column: sealedColumns.inbound, rowId: inbound_id };
  return unpackMessage(await world.services.keyring.unseal(sealed, place));
}

describe('receive', () => {
  test('receive: an authentic message is on disk, sealed, before the bank gets its success', async () => {
    const call = aCall({ headers: { authorization: '', cookie: 'c=1', 'x-kind': 'Transfer' } });
    const { authorization: _, ...headers } = call.headers;
    const received = await receiver().receive(world.connectionId, { ...call, headers });
    expect(received).toMatchObject({ outcome: 'stored', reply: { status: 200 } });
    expect(received.reply.body).toBe('{"story":"accepted"}');
    expect(stored).toBe(1);
    const [row] = await rows();
    expect(row).toMatchObject({ state: 'stored', verified_by: 'hmac-sha256 hex' });
    expect(row?.sealed.includes('12500.00')).toBe(false);
    const content = row && (await contentOf(row));
    expect(Buffer.from(content?.body ?? []).equals(Buffer.from(call.body))).toBe(true);
    // What proved the caller is not kept.
    expect(content?.headers).toMatchObject({ 'x-kind': 'Transfer' });
    expect(Object.keys(content?.headers ?? {})).not.toContain('cookie');
  });

  test('receive: a repetition gets the same kind of answer and no second row', async () => {
    const call = aCall();
    const receive = receiver();
    await receive.receive(world.connectionId, call);
    const again = await receive.receive(world.connectionId, call);
    expect(again).toMatchObject({ outcome: 'repeated', reply: { status: 200 } });
    expect(await rows()).toHaveLength(1);
    expect(stored).toBe(1);
  });

  test('receive: ten copies at one moment are stored once', async () => {
    const call = aCall();
    const receive = receiver();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => receive.receive(world.connectionId, call)),
    );
    expect(all.map(({ outcome }) => outcome).toSorted()).toEqual([
      ...Array.from({ length: 9 }, () => 'repeated'),
      'stored',
    ]);
    expect(await rows()).toHaveLength(1);
  });

  test('receive: a nonce under another message is a replay, refused and kept', async () => {
    const receive = receiver();
    await receive.receive(world.connectionId, aCall({ nonce: 'once' }));
    const second = await receive.receive(world.connectionId, aCall({ nonce: 'once' }));
    expect(second).toMatchObject({ outcome: 'inbound.nonceReplayed', reply: { status: 409 } });
    expect((await rows()).map(({ state, refusal_code }) => [state, refusal_code])).toEqual([
      ['stored', null],
      ['refused', 'inbound.nonceReplayed'],
    ]);
  });

  test.each<[string, string, number, (call: InboundCall) => InboundCall]>([
    [
      'a wrong signature',
      'inbound.signatureInvalid',
      401,
      (call) => ({ ...call, headers: { ...call.headers, 'x-signature': 'no' } }),
    ],
    [
      'a changed byte',
      'inbound.signatureInvalid',
      401,
      (call) => ({ ...call, body: Buffer.from(`${Buffer.from(call.body).toString()} `) }),
    ],
    [
      'a token that we did not issue',
      'inbound.tokenInvalid',
      401,
      (call) => ({ ...call, headers: { ...call.headers, authorization: 'made-up' } }),
    ],
    [
      'an account that nobody has',
      'inbound.accountUnknown',
      404,
      (call) => ({ ...call, headers: { ...call.headers, 'x-account': '9999' } }),
    ],
  ])(
    'receive: %s is refused in the bank’s format and kept as %s',
    async (_what, code, status, change) => {
      const received = await receiver().receive(world.connectionId, change(aCall()));
      expect(received).toMatchObject({ outcome: code, reply: { status } });
      const [row] = await rows();
      expect(row).toMatchObject({ state: 'refused', refusal_code: code });
      expect(row?.processed_at).not.toBeNull();
      expect(stored).toBe(0);
    },
  );

  test('receive: a stranger’s body is kept only by its head, an authentic one whole', async () => {
    const large = JSON.stringify({ id: 'x', movements: [], note: 'n'.repeat(5_000) });
    const call = aCall({ body: large });
    const receive = receiver();
    const forged = { ...call, headers: { ...call.headers, 'x-signature': 'no' } };
    await receive.receive(world.connectionId, forged);
    const unknown = { ...call, headers: { ...call.headers, 'x-account': '9999' } };
    await receive.receive(world.connectionId, unknown);
    const sizes = await Promise.all(
      (await rows()).map(async (row) => (await contentOf(row)).body.length),
    );
    expect(sizes.toSorted((left, right) => left - right)).toEqual([2_048, large.length]);
  });

  test('receive: an address that is not on the list is refused before anything is read', async () => {
    await database.pool.query(
      `UPDATE connection SET allowed_addresses = '{198.51.100.0/24}' WHERE connection_id = $1`,
      [world.connectionId],
    );
    world.directory.forget();
    const receive = receiver();
    const refused = await receive.receive(world.connectionId, aCall());
    expect(refused.outcome).toBe('inbound.addressNotAllowed');
    const allowed = { ...aCall(), remoteAddress: '::ffff:198.51.100.7' };
    expect((await receive.receive(world.connectionId, allowed)).outcome).toBe('stored');
  });

  test.each(['paused', 'removed'])(
    'receive: a connection that is %s takes nothing',
    async (state) => {
      await database.pool.query('UPDATE connection SET state = $2 WHERE connection_id = $1', [
        world.connectionId,
        state,
      ]);
      world.directory.forget();
      const received = await receiver().receive(world.connectionId, aCall());
      expect(received.reply.status).toBe(state === 'paused' ? 400 : 404);
      expect(received.outcome).toBe(
        state === 'paused' ? 'inbound.environmentMismatch' : 'inbound.connectionUnknown',
      );
    },
  );

  test('receive: production that is not armed takes nothing', async () => {
    await database.pool.query(
      `UPDATE connection SET environment = 'production' WHERE connection_id = $1`,
      [world.connectionId],
    );
    world.directory.forget();
    const received = await receiver().receive(world.connectionId, aCall());
    expect(received.outcome).toBe('inbound.environmentMismatch');
  });

  test('receive: an address that was never issued tells nothing about which are', async () => {
    const received = await receiver().receive('con_0000000000', aCall());
    expect(received).toMatchObject({
      outcome: 'inbound.connectionUnknown',
      reply: { status: 404 },
    });
    expect(await rows()).toEqual([]);
  });

  test('receive: when nothing can be stored the bank is told to come again', async () => {
    const errors: unknown[] = [];
    const pool = interpose(database.pool, {
      before: (text) => {
        if (text.includes('INSERT INTO inbound')) throw new Error('no disk');
      },
    });
    const receive = receiver({
      services: { ...world.services, pool },
      onError: (error) => errors.push(error),
    });
    const call = aCall();
    const received = await receive.receive(world.connectionId, call);
    expect(received.reply).toMatchObject({ status: 503, body: '{"story":"unavailable"}' });
    const unknown = aCall({ headers: { 'x-account': '9999' } });
    expect((await receive.receive(world.connectionId, unknown)).reply.status).toBe(503);
    // A forged call is refused all the same.
    const forged = { ...call, headers: { ...call.headers, 'x-signature': 'no' } };
    expect((await receive.receive(world.connectionId, forged)).reply.status).toBe(401);
    expect(errors).toHaveLength(3);
    expect(stored).toBe(0);
    // The nonce was not used up by the attempt that failed.
    expect((await receiver().receive(world.connectionId, call)).outcome).toBe('stored');
  });

  test('receive: an answer that got lost after the commit costs a repetition and no message', async () => {
    let isFirst = true;
    const pool = interpose(database.pool, {
      after: (text) => {
        if (!isFirst || !text.includes('INSERT INTO inbound_nonce')) return;
        isFirst = false;
        throw new Error('the connection broke after the commit');
      },
    });
    const receive = receiver({ services: { ...world.services, pool } });
    const call = aCall();
    expect((await receive.receive(world.connectionId, call)).reply.status).toBe(503);
    expect(await receive.receive(world.connectionId, call)).toMatchObject({
      outcome: 'repeated',
      reply: { status: 200 },
    });
    expect(await rows()).toHaveLength(1);
  });

  test('receive: a flood of forgeries is counted, not stored, and hides nothing authentic', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 23, 8, 0, 1) });
    const receive = receiver();
    const call = aCall();
    const forged = { ...call, headers: { ...call.headers, 'x-signature': 'no' } };
    for (let index = 0; index < 70; index += 1) {
      expect((await receive.receive(world.connectionId, forged)).reply.status).toBe(401);
    }
    expect(await rows()).toHaveLength(60);
    const unknown = { ...call, headers: { ...call.headers, 'x-account': '9999' } };
    await receive.receive(world.connectionId, unknown);
    expect(await rows()).toHaveLength(61);
    vi.setSystemTime(Date.UTC(2026, 10, 23, 8, 1, 0));
    await receive.receive(world.connectionId, forged);
    expect(await rows()).toHaveLength(62);
  });

  test('receive: a token that the bank asked for opens the next call, over a rotation too', async () => {
    const receive = receiver();
    const asked = await receive.receive(world.connectionId, { ...aCall(), subpath: '/token' });
    expect(asked.outcome).toBe('token');
    const { story: token } = JSON.parse(asked.reply.body) as { story: string };
    const headers = { authorization: token };
    expect((await receive.receive(world.connectionId, aCall({ headers }))).outcome).toBe('stored');
    await rotateDataKey(world.services, world.orgId, { batch: 100, actor: 'test' });
    expect((await receive.receive(world.connectionId, aCall({ headers }))).outcome).toBe('stored');
    const other = await createFlowWorld(database);
    const elsewhere = createReceiver({
      services: other.services,
      directory: other.directory,
      connectorOf: other.connectorOf,
      onStored: () => {},
      onLearned: () => Promise.resolve(),
    });
    const foreign = other.call({ id: 'f', movements: [line], headers });
    expect((await elsewhere.receive(other.connectionId, foreign)).outcome).toBe(
      'inbound.tokenInvalid',
    );
  });

  test('receive: what a call taught is passed on, and a failure to keep it harms nothing', async () => {
    const learned: unknown[] = [];
    const receive = receiver({
      onLearned: (_connection, lesson) => {
        learned.push(lesson);
        return Promise.reject(new Error('no disk'));
      },
    });
    const received = await receive.receive(
      world.connectionId,
      aCall({ headers: { 'x-learned': 'lexical' } }),
    );
    expect(received).toMatchObject({ outcome: 'stored', reply: { status: 200 } });
    expect(learned).toEqual([{ dialect: 'lexical' }]);
  });

  test('receive: a refusal that the web server found is kept with its reason', async () => {
    const call = { subpath: `/${'x'.repeat(400)}`, remoteAddress: '203.0.113.7' };
    const received = await receiver().refuse(world.connectionId, call, 'inbound.tooLarge', {
      bytesMax: 10,
    });
    expect(received.reply).toMatchObject({ status: 400, body: '{"story":"inbound.tooLarge"}' });
    const [row] = await world.ask<{ subpath: string; refusal_details: unknown }>(
      'SELECT subpath, refusal_details FROM inbound WHERE org_id = $1',
      [world.orgId],
    );
    expect(row?.subpath).toHaveLength(300);
    expect(row?.refusal_details).toEqual({ bytesMax: 10 });
  });
});

describe('sealed message', () => {
  test.each<[string, Record<string, string>, Uint8Array]>([
    ['a plain one', { 'content-type': 'application/json' }, Buffer.from('{"a":1}')],
    ['no headers and no body', {}, new Uint8Array()],
    ['bytes that are no text', { 'x-nama': 'Bañk 银行' }, Buffer.from([0, 255, 1, 123, 34])],
  ])('sealed message: %s comes out as it went in', (_what, headers, body) => {
    const unpacked = unpackMessage(packMessage(headers, body));
    expect(unpacked.headers).toEqual(headers);
    expect(Buffer.from(unpacked.body).equals(Buffer.from(body))).toBe(true);
  });
});
