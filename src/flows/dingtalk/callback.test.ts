import { readFileSync } from 'node:fs';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { decryptCallback, isCallbackSigned } from '#dingtalk/callback-crypto.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import { createDirectory } from '#store/directory.ts';
import { updateOrg } from '#store/orgs.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { createCallbackReceiver } from './callback.ts';
import type { CallbackOutcome } from './callback.ts';
import { registerDingtalkCallback } from './callback-routes.ts';
import { createEventIntake } from './event-intake.ts';
import type { EventIntake } from './event-intake.ts';

interface Vector {
  readonly title: string;
  readonly input: {
    readonly token: string;
    readonly encodingAesKey: string;
    readonly ownerKey: string;
    readonly timestamp: string;
    readonly nonce: string;
    readonly message: string;
  };
  readonly expected: { readonly encrypt: string; readonly signature: string };
}

const file = new URL('../../../vectors/dingtalk/callback-crypto.json', import.meta.url);
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'));
const named = (part: string): Vector => vectors.find(({ title }) => title.includes(part))!;
/** A Chinese event that DingTalk's own Python code decrypts, and the published check of an address. */
const event = named('E4');
const check = named('A2');

let database: TestDatabase;
let world: FlowWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createFlowWorld(database);
  for (const { input } of [event, check]) {
    const { ownerKey, token, encodingAesKey } = input;
    await addDingtalkApp(
      world.services,
      {
        orgId: world.orgId,
        name: ownerKey,
        appKey: ownerKey,
        appSecret: 'secret-of-the-app',
        eventMode: 'callback',
        callbackToken: token,
        callbackAesKey: encodingAesKey,
      },
      'test',
    );
  }
});
afterAll(() => database.drop());

/** The route on a server of its own, over the real database. */
async function startServer(intake?: EventIntake) {
  const outcomes: CallbackOutcome[] = [];
  const directory = createDirectory(world.services);
  const receiver = createCallbackReceiver({
    services: world.services,
    directory,
    intake:
      intake ??
      createEventIntake({ services: world.services, directory, onStored: () => undefined }),
    onError: () => undefined,
  });
  const app = fastify();
  registerDingtalkCallback(app, {
    receiver,
    cardReceiver: { receive: () => Promise.reject(new Error('no card in this test')) },
    onCall: (outcome) => outcomes.push(outcome),
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const send = async (
    query: Record<string, string>,
    encrypt: string,
    orgId: string = world.orgId,
  ) => {
    const response = await fetch(
      `${url}/dingtalk/callback/${orgId}?${new URLSearchParams(query).toString()}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ encrypt }),
      },
    );
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  return { send, outcomes };
}

const queryOf = ({ input, expected }: Vector): Record<string, string> => ({
  signature: expected.signature,
  timestamp: input.timestamp,
  nonce: input.nonce,
});

const storedEvents = () =>
  world.ask<{ event_key: string; event_type: string; source: string }>(
    'SELECT event_key, event_type, source FROM dingtalk_event ORDER BY received_at',
  );

describe('callback', () => {
  test('callback: an event is on disk when it is answered with an encrypted success', async () => {
    const { send, outcomes } = await startServer();
    const { status, body } = await send(queryOf(event), event.expected.encrypt);
    expect([status, outcomes]).toEqual([200, ['stored']]);
    expect(await storedEvents()).toEqual([
      { event_key: expect.any(String), event_type: 'bpms_instance_change', source: 'callback' },
    ]);
    const { token, encodingAesKey, ownerKey } = event.input;
    expect(Object.keys(body).toSorted()).toEqual([
      'encrypt',
      'msg_signature',
      'nonce',
      'timeStamp',
    ]);
    const envelope = { timestamp: body.timeStamp, nonce: body.nonce, encrypt: body.encrypt };
    expect(isCallbackSigned(token, envelope, body.msg_signature)).toBe(true);
    expect(decryptCallback(encodingAesKey, body.encrypt)).toEqual({ message: 'success', ownerKey });
  });

  test('callback: the same event again is answered alike and stored once', async () => {
    const { send, outcomes } = await startServer();
    for (let time = 0; time < 3; time += 1) await send(queryOf(event), event.expected.encrypt);
    expect(outcomes.slice(1)).toEqual(['repeated', 'repeated']);
    expect(await storedEvents()).toHaveLength(1);
  });

  test.each([
    ['msg_signature', 'timeStamp', 'nonce'],
    ['signature', 'timestamp', 'nonce'],
    ['msgSignature', 'TimeStamp', 'Nonce'],
  ])('callback: names in the query, %s and %s', async (signature, timestamp, nonce) => {
    const { send, outcomes } = await startServer();
    const query = {
      [signature]: check.expected.signature,
      [timestamp]: check.input.timestamp,
      [nonce]: check.input.nonce,
    };
    expect((await send(query, check.expected.encrypt)).status).toBe(200);
    expect(outcomes).toEqual(['check']);
  });

  test.each([
    ['another signature', { signature: '0'.repeat(40) }],
    ['another nonce', { nonce: 'other' }],
    ['another time stamp', { timestamp: '1700000000004' }],
    ['an empty signature', { signature: '' }],
  ])('callback: %s is refused and nothing is stored', async (_, change) => {
    const { send, outcomes } = await startServer();
    const before = await storedEvents();
    const { status, body } = await send({ ...queryOf(event), ...change }, event.expected.encrypt);
    expect([status, body]).toEqual([403, { code: 'dingtalk.callbackSignature' }]);
    expect(outcomes).toEqual(['dingtalk.callbackSignature']);
    expect(await storedEvents()).toEqual(before);
  });

  test('callback: another organisation and none at all are refused in the same words', async () => {
    const { send } = await startServer();
    const answers = [
      await send(queryOf(event), event.expected.encrypt, 'org_0000000000000000000000'),
      await send(queryOf(event), event.expected.encrypt, 'nonsense'),
      await send({}, event.expected.encrypt),
    ];
    for (const answer of answers) {
      expect(answer).toEqual({ status: 403, body: { code: 'dingtalk.callbackSignature' } });
    }
  });

  test('callback: one that was signed for another owner is refused', async () => {
    // The app has the keys of vector E1 to E5 and another AppKey.
    const { services } = world;
    const other = await createFlowWorld(database, {});
    await addDingtalkApp(
      services,
      {
        orgId: other.orgId,
        name: 'Other',
        appKey: 'anotherKey',
        appSecret: 'secret-of-the-app',
        eventMode: 'callback',
        callbackToken: event.input.token,
        callbackAesKey: event.input.encodingAesKey,
      },
      'test',
    );
    const { send, outcomes } = await startServer();
    const { status } = await send(queryOf(event), event.expected.encrypt, other.orgId);
    expect([status, outcomes]).toEqual([403, ['dingtalk.callbackUnreadable']]);
    // Registered by API, the owner is the company.
    await updateOrg(services, { orgId: other.orgId, corpId: event.input.ownerKey }, 'test');
    const fresh = await startServer();
    const answer = await fresh.send(queryOf(event), event.expected.encrypt, other.orgId);
    expect([answer.status, fresh.outcomes]).toEqual([200, ['stored']]);
  });

  test('callback: what cannot be stored is not answered with success', async () => {
    const { send, outcomes } = await startServer({
      take: () => Promise.reject(new Error('no database')),
    });
    const { status, body } = await send(queryOf(event), event.expected.encrypt);
    expect([status, outcomes, body.encrypt]).toEqual([503, ['unavailable'], undefined]);
  });

  test('callback: after 30 refusals in a minute an address is not looked at any more', async () => {
    const { send, outcomes } = await startServer();
    const bad = { ...queryOf(event), nonce: 'x' };
    for (let time = 0; time < 31; time += 1) await send(bad, event.expected.encrypt);
    // A new minute may have begun in between.
    for (let time = 0; time < 31 && outcomes.at(-1) !== 'rateLimited'; time += 1) {
      await send(bad, event.expected.encrypt);
    }
    expect(outcomes.at(-1)).toBe('rateLimited');
    expect(outcomes.slice(0, 30).every((one) => one === 'dingtalk.callbackSignature')).toBe(true);
  });
});
